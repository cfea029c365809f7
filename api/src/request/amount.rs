//! Amounts as callers write them: a JSON string such as `"9.95"`, or a whole number. Never a float: 9.95 has no
//! binary form, and what was meant cannot be told any more once a parser has rounded it.

use std::fmt;
use std::str::FromStr;

use domain::catalog::Limit;
use domain::credit_ledger::Adjustment;
use domain::{Credits, Currency, Money, Quantity};
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::Value;

use crate::problem::Fault;

/// Digits of an amount at most; a `Decimal` holds 28.
const LENGTH_MAX: usize = 40;

/// A number whose unit is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount(pub(crate) Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount: a string such as \"9.95\", or a whole number")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        let shown: String = text.chars().take(LENGTH_MAX).collect();
        read(text).map(Amount).ok_or_else(|| E::custom(format!("{shown:?} is not an amount such as \"9.95\"")))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
        Ok(Amount(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
        Ok(Amount(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
        Err(E::custom(format!("{number:?} is not exact as a JSON number; write it as a string such as \"9.95\"")))
    }
}

/// Plain digits with at most one point: no exponent, no sign but a minus, no separators.
fn read(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if text.len() > LENGTH_MAX || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

/// Money: above zero, with at most the currency's decimals.
pub(crate) fn money(Amount(amount): Amount, currency: Currency) -> Result<Money, Fault> {
    Money::positive(amount, currency)
        .map_err(|fault| Fault::InvalidField { field: "amount".to_owned(), text: fault.to_string() })
}

/// Reads credits to add: above zero, at most six decimals.
pub(crate) fn credits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Credits, D::Error> {
    let Amount(amount) = Amount::deserialize(deserializer)?;
    Credits::positive(amount).map_err(D::Error::custom)
}

/// Reads a quantity to consume: above zero, at most six decimals.
pub(crate) fn quantity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quantity, D::Error> {
    let Amount(amount) = Amount::deserialize(deserializer)?;
    Quantity::positive(amount).map_err(D::Error::custom)
}

/// The same, if it is given.
pub(crate) fn credits_if_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Credits>, D::Error> {
    let given = Option::<Amount>::deserialize(deserializer)?;
    given.map(|Amount(amount)| Credits::positive(amount).map_err(D::Error::custom)).transpose()
}

/// Reads credits to add, or below zero to take away: at most six decimals.
pub(crate) fn adjustment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Adjustment, D::Error> {
    let Amount(amount) = Amount::deserialize(deserializer)?;
    let change = if amount.is_sign_negative() { Adjustment::Down } else { Adjustment::Up };
    Credits::positive(amount.abs()).map(change).map_err(D::Error::custom)
}

/// Reads a quantity, if it is given.
pub(crate) fn quantity_if_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Quantity>, D::Error> {
    let given = Option::<Amount>::deserialize(deserializer)?;
    given.map(|Amount(amount)| Quantity::positive(amount).map_err(D::Error::custom)).transpose()
}

/// Reads a limit, if it is given: zero or more, or `unlimited`.
pub(crate) fn limit_if_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Limit>, D::Error> {
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum Given {
        Unlimited(Unlimited),
        UpTo(Value),
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Unlimited {
        Unlimited,
    }
    match Option::<Given>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Given::Unlimited(Unlimited::Unlimited)) => Ok(Some(Limit::Unlimited)),
        Some(Given::UpTo(given)) => {
            let Amount(amount) = Amount::deserialize(given).map_err(D::Error::custom)?;
            let quantity = if amount.is_zero() { Ok(Quantity::ZERO) } else { Quantity::positive(amount) };
            quantity.map(|quantity| Some(Limit::UpTo(quantity))).map_err(D::Error::custom)
        }
    }
}

/// A quantity in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AskedQuantity(pub(crate) Quantity);

impl FromStr for AskedQuantity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let amount = read(text).ok_or("it is not an amount such as 9.95")?;
        Quantity::positive(amount).map(Self).map_err(|fault| fault.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> String {
        match serde_json::from_str::<Amount>(json) {
            Ok(Amount(amount)) => amount.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_amount_is_a_string_or_a_whole_number() {
        for (json, expected) in [("\"9.95\"", "9.95"), ("10", "10"), ("-3", "-3"), ("\"0.000001\"", "0.000001")] {
            assert_eq!(told(json), expected);
        }
    }

    #[test]
    fn a_float_is_refused_with_what_to_write_instead() {
        assert!(told("9.95").starts_with("9.95 is not exact as a JSON number; write it as a string such as \"9.95\""));
        assert!(told("1e300").starts_with("1e300 is not exact"));
    }

    #[test]
    fn what_is_no_number_is_named() {
        for text in ["", "-", ".5", "5.", "1e3", "+1", "1_000", "1,5", "0x1", "NaN", " 1", &"9".repeat(41)] {
            assert!(told(&format!("{text:?}")).contains("is not an amount such as"), "{text}");
        }
        assert!(told(&format!("{:?}", "9".repeat(39))).contains("is not an amount"), "more than a Decimal holds");
        assert!(told("null").contains("expected an amount"));
    }
}
