//! A subscription: the plan an organization pays for, its invoices, and what was paid of them.
//!
//! ```text
//! (none) --Start, free plan------------------------------------------> active <----------------------------+
//! (none) --Start, paid plan--> awaiting payment --paid in full-------> active --a period is not paid--> past due
//! (none) --Start, with a trial--> trialing --over, a way to pay known-> active <--all paid--------------- | ^
//!                                          --over, none known--> awaiting payment                         v | a new
//! active --Pause--> paused --Resume--> active                                          suspended <--grace ends
//! any --Cancel, or at the end of the period--> canceled <--not paid for long---------- suspended
//! canceled --Start--> as the first time, without a trial
//! ```
//!
//! It stays on the catalog version it was sold under, until it is moved to a newer one or changes its plan.
//!
//! Time does things by itself: trials and periods end, a grace runs out, what was scheduled takes effect. Nothing is
//! timed for that. Every decision first writes what fell due before it, each with the instant at which it did
//! ([`settle`]), so that it makes no difference when somebody comes to look. A decision is a [`course`] of events, each
//! taken in before the next one is decided.
//!
//! Invariants: billing periods follow each other without gap or overlap while it runs; what is credited is never more
//! than what was charged; of every invoice, what was paid less what went back, and what is open, come to its total less
//! its credit notes; the account balance is never negative. State stays bounded: the newest invoices are kept.

mod cancellation;
mod change;
pub mod command;
mod course;
mod credit_note;
pub mod decide;
pub mod discount;
mod dunning;
pub mod event;
pub mod invoice;
mod issue;
#[cfg(test)]
mod laws;
mod lines;
mod migration;
mod pause;
mod payment;
mod period;
pub mod preview;
mod proration;
mod refund;
pub mod rejection;
mod settle;
pub mod stage;
mod start;
pub mod state;
mod tax;
mod tell;
#[cfg(test)]
mod tests;
mod trial;
mod upcast;

pub use command::{Command, CreditUnused, Effective, Received};
pub use discount::DiscountInForce;
pub use event::{CancelReason, Event, RefundKind};
pub use invoice::{Invoice, InvoiceKind, InvoiceTax, Item, Line, Method, Payment};
pub use rejection::Rejection;
pub use stage::{MethodOnFile, Scheduled};
pub use state::Subscription;
pub use tell::{Answer, Standing};
