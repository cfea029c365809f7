//! Single values: texts, ids, numbers. A number near money is a text or a whole number, never a TOML float, because a
//! float is rounded before anyone can look at it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::civil::Date;
use rust_decimal::Decimal;
use toml::de::DeValue;

use super::document::{Node, Report};
use crate::catalog::Wording;
use crate::money::{AMOUNT_MAX, CREDIT_SCALE, Currency};

/// Longest display text, in characters: it has to fit on a button or in a column of prices.
const WORDING_MAX: usize = 120;

/// What a number may be.
pub(super) struct Range {
    /// What it is called in a fault: `an amount`.
    pub(super) noun: &'static str,
    /// How one is written, quotes included.
    pub(super) example: &'static str,
    /// Most decimals.
    pub(super) scale: u32,
    /// Is zero allowed?
    pub(super) from: Least,
}

/// The smallest number of a range.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    Zero,
    AboveZero,
}

/// A share, a rate or a factor.
pub(super) const RATE: Range =
    Range { noun: "a rate", example: "\"0.05\"", scale: CREDIT_SCALE, from: Least::AboveZero };

/// Credits that are an amount of their own, not a rate.
pub(super) const CREDITS: Range =
    Range { noun: "an amount of credits", example: "\"5\"", scale: CREDIT_SCALE, from: Least::AboveZero };

/// Of one unit or one package past an allowance; finer than money.
pub(super) const PRICE: Range = Range { noun: "a price", example: "\"0.01\"", scale: CREDIT_SCALE, from: Least::Zero };

/// How much of something, at least a little.
pub(super) const QUANTITY: Range =
    Range { noun: "a quantity", example: "100", scale: CREDIT_SCALE, from: Least::AboveZero };

/// What is included in a plan.
pub(super) const LIMIT: Range =
    Range { noun: "a limit", example: "2000 or \"unlimited\"", scale: CREDIT_SCALE, from: Least::Zero };

impl<'a> Node<'a> {
    /// The value as a fault quotes it.
    pub(super) fn shown(&self) -> String {
        match self.value {
            DeValue::String(text) => format!("{text:?}"),
            DeValue::Integer(raw) => raw.to_string(),
            DeValue::Float(raw) => raw.to_string(),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(value) => value.to_string(),
            DeValue::Array(_) => "an array".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    pub(super) fn text(&self, report: &mut Report) -> Option<&'a str> {
        match self.value.as_str() {
            Some(text) => Some(text),
            None => self.fault(report, format!("{} is not a text", self.shown())),
        }
    }

    /// An id, which says itself why a text is not one.
    pub(super) fn token<T: TryFrom<String, Error: ToString>>(&self, report: &mut Report) -> Option<T> {
        let text = self.text(report)?;
        T::try_from(text.to_owned()).map_or_else(|refusal| self.fault(report, refusal.to_string()), Some)
    }

    pub(super) fn currency(&self, report: &mut Report) -> Option<Currency> {
        self.token(report)
    }

    /// One of the named values.
    pub(super) fn choice<T: Copy>(&self, named: &[(&str, T)], report: &mut Report) -> Option<T> {
        let text = self.text(report)?;
        if let Some((_, value)) = named.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
        let names = match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        };
        self.fault(report, format!("{text:?} is not {names}"))
    }

    /// A text for customers, in every language.
    pub(super) fn wording(&self, report: &mut Report) -> Option<Wording> {
        let mut table = self.table("a table such as { es = \"Mensajes\", en = \"Messages\" }", report)?;
        let es = table.required("es", report).and_then(|text| text.words(report));
        let en = table.required("en", report).and_then(|text| text.words(report));
        table.finish(report);
        Some(Wording { es: es?, en: en? })
    }

    /// A text that can be shown on one line.
    pub(super) fn words(&self, report: &mut Report) -> Option<String> {
        let text = self.text(report)?;
        let fits = (1..=WORDING_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if !fits || text.trim() != text {
            let wanted = format!("1 to {WORDING_MAX} characters on one line, without spaces around them");
            return self.fault(report, format!("{text:?} is not {wanted}"));
        }
        Some(text.to_owned())
    }

    /// A day of the calendar.
    pub(super) fn date(&self, report: &mut Report) -> Option<Date> {
        let day = self.value.as_datetime().filter(|datetime| datetime.time.is_none());
        match day.and_then(|day| day.to_string().parse().ok()) {
            Some(date) => Some(date),
            None => self.fault(report, format!("{} is not a date such as 2026-01-31, without quotes", self.shown())),
        }
    }

    /// Values by currency, from a table such as `{ USD = "15", COP = 60000 }`; `read` reads one. `None` if one of them
    /// is faulty.
    pub(super) fn by_currency<T>(
        &self,
        report: &mut Report,
        mut read: impl FnMut(&Node<'a>, Currency, &mut Report) -> Option<T>,
    ) -> Option<BTreeMap<Currency, T>> {
        let mut values = Some(BTreeMap::new());
        for (node, code) in self.table("a table of currencies", report)?.named() {
            let value = match Currency::new(code) {
                Ok(currency) => read(&node, currency, report).map(|value| (currency, value)),
                Err(refusal) => node.fault(report, refusal.to_string()),
            };
            values = values.zip(value).map(|(mut values, value)| {
                values.extend([value]);
                values
            });
        }
        values
    }

    pub(super) fn boolean(&self, report: &mut Report) -> Option<bool> {
        match self.value.as_bool() {
            Some(value) => Some(value),
            None => self.fault(report, format!("{} is not true or false", self.shown())),
        }
    }

    /// A whole number.
    pub(super) fn whole(&self) -> Option<i64> {
        let raw = self.value.as_integer()?;
        i64::from_str_radix(raw.as_str(), raw.radix()).ok()
    }

    /// A whole number in a range.
    pub(super) fn whole_in<T: TryFrom<i64>>(&self, range: RangeInclusive<i64>, report: &mut Report) -> Option<T> {
        let inside = self.whole().filter(|whole| range.contains(whole)).and_then(|whole| T::try_from(whole).ok());
        match inside {
            Some(whole) => Some(whole),
            None => {
                let (least, most) = range.into_inner();
                self.fault(report, format!("{} is not a whole number from {least} to {most}", self.shown()))
            }
        }
    }

    /// A number in a range, exactly as written.
    pub(super) fn number(&self, range: &Range, report: &mut Report) -> Option<Decimal> {
        let Range { noun, example, scale, from } = range;
        let shown = self.shown();
        if self.value.is_float() {
            return self.fault(report, format!("{shown} is a float, which is not exact; write the text \"{shown}\""));
        }
        let Some(number) = self.exact() else {
            return self.fault(report, format!("{shown} is not {noun} such as {example}"));
        };
        if number.is_sign_negative() {
            return self.fault(report, format!("{shown} is below zero"));
        }
        if number.is_zero() && *from == Least::AboveZero {
            return self.fault(report, format!("{shown} is not above zero"));
        }
        if number.normalize().scale() > *scale {
            return self.fault(report, format!("{shown} has more than {scale} decimals"));
        }
        if number > AMOUNT_MAX {
            return self.fault(report, format!("{shown} is above the largest amount, {AMOUNT_MAX}"));
        }
        Some(number)
    }

    fn exact(&self) -> Option<Decimal> {
        match self.value.as_str() {
            Some(text) => Decimal::from_str_exact(text).ok(),
            None => self.whole().map(Decimal::from),
        }
    }
}
