//! What a plan grants of a feature in two definitions.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::Value;

use super::{Difference, Effect, Found, together};
use crate::catalog::{Grant, Limit, Overage, Pricing, Rollover};
use crate::id::FeatureCode;
use crate::money::{Currency, Quantity};

/// What stands where a plan grants nothing of a feature.
const NOTHING: &str = "no";

pub(super) fn differences(feature: &FeatureCode, before: Option<&Grant>, after: Option<&Grant>) -> Vec<Difference> {
    let mut found = Found::of_feature(feature);
    match (before, after) {
        (None, None) => {}
        (None, Some(granted)) => found.note("", NOTHING.to_owned(), granted.to_string(), Effect::Gain),
        (Some(taken), None) => found.note("", taken.to_string(), NOTHING.to_owned(), Effect::Loss),
        (Some(before), Some(after)) => compare(&mut found, before, after),
    }
    found.differences
}

fn compare(found: &mut Found, before: &Grant, after: &Grant) {
    match (before, after) {
        (Grant::Flag, Grant::Flag) => {}
        (Grant::Config { value: before }, Grant::Config { value: after }) => found.differ("", before, after, in_json),
        (
            Grant::Quota { limit, overage, rollover, settle_above },
            Grant::Quota { limit: new_limit, overage: new_overage, rollover: new_rollover, settle_above: new_settle },
        ) => {
            compare_limits(found, *limit, *new_limit);
            compare_overage(found, overage, new_overage);
            found.compare("carried over", rollover, new_rollover, super::or("nothing"), |before, after| {
                Effect::of_more(more_carried(*before, *after))
            });
            found.compare("settled above holds", settle_above, new_settle, yes_or_no, |before, after| {
                Effect::of_more(Some(after.cmp(before)))
            });
        }
        (Grant::Capacity { limit }, Grant::Capacity { limit: new_limit }) => compare_limits(found, *limit, *new_limit),
        (Grant::Flag | Grant::Config { .. } | Grant::Quota { .. } | Grant::Capacity { .. }, after) => {
            found.note("", of_kind(before), of_kind(after), Effect::Neither);
        }
    }
}

fn compare_limits(found: &mut Found, before: Limit, after: Limit) {
    found.compare("", &before, &after, Limit::to_string, |before, after| {
        let order = match (before.quantity(), after.quantity()) {
            (Some(before), Some(after)) => after.cmp(&before),
            (before, after) => after.is_none().cmp(&before.is_none()),
        };
        Effect::of_more(Some(order))
    });
}

/// Going on past the limit is more than being refused, whatever it costs.
fn compare_overage(found: &mut Found, before: &Overage, after: &Overage) {
    match (before, after) {
        (Overage::Credits { rate: before }, Overage::Credits { rate: after }) => {
            let words = |rate: &_| format!("{rate} credits each");
            found.compare("past the limit", before, after, words, |before, after| {
                Effect::of_less(Some(after.cmp(before)))
            });
        }
        (Overage::Invoice { pricing: before }, Overage::Invoice { pricing: after }) => {
            compare_pricing(found, before, after);
        }
        (before, after) => found.compare("past the limit", before, after, past_the_limit, |before, after| {
            let goes_on = |overage: &Overage| *overage != Overage::Refuse;
            Effect::of_more(Some(goes_on(after).cmp(&goes_on(before))))
        }),
    }
}

fn compare_pricing(found: &mut Found, before: &BTreeMap<Currency, Pricing>, after: &BTreeMap<Currency, Pricing>) {
    let new = after.keys().filter(|currency| !before.contains_key(currency));
    for currency in before.keys().chain(new) {
        let pricing = (before.get(currency).cloned(), after.get(currency).cloned());
        let aspect = format!("past the limit in {currency}");
        found.compare(aspect, &pricing.0, &pricing.1, super::or("no price"), |before, after| match (before, after) {
            (Some(Pricing::Unit { price: before }), Some(Pricing::Unit { price: after })) => {
                Effect::of_less(Some(after.cmp(before)))
            }
            // Which of two scales is dearer depends on how much is used.
            _ => Effect::Neither,
        });
    }
}

fn more_carried(before: Option<Rollover>, after: Option<Rollover>) -> Option<Ordering> {
    let bounds = |rollover: Option<Rollover>| {
        rollover.map_or((Quantity::ZERO, Quantity::ZERO), |rollover| (rollover.minimum, rollover.maximum))
    };
    let ((minimum, maximum), (new_minimum, new_maximum)) = (bounds(before), bounds(after));
    together(new_minimum.cmp(&minimum), new_maximum.cmp(&maximum))
}

fn past_the_limit(overage: &Overage) -> String {
    match overage {
        Overage::Refuse => "refused".to_owned(),
        Overage::Credits { .. } | Overage::Invoice { .. } => {
            overage.to_string().trim_start_matches(", then ").to_owned()
        }
    }
}

/// A text in quotes, so that it cannot be taken for a number.
fn in_json(value: &Value) -> String {
    value.to_string()
}

fn yes_or_no(so: &bool) -> String {
    if *so { "yes" } else { "no" }.to_owned()
}

/// A grant whose feature became another kind of thing.
fn of_kind(grant: &Grant) -> String {
    let kind = match grant {
        Grant::Flag => "flag",
        Grant::Config { .. } => "config",
        Grant::Quota { .. } => "quota",
        Grant::Capacity { .. } => "capacity",
    };
    format!("{kind} {grant}")
}
