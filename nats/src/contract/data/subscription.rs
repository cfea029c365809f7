//! Of a subscription.

mod billing;

use domain::subscription::{CancelReason, Event, Scheduled};
use jiff::Timestamp;
use serde::Serialize;

use super::{PublicMoney, PublicPeriod};
use billing::BillingFacts;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum SubscriptionFacts {
    Started {
        plan: String,
        catalog_version: u32,
        interval: &'static str,
        price: PublicMoney,
    },
    TrialStarted {
        starts_at: Timestamp,
        ends_at: Timestamp,
    },
    PaymentMethod {
        provider: String,
        reference: String,
    },
    Activated {
        anchor: Timestamp,
        period: PublicPeriod,
    },
    Renewed {
        period: PublicPeriod,
    },
    PastDue {
        since: Timestamp,
        invoice: String,
        retries: Vec<Timestamp>,
        suspends_at: Timestamp,
        cancels_at: Timestamp,
    },
    RetryDue {
        invoice: String,
        attempt: u16,
        at: Timestamp,
    },
    Suspended {
        since: Timestamp,
        invoice: String,
    },
    Scheduled {
        #[serde(flatten)]
        change: PublicChange,
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    },
    PlanChanged {
        from: String,
        to: String,
        catalog_version: u32,
        interval: &'static str,
        price: PublicMoney,
        at: Timestamp,
    },
    CatalogMigrated {
        plan: String,
        from: u32,
        to: u32,
        price: PublicMoney,
    },
    Paused {
        since: Timestamp,
        #[serde(skip_serializing_if = "Option::is_none")]
        resumes_at: Option<Timestamp>,
    },
    Canceled {
        at: Timestamp,
        /// `requested`, `unpaid` or `voided`.
        because: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A trial that ended, what recovered or goes on.
    At {
        at: Timestamp,
    },
    Billing(Box<BillingFacts>),
}

/// What happens when the period is over.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PublicChange {
    /// `plan`, `cancellation` or `pause`.
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<PublicMoney>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resumes_at: Option<Timestamp>,
}

impl From<&Scheduled> for PublicChange {
    fn from(scheduled: &Scheduled) -> Self {
        let nothing = Self {
            change: "",
            plan: None,
            catalog_version: None,
            interval: None,
            price: None,
            reason: None,
            resumes_at: None,
        };
        match scheduled {
            Scheduled::Plan { plan, interval, catalog_version, price } => Self {
                change: "plan",
                plan: Some(plan.to_string()),
                catalog_version: Some(*catalog_version),
                interval: Some(interval.as_str()),
                price: Some(price.into()),
                ..nothing
            },
            Scheduled::Cancellation { reason } => {
                Self { change: "cancellation", reason: Some(reason.to_string()), ..nothing }
            }
            Scheduled::Pause { resumes_at } => Self { change: "pause", resumes_at: *resumes_at, ..nothing },
        }
    }
}

impl SubscriptionFacts {
    pub(super) fn of(event: &Event) -> Self {
        match event {
            Event::SubscriptionStarted { subscription: _, plan, catalog_version, interval, price } => Self::Started {
                plan: plan.to_string(),
                catalog_version: *catalog_version,
                interval: interval.as_str(),
                price: price.into(),
            },
            Event::TrialStarted { starts_at, ends_at } => {
                Self::TrialStarted { starts_at: *starts_at, ends_at: *ends_at }
            }
            Event::TrialEnded { at } | Event::SubscriptionRecovered { at } | Event::SubscriptionResumed { at } => {
                Self::At { at: *at }
            }
            Event::PaymentMethodAttached { provider, reference }
            | Event::PaymentMethodDetached { provider, reference } => {
                Self::PaymentMethod { provider: provider.to_string(), reference: reference.to_string() }
            }
            Event::SubscriptionActivated { anchor, period } | Event::PeriodBegan { anchor, period } => {
                Self::Activated { anchor: *anchor, period: period.into() }
            }
            Event::SubscriptionRenewed { period } => Self::Renewed { period: period.into() },
            Event::SubscriptionPastDue { since, invoice, retries, suspends_at, cancels_at } => Self::PastDue {
                since: *since,
                invoice: invoice.to_string(),
                retries: retries.clone(),
                suspends_at: *suspends_at,
                cancels_at: *cancels_at,
            },
            Event::PaymentRetryDue { invoice, attempt, at } => {
                Self::RetryDue { invoice: invoice.to_string(), attempt: *attempt, at: *at }
            }
            Event::SubscriptionSuspended { since, invoice } => {
                Self::Suspended { since: *since, invoice: invoice.to_string() }
            }
            Event::ChangeScheduled { change, at } => Self::Scheduled { change: change.into(), at: Some(*at) },
            Event::ScheduledChangeRevoked { change } => Self::Scheduled { change: change.into(), at: None },
            Event::PlanChanged { from, to, catalog_version, interval, price, at } => Self::PlanChanged {
                from: from.to_string(),
                to: to.to_string(),
                catalog_version: *catalog_version,
                interval: interval.as_str(),
                price: price.into(),
                at: *at,
            },
            Event::CatalogMigrated { plan, from, to, price } => {
                Self::CatalogMigrated { plan: plan.to_string(), from: *from, to: *to, price: price.into() }
            }
            Event::SubscriptionPaused { since, resumes_at } => Self::Paused { since: *since, resumes_at: *resumes_at },
            Event::SubscriptionCanceled { at, reason } => canceled(*at, reason),
            Event::InvoiceIssued { .. }
            | Event::InvoiceVoided { .. }
            | Event::PaymentRecorded { .. }
            | Event::OverpaymentKept { .. }
            | Event::PaymentRefunded { .. }
            | Event::CreditNoteIssued { .. }
            | Event::DiscountApplied { .. }
            | Event::DiscountEnded { .. } => Self::Billing(Box::new(BillingFacts::of(event))),
        }
    }
}

fn canceled(at: Timestamp, reason: &CancelReason) -> SubscriptionFacts {
    let (because, reason) = match reason {
        CancelReason::Requested { reason } => ("requested", Some(reason.to_string())),
        CancelReason::Unpaid => ("unpaid", None),
        CancelReason::Voided => ("voided", None),
    };
    SubscriptionFacts::Canceled { at, because, reason }
}
