//! What an organization is entitled to, without using it up: the answer to a check.
//!
//! A check is a pure function of the ledger, the terms, the catalog version that binds and the instant. Of a quota it
//! says exactly what a consumption would be told at that instant, of a capacity what an acquisition would: both ask
//! [`CreditLedger::allowance`] and [`CreditLedger::cover`], or [`Capacity`]. What fell due up to the instant is settled
//! first. Nothing is reserved, so somebody else may use what was just found to be allowed.
//!
//! ```text
//! flag, config   in the plan ------------------> included          else not_in_plan
//! quota          covered by the allowance -----> included, unlimited
//!                past it, and credits pay -----> covered_by_credits  else insufficient_credits
//!                past it, to be invoiced ------> covered_by_invoice  else quota_exceeded
//!                an administrator's -----------> waived
//! capacity       level + quantity in the limit > included, unlimited  else capacity_exceeded
//! by hand        switched on, a limit, a value > overridden        switched off: switched_off
//! ```

pub mod gate;
pub mod requirement;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::Value;

use crate::catalog::{CatalogVersion, FeatureKind};
use crate::context::{Context, PlanInForce, Terms};
use crate::credit_ledger::allowance::{Allowance, Allowed, Granted, granted, upgrade_to};
use crate::credit_ledger::capacity::Capacity;
use crate::credit_ledger::{CreditLedger, OverageCharge, Rejection, Upgrade};
use crate::id::{ActorId, FeatureCode};
use crate::money::{Credits, Money, Quantity};
use crate::organization::{FeatureOverride, Status};
pub use gate::{GateReason, PlanGate, at_least};
pub use requirement::require;

/// Why something is allowed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The plan includes it.
    Included,
    /// The plan includes as much as one wants.
    Unlimited,
    /// It is past what is included, and the credits pay for it.
    CoveredByCredits,
    /// It is past what is included, and goes on the invoice.
    CoveredByInvoice,
    /// Somebody has decided so, whatever the plan says.
    Overridden,
    /// An administrator asks, who is not limited.
    Waived,
    /// The organization is suspended.
    Suspended,
    /// No plan entitles the organization.
    NoPlanInForce,
    /// Somebody has decided that it may not be used.
    SwitchedOff,
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
        Self::CoveredByInvoice,
        Self::Overridden,
        Self::Waived,
        Self::Suspended,
        Self::NoPlanInForce,
        Self::SwitchedOff,
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
            Self::CoveredByInvoice => "covered_by_invoice",
            Self::Overridden => "overridden",
            Self::Waived => "waived",
            Self::Suspended => "suspended",
            Self::NoPlanInForce => "no_plan_in_force",
            Self::SwitchedOff => "switched_off",
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
            Self::Included
            | Self::Unlimited
            | Self::CoveredByCredits
            | Self::CoveredByInvoice
            | Self::Overridden
            | Self::Waived => true,
            Self::Suspended
            | Self::SwitchedOff
            | Self::NoPlanInForce
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
    /// Of a quota all that was used in the open window or is held, of a capacity the level; `None` where nothing is
    /// granted.
    pub used: Option<Quantity>,
    /// What of it open holds reserve; only of a quota.
    pub held: Option<Quantity>,
    /// What is included, with what was carried into the window; `None` if unlimited, or where nothing is granted.
    pub limit: Option<Quantity>,
    /// What of the limit was carried into the window, if anything was.
    pub carried: Option<Quantity>,
    /// What is left of it; `None` like the limit.
    pub remaining: Option<Quantity>,
    /// When the open window of a quota turns over.
    pub resets_at: Option<Timestamp>,
    /// What the quantity would cost in credits; `None` if nothing.
    pub charge: Option<Credits>,
    /// What the quantity would put on the next invoice; `None` if nothing.
    pub price: Option<Money>,
    /// The value of a config.
    pub value: Option<Value>,
    /// What was decided by hand of the feature, if that is in force.
    pub by_hand: Option<FeatureOverride>,
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
    check_for(None, ledger, feature, quantity, context)
}

/// May an actor use so much of a feature?
///
/// # Errors
/// If the organization is not registered, or the catalog has no such feature.
pub fn check_for(
    actor: Option<&ActorId>,
    ledger: &CreditLedger,
    feature: &FeatureCode,
    quantity: Quantity,
    context: &Context,
) -> Result<Entitlement, Rejection> {
    let (_, settled) = ledger.settled(context.now);
    check_settled(actor, &settled, feature, quantity, context)
}

/// May one of each feature be used? All features of the product, by code.
///
/// # Errors
/// If the organization is not registered.
pub fn check_all(ledger: &CreditLedger, context: &Context) -> Result<Vec<Entitlement>, Rejection> {
    if context.terms.is_none() {
        return Err(Rejection::NotRegistered);
    }
    let (_, settled) = ledger.settled(context.now);
    let features = context.catalog.iter().flat_map(|catalog| catalog.definition.features.keys());
    features.map(|feature| check_settled(None, &settled, feature, Quantity::ONE, context)).collect()
}

fn check_settled(
    actor: Option<&ActorId>,
    ledger: &CreditLedger,
    feature: &FeatureCode,
    quantity: Quantity,
    context: &Context,
) -> Result<Entitlement, Rejection> {
    let terms = context.terms.as_ref().ok_or(Rejection::NotRegistered)?;
    let unknown = || Rejection::UnknownFeature { feature: feature.clone(), product: terms.product.clone() };
    let catalog = context.catalog.as_deref().ok_or_else(unknown)?;
    let kind = catalog.definition.features.get(feature).ok_or_else(unknown)?.kind;
    let subject = Subject { actor, ledger, feature, kind, quantity, terms, catalog, context };
    Ok(match (&terms.status, &terms.plan) {
        (Status::Suspended { .. }, _) => subject.told(Reason::Suspended),
        (Status::Active, None) => subject.lacking(Reason::NoPlanInForce),
        (Status::Active, Some(plan)) => subject.under(plan),
    })
}

/// What is checked.
struct Subject<'a> {
    actor: Option<&'a ActorId>,
    ledger: &'a CreditLedger,
    feature: &'a FeatureCode,
    kind: FeatureKind,
    quantity: Quantity,
    terms: &'a Terms,
    catalog: &'a CatalogVersion,
    context: &'a Context,
}

impl Subject<'_> {
    fn told(&self, reason: Reason) -> Entitlement {
        Entitlement {
            feature: self.feature.clone(),
            kind: self.kind.as_str(),
            reason,
            used: None,
            held: None,
            limit: None,
            carried: None,
            remaining: None,
            resets_at: None,
            charge: None,
            price: None,
            value: None,
            by_hand: None,
            upgrade: None,
        }
    }

    /// Nothing of it is granted; the smallest plan that has it would.
    fn lacking(&self, reason: Reason) -> Entitlement {
        let upgrade = self.catalog.definition.first_plan_with(self.feature);
        Entitlement { upgrade: upgrade.map(|plan| upgrade_to(plan, self.catalog)), ..self.told(reason) }
    }

    /// Nothing of it is granted by the plan, or somebody has decided that it may not be used.
    fn not_allowed(&self, by_hand: Option<&FeatureOverride>) -> Entitlement {
        match by_hand {
            Some(by_hand) => Entitlement { by_hand: Some(by_hand.clone()), ..self.told(Reason::SwitchedOff) },
            None => self.lacking(Reason::NotInPlan),
        }
    }

    fn under(&self, plan: &PlanInForce) -> Entitlement {
        let Granted { allowed, by_hand } =
            granted(self.feature, self.kind, plan, self.catalog, self.terms, self.context);
        let reason = if by_hand.is_some() { Reason::Overridden } else { Reason::Included };
        let by_hand = by_hand.cloned();
        match (self.kind, allowed) {
            (FeatureKind::Quota { .. }, _) => {
                match self.ledger.allowance(self.feature, self.actor, self.terms, self.context) {
                    Ok(allowance) => self.of_quota(plan, &allowance),
                    Err(_) => self.not_allowed(by_hand.as_ref()),
                }
            }
            (FeatureKind::Capacity, _) => match Capacity::find(self.feature, self.terms, self.context) {
                Ok(capacity) => self.of_capacity(plan, &capacity),
                Err(_) => self.not_allowed(by_hand.as_ref()),
            },
            (FeatureKind::Flag, Allowed::Flag) => Entitlement { by_hand, ..self.told(reason) },
            (FeatureKind::Config, Allowed::Config(value)) => {
                Entitlement { value: Some(value.clone()), by_hand, ..self.told(reason) }
            }
            // A catalog is not published with a grant of another shape than its feature.
            (FeatureKind::Flag | FeatureKind::Config, _) => self.not_allowed(by_hand.as_ref()),
        }
    }

    fn of_quota(&self, plan: &PlanInForce, allowance: &Allowance<'_>) -> Entitlement {
        let window = self.ledger.window(self.feature, allowance.window);
        let limit = allowance.total().quantity();
        let within = match (allowance.by_hand, limit) {
            (Some(_), _) => Reason::Overridden,
            (None, Some(_)) => Reason::Included,
            (None, None) => Reason::Unlimited,
        };
        let (mut charge, mut price) = (None, None);
        let reason = match self.ledger.cover(self.feature, self.quantity, allowance) {
            Ok(cover) if !cover.waived.is_zero() => Reason::Waived,
            Ok(cover) => match cover.overage {
                None => within,
                Some(OverageCharge::Credits(credits)) => {
                    charge = Some(credits.charge);
                    Reason::CoveredByCredits
                }
                Some(OverageCharge::Invoice(invoiced)) => {
                    price = Some(invoiced.price);
                    Reason::CoveredByInvoice
                }
            },
            Err(Rejection::InsufficientCredits { required, .. }) => {
                charge = Some(required);
                Reason::InsufficientCredits
            }
            Err(_) => Reason::QuotaExceeded,
        };
        let own = allowance.limit.quantity().filter(|_| !reason.allows());
        let taken = window.map_or(Quantity::ZERO, |window| window.included + window.held);
        Entitlement {
            used: Some(self.ledger.used(self.feature, allowance.window)),
            held: Some(window.map_or(Quantity::ZERO, |window| window.held + window.held_past)),
            limit,
            carried: Some(allowance.carried).filter(|carried| !carried.is_zero()),
            remaining: limit.map(|limit| limit.less(taken)),
            resets_at: Some(allowance.window.end),
            charge,
            price,
            by_hand: allowance.by_hand.cloned(),
            upgrade: own.and_then(|limit| self.larger(plan, limit)),
            ..self.told(reason)
        }
    }

    fn of_capacity(&self, plan: &PlanInForce, capacity: &Capacity<'_>) -> Entitlement {
        let level = self.ledger.level(self.feature);
        let limit = capacity.limit.quantity();
        let reason = match (capacity.acquire(self.feature, level, self.quantity), capacity.by_hand, limit) {
            (Err(_), _, _) => Reason::CapacityExceeded,
            (Ok(_), Some(_), _) => Reason::Overridden,
            (Ok(_), None, Some(_)) => Reason::Included,
            (Ok(_), None, None) => Reason::Unlimited,
        };
        Entitlement {
            used: Some(level),
            limit,
            remaining: limit.map(|limit| limit.less(level)),
            by_hand: capacity.by_hand.cloned(),
            upgrade: limit.filter(|_| !reason.allows()).and_then(|limit| self.larger(plan, limit)),
            ..self.told(reason)
        }
    }

    fn larger(&self, plan: &PlanInForce, limit: Quantity) -> Option<Box<Upgrade>> {
        let larger = self.catalog.definition.larger_plan(&plan.code, self.feature, limit);
        larger.map(|plan| upgrade_to(plan, self.catalog))
    }
}
