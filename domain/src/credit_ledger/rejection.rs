//! Why a ledger may say no, in the order of the checks.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::id::{FeatureCode, PlanCode, ProductCode};
use crate::money::{Credits, Quantity};
use crate::refusal::{Refusal, RefusalClass, sample};

/// The way out of a refusal: a plan that would allow it. Boxed, so that a `Result` with a refusal stays small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// The plan.
    pub plan: PlanCode,
    /// Where to move to it, if the catalog says.
    pub url: Option<String>,
}

/// A refusal of an organization's ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such organization.
    #[error("the organization is not registered")]
    NotRegistered,
    /// No plan entitles it.
    #[error("the organization has no plan in force")]
    NoPlanInForce,
    /// The catalog has no such feature.
    #[error("product {product} has no feature {feature}")]
    UnknownFeature {
        /// The feature that was named.
        feature: FeatureCode,
        /// The organization's product.
        product: ProductCode,
    },
    /// Only quotas are consumed.
    #[error("feature {feature} is a {kind}, only a quota can be consumed")]
    NotAQuota {
        /// The feature.
        feature: FeatureCode,
        /// Its kind.
        kind: &'static str,
    },
    /// The plan does not have it.
    #[error("feature {feature} is not in plan {current_plan}")]
    FeatureNotInPlan {
        /// The feature.
        feature: FeatureCode,
        /// The plan in force.
        current_plan: PlanCode,
        /// To the smallest plan that has it.
        upgrade: Option<Box<Upgrade>>,
    },
    /// The allowance is used up and the plan sells no overage.
    #[error("{requested} of {feature} exceed the {} left of {limit} until {resets_at}", limit.less(*used))]
    QuotaExceeded {
        /// The feature.
        feature: FeatureCode,
        /// What is included in the window.
        limit: Quantity,
        /// What is used of it.
        used: Quantity,
        /// What was asked for.
        requested: Quantity,
        /// When the window turns over.
        resets_at: Timestamp,
        /// The plan in force.
        current_plan: PlanCode,
        /// To the next larger plan that includes more.
        upgrade: Option<Box<Upgrade>>,
    },
    /// The credits do not pay for it.
    #[error("a balance of {balance} credits does not pay for {required}")]
    InsufficientCredits {
        /// Credits left.
        balance: Credits,
        /// Credits it would cost.
        required: Credits,
    },
}

/// Both members are there even if no plan would allow it: then they are null.
fn way_up(upgrade: Option<&Upgrade>) -> [(&'static str, Value); 2] {
    let plan = upgrade.map(|upgrade| &upgrade.plan);
    let url = upgrade.and_then(|upgrade| upgrade.url.as_ref());
    [("plan_needed", json!(plan)), ("upgrade_url", json!(url))]
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotRegistered => "organization.unknown",
            Self::NoPlanInForce => "subscription.no_plan_in_force",
            Self::UnknownFeature { .. } => "ledger.unknown_feature",
            Self::NotAQuota { .. } => "ledger.not_a_quota",
            Self::FeatureNotInPlan { .. } => "FEATURE_NOT_IN_PLAN",
            Self::QuotaExceeded { .. } => "QUOTA_EXCEEDED",
            Self::InsufficientCredits { .. } => "INSUFFICIENT_CREDITS",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::NotRegistered | Self::UnknownFeature { .. } => RefusalClass::Unknown,
            Self::NotAQuota { .. } => RefusalClass::Invalid,
            Self::NoPlanInForce | Self::FeatureNotInPlan { .. } => RefusalClass::NotEntitled,
            Self::QuotaExceeded { .. } => RefusalClass::QuotaExceeded,
            Self::InsufficientCredits { .. } => RefusalClass::PaymentRequired,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotRegistered => "register it first".to_owned(),
            Self::NoPlanInForce => "start a plan; a paid one is in force once its first period is paid".to_owned(),
            Self::UnknownFeature { product, .. } => format!("the features are at /v1/products/{product}/plans"),
            Self::NotAQuota { .. } => "read it as an entitlement instead".to_owned(),
            Self::FeatureNotInPlan { upgrade: Some(upgrade), .. } => format!("plan {} has it", upgrade.plan),
            Self::FeatureNotInPlan { upgrade: None, .. } => "no plan of the product has it".to_owned(),
            Self::QuotaExceeded { upgrade: Some(upgrade), .. } => {
                format!("wait for the reset or move to plan {}", upgrade.plan)
            }
            Self::QuotaExceeded { upgrade: None, .. } => "wait for the reset".to_owned(),
            Self::InsufficientCredits { .. } => "top up credits".to_owned(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NotRegistered | Self::NoPlanInForce => Vec::new(),
            Self::UnknownFeature { feature, product } => {
                vec![("feature", json!(feature)), ("product", json!(product))]
            }
            Self::NotAQuota { feature, kind } => vec![("feature", json!(feature)), ("kind", json!(kind))],
            Self::FeatureNotInPlan { feature, current_plan, upgrade } => {
                let mut members = vec![("feature", json!(feature)), ("current_plan", json!(current_plan))];
                members.extend(way_up(upgrade.as_deref()));
                members
            }
            Self::QuotaExceeded { feature, limit, used, requested, resets_at, current_plan, upgrade } => {
                let mut members = vec![
                    ("feature", json!(feature)),
                    ("limit", json!(limit)),
                    ("used", json!(used)),
                    ("requested", json!(requested)),
                    ("resets_at", json!(resets_at)),
                    ("current_plan", json!(current_plan)),
                ];
                members.extend(way_up(upgrade.as_deref()));
                members
            }
            Self::InsufficientCredits { balance, required } => {
                vec![("balance", json!(balance)), ("required", json!(required))]
            }
        }
    }

    fn samples() -> Vec<Self> {
        let quantity = |amount: u32| Quantity::of(amount.into());
        let upgrade =
            |plan: &str| Some(Box::new(Upgrade { plan: sample(plan), url: Some(format!("/checkout?plan={plan}")) }));
        vec![
            Self::NotRegistered,
            Self::NoPlanInForce,
            Self::UnknownFeature { feature: sample("faxes"), product: sample("agencia") },
            Self::NotAQuota { feature: sample("white_label"), kind: "flag" },
            Self::FeatureNotInPlan {
                feature: sample("white_label"),
                current_plan: sample("starter"),
                upgrade: upgrade("partner"),
            },
            Self::QuotaExceeded {
                feature: sample("ai_runs"),
                limit: quantity(1),
                used: quantity(1),
                requested: quantity(1),
                resets_at: Timestamp::UNIX_EPOCH,
                current_plan: sample("gratis"),
                upgrade: upgrade("starter"),
            },
            Self::InsufficientCredits {
                balance: Credits::ZERO,
                required: Credits::rounded(rust_decimal::Decimal::new(5, 2)),
            },
        ]
    }
}
