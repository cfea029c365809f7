//! What a discount takes off, and for how long.
//!
//! A code and its limits are kept by the product; what it was worth when it was redeemed is kept by the subscription, so
//! that a code that ends later takes nothing away from whoever has redeemed it.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::id::PlanCode;
use crate::money::{Currency, Money};

/// What a discount is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DiscountTerms {
    /// What it takes off the price of a period.
    pub off: Off,
    /// For how many periods.
    pub lasts: Lasts,
    /// The plans it is good for; all of them if none is named.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub plans: BTreeSet<PlanCode>,
}

/// What a discount takes off the price of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Off {
    /// A share of it: `0.25` is 25 %.
    Percent(#[cfg_attr(test, schemars(with = "String"))] Decimal),
    /// An amount, in one currency.
    Amount(Money),
}

/// For how many periods a discount is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Lasts {
    /// So many; once is one.
    Periods(u16),
    /// All that follow.
    ForEver,
}

impl Off {
    /// What is taken off an amount of which a share (`part` of `whole`) is charged: never more than there is.
    #[must_use]
    pub fn of(self, amount: Money, part: Decimal) -> Money {
        let off = match self {
            Self::Percent(share) => amount.amount * share,
            Self::Amount(off) if off.currency == amount.currency => off.amount * part,
            Self::Amount(_) => Decimal::ZERO,
        };
        let off = Money::rounded(off, amount.currency);
        Money { amount: off.amount.clamp(Decimal::ZERO, amount.amount.max(Decimal::ZERO)), ..off }
    }

    /// The currency it is bound to.
    #[must_use]
    pub fn currency(self) -> Option<Currency> {
        match self {
            Self::Percent(_) => None,
            Self::Amount(off) => Some(off.currency),
        }
    }
}

/// Why something is no discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TermsMisfit {
    /// The number is no share.
    #[error("{share} is not a share above 0 and up to 1, with at most four decimals")]
    Share {
        /// The number that was given.
        share: Decimal,
    },
    /// Nothing is taken off.
    #[error("a discount of {amount} takes nothing off")]
    NoAmount {
        /// The amount that was given.
        amount: Money,
    },
    /// It is over before it begins.
    #[error("a discount for no period takes nothing off")]
    NoPeriod,
}

impl DiscountTerms {
    /// Why they are no discount; `None` if they are one.
    #[must_use]
    pub fn misfit(&self) -> Option<TermsMisfit> {
        match self.off {
            Off::Percent(share) if share <= Decimal::ZERO || share > Decimal::ONE || share.normalize().scale() > 4 => {
                return Some(TermsMisfit::Share { share });
            }
            Off::Amount(amount) if !amount.is_positive() => return Some(TermsMisfit::NoAmount { amount }),
            Off::Percent(_) | Off::Amount(_) => {}
        }
        (self.lasts == Lasts::Periods(0)).then_some(TermsMisfit::NoPeriod)
    }

    /// Is it good for a plan?
    #[must_use]
    pub fn is_for(&self, plan: &PlanCode) -> bool {
        self.plans.is_empty() || self.plans.contains(plan)
    }

    /// Is it good for a plan that is paid in a currency?
    #[must_use]
    pub fn fits(&self, plan: &PlanCode, currency: Currency) -> bool {
        self.is_for(plan) && self.off.currency().is_none_or(|own| own == currency)
    }

    /// Has it been used up after so many periods?
    #[must_use]
    pub fn is_used_up(&self, periods: u16) -> bool {
        match self.lasts {
            Lasts::Periods(all) => periods >= all,
            Lasts::ForEver => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{decimal, id, usd};

    #[test]
    fn a_discount_is_never_more_than_what_it_is_taken_off() {
        let clp = Money::rounded(decimal("5000"), id("CLP"));
        for (off, price, part, expected) in [
            (Off::Percent(decimal("0.25")), "15", "1", "3.75"),
            (Off::Percent(decimal("1")), "15", "1", "15"),
            (Off::Percent(decimal("0.333")), "0.01", "1", "0"),
            (Off::Amount(usd("4")), "15", "1", "4"),
            (Off::Amount(usd("4")), "15", "0.5", "2"),
            (Off::Amount(usd("40")), "15", "1", "15"),
            (Off::Amount(clp), "15", "1", "0"),
        ] {
            assert_eq!(off.of(usd(price), decimal(part)), usd(expected), "{off:?} of {price}");
        }
    }

    #[test]
    fn a_discount_is_good_for_its_plans_in_its_currency() {
        let terms = |off, plans: &[&str]| DiscountTerms {
            off,
            lasts: Lasts::Periods(1),
            plans: plans.iter().map(|plan| id(plan)).collect(),
        };
        assert!(terms(Off::Percent(decimal("0.5")), &[]).fits(&id("starter"), id("USD")));
        assert!(!terms(Off::Percent(decimal("0.5")), &["partner"]).fits(&id("starter"), id("USD")));
        assert!(!terms(Off::Amount(usd("4")), &[]).fits(&id("starter"), id("CLP")));
    }
}
