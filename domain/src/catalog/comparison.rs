//! What differs between two definitions, in words: for whoever is about to publish one, and for whoever moves
//! subscriptions from one version to another.
//!
//! Every field of a definition is looked at. Its structs are taken apart without `..`, so a field that is added breaks
//! the build here; and a test finds a difference wherever two definitions are unequal.

mod grant;
mod plan;
mod product;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use super::Definition;
use crate::id::{FeatureCode, PlanCode};

/// Two definitions of a product, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What holds for the whole product: alerts, referrals, taxes and so on.
    pub product: Vec<Difference>,
    /// What features are, whatever plan has them, by code.
    pub features: Vec<Difference>,
    /// Every plan: in the order of the later definition, then those it no longer has.
    pub plans: Vec<PlanComparison>,
}

/// A plan in two definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanComparison {
    /// The plan.
    pub plan: PlanCode,
    /// Which of the two have it.
    pub presence: Presence,
    /// What it says of itself and of features; nothing of a plan that was removed.
    pub differences: Vec<Difference>,
    /// The features it has in either.
    features: BTreeSet<FeatureCode>,
}

/// Which of two definitions have a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Both.
    Kept,
    /// Only the later one.
    Added,
    /// Only the earlier one.
    Removed,
}

/// One thing that differs. Shows as `whatsapp_messages: 50 -> 100`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The feature it is about.
    pub feature: Option<FeatureCode>,
    /// What of it; empty where it is what a plan grants of the feature.
    pub aspect: String,
    /// As it was, in words.
    pub before: String,
    /// As it is then, in words.
    pub after: String,
    /// What it means for a customer.
    pub effect: Effect,
}

/// What a difference means for a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Something becomes more, cheaper or possible.
    Gain,
    /// Something becomes less, dearer or impossible.
    Loss,
    /// It is different, and no rule says whether for the better.
    Neither,
}

impl Effect {
    /// The character that stands before a difference.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Gain => '+',
            Self::Loss => '-',
            Self::Neither => '~',
        }
    }

    /// Of something that is the better the more there is of it: how the later compares to the earlier.
    fn of_more(later: Option<Ordering>) -> Self {
        match later {
            Some(Ordering::Greater) => Self::Gain,
            Some(Ordering::Less) => Self::Loss,
            Some(Ordering::Equal) | None => Self::Neither,
        }
    }

    /// Of a price: the less the better.
    fn of_less(later: Option<Ordering>) -> Self {
        Self::of_more(later.map(Ordering::reverse))
    }
}

/// How two numbers of one thing compare together: only if none stands against the other.
fn together(one: Ordering, other: Ordering) -> Option<Ordering> {
    match (one, other) {
        (same, Ordering::Equal) | (Ordering::Equal, same) => Some(same),
        (one, other) => (one == other).then_some(one),
    }
}

/// Compares two definitions.
#[must_use]
pub fn compare(before: &Definition, after: &Definition) -> Comparison {
    let known = |plan: &PlanCode| before.plan(plan);
    let stay = after.plans.iter().map(|plan| plan::compare(known(&plan.code), plan));
    let gone = before.plans.iter().filter(|plan| after.plan(&plan.code).is_none()).map(plan::removed);
    Comparison {
        product: product::differences(before, after),
        features: product::of_features(&before.features, &after.features),
        plans: stay.chain(gone).collect(),
    }
}

impl Comparison {
    /// Are they the same?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.product.is_empty() && self.features.is_empty() && self.plans.iter().all(PlanComparison::is_empty)
    }

    /// What a subscription of a plan would see of it, beside what holds for the whole product: what the plan says, and
    /// what is said of the features it has.
    #[must_use]
    pub fn of_plan(&self, plan: &PlanCode) -> Vec<&Difference> {
        let Some(compared) = self.plans.iter().find(|compared| compared.plan == *plan) else { return Vec::new() };
        let has = |feature: &FeatureCode| compared.features.contains(feature);
        // That a feature is new is seen by what the plan grants of it.
        let tells_more = |difference: &&Difference| !difference.aspect.is_empty();
        let of_features = self.features.iter().filter(tells_more);
        let of_its_own = of_features.filter(|difference| difference.feature.as_ref().is_some_and(has));
        compared.differences.iter().chain(of_its_own).collect()
    }
}

impl PlanComparison {
    fn is_empty(&self) -> bool {
        self.presence == Presence::Kept && self.differences.is_empty()
    }
}

/// Differences that were found so far.
#[derive(Default)]
struct Found {
    /// What they are about.
    feature: Option<FeatureCode>,
    differences: Vec<Difference>,
}

impl Found {
    fn of_feature(feature: &FeatureCode) -> Self {
        Self { feature: Some(feature.clone()), differences: Vec::new() }
    }

    /// Notes a difference, if there is one.
    fn compare<T: PartialEq>(
        &mut self,
        aspect: impl Into<String>,
        before: &T,
        after: &T,
        words: impl Fn(&T) -> String,
        effect: impl Fn(&T, &T) -> Effect,
    ) {
        if before != after {
            self.note(aspect, words(before), words(after), effect(before, after));
        }
    }

    /// The same of something that is neither better nor worse for being different.
    fn differ<T: PartialEq>(&mut self, aspect: impl Into<String>, before: &T, after: &T, words: impl Fn(&T) -> String) {
        self.compare(aspect, before, after, words, |_, _| Effect::Neither);
    }

    fn note(&mut self, aspect: impl Into<String>, before: String, after: String, effect: Effect) {
        self.differences.push(Difference {
            feature: self.feature.clone(),
            aspect: aspect.into(),
            before,
            after,
            effect,
        });
    }
}

/// The value in words, or what stands for its absence.
fn or<T: fmt::Display>(absent: &'static str) -> impl Fn(&Option<T>) -> String {
    move |value| value.as_ref().map_or(absent.to_owned(), T::to_string)
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { feature, aspect, before, after, effect: _ } = self;
        match feature {
            Some(feature) if aspect.is_empty() => write!(f, "{feature}: {before} -> {after}"),
            Some(feature) => write!(f, "{feature} {aspect}: {before} -> {after}"),
            None => write!(f, "{aspect}: {before} -> {after}"),
        }
    }
}

/// A line for each difference, under what it is about; nothing where there is none.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sections = [("whole product".to_owned(), &self.product), ("features".to_owned(), &self.features)];
        let plans = self.plans.iter().filter(|plan| !plan.is_empty());
        let plans = plans.map(|plan| (plan.title(), &plan.differences));
        for (title, differences) in sections.into_iter().filter(|(_, found)| !found.is_empty()).chain(plans) {
            writeln!(f, "{title}")?;
            for difference in differences {
                writeln!(f, "  {} {difference}", difference.effect.sign())?;
            }
        }
        Ok(())
    }
}

impl PlanComparison {
    fn title(&self) -> String {
        match self.presence {
            Presence::Kept => format!("plan {}", self.plan),
            Presence::Added => format!("plan {}, new", self.plan),
            Presence::Removed => format!("plan {}, gone", self.plan),
        }
    }
}
