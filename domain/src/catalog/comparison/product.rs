//! What is said once for a whole product in two definitions, and what its features are.

use std::collections::{BTreeMap, BTreeSet};

use super::{Difference, Effect, Found, or, together};
use crate::catalog::words::policy::{days, percentages};
use crate::catalog::{Country, Definition, Feature, RateLimit, RateUnit, ReferralTerms, Tax};
use crate::id::{FeatureCode, PlanCode};

pub(super) fn differences(before: &Definition, after: &Definition) -> Vec<Difference> {
    let Definition {
        product,
        name,
        currency,
        upgrade_url,
        thresholds,
        capacity_thresholds,
        credits_low,
        seats,
        proration,
        rounding,
        quota_refusal,
        referrals,
        taxes,
        dunning,
        seller,
        credits_per_unit,
        // These are compared one by one.
        features: _,
        plans: _,
    } = before;
    let mut found = Found::default();
    found.differ("product", product, &after.product, ToString::to_string);
    found.differ("name", name, &after.name, or("none"));
    found.differ("currency", currency, &after.currency, ToString::to_string);
    found.differ("upgrade URL", upgrade_url, &after.upgrade_url, or("none"));
    found.differ("alerts at", thresholds, &after.thresholds, |list| percentages(list));
    let capacities = &after.capacity_thresholds;
    found.differ("alerts of capacities at", capacity_thresholds, capacities, |list| percentages(list));
    found.differ("alert of credits below", credits_low, &after.credits_low, or("none"));
    found.differ("seats", seats, &after.seats, or("not limited"));
    found.differ("proration", proration, &after.proration, ToString::to_string);
    found.differ("rounding", rounding, &after.rounding, ToString::to_string);
    found.differ("code of used up allowances", quota_refusal, &after.quota_refusal, ToString::to_string);
    compare_referrals(&mut found, referrals.as_ref(), after.referrals.as_ref());
    compare_taxes(&mut found, taxes, &after.taxes);
    found.differ("unpaid", dunning, &after.dunning, ToString::to_string);
    found.differ("seller", seller, &after.seller, or("not named"));
    for currency in union(credits_per_unit, &after.credits_per_unit) {
        let worth = |definition: &Definition| definition.credits_per_unit.get(&currency).copied();
        found.differ(format!("credits that pay 1 {currency}"), &worth(before), &worth(after), or("none"));
    }
    compare_order(&mut found, before, after);
    found.differences
}

fn compare_referrals(found: &mut Found, before: Option<&ReferralTerms>, after: Option<&ReferralTerms>) {
    let (Some(before), Some(after)) = (before, after) else {
        return found.differ("referrals", &before, &after, or("none"));
    };
    let ReferralTerms { rates, base, hold_days, attribution_days, credits_per_unit } = before;
    found.differ("referrals", rates, &after.rates, |rates| {
        ReferralTerms { rates: rates.clone(), ..before.clone() }.to_string()
    });
    found.differ("commissions of", base, &after.base, ToString::to_string);
    found.differ("commissions wait", hold_days, &after.hold_days, |count| days(*count));
    found.differ("sponsors may be named for", attribution_days, &after.attribution_days, |count| {
        count.map_or("ever".to_owned(), days)
    });
    for currency in union(credits_per_unit, &after.credits_per_unit) {
        let worth = |terms: &ReferralTerms| terms.credits_per_unit.get(&currency).copied();
        found.differ(format!("credits for 1 {currency}"), &worth(before), &worth(after), or("none"));
    }
}

fn compare_taxes(found: &mut Found, before: &[Tax], after: &[Tax]) {
    let by_name = |taxes: &[Tax]| -> BTreeMap<_, Tax> { taxes.iter().map(|tax| (named(tax), tax.clone())).collect() };
    let (old, new) = (by_name(before), by_name(after));
    let count = found.differences.len();
    for name in union(&old, &new) {
        let (country, tax, from) = &name;
        let aspect = format!("{tax} in {country} from {from}");
        found.differ(aspect, &old.get(&name), &new.get(&name), or("none"));
    }
    // Nothing depends on their order, and yet it is another definition.
    if found.differences.len() == count {
        let named = |tax: &Tax| format!("{} in {} from {}", tax.name, tax.country, tax.from);
        found.differ("order of taxes", &before, &after, |taxes| taxes.iter().map(named).collect::<Vec<_>>().join(", "));
    }
}

fn named(tax: &Tax) -> (Country, String, jiff::civil::Date) {
    (tax.country, tax.name.clone(), tax.from)
}

/// Which plan is larger is told by their order; plans that only one of the two has say nothing of it.
fn compare_order(found: &mut Found, before: &Definition, after: &Definition) {
    let common = |one: &Definition, other: &Definition| -> Vec<PlanCode> {
        one.plans.iter().filter(|plan| other.plan(&plan.code).is_some()).map(|plan| plan.code.clone()).collect()
    };
    found.differ("order of plans", &common(before, after), &common(after, before), |plans| {
        plans.iter().map(PlanCode::as_str).collect::<Vec<_>>().join(" < ")
    });
}

/// What features are, whatever plan has them.
pub(super) fn of_features(
    before: &BTreeMap<FeatureCode, Feature>,
    after: &BTreeMap<FeatureCode, Feature>,
) -> Vec<Difference> {
    let compared = |code| {
        let mut found = Found::of_feature(&code);
        match (before.get(&code), after.get(&code)) {
            (Some(before), Some(after)) => compare_feature(&mut found, before, after),
            (before, after) => {
                let kind = |feature: Option<&Feature>| feature.map(|feature| feature.kind);
                found.differ("", &kind(before), &kind(after), or("not defined"));
            }
        }
        found.differences
    };
    union(before, after).into_iter().flat_map(compared).collect()
}

fn compare_feature(found: &mut Found, before: &Feature, after: &Feature) {
    let Feature { kind, name, unit, rate_limit } = before;
    found.differ("kind", kind, &after.kind, ToString::to_string);
    found.differ("name", name, &after.name, or("none"));
    found.differ("unit", unit, &after.unit, or("none"));
    found.compare("rate limit", rate_limit, &after.rate_limit, or("none"), |before, after| {
        Effect::of_more(match (before, after) {
            (Some(before), Some(after)) => {
                together(per_minute(after).cmp(&per_minute(before)), after.burst.cmp(&before.burst))
            }
            (before, after) => Some(after.is_none().cmp(&before.is_none())),
        })
    });
}

fn per_minute(limit: &RateLimit) -> u64 {
    let requests = u64::from(limit.requests);
    match limit.per {
        RateUnit::Second => requests * 60,
        RateUnit::Minute => requests,
    }
}

/// The keys of both, in order.
fn union<K: Ord + Clone, V>(one: &BTreeMap<K, V>, other: &BTreeMap<K, V>) -> BTreeSet<K> {
    one.keys().chain(other.keys()).cloned().collect()
}
