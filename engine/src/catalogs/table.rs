//! A catalog as a table of plans: a column for each, from the smallest to the largest.

mod columns;
mod facts;

use std::collections::BTreeSet;
use std::fmt::Write;

use domain::catalog::{CatalogVersion, Definition, FeatureKind, Plan};
use domain::{Currency, FeatureCode};

use columns::Row;

/// What stands where a plan has nothing.
const NOTHING: &str = "-";

/// The plans of a version: what they cost, and what each allows of each feature; below, what holds for all of them.
#[must_use]
pub fn text(catalog: &CatalogVersion, newest: u32) -> String {
    let CatalogVersion { version, definition } = catalog;
    let place = if *version == newest { "the newest".to_owned() } else { format!("the newest is {newest}") };
    let name = definition.name.as_ref().map_or(String::new(), |name| format!("{name}, "));
    let mut text = format!("{}: {name}version {version}, {place}\n\n", definition.product);
    text += &columns::text(&rows(definition));
    let facts = facts::of(definition);
    if !facts.is_empty() {
        let _ = writeln!(text, "\n{}", columns::text(&facts).trim_end());
    }
    text
}

fn rows(definition: &Definition) -> Vec<Row> {
    let row = |label: &str, kind: &str, cell: &dyn Fn(&Plan) -> Option<String>| {
        let cells = definition.plans.iter().map(|plan| cell(plan).unwrap_or(NOTHING.to_owned()));
        Row::new([label.to_owned(), kind.to_owned()].into_iter().chain(cells))
    };
    let mut rows = vec![row("", "", &|plan| {
        Some(if plan.retired { format!("{} (retired)", plan.code) } else { plan.code.to_string() })
    })];
    let any = |has: fn(&Plan) -> bool| definition.plans.iter().any(has);
    if any(|plan| plan.name.is_some()) {
        rows.push(row("", "", &|plan| plan.name.as_ref().map(ToString::to_string)));
    }
    rows.push(Row::rule());
    for (interval, currency) in sold(definition) {
        let price = |plan: &Plan| {
            let price = plan.price_in(interval, currency)?;
            Some(if price.is_zero() { "free".to_owned() } else { price.amount.to_string() })
        };
        rows.push(row(&format!("price per {}", interval.as_str()), &currency.to_string(), &price));
    }
    if any(|plan| plan.trial.is_some()) {
        rows.push(row("trial", "", &|plan| plan.trial.map(|trial| trial.to_string())));
    }
    rows.push(Row::rule());
    for (code, feature) in &definition.features {
        rows.push(row(code.as_str(), &kind(feature.kind), &|plan| granted(plan, code)));
    }
    rows
}

/// Every interval with every currency, as far as some plan is sold by it.
fn sold(definition: &Definition) -> BTreeSet<(domain::calendar::Interval, Currency)> {
    let prices = definition.plans.iter().flat_map(|plan| &plan.prices);
    prices.flat_map(|(interval, amounts)| amounts.keys().map(|currency| (*interval, *currency))).collect()
}

/// A quota is told by the time over which it counts.
fn kind(kind: FeatureKind) -> String {
    let told = kind.to_string();
    told.strip_prefix("quota ").map_or(told.clone(), str::to_owned)
}

fn granted(plan: &Plan, feature: &FeatureCode) -> Option<String> {
    plan.grants.get(feature).map(ToString::to_string)
}
