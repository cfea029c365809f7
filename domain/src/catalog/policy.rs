//! What a catalog says once for the whole product: referrals, taxes, proration, rounding, how quotas refuse.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Definition;
use crate::id::Series;
use crate::money::{Credits, Currency, Money};
use crate::refusal::sample;

/// What becomes of a subscription that is not paid. Days are local and counted from the instant the payment was due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Dunning {
    /// The days on which the payment is tried again, ascending.
    pub retry_days: Vec<u16>,
    /// The day it is suspended; until then it entitles.
    pub suspend_after_days: u16,
    /// The day it is canceled.
    pub cancel_after_days: u16,
}

impl Default for Dunning {
    fn default() -> Self {
        Self { retry_days: vec![3, 5, 7], suspend_after_days: 7, cancel_after_days: 30 }
    }
}

impl Dunning {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Who sells: what an invoice says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Seller {
    /// Its name.
    pub name: String,
    /// What the tax authority calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its country, and that of customers who name none.
    pub country: Country,
    /// The series of its invoices.
    pub invoice_series: Series,
    /// The series of its credit notes.
    pub credit_note_series: Series,
}

/// The series of invoices where the catalog names none.
pub(super) fn invoice_series() -> Series {
    sample("INV")
}

/// The series of credit notes where the catalog names none.
pub(super) fn credit_note_series() -> Series {
    sample("CN")
}

/// What referrals pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReferralTerms {
    /// The share of a payment for the direct referrer, the referrer's referrer, and so on: `0.20` is 20 %.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub rates: Vec<Decimal>,
    /// What of a payment is shared.
    #[serde(default)]
    pub base: CommissionBase,
    /// Days a commission waits before it is granted; 0 grants at once.
    #[serde(default)]
    pub hold_days: u16,
    /// Days after registration in which a sponsor may still be named; `None` is at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution_days: Option<u16>,
    /// How many credits one unit of a currency is worth as a commission, for every currency a plan is sold in.
    #[cfg_attr(test, schemars(with = "BTreeMap<Currency, String>"))]
    pub credits_per_unit: BTreeMap<Currency, Decimal>,
}

/// What of a payment is shared among referrers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum CommissionBase {
    /// What was paid, without its taxes.
    #[default]
    NetPaid,
}

impl ReferralTerms {
    /// What a share of a payment is in credits; nothing for a currency no plan is sold in.
    #[must_use]
    pub fn commission(&self, base: Money, rate: Decimal) -> Credits {
        let credits_per_unit = self.credits_per_unit.get(&base.currency).copied().unwrap_or_default();
        Credits::rounded(base.amount * rate * credits_per_unit)
    }
}

/// A tax on what is sold to a country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tax {
    /// The country of the customer.
    pub country: Country,
    /// What an invoice calls it: `IVA`.
    pub name: String,
    /// The share of the price without tax: `0.19` is 19 %; zero ends a tax.
    #[cfg_attr(test, schemars(with = "String"))]
    pub rate: Decimal,
    /// Is it in the price already?
    pub prices: TaxedPrices,
    /// The first day it applies.
    #[cfg_attr(test, schemars(with = "String"))]
    pub from: Date,
}

/// How a catalog's prices stand to a tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum TaxedPrices {
    /// Prices contain the tax.
    Inclusive,
    /// The tax is added to prices.
    Exclusive,
}

/// A country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "String"))]
pub struct Country([u8; 2]);

/// The text names no country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("country {code:?} is not an ISO 3166 code such as CL")]
pub struct UnknownCountry {
    /// The text that was given.
    pub code: String,
}

impl TryFrom<String> for Country {
    type Error = UnknownCountry;

    fn try_from(code: String) -> Result<Self, UnknownCountry> {
        let known = code.parse::<iso_currency::Country>().is_ok();
        match code.as_bytes() {
            [first, second] if known => Ok(Self([*first, *second])),
            _ => Err(UnknownCountry { code }),
        }
    }
}

impl From<Country> for String {
    fn from(Country(code): Country) -> Self {
        code.into_iter().map(char::from).collect()
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from(*self))
    }
}

/// How a change within a paid period is reckoned: the unused part of the old price is given back, the rest of the
/// period is charged at the new one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Proration {
    /// By the second.
    #[default]
    Second,
    /// By the local day; the day of the change counts as new.
    Day,
    /// Not at all: nothing is given back or charged before the next period.
    None,
}

/// How an amount that is finer than its currency is rounded. There is one way: the type says that it was chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Rounding {
    /// To the nearest; from the middle, away from zero. Once per line.
    #[default]
    HalfAwayFromZero,
}

/// The code by which callers are told that an allowance is used up. The clients of a product may know it by a name of
/// their own; apart from the code the refusal is the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum QuotaRefusal {
    /// Tollgate's own.
    #[default]
    #[serde(rename = "QUOTA_EXCEEDED")]
    QuotaExceeded,
    /// For clients that know one kind of 429. Refusals of rates have it too, with another `kind`.
    #[serde(rename = "rate_limit_exceeded")]
    RateLimitExceeded,
}

impl QuotaRefusal {
    /// The code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::RateLimitExceeded => "rate_limit_exceeded",
        }
    }

    /// Is it what is told where a catalog says nothing?
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Definition {
    /// The series in which invoices are numbered.
    #[must_use]
    pub fn invoice_series(&self) -> Series {
        self.seller.as_ref().map_or_else(invoice_series, |seller| seller.invoice_series.clone())
    }

    /// The series in which credit notes are numbered.
    #[must_use]
    pub fn credit_note_series(&self) -> Series {
        self.seller.as_ref().map_or_else(credit_note_series, |seller| seller.credit_note_series.clone())
    }

    /// The taxes on what a customer in a country is sold on a day: of each name the newest that has begun.
    #[must_use]
    pub fn taxes_on(&self, country: Country, day: Date) -> Vec<&Tax> {
        let mut newest: BTreeMap<&str, &Tax> = BTreeMap::new();
        for tax in self.taxes.iter().filter(|tax| tax.country == country && tax.from <= day) {
            let known = newest.entry(&tax.name).or_insert(tax);
            if known.from < tax.from {
                *known = tax;
            }
        }
        newest.into_values().filter(|tax| !tax.rate.is_zero()).collect()
    }
}
