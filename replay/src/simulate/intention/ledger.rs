//! What was asked of a ledger.

use domain::credit_ledger::{
    Acquire, Adjustment, Capture, Command, Consume, Draw, Event, Grant, Hold, LotKind, OverageCharge, Rest,
    ReturnedPayment,
};
use domain::{ActorId, Credits, LotId, Quantity, ReasonText};

/// What somebody wanted of a ledger.
pub(in super::super) enum Wanted {
    Command(Command),
    /// To have a consumption given back: which one that is in a world is looked up there.
    Reversal {
        position: u64,
        quantity: Quantity,
        reason: ReasonText,
        actor: ActorId,
    },
}

/// What the own events of a decision come from.
pub(in super::super) fn wanted(own: &[(i64, Event)]) -> Wanted {
    let Some((_, first)) = own.first() else { return Wanted::Command(Command::Settle) };
    Wanted::Command(match first {
        Event::ConsumptionReversed { position, quantity, reason, actor, .. } => {
            let (reason, actor) = (reason.clone(), actor.clone());
            return Wanted::Reversal { position: *position, quantity: *quantity, reason, actor };
        }
        Event::CreditsGranted { .. } | Event::GrantScheduled { .. } => granted(first),
        Event::CommissionNetted { commission, amount, .. } => {
            let rest = own.iter().find_map(|(_, event)| match event {
                Event::CreditsGranted { kind: LotKind::Commission, amount, .. } => Some(*amount),
                _ => None,
            });
            let amount = *amount + rest.unwrap_or(Credits::ZERO);
            Command::GrantCommission { commission: commission.clone(), amount }
        }
        Event::CreditsClawedBack { commission, refund, amount, .. } => {
            Command::ClawBack { commission: commission.clone(), refund: refund.clone(), amount: *amount }
        }
        Event::InvoicePaidFromCredits { invoice, amount, .. } => {
            Command::PayInvoice { invoice: invoice.clone(), amount: Some(*amount) }
        }
        Event::InvoicePaymentReturned { .. } => returned(first),
        Event::GrantCancelled { lot, amount, reason, actor } | Event::CreditsRevoked { lot, amount, reason, actor } => {
            let (lot, reason, actor) = (lot.clone(), reason.clone(), actor.clone());
            Command::Revoke { lot, amount: Some(*amount), reason, actor }
        }
        Event::CreditsDeducted { amount, reason, actor, .. } => {
            Command::Adjust { change: Adjustment::Down(*amount), reason: reason.clone(), actor: actor.clone() }
        }
        Event::FeatureConsumed { .. } | Event::HoldPlaced { .. } | Event::HoldCaptured { .. } => used(first, own),
        Event::HoldExtended { hold, expires_at } => Command::Extend { hold: hold.clone(), expires_at: *expires_at },
        Event::HoldReleased { hold, .. } => Command::Release { hold: hold.clone() },
        Event::CapacityAcquired { feature, quantity, actor, .. } => {
            Command::Acquire(Acquire { feature: feature.clone(), quantity: *quantity, actor: actor.clone() })
        }
        Event::CapacityReleased { feature, quantity, actor, .. } => {
            Command::ReleaseCapacity(Acquire { feature: feature.clone(), quantity: *quantity, actor: actor.clone() })
        }
        Event::AlertAcknowledged { alert, actor, .. } => {
            Command::AcknowledgeAlert { alert: alert.clone(), actor: actor.clone() }
        }
        Event::TopUpRuleSet { rule, actor } => Command::SetTopUpRule { rule: *rule, actor: actor.clone() },
        Event::TopUpRuleRemoved { actor } => Command::RemoveTopUpRule { actor: actor.clone() },
        // They only follow from others, or from time.
        Event::LotExpired { .. }
        | Event::HoldExpired { .. }
        | Event::ThresholdsCrossed { .. }
        | Event::CapacityThresholdsCrossed { .. }
        | Event::CreditsRanLow { .. }
        | Event::TopUpRequested { .. } => Command::Settle,
    })
}

/// What came back of a payment from credits. What the lots it was drawn from had no place for is drawn from none there is.
fn returned(event: &Event) -> Command {
    let Event::InvoicePaymentReturned { invoice, amount, credits, draws } = event else { return Command::Settle };
    let mut draws = draws.clone();
    let rest = draws.iter().fold(*credits, |rest, draw| rest - draw.amount);
    if rest > Credits::ZERO
        && let Ok(lot) = LotId::new("lot_gone")
    {
        draws.push(Draw { lot, amount: rest });
    }
    Command::ReturnInvoicePayment(ReturnedPayment { invoice: invoice.clone(), amount: *amount, draws })
}

fn granted(event: &Event) -> Command {
    match event {
        Event::CreditsGranted { commission: Some(commission), amount, .. } => {
            Command::GrantCommission { commission: commission.clone(), amount: *amount }
        }
        Event::CreditsGranted {
            kind,
            amount,
            priority,
            effective_from,
            expires_at,
            reason: Some(reason),
            actor: Some(actor),
            ..
        }
        | Event::GrantScheduled { kind, amount, priority, effective_from, expires_at, reason, actor, .. } => {
            Command::Grant(Grant {
                amount: *amount,
                kind: *kind,
                priority: Some(*priority),
                effective_from: Some(*effective_from),
                expires_at: *expires_at,
                reason: reason.clone(),
                actor: actor.clone(),
            })
        }
        Event::CreditsGranted { amount, reference, .. } => {
            Command::TopUp { amount: *amount, reference: reference.clone() }
        }
        _ => Command::Settle,
    }
}

fn used(first: &Event, own: &[(i64, Event)]) -> Command {
    match first {
        Event::FeatureConsumed { feature, quantity, occurred_at, actor, attributes, .. } => Command::Consume(Consume {
            feature: feature.clone(),
            quantity: *quantity,
            occurred_at: *occurred_at,
            actor: actor.clone(),
            attributes: attributes.clone(),
        }),
        Event::HoldPlaced { feature, quantity, expires_at, actor, .. } => Command::Hold(Hold {
            feature: feature.clone(),
            quantity: *quantity,
            expires_at: *expires_at,
            actor: actor.clone(),
        }),
        Event::HoldCaptured { hold, quantity, besides, occurred_at, attributes, .. } => {
            // What was taken above the hold stands beside what the hold had not paid for.
            let more = own.iter().find_map(|(_, event)| match event {
                Event::FeatureConsumed { hold: Some(of), quantity, .. } if of == hold => Some(*quantity),
                _ => None,
            });
            let above = more.map_or(Quantity::ZERO, |more| more.less(*besides));
            let let_go =
                |(_, event): &(i64, Event)| matches!(event, Event::HoldReleased { hold: of, .. } if of == hold);
            Command::Capture(Capture {
                hold: hold.clone(),
                quantity: *quantity + above,
                rest: if own.iter().any(let_go) { Rest::Release } else { Rest::Keep },
                occurred_at: *occurred_at,
                attributes: attributes.clone(),
            })
        }
        _ => Command::Settle,
    }
}

/// What a charge in credits comes to.
pub(in super::super) fn credits_of(overage: Option<&OverageCharge>) -> Credits {
    overage.and_then(OverageCharge::credits).map_or(Credits::ZERO, |charge| charge.charge)
}
