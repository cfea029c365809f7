//! Invoices paid from credits: for what they are worth, and given back at most once.

use rust_decimal::Decimal;
use serde_json::Value;

use super::Ledger;
use super::lots::{draws, sum};
use crate::laws::{Event, number_at};

/// The smallest part of a credit.
const MILLIONTH: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

impl Ledger {
    /// Not less than the amount is worth, and not a millionth more.
    pub(super) fn pay_invoice(&mut self, event: &Event, catalog: &Value) -> Result<(), String> {
        let (invoice, amount, credits) =
            (event.text("/invoice")?, event.number("/amount/amount")?, event.number("/credits")?);
        let currency = event.text("/amount/currency")?;
        let worth = number_at(catalog, &format!("/credits_per_unit/{currency}"));
        let exact = amount * worth.ok_or_else(|| format!("no credits are worth anything in {currency}"))?;
        if credits < exact || credits - exact >= MILLIONTH || amount <= Decimal::ZERO {
            return Err(format!("{credits} credits paid {amount} {currency}, which are worth {exact}"));
        }
        let draws = draws(&event.body["draws"])?;
        if sum(&draws) != credits {
            return Err(format!("{credits} paid and {} drawn", sum(&draws)));
        }
        *self.invoices.entry(invoice.to_owned()).or_default() += credits;
        let order = self.in_order(&draws);
        self.spend(&draws)?;
        order
    }

    /// To the lots that are there; what is missing must follow as a lot of its own.
    pub(super) fn return_payment(&mut self, event: &Event) -> Result<(), String> {
        let (invoice, credits) = (event.text("/invoice")?, event.number("/credits")?);
        let paid = self.invoices.entry(invoice.to_owned()).or_default();
        if credits <= Decimal::ZERO || credits > *paid {
            return Err(format!("{credits} came back of the {paid} that paid {invoice}"));
        }
        *paid -= credits;
        let draws = draws(&event.body["draws"])?;
        self.owed.refund += credits - sum(&draws);
        self.put_back(&draws, event.decided_micros)
    }
}
