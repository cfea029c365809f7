//! An organization: the customer of a product, registered once, with a time zone and a referral code of its own.
//!
//! Invariant: an organization belongs to one product for ever. Its name and people are not here: personal data never
//! enters the log.

pub mod command;
pub mod decide;
pub mod event;
pub mod rejection;
pub mod state;
#[cfg(test)]
mod tests;

pub use command::Command;
pub use event::{Event, Sponsorship};
pub use rejection::Rejection;
pub use state::{Answer, Organization, Registered};
