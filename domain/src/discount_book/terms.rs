//! What a discount code is worth: how much, how long, for which plans.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU16;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::PlanCode;
use crate::money::Money;

/// What a code gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DiscountTerms {
    /// How much is taken off.
    pub discount: Discount,
    /// For how long.
    pub duration: Duration,
    /// The plans it is good for; none are all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub plans: BTreeSet<PlanCode>,
}

/// How much is taken off the price of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Discount {
    /// A share of it.
    Percent(Percent),
    /// So much, but never more than the price: in its currency only.
    Amount(Money),
}

/// For how long a discount is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Duration {
    /// One period.
    Once,
    /// So many periods.
    Periods(NonZeroU16),
    /// As long as the subscription lasts.
    Forever,
}

/// A share in percent: above 0, at most 100, with at most two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Decimal", into = "Decimal")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Percent(Decimal);

/// The number is no share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value} is not a percentage above 0 and up to 100, with at most two decimals")]
pub struct InvalidPercent {
    /// The number that was given.
    pub value: Decimal,
}

impl Percent {
    /// Checks that the number is a share.
    pub fn new(value: Decimal) -> Result<Self, InvalidPercent> {
        let is_share = value > Decimal::ZERO && value <= Decimal::ONE_HUNDRED && value.normalize().scale() <= 2;
        if is_share { Ok(Self(value.normalize())) } else { Err(InvalidPercent { value }) }
    }

    /// The number: `20` is 20 %.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.0
    }
}

impl TryFrom<Decimal> for Percent {
    type Error = InvalidPercent;

    fn try_from(value: Decimal) -> Result<Self, InvalidPercent> {
        Self::new(value)
    }
}

impl From<Percent> for Decimal {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl Discount {
    /// What is taken off a price; `None` if it is in another currency.
    #[must_use]
    pub fn off(&self, price: Money) -> Option<Money> {
        match self {
            Self::Percent(percent) => {
                Some(Money::rounded(price.amount * percent.amount() / Decimal::ONE_HUNDRED, price.currency))
            }
            Self::Amount(amount) if amount.currency == price.currency => {
                Some(Money::rounded(amount.amount.min(price.amount), price.currency))
            }
            Self::Amount(_) => None,
        }
    }
}

impl DiscountTerms {
    /// Is it good for a plan?
    #[must_use]
    pub fn covers(&self, plan: &PlanCode) -> bool {
        self.plans.is_empty() || self.plans.contains(plan)
    }
}
