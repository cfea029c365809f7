//! A subscription: the plan an organization pays for, and what it has paid.
//!
//! ```text
//! (none) --Start, free plan--------------------------> active
//! (none) --Start, paid plan--> awaiting payment --paid in full--> active --next period paid--> active
//! ```
//!
//! It stays on the catalog version it was sold under, until it is moved to a newer one.
//!
//! Invariants: one subscription per organization; a payment is never more than what is due; billing periods are
//! counted from the instant of activation, without gap or overlap.

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
pub use state::{Answer, Standing, Subscription};
