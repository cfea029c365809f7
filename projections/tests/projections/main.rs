//! The projections on a real Postgres: what people read, and that it is what the log says whatever happens meanwhile.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails and names the place")]

mod audit;
mod consumptions;
mod feeds;
mod meter;
mod partitions;
mod rebuild;
mod runner;
mod story;
mod world;
