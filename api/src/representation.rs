//! Shapes that several answers share. Amounts are strings, everywhere and always.

use domain::{Credits, Currency, calendar, money};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How an amount may be written in a request: as a string, or as a whole number. Never as a number with decimals.
#[derive(ToSchema)]
#[schema(as = Amount)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what `request::amount` reads by hand")]
pub(crate) enum AmountShape {
    /// A string such as `"9.95"`.
    #[schema(title = "text", example = "9.95")]
    Text(String),
    /// A whole number.
    #[schema(title = "whole", example = 10)]
    Whole(i64),
}

/// An amount in a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Money {
    /// The amount, with exactly the currency's decimals.
    #[schema(example = "15.00")]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub currency: String,
}

impl From<money::Money> for Money {
    fn from(money: money::Money) -> Self {
        Self { amount: money.amount.to_string(), currency: money.currency.to_string() }
    }
}

/// A time from `start` (inside) to `end` (outside).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Period {
    /// First instant inside.
    #[schema(format = DateTime, example = "2031-03-01T03:00:00Z")]
    pub start: String,
    /// First instant after it.
    #[schema(format = DateTime, example = "2031-04-01T03:00:00Z")]
    pub end: String,
}

impl From<calendar::Period> for Period {
    fn from(period: calendar::Period) -> Self {
        Self { start: period.start.to_string(), end: period.end.to_string() }
    }
}

/// Credits of a read model, as the domain shows them: two to six decimals.
pub(crate) fn credits(amount: Decimal) -> String {
    Credits::rounded(amount).to_string()
}

/// A quantity or a rate of a read model, without trailing zeros.
pub(crate) fn plain(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// An amount of a read model, with the decimals of its currency.
pub(crate) fn amount_in(amount: Decimal, currency: &str) -> String {
    money(Some(amount), Some(currency)).map_or_else(|| plain(amount), |money| money.amount)
}

/// An amount of a read model in its currency; `None` if either is absent.
pub(crate) fn money(amount: Option<Decimal>, currency: Option<&str>) -> Option<Money> {
    let currency = Currency::new(currency?).ok()?;
    Some(money::Money::rounded(amount?, currency).into())
}
