//! The referral tree of a product: who referred whom, and what every payment earns the referrers above.
//!
//! Invariants: an organization has at most one sponsor, for ever, named before its first payment; there are no cycles; a
//! commission is named by its payment and level, and carries the rate and the catalog version it was accrued under; of
//! a commission no more is clawed back than was accrued. That a payment is shared once is the receipt's work: the
//! command's key is the payment's event.
//!
//! ```text
//! Juan  <--referred by--  Maria  <--referred by--  Pedro pays 15
//! level 2: 5 % = 0.75     level 1: 20 % = 3.00
//!
//! payment --> accrued --hold days--> matured --> granted by the beneficiary's ledger
//!                | refund               | refund
//!                v                      v
//!          less will mature       the ledger takes it back
//! ```
//!
//! The tree as it was at the payment decides, and the catalog of that moment: a payment comes here later than it was
//! made, and brings both instants' names along ([`Command::AccrueCommissions`]).
//!
//! State stays bounded: of each payer the newest payments are kept that earned somebody something ([`PAYMENTS_KEPT`]),
//! and those of which something has still to mature.

pub mod clawback;
pub mod command;
pub mod commission;
pub mod decide;
pub mod event;
#[cfg(test)]
mod laws;
pub mod rejection;
pub mod state;
#[cfg(test)]
mod tests;
mod upcast;

pub use command::Command;
pub use commission::{PAYMENTS_KEPT, SETTLED_MAX};
pub use event::Event;
pub use rejection::Rejection;
pub use state::{Answer, ReferralTree};
