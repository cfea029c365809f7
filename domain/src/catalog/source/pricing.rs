//! What a plan does past the limit of a quota, and what it asks for it.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::document::{Node, Report};
use super::grant::Sold;
use super::value::{PRICE, QUANTITY, RATE};
use crate::catalog::{Overage, Pricing, Tier, Tiers};
use crate::money::{Currency, Quantity};

/// Most tiers of a pricing: what nobody can read nobody can check.
const TIERS_MAX: usize = 20;

pub(super) fn overage(node: &Node<'_>, sold: &Sold<'_>, report: &mut Report) -> Option<Overage> {
    match node.value {
        DeValue::String(text) if text == "refuse" => Some(Overage::Refuse),
        DeValue::Table(_) => {
            let mut table = node.table("a table", report)?;
            let (credits, invoice) = (table.optional("credits"), table.optional("invoice"));
            let overage = match (&credits, &invoice) {
                (Some(rate), None) => rate.number(&RATE, report).map(|rate| Overage::Credits { rate }),
                (None, Some(invoice)) => {
                    read_invoice(invoice, sold, report).map(|pricing| Overage::Invoice { pricing })
                }
                _ => node.fault(report, "is charged either in credits or on the invoice"),
            };
            table.finish(report);
            overage
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => {
            let known = "\"refuse\", { credits = \"0.05\" } or { invoice = { unit = \"0.05\" } }";
            node.fault(report, format!("{} is not {known}", node.shown()))
        }
    }
}

/// One pricing in the catalog's currency, or a table of pricings by currency; one for each the plan is sold in.
fn read_invoice(node: &Node<'_>, sold: &Sold<'_>, report: &mut Report) -> Option<BTreeMap<Currency, Pricing>> {
    let names_currencies = |key: &str| key.chars().all(|letter| letter.is_ascii_uppercase());
    let table = node.table("a pricing such as { unit = \"0.05\" }", report)?;
    let pricing = if table.named().any(|(_, key)| names_currencies(key)) {
        node.by_currency(report, |pricing, _, report| read_pricing(pricing, report))?
    } else {
        BTreeMap::from([(sold.own?, read_pricing(node, report)?)])
    };
    let missing: Vec<String> =
        sold.sold_in.iter().filter(|currency| !pricing.contains_key(currency)).map(Currency::to_string).collect();
    if !missing.is_empty() {
        return node.fault(report, format!("the plan is sold in {} too, which has no price here", missing.join(", ")));
    }
    Some(pricing)
}

fn read_pricing(node: &Node<'_>, report: &mut Report) -> Option<Pricing> {
    let mut table = node.table("a pricing such as { unit = \"0.05\" }", report)?;
    let (unit, package) = (table.optional("unit"), table.optional("package"));
    let (graduated, volume) = (table.optional("graduated"), table.optional("volume"));
    let pricing = match (&unit, &package, &graduated, &volume) {
        (Some(price), None, None, None) => price.number(&PRICE, report).map(|price| Pricing::Unit { price }),
        (None, Some(package), None, None) => read_package(package, report),
        (None, None, Some(tiers), None) => read_tiers(tiers, report).map(Pricing::Graduated),
        (None, None, None, Some(tiers)) => read_tiers(tiers, report).map(Pricing::Volume),
        _ => node.fault(report, "has one of unit, package, graduated and volume"),
    };
    table.finish(report);
    pricing
}

fn read_package(node: &Node<'_>, report: &mut Report) -> Option<Pricing> {
    let mut table = node.table("a package such as { size = 1_000, price = \"5\" }", report)?;
    let size = table.required("size", report).and_then(|size| size.number(&QUANTITY, report));
    let price = table.required("price", report).and_then(|price| price.number(&PRICE, report));
    table.finish(report);
    Some(Pricing::Package { size: Quantity::of(size?), price: price? })
}

fn read_tiers(node: &Node<'_>, report: &mut Report) -> Option<Tiers> {
    let example = "{ tiers = [{ units = 10, price = \"1.5\" }], then = \"0.5\" }";
    let mut table = node.table(&format!("a table such as {example}"), report)?;
    let tiers = table.required("tiers", report).and_then(|tiers| {
        let items = tiers.items("an array of tiers such as [{ units = 10, price = \"1.5\" }]", report)?;
        if !(1..=TIERS_MAX).contains(&items.len()) {
            return tiers.fault(report, format!("{} tiers are not 1 to {TIERS_MAX}", items.len()));
        }
        Some(items.iter().filter_map(|tier| read_tier(tier, report)).collect())
    });
    let then = table.required("then", report).and_then(|price| price.number(&PRICE, report));
    table.finish(report);
    Some(Tiers { tiers: tiers?, then: then? })
}

fn read_tier(node: &Node<'_>, report: &mut Report) -> Option<Tier> {
    let mut table = node.table("a tier such as { units = 10, price = \"1.5\" }", report)?;
    let units = table.required("units", report).and_then(|units| units.number(&QUANTITY, report));
    let price = table.required("price", report).and_then(|price| price.number(&PRICE, report));
    table.finish(report);
    Some(Tier { units: Quantity::of(units?), price: price? })
}
