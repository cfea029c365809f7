//! Features: what they are, what customers call them, how fast they may be asked for.

use std::collections::BTreeMap;

use super::document::{Node, Report, Table};
use crate::calendar::Window;
use crate::catalog::{Feature, FeatureKind, RateLimit, RateUnit};
use crate::id::FeatureCode;

/// Features by their code; `None` for one that is there but faulty, so that its grants are not faults as well.
pub(super) type Features = BTreeMap<FeatureCode, Option<Feature>>;

/// Most requests of a rate limit: past a million a second nobody is limited.
const REQUESTS_MAX: i64 = 1_000_000;

const WINDOWS: [(&str, Window); 4] = [
    ("day", Window::Day),
    ("month", Window::Month),
    ("billing_period", Window::BillingPeriod),
    ("forever", Window::Forever),
];

const RATE_UNITS: [(&str, RateUnit); 2] = [("second", RateUnit::Second), ("minute", RateUnit::Minute)];

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
    let unit = table.optional("unit");
    let kind = kind.and_then(|kind| read_kind(&kind, window.as_ref(), &table, report));
    if let (Some(FeatureKind::Flag | FeatureKind::Config | FeatureKind::Capacity), Some(window)) = (kind, &window) {
        window.fault::<()>(report, "only a quota has a window");
    }
    if let (Some(FeatureKind::Flag | FeatureKind::Config), Some(unit)) = (kind, &unit) {
        unit.fault::<()>(report, "only a quota or a capacity is counted");
    }
    let name = table.optional("name").and_then(|name| name.wording(report));
    let unit = unit.and_then(|unit| unit.wording(report));
    let rate_limit = table.optional("rate_limit").and_then(|limit| read_rate_limit(&limit, report));
    table.finish(report);
    Some(Feature { kind: kind?, name, unit, rate_limit })
}

fn read_kind(
    node: &Node<'_>,
    window: Option<&Node<'_>>,
    table: &Table<'_>,
    report: &mut Report,
) -> Option<FeatureKind> {
    // The window of a quota is read past the choice: only then can it be missing.
    let quota = FeatureKind::Quota { window: Window::Forever };
    let named = [
        ("flag", FeatureKind::Flag),
        ("config", FeatureKind::Config),
        ("quota", quota),
        ("capacity", FeatureKind::Capacity),
    ];
    match node.choice(&named, report)? {
        FeatureKind::Quota { .. } => read_window(window, table, report).map(|window| FeatureKind::Quota { window }),
        kind @ (FeatureKind::Flag | FeatureKind::Config | FeatureKind::Capacity) => Some(kind),
    }
}

fn read_window(window: Option<&Node<'_>>, table: &Table<'_>, report: &mut Report) -> Option<Window> {
    let Some(window) = window else {
        table.missing("window", "is missing; a quota counts by day, month, billing_period or forever", report);
        return None;
    };
    window.choice(&WINDOWS, report)
}

fn read_rate_limit(node: &Node<'_>, report: &mut Report) -> Option<RateLimit> {
    let mut table = node.table("a table such as { requests = 60, per = \"minute\" }", report)?;
    let requests = table.required("requests", report).and_then(|requests| requests.whole_in(1..=REQUESTS_MAX, report));
    let per = table.required("per", report).and_then(|per| per.choice(&RATE_UNITS, report));
    // Without a burst of its own, all requests of a second or minute may come at once.
    let burst = table.optional("burst").map_or(requests, |burst| burst.whole_in(1..=REQUESTS_MAX, report));
    table.finish(report);
    Some(RateLimit { requests: requests?, per: per?, burst: burst? })
}
