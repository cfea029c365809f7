//! Single values: texts, ids, numbers. A number near money is a text or a whole number, never a TOML float, because a
//! float is rounded before anyone can look at it.

use rust_decimal::Decimal;
use toml::de::DeValue;

use super::document::{Node, Report};
use crate::money::{AMOUNT_MAX, CREDIT_SCALE, Currency};

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
