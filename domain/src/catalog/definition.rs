//! What a catalog version says: plans, prices, features and what each plan allows.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::calendar::{Interval, Window};
use crate::id::{FeatureCode, PlanCode, ProductCode};
use crate::money::{Currency, Money, Quantity};

/// A published, numbered definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CatalogVersion {
    /// 1 for a product's first publication, then one more each time.
    pub version: u32,
    /// What was published.
    pub definition: Definition,
}

/// Everything a catalog file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Definition {
    /// The product it is for.
    pub product: ProductCode,
    /// The currency of every price.
    pub currency: Currency,
    /// Where a customer upgrades; `{plan}` stands for the plan that would allow what was refused.
    pub upgrade_url: Option<String>,
    /// Percentages of an allowance at which an alert is raised, ascending.
    pub thresholds: Vec<u8>,
    /// What referrals pay; `None` where the product has none.
    pub referrals: Option<ReferralTerms>,
    /// What plans may allow.
    pub features: BTreeMap<FeatureCode, Feature>,
    /// The plans, from the smallest to the largest.
    pub plans: Vec<Plan>,
}

/// What referrals pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReferralTerms {
    /// The share of a payment for the direct referrer, the referrer's referrer, and so on: `0.20` is 20 %.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub rates: Vec<Decimal>,
    /// How many credits one unit of the catalog's currency is worth as a commission.
    #[cfg_attr(test, schemars(with = "String"))]
    pub credits_per_unit: Decimal,
}

/// What kind of thing a feature is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Feature {
    /// On or off.
    Flag,
    /// A static value.
    Config,
    /// Used up within a window.
    Quota {
        /// The time over which it counts.
        window: Window,
    },
    /// A level, acquired and released.
    Capacity,
}

impl Feature {
    /// The kind's name in a catalog.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Config => "config",
            Self::Quota { .. } => "quota",
            Self::Capacity => "capacity",
        }
    }
}

/// One plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Plan {
    /// Its code, unique in the catalog.
    pub code: PlanCode,
    /// What it costs for each interval it is sold by; zero for a free plan.
    #[cfg_attr(test, schemars(with = "BTreeMap<Interval, String>"))]
    pub prices: BTreeMap<Interval, Decimal>,
    /// What it allows; a feature that is absent is not in the plan.
    pub grants: BTreeMap<FeatureCode, Grant>,
}

/// What a plan allows of a feature, in the shape of the feature's kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Grant {
    /// The feature is on.
    Flag,
    /// The feature's value.
    Config {
        /// As written in the catalog: a text, a whole number or a boolean.
        value: serde_json::Value,
    },
    /// So much in each window.
    Quota {
        /// What is included.
        limit: Limit,
        /// What happens past it.
        overage: Overage,
    },
    /// At most so much at a time.
    Capacity {
        /// The highest level.
        limit: Limit,
    },
}

/// How much is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Limit {
    /// As much as one wants.
    Unlimited,
    /// Up to this quantity.
    UpTo(Quantity),
}

impl Limit {
    /// The quantity, unless unlimited.
    #[must_use]
    pub fn quantity(self) -> Option<Quantity> {
        match self {
            Self::Unlimited => None,
            Self::UpTo(quantity) => Some(quantity),
        }
    }
}

/// What happens past the included quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Overage {
    /// It is refused.
    Refuse,
    /// Each unit costs credits.
    Credits {
        /// Credits for one unit.
        #[cfg_attr(test, schemars(with = "String"))]
        rate: Decimal,
    },
}

impl Definition {
    /// Finds a plan by its code.
    #[must_use]
    pub fn plan(&self, code: &PlanCode) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.code == *code)
    }

    /// The price of a plan for an interval.
    #[must_use]
    pub fn price(&self, plan: &Plan, interval: Interval) -> Option<Money> {
        plan.prices.get(&interval).map(|amount| Money::rounded(*amount, self.currency))
    }

    /// The smallest plan that has the feature.
    #[must_use]
    pub fn first_plan_with(&self, feature: &FeatureCode) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.grants.contains_key(feature))
    }

    /// The place of a plan among the others, from the smallest to the largest.
    #[must_use]
    pub fn place_of(&self, plan: &PlanCode) -> Option<usize> {
        self.plans.iter().position(|other| other.code == *plan)
    }

    /// The next larger plan that includes more of a quota or a capacity than `limit`.
    #[must_use]
    pub fn larger_plan(&self, current: &PlanCode, feature: &FeatureCode, limit: Quantity) -> Option<&Plan> {
        let includes_more = |plan: &&Plan| match plan.grants.get(feature) {
            Some(Grant::Quota { limit: Limit::Unlimited, .. } | Grant::Capacity { limit: Limit::Unlimited }) => true,
            Some(Grant::Quota { limit: Limit::UpTo(larger), .. } | Grant::Capacity { limit: Limit::UpTo(larger) }) => {
                *larger > limit
            }
            Some(Grant::Flag | Grant::Config { .. }) | None => false,
        };
        self.plans.iter().skip_while(|plan| plan.code != *current).skip(1).find(includes_more)
    }

    /// Where to upgrade to a plan.
    #[must_use]
    pub fn upgrade_url_for(&self, plan: &PlanCode) -> Option<String> {
        self.upgrade_url.as_ref().map(|url| url.replace("{plan}", plan.as_str()))
    }
}
