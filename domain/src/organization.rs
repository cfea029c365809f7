//! An organization: the customer of a product, registered once, with a time zone and a referral code of its own.
//!
//! ```text
//! (none) --Register--> active --Suspend--> suspended --Resume--> active
//! ```
//!
//! What operators decide by hand is kept here too: features switched on or off whatever the plan says, administrators
//! who use features without limit, and of sandbox organizations the instant it is for them and the test clock they
//! hold ([`test_clock`]).
//!
//! Invariants: an organization belongs to one product for ever; the instant of a live one is that of the world, the one
//! of a sandbox only moves forward. Its name and people are not here: personal data never enters the log.

pub mod command;
pub mod decide;
pub mod event;
pub mod rejection;
pub mod state;
pub mod test_clock;
#[cfg(test)]
mod tests;
mod upcast;

pub use command::Command;
pub use event::{BillingProfile, Environment, Event, OverrideValue, Sponsorship};
pub use rejection::Rejection;
pub use state::{Answer, FeatureOverride, Organization, Registered, Status};
pub use test_clock::{Below, TestClock};
