//! How a ledger decides: standing, then limits, then facts. What each command comes to is in the module of its noun.

use super::alert::{OpenAlert, credits_alert};
use super::hold::OpenHold;
use super::lots::{decide_grant, topped_up};
use super::window::OpenWindow;
use super::{Answer, Command, CreditLedger, Event, FeatureUse, HoldTold, LevelTold, Lot, OverageCharge, Rejection};
use crate::aggregate::{Aggregate, cqrs_aggregate};
use crate::context::{Context, Terms};
use crate::id::{FeatureCode, HoldId, LotId};
use crate::money::{Credits, Money};
use crate::organization::Status;

/// About what the texts of a lot, a hold, a window or an alert take in memory, beside the thing itself.
const IDS_BYTES: usize = 64;

impl Aggregate for CreditLedger {
    const TYPE: &'static str = "credit_ledger";
    const STATE_VERSION: i32 = 4;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Answer;

    fn decide(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        let terms = context.terms.as_ref().ok_or(Rejection::NotRegistered)?;
        if command.uses() {
            check_status(terms)?;
        }
        // Named before it is settled: afterwards it would be gone.
        if let Some(hold) = command.hold() {
            self.open_hold(hold, context.now)?;
        }
        let (mut events, settled) = self.settled(context.now);
        events.extend(settled.decide_settled(command, terms, context)?);

        // Past this line nothing may fail.
        let before = self.balance();
        let after = events.iter().fold(before, |balance, event| balance + event.balance_change());
        events.extend(credits_alert(before, after, context));
        events.extend(self.requested(&events, before, after, terms, context));
        Ok(events)
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, command: &Command, events: &[Event], context: &Context) -> Answer {
        let told = self.tell(events);
        // A hold that was so already is told, too.
        let hold = told.hold.or_else(|| command.hold().map(|hold| self.hold_told(hold)));
        Answer { lot: added(events, context), hold, ..told }
    }

    fn weight(&self) -> usize {
        size_of::<Self>()
            + (self.lots.len() + self.scheduled.len()) * (size_of::<Lot>() + IDS_BYTES)
            + self.windows.len() * (size_of::<OpenWindow>() + IDS_BYTES)
            + self.holds.len() * (size_of::<OpenHold>() + 2 * IDS_BYTES)
            + self.alerts.len() * (size_of::<OpenAlert>() + IDS_BYTES)
            + self.levels.len() * 2 * IDS_BYTES
    }
}

cqrs_aggregate!(CreditLedger);

/// The lot this decision adds; not one that was scheduled before and is due.
fn added(events: &[Event], context: &Context) -> Option<LotId> {
    let own = LotId::fresh(&context.unique());
    let is_own = |event: &Event| matches!(event, Event::CreditsGranted { lot, .. } | Event::GrantScheduled { lot, .. } if *lot == own);
    events.iter().any(is_own).then_some(own)
}

fn check_status(terms: &Terms) -> Result<(), Rejection> {
    match &terms.status {
        Status::Active => Ok(()),
        Status::Suspended { since, reason, .. } => Err(Rejection::Suspended { since: *since, reason: reason.clone() }),
    }
}

impl CreditLedger {
    /// Decides on a ledger in which nothing is due any more.
    fn decide_settled(&self, command: &Command, terms: &Terms, context: &Context) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::TopUp { amount, reference } => Ok(vec![topped_up(*amount, reference.as_ref(), context)]),
            Command::GrantCommission { commission, amount } => {
                Ok(self.decide_grant_commission(commission, *amount, context))
            }
            Command::ClawBack { commission, refund, amount } => Ok(self.decide_claw_back(commission, refund, *amount)),
            Command::Grant(grant) => decide_grant(grant, context),
            Command::Revoke { lot, amount, reason, actor } => self.decide_revoke(lot, *amount, reason, actor),
            Command::Adjust { change, reason, actor } => self.decide_adjust(*change, reason, actor, context),
            Command::Consume(consume) => self.decide_consume(consume, terms, context),
            Command::Reverse(reverse) => self.decide_reverse(reverse, context),
            Command::Hold(hold) => self.decide_hold(hold, terms, context),
            Command::Capture(capture) => self.decide_capture(capture, terms, context),
            Command::Release { hold } => self.decide_release(hold, context),
            Command::Extend { hold, expires_at } => self.decide_extend(hold, *expires_at, context),
            Command::Acquire(acquire) => self.decide_acquire(acquire, terms, context),
            Command::ReleaseCapacity(acquire) => self.decide_release_capacity(acquire, terms, context),
            Command::AcknowledgeAlert { alert, actor } => self.decide_acknowledge(alert, actor),
            Command::SetTopUpRule { rule, actor } => Ok(self.decide_set_rule(*rule, actor)),
            Command::RemoveTopUpRule { actor } => Ok(self.decide_remove_rule(actor)),
            Command::Settle => Ok(Vec::new()),
        }
    }

    fn tell(&self, events: &[Event]) -> Answer {
        let mut answer = Answer {
            balance: self.balance(),
            charged: Credits::ZERO,
            usage: None,
            price: None,
            lot: None,
            hold: None,
            level: None,
        };
        for event in events {
            self.tell_of(event, &mut answer);
        }
        answer
    }

    fn tell_of(&self, event: &Event, answer: &mut Answer) {
        match event {
            Event::FeatureConsumed { feature, overage, .. } => {
                answer.usage = self.usage_of(feature);
                answer.count(overage.as_ref());
            }
            Event::ConsumptionReversed { feature, .. } => answer.usage = self.usage_of(feature),
            Event::HoldPlaced { hold, feature, .. } => {
                answer.usage = self.usage_of(feature);
                answer.hold = Some(self.hold_told(hold));
            }
            Event::HoldCaptured { hold, feature, credits, .. } => {
                answer.usage = self.usage_of(feature);
                answer.hold = Some(self.hold_told(hold));
                answer.charged += credits.as_ref().map_or(Credits::ZERO, |credits| credits.charge);
            }
            Event::HoldReleased { hold, feature, .. } => {
                answer.usage = self.usage_of(feature);
                answer.hold = Some(self.hold_told(hold));
            }
            Event::HoldExtended { hold, .. } => answer.hold = Some(self.hold_told(hold)),
            Event::CapacityAcquired { feature, level, limit, .. } => {
                let (feature, level, limit) = (feature.clone(), *level, limit.quantity());
                answer.level = Some(LevelTold { feature, level, limit });
            }
            Event::CapacityReleased { feature, level, .. } => {
                answer.level = Some(LevelTold { feature: feature.clone(), level: *level, limit: None });
            }
            Event::CreditsGranted { .. }
            | Event::CreditsClawedBack { .. }
            | Event::CommissionNetted { .. }
            | Event::GrantScheduled { .. }
            | Event::GrantCancelled { .. }
            | Event::CreditsRevoked { .. }
            | Event::CreditsDeducted { .. }
            | Event::LotExpired { .. }
            | Event::HoldExpired { .. }
            | Event::ThresholdsCrossed { .. }
            | Event::CapacityThresholdsCrossed { .. }
            | Event::CreditsRanLow { .. }
            | Event::AlertAcknowledged { .. }
            | Event::TopUpRuleSet { .. }
            | Event::TopUpRuleRemoved { .. }
            | Event::TopUpRequested { .. } => {}
        }
    }

    fn usage_of(&self, feature: &FeatureCode) -> Option<FeatureUse> {
        let window = self.windows.get(feature)?;
        let limit = window.limit.quantity();
        Some(FeatureUse {
            feature: feature.clone(),
            used: window.used(),
            limit: limit.map(|limit| limit + window.carried),
            remaining: limit.map(|_| window.left()),
            resets_at: window.period.end,
            carried: window.carried,
        })
    }

    fn hold_told(&self, hold: &HoldId) -> HoldTold {
        let open = self.holds.get(hold);
        HoldTold {
            hold: hold.clone(),
            left: open.map(OpenHold::left).unwrap_or_default(),
            expires_at: open.map(|open| open.expires_at),
        }
    }
}

impl Answer {
    fn count(&mut self, overage: Option<&OverageCharge>) {
        match overage {
            Some(OverageCharge::Credits(charge)) => self.charged += charge.charge,
            Some(OverageCharge::Invoice(charge)) => {
                let sum = self.price.map_or(charge.price, |price| Money {
                    amount: price.amount + charge.price.amount,
                    currency: charge.price.currency,
                });
                self.price = Some(sum);
            }
            None => {}
        }
    }
}
