//! What a catalog says besides grants, in a few words: kinds and windows, rates, trials, taxes, referrals.

use std::fmt;

use rust_decimal::Decimal;

use crate::calendar::Window;
use crate::catalog::{
    CommissionBase, Dunning, FeatureKind, PaymentMethod, Proration, QuotaRefusal, RateLimit, RateUnit, ReferralTerms,
    Rollover, Rounding, Seller, Tax, TaxedPrices, Trial, Wording,
};

/// A share as a percentage: `0.20` is `20 %`.
#[must_use]
pub fn percent(share: Decimal) -> String {
    format!("{} %", (share * Decimal::ONE_HUNDRED).normalize())
}

/// Thresholds as a list: `70, 85, 95 %`; `none` if there are none.
#[must_use]
pub fn percentages(thresholds: &[u8]) -> String {
    if thresholds.is_empty() {
        return "none".to_owned();
    }
    let numbers: Vec<String> = thresholds.iter().map(u8::to_string).collect();
    format!("{} %", numbers.join(", "))
}

/// Days, one or many.
#[must_use]
pub fn days(count: u16) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

impl fmt::Display for FeatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag | Self::Config | Self::Capacity => f.write_str(self.as_str()),
            Self::Quota { window: Window::Day } => f.write_str("quota per day"),
            Self::Quota { window: Window::Month } => f.write_str("quota per calendar month"),
            Self::Quota { window: Window::BillingPeriod } => f.write_str("quota per billing period"),
            Self::Quota { window: Window::Forever } => f.write_str("quota for ever"),
        }
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per {
            RateUnit::Second => "second",
            RateUnit::Minute => "minute",
        };
        write!(f, "{} per {unit}, {} at once", self.requests, self.burst)
    }
}

impl fmt::Display for Rollover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.minimum, self.maximum)
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&days(self.days))?;
        match self.payment_method {
            PaymentMethod::Required => f.write_str(" with a way to pay"),
            PaymentMethod::Optional => Ok(()),
        }
    }
}

impl fmt::Display for Tax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prices = match self.prices {
            TaxedPrices::Inclusive => "in the price",
            TaxedPrices::Exclusive => "added to the price",
        };
        write!(f, "{} {prices}", percent(self.rate))
    }
}

impl fmt::Display for Dunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retries: Vec<String> = self.retry_days.iter().map(u16::to_string).collect();
        if !retries.is_empty() {
            write!(f, "tried again on day {}, ", retries.join(", "))?;
        }
        write!(f, "suspended after {}, ", days(self.suspend_after_days))?;
        write!(f, "canceled after {}", days(self.cancel_after_days))
    }
}

impl fmt::Display for Seller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, tax_id, address, country, invoice_series, credit_note_series } = self;
        f.write_str(name)?;
        for known in [tax_id, address].into_iter().flatten() {
            write!(f, ", {known}")?;
        }
        write!(f, ", {country}, series {invoice_series} and {credit_note_series}")
    }
}

impl fmt::Display for Proration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "by the second",
            Self::Day => "by the day",
            Self::None => "none",
        })
    }
}

impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HalfAwayFromZero => f.write_str("half away from zero"),
        }
    }
}

impl fmt::Display for QuotaRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for CommissionBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NetPaid => f.write_str("what was paid without taxes"),
        }
    }
}

/// The shares, level by level.
impl fmt::Display for ReferralTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rates: Vec<String> = self.rates.iter().map(|rate| percent(*rate)).collect();
        f.write_str(&rates.join(", then "))
    }
}

impl fmt::Display for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.es == self.en {
            return f.write_str(&self.en);
        }
        write!(f, "{} / {}", self.es, self.en)
    }
}
