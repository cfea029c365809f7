//! Why a subscription may say no, in the order of the checks: what it is, where it stands ([`life`]), what is billed and
//! paid ([`bill`]).

pub mod bill;
pub mod life;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::calendar::Interval;
use crate::id::{OrganizationId, PlanCode, ProductCode};
use crate::money::{Currency, Money};
use crate::refusal::{Refusal, RefusalClass, sample};

/// A refusal of an organization's subscription.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such organization.
    #[error("the organization is not registered")]
    NotRegistered,
    /// It has a plan already.
    #[error("plan {plan} was started already")]
    AlreadyStarted {
        /// The plan it has.
        plan: PlanCode,
    },
    /// The catalog has no such plan.
    #[error("product {product} has no plan {plan}")]
    UnknownPlan {
        /// The plan that was named.
        plan: PlanCode,
        /// The organization's product.
        product: ProductCode,
    },
    /// The plan has no price for the interval.
    #[error("plan {plan} is not sold by the {}", interval.as_str())]
    IntervalNotSold {
        /// The plan.
        plan: PlanCode,
        /// The interval that was asked for.
        interval: Interval,
    },
    /// A payment for nothing.
    #[error("organization {organization} has started no plan")]
    NotStarted {
        /// The organization.
        organization: OrganizationId,
    },
    /// A payment in another currency than the plan's.
    #[error("the plan is priced in {expected}, the payment is in {found}")]
    OtherCurrency {
        /// The plan's currency.
        expected: Currency,
        /// The payment's currency.
        found: Currency,
    },
    /// Everything is paid.
    #[error("nothing is due on plan {plan}{}", until(paid_until))]
    NothingDue {
        /// The plan.
        plan: PlanCode,
        /// When the next payment is due; never for a free plan.
        paid_until: Option<Timestamp>,
    },
    /// More than what is due.
    #[error("a payment of {payment} exceeds the {due} due")]
    PaymentExceedsDue {
        /// What is due.
        due: Money,
        /// What was paid.
        payment: Money,
    },
    /// No such version was published.
    #[error("product {product} has no version {version} of its catalog")]
    UnknownCatalogVersion {
        /// The version that was named.
        version: u32,
        /// The organization's product.
        product: ProductCode,
    },
    /// Subscriptions move forward.
    #[error("version {version} of the catalog is older than {current}, which binds")]
    OlderCatalogVersion {
        /// The version that was named.
        version: u32,
        /// The version that binds.
        current: u32,
    },
    /// The version took the plan away.
    #[error("version {version} of the catalog has no plan {plan}")]
    PlanNotInVersion {
        /// The plan the subscription is on.
        plan: PlanCode,
        /// The version that was named.
        version: u32,
    },
    /// The version does not sell the plan as it is paid.
    #[error("version {version} of the catalog does not sell plan {plan} by the {} in {currency}", interval.as_str())]
    PriceNotInVersion {
        /// The plan the subscription is on.
        plan: PlanCode,
        /// The version that was named.
        version: u32,
        /// How often it is paid.
        interval: Interval,
        /// What it is paid in.
        currency: Currency,
    },
    /// Where it stands is against it.
    #[error(transparent)]
    Life(#[from] life::Rejection),
    /// What is billed and paid is against it.
    #[error(transparent)]
    Bill(#[from] bill::Rejection),
}

fn until(paid_until: &Option<Timestamp>) -> String {
    paid_until.map_or(String::new(), |instant| format!(" until {instant}"))
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotRegistered => "organization.unknown",
            Self::AlreadyStarted { .. } => "subscription.already_started",
            Self::UnknownPlan { .. } => "subscription.unknown_plan",
            Self::IntervalNotSold { .. } => "subscription.interval_not_sold",
            Self::NotStarted { .. } => "subscription.not_started",
            Self::OtherCurrency { .. } => "payment.other_currency",
            Self::NothingDue { .. } => "payment.nothing_due",
            Self::PaymentExceedsDue { .. } => "payment.exceeds_due",
            Self::UnknownCatalogVersion { .. } => "subscription.unknown_catalog_version",
            Self::OlderCatalogVersion { .. } => "subscription.older_catalog_version",
            Self::PlanNotInVersion { .. } => "subscription.plan_not_in_version",
            Self::PriceNotInVersion { .. } => "subscription.price_not_in_version",
            Self::Life(rejection) => rejection.code(),
            Self::Bill(rejection) => rejection.code(),
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::NotRegistered | Self::UnknownPlan { .. } | Self::UnknownCatalogVersion { .. } => {
                RefusalClass::Unknown
            }
            Self::IntervalNotSold { .. } | Self::OtherCurrency { .. } => RefusalClass::Invalid,
            Self::AlreadyStarted { .. }
            | Self::NotStarted { .. }
            | Self::NothingDue { .. }
            | Self::PaymentExceedsDue { .. }
            | Self::OlderCatalogVersion { .. }
            | Self::PlanNotInVersion { .. }
            | Self::PriceNotInVersion { .. } => RefusalClass::Conflict,
            Self::Life(rejection) => rejection.class(),
            Self::Bill(rejection) => rejection.class(),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotRegistered => "register it first".to_owned(),
            Self::AlreadyStarted { .. } => "an organization has one subscription: change its plan instead".to_owned(),
            Self::UnknownPlan { product, .. } => format!("the plans are at /v1/products/{product}/plans"),
            Self::IntervalNotSold { .. } => "choose an interval that has a price in the catalog".to_owned(),
            Self::NotStarted { .. } => "start a plan, then record its payment".to_owned(),
            Self::OtherCurrency { expected, .. } => format!("record the payment in {expected}"),
            Self::NothingDue { .. } => "to add credits, top up the ledger instead".to_owned(),
            Self::PaymentExceedsDue { due, .. } => {
                format!("record {due} as the payment and top up credits with the rest")
            }
            Self::UnknownCatalogVersion { .. } => "publish it first".to_owned(),
            Self::OlderCatalogVersion { .. } => "publish the older definition again, it becomes the newest".to_owned(),
            Self::PlanNotInVersion { .. } | Self::PriceNotInVersion { .. } => {
                "leave the subscription on its version until it changes its plan".to_owned()
            }
            Self::Life(rejection) => rejection.hint(),
            Self::Bill(rejection) => rejection.hint(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NotRegistered => Vec::new(),
            Self::AlreadyStarted { plan } => vec![("current_plan", json!(plan))],
            Self::UnknownPlan { plan, product } => vec![("plan", json!(plan)), ("product", json!(product))],
            Self::IntervalNotSold { plan, interval } => vec![("plan", json!(plan)), ("interval", json!(interval))],
            Self::NotStarted { organization } => vec![("organization", json!(organization))],
            Self::OtherCurrency { expected, found } => vec![("expected", json!(expected)), ("found", json!(found))],
            Self::NothingDue { plan, paid_until } => vec![("plan", json!(plan)), ("paid_until", json!(paid_until))],
            Self::PaymentExceedsDue { due, payment } => vec![("due", json!(due)), ("payment", json!(payment))],
            Self::UnknownCatalogVersion { version, product } => {
                vec![("version", json!(version)), ("product", json!(product))]
            }
            Self::OlderCatalogVersion { version, current } => {
                vec![("version", json!(version)), ("current", json!(current))]
            }
            Self::PlanNotInVersion { plan, version } => vec![("plan", json!(plan)), ("version", json!(version))],
            Self::PriceNotInVersion { plan, version, interval, currency } => vec![
                ("plan", json!(plan)),
                ("version", json!(version)),
                ("interval", json!(interval)),
                ("currency", json!(currency)),
            ],
            Self::Life(rejection) => rejection.members(),
            Self::Bill(rejection) => rejection.members(),
        }
    }

    fn samples() -> Vec<Self> {
        let usd = |amount: u32| Money::rounded(amount.into(), sample("USD"));
        let mut samples = vec![
            Self::NotRegistered,
            Self::AlreadyStarted { plan: sample("starter") },
            Self::UnknownPlan { plan: sample("starter"), product: sample("agencia") },
            Self::IntervalNotSold { plan: sample("starter"), interval: Interval::Year },
            Self::NotStarted { organization: sample("pedro") },
            Self::OtherCurrency { expected: sample("USD"), found: sample("CLP") },
            Self::NothingDue { plan: sample("starter"), paid_until: Some(Timestamp::UNIX_EPOCH) },
            Self::PaymentExceedsDue { due: usd(15), payment: usd(20) },
            Self::UnknownCatalogVersion { version: 7, product: sample("agencia") },
            Self::OlderCatalogVersion { version: 1, current: 2 },
            Self::PlanNotInVersion { plan: sample("starter"), version: 2 },
            Self::PriceNotInVersion {
                plan: sample("starter"),
                version: 2,
                interval: Interval::Year,
                currency: sample("USD"),
            },
        ];
        samples.extend(life::Rejection::samples().into_iter().map(Self::Life));
        samples.extend(bill::Rejection::samples().into_iter().map(Self::Bill));
        samples
    }
}
