//! What may have happened to a subscription.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aggregate::domain_event;
use crate::calendar::{Interval, Period};
use crate::id::{PaymentId, PlanCode, Reference};
use crate::money::Money;

/// An event of an organization's subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// A plan was chosen; a paid one entitles once its first period is paid.
    SubscriptionStarted {
        /// The plan.
        plan: PlanCode,
        /// The catalog version it was sold under.
        catalog_version: u32,
        /// How often it is paid.
        interval: Interval,
        /// What each period costs.
        price: Money,
    },
    /// Money was received.
    PaymentRecorded {
        /// The payment.
        payment: PaymentId,
        /// How much.
        amount: Money,
        /// What it is called where it was received.
        reference: Option<Reference>,
        /// What is still due for the period it pays.
        still_due: Money,
    },
    /// The plan entitles from now on; billing periods are counted from `anchor`.
    SubscriptionActivated {
        /// The instant from which periods are counted.
        #[cfg_attr(test, schemars(with = "String"))]
        anchor: Timestamp,
        /// The first period.
        period: Period,
    },
    /// The next period was paid in full.
    SubscriptionRenewed {
        /// That period.
        period: Period,
    },
    /// It moved to a newer version of the catalog, on the same plan.
    CatalogMigrated {
        /// The plan.
        plan: PlanCode,
        /// The version it was sold under.
        from: u32,
        /// The version that binds from now on.
        to: u32,
        /// What each period costs, from the next one on.
        price: Money,
    },
}

domain_event!(Event {
    SubscriptionStarted => "1",
    PaymentRecorded => "1",
    SubscriptionActivated => "1",
    SubscriptionRenewed => "1",
    CatalogMigrated => "1",
});
