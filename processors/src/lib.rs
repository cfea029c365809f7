//! What we do to the world because of what happened.
//!
//! A [`Processor`] looks at every event once and may write a to-do row ([`todos`]), in the transaction that moves its
//! checkpoint. Workers of the [`runner`] take rows up, act, and report back with a command through the executor, under
//! a key derived from the event, so that acting twice changes nothing.
//!
//! ```text
//! PaymentRecorded      --share_payments-----> AccrueCommissions --> CommissionAccrued
//! CommissionMatured    --grant_commissions--> GrantCommission   --> CreditsGranted
//! CommissionClawedBack --grant_commissions--> ClawBack          --> CreditsClawedBack
//! InvoiceIssued        --number_invoices---> Number            --> InvoiceNumbered
//! InvoicePaidFromCredits -move_credits-----> RecordPayment     --> PaymentRecorded
//! OverpaymentKept      --move_credits------> TopUp             --> CreditsGranted
//! CodeRedeemed         --settle_redemptions> ApplyDiscount     --> DiscountApplied
//! HoldPlaced ... its end --meet_deadlines---> Settle            --> HoldExpired
//! ```
//!
//! An event may also set a [`deadline`]: a row that is opened by time, and moved or cleared by later events.
//!
//! Promises: every event is taken in exactly once; a to-do row is finished by one worker only, whoever dies or wakes
//! up late; rows of one lane are done in the order of the log, deadlines in that of their instants; a refused command
//! fails its own row, visibly, and holds up nobody. Rebuilding a projection never reaches a processor.
//!
//! This crate must not read a projection, know one, or write to the log other than by a command. Start reading at
//! [`Processor`], then [`share_payments`].

pub mod advance_clocks;
pub mod deadline;
pub mod failed;
pub mod grant_commissions;
pub mod meet_deadlines;
pub mod move_credits;
pub mod number_invoices;
pub mod processor;
pub mod runner;
pub mod settle_redemptions;
pub mod share_payments;
pub mod status;
pub mod todos;

use std::sync::Arc;

use event_store::{Executor, Feed};
use sqlx::postgres::PgPool;
use tokio::sync::watch;

pub use deadline::{Change, Deadline};
pub use failed::{Failed, failed, retry};
pub use processor::{ActError, Done, Processor, Todo, Wanted};
pub use status::{Status, settled, statuses};

/// Every processor there is. The pool is for the one that waits until the others have nothing to do.
#[must_use]
pub fn all(pool: &PgPool) -> Vec<Arc<dyn Processor>> {
    vec![
        Arc::new(advance_clocks::AdvanceClocks::new(pool.clone())),
        Arc::new(share_payments::SharePayments),
        Arc::new(grant_commissions::GrantCommissions),
        Arc::new(move_credits::MoveCredits),
        Arc::new(settle_redemptions::SettleRedemptions),
        Arc::new(meet_deadlines::MeetDeadlines),
        Arc::new(number_invoices::NumberInvoices),
    ]
}

/// Runs every processor until `stop` turns true or its sender is gone. Several processes may do so on one database.
pub async fn run(pool: PgPool, feed: Arc<dyn Feed>, executor: Executor, stop: watch::Receiver<bool>) {
    runner::run(all(&pool), pool, feed, executor, stop).await;
}
