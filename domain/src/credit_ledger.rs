//! A credit ledger: everything an organization may spend, in one stream.
//!
//! One consumption is one decision: it takes from the plan's allowance of the open window, then from credits if the
//! plan prices overage in credits, or it goes on the invoice, else it is refused. Charge, usage and crossed thresholds
//! are events of that same decision, so a quota is never overshot, whatever the concurrency, and an alert has no lag.
//!
//! ```text
//! credits   scheduled --due--> lot --drawn--> spent          allowance   left --consumed--> used
//!                               | ^  \--expired, revoked                  | ^
//!                          held | | released                         held | | released
//!                               v |                                       v |
//!                              hold --captured--> spent                  hold --captured--> used
//! ```
//!
//! Time does things by itself: lots and holds expire, scheduled grants are due. No decision waits
//! for a timer; every one, and every check, first settles what fell due before it ([`settle`]).
//!
//! Invariants: the balance is never negative, what is owed neither; a consumption is all or nothing; of an allowance no more is used and held
//! than it has; a level is between nothing and its limit at each acquisition; each threshold of a window is crossed
//! once. State stays bounded: lots that are spent and holds that are resolved leave, of each feature only the newest
//! window is kept, of alerts the newest that nobody has acknowledged.
//!
//! Start reading at [`decide`]; what a consumption is paid with is in [`allowance`], the order in which lots burn down
//! in [`lot`].

pub mod alert;
pub mod allowance;
mod balance;
pub(crate) mod capacity;
mod capture;
pub mod charge;
pub mod command;
mod commission;
mod consume;
pub mod decide;
pub mod event;
pub mod hold;
#[cfg(test)]
pub(crate) mod laws;
pub mod lot;
mod lots;
pub mod metered;
pub mod rejection;
mod reversal;
mod settle;
pub mod state;
#[cfg(test)]
mod tests;
pub mod top_up;
mod upcast;
pub mod window;

pub use alert::{AlertSubject, OpenAlert};
pub use charge::{Consumption, CreditCharge, InvoiceCharge, OverageCharge, Unused};
pub use command::{Acquire, Adjustment, Capture, Command, Consume, Grant, Hold, Rest, Reverse};
pub use event::Event;
pub use hold::OpenHold;
pub use lot::{Draw, Lot, LotKind, Scheduled};
pub use metered::{Metered, MeteredMonth, MeteredSum};
pub use rejection::{Rejection, Upgrade};
pub use state::{Answer, CreditLedger, FeatureUse, HoldTold, LevelTold};
pub use top_up::TopUpRule;
