//! The referral tree of a product: who referred whom, and what every payment earns the referrers above.
//!
//! Invariants: an organization has at most one sponsor, for ever; there are no cycles; a commission is named by its
//! payment and level, and carries the rate and the catalog version it was accrued under. That a payment is shared once
//! is the receipt's work: the command's key is the payment's event.
//!
//! ```text
//! Juan  <--referred by--  Maria  <--referred by--  Pedro pays 15
//! level 2: 5 % = 0.75     level 1: 20 % = 3.00
//! ```

pub mod command;
pub mod decide;
pub mod event;
#[cfg(test)]
mod laws;
pub mod rejection;
pub mod state;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use event::Event;
pub use rejection::Rejection;
pub use state::{Answer, ReferralTree};
