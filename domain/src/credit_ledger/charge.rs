//! How what is consumed was covered, and what of a hold was not needed.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Draw, Event};
use crate::calendar::Period;
use crate::id::FeatureCode;
use crate::money::{Credits, Money, Quantity};

/// What was charged in credits for a quantity past the allowance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CreditCharge {
    /// How much was past what is included.
    pub quantity: Quantity,
    /// Credits for one unit.
    #[cfg_attr(test, schemars(with = "String"))]
    pub rate: Decimal,
    /// Credits charged: quantity times rate, rounded once.
    pub charge: Credits,
    /// The lots they were taken from.
    pub draws: Vec<Draw>,
}

/// What is put on the next invoice for a quantity past the allowance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InvoiceCharge {
    /// How much was past what is included.
    pub quantity: Quantity,
    /// What all that is priced in the window costs with it, less what it cost before. Below zero where volume prices
    /// make the units before it cheaper.
    pub price: Money,
    /// The billing month it was decided in, whose sum goes on the invoice that follows; unknown of what was decided
    /// before months were written down.
    #[serde(default)]
    pub month: Option<Period>,
}

/// How a quantity past the allowance is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum OverageCharge {
    /// In credits, at once.
    Credits(CreditCharge),
    /// On the next invoice.
    Invoice(InvoiceCharge),
}

impl OverageCharge {
    /// How much was past the allowance.
    #[must_use]
    pub fn quantity(&self) -> Quantity {
        match self {
            Self::Credits(charge) => charge.quantity,
            Self::Invoice(charge) => charge.quantity,
        }
    }

    /// What was charged in credits, if it was.
    #[must_use]
    pub fn credits(&self) -> Option<&CreditCharge> {
        match self {
            Self::Credits(charge) => Some(charge),
            Self::Invoice(_) => None,
        }
    }

    /// What goes on the invoice, if it does.
    #[must_use]
    pub fn invoice(&self) -> Option<&InvoiceCharge> {
        match self {
            Self::Credits(_) => None,
            Self::Invoice(charge) => Some(charge),
        }
    }
}

/// What of a hold was not captured when it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unused {
    /// How much in all.
    pub quantity: Quantity,
    /// What of it the allowance had given; it gets it back while its window is open.
    pub included: Quantity,
    /// Credits that went back to their lots.
    pub returned: Vec<Draw>,
    /// Credits whose lots had expired meanwhile: they expired with the hold.
    pub expired: Vec<Draw>,
}

/// The facts of a consumption as it is in the log: what a reversal gives back. State keeps no past consumptions, so
/// whoever asks for a reversal reads the event by its position and hands it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumption {
    /// Its position in the partition of the organization.
    pub position: u64,
    /// The feature.
    pub feature: FeatureCode,
    /// How much in all.
    pub quantity: Quantity,
    /// The window it counted in.
    pub window: Period,
    /// How much of it was included.
    pub included: Quantity,
    /// What was past that, and how it was paid.
    pub overage: Option<OverageCharge>,
}

impl Consumption {
    /// The consumption an event tells of: a [`Event::FeatureConsumed`], or what a [`Event::HoldCaptured`] took from its
    /// hold. (What was captured besides is a consumption of its own.) `None` of any other event.
    #[must_use]
    pub fn of(position: u64, event: &Event) -> Option<Self> {
        match event {
            Event::FeatureConsumed { feature, quantity, window, included, overage, .. } => Some(Self {
                position,
                feature: feature.clone(),
                quantity: *quantity,
                window: *window,
                included: *included,
                overage: overage.clone(),
            }),
            Event::HoldCaptured { feature, quantity, window, included, credits, besides, .. } => Some(Self {
                position,
                feature: feature.clone(),
                quantity: quantity.less(*besides),
                window: *window,
                included: *included,
                overage: credits.clone().map(OverageCharge::Credits),
            }),
            Event::CreditsGranted { .. }
            | Event::GrantScheduled { .. }
            | Event::GrantCancelled { .. }
            | Event::CreditsRevoked { .. }
            | Event::CreditsDeducted { .. }
            | Event::LotExpired { .. }
            | Event::ConsumptionReversed { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldExtended { .. }
            | Event::HoldReleased { .. }
            | Event::HoldExpired { .. }
            | Event::CreditsClawedBack { .. }
            | Event::CommissionNetted { .. }
            | Event::CapacityAcquired { .. }
            | Event::CapacityReleased { .. }
            | Event::ThresholdsCrossed { .. }
            | Event::CapacityThresholdsCrossed { .. }
            | Event::CreditsRanLow { .. }
            | Event::AlertAcknowledged { .. }
            | Event::TopUpRuleSet { .. }
            | Event::TopUpRuleRemoved { .. }
            | Event::TopUpRequested { .. } => None,
        }
    }
}
