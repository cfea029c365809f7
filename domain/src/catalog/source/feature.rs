//! What a catalog says once for all plans: thresholds, referrals, features.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::{Node, Report, Table};
use super::value::RATE;
use crate::calendar::Window;
use crate::catalog::{Feature, ReferralTerms};
use crate::id::FeatureCode;

/// Features by their code; `None` for one that is there but faulty, so that its grants are not faults as well.
pub(super) type Features = BTreeMap<FeatureCode, Option<Feature>>;

/// Most levels of referrers that earn from one payment: bounds what a single payment can set in motion.
const LEVELS_MAX: usize = 10;

pub(super) fn thresholds(node: &Node<'_>, report: &mut Report) -> Vec<u8> {
    let mut ascending: Vec<u8> = Vec::new();
    for item in node.items("an array of percentages such as [70, 85, 95]", report).unwrap_or_default() {
        let percent = item.whole().and_then(|whole| u8::try_from(whole).ok()).filter(|p| (1..=100).contains(p));
        match (percent, ascending.last()) {
            (None, _) => {
                item.fault::<()>(report, format!("{} is not a whole percentage from 1 to 100", item.shown()));
            }
            (Some(percent), Some(before)) if percent <= *before => {
                item.fault::<()>(report, format!("{percent} does not come after {before}; write them ascending"));
            }
            (Some(percent), _) => ascending.push(percent),
        }
    }
    ascending
}

pub(super) fn referrals(node: &Node<'_>, report: &mut Report) -> Option<ReferralTerms> {
    let mut table = node.table("a table with rates", report)?;
    let rates = table.required("rates", report).and_then(|rates| read_rates(&rates, report));
    let credits_per_unit = match table.optional("credits_per_unit") {
        Some(factor) => factor.number(&RATE, report),
        None => Some(Decimal::ONE),
    };
    table.finish(report);
    Some(ReferralTerms { rates: rates?, credits_per_unit: credits_per_unit? })
}

fn read_rates(node: &Node<'_>, report: &mut Report) -> Option<Vec<Decimal>> {
    let items = node.items("an array of rates such as [\"0.20\", \"0.05\"]", report)?;
    let count = items.len();
    if !(1..=LEVELS_MAX).contains(&count) {
        return node.fault(report, format!("{count} rates are not 1 to {LEVELS_MAX}"));
    }
    let rates: Vec<Decimal> = items.iter().filter_map(|item| item.number(&RATE, report)).collect();
    let sum: Decimal = rates.iter().sum();
    if sum > Decimal::ONE {
        return node.fault(report, format!("the rates add up to {sum}, more than the whole payment"));
    }
    Some(rates)
}

pub(super) fn features(node: &Node<'_>, report: &mut Report) -> Features {
    let Some(table) = node.table("a table of features", report) else { return Features::new() };
    let mut features = Features::new();
    for (node, name) in table.named() {
        match FeatureCode::new(name) {
            Ok(code) => {
                features.insert(code, read_feature(&node, report));
            }
            Err(refusal) => {
                node.fault::<()>(report, refusal.to_string());
            }
        }
    }
    features
}

fn read_feature(node: &Node<'_>, report: &mut Report) -> Option<Feature> {
    let mut table = node.table("a table such as { kind = \"flag\" }", report)?;
    let kind = table.required("kind", report);
    let window = table.optional("window");
    let feature = kind.and_then(|kind| match kind.text(report)? {
        "flag" => Some(Feature::Flag),
        "config" => Some(Feature::Config),
        "capacity" => Some(Feature::Capacity),
        "quota" => read_window(window.as_ref(), &table, report).map(|window| Feature::Quota { window }),
        other => kind.fault(report, format!("{other:?} is not flag, config, quota or capacity")),
    });
    if let (Some(Feature::Flag | Feature::Config | Feature::Capacity), Some(window)) = (&feature, &window) {
        window.fault::<()>(report, "only a quota has a window");
    }
    table.finish(report);
    feature
}

fn read_window(window: Option<&Node<'_>>, table: &Table<'_>, report: &mut Report) -> Option<Window> {
    let Some(window) = window else {
        table.missing("window", "is missing; a quota counts by day, month, billing_period or forever", report);
        return None;
    };
    match window.text(report)? {
        "day" => Some(Window::Day),
        "month" => Some(Window::Month),
        "billing_period" => Some(Window::BillingPeriod),
        "forever" => Some(Window::Forever),
        other => window.fault(report, format!("{other:?} is not day, month, billing_period or forever")),
    }
}
