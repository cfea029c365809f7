//! The discount book of a product: codes by which organizations pay less, and how often each was redeemed.
//!
//! Redeeming counts here; what a code is worth to whoever redeemed it is decided by the subscription, by the terms as they
//! were redeemed. If the subscription refuses them, the redemption is returned.
//!
//! ```text
//! (none) --CreateCode--> open --RetireCode--> retired
//!                         |  ^
//!                  Redeem |  | ReturnRedemption
//!                         v  |
//!                    one redemption more or less; used up at its maximum, over at its end
//! ```
//!
//! Invariants: a code means one thing for ever; no more redemptions are out than its maximum. Whether an organization may
//! redeem a code twice is the subscription's affair, which knows what is in force; that one request redeems once is kept
//! by its receipt.

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
pub use decide::CODES_MAX;
pub use event::Event;
pub use rejection::Rejection;
pub use state::{Answer, DiscountBook};
