//! The catalog of a product: what its plans cost and allow, as published, version after version.
//!
//! A version never changes; a subscription stays on the version it was sold under. The log alone is enough to replay,
//! because every published definition is an event. Catalogs are written as TOML ([`source`]).

pub mod command;
pub mod decide;
pub mod definition;
pub mod event;
pub mod rejection;
pub mod source;
pub mod state;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use definition::{CatalogVersion, Definition, Feature, Grant, Limit, Overage, Plan, ReferralTerms};
pub use event::Event;
pub use rejection::Rejection;
pub use state::{Answer, Catalog};
