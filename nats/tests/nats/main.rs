//! The relay, the feed and the public contract, on real Postgres and NATS.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod contract;
mod feed;
mod link;
mod relay;
mod scene;
