//! Where a subscription stands, and what that is against.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::calendar::Interval;
use crate::id::PlanCode;
use crate::money::{Currency, Money};
use crate::refusal::{Refusal, RefusalClass, sample};

/// A refusal because of where a subscription stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It is over.
    #[error("the subscription ended at {since}")]
    Canceled {
        /// Since when.
        since: Timestamp,
    },
    /// It is at rest.
    #[error("the subscription is at rest since {since}")]
    Paused {
        /// Since when.
        since: Timestamp,
    },
    /// It is not paid for too long.
    #[error("the subscription is suspended since {since}")]
    Suspended {
        /// Since when.
        since: Timestamp,
    },
    /// The plan is not sold any more.
    #[error("plan {plan} is not sold any more")]
    PlanRetired {
        /// The plan.
        plan: PlanCode,
    },
    /// The plan has no price in the currency.
    #[error("plan {plan} is not sold by the {} in {currency}", interval.as_str())]
    CurrencyNotSold {
        /// The plan.
        plan: PlanCode,
        /// The interval.
        interval: Interval,
        /// The currency.
        currency: Currency,
    },
    /// What was had before is not paid.
    #[error("{due} are due on invoices of the subscription that ended")]
    InvoicesOpen {
        /// What is due.
        due: Money,
    },
    /// A trial that asks for a way to pay.
    #[error("the trial of plan {plan} asks for a way to pay")]
    PaymentMethodRequired {
        /// The plan.
        plan: PlanCode,
    },
    /// It is so already.
    #[error("plan {plan} by the {} is what it is", interval.as_str())]
    SamePlan {
        /// The plan.
        plan: PlanCode,
        /// The interval.
        interval: Interval,
    },
    /// No period has begun.
    #[error("plan {plan} awaits its first payment")]
    AwaitingPayment {
        /// The plan.
        plan: PlanCode,
    },
    /// There is nothing to revoke.
    #[error("nothing is to happen at the end of the period")]
    NothingScheduled,
    /// There is no trial to end.
    #[error("plan {plan} is not on trial")]
    NotTrialing {
        /// The plan.
        plan: PlanCode,
    },
    /// A trial does not rest.
    #[error("the subscription is on trial until {ends_at}")]
    Trialing {
        /// Until when.
        ends_at: Timestamp,
    },
    /// It is not paid.
    #[error("the subscription is not paid since {since}")]
    PastDue {
        /// Since when.
        since: Timestamp,
    },
    /// It would end before it begins.
    #[error("a rest that begins at {begins_at} cannot end at {resumes_at}")]
    ResumesTooEarly {
        /// When it was to end.
        resumes_at: Timestamp,
        /// When it begins.
        begins_at: Timestamp,
    },
    /// There is no rest to end.
    #[error("plan {plan} is not at rest")]
    NotPaused {
        /// The plan.
        plan: PlanCode,
    },
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Canceled { .. } => "subscription.canceled",
            Self::Paused { .. } => "subscription.paused",
            Self::Suspended { .. } => "subscription.suspended",
            Self::PlanRetired { .. } => "subscription.plan_retired",
            Self::CurrencyNotSold { .. } => "subscription.currency_not_sold",
            Self::InvoicesOpen { .. } => "subscription.invoices_open",
            Self::PaymentMethodRequired { .. } => "subscription.payment_method_required",
            Self::SamePlan { .. } => "subscription.same_plan",
            Self::AwaitingPayment { .. } => "subscription.awaiting_payment",
            Self::NothingScheduled => "subscription.nothing_scheduled",
            Self::NotTrialing { .. } => "subscription.not_trialing",
            Self::Trialing { .. } => "subscription.trialing",
            Self::PastDue { .. } => "subscription.past_due",
            Self::ResumesTooEarly { .. } => "subscription.resumes_too_early",
            Self::NotPaused { .. } => "subscription.not_paused",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::Canceled { .. }
            | Self::Paused { .. }
            | Self::Suspended { .. }
            | Self::PlanRetired { .. }
            | Self::InvoicesOpen { .. }
            | Self::PaymentMethodRequired { .. }
            | Self::SamePlan { .. }
            | Self::AwaitingPayment { .. }
            | Self::NothingScheduled
            | Self::NotTrialing { .. }
            | Self::Trialing { .. }
            | Self::PastDue { .. }
            | Self::NotPaused { .. } => RefusalClass::Conflict,
            Self::CurrencyNotSold { .. } | Self::ResumesTooEarly { .. } => RefusalClass::Invalid,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Canceled { .. } => "start a plan again".to_owned(),
            Self::Paused { .. } => "resume it first, or cancel it at once".to_owned(),
            Self::Suspended { .. } => "pay what is due first, or cancel it at once".to_owned(),
            Self::PlanRetired { .. } => "choose another plan".to_owned(),
            Self::CurrencyNotSold { currency, .. } => format!("choose a plan that has a price in {currency}"),
            Self::InvoicesOpen { .. } => "pay or void them first".to_owned(),
            Self::PaymentMethodRequired { .. } => "attach a payment method first".to_owned(),
            Self::SamePlan { .. } => "to undo a scheduled change, revoke it".to_owned(),
            Self::AwaitingPayment { .. } => "pay it first; a change of plan can be made at once".to_owned(),
            Self::NothingScheduled => "what happened already is undone by another command".to_owned(),
            Self::NotTrialing { .. } => "it is over, or there was none".to_owned(),
            Self::Trialing { .. } => "end the trial first, or cancel it".to_owned(),
            Self::PastDue { .. } => "pay what is due first".to_owned(),
            Self::ResumesTooEarly { .. } => "let it end later, or when somebody asks for it".to_owned(),
            Self::NotPaused { .. } => "nothing has to be done".to_owned(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Canceled { since } => vec![("since", json!(since))],
            Self::Paused { since } => vec![("since", json!(since))],
            Self::Suspended { since } => vec![("since", json!(since))],
            Self::PlanRetired { plan } => vec![("plan", json!(plan))],
            Self::CurrencyNotSold { plan, interval, currency } => {
                vec![("plan", json!(plan)), ("interval", json!(interval)), ("currency", json!(currency))]
            }
            Self::InvoicesOpen { due } => vec![("due", json!(due))],
            Self::PaymentMethodRequired { plan } => vec![("plan", json!(plan))],
            Self::SamePlan { plan, interval } => vec![("plan", json!(plan)), ("interval", json!(interval))],
            Self::AwaitingPayment { plan } => vec![("plan", json!(plan))],
            Self::NothingScheduled => Vec::new(),
            Self::NotTrialing { plan } => vec![("plan", json!(plan))],
            Self::Trialing { ends_at } => vec![("ends_at", json!(ends_at))],
            Self::PastDue { since } => vec![("since", json!(since))],
            Self::ResumesTooEarly { resumes_at, begins_at } => {
                vec![("resumes_at", json!(resumes_at)), ("begins_at", json!(begins_at))]
            }
            Self::NotPaused { plan } => vec![("plan", json!(plan))],
        }
    }

    fn samples() -> Vec<Self> {
        let usd = |amount: u32| Money::rounded(amount.into(), sample("USD"));
        let since = Timestamp::UNIX_EPOCH;
        vec![
            Self::Canceled { since },
            Self::Paused { since },
            Self::Suspended { since },
            Self::PlanRetired { plan: sample("starter") },
            Self::CurrencyNotSold { plan: sample("starter"), interval: Interval::Year, currency: sample("CLP") },
            Self::InvoicesOpen { due: usd(15) },
            Self::PaymentMethodRequired { plan: sample("starter") },
            Self::SamePlan { plan: sample("starter"), interval: Interval::Year },
            Self::AwaitingPayment { plan: sample("starter") },
            Self::NothingScheduled,
            Self::NotTrialing { plan: sample("starter") },
            Self::Trialing { ends_at: since },
            Self::PastDue { since },
            Self::ResumesTooEarly { resumes_at: since, begins_at: since },
            Self::NotPaused { plan: sample("starter") },
        ]
    }
}
