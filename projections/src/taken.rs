//! What an event took of an allowance and past it, or gave back: the numbers that projections of usage add up.

use domain::Money;
use domain::credit_ledger::{Event as LedgerEvent, OverageCharge};
use rust_decimal::Decimal;

/// What is to be added; below zero where something was given back.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Taken {
    /// How many times something was used: what a hold had not reserved is not counted apart from its capture, and what
    /// was given back stays counted.
    pub(crate) consumptions: i16,
    /// All that counts as used: included and past it.
    pub(crate) used: Decimal,
    /// How much of it the plan included.
    pub(crate) included: Decimal,
    /// How much of it was past that.
    pub(crate) overage: Decimal,
    /// What an administrator used besides.
    pub(crate) waived: Decimal,
    /// Credits for what was past the allowance.
    pub(crate) charged: Decimal,
    /// What of it goes on the invoice.
    pub(crate) price: Option<Money>,
}

impl Taken {
    /// What an event took; `None` of one that took nothing. A hold takes nothing until it is captured.
    pub(crate) fn of(event: &LedgerEvent) -> Option<Self> {
        match event {
            LedgerEvent::FeatureConsumed { quantity, included, overage, waived, hold, .. } => {
                let taken = Self {
                    consumptions: i16::from(hold.is_none()),
                    used: quantity.amount() - waived.amount(),
                    included: included.amount(),
                    waived: waived.amount(),
                    ..Self::default()
                };
                Some(taken.and_past_it(overage.as_ref(), Decimal::ONE))
            }
            LedgerEvent::HoldCaptured { quantity, included, credits, besides, waived, .. } => {
                let taken = Self {
                    consumptions: 1,
                    used: quantity.amount() - besides.amount() - waived.amount(),
                    included: included.amount(),
                    waived: waived.amount(),
                    ..Self::default()
                };
                let charge = credits.clone().map(OverageCharge::Credits);
                Some(taken.and_past_it(charge.as_ref(), Decimal::ONE))
            }
            LedgerEvent::ConsumptionReversed { quantity, included, overage, .. } => {
                let past = overage.as_ref().map_or(Decimal::ZERO, |overage| overage.quantity().amount());
                let taken = Self {
                    used: -(included.amount() + past),
                    included: -included.amount(),
                    waived: -(quantity.amount() - included.amount() - past),
                    ..Self::default()
                };
                Some(taken.and_past_it(overage.as_ref(), Decimal::NEGATIVE_ONE))
            }
            LedgerEvent::CreditsGranted { .. }
            | LedgerEvent::CreditsClawedBack { .. }
            | LedgerEvent::CommissionNetted { .. }
            | LedgerEvent::GrantScheduled { .. }
            | LedgerEvent::GrantCancelled { .. }
            | LedgerEvent::CreditsRevoked { .. }
            | LedgerEvent::CreditsDeducted { .. }
            | LedgerEvent::LotExpired { .. }
            | LedgerEvent::HoldPlaced { .. }
            | LedgerEvent::HoldExtended { .. }
            | LedgerEvent::HoldReleased { .. }
            | LedgerEvent::HoldExpired { .. }
            | LedgerEvent::CapacityAcquired { .. }
            | LedgerEvent::CapacityReleased { .. }
            | LedgerEvent::ThresholdsCrossed { .. }
            | LedgerEvent::CapacityThresholdsCrossed { .. }
            | LedgerEvent::CreditsRanLow { .. }
            | LedgerEvent::AlertAcknowledged { .. }
            | LedgerEvent::TopUpRuleSet { .. }
            | LedgerEvent::TopUpRuleRemoved { .. }
            | LedgerEvent::TopUpRequested { .. } => None,
        }
    }

    /// With what was past the allowance, paid or given back.
    fn and_past_it(mut self, overage: Option<&OverageCharge>, sign: Decimal) -> Self {
        let Some(overage) = overage else { return self };
        self.overage = sign * overage.quantity().amount();
        match overage {
            OverageCharge::Credits(charge) => self.charged = sign * charge.charge.amount(),
            OverageCharge::Invoice(charge) => {
                let Money { amount, currency } = charge.price;
                self.price = Some(Money { amount: sign * amount, currency });
            }
        }
        self
    }
}
