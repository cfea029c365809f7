//! Gates: is the plan in force a given one, or a larger one?

use crate::catalog::CatalogVersion;
use crate::context::Terms;
use crate::credit_ledger::Upgrade;
use crate::credit_ledger::allowance::upgrade_to;
use crate::id::PlanCode;
use crate::subscription;

/// Why a gate of a plan is open or shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateReason {
    /// The plan in force is that one, or a larger one.
    PlanReached,
    /// The plan in force is a smaller one.
    BelowPlan,
    /// No plan entitles the organization.
    NoPlanInForce,
}

impl GateReason {
    /// Every reason there is.
    pub const ALL: &'static [Self] = &[Self::PlanReached, Self::BelowPlan, Self::NoPlanInForce];

    /// Its code, stable and machine-readable.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PlanReached => "plan_reached",
            Self::BelowPlan => "below_plan",
            Self::NoPlanInForce => "no_plan_in_force",
        }
    }

    /// Is the gate open?
    #[must_use]
    pub fn allows(self) -> bool {
        match self {
            Self::PlanReached => true,
            Self::BelowPlan | Self::NoPlanInForce => false,
        }
    }
}

/// What a gate that asks for a plan or a larger one found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanGate {
    /// Why it is open or shut.
    pub reason: GateReason,
    /// The plan in force.
    pub current_plan: Option<PlanCode>,
    /// To the plan that was asked for, where it is not reached.
    pub upgrade: Option<Box<Upgrade>>,
}

/// Is the plan in force at least this one? Plans are ordered by their place in the catalog, which may be a newer version
/// than the one the plan was sold under: a version never takes a plan away.
///
/// # Errors
/// If the catalog has no such plan.
pub fn at_least(
    wanted: &PlanCode,
    terms: &Terms,
    catalog: &CatalogVersion,
) -> Result<PlanGate, subscription::Rejection> {
    let definition = &catalog.definition;
    let unknown = || subscription::Rejection::UnknownPlan { plan: wanted.clone(), product: terms.product.clone() };
    let needed = definition.plan(wanted).ok_or_else(unknown)?;
    let current = terms.plan.as_ref().map(|plan| &plan.code);
    let reason = match current {
        None => GateReason::NoPlanInForce,
        Some(current) if definition.place_of(current) >= definition.place_of(wanted) => GateReason::PlanReached,
        Some(_) => GateReason::BelowPlan,
    };
    let upgrade = (!reason.allows()).then(|| upgrade_to(needed, catalog));
    Ok(PlanGate { reason, current_plan: current.cloned(), upgrade })
}
