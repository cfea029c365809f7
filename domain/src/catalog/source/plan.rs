//! Plans: what they are called, what they cost, how they are tried.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::{Node, Report};
use super::feature::Features;
use super::grant;
use super::value::{Least, Range};
use crate::calendar::Interval;
use crate::catalog::{PaymentMethod, Plan, Trial};
use crate::id::PlanCode;
use crate::money::{CREDIT_SCALE, Currency, Money};

/// Longest trial: whoever tries for more than a year has a free plan.
const TRIAL_DAYS_MAX: i64 = 365;

const PAYMENT_METHOD: [(&str, PaymentMethod); 2] =
    [("required", PaymentMethod::Required), ("optional", PaymentMethod::Optional)];

/// Amounts by currency.
type Prices = BTreeMap<Currency, Decimal>;

pub(super) fn plans(
    node: &Node<'_>,
    currency: Option<Currency>,
    features: &Features,
    report: &mut Report,
) -> Vec<Plan> {
    let Some(items) = node.items("a list of [[plans]]", report) else { return Vec::new() };
    if items.is_empty() {
        node.fault::<()>(report, "a catalog has at least one plan");
    }
    let mut codes: BTreeMap<PlanCode, String> = BTreeMap::new();
    items.iter().filter_map(|item| read_plan(item, currency, features, &mut codes, report)).collect()
}

/// `codes` has the codes of the plans before, each with the field of its plan.
fn read_plan(
    node: &Node<'_>,
    currency: Option<Currency>,
    features: &Features,
    codes: &mut BTreeMap<PlanCode, String>,
    report: &mut Report,
) -> Option<Plan> {
    let mut table = node.table("a plan", report)?;
    let code = table.required("code", report).and_then(|code| read_code(&code, &node.field, codes, report));
    let name = table.optional("name").and_then(|name| name.wording(report));
    let retired = table.optional("retired").map_or(Some(false), |retired| retired.boolean(report));
    let prices = table.required("price", report).and_then(|price| read_prices(&price, currency, report));
    let trial = table.optional("trial");
    let sold_in = prices.iter().flat_map(BTreeMap::values).flat_map(BTreeMap::keys).copied().collect();
    let sold = grant::Sold { features, own: currency, sold_in };
    let grants = table.optional("features").map_or_else(BTreeMap::new, |node| sold.read_grants(&node, report));
    let mut amounts = prices.iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values).peekable();
    let is_free = amounts.peek().is_some() && amounts.all(Decimal::is_zero);
    let trial = match trial {
        Some(trial) if is_free => trial.fault(report, "a free plan needs no trial"),
        Some(trial) => read_trial(&trial, report),
        None => None,
    };
    table.finish(report);
    Some(Plan { code: code?, name, retired: retired?, trial, prices: prices?, grants })
}

fn read_code(
    node: &Node<'_>,
    plan: &str,
    codes: &mut BTreeMap<PlanCode, String>,
    report: &mut Report,
) -> Option<PlanCode> {
    let code: PlanCode = node.token(report)?;
    match codes.insert(code.clone(), plan.to_owned()) {
        None => Some(code),
        Some(before) => node.fault(report, format!("{:?} is the code of {before} already", code.as_str())),
    }
}

fn read_prices(node: &Node<'_>, own: Option<Currency>, report: &mut Report) -> Option<BTreeMap<Interval, Prices>> {
    let mut table = node.table("a table such as { month = \"15.00\" }", report)?;
    let asked = [(Interval::Month, table.optional("month")), (Interval::Year, table.optional("year"))];
    if asked.iter().all(|(_, node)| node.is_none()) {
        node.fault::<()>(report, "a plan has a price for a month or for a year; 0 if it is free");
    }
    let mut prices = BTreeMap::new();
    for (interval, node) in asked {
        prices.extend(node.and_then(|node| Some((interval, read_price(&node, own, report)?))));
    }
    table.finish(report);
    Some(prices)
}

/// One amount in the catalog's currency, or a table of amounts by currency.
fn read_price(node: &Node<'_>, own: Option<Currency>, report: &mut Report) -> Option<Prices> {
    if !node.value.is_table() {
        let amount = read_amount(node, own, report)?;
        return own.map(|own| BTreeMap::from([(own, amount)]));
    }
    let prices = node.by_currency(report, |amount, currency, report| read_amount(amount, Some(currency), report))?;
    match own {
        Some(own) if !prices.contains_key(&own) => {
            node.fault(report, format!("has no amount in {own}, the catalog's currency"))
        }
        Some(_) | None => Some(prices),
    }
}

fn read_amount(node: &Node<'_>, currency: Option<Currency>, report: &mut Report) -> Option<Decimal> {
    // Without a currency the decimals cannot be judged; that the currency is missing is a fault already.
    let scale = currency.map_or(CREDIT_SCALE, Currency::exponent);
    let example = if scale == 0 { "4990" } else { "\"15.00\"" };
    let amount = node.number(&Range { noun: "an amount", example, scale, from: Least::Zero }, report)?;
    // Kept with the currency's decimals, so that "15" and "15.00" publish the same text.
    Some(currency.map_or(amount, |currency| Money::rounded(amount, currency).amount))
}

fn read_trial(node: &Node<'_>, report: &mut Report) -> Option<Trial> {
    let mut table = node.table("a table such as { days = 14 }", report)?;
    let days = table.required("days", report).and_then(|days| days.whole_in(1..=TRIAL_DAYS_MAX, report));
    let payment_method = table
        .optional("payment_method")
        .map_or(Some(PaymentMethod::Optional), |method| method.choice(&PAYMENT_METHOD, report));
    table.finish(report);
    Some(Trial { days: days?, payment_method: payment_method? })
}
