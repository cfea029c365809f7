//! What may have happened to a ledger.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Draw, LotKind};
use crate::aggregate::domain_event;
use crate::calendar::Period;
use crate::catalog::Limit;
use crate::id::{CommissionId, FeatureCode, LotId, PlanCode, Reference};
use crate::money::{Credits, Quantity};

/// What was charged past the included quantity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OverageCharge {
    /// How much of the consumption was past what is included.
    pub quantity: Quantity,
    /// Credits for one unit.
    #[cfg_attr(test, schemars(with = "String"))]
    pub rate: Decimal,
    /// Credits charged: quantity times rate, rounded once.
    pub charge: Credits,
    /// The lots they were taken from.
    pub draws: Vec<Draw>,
}

/// An event of an organization's ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// A credit lot was added.
    CreditsGranted {
        /// The lot.
        lot: LotId,
        /// Where its credits come from.
        kind: LotKind,
        /// How many.
        amount: Credits,
        /// The lowest number burns down first.
        priority: u8,
        /// The commission it pays, for a lot of that kind.
        commission: Option<CommissionId>,
        /// What the purchase is called where it was made.
        reference: Option<Reference>,
    },
    /// Some of a feature was used.
    FeatureConsumed {
        /// The feature.
        feature: FeatureCode,
        /// How much in all.
        quantity: Quantity,
        /// The window it counts in.
        window: Period,
        /// How much of it was included in the plan.
        included: Quantity,
        /// What the plan includes in the window.
        limit: Limit,
        /// What was past it, and its price.
        overage: Option<OverageCharge>,
        /// The plan.
        plan: PlanCode,
        /// The catalog version the plan was sold under.
        catalog_version: u32,
    },
    /// A consumption reached one or more thresholds of an allowance.
    ThresholdsCrossed {
        /// The feature.
        feature: FeatureCode,
        /// The window.
        window: Period,
        /// All percentages this consumption reached, ascending.
        thresholds: Vec<u8>,
        /// What is used of the allowance.
        used: Quantity,
        /// The allowance.
        limit: Quantity,
    },
}

domain_event!(Event {
    CreditsGranted => "1",
    FeatureConsumed => "1",
    ThresholdsCrossed => "1",
});
