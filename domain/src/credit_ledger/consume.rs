//! Using some of a quota.

use jiff::Timestamp;

use super::allowance::{Allowance, Cover};
use super::{Consume, CreditLedger, Event, Rejection};
use crate::context::{Context, Terms};
use crate::id::HoldId;

impl CreditLedger {
    pub(super) fn decide_consume(
        &self,
        consume: &Consume,
        terms: &Terms,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        check_occurred(consume.occurred_at, terms, context)?;
        let allowance = self.allowance(&consume.feature, consume.actor.as_ref(), terms, context)?;
        let cover = self.cover(&consume.feature, consume.quantity, &allowance)?;

        // Past this line nothing may fail.
        let (window, total, included) = (allowance.window, allowance.total(), cover.included);
        let mut events = vec![consumed(consume, None, cover, &allowance)];
        events.extend(self.allowance_alert(&consume.feature, window, total, included, context));
        Ok(events)
    }
}

/// The event of a quantity that is covered.
pub(super) fn consumed(consume: &Consume, hold: Option<HoldId>, cover: Cover, allowance: &Allowance<'_>) -> Event {
    Event::FeatureConsumed {
        feature: consume.feature.clone(),
        quantity: consume.quantity,
        window: allowance.window,
        included: cover.included,
        limit: allowance.limit,
        carried: allowance.carried,
        overage: cover.overage,
        waived: cover.waived,
        plan: allowance.plan.code.clone(),
        catalog_version: allowance.catalog.version,
        hold,
        occurred_at: consume.occurred_at,
        actor: consume.actor.clone(),
        attributes: consume.attributes.clone(),
    }
}

/// What happened did so in the life of the organization up to now.
pub(super) fn check_occurred(
    occurred_at: Option<Timestamp>,
    terms: &Terms,
    context: &Context,
) -> Result<(), Rejection> {
    let Some(occurred_at) = occurred_at else { return Ok(()) };
    if occurred_at > context.now {
        return Err(Rejection::OccurredInFuture { occurred_at, now: context.now });
    }
    match terms.registered_at {
        Some(registered_at) if occurred_at < registered_at => {
            Err(Rejection::OccurredBeforeRegistration { occurred_at, registered_at })
        }
        Some(_) | None => Ok(()),
    }
}
