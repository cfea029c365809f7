//! What a plan allows of a feature, and how a quantity of a quota is covered.
//!
//! [`granted`] is the one place that knows what an organization may use: the plan, and what was decided by hand. A
//! check and a decision both ask it.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{CreditCharge, CreditLedger, InvoiceCharge, OverageCharge, Rejection, Upgrade, lot};
use crate::calendar::{Period, Window};
use crate::catalog::{CatalogVersion, FeatureKind, Grant, Limit, Overage, Plan, Rollover};
use crate::context::{Context, PlanInForce, Terms};
use crate::id::{ActorId, FeatureCode};
use crate::money::{Credits, Quantity};
use crate::organization::{FeatureOverride, OverrideValue};

/// What an organization may use of a feature.
pub(crate) struct Granted<'a> {
    pub(crate) allowed: Allowed<'a>,
    /// What was decided by hand, if that is why.
    pub(crate) by_hand: Option<&'a FeatureOverride>,
}

/// What is allowed of a feature, in the shape of its kind.
pub(crate) enum Allowed<'a> {
    Nothing,
    Flag,
    Config(&'a Value),
    Quota(QuotaTerms<'a>),
    Capacity(Limit),
}

/// What is allowed of a quota.
#[derive(Clone, Copy)]
pub(crate) struct QuotaTerms<'a> {
    limit: Limit,
    overage: &'a Overage,
    rollover: Option<Rollover>,
    settle_above: bool,
}

impl QuotaTerms<'_> {
    /// Nothing is included, and nothing sold past it.
    const NOTHING: QuotaTerms<'static> = QuotaTerms {
        limit: Limit::UpTo(Quantity::ZERO),
        overage: &Overage::Refuse,
        rollover: None,
        settle_above: false,
    };
}

/// What the plan in force allows of a feature, unless it was decided otherwise by hand. Whatever else may grant or take
/// it is asked here, so that a check and a decision see the same.
pub(crate) fn granted<'a>(
    feature: &FeatureCode,
    kind: FeatureKind,
    plan: &PlanInForce,
    catalog: &'a CatalogVersion,
    terms: &'a Terms,
    context: &Context,
) -> Granted<'a> {
    let by_plan = match catalog.definition.plan(&plan.code).and_then(|plan| plan.grants.get(feature)) {
        None => Allowed::Nothing,
        Some(Grant::Flag) => Allowed::Flag,
        Some(Grant::Config { value }) => Allowed::Config(value),
        Some(Grant::Capacity { limit }) => Allowed::Capacity(*limit),
        Some(Grant::Quota { limit, overage, rollover, settle_above }) => {
            Allowed::Quota(QuotaTerms { limit: *limit, overage, rollover: *rollover, settle_above: *settle_above })
        }
    };
    let by_hand = terms.override_of(feature, context.now);
    let decided = match (by_hand.map(|by_hand| &by_hand.value), kind) {
        (Some(OverrideValue::Off), _) => Some(Allowed::Nothing),
        (Some(OverrideValue::On), FeatureKind::Flag) => Some(Allowed::Flag),
        (Some(OverrideValue::Value(value)), FeatureKind::Config) => Some(Allowed::Config(value)),
        (Some(OverrideValue::Limit(limit)), FeatureKind::Capacity) => Some(Allowed::Capacity(*limit)),
        (Some(OverrideValue::Limit(limit)), FeatureKind::Quota { .. }) => {
            let planned = if let Allowed::Quota(planned) = &by_plan { *planned } else { QuotaTerms::NOTHING };
            Some(Allowed::Quota(QuotaTerms { limit: *limit, ..planned }))
        }
        // An override of another kind than the feature has in this version of the catalog says nothing.
        (Some(OverrideValue::On | OverrideValue::Value(_) | OverrideValue::Limit(_)) | None, _) => None,
    };
    match decided {
        Some(allowed) => Granted { allowed, by_hand },
        None => Granted { allowed: by_plan, by_hand: None },
    }
}

/// What may be taken of a quota, at the instant of a decision.
pub(crate) struct Allowance<'a> {
    pub(super) plan: &'a PlanInForce,
    pub(super) catalog: &'a CatalogVersion,
    pub(crate) window: Period,
    window_kind: Window,
    /// The instant of the decision.
    now: Timestamp,
    /// The billing month, whatever the window.
    month: Period,
    pub(crate) limit: Limit,
    /// What was carried into the window, on top of the limit.
    pub(crate) carried: Quantity,
    overage: &'a Overage,
    pub(super) settle_above: bool,
    pub(crate) by_hand: Option<&'a FeatureOverride>,
    /// Is it an administrator who asks?
    is_waived: bool,
}

/// How a quantity is covered.
pub(crate) struct Cover {
    /// What the allowance covers.
    pub(crate) included: Quantity,
    /// What credits or the invoice cover.
    pub(crate) overage: Option<OverageCharge>,
    /// What nobody limits or counts.
    pub(crate) waived: Quantity,
}

impl Allowance<'_> {
    /// The limit, with what was carried into the window.
    pub(crate) fn total(&self) -> Limit {
        match self.limit {
            Limit::Unlimited => Limit::Unlimited,
            Limit::UpTo(limit) => Limit::UpTo(limit + self.carried),
        }
    }

    /// Splits a quantity into what is included and what is past it.
    fn split(&self, reserved: Quantity, quantity: Quantity) -> (Quantity, Quantity) {
        let Limit::UpTo(allowance) = self.total() else {
            return (quantity, Quantity::ZERO);
        };
        let included = allowance.less(reserved).min(quantity);
        (included, quantity.less(included))
    }

    fn quota_exceeded(&self, feature: &FeatureCode, used: Quantity, requested: Quantity) -> Rejection {
        let own = self.limit.quantity().unwrap_or(Quantity::ZERO);
        let larger = self.catalog.definition.larger_plan(&self.plan.code, feature, own);
        Rejection::QuotaExceeded {
            feature: feature.clone(),
            limit: own + self.carried,
            used,
            requested,
            window: self.window_kind,
            resets_at: self.window.end,
            resets_in_seconds: seconds_between(self.now, self.window.end),
            told_as: self.catalog.definition.quota_refusal,
            current_plan: self.plan.code.clone(),
            upgrade: larger.map(|plan| upgrade_to(plan, self.catalog)),
        }
    }
}

/// Whole seconds to a later instant, at least one.
fn seconds_between(now: Timestamp, later: Timestamp) -> u32 {
    let milliseconds = u64::try_from(later.duration_since(now).as_millis()).unwrap_or(0);
    u32::try_from(milliseconds.div_ceil(1_000).max(1)).unwrap_or(u32::MAX)
}

/// The plan does not allow it, or somebody has decided that it may not be used.
pub(crate) fn not_allowed(
    feature: &FeatureCode,
    by_hand: Option<&FeatureOverride>,
    plan: &PlanInForce,
    catalog: &CatalogVersion,
) -> Rejection {
    if let Some(by_hand) = by_hand {
        let (reason, until) = (by_hand.reason.clone(), by_hand.until);
        return Rejection::SwitchedOff { feature: feature.clone(), reason, until };
    }
    let needed = catalog.definition.first_plan_with(feature);
    Rejection::FeatureNotInPlan {
        feature: feature.clone(),
        current_plan: plan.code.clone(),
        upgrade: needed.map(|plan| upgrade_to(plan, catalog)),
    }
}

pub(crate) fn upgrade_to(plan: &Plan, catalog: &CatalogVersion) -> Box<Upgrade> {
    Box::new(Upgrade { plan: plan.code.clone(), url: catalog.definition.upgrade_url_for(&plan.code) })
}

/// A feature of the catalog that binds, with the plan in force.
pub(crate) fn known<'a>(
    feature: &FeatureCode,
    terms: &'a Terms,
    context: &'a Context,
) -> Result<(&'a PlanInForce, &'a CatalogVersion, FeatureKind), Rejection> {
    let plan = terms.plan.as_ref().ok_or(Rejection::NoPlanInForce)?;
    let unknown = || Rejection::UnknownFeature { feature: feature.clone(), product: terms.product.clone() };
    let catalog = context.catalog.as_deref().ok_or_else(unknown)?;
    let kind = catalog.definition.features.get(feature).ok_or_else(unknown)?.kind;
    Ok((plan, catalog, kind))
}

impl CreditLedger {
    /// What may be taken of a quota, by an actor, now.
    pub(crate) fn allowance<'a>(
        &self,
        feature: &FeatureCode,
        actor: Option<&ActorId>,
        terms: &'a Terms,
        context: &'a Context,
    ) -> Result<Allowance<'a>, Rejection> {
        let (plan, catalog, kind) = known(feature, terms, context)?;
        let FeatureKind::Quota { window: window_kind } = kind else {
            return Err(Rejection::NotAQuota { feature: feature.clone(), kind: kind.as_str() });
        };
        let is_waived = terms.is_unlimited(actor);
        let Granted { allowed, by_hand } = granted(feature, kind, plan, catalog, terms, context);
        let quota = match allowed {
            Allowed::Quota(quota) => quota,
            Allowed::Nothing | Allowed::Flag | Allowed::Config(_) | Allowed::Capacity(_) if is_waived => {
                QuotaTerms::NOTHING
            }
            Allowed::Nothing | Allowed::Flag | Allowed::Config(_) | Allowed::Capacity(_) => {
                return Err(not_allowed(feature, by_hand, plan, catalog));
            }
        };
        let window = window_kind.open_at(context.now, plan.anchor, &terms.zone);
        let carried = match self.window(feature, window) {
            Some(open) => open.carried,
            None => self.carried_over(feature, quota, window_kind, plan, terms, context),
        };
        let QuotaTerms { limit, overage, .. } = quota;
        let settle_above = quota.settle_above || is_waived;
        let month = plan.month_at(context.now, &terms.zone);
        Ok(Allowance {
            plan,
            catalog,
            window,
            month,
            window_kind,
            now: context.now,
            limit,
            carried,
            overage,
            settle_above,
            by_hand,
            is_waived,
        })
    }

    /// What comes into a window that nothing was used in yet: what was left of the one before it. In between nothing
    /// was used, so each window that passed has added its limit, up to the maximum. A window that nothing was ever used
    /// in had all of its limit left.
    fn carried_over(
        &self,
        feature: &FeatureCode,
        quota: QuotaTerms<'_>,
        window: Window,
        plan: &PlanInForce,
        terms: &Terms,
        context: &Context,
    ) -> Quantity {
        let (Some(rollover), Limit::UpTo(limit)) = (quota.rollover, quota.limit) else { return Quantity::ZERO };
        let (since, left) = match self.windows.get(feature) {
            Some(before) => (before.period.start, before.left()),
            None => (plan.anchor, limit),
        };
        let Some(unused) = window.turns(since, context.now, plan.anchor, &terms.zone).checked_sub(1) else {
            return Quantity::ZERO;
        };
        let added = Quantity::of(limit.amount() * Decimal::from(unused));
        (rollover.carried(left) + added).min(rollover.maximum)
    }

    /// How a consumption would be covered, or why it cannot be: what a decision and a check of it have in common.
    pub(crate) fn cover(
        &self,
        feature: &FeatureCode,
        quantity: Quantity,
        allowance: &Allowance<'_>,
    ) -> Result<Cover, Rejection> {
        if allowance.is_waived {
            return Ok(Cover { included: Quantity::ZERO, overage: None, waived: quantity });
        }
        let reserved = self.reserved(feature, allowance.window);
        let (included, past) = allowance.split(reserved, quantity);
        let exceeded = || allowance.quota_exceeded(feature, reserved, quantity);
        let overage = match (past.is_zero(), allowance.overage) {
            (true, _) => None,
            (false, Overage::Refuse) => return Err(exceeded()),
            (false, Overage::Credits { rate }) => Some(OverageCharge::Credits(self.charge(past, *rate)?)),
            (false, Overage::Invoice { pricing }) => {
                let currency = allowance.plan.currency;
                let pricing = pricing.get(&currency).ok_or_else(exceeded)?;
                let before = self.window(feature, allowance.window).map_or(Quantity::ZERO, |window| window.priced);
                let price = pricing.line(before + past, currency).less(pricing.line(before, currency));
                Some(OverageCharge::Invoice(InvoiceCharge { quantity: past, price, month: Some(allowance.month) }))
            }
        };
        Ok(Cover { included, overage, waived: Quantity::ZERO })
    }

    fn charge(&self, quantity: Quantity, rate: Decimal) -> Result<CreditCharge, Rejection> {
        let charge = Credits::rounded(quantity.amount() * rate);
        let short = || Rejection::InsufficientCredits { balance: self.balance(), required: charge };
        let draws = lot::draw(&self.lots, charge).ok_or_else(short)?;
        Ok(CreditCharge { quantity, rate, charge, draws })
    }
}
