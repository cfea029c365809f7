//! What was used past allowances and is put on invoices.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::laws::{Event, number_at};

/// Prices of a feature by the month they were decided in, with their currency.
#[derive(Default)]
pub(super) struct Metered {
    months: BTreeMap<(String, Timestamp), Sum>,
}

#[derive(Default)]
struct Sum {
    used: Decimal,
    given_back: Decimal,
    price: Decimal,
    currency: String,
    is_billed: bool,
}

impl Metered {
    pub(super) fn take_in(&mut self, event: &Event) -> Result<(), String> {
        let sign = match event.name.as_str() {
            "FeatureConsumed" => Decimal::ONE,
            "ConsumptionReversed" => Decimal::NEGATIVE_ONE,
            _ => return Ok(()),
        };
        let charge = &event.body["overage"]["invoice"];
        let Some(month) = charge["month"]["start"].as_str() else { return Ok(()) };
        let month: Timestamp = month.parse().map_err(|_| format!("{month} is no instant"))?;
        let quantity = number_at(charge, "/quantity").unwrap_or_default();
        let price = number_at(charge, "/price/amount").ok_or("what is put on an invoice has no price")?;
        let sum = self.months.entry((event.text("/feature")?.to_owned(), month)).or_default();
        charge["price"]["currency"].as_str().unwrap_or_default().clone_into(&mut sum.currency);
        sum.price += sign * price;
        if sign == Decimal::ONE {
            sum.used += quantity
        } else {
            sum.given_back += quantity
        }
        Ok(())
    }

    /// A line has what was used in the months that begin in its time, once.
    pub(super) fn check(&mut self, line: &Value, currency: &str) -> Result<(), String> {
        let item = &line["item"]["metered"];
        let feature = item["feature"].as_str().unwrap_or_default();
        let at = |pointer: &str| -> Option<Timestamp> { line.pointer(pointer)?.as_str()?.parse().ok() };
        let (from, until) = at("/period/start").zip(at("/period/end")).ok_or("what was used is of no time")?;
        let (mut used, mut given_back, mut price) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        let mut again = None;
        for ((_, month), sum) in self.months.iter_mut().filter(|((known, month), sum)| {
            known == feature && (from..until).contains(month) && sum.currency == currency
        }) {
            if std::mem::replace(&mut sum.is_billed, true) {
                again = Some(*month);
            }
            used += sum.used;
            given_back += sum.given_back;
            price += sum.price;
        }
        let told = (number_at(item, "/quantity"), number_at(item, "/given_back"), number_at(line, "/amount/amount"));
        if told != (Some(used), Some(given_back), Some(price)) {
            let amount = told.2.unwrap_or_default();
            return Err(format!("{feature} is billed at {amount}, {used} less {given_back} cost {price}"));
        }
        again.map_or(Ok(()), |month| Err(format!("{feature} of the month of {month} is billed again")))
    }
}
