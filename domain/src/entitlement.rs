//! What an organization is entitled to, without using it up: the answer to a check.
//!
//! A check is a pure function of the ledger, the terms, the catalog version that binds and the instant. Of a quota it
//! says exactly what a consumption would be told at that instant: both ask [`Allowance::find`] and
//! [`CreditLedger::cover`]. Nothing is reserved, so somebody else may use what was just found to be allowed.
//!
//! ```text
//! flag, config   in the plan ------------------> included          else not_in_plan
//! quota          covered by the allowance -----> included, unlimited
//!                past it, and credits pay -----> covered_by_credits  else insufficient_credits, quota_exceeded
//! capacity       level + quantity in the limit > included, unlimited  else capacity_exceeded
//! ```

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::Value;

use crate::catalog::{CatalogVersion, FeatureKind, Grant, Limit};
use crate::context::{Context, PlanInForce, Terms};
use crate::credit_ledger::decide::{Allowance, granted, upgrade_to};
use crate::credit_ledger::{CreditLedger, Rejection, Upgrade};
use crate::id::{FeatureCode, PlanCode};
use crate::money::{Credits, Quantity};
use crate::subscription;

/// Why something is allowed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The plan includes it.
    Included,
    /// The plan includes as much as one wants.
    Unlimited,
    /// It is past what is included, and the credits pay for it.
    CoveredByCredits,
    /// No plan entitles the organization.
    NoPlanInForce,
    /// The plan does not have it.
    NotInPlan,
    /// The allowance of the window does not cover it.
    QuotaExceeded,
    /// The level would be above its limit.
    CapacityExceeded,
    /// It is past what is included, and the credits do not pay for it.
    InsufficientCredits,
}

impl Reason {
    /// Every reason there is.
    pub const ALL: &'static [Self] = &[
        Self::Included,
        Self::Unlimited,
        Self::CoveredByCredits,
        Self::NoPlanInForce,
        Self::NotInPlan,
        Self::QuotaExceeded,
        Self::CapacityExceeded,
        Self::InsufficientCredits,
    ];

    /// Its code, stable and machine-readable.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::Unlimited => "unlimited",
            Self::CoveredByCredits => "covered_by_credits",
            Self::NoPlanInForce => "no_plan_in_force",
            Self::NotInPlan => "not_in_plan",
            Self::QuotaExceeded => "quota_exceeded",
            Self::CapacityExceeded => "capacity_exceeded",
            Self::InsufficientCredits => "insufficient_credits",
        }
    }

    /// Does it allow?
    #[must_use]
    pub fn allows(self) -> bool {
        match self {
            Self::Included | Self::Unlimited | Self::CoveredByCredits => true,
            Self::NoPlanInForce
            | Self::NotInPlan
            | Self::QuotaExceeded
            | Self::CapacityExceeded
            | Self::InsufficientCredits => false,
        }
    }
}

/// What a check found of one feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Entitlement {
    /// The feature.
    pub feature: FeatureCode,
    /// Its kind: `flag`, `config`, `quota` or `capacity`.
    pub kind: &'static str,
    /// Why it is allowed or not.
    pub reason: Reason,
    /// Of a quota all that was used in the open window, of a capacity the level; `None` where nothing is granted.
    pub used: Option<Quantity>,
    /// What is included; `None` if unlimited, or where nothing is granted.
    pub limit: Option<Quantity>,
    /// What is left of it; `None` like the limit.
    pub remaining: Option<Quantity>,
    /// When the open window of a quota turns over.
    pub resets_at: Option<Timestamp>,
    /// What the quantity would cost in credits; `None` if nothing.
    pub charge: Option<Credits>,
    /// The value of a config.
    pub value: Option<Value>,
    /// A plan that would allow more, where this one does not.
    pub upgrade: Option<Box<Upgrade>>,
}

/// May so much of a feature be used? Of a flag or a config the quantity says nothing.
///
/// # Errors
/// If the organization is not registered, or the catalog has no such feature.
pub fn check(
    ledger: &CreditLedger,
    feature: &FeatureCode,
    quantity: Quantity,
    context: &Context,
) -> Result<Entitlement, Rejection> {
    let terms = context.terms.as_ref().ok_or(Rejection::NotRegistered)?;
    let unknown = || Rejection::UnknownFeature { feature: feature.clone(), product: terms.product.clone() };
    let catalog = context.catalog.as_deref().ok_or_else(unknown)?;
    let kind = catalog.definition.features.get(feature).ok_or_else(unknown)?.kind;
    let subject = Subject { ledger, feature, kind, quantity, catalog };
    Ok(match &terms.plan {
        None => subject.lacking(Reason::NoPlanInForce),
        Some(plan) => subject.under(plan, terms, context),
    })
}

/// May one of each feature be used? All features of the product, by code.
///
/// # Errors
/// If the organization is not registered.
pub fn check_all(ledger: &CreditLedger, context: &Context) -> Result<Vec<Entitlement>, Rejection> {
    if context.terms.is_none() {
        return Err(Rejection::NotRegistered);
    }
    let features = context.catalog.iter().flat_map(|catalog| catalog.definition.features.keys());
    features.map(|feature| check(ledger, feature, Quantity::ONE, context)).collect()
}

/// What is checked.
struct Subject<'a> {
    ledger: &'a CreditLedger,
    feature: &'a FeatureCode,
    kind: FeatureKind,
    quantity: Quantity,
    catalog: &'a CatalogVersion,
}

impl Subject<'_> {
    fn told(&self, reason: Reason) -> Entitlement {
        Entitlement {
            feature: self.feature.clone(),
            kind: self.kind.as_str(),
            reason,
            used: None,
            limit: None,
            remaining: None,
            resets_at: None,
            charge: None,
            value: None,
            upgrade: None,
        }
    }

    /// Nothing of it is granted; the smallest plan that has it would.
    fn lacking(&self, reason: Reason) -> Entitlement {
        let upgrade = self.catalog.definition.first_plan_with(self.feature);
        Entitlement { upgrade: upgrade.map(|plan| upgrade_to(plan, self.catalog)), ..self.told(reason) }
    }

    fn under(&self, plan: &PlanInForce, terms: &Terms, context: &Context) -> Entitlement {
        if let FeatureKind::Quota { .. } = self.kind {
            return match Allowance::find(self.feature, terms, context) {
                Ok(allowance) => self.of_quota(plan, &allowance),
                Err(_) => self.lacking(Reason::NotInPlan),
            };
        }
        match granted(self.feature, plan, self.catalog) {
            Some(Grant::Flag) => self.told(Reason::Included),
            Some(Grant::Config { value }) => Entitlement { value: Some(value.clone()), ..self.told(Reason::Included) },
            Some(Grant::Capacity { limit }) => self.of_capacity(plan, *limit),
            // A catalog is not published with a grant of another shape than its feature.
            Some(Grant::Quota { .. }) | None => self.lacking(Reason::NotInPlan),
        }
    }

    fn of_quota(&self, plan: &PlanInForce, allowance: &Allowance<'_>) -> Entitlement {
        let (used, included) = self.ledger.used_in(self.feature, allowance.window);
        let limit = allowance.limit.quantity();
        let (reason, charge) = match self.ledger.cover(self.feature, self.quantity, allowance) {
            Ok(cover) => match (cover.overage, limit) {
                (Some(overage), _) => (Reason::CoveredByCredits, Some(overage.charge)),
                (None, Some(_)) => (Reason::Included, None),
                (None, None) => (Reason::Unlimited, None),
            },
            Err(Rejection::InsufficientCredits { required, .. }) => (Reason::InsufficientCredits, Some(required)),
            Err(_) => (Reason::QuotaExceeded, None),
        };
        Entitlement {
            used: Some(used),
            limit,
            remaining: limit.map(|limit| limit.less(included)),
            resets_at: Some(allowance.window.end),
            charge,
            upgrade: limit.filter(|_| !reason.allows()).and_then(|limit| self.larger(plan, limit)),
            ..self.told(reason)
        }
    }

    fn of_capacity(&self, plan: &PlanInForce, limit: Limit) -> Entitlement {
        let level = self.ledger.level(self.feature);
        let reason = match limit {
            Limit::Unlimited => Reason::Unlimited,
            Limit::UpTo(limit) if level + self.quantity <= limit => Reason::Included,
            Limit::UpTo(_) => Reason::CapacityExceeded,
        };
        let limit = limit.quantity();
        Entitlement {
            used: Some(level),
            limit,
            remaining: limit.map(|limit| limit.less(level)),
            upgrade: limit.filter(|_| !reason.allows()).and_then(|limit| self.larger(plan, limit)),
            ..self.told(reason)
        }
    }

    fn larger(&self, plan: &PlanInForce, limit: Quantity) -> Option<Box<Upgrade>> {
        let larger = self.catalog.definition.larger_plan(&plan.code, self.feature, limit);
        larger.map(|plan| upgrade_to(plan, self.catalog))
    }
}

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
