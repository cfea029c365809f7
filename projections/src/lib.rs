//! What people look at: tables folded from the log, any of which may be dropped and rebuilt.
//!
//! A projection is one file: its row, a pure [`apply`](projection::Projection::apply), the SQL that loads and saves
//! rows, and the queries people ask of it. One `apply` serves all three uses:
//!
//! - [`run`] folds live, one task per projection and partition, rows and checkpoint in one transaction;
//! - [`rebuild`](rebuild::rebuild) folds from the first event into a table beside the live one, then exchanges them;
//! - [`compare`](compare::compare) folds in memory, for an auditor who may only read, and names every row that differs.
//!
//! Exactly once, because a batch is folded only if it follows from the checkpoint its transaction has locked.
//!
//! This crate must not know the API, NATS or processors, and nothing that decides or acts may read what it writes.
//! Start reading at [`projection`], then [`balance`], the smallest one.

pub mod balance;
pub mod checkpoint;
pub mod column;
pub mod commission_statement;
pub mod commissions;
pub mod compare;
pub mod compliance_alerts;
pub mod consumptions;
pub mod credit_notes;
pub mod credit_statement;
pub mod discount_codes;
pub mod invoices;
#[cfg(test)]
mod laws;
mod life;
pub mod mrr_movements;
pub mod organizations;
pub mod payments;
pub mod plan_conversions;
pub mod projection;
pub mod rebuild;
pub mod referral_network;
pub mod revenue;
pub mod row;
pub mod runner;
pub mod status;
mod taken;
pub mod usage;

pub use compare::{Comparison, compare};
pub use rebuild::{Report, rebuild};
pub use runner::run;
pub use status::{Board, State, Status};

use projection::AnyProjection;

/// Every projection there is.
const ALL: &[&dyn AnyProjection] = &[
    &balance::Projection,
    &credit_statement::Projection,
    &usage::Projection,
    &consumptions::Projection,
    &compliance_alerts::Projection,
    &commissions::Projection,
    &commission_statement::Projection,
    &referral_network::Projection,
    &organizations::Projection,
    &mrr_movements::Projection,
    &revenue::Projection,
    &plan_conversions::Projection,
    &invoices::Projection,
    &credit_notes::Projection,
    &payments::Projection,
    &discount_codes::Projection,
];

/// The names of all projections, which are also the names of their tables.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|projection| projection.name())
}
