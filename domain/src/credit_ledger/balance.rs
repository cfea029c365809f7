//! What events do to the balance: the whole of a statement can be told from them.

use super::charge::{CreditCharge, OverageCharge};
use super::{Event, lot};
use crate::money::Credits;

impl Event {
    /// By how many credits the balance is higher after it; below zero if it is lower. The balance of a ledger is the
    /// sum of these over its events: what a hold reserves cannot be spent, so it is not in the balance.
    #[must_use]
    pub fn balance_change(&self) -> Credits {
        let less = |amount: Credits| Credits::ZERO - amount;
        let drawn = |charge: Option<&CreditCharge>| charge.map_or(Credits::ZERO, |charge| charge.charge);
        match self {
            Self::CreditsGranted { amount, .. } => *amount,
            Self::CreditsClawedBack { taken, .. } => less(*taken),
            Self::CreditsRevoked { amount, .. }
            | Self::CreditsDeducted { amount, .. }
            | Self::LotExpired { amount, .. } => less(*amount),
            Self::FeatureConsumed { overage, .. } => less(drawn(overage.as_ref().and_then(OverageCharge::credits))),
            Self::HoldPlaced { credits, .. } => less(drawn(credits.as_ref())),
            Self::HoldReleased { unused, .. } | Self::HoldExpired { unused, .. } => lot::sum(&unused.returned),
            Self::ConsumptionReversed { overage, .. } => {
                let back = overage.as_ref().and_then(OverageCharge::credits);
                back.map_or(Credits::ZERO, |back| lot::sum(&back.draws))
            }
            Self::CommissionNetted { .. }
            | Self::GrantScheduled { .. }
            | Self::GrantCancelled { .. }
            | Self::HoldCaptured { .. }
            | Self::HoldExtended { .. }
            | Self::CapacityAcquired { .. }
            | Self::CapacityReleased { .. }
            | Self::ThresholdsCrossed { .. }
            | Self::CapacityThresholdsCrossed { .. }
            | Self::CreditsRanLow { .. }
            | Self::AlertAcknowledged { .. }
            | Self::TopUpRuleSet { .. }
            | Self::TopUpRuleRemoved { .. }
            | Self::TopUpRequested { .. } => Credits::ZERO,
        }
    }
}
