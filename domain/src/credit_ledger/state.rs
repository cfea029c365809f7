//! What is known of a ledger: lots, holds, levels, and how much of each feature was used in the newest window.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::alert::{AlertSubject, OpenAlert};
use super::hold::{HeldPast, OpenHold};
use super::lot::{self, Lot, Scheduled};
use super::top_up::{TopUpRule, TopUps};
use super::window::OpenWindow;
use super::{CreditCharge, Event, Metered, OverageCharge};
use crate::id::{FeatureCode, HoldId, LotId};
use crate::money::{Credits, Money, Quantity};

/// An organization's ledger.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CreditLedger {
    /// In burn-down order, none without credits left or held.
    pub(super) lots: Vec<Lot>,
    /// Lots that will be there later, in the order in which they will.
    pub(super) scheduled: Vec<Scheduled>,
    /// The newest window of each feature that was ever used.
    pub(super) windows: BTreeMap<FeatureCode, OpenWindow>,
    /// The holds that are not resolved.
    pub(super) holds: BTreeMap<HoldId, OpenHold>,
    /// The levels of capacities that are not zero.
    pub(super) levels: BTreeMap<FeatureCode, Quantity>,
    /// The newest alerts that nobody has acknowledged, the oldest first.
    pub(super) alerts: Vec<OpenAlert>,
    /// The rule by which credits are bought.
    pub(super) top_ups: TopUps,
    /// What goes on invoices.
    pub(super) metered: Metered,
    /// What was clawed back of commissions and could not be taken.
    pub(super) owed: Credits,
}

/// What the caller is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Credits that can be spent.
    pub balance: Credits,
    /// Credits this command charged.
    pub charged: Credits,
    /// The feature that was consumed or held, as it stands now.
    pub usage: Option<FeatureUse>,
    /// What this command put on the next invoice.
    #[serde(default)]
    pub price: Option<Money>,
    /// The lot this command added, or will add.
    #[serde(default)]
    pub lot: Option<LotId>,
    /// The hold this command was about.
    #[serde(default)]
    pub hold: Option<HoldTold>,
    /// The capacity this command was about.
    #[serde(default)]
    pub level: Option<LevelTold>,
}

/// How much of a feature was used in its window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureUse {
    /// The feature.
    pub feature: FeatureCode,
    /// All that was used or is held, included and past it.
    pub used: Quantity,
    /// What is included, with what was carried into the window; `None` if unlimited.
    pub limit: Option<Quantity>,
    /// What is left of it; `None` if unlimited.
    pub remaining: Option<Quantity>,
    /// When the window turns over.
    pub resets_at: Timestamp,
    /// What was carried into the window.
    #[serde(default)]
    pub carried: Quantity,
}

/// A hold, as it stands after a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoldTold {
    /// The hold.
    pub hold: HoldId,
    /// How much it still reserves; nothing once it is resolved.
    pub left: Quantity,
    /// When it lets go by itself; `None` once it is resolved.
    pub expires_at: Option<Timestamp>,
}

/// A capacity, as it stands after a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelTold {
    /// The feature.
    pub feature: FeatureCode,
    /// Its level.
    pub level: Quantity,
    /// The highest there may be, if the command asked for it and it is not unlimited.
    pub limit: Option<Quantity>,
}

impl CreditLedger {
    /// Credits that can be spent: what lots have left and holds do not reserve.
    #[must_use]
    pub fn balance(&self) -> Credits {
        self.lots.iter().map(|lot| lot.left).sum()
    }

    /// The lots that are not spent, in burn-down order.
    #[must_use]
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    /// The lots that will be there later.
    #[must_use]
    pub fn scheduled(&self) -> &[Scheduled] {
        &self.scheduled
    }

    /// The newest alerts that nobody has acknowledged, the oldest first.
    #[must_use]
    pub fn alerts(&self) -> &[OpenAlert] {
        &self.alerts
    }

    /// What goes on invoices, month by month.
    #[must_use]
    pub fn metered(&self) -> &Metered {
        &self.metered
    }

    /// The rule by which credits are bought.
    #[must_use]
    pub fn top_up_rule(&self) -> Option<TopUpRule> {
        self.top_ups.rule
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::CreditsGranted { .. } | Event::GrantScheduled { .. } => self.take_in_grant(event),
            Event::GrantCancelled { lot, amount, .. } => self.cancel(lot, *amount),
            Event::CreditsClawedBack { lot, taken, owed, .. } => {
                let draw = lot.as_ref().map(|lot| lot::Draw { lot: lot.clone(), amount: *taken });
                lot::spend(&mut self.lots, draw.as_slice());
                self.owed = *owed;
            }
            Event::CommissionNetted { owed, .. } => self.owed = *owed,
            Event::CreditsRevoked { lot, amount, .. } | Event::LotExpired { lot, amount, .. } => {
                lot::spend(&mut self.lots, &[lot::Draw { lot: lot.clone(), amount: *amount }]);
            }
            Event::CreditsDeducted { draws, .. } => lot::spend(&mut self.lots, draws),
            Event::FeatureConsumed { feature, window, included, limit, carried, overage, .. } => {
                self.open(feature, *window, *limit, *carried).consume(*included, overage.as_ref());
                let charged = overage.as_ref().and_then(OverageCharge::credits);
                lot::spend(&mut self.lots, charged.map_or(&[], |charge| &charge.draws));
                self.metered.charge(feature, overage.as_ref());
            }
            Event::ConsumptionReversed { feature, window, restored, overage, .. } => {
                let past = overage.as_ref().map_or(Quantity::ZERO, OverageCharge::quantity);
                if let Some(window) = self.window_mut(feature, *window) {
                    window.give_back(*restored, past);
                }
                let charged = overage.as_ref().and_then(OverageCharge::credits);
                lot::give_back(&mut self.lots, charged.map_or(&[], |charge| &charge.draws));
                self.metered.give_back(feature, overage.as_ref());
            }
            Event::HoldPlaced { .. } => self.take_in_hold(event),
            Event::HoldCaptured { hold, quantity, included, credits, besides, .. } => {
                self.take_in_capture(hold, *quantity, *included, credits.as_ref(), *besides);
            }
            Event::HoldExtended { hold, expires_at } => {
                self.holds.entry(hold.clone()).and_modify(|hold| hold.expires_at = *expires_at);
            }
            Event::HoldReleased { hold, unused, .. } | Event::HoldExpired { hold, unused, .. } => {
                self.let_go(hold, unused);
            }
            Event::CapacityAcquired { feature, level, .. } | Event::CapacityReleased { feature, level, .. } => {
                self.levels.insert(feature.clone(), *level);
                self.levels.retain(|_, level| !level.is_zero());
            }
            Event::ThresholdsCrossed { alert, feature, window, thresholds, .. } => {
                if let Some(open) = self.window_mut(feature, *window) {
                    open.crossed.extend(thresholds);
                }
                let (feature, thresholds) = (feature.clone(), thresholds.clone());
                self.raise(alert, AlertSubject::Allowance { feature, window: *window, thresholds });
            }
            Event::CapacityThresholdsCrossed { alert, feature, thresholds, .. } => {
                let (feature, thresholds) = (feature.clone(), thresholds.clone());
                self.raise(alert, AlertSubject::Capacity { feature, thresholds });
            }
            Event::CreditsRanLow { alert, .. } => self.raise(alert, AlertSubject::CreditsLow),
            Event::AlertAcknowledged { alert, .. } => self.alerts.retain(|open| open.alert != *alert),
            Event::TopUpRuleSet { rule, .. } => self.top_ups.set(*rule),
            Event::TopUpRuleRemoved { .. } => self.top_ups.rule = None,
            Event::TopUpRequested { month, number, .. } => self.top_ups.count(*month, *number),
        }
    }

    fn take_in_grant(&mut self, event: &Event) {
        if let Event::CreditsGranted { lot, kind, amount, priority, effective_from, expires_at, commission, .. } = event
        {
            self.add(Lot {
                id: lot.clone(),
                kind: *kind,
                priority: *priority,
                effective_from: *effective_from,
                expires_at: *expires_at,
                left: *amount,
                held: Credits::ZERO,
                commission: commission.clone(),
            });
        }
        if let Event::GrantScheduled { lot, kind, amount, priority, effective_from, expires_at, reason, actor } = event
        {
            self.schedule(Scheduled {
                id: lot.clone(),
                kind: *kind,
                amount: *amount,
                priority: *priority,
                effective_from: *effective_from,
                expires_at: *expires_at,
                reason: reason.clone(),
                actor: actor.clone(),
            });
        }
    }

    fn take_in_hold(&mut self, event: &Event) {
        let Event::HoldPlaced {
            hold,
            feature,
            quantity,
            window,
            included,
            limit,
            carried,
            credits,
            waived,
            expires_at,
            actor,
            ..
        } = event
        else {
            return;
        };
        let open = self.open(feature, *window, *limit, *carried);
        open.held = open.held + *included;
        open.held_past = open.held_past + quantity.less(*included).less(*waived);
        let past = match credits {
            Some(CreditCharge { rate, draws, .. }) => HeldPast::Credits { rate: *rate, draws: draws.clone() },
            None if waived.is_zero() => HeldPast::Later,
            None => HeldPast::Waived,
        };
        let (feature, actor) = (feature.clone(), actor.clone());
        let (quantity, captured, included, expires_at) = (*quantity, Quantity::ZERO, *included, *expires_at);
        let placed = OpenHold { feature, window: *window, quantity, captured, included, past, expires_at, actor };
        self.place(hold, placed);
    }

    fn take_in_capture(
        &mut self,
        id: &HoldId,
        quantity: Quantity,
        included: Quantity,
        credits: Option<&CreditCharge>,
        besides: Quantity,
    ) {
        let charge = credits.map_or(Credits::ZERO, |credits| credits.charge);
        lot::spend_held(&mut self.lots, credits.map_or(&[], |credits| &credits.draws));
        let Some(hold) = self.holds.get_mut(id) else { return };
        hold.capture(quantity, charge);
        let (feature, window, is_over) = (hold.feature.clone(), hold.window, hold.left().is_zero());
        if let Some(window) = self.window_mut(&feature, window) {
            let past = credits.map_or(Quantity::ZERO, |credits| credits.quantity);
            window.capture(included, past, besides);
        }
        if is_over {
            self.holds.remove(id);
        }
    }
}
