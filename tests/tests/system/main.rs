//! The whole system: its laws, and its stories on real Postgres and NATS.
#![allow(clippy::unwrap_used, reason = "a test that unwraps fails and names the place")]

mod arrows;
mod faults;
mod places;
mod readme;
mod stories;
mod why;
