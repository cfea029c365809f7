//! Plans: what they cost and what they grant.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};
use toml::de::DeValue;

use super::document::{Node, Report};
use super::feature::Features;
use super::value::{LIMIT, Least, RATE, Range};
use crate::calendar::Interval;
use crate::catalog::{Feature, Grant, Limit, Overage, Plan};
use crate::id::{FeatureCode, PlanCode};
use crate::money::{CREDIT_SCALE, Currency, Money, Quantity};

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
    let prices = table.required("price", report).and_then(|price| read_prices(&price, currency, report));
    let grants = table.optional("features").map_or_else(BTreeMap::new, |node| read_grants(&node, features, report));
    table.finish(report);
    Some(Plan { code: code?, prices: prices?, grants })
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

fn read_prices(
    node: &Node<'_>,
    currency: Option<Currency>,
    report: &mut Report,
) -> Option<BTreeMap<Interval, Decimal>> {
    let mut table = node.table("a table such as { month = \"15.00\" }", report)?;
    // Without a currency the decimals cannot be judged; that the currency is missing is a fault already.
    let scale = currency.map_or(CREDIT_SCALE, Currency::exponent);
    let example = if scale == 0 { "4990" } else { "\"15.00\"" };
    let amount = Range { noun: "an amount", example, scale, from: Least::Zero };
    let asked = [(Interval::Month, table.optional("month")), (Interval::Year, table.optional("year"))];
    if asked.iter().all(|(_, node)| node.is_none()) {
        node.fault::<()>(report, "a plan has a price for a month or for a year; 0 if it is free");
    }
    let mut prices = BTreeMap::new();
    for (interval, node) in asked {
        let price = node.and_then(|node| node.number(&amount, report));
        // Kept with the currency's decimals, so that "15" and "15.00" publish the same text.
        let rounded = price.zip(currency).map(|(price, currency)| Money::rounded(price, currency).amount);
        prices.extend(rounded.map(|price| (interval, price)));
    }
    table.finish(report);
    Some(prices)
}

fn read_grants(node: &Node<'_>, features: &Features, report: &mut Report) -> BTreeMap<FeatureCode, Grant> {
    let Some(table) = node.table("a table of features", report) else { return BTreeMap::new() };
    let mut grants = BTreeMap::new();
    for (node, name) in table.named() {
        let defined = FeatureCode::new(name).ok().and_then(|code| Some((features.get(&code)?, code)));
        match defined {
            Some((Some(feature), code)) => {
                grants.extend(read_grant(&node, feature, report).map(|grant| (code, grant)));
            }
            // The feature itself is a fault already.
            Some((None, _)) => {}
            None => {
                node.fault::<()>(report, format!("[features] defines no {name:?}"));
            }
        }
    }
    grants
}

/// `None` also for a flag that is off: it is not in the plan.
fn read_grant(node: &Node<'_>, feature: &Feature, report: &mut Report) -> Option<Grant> {
    match feature {
        Feature::Flag => node.boolean(report)?.then_some(Grant::Flag),
        Feature::Config => {
            let mut table = node.table("the config grant { value = .. }", report)?;
            let value = table.required("value", report).and_then(|value| read_value(&value, report));
            table.finish(report);
            Some(Grant::Config { value: value? })
        }
        Feature::Quota { .. } => {
            let mut table = node.table("the quota grant { limit = .. }", report)?;
            let limit = table.required("limit", report).and_then(|limit| read_limit(&limit, report));
            let overage = match table.optional("overage") {
                Some(overage) => read_overage(&overage, report),
                None => Some(Overage::Refuse),
            };
            table.finish(report);
            Some(Grant::Quota { limit: limit?, overage: overage? })
        }
        Feature::Capacity => {
            let mut table = node.table("the capacity grant { limit = .. }", report)?;
            let limit = table.required("limit", report).and_then(|limit| read_limit(&limit, report));
            table.finish(report);
            Some(Grant::Capacity { limit: limit? })
        }
    }
}

fn read_value(node: &Node<'_>, report: &mut Report) -> Option<Value> {
    let whole = node.whole().map(|whole| json!(whole));
    let value = node.value.as_str().map(|text| json!(text)).or(whole).or(node.value.as_bool().map(Value::Bool));
    match value {
        Some(value) => Some(value),
        None => node.fault(report, format!("{} is not a text, a whole number, true or false", node.shown())),
    }
}

fn read_limit(node: &Node<'_>, report: &mut Report) -> Option<Limit> {
    if node.value.as_str() == Some("unlimited") {
        return Some(Limit::Unlimited);
    }
    node.number(&LIMIT, report).map(|limit| Limit::UpTo(Quantity::of(limit)))
}

fn read_overage(node: &Node<'_>, report: &mut Report) -> Option<Overage> {
    match node.value {
        DeValue::String(text) if text == "refuse" => Some(Overage::Refuse),
        DeValue::Table(_) => {
            let mut table = node.table("a table", report)?;
            let rate = table.required("credits", report).and_then(|rate| rate.number(&RATE, report));
            table.finish(report);
            Some(Overage::Credits { rate: rate? })
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => {
            node.fault(report, format!("{} is not \"refuse\" or {{ credits = \"0.05\" }}", node.shown()))
        }
    }
}
