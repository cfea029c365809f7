//! What a plan grants of each feature.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::document::{Node, Report, Table};
use super::feature::Features;
use super::pricing;
use super::value::{LIMIT, QUANTITY};
use crate::calendar::Window;
use crate::catalog::{Feature, FeatureKind, Grant, Limit, Overage, Rollover};
use crate::id::FeatureCode;
use crate::money::{Currency, Quantity};

/// What grants are read against.
pub(super) struct Sold<'a> {
    pub(super) features: &'a Features,
    /// The catalog's own currency.
    pub(super) own: Option<Currency>,
    /// The currencies the plan is sold in.
    pub(super) sold_in: BTreeSet<Currency>,
}

impl Sold<'_> {
    pub(super) fn read_grants(&self, node: &Node<'_>, report: &mut Report) -> BTreeMap<FeatureCode, Grant> {
        let Some(table) = node.table("a table of features", report) else { return BTreeMap::new() };
        let mut grants = BTreeMap::new();
        for (node, name) in table.named() {
            let defined = FeatureCode::new(name).ok().and_then(|code| Some((self.features.get(&code)?, code)));
            match defined {
                Some((Some(feature), code)) => {
                    grants.extend(self.read_grant(&node, feature, report).map(|grant| (code, grant)));
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
    fn read_grant(&self, node: &Node<'_>, feature: &Feature, report: &mut Report) -> Option<Grant> {
        match feature.kind {
            FeatureKind::Flag => node.boolean(report)?.then_some(Grant::Flag),
            FeatureKind::Config => {
                let mut table = node.table("the config grant { value = .. }", report)?;
                let value = table.required("value", report).and_then(|value| read_value(&value, report));
                table.finish(report);
                Some(Grant::Config { value: value? })
            }
            FeatureKind::Quota { window } => self.read_quota(node, window, report),
            FeatureKind::Capacity => {
                let mut table = node.table("the capacity grant { limit = .. }", report)?;
                let limit = read_limit(&mut table, report);
                table.finish(report);
                Some(Grant::Capacity { limit: limit? })
            }
        }
    }

    fn read_quota(&self, node: &Node<'_>, window: Window, report: &mut Report) -> Option<Grant> {
        let mut table = node.table("the quota grant { limit = .. }", report)?;
        let limit = read_limit(&mut table, report);
        let overage = match table.optional("overage") {
            Some(overage) => pricing::overage(&overage, self, report),
            None => Some(Overage::Refuse),
        };
        let rollover = table.optional("rollover").and_then(|node| read_rollover(&node, limit, window, report));
        let settle_above = table.optional("settle_above").map_or(Some(false), |above| above.boolean(report));
        table.finish(report);
        Some(Grant::Quota { limit: limit?, overage: overage?, rollover, settle_above: settle_above? })
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

fn read_limit(table: &mut Table<'_>, report: &mut Report) -> Option<Limit> {
    let node = table.required("limit", report)?;
    if node.value.as_str() == Some("unlimited") {
        return Some(Limit::Unlimited);
    }
    node.number(&LIMIT, report).map(|limit| Limit::UpTo(Quantity::of(limit)))
}

fn read_rollover(node: &Node<'_>, limit: Option<Limit>, window: Window, report: &mut Report) -> Option<Rollover> {
    let mut table = node.table("a table such as { maximum = 500 }", report)?;
    let minimum =
        table.optional("minimum").map_or(Some(Quantity::ZERO), |least| least.number(&LIMIT, report).map(Quantity::of));
    let maximum = table.required("maximum", report).and_then(|most| most.number(&QUANTITY, report)).map(Quantity::of);
    table.finish(report);
    if limit == Some(Limit::Unlimited) {
        return node.fault(report, "nothing is left of an unlimited quota to carry over");
    }
    if window == Window::Forever {
        return node.fault(report, "a quota for ever has no next window to carry over to");
    }
    let (minimum, maximum) = (minimum?, maximum?);
    if minimum > maximum {
        return node.fault(report, format!("the minimum {minimum} is above the maximum {maximum}"));
    }
    Some(Rollover { minimum, maximum })
}
