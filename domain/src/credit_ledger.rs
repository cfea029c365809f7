//! A credit ledger: everything an organization may spend, in one stream.
//!
//! One consumption is one decision: it takes from the plan's allowance of the open window, then from credits if the
//! plan prices overage in credits, else it is refused. Charge, usage and crossed thresholds are events of that same
//! decision, so a quota is never overshot, whatever the concurrency, and an alert has no lag.
//!
//! Invariants: the balance is never negative; a consumption is all or nothing; what is included is never used beyond
//! its limit; each threshold of a window is crossed once. State stays bounded: lots that are spent leave, and of each
//! feature only the open window is kept.
//!
//! Start reading at [`decide`]; the order in which lots burn down is in [`lot`].

pub mod command;
pub mod decide;
pub mod event;
#[cfg(test)]
pub(crate) mod laws;
pub mod lot;
pub mod rejection;
pub mod state;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use event::{Event, OverageCharge};
pub use lot::{Draw, Lot, LotKind};
pub use rejection::{Rejection, Upgrade};
pub use state::{Answer, CreditLedger, FeatureUse};
