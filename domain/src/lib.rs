//! What is true and what may happen next.
//!
//! Seven aggregates decide everything: [`organization`], [`subscription`], [`credit_ledger`], [`referral_tree`],
//! [`catalog`], [`invoice_book`] and [`discount_book`]. Each has the same files: `command`, `event`, `state`, `decide`, `rejection`, `tests`. A decision is a
//! pure function of the state, the command and a [`Context`]; an event is what was decided.
//!
//! This crate must not do I/O, read a clock, draw a random number, use a float or write a log line: what a decision
//! needs arrives as an argument, so replaying the log always gives the same answers.
//!
//! Start reading at [`credit_ledger`]; [`stream`] shows how they are named together. What an organization may do
//! without doing it yet is told by [`entitlement`].

// A new event must break the build wherever it matters.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod aggregate;
pub mod calendar;
pub mod catalog;
pub mod context;
pub mod credit_ledger;
pub mod discount;
pub mod discount_book;
pub mod entitlement;
pub mod id;
pub mod invoice_book;
pub mod money;
pub mod organization;
pub mod referral_tree;
pub mod refusal;
pub mod samples;
pub mod stream;
pub mod subscription;
pub mod text;

#[cfg(test)]
mod golden;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod scenario;

pub use aggregate::Aggregate;
pub use context::{Context, PlanInForce, SoldUnder, Terms};
pub use id::{
    ActorId, AlertId, AttributeKey, BillingProfileId, CommissionId, CreditNoteId, DiscountCode, FeatureCode, HoldId,
    InvoiceId, LotId, OrganizationId, PaymentId, PlanCode, ProductCode, ProviderCode, Reference, ReferralCode,
    RefundId, Series, SubscriptionId,
};
pub use money::{Credits, Currency, Money, Quantity};
pub use refusal::{Refusal, RefusalClass};
pub use stream::{Command, Event, Kind, Rejection, State, StreamId};
pub use text::{Attributes, ReasonText};
