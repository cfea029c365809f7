//! Levels: what is acquired and released again, such as seats, connected numbers, stored gigabytes.

use super::allowance::{Allowed, Granted, granted, known, not_allowed, upgrade_to};
use super::{Acquire, CreditLedger, Event, Rejection};
use crate::catalog::{CatalogVersion, FeatureKind, Limit};
use crate::context::{Context, PlanInForce, Terms};
use crate::id::FeatureCode;
use crate::money::Quantity;
use crate::organization::FeatureOverride;

/// What a plan allows of a capacity.
pub(crate) struct Capacity<'a> {
    plan: &'a PlanInForce,
    catalog: &'a CatalogVersion,
    pub(crate) limit: Limit,
    pub(crate) by_hand: Option<&'a FeatureOverride>,
}

impl<'a> Capacity<'a> {
    pub(crate) fn find(feature: &FeatureCode, terms: &'a Terms, context: &'a Context) -> Result<Self, Rejection> {
        let (plan, catalog, kind) = known(feature, terms, context)?;
        check_kind(feature, kind)?;
        let Granted { allowed, by_hand } = granted(feature, kind, plan, catalog, terms, context);
        match allowed {
            Allowed::Capacity(limit) => Ok(Self { plan, catalog, limit, by_hand }),
            Allowed::Nothing | Allowed::Flag | Allowed::Config(_) | Allowed::Quota(_) => {
                Err(not_allowed(feature, by_hand, plan, catalog))
            }
        }
    }

    /// The level after an acquisition, or why it cannot be: what a decision and a check of it have in common. A limit
    /// that was lowered below the level takes nothing away.
    pub(crate) fn acquire(
        &self,
        feature: &FeatureCode,
        level: Quantity,
        quantity: Quantity,
    ) -> Result<Quantity, Rejection> {
        let limit = match self.limit {
            Limit::UpTo(limit) if level + quantity > limit => limit,
            Limit::UpTo(_) | Limit::Unlimited => return Ok(level + quantity),
        };
        let larger = self.catalog.definition.larger_plan(&self.plan.code, feature, limit);
        Err(Rejection::CapacityExceeded {
            feature: feature.clone(),
            limit,
            level,
            requested: quantity,
            current_plan: self.plan.code.clone(),
            upgrade: larger.map(|plan| upgrade_to(plan, self.catalog)),
        })
    }
}

fn check_kind(feature: &FeatureCode, kind: FeatureKind) -> Result<(), Rejection> {
    match kind {
        FeatureKind::Capacity => Ok(()),
        FeatureKind::Flag | FeatureKind::Config | FeatureKind::Quota { .. } => {
            Err(Rejection::NotACapacity { feature: feature.clone(), kind: kind.as_str() })
        }
    }
}

impl CreditLedger {
    /// The level of a capacity.
    #[must_use]
    pub fn level(&self, feature: &FeatureCode) -> Quantity {
        self.levels.get(feature).copied().unwrap_or(Quantity::ZERO)
    }

    pub(super) fn decide_acquire(
        &self,
        asked: &Acquire,
        terms: &Terms,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let capacity = Capacity::find(&asked.feature, terms, context)?;
        let level = capacity.acquire(&asked.feature, self.level(&asked.feature), asked.quantity)?;

        // Past this line nothing may fail.
        let mut events = vec![Event::CapacityAcquired {
            feature: asked.feature.clone(),
            quantity: asked.quantity,
            level,
            limit: capacity.limit,
            plan: capacity.plan.code.clone(),
            catalog_version: capacity.catalog.version,
            actor: asked.actor.clone(),
        }];
        events.extend(self.capacity_alert(&asked.feature, capacity.limit, level, context));
        Ok(events)
    }

    /// What is acquired can be released whatever the plan says now.
    pub(super) fn decide_release_capacity(
        &self,
        asked: &Acquire,
        terms: &Terms,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let level = self.level(&asked.feature);
        if level.is_zero() {
            let unknown =
                || Rejection::UnknownFeature { feature: asked.feature.clone(), product: terms.product.clone() };
            let features = context.catalog.as_ref().map(|catalog| &catalog.definition.features);
            let feature = features.and_then(|features| features.get(&asked.feature)).ok_or_else(unknown)?;
            check_kind(&asked.feature, feature.kind)?;
        }
        if asked.quantity > level {
            let (feature, requested) = (asked.feature.clone(), asked.quantity);
            return Err(Rejection::ReleaseExceedsLevel { feature, level, requested });
        }

        // Past this line nothing may fail.
        Ok(vec![Event::CapacityReleased {
            feature: asked.feature.clone(),
            quantity: asked.quantity,
            level: level.less(asked.quantity),
            actor: asked.actor.clone(),
        }])
    }
}
