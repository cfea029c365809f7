//! How facts travel: from the log to everybody who wants to hear of them.
//!
//! **NATS is a doorbell, not a record.** The [`relay`] publishes the log in order; readers of this workspace use the
//! [`feed`], which only listens for the bell and reads the log itself; outsiders get the public [`contract`]. Deleting
//! the whole NATS store loses nothing: the relay fills it again. The acks, the order and the de-duplication of NATS are
//! used where they help and trusted nowhere.
//!
//! This crate must not write to Postgres, decide anything, or know projections and processors. Start reading at
//! [`topology`], then [`relay`]; `docs/decisions/0003` and `0004` have the roads not taken.

// A new event must break the build wherever it matters.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod contract;
pub mod feed;
pub mod health;
pub mod link;
pub mod relay;
pub mod topology;

pub use feed::JetStreamFeed;
pub use link::{Link, NatsError};
pub use relay::Relay;
pub use topology::Topology;
