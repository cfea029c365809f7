//! Exact amounts: money in a currency, credits, quantities. Never a float.
//!
//! Rounding is half away from zero, once per line ([`round`]). Amounts are at most [`AMOUNT_MAX`], so no sum of a
//! product's life overflows the 96 bits of a `Decimal`.

#[cfg(test)]
mod tests;

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub, SubAssign};

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// Largest amount accepted in one command: a thousand billion.
pub const AMOUNT_MAX: Decimal = Decimal::from_parts(0xD4A5_1000, 0xE8, 0, false, 0);

/// Decimals of credits and quantities: a millionth of a credit prices one AI token.
pub const CREDIT_SCALE: u32 = 6;

/// Why a number is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmount {
    /// Amounts of commands are above zero.
    #[error("{value} is not above zero")]
    NotPositive {
        /// The number that was given.
        value: Decimal,
    },
    /// More decimals than the unit has.
    #[error("{value} has more than the {scale} decimals of {unit}")]
    OverPrecise {
        /// The number that was given.
        value: Decimal,
        /// Decimals the unit has.
        scale: u32,
        /// The unit, for example `USD` or `credits`.
        unit: String,
    },
    /// Beyond [`AMOUNT_MAX`].
    #[error("{value} is above the largest amount, {AMOUNT_MAX}")]
    TooLarge {
        /// The number that was given.
        value: Decimal,
    },
    /// Not an ISO 4217 code.
    #[error("currency {code:?} is not an ISO 4217 code such as USD")]
    UnknownCurrency {
        /// The text that was given.
        code: String,
    },
}

/// Rounds half away from zero, the rule for every line of money or credits.
#[must_use]
pub fn round(value: Decimal, scale: u32) -> Decimal {
    value.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero)
}

/// Splits an amount by weight into parts that add up to it again: each gets what it is due rounded down, and what is
/// then left goes, smallest unit by smallest unit, to the parts that lost most by rounding; of equals, to the first.
/// Without any weight above zero the parts are equal. Weights are at most [`AMOUNT_MAX`] in millionths.
#[must_use]
pub fn split(amount: Decimal, weights: &[u64], scale: u32) -> Vec<Decimal> {
    let equal = vec![1; weights.len()];
    let weights = if weights.iter().all(|weight| *weight == 0) { &equal } else { weights };
    let sum: i128 = weights.iter().copied().map(i128::from).sum();
    let mut exact = round(amount, scale);
    exact.rescale(scale);
    let (units, sign) = (exact.mantissa().abs(), exact.mantissa().signum());
    // By quotient and remainder, so that no product of two amounts leaves the 127 bits.
    let due = |weight: &u64| {
        let of_rest = (units % sum) * i128::from(*weight);
        (units / sum * i128::from(*weight) + of_rest / sum, of_rest % sum)
    };
    let (mut parts, lost): (Vec<i128>, Vec<i128>) = weights.iter().map(due).unzip();
    let mut by_loss: Vec<usize> = (0..parts.len()).collect();
    by_loss.sort_by_key(|index| std::cmp::Reverse(lost[*index]));
    let left = units - parts.iter().sum::<i128>();
    for (_, index) in (0..left).zip(by_loss) {
        parts[index] += 1;
    }
    parts.into_iter().map(|part| Decimal::from_i128_with_scale(sign * part, scale)).collect()
}

fn check(value: Decimal, scale: u32, unit: &str) -> Result<Decimal, InvalidAmount> {
    if value <= Decimal::ZERO {
        return Err(InvalidAmount::NotPositive { value });
    }
    if value.normalize().scale() > scale {
        return Err(InvalidAmount::OverPrecise { value, scale, unit: unit.to_owned() });
    }
    if value > AMOUNT_MAX {
        return Err(InvalidAmount::TooLarge { value });
    }
    Ok(value)
}

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Reads an ISO 4217 code such as `CLP`.
    pub fn new(code: &str) -> Result<Self, InvalidAmount> {
        let unknown = || InvalidAmount::UnknownCurrency { code: code.to_owned() };
        iso_currency::Currency::from_code(code).map(Self).ok_or_else(unknown)
    }

    /// Decimals of an amount: 2 for USD, 0 for CLP. Source: ISO 4217.
    #[must_use]
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidAmount;

    fn try_from(code: String) -> Result<Self, InvalidAmount> {
        Self::new(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code())
    }
}

/// An amount in a currency, with exactly that currency's decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Money {
    /// The amount; its scale is the currency's exponent.
    #[cfg_attr(test, schemars(with = "String"))]
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// A payment or a price above zero.
    pub fn positive(amount: Decimal, currency: Currency) -> Result<Self, InvalidAmount> {
        check(amount, currency.exponent(), &currency.to_string())?;
        Ok(Self::rounded(amount, currency))
    }

    /// Any amount, rounded to the currency's decimals.
    #[must_use]
    pub fn rounded(amount: Decimal, currency: Currency) -> Self {
        let mut amount = round(amount, currency.exponent());
        amount.rescale(currency.exponent());
        Self { amount, currency }
    }

    /// This amount in parts by weight, which add up to it again ([`split`]).
    #[must_use]
    pub fn split(self, weights: &[u64]) -> Vec<Self> {
        let parts = split(self.amount, weights, self.currency.exponent()).into_iter();
        parts.map(|amount| Self { amount, currency: self.currency }).collect()
    }

    /// What is left of this amount after paying `other`, both in one currency.
    #[must_use]
    pub(crate) fn less(self, other: Self) -> Self {
        Self { amount: self.amount - other.amount, currency: self.currency }
    }

    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self::rounded(Decimal::ZERO, currency)
    }

    /// This amount and `other`, both in one currency.
    #[must_use]
    pub(crate) fn plus(self, other: Self) -> Self {
        Self { amount: self.amount + other.amount, currency: self.currency }
    }

    /// The same amount the other way.
    #[must_use]
    pub(crate) fn negated(self) -> Self {
        Self { amount: -self.amount, currency: self.currency }
    }

    /// The smaller of two amounts in one currency.
    #[must_use]
    pub(crate) fn at_most(self, other: Self) -> Self {
        if other.amount < self.amount { other } else { self }
    }

    /// Is it above zero?
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.amount > Decimal::ZERO
    }

    /// Is there nothing to pay?
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

/// Credits, with two to six decimals: `9.95`, `0.000125`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Decimal", into = "Decimal")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Credits(Decimal);

impl Credits {
    /// No credits.
    pub const ZERO: Self = Self(Decimal::from_parts(0, 0, 0, false, 2));

    /// An amount to grant or to spend: above zero, at most six decimals.
    pub fn positive(amount: Decimal) -> Result<Self, InvalidAmount> {
        check(amount, CREDIT_SCALE, "credits").map(Self::rounded)
    }

    /// Any amount, rounded to six decimals.
    #[must_use]
    pub fn rounded(amount: Decimal) -> Self {
        let mut amount = round(amount, CREDIT_SCALE).normalize();
        if amount.scale() < 2 {
            amount.rescale(2);
        }
        Self(amount)
    }

    /// The amount as a number.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.0
    }
}

impl Default for Credits {
    fn default() -> Self {
        Self::ZERO
    }
}

impl From<Decimal> for Credits {
    fn from(amount: Decimal) -> Self {
        Self::rounded(amount)
    }
}

impl From<Credits> for Decimal {
    fn from(credits: Credits) -> Self {
        credits.0
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Add for Credits {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::rounded(self.0 + other.0)
    }
}

impl Sub for Credits {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::rounded(self.0 - other.0)
    }
}

impl AddAssign for Credits {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Credits {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Credits {
    fn sum<I: Iterator<Item = Self>>(items: I) -> Self {
        items.fold(Self::ZERO, Add::add)
    }
}

/// How much of a feature: messages, runs, gigabytes. Above zero, at most six decimals, without trailing zeros.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Quantity(Decimal);

impl Quantity {
    /// Nothing of a feature; only sums start here, a command never asks for it.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// One of it.
    pub const ONE: Self = Self(Decimal::ONE);

    /// A quantity to consume.
    pub fn positive(amount: Decimal) -> Result<Self, InvalidAmount> {
        check(amount, CREDIT_SCALE, "a quantity").map(|amount| Self(amount.normalize()))
    }

    /// A limit or a sum: zero or more.
    #[must_use]
    pub(crate) fn of(amount: Decimal) -> Self {
        Self(amount.normalize())
    }

    /// The quantity as a number.
    #[must_use]
    pub fn amount(self) -> Decimal {
        self.0
    }

    /// Is there none of it?
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The same for serde, which asks by reference.
    pub(crate) fn is_nothing(&self) -> bool {
        self.is_zero()
    }

    /// What is left after taking `other` away; nothing if that is more.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self::of((self.0 - other.0).max(Decimal::ZERO))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::of(self.0 + other.0)
    }
}
