//! What a plan says in two definitions: its texts, prices and trial, and what it grants.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::{Effect, Found, PlanComparison, Presence, grant, or};
use crate::calendar::Interval;
use crate::catalog::{PaymentMethod, Plan, Trial};
use crate::money::{Currency, Money};

type Prices = BTreeMap<Interval, BTreeMap<Currency, Decimal>>;

/// A plan that is there later, and perhaps was before.
pub(super) fn compare(before: Option<&Plan>, after: &Plan) -> PlanComparison {
    let nothing = nothing_of(after);
    let Plan { code, name, retired, trial, prices, grants } = before.unwrap_or(&nothing);
    let mut found = Found::default();
    found.differ("name", name, &after.name, or("none"));
    found.differ("retired", retired, &after.retired, |retired| if *retired { "yes" } else { "no" }.to_owned());
    compare_prices(&mut found, prices, &after.prices);
    found.compare("trial", trial, &after.trial, or("none"), |before, after| Effect::of_more(longer(*before, *after)));

    let features: BTreeSet<_> = grants.keys().chain(after.grants.keys()).cloned().collect();
    let of_features =
        features.iter().flat_map(|feature| grant::differences(feature, grants.get(feature), after.grants.get(feature)));
    let differences = found.differences.into_iter().chain(of_features).collect();
    let presence = if before.is_some() { Presence::Kept } else { Presence::Added };
    PlanComparison { plan: code.clone(), presence, differences, features }
}

/// A plan that is no longer there: what it said is of no use to anybody.
pub(super) fn removed(plan: &Plan) -> PlanComparison {
    let features = plan.grants.keys().cloned().collect();
    PlanComparison { plan: plan.code.clone(), presence: Presence::Removed, differences: Vec::new(), features }
}

/// A plan that says nothing, to compare a new one with.
fn nothing_of(plan: &Plan) -> Plan {
    let (prices, grants) = (BTreeMap::new(), BTreeMap::new());
    Plan { code: plan.code.clone(), name: None, retired: false, trial: None, prices, grants }
}

fn compare_prices(found: &mut Found, before: &Prices, after: &Prices) {
    let sold = |prices: &Prices| -> Vec<(Interval, Currency)> {
        let by_interval = prices.iter();
        by_interval.flat_map(|(interval, amounts)| amounts.keys().map(|currency| (*interval, *currency))).collect()
    };
    let both: BTreeSet<_> = sold(before).into_iter().chain(sold(after)).collect();
    for (interval, currency) in both {
        let price = |prices: &Prices| prices.get(&interval)?.get(&currency).copied();
        let words = |amount: &Option<Decimal>| {
            amount.map_or("not sold".to_owned(), |amount| Money::rounded(amount, currency).amount.to_string())
        };
        let aspect = format!("price per {} in {currency}", interval.as_str());
        found.compare(aspect, &price(before), &price(after), words, |before, after| match (before, after) {
            (Some(before), Some(after)) => Effect::of_less(Some(after.cmp(before))),
            (before, after) => Effect::of_more(Some(after.is_some().cmp(&before.is_some()))),
        });
    }
}

/// A longer trial is more, and so is one that begins without a way to pay.
fn longer(before: Option<Trial>, after: Option<Trial>) -> Option<Ordering> {
    let days = |trial: Option<Trial>| trial.map_or(0, |trial| trial.days);
    let is_easy = |trial: Option<Trial>| trial.is_none_or(|trial| trial.payment_method == PaymentMethod::Optional);
    match (before, after) {
        (Some(_), Some(_)) => super::together(days(after).cmp(&days(before)), is_easy(after).cmp(&is_easy(before))),
        (before, after) => Some(days(after).cmp(&days(before))),
    }
}
