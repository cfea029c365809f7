//! Reads a catalog file, or names everything that is wrong with it at once.
//!
//! The TOML is walked by hand over its spanned document instead of being deserialized: serde stops at the first fault
//! and knows no line numbers, and whoever edits a catalog wants the whole list, each with its line. `document` is
//! the walk (which keys are there, which are missing, which nobody knows), `value` reads single values, `feature`
//! and `plan` know what a catalog means. The format is described in `docs/reference/catalog.md`.

mod document;
mod feature;
mod grant;
mod plan;
mod policy;
mod pricing;
#[cfg(test)]
mod products;
mod selling;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;

use toml::de::DeTable;

use self::document::{Report, Table};
use self::value::CREDITS;
use super::{Definition, Plan};
use crate::money::Credits;

/// Something that is wrong with a catalog file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line in the file, from 1.
    pub line: usize,
    /// The field, for example `plans[1].price.month`; empty where the file is not TOML.
    pub field: String,
    /// What is wrong with it.
    pub text: String,
}

/// Everything that is wrong with a catalog file, in line order. Shows one fault a line:
/// `catalogs/agencia.toml:14: plans[1].price.month: "abc" is not an amount such as "15.00"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// The file.
    pub file: String,
    /// What is wrong, at least one.
    pub faults: Vec<Fault>,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Fault { line, field, text }) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            let colon = if field.is_empty() { "" } else { ": " };
            write!(f, "{separator}{}:{line}: {field}{colon}{text}", self.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

/// Reads the text of a catalog. `file` is only its name, for the faults.
pub fn read(file: &str, text: &str) -> Result<Definition, Faults> {
    let mut report = Report::new(text);
    let definition = match DeTable::parse(text) {
        Ok(document) => read_definition(Table::root(document.get_ref()), &mut report),
        Err(fault) => {
            let start = fault.span().map_or(0, |span| span.start);
            report.not_toml(start, fault.message());
            None
        }
    };
    match (definition, report.into_faults()) {
        (Some(definition), faults) if faults.is_empty() => Ok(definition),
        (_, faults) => Err(Faults { file: file.to_owned(), faults }),
    }
}

/// `None` only if a fault was reported; every part is read before the first one decides.
fn read_definition(mut root: Table<'_>, report: &mut Report) -> Option<Definition> {
    let product = root.required("product", report).and_then(|node| node.token(report));
    let name = root.optional("name").and_then(|node| node.wording(report));
    let currency = root.required("currency", report).and_then(|node| node.currency(report));
    let upgrade_url = root.optional("upgrade_url").and_then(|node| node.text(report)).map(str::to_owned);
    let thresholds = root.optional("thresholds").map_or_else(Vec::new, |node| policy::thresholds(&node, report));
    let capacity_thresholds =
        root.optional("capacity_thresholds").map_or_else(Vec::new, |node| policy::thresholds(&node, report));
    let credits_low = root.optional("credits_low").and_then(|node| node.number(&CREDITS, report)).map(Credits::rounded);
    let seats = root.optional("seats");
    let proration = root.optional("proration").map(|node| node.choice(&policy::PRORATION, report));
    let rounding = root.optional("rounding").map(|node| node.choice(&policy::ROUNDING, report));
    let quota_refusal = root.optional("quota_refusal").map(|node| node.choice(&policy::QUOTA_REFUSAL, report));
    let referrals = root.optional("referrals");
    let taxes = root.optional("taxes").map_or_else(Vec::new, |node| policy::taxes(&node, report));
    let dunning = root.optional("dunning").map(|node| selling::dunning(&node, report));
    let seller = root.optional("seller").map(|node| selling::seller(&node, report));
    let credits_per_unit = root.optional("credits").map(|node| selling::credits_per_unit(&node, currency, report));
    let features = root.optional("features").map_or_else(Default::default, |node| feature::features(&node, report));
    let plans = root.required("plans", report).map(|node| plan::plans(&node, currency, &features, report));
    root.finish(report);

    // What has to agree with the plans.
    let sold = plans.as_deref().unwrap_or_default();
    let sold_in = sold.iter().flat_map(Plan::currencies).chain(currency).collect();
    let seats = seats.map(|node| policy::seats(&node, &features, sold, report));
    let referrals = referrals.map(|node| policy::referrals(&node, currency, &sold_in, report));
    Some(Definition {
        product: product?,
        name,
        currency: currency?,
        upgrade_url,
        thresholds,
        capacity_thresholds,
        credits_low,
        seats: seats.flatten(),
        proration: proration.flatten().unwrap_or_default(),
        rounding: rounding.flatten().unwrap_or_default(),
        quota_refusal: quota_refusal.flatten().unwrap_or_default(),
        referrals: referrals.flatten(),
        taxes,
        dunning: dunning.flatten().unwrap_or_default(),
        seller: seller.flatten(),
        credits_per_unit: credits_per_unit.flatten().unwrap_or_default(),
        features: features.into_iter().filter_map(|(code, feature)| Some((code, feature?))).collect(),
        plans: plans?,
    })
}
