//! What was decided, in order, for ever.
//!
//! Commands go in through the [`Executor`]: one task per partition loads aggregates, lets `domain` decide, and appends
//! what was decided with one statement ([`append`]). Everybody else reads through the [`Log`] or a [`Feed`], in order
//! and failing closed.
//!
//! Promises: positions are gapless and in commit order; a command is applied once per caller and id, however often it
//! is sent; a reply is given only when all it was decided on is durable; every batch is chained to the one before it.
//!
//! This crate must not know HTTP, NATS, projections or processors. Start reading at [`append`], then [`executor`].

pub mod append;
pub mod census;
pub mod checkpoint;
pub mod cqrs;
pub mod database;
pub mod executor;
pub mod faults;
pub mod feed;
pub mod log;
pub mod proof;
pub mod receipt;

pub use database::{Database, DatabaseError, Role};
pub use executor::view::{Account, Billing, Binding, Clock, Sight};
pub use executor::{Applied, Executor, Failure, Grounds, Submission, Verdict};
pub use feed::{Feed, PolledFeed, Recent, Stretch};
pub use log::{Head, Log, LogError, Metadata, Recorded};
