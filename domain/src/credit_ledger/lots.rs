//! Credits that come and go by themselves: bought, earned, granted, revoked, corrected.

use super::lot::{self, LotKind, PRIORITY_DEFAULT, Scheduled};
use super::{Adjustment, CreditLedger, Event, Grant, Lot, Rejection};
use crate::context::Context;
use crate::id::{ActorId, CommissionId, LotId, Reference};
use crate::money::Credits;
use crate::text::ReasonText;

pub(super) fn topped_up(amount: Credits, reference: Option<&Reference>, context: &Context) -> Event {
    Event::CreditsGranted {
        lot: LotId::fresh(&context.unique()),
        kind: LotKind::Purchased,
        amount,
        priority: PRIORITY_DEFAULT,
        effective_from: context.now,
        expires_at: None,
        commission: None,
        reference: reference.cloned(),
        reason: None,
        actor: None,
    }
}

pub(super) fn commission_granted(commission: &CommissionId, amount: Credits, context: &Context) -> Event {
    Event::CreditsGranted {
        lot: LotId::fresh(&context.unique()),
        kind: LotKind::Commission,
        amount,
        priority: PRIORITY_DEFAULT,
        effective_from: context.now,
        expires_at: None,
        commission: Some(commission.clone()),
        reference: None,
        reason: None,
        actor: None,
    }
}

/// Credits that come back and whose own lots are gone.
pub(super) fn refunded(amount: Credits, context: &Context) -> Event {
    Event::CreditsGranted {
        lot: LotId::fresh(&context.unique()),
        kind: LotKind::Refund,
        amount,
        priority: PRIORITY_DEFAULT,
        effective_from: context.now,
        expires_at: None,
        commission: None,
        reference: None,
        reason: None,
        actor: None,
    }
}

/// A lot that somebody adds by hand, to be spent at once, for ever.
pub(super) fn given(kind: LotKind, amount: Credits, reason: &ReasonText, actor: &ActorId, context: &Context) -> Event {
    Event::CreditsGranted {
        lot: LotId::fresh(&context.unique()),
        kind,
        amount,
        priority: PRIORITY_DEFAULT,
        effective_from: context.now,
        expires_at: None,
        commission: None,
        reference: None,
        reason: Some(reason.clone()),
        actor: Some(actor.clone()),
    }
}

pub(super) fn decide_grant(grant: &Grant, context: &Context) -> Result<Vec<Event>, Rejection> {
    let effective_from = grant.effective_from.unwrap_or(context.now);
    let begins = effective_from.max(context.now);
    if let Some(expires_at) = grant.expires_at.filter(|expires_at| *expires_at <= begins) {
        return Err(Rejection::LotExpiresTooSoon { expires_at, begins });
    }

    // Past this line nothing may fail.
    let (lot, priority) = (LotId::fresh(&context.unique()), grant.priority.unwrap_or(PRIORITY_DEFAULT));
    let Grant { amount, kind, expires_at, reason, actor, .. } = grant.clone();
    Ok(vec![if effective_from > context.now {
        Event::GrantScheduled { lot, kind, amount, priority, effective_from, expires_at, reason, actor }
    } else {
        let (reason, actor) = (Some(reason), Some(actor));
        let (commission, reference) = (None, None);
        Event::CreditsGranted {
            lot,
            kind,
            amount,
            priority,
            effective_from,
            expires_at,
            commission,
            reference,
            reason,
            actor,
        }
    }])
}

impl CreditLedger {
    pub(super) fn decide_revoke(
        &self,
        lot: &LotId,
        amount: Option<Credits>,
        reason: &ReasonText,
        actor: &ActorId,
    ) -> Result<Vec<Event>, Rejection> {
        let scheduled = self.scheduled.iter().find(|scheduled| scheduled.id == *lot).map(|scheduled| scheduled.amount);
        let left = self.lots.iter().find(|known| known.id == *lot).map(|known| known.left);
        let left = left.or(scheduled).filter(|left| *left > Credits::ZERO);
        let left = left.ok_or_else(|| Rejection::UnknownLot { lot: lot.clone() })?;
        let amount = amount.unwrap_or(left);
        if amount > left {
            return Err(Rejection::RevokeExceedsLot { lot: lot.clone(), left, requested: amount });
        }

        // Past this line nothing may fail.
        let (lot, reason, actor) = (lot.clone(), reason.clone(), actor.clone());
        Ok(vec![match scheduled {
            Some(_) => Event::GrantCancelled { lot, amount, reason, actor },
            None => Event::CreditsRevoked { lot, amount, reason, actor },
        }])
    }

    pub(super) fn decide_adjust(
        &self,
        change: Adjustment,
        reason: &ReasonText,
        actor: &ActorId,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let amount = match change {
            Adjustment::Up(amount) => return Ok(vec![given(LotKind::Granted, amount, reason, actor, context)]),
            Adjustment::Down(amount) => amount,
        };
        let short = || Rejection::InsufficientCredits { balance: self.balance(), required: amount };
        let draws = lot::draw(&self.lots, amount).ok_or_else(short)?;

        // Past this line nothing may fail.
        Ok(vec![Event::CreditsDeducted { amount, draws, reason: reason.clone(), actor: actor.clone() }])
    }

    pub(super) fn schedule(&mut self, scheduled: Scheduled) {
        let place = self.scheduled.partition_point(|other| other.effective_from <= scheduled.effective_from);
        self.scheduled.insert(place, scheduled);
    }

    pub(super) fn cancel(&mut self, lot: &LotId, amount: Credits) {
        if let Some(scheduled) = self.scheduled.iter_mut().find(|scheduled| scheduled.id == *lot) {
            scheduled.amount -= amount;
        }
        self.scheduled.retain(|scheduled| scheduled.amount > Credits::ZERO);
    }

    /// Adds a lot; if it was scheduled, it is that no more.
    pub(super) fn add(&mut self, lot: Lot) {
        self.scheduled.retain(|scheduled| scheduled.id != lot.id);
        if lot.kind == LotKind::Purchased {
            self.top_ups.awaited = false;
        }
        lot::insert_in_order(&mut self.lots, lot);
    }
}

impl Scheduled {
    /// It is due.
    pub(super) fn granted(&self) -> Event {
        Event::CreditsGranted {
            lot: self.id.clone(),
            kind: self.kind,
            amount: self.amount,
            priority: self.priority,
            effective_from: self.effective_from,
            expires_at: self.expires_at,
            commission: None,
            reference: None,
            reason: Some(self.reason.clone()),
            actor: Some(self.actor.clone()),
        }
    }
}
