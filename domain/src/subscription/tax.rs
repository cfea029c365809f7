//! Taxes of an invoice: once per invoice and rate, on the sum of the lines.
//!
//! ```text
//! in the price   19,990 / 1.19 = 16,798 net, the rest of 3,192 is tax
//! added to it    net * 0.19, rounded
//! ```

use rust_decimal::Decimal;

use super::InvoiceTax;
use crate::catalog::{Tax, TaxedPrices};
use crate::money::Money;

/// What lines come to.
pub(super) struct Totals {
    /// Without taxes; below zero where the lines are.
    pub(super) net: Money,
    pub(super) taxes: Vec<InvoiceTax>,
    /// What is to pay, never below zero.
    pub(super) total: Money,
    /// What the lines come to below zero.
    pub(super) kept: Money,
}

pub(super) fn totals(lines: Money, taxes: &[&Tax]) -> Totals {
    let currency = lines.currency;
    let (included, added): (Vec<&Tax>, Vec<&Tax>) = taxes.iter().partition(|tax| tax.prices == TaxedPrices::Inclusive);
    let rates: Decimal = included.iter().map(|tax| tax.rate).sum();
    let net = Money::rounded(lines.amount / (Decimal::ONE + rates), currency);
    let weights: Vec<u64> = included.iter().map(|tax| weight(tax.rate)).collect();
    let parts = lines.less(net).split(&weights);
    let told = |tax: &Tax, amount: Money| InvoiceTax {
        name: tax.name.clone(),
        rate: tax.rate,
        prices: tax.prices,
        base: net,
        amount,
    };
    let included = included.into_iter().zip(parts).map(|(tax, amount)| told(tax, amount));
    let on_top = added.into_iter().map(|tax| told(tax, Money::rounded(net.amount * tax.rate, currency)));
    let taxes: Vec<InvoiceTax> = included.chain(on_top).collect();
    let gross = taxes.iter().fold(net, |sum, tax| sum.plus(tax.amount));
    let zero = Money::zero(currency);
    let (total, kept) = if gross.is_positive() { (gross, zero) } else { (zero, gross.negated()) };
    Totals { net, taxes, total, kept }
}

/// Rates have six decimals at most.
fn weight(rate: Decimal) -> u64 {
    u64::try_from((rate * Decimal::from(1_000_000)).trunc()).unwrap_or_default()
}

/// The part of `amount` that stands for `part` of `whole`; nothing of nothing.
pub(super) fn share(amount: Money, part: Money, whole: Money) -> Money {
    if whole.is_zero() {
        return Money::zero(amount.currency);
    }
    if part == whole {
        return amount;
    }
    let (of, part, whole) = (amount.amount, part.amount, whole.amount);
    // Exact, unless the product leaves the 96 bits of a `Decimal`.
    let share = of.checked_mul(part).map_or_else(|| of * (part / whole), |product| product / whole);
    Money::rounded(share, amount.currency)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{decimal, id};

    fn tax(rate: &str, prices: TaxedPrices) -> Tax {
        let name = format!("tax {rate}");
        Tax { country: id("CL"), name, rate: decimal(rate), prices, from: "2003-10-01".parse().unwrap() }
    }

    #[test]
    fn taxes_come_out_of_the_price_or_on_top_of_it() {
        let (inside, on_top) = (TaxedPrices::Inclusive, TaxedPrices::Exclusive);
        let cases = [
            ("CLP", "19990", vec![tax("0.19", inside)], "16798 3192 = 19990, kept 0"),
            ("CLP", "4990", vec![tax("0.19", inside)], "4193 797 = 4990, kept 0"),
            ("USD", "15", vec![], "15.00 = 15.00, kept 0.00"),
            ("USD", "15", vec![tax("0.19", on_top)], "15.00 2.85 = 17.85, kept 0.00"),
            ("USD", "15", vec![tax("0.10", inside), tax("0.05", inside)], "13.04 1.31 0.65 = 15.00, kept 0.00"),
            ("USD", "11", vec![tax("0.10", inside), tax("0.07", on_top)], "10.00 1.00 0.70 = 11.70, kept 0.00"),
            ("USD", "-10", vec![tax("0.19", on_top)], "-10.00 -1.90 = 0.00, kept 11.90"),
            ("CLP", "-19990", vec![tax("0.19", inside)], "-16798 -3192 = 0, kept 19990"),
        ];
        for (currency, lines, taxes, expected) in cases {
            let taxes: Vec<&Tax> = taxes.iter().collect();
            let Totals { net, taxes, total, kept } = totals(Money::rounded(decimal(lines), id(currency)), &taxes);
            let taxes: String = taxes.iter().map(|tax| format!(" {}", tax.amount.amount)).collect();
            let told = format!("{}{taxes} = {}, kept {}", net.amount, total.amount, kept.amount);
            assert_eq!(told.replace("-0", "0"), expected, "{lines}");
        }
    }
}
