//! What was decided by hand, where a move would change what stands behind it.

use std::fmt;

use domain::catalog::{Comparison, Definition, Effect};
use domain::organization::{FeatureOverride, OverrideValue};
use domain::{FeatureCode, OrganizationId, PlanCode};

use super::foresight::NAMED_MAX;
use super::tally::organizations;

/// What becomes of something that was decided by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ByHand {
    /// It stands before the change, so that nobody sees it while it is in force.
    Hides,
    /// It says nothing of the kind that the feature has then.
    Lapses,
}

/// What becomes of an override if the plan's version changes; nothing, if it changes nothing of the feature.
pub(super) fn becomes(
    (feature, by_hand): (&FeatureCode, &FeatureOverride),
    plan: &PlanCode,
    (before, after): (&Definition, &Definition),
    compared: &Comparison,
) -> Option<ByHand> {
    let fits = |definition: &Definition| {
        definition.features.get(feature).is_some_and(|feature| by_hand.value.fits(feature.kind))
    };
    let is_off = by_hand.value == OverrideValue::Off;
    if !fits(before) {
        return None;
    }
    if !fits(after) && !is_off {
        return Some(ByHand::Lapses);
    }
    // A limit by hand stands before the plan's limit, and not before what is past it; off stands before everything.
    let mut differences = compared.of_plan(plan).into_iter().filter(|found| found.feature.as_ref() == Some(feature));
    differences
        .any(|found| found.aspect.is_empty() || (is_off && found.effect != Effect::Neither))
        .then_some(ByHand::Hides)
}

/// For whom something was decided by hand.
#[derive(Debug, Default)]
pub(super) struct Decided {
    organizations: u64,
    /// The first of them, by id, with what was decided.
    named: Vec<String>,
}

impl Decided {
    pub(super) fn note(&mut self, organization: &OrganizationId, by_hand: &FeatureOverride) {
        self.organizations += 1;
        if self.named.len() < NAMED_MAX {
            let until = by_hand.until.map_or(String::new(), |until| format!(" until {until}"));
            self.named.push(format!("{organization} {}{until}", by_hand.value));
        }
    }
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", organizations(self.organizations), self.named.join(", "))?;
        match self.organizations - self.named.len() as u64 {
            0 => Ok(()),
            others => write!(f, " and {others} more"),
        }
    }
}
