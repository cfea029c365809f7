//! What is told of each event of a ledger: one arm each, so that a new field is told, or left out on purpose.

use domain::catalog::Limit;
use domain::credit_ledger::{AlertSubject, Draw, Event, OverageCharge, Unused};
use domain::{Credits, FeatureCode, HoldId, Quantity};
use jiff::Timestamp;

use super::{LedgerFacts, Paid, Told};

/// The text of what is there.
fn text(thing: Option<&impl ToString>) -> Option<String> {
    thing.map(ToString::to_string)
}

fn limit_of(limit: &Limit) -> Option<String> {
    limit.quantity().map(|limit| limit.to_string())
}

/// A quantity, unless there is none of it.
fn some(quantity: &Quantity) -> Option<String> {
    (!quantity.is_zero()).then(|| quantity.to_string())
}

fn sum(draws: &[Draw]) -> String {
    draws.iter().map(|draw| draw.amount).sum::<Credits>().to_string()
}

impl LedgerFacts {
    pub(in crate::contract::data) fn of(event: &Event) -> Self {
        match event {
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
            } => Self::CreditsGranted {
                lot: lot.to_string(),
                kind: kind.as_str(),
                credits: amount.to_string(),
                priority: *priority,
                effective_from: *effective_from,
                expires_at: *expires_at,
                commission: text(commission.as_ref()),
                reference: text(reference.as_ref()),
                reason: text(reason.as_ref()),
                actor: text(actor.as_ref()),
            },
            Event::CreditsClawedBack { commission, refund, amount, lot: _, taken, owed } => Self::CreditsClawedBack {
                commission: commission.to_string(),
                refund: refund.to_string(),
                credits: amount.to_string(),
                taken: taken.to_string(),
                owed: owed.to_string(),
            },
            Event::CommissionNetted { commission, amount, owed } => Self::CommissionNetted {
                commission: commission.to_string(),
                credits: amount.to_string(),
                owed: owed.to_string(),
            },
            Event::GrantScheduled { lot, kind, amount, priority, effective_from, expires_at, reason, actor } => {
                Self::CreditsGranted {
                    lot: lot.to_string(),
                    kind: kind.as_str(),
                    credits: amount.to_string(),
                    priority: *priority,
                    effective_from: *effective_from,
                    expires_at: *expires_at,
                    commission: None,
                    reference: None,
                    reason: Some(reason.to_string()),
                    actor: Some(actor.to_string()),
                }
            }
            Event::GrantCancelled { lot, amount, reason, actor }
            | Event::CreditsRevoked { lot, amount, reason, actor } => Self::OfLot {
                lot: lot.to_string(),
                credits: amount.to_string(),
                reason: reason.to_string(),
                actor: actor.to_string(),
            },
            Event::CreditsDeducted { amount, draws: _, reason, actor } => Self::CreditsDeducted {
                credits: amount.to_string(),
                reason: reason.to_string(),
                actor: actor.to_string(),
            },
            Event::LotExpired { lot, amount, expired_at } => {
                Self::LotExpired { lot: lot.to_string(), credits: amount.to_string(), expired_at: *expired_at }
            }
            Event::HoldPlaced {
                hold,
                feature,
                quantity,
                window,
                included,
                credits,
                waived,
                expires_at,
                actor,
                plan,
                catalog_version,
                ..
            } => Self::HoldPlaced {
                hold: hold.to_string(),
                feature: feature.to_string(),
                quantity: quantity.to_string(),
                included: included.to_string(),
                credits: credits.as_ref().map(|reserved| reserved.charge.to_string()),
                waived: some(waived),
                window: window.into(),
                expires_at: *expires_at,
                actor: text(actor.as_ref()),
                plan: plan.to_string(),
                catalog_version: *catalog_version,
            },
            Event::HoldCaptured {
                hold,
                feature,
                quantity,
                window,
                included,
                credits,
                besides: _,
                waived,
                left,
                occurred_at,
                actor,
                attributes,
            } => Self::HoldCaptured {
                hold: hold.to_string(),
                feature: feature.to_string(),
                quantity: quantity.to_string(),
                included: included.to_string(),
                overage: credits.as_ref().map(Into::into),
                waived: some(waived),
                left: left.to_string(),
                window: window.into(),
                told: Told::of(*occurred_at, actor.as_ref(), attributes),
            },
            Event::HoldExtended { hold, expires_at } => {
                Self::HoldExtended { hold: hold.to_string(), expires_at: *expires_at }
            }
            Event::HoldReleased { hold, feature, window: _, unused } => Self::ended(hold, feature, unused, None),
            Event::HoldExpired { hold, feature, window: _, unused, expired_at } => {
                Self::ended(hold, feature, unused, Some(*expired_at))
            }
            Event::FeatureConsumed {
                feature,
                quantity,
                window,
                included,
                limit,
                carried,
                overage,
                waived,
                plan,
                catalog_version,
                hold,
                occurred_at,
                actor,
                attributes,
            } => Self::FeatureConsumed {
                feature: feature.to_string(),
                quantity: quantity.to_string(),
                included: included.to_string(),
                limit: limit_of(limit),
                carried: some(carried),
                paid: Paid::of(overage.as_ref()),
                waived: some(waived),
                window: window.into(),
                plan: plan.to_string(),
                catalog_version: *catalog_version,
                hold: text(hold.as_ref()),
                told: Told::of(*occurred_at, actor.as_ref(), attributes),
            },
            Event::ConsumptionReversed {
                position,
                feature,
                quantity,
                window,
                included,
                restored,
                overage,
                reason,
                actor,
            } => Self::ConsumptionReversed {
                consumption: position.to_string(),
                feature: feature.to_string(),
                quantity: quantity.to_string(),
                included: included.to_string(),
                restored: restored.to_string(),
                credits: overage.as_ref().and_then(OverageCharge::credits).map(|back| sum(&back.draws)),
                invoice: overage.as_ref().and_then(OverageCharge::invoice).map(Into::into),
                window: window.into(),
                reason: reason.to_string(),
                actor: actor.to_string(),
            },
            Event::CapacityAcquired { feature, quantity, level, limit, actor, .. } => Self::Capacity {
                feature: feature.to_string(),
                quantity: quantity.to_string(),
                level: level.to_string(),
                limit: limit_of(limit),
                actor: text(actor.as_ref()),
            },
            Event::CapacityReleased { feature, quantity, level, actor } => Self::Capacity {
                feature: feature.to_string(),
                quantity: quantity.to_string(),
                level: level.to_string(),
                limit: None,
                actor: text(actor.as_ref()),
            },
            Event::ThresholdsCrossed { alert, feature, window, thresholds, used, limit } => Self::ThresholdsCrossed {
                alert: alert.to_string(),
                feature: feature.to_string(),
                thresholds: thresholds.clone(),
                used: used.to_string(),
                limit: limit.to_string(),
                window: window.into(),
            },
            Event::CapacityThresholdsCrossed { alert, feature, thresholds, level, limit } => {
                Self::CapacityThresholdsCrossed {
                    alert: alert.to_string(),
                    feature: feature.to_string(),
                    thresholds: thresholds.clone(),
                    level: level.to_string(),
                    limit: limit.to_string(),
                }
            }
            Event::CreditsRanLow { alert, below, balance } => {
                Self::CreditsRanLow { alert: alert.to_string(), below: below.to_string(), balance: balance.to_string() }
            }
            Event::AlertAcknowledged { alert, subject, actor } => Self::AlertAcknowledged {
                alert: alert.to_string(),
                feature: match subject {
                    AlertSubject::Allowance { feature, .. } | AlertSubject::Capacity { feature, .. } => {
                        Some(feature.to_string())
                    }
                    AlertSubject::CreditsLow => None,
                },
                actor: actor.to_string(),
            },
            Event::TopUpRuleSet { rule, actor } => Self::TopUpRuleSet {
                below: rule.below.to_string(),
                credits: rule.amount.to_string(),
                monthly_max: rule.monthly_max.get(),
                actor: actor.to_string(),
            },
            Event::TopUpRuleRemoved { actor } => Self::TopUpRuleRemoved { actor: actor.to_string() },
            Event::TopUpRequested { amount, below, balance, month, number } => Self::TopUpRequested {
                credits: amount.to_string(),
                below: below.to_string(),
                balance: balance.to_string(),
                number: *number,
                month: month.into(),
            },
        }
    }

    fn ended(hold: &HoldId, feature: &FeatureCode, unused: &Unused, expired_at: Option<Timestamp>) -> Self {
        Self::HoldEnded {
            hold: hold.to_string(),
            feature: feature.to_string(),
            quantity: unused.quantity.to_string(),
            credits: sum(&unused.returned),
            expired_at,
        }
    }
}
