//! How commands arrive: HTTP, JSON and OpenAPI in front of the executor.
//!
//! A handler does four things: parse (`request`), authorize ([`auth`]), execute (the event store's `Executor`),
//! render (`answer`, [`problem`]). Commands go to the log; reads come from the projections, checks of entitlements from
//! the log's own states; both are as new as the reader asks (`min_position`). What is served and what it looks like is in `openapi.json`, beside this crate's manifest.
//!
//! This crate must not decide anything, hold SQL outside of [`auth`], let a read model into a decision, or put a
//! header, a query, a body or a key into a log line. Start reading at `routes`.

pub mod auth;
pub mod gate;
pub mod openapi;
pub mod problem;
pub mod rate;

mod access;
mod answer;
mod billing_profile;
mod redemption;
mod registration;
mod representation;
mod request;
mod router;
mod routes;
mod table;

pub use gate::{Facts, Gate, HealthCheck};
pub use openapi::openapi;
pub use rate::RateLimits;
pub use router::router;
