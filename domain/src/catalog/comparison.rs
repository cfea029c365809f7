//! What moving from one definition of a catalog to another changes for whoever is on a plan: what is gained, what is
//! lost, feature by feature and price by price. A dry run of a migration shows it, and so does a comparison of files.

use std::collections::BTreeSet;
use std::fmt;

use super::{Definition, FeatureKind, Grant, Limit, Overage, Plan, Rollover};
use crate::calendar::Interval;
use crate::id::{FeatureCode, PlanCode};
use crate::money::{Currency, Quantity};

/// One thing that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What of the plan.
    pub subject: Subject,
    /// Whether the customer is better off by it.
    pub effect: Effect,
    /// As it was; `None` if there was nothing.
    pub before: Option<String>,
    /// As it will be; `None` if there will be nothing.
    pub after: Option<String>,
}

/// What of a plan differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// What it allows of a feature.
    Feature {
        /// The feature.
        feature: FeatureCode,
        /// What of it.
        aspect: Aspect,
    },
    /// What it costs.
    Price {
        /// For this interval.
        interval: Interval,
        /// In this currency.
        currency: Currency,
    },
}

/// What of a feature differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// All of it: whether the plan has it, or what kind of thing it is.
    Grant,
    /// The value of a config.
    Value,
    /// How much is included.
    Limit,
    /// The time over which it counts.
    Window,
    /// What happens past the limit.
    Overage,
    /// What is carried into the next window.
    Rollover,
    /// Whether a capture may take more than its hold.
    SettleAbove,
    /// How fast it may be asked for.
    RateLimit,
}

/// Whether a customer is better off by a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Better.
    Gain,
    /// Worse.
    Loss,
    /// It depends.
    Change,
}

impl Effect {
    fn of(better: bool, worse: bool) -> Self {
        match (better, worse) {
            (true, false) => Self::Gain,
            (false, true) => Self::Loss,
            (true, true) | (false, false) => Self::Change,
        }
    }
}

/// What differs for whoever is on a plan; `None` if one of the two definitions does not have the plan.
#[must_use]
pub fn compare(before: &Definition, after: &Definition, plan: &PlanCode) -> Option<Vec<Difference>> {
    let (old, new) = (before.plan(plan)?, after.plan(plan)?);
    let mut differences = prices(old, new);
    let features: BTreeSet<&FeatureCode> = old.grants.keys().chain(new.grants.keys()).collect();
    for feature in features {
        let of = |aspect| Subject::Feature { feature: feature.clone(), aspect };
        let kinds = |definition: &Definition| definition.features.get(feature).map(|feature| feature.kind);
        let told = |subject, effect, before: Option<String>, after: Option<String>| Difference {
            subject,
            effect,
            before,
            after,
        };
        match (old.grants.get(feature), new.grants.get(feature)) {
            (None, None) => {}
            (None, Some(new)) => differences.push(told(of(Aspect::Grant), Effect::Gain, None, Some(new.to_string()))),
            (Some(old), None) => differences.push(told(of(Aspect::Grant), Effect::Loss, Some(old.to_string()), None)),
            (Some(old), Some(new)) => {
                let aspects = aspects(old, new, kinds(before), kinds(after));
                differences.extend(
                    aspects
                        .into_iter()
                        .map(|(aspect, effect, old, new)| told(of(aspect), effect, Some(old), Some(new))),
                );
            }
        }
        differences.extend(rate_limits(feature, before, after));
    }
    Some(differences)
}

fn prices(before: &Plan, after: &Plan) -> Vec<Difference> {
    let priced = |plan: &Plan| -> Vec<(Interval, Currency)> {
        let by_interval = plan.prices.iter();
        by_interval.flat_map(|(interval, prices)| prices.keys().map(|currency| (*interval, *currency))).collect()
    };
    let all: BTreeSet<(Interval, Currency)> = priced(before).into_iter().chain(priced(after)).collect();
    let mut differences = Vec::new();
    for (interval, currency) in all {
        let (old, new) = (before.price_in(interval, currency), after.price_in(interval, currency));
        let effect = match (old, new) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(old), Some(new)) => Effect::of(new.amount < old.amount, new.amount > old.amount),
            (None, _) => Effect::Gain,
            (Some(_), None) => Effect::Loss,
        };
        let (before, after) = (old.map(|price| price.to_string()), new.map(|price| price.to_string()));
        differences.push(Difference { subject: Subject::Price { interval, currency }, effect, before, after });
    }
    differences
}

/// An aspect that differs, its effect, and both sides of it.
type Told = (Aspect, Effect, String, String);

fn aspects(old: &Grant, new: &Grant, before: Option<FeatureKind>, after: Option<FeatureKind>) -> Vec<Told> {
    let mut told = Vec::new();
    match (old, new) {
        (Grant::Flag, Grant::Flag) => {}
        (Grant::Config { value: before }, Grant::Config { value: after }) => {
            if before != after {
                told.push((Aspect::Value, Effect::Change, old.to_string(), new.to_string()));
            }
        }
        (Grant::Capacity { limit: before }, Grant::Capacity { limit: after }) => told.extend(limits(*before, *after)),
        (
            Grant::Quota { limit, overage, rollover, settle_above },
            Grant::Quota { limit: new_limit, overage: new_overage, rollover: new_rollover, settle_above: may },
        ) => {
            told.extend(windows(before, after));
            told.extend(limits(*limit, *new_limit));
            told.extend(overages(overage, new_overage));
            told.extend(rollovers(*rollover, *new_rollover));
            if settle_above != may {
                let effect = Effect::of(*may, *settle_above);
                told.push((Aspect::SettleAbove, effect, settle_above.to_string(), may.to_string()));
            }
        }
        (Grant::Flag | Grant::Config { .. } | Grant::Capacity { .. } | Grant::Quota { .. }, _) => {
            told.push((Aspect::Grant, Effect::Change, old.to_string(), new.to_string()));
        }
    }
    told
}

fn limits(old: Limit, new: Limit) -> Option<Told> {
    let larger = |one: Limit, other: Limit| other.quantity().is_some_and(|other| one.exceeds(other));
    let effect = Effect::of(larger(new, old), larger(old, new));
    (old != new).then(|| (Aspect::Limit, effect, old.to_string(), new.to_string()))
}

fn windows(before: Option<FeatureKind>, after: Option<FeatureKind>) -> Option<Told> {
    let name = |kind: Option<FeatureKind>| match kind {
        Some(FeatureKind::Quota { window }) => window.as_str().to_owned(),
        Some(FeatureKind::Flag | FeatureKind::Config | FeatureKind::Capacity) | None => String::new(),
    };
    (before != after).then(|| (Aspect::Window, Effect::Change, name(before), name(after)))
}

fn overages(old: &Overage, new: &Overage) -> Option<Told> {
    if old == new {
        return None;
    }
    let effect = match (old, new) {
        (Overage::Refuse, _) => Effect::Gain,
        (_, Overage::Refuse) => Effect::Loss,
        (Overage::Credits { rate: old }, Overage::Credits { rate: new }) => Effect::of(new < old, new > old),
        (Overage::Credits { .. } | Overage::Invoice { .. }, _) => Effect::Change,
    };
    let told = |overage: &Overage| match overage {
        Overage::Refuse => "refused".to_owned(),
        Overage::Credits { .. } | Overage::Invoice { .. } => {
            overage.to_string().trim_start_matches(", then ").to_owned()
        }
    };
    Some((Aspect::Overage, effect, told(old), told(new)))
}

fn rollovers(old: Option<Rollover>, new: Option<Rollover>) -> Option<Told> {
    let bounds = |rollover: Option<Rollover>| {
        rollover.map_or((Quantity::ZERO, Quantity::ZERO), |rollover| (rollover.minimum, rollover.maximum))
    };
    let (before, after) = (bounds(old), bounds(new));
    let effect = Effect::of(after.0 > before.0 || after.1 > before.1, after.0 < before.0 || after.1 < before.1);
    let told = |(minimum, maximum): (Quantity, Quantity)| format!("{minimum} to {maximum}");
    (before != after).then(|| (Aspect::Rollover, effect, told(before), told(after)))
}

fn rate_limits(feature: &FeatureCode, before: &Definition, after: &Definition) -> Option<Difference> {
    let limit = |definition: &Definition| definition.features.get(feature).and_then(|feature| feature.rate_limit);
    let (old, new) = (limit(before), limit(after));
    if old == new {
        return None;
    }
    let effect = match (old, new) {
        (Some(_), None) => Effect::Gain,
        (None, _) => Effect::Loss,
        (Some(old), Some(new)) if old.per == new.per => Effect::of(
            new.requests > old.requests || new.burst > old.burst,
            new.requests < old.requests || new.burst < old.burst,
        ),
        (Some(_), Some(_)) => Effect::Change,
    };
    let told =
        |limit: super::RateLimit| format!("{} a {}, {} at once", limit.requests, limit.per.as_str(), limit.burst);
    let subject = Subject::Feature { feature: feature.clone(), aspect: Aspect::RateLimit };
    Some(Difference { subject, effect, before: old.map(told), after: new.map(told) })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = match self.effect {
            Effect::Gain => "gains",
            Effect::Loss => "loses",
            Effect::Change => "changes",
        };
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
        write!(f, "{effect} {}: {} -> {}", self.subject, side(&self.before), side(&self.after))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Price { interval, currency } => write!(f, "price by the {} in {currency}", interval.as_str()),
            Self::Feature { feature, aspect } => match aspect {
                Aspect::Grant => feature.fmt(f),
                Aspect::Value => write!(f, "{feature} value"),
                Aspect::Limit => write!(f, "{feature} limit"),
                Aspect::Window => write!(f, "{feature} window"),
                Aspect::Overage => write!(f, "{feature} overage"),
                Aspect::Rollover => write!(f, "{feature} rollover"),
                Aspect::SettleAbove => write!(f, "{feature} settling above holds"),
                Aspect::RateLimit => write!(f, "{feature} rate limit"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{catalog, id};
    use expect_test::{Expect, expect};

    const BEFORE: &str = r#"
product = "agencia"
currency = "USD"
[features]
fax = { kind = "flag" }
chat = { kind = "flag" }
support = { kind = "config" }
seats = { kind = "capacity" }
runs = { kind = "quota", window = "month", rate_limit = { requests = 60, per = "minute" } }
exports = { kind = "quota", window = "month" }
calls = { kind = "quota", window = "month" }
[[plans]]
code = "starter"
price = { month = { USD = "15", CLP = 14_990 } }
[plans.features]
fax = true
support = { value = "mail" }
seats = { limit = "unlimited" }
runs = { limit = 100, overage = { credits = "0.05" }, rollover = { maximum = 50 } }
exports = { limit = 5 }
calls = { limit = 5, overage = { invoice = { USD = { unit = "1" }, CLP = { unit = 900 } } } }
"#;

    fn check(changes: &[(&str, &str)], expected: Expect) {
        let changed = changes.iter().fold(BEFORE.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        let (before, after) = (catalog(BEFORE), catalog(&changed));
        let differences = compare(&before.definition, &after.definition, &id("starter")).unwrap();
        expected.assert_eq(&differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn the_same_plan_differs_in_nothing() {
        check(&[("product", "thresholds = [50]\nproduct")], expect![[""]]);
        let before = catalog(BEFORE);
        assert_eq!(compare(&before.definition, &before.definition, &id("gold")), None);
    }

    #[test]
    fn prices_are_gained_and_lost() {
        check(
            &[(
                r#"{ month = { USD = "15", CLP = 14_990 } }"#,
                r#"{ month = { USD = "18", CLP = 9_990 }, year = { USD = "150", CLP = 149_900 } }"#,
            )],
            expect![[r#"
                gains price by the month in CLP: 14990 CLP -> 9990 CLP
                loses price by the month in USD: 15.00 USD -> 18.00 USD
                gains price by the year in CLP: nothing -> 149900 CLP
                gains price by the year in USD: nothing -> 150.00 USD"#]],
        );
    }

    #[test]
    fn features_are_gained_and_lost() {
        check(
            &[
                ("\nfax = true\n", "\nchat = true\n"),
                (r#""mail""#, r#""phone""#),
                (r#"limit = "unlimited""#, "limit = 3"),
            ],
            expect![[r#"
                gains chat: nothing -> yes
                loses fax: yes -> nothing
                loses seats limit: unlimited -> 3
                changes support value: mail -> phone"#]],
        );
    }

    #[test]
    fn a_quota_differs_aspect_by_aspect() {
        check(
            &[
                (
                    r#"limit = 100, overage = { credits = "0.05" }, rollover = { maximum = 50 }"#,
                    r#"limit = 200, overage = { credits = "0.06" }, rollover = { minimum = 1, maximum = 20 }, settle_above = true"#,
                ),
                ("requests = 60", "requests = 30"),
                ("exports = { limit = 5 }", r#"exports = { limit = 5, overage = { credits = "1" } }"#),
                (r#"exports = { kind = "quota", window = "month""#, r#"exports = { kind = "quota", window = "day""#),
                (r#"{ unit = "1" }"#, r#"{ unit = "2" }"#),
            ],
            expect![[r#"
                changes calls overage: CLP 900 each or USD 1 each on the invoice -> CLP 900 each or USD 2 each on the invoice
                changes exports window: month -> day
                gains exports overage: refused -> 1 credits each
                gains runs limit: 100 -> 200
                loses runs overage: 0.05 credits each -> 0.06 credits each
                changes runs rollover: 0 to 50 -> 1 to 20
                gains runs settling above holds: false -> true
                loses runs rate limit: 60 a minute, 60 at once -> 30 a minute, 30 at once"#]],
        );
    }

    #[test]
    fn a_feature_that_becomes_another_kind_is_all_different() {
        check(
            &[
                ("seats = { kind = \"capacity\" }", "seats = { kind = \"flag\" }"),
                (r#"seats = { limit = "unlimited" }"#, "seats = true"),
            ],
            expect!["changes seats: unlimited -> yes"],
        );
    }
}
