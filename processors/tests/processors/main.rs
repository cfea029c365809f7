//! The runner and its processors, on a real Postgres.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backlog;
mod clocks;
mod commissions;
mod credits;
mod deadlines;
mod numbers;
mod redemptions;
mod ringing;
mod runner;
mod scene;
