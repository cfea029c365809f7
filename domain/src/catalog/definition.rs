//! What a catalog version says: plans, prices, features and what each plan allows.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Dunning, Feature, Overage, Proration, QuotaRefusal, ReferralTerms, Rounding, Seller, Tax, Wording};
use crate::calendar::Interval;
use crate::id::{FeatureCode, PlanCode, ProductCode};
use crate::money::{Credits, Currency, Money, Quantity};

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
    /// What customers call the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Wording>,
    /// The currency of whoever names none. Plans may be priced in others as well.
    pub currency: Currency,
    /// Where a customer upgrades; `{plan}` stands for the plan that would allow what was refused.
    pub upgrade_url: Option<String>,
    /// Percentages of an allowance at which an alert is raised, ascending.
    pub thresholds: Vec<u8>,
    /// Percentages of a capacity at which an alert is raised, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity_thresholds: Vec<u8>,
    /// An alert is raised when the balance falls below so many credits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits_low: Option<Credits>,
    /// The capacity that members count against; `None` where members are not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seats: Option<FeatureCode>,
    /// How a change of plan within a period is reckoned.
    #[serde(default)]
    pub proration: Proration,
    /// How amounts are rounded.
    #[serde(default)]
    pub rounding: Rounding,
    /// By which code callers are told that an allowance is used up.
    #[serde(default, skip_serializing_if = "QuotaRefusal::is_usual")]
    pub quota_refusal: QuotaRefusal,
    /// What referrals pay; `None` where the product has none.
    pub referrals: Option<ReferralTerms>,
    /// Taxes, each from a day on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<Tax>,
    /// What becomes of a subscription that is not paid.
    #[serde(default, skip_serializing_if = "Dunning::is_default")]
    pub dunning: Dunning,
    /// Who sells; `None` where invoices need not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<Seller>,
    /// How many credits one unit of a currency is worth when an invoice is paid from credits, or when more is paid than
    /// is due. In a currency that is not named neither is possible.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, schemars(with = "BTreeMap<Currency, String>"))]
    pub credits_per_unit: BTreeMap<Currency, Decimal>,
    /// What plans may allow.
    pub features: BTreeMap<FeatureCode, Feature>,
    /// The plans, from the smallest to the largest.
    pub plans: Vec<Plan>,
}

/// One plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Plan {
    /// Its code, unique in the catalog.
    pub code: PlanCode,
    /// What customers call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Wording>,
    /// Is it sold no more? Subscriptions that are on it stay.
    #[serde(default, skip_serializing_if = "is_false")]
    pub retired: bool,
    /// A time to try it before the first payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// What it costs for each interval it is sold by, in each currency; zero for a free plan.
    #[cfg_attr(test, schemars(with = "BTreeMap<Interval, BTreeMap<Currency, String>>"))]
    pub prices: BTreeMap<Interval, BTreeMap<Currency, Decimal>>,
    /// What it allows; a feature that is absent is not in the plan.
    pub grants: BTreeMap<FeatureCode, Grant>,
}

/// A time in which a plan is in force without being paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trial {
    /// How long, in local days.
    pub days: u16,
    /// Is a way to pay asked for before it begins?
    pub payment_method: PaymentMethod,
}

/// Whether a trial begins without a way to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum PaymentMethod {
    /// It has to be known first.
    Required,
    /// It may follow.
    Optional,
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
        /// What of it is kept for the next window; `None` is nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rollover: Option<Rollover>,
        /// May a capture take more than its hold? For work whose size is known only when it is done.
        #[serde(default, skip_serializing_if = "is_false")]
        settle_above: bool,
    },
    /// At most so much at a time; more is refused.
    Capacity {
        /// The highest level.
        limit: Limit,
    },
}

impl Grant {
    /// How much it allows, of the kinds that are counted.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        match self {
            Self::Quota { limit, .. } | Self::Capacity { limit } => Some(*limit),
            Self::Flag | Self::Config { .. } => None,
        }
    }
}

/// How much of an allowance is carried into the next window, on top of that window's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rollover {
    /// At least so much, even if less was left.
    pub minimum: Quantity,
    /// At most so much, however much was left.
    pub maximum: Quantity,
}

impl Rollover {
    /// What is carried over when `left` was left at the end of a window.
    #[must_use]
    pub fn carried(&self, left: Quantity) -> Quantity {
        left.max(self.minimum).min(self.maximum)
    }
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
    /// Is it more than a quantity?
    #[must_use]
    pub fn exceeds(self, quantity: Quantity) -> bool {
        self.quantity().is_none_or(|limit| limit > quantity)
    }

    /// The quantity, unless unlimited.
    #[must_use]
    pub fn quantity(self) -> Option<Quantity> {
        match self {
            Self::Unlimited => None,
            Self::UpTo(quantity) => Some(quantity),
        }
    }
}

impl Definition {
    /// Finds a plan by its code.
    #[must_use]
    pub fn plan(&self, code: &PlanCode) -> Option<&Plan> {
        self.plans.iter().find(|plan| plan.code == *code)
    }

    /// The price of a plan for an interval, in the catalog's own currency.
    #[must_use]
    pub fn price(&self, plan: &Plan, interval: Interval) -> Option<Money> {
        plan.price_in(interval, self.currency)
    }

    /// Every currency a plan is sold in, and the catalog's own.
    #[must_use]
    pub fn currencies(&self) -> BTreeSet<Currency> {
        let priced = self.plans.iter().flat_map(|plan| plan.prices.values()).flat_map(BTreeMap::keys).copied();
        priced.chain([self.currency]).collect()
    }

    /// The smallest plan on sale that has the feature.
    #[must_use]
    pub fn first_plan_with(&self, feature: &FeatureCode) -> Option<&Plan> {
        self.plans.iter().find(|plan| !plan.retired && plan.grants.contains_key(feature))
    }

    /// The place of a plan among the others, from the smallest to the largest.
    #[must_use]
    pub fn place_of(&self, plan: &PlanCode) -> Option<usize> {
        self.plans.iter().position(|other| other.code == *plan)
    }

    /// The next larger plan on sale that includes more of a quota or a capacity than `limit`.
    #[must_use]
    pub fn larger_plan(&self, current: &PlanCode, feature: &FeatureCode, limit: Quantity) -> Option<&Plan> {
        let larger = self.plans.iter().skip_while(|plan| plan.code != *current).skip(1);
        let includes_more = |plan: &Plan| plan.grants.get(feature)?.limit().map(|larger| larger.exceeds(limit));
        larger.filter(|plan| !plan.retired).find(|plan| includes_more(plan) == Some(true))
    }

    /// What a unit of each feature costs in credits past the allowance, plan by plan, from the smallest to the largest;
    /// features that are not sold for credits are not named.
    pub fn credit_costs(&self) -> impl Iterator<Item = (&PlanCode, BTreeMap<&FeatureCode, Decimal>)> {
        self.plans.iter().map(|plan| (&plan.code, plan.credit_costs()))
    }

    /// Where to upgrade to a plan.
    #[must_use]
    pub fn upgrade_url_for(&self, plan: &PlanCode) -> Option<String> {
        self.upgrade_url.as_ref().map(|url| url.replace("{plan}", plan.as_str()))
    }
}

impl Plan {
    /// What a unit of each feature costs in credits past the allowance, where it is sold for them.
    #[must_use]
    pub fn credit_costs(&self) -> BTreeMap<&FeatureCode, Decimal> {
        let rate = |grant: &Grant| match grant {
            Grant::Quota { overage: Overage::Credits { rate }, .. } => Some(*rate),
            Grant::Quota { overage: Overage::Refuse | Overage::Invoice { .. }, .. }
            | Grant::Flag
            | Grant::Config { .. }
            | Grant::Capacity { .. } => None,
        };
        self.grants.iter().filter_map(|(feature, grant)| Some((feature, rate(grant)?))).collect()
    }

    /// What it costs for an interval in a currency.
    #[must_use]
    pub fn price_in(&self, interval: Interval, currency: Currency) -> Option<Money> {
        let amount = self.prices.get(&interval)?.get(&currency)?;
        Some(Money::rounded(*amount, currency))
    }

    /// The currencies it is sold in.
    #[must_use]
    pub fn currencies(&self) -> BTreeSet<Currency> {
        self.prices.values().flat_map(BTreeMap::keys).copied().collect()
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}
