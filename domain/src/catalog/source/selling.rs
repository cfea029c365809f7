//! What a catalog says of being paid: dunning, who sells, what a credit is worth.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::{Node, Report};
use super::policy::read_factors;
use crate::catalog::{Dunning, Seller, policy};
use crate::money::Currency;

/// Longest wait for a payment: who has not paid for a year will not.
const DUNNING_DAYS_MAX: i64 = 365;

/// Most tries to have a payment made: more of them annoy and bring nothing.
const RETRIES_MAX: usize = 10;

pub(super) fn dunning(node: &Node<'_>, report: &mut Report) -> Option<Dunning> {
    let mut table = node.table("a table such as { retry_days = [3, 5, 7] }", report)?;
    let usual = Dunning::default();
    let suspend = table.optional("suspend_after_days");
    let cancel = table.optional("cancel_after_days");
    let retries = table.optional("retry_days");
    let days = |node: Option<&Node<'_>>, usual: u16, report: &mut Report| {
        node.map_or(Some(usual), |node| node.whole_in(0..=DUNNING_DAYS_MAX, report))
    };
    let suspend_after_days = days(suspend.as_ref(), usual.suspend_after_days, report);
    let cancel_after_days = days(cancel.as_ref(), usual.cancel_after_days, report);
    let retry_days = match &retries {
        Some(node) => read_retries(node, report),
        None => Some(usual.retry_days),
    };
    table.finish(report);
    let (suspend_after_days, cancel_after_days) = (suspend_after_days?, cancel_after_days?);
    if cancel_after_days < suspend_after_days {
        let text =
            format!("is canceled after {cancel_after_days} days, before it is suspended after {suspend_after_days}");
        return cancel.as_ref().unwrap_or(node).fault(report, text);
    }
    // The usual tries that would come after the end are left out; those that were written are a fault.
    let (retry_days, late): (Vec<u16>, Vec<u16>) = retry_days?.into_iter().partition(|day| *day <= cancel_after_days);
    if let (Some(late), Some(node)) = (late.first(), &retries) {
        return node.fault(report, format!("day {late} is after the cancellation on day {cancel_after_days}"));
    }
    Some(Dunning { retry_days, suspend_after_days, cancel_after_days })
}

fn read_retries(node: &Node<'_>, report: &mut Report) -> Option<Vec<u16>> {
    let items = node.items("an array of days such as [3, 5, 7]", report)?;
    if items.len() > RETRIES_MAX {
        return node.fault(report, format!("{} days are more than {RETRIES_MAX}", items.len()));
    }
    let mut ascending: Vec<u16> = Vec::new();
    for item in items {
        let day: u16 = item.whole_in(1..=DUNNING_DAYS_MAX, report)?;
        if let Some(before) = ascending.last().filter(|before| **before >= day) {
            return item.fault(report, format!("{day} does not come after {before}; write them ascending"));
        }
        ascending.push(day);
    }
    Some(ascending)
}

pub(super) fn seller(node: &Node<'_>, report: &mut Report) -> Option<Seller> {
    let mut table = node.table("a table with name and country", report)?;
    let name = table.required("name", report).and_then(|name| name.words(report));
    let tax_id = table.optional("tax_id").map(|tax_id| tax_id.words(report));
    let address = table.optional("address").map(|address| address.words(report));
    let country = table.required("country", report).and_then(|country| country.token(report));
    let invoice_series = table.optional("invoice_series").map(|series| series.token(report));
    let credit_note_series = table.optional("credit_note_series").map(|series| series.token(report));
    table.finish(report);
    let invoice_series = invoice_series.unwrap_or_else(|| Some(policy::invoice_series()))?;
    let credit_note_series = credit_note_series.unwrap_or_else(|| Some(policy::credit_note_series()))?;
    if invoice_series == credit_note_series {
        return node.fault(report, format!("invoices and credit notes have the same series {invoice_series}"));
    }
    Some(Seller {
        name: name?,
        tax_id: tax_id.flatten(),
        address: address.flatten(),
        country: country?,
        invoice_series,
        credit_note_series,
    })
}

pub(super) fn credits_per_unit(
    node: &Node<'_>,
    own: Option<Currency>,
    report: &mut Report,
) -> Option<BTreeMap<Currency, Decimal>> {
    let mut table = node.table("a table such as { per_unit = \"1\" }", report)?;
    let factors = table.required("per_unit", report).and_then(|factors| read_factors(&factors, own, report));
    table.finish(report);
    factors
}
