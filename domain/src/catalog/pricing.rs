//! What is done past the included quantity of a quota, and what it costs.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money, Quantity};

/// What happens past the included quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Overage {
    /// It is refused.
    Refuse,
    /// Each unit costs credits, taken at once.
    Credits {
        /// Credits for one unit.
        #[cfg_attr(test, schemars(with = "String"))]
        rate: Decimal,
    },
    /// It is allowed, counted, and put on the next invoice.
    Invoice {
        /// What it costs in each currency its plan is sold in.
        pricing: BTreeMap<Currency, Pricing>,
    },
}

/// How a quantity past the allowance is priced. Prices of single units may be finer than the currency: what is put on
/// an invoice is rounded once, as a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Pricing {
    /// Every unit costs the same.
    Unit {
        /// Of one unit.
        #[cfg_attr(test, schemars(with = "String"))]
        price: Decimal,
    },
    /// Sold by the package; one that was begun is paid in full.
    Package {
        /// Units in a package.
        size: Quantity,
        /// Of one package.
        #[cfg_attr(test, schemars(with = "String"))]
        price: Decimal,
    },
    /// Each unit costs what its own tier says.
    Graduated(Tiers),
    /// All units cost what the tier of the last one says.
    Volume(Tiers),
}

/// Prices that change with the quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tiers {
    /// The first units, tier after tier.
    pub tiers: Vec<Tier>,
    /// Of every unit past the tiers.
    #[cfg_attr(test, schemars(with = "String"))]
    pub then: Decimal,
}

/// So many units at one price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tier {
    /// How many units are in the tier: not the number of the last one.
    pub units: Quantity,
    /// Of one unit.
    #[cfg_attr(test, schemars(with = "String"))]
    pub price: Decimal,
}

impl Pricing {
    /// What a whole quantity costs, not rounded.
    #[must_use]
    pub fn total(&self, quantity: Quantity) -> Decimal {
        let amount = quantity.amount();
        match self {
            Self::Unit { price } => amount * price,
            Self::Package { size, price } => (amount / size.amount()).ceil() * price,
            Self::Graduated(tiers) => tiers.graduated(amount),
            Self::Volume(tiers) => amount * tiers.price_of_last(amount),
        }
    }

    /// What a quantity costs after `past` units were priced before, not rounded: charges made one after another add up
    /// to the total. With volume prices it is below zero where a cheaper tier makes the units before it cheaper too.
    #[must_use]
    pub fn charge(&self, past: Quantity, quantity: Quantity) -> Decimal {
        self.total(past + quantity) - self.total(past)
    }

    /// The line of an invoice for a whole quantity, rounded once.
    #[must_use]
    pub fn line(&self, quantity: Quantity, currency: Currency) -> Money {
        Money::rounded(self.total(quantity), currency)
    }
}

impl Tiers {
    fn graduated(&self, amount: Decimal) -> Decimal {
        let (mut left, mut sum) = (amount, Decimal::ZERO);
        for Tier { units, price } in &self.tiers {
            let inside = left.min(units.amount());
            sum += inside * price;
            left -= inside;
        }
        sum + left * self.then
    }

    fn price_of_last(&self, amount: Decimal) -> Decimal {
        let mut bound = Decimal::ZERO;
        for Tier { units, price } in &self.tiers {
            bound += units.amount();
            if amount <= bound {
                return *price;
            }
        }
        self.then
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scenario::decimal;

    fn quantity(amount: &str) -> Quantity {
        Quantity::of(decimal(amount))
    }

    /// 10 at 1.5, 100 more at 1, then 0.5.
    fn tiers() -> Tiers {
        let tier = |units: &str, price: &str| Tier { units: quantity(units), price: decimal(price) };
        Tiers { tiers: vec![tier("10", "1.5"), tier("100", "1.0")], then: decimal("0.5") }
    }

    fn unit() -> Pricing {
        Pricing::Unit { price: decimal("0.0125") }
    }

    fn package() -> Pricing {
        Pricing::Package { size: quantity("100"), price: decimal("4.99") }
    }

    #[test]
    fn a_quantity_costs_what_its_pricing_says() {
        let (graduated, volume) = (Pricing::Graduated(tiers()), Pricing::Volume(tiers()));
        let cases = [
            (unit(), "0", "0"),
            (unit(), "3", "0.0375"),
            (package(), "0", "0"),
            (package(), "0.000001", "4.99"),
            (package(), "100", "4.99"),
            (package(), "100.5", "9.98"),
            (graduated.clone(), "0", "0"),
            (graduated.clone(), "0.5", "0.75"),
            (graduated.clone(), "10", "15"),
            (graduated.clone(), "11", "16"),
            (graduated.clone(), "110", "115"),
            (graduated, "111", "115.5"),
            (volume.clone(), "0", "0"),
            (volume.clone(), "10", "15"),
            (volume.clone(), "11", "11"),
            (volume.clone(), "110", "110"),
            (volume, "111", "55.5"),
        ];
        for (pricing, amount, expected) in cases {
            assert_eq!(pricing.total(quantity(amount)), decimal(expected), "{amount} under {pricing:?}");
        }
    }

    #[test]
    fn what_was_priced_before_decides_the_tier() {
        let (graduated, volume) = (Pricing::Graduated(tiers()), Pricing::Volume(tiers()));
        let cases = [
            (unit(), "1000", "2", "0.025"),
            (package(), "99", "1", "0"),
            (package(), "100", "1", "4.99"),
            (graduated.clone(), "9", "2", "2.5"),
            (graduated, "109", "2", "1.5"),
            (volume.clone(), "9", "1", "1.5"),
            // The eleventh unit makes all eleven cost 1: ten cost 15 before.
            (volume, "10", "1", "-4"),
        ];
        for (pricing, past, amount, expected) in cases {
            let charge = pricing.charge(quantity(past), quantity(amount));
            assert_eq!(charge, decimal(expected), "{amount} past {past} under {pricing:?}");
        }
    }

    #[test]
    fn an_invoice_line_is_rounded_once() {
        let line = |currency| unit().line(quantity("3"), Currency::new(currency).unwrap()).to_string();
        assert_eq!([line("USD"), line("CLP")], ["0.04 USD", "0 CLP"]);
    }

    proptest! {
        #[test]
        fn charges_one_after_another_add_up_to_the_total(
            parts in proptest::collection::vec(1_i64..=200_000_000, 1..20),
            which in 0_usize..4,
        ) {
            let pricing = [unit(), package(), Pricing::Graduated(tiers()), Pricing::Volume(tiers())][which].clone();
            let (mut past, mut sum) = (Quantity::ZERO, Decimal::ZERO);
            for part in parts.iter().map(|millionths| Quantity::of(Decimal::new(*millionths, 6))) {
                sum += pricing.charge(past, part);
                past = past + part;
            }
            prop_assert_eq!(sum, pricing.total(past));
        }
    }
}
