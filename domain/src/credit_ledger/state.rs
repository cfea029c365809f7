//! What is known of a ledger: its lots, and how much of each feature was used in the open window.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lot::{self, Lot};
use super::{Event, OverageCharge};
use crate::calendar::Period;
use crate::catalog::Limit;
use crate::id::FeatureCode;
use crate::money::{Credits, Quantity};

/// An organization's ledger.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CreditLedger {
    /// In burn-down order, none empty.
    pub(super) lots: Vec<Lot>,
    /// The newest window of each feature that was ever used.
    pub(super) windows: BTreeMap<FeatureCode, OpenWindow>,
}

/// The use of a feature in a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OpenWindow {
    pub(super) period: Period,
    /// What was used of the allowance.
    pub(super) included: Quantity,
    /// What was used past it.
    pub(super) overage: Quantity,
    pub(super) limit: Limit,
    /// Thresholds that were crossed, ascending.
    pub(super) crossed: Vec<u8>,
}

/// What the caller is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Credits left.
    pub balance: Credits,
    /// Credits this command charged.
    pub charged: Credits,
    /// The feature that was consumed, as it stands now.
    pub usage: Option<FeatureUse>,
}

/// How much of a feature was used in its window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureUse {
    /// The feature.
    pub feature: FeatureCode,
    /// All that was used, included and past it.
    pub used: Quantity,
    /// What is included; `None` if unlimited.
    pub limit: Option<Quantity>,
    /// What is left of it; `None` if unlimited.
    pub remaining: Option<Quantity>,
    /// When the window turns over.
    pub resets_at: Timestamp,
}

impl CreditLedger {
    /// Credits left.
    #[must_use]
    pub fn balance(&self) -> Credits {
        self.lots.iter().map(|lot| lot.left).sum()
    }

    /// The lots that are not spent, in burn-down order.
    #[must_use]
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    /// What was used of a feature's allowance in a window.
    pub(super) fn included_used(&self, feature: &FeatureCode, period: Period) -> Quantity {
        self.window(feature, period).map_or(Quantity::ZERO, |window| window.included)
    }

    /// All that was used of a feature in a window, and what of it was included.
    pub(crate) fn used_in(&self, feature: &FeatureCode, period: Period) -> (Quantity, Quantity) {
        let used = self.window(feature, period).map(|window| (window.included + window.overage, window.included));
        used.unwrap_or((Quantity::ZERO, Quantity::ZERO))
    }

    /// The level of a capacity. Nothing acquires any yet.
    pub(crate) fn level(&self, _feature: &FeatureCode) -> Quantity {
        Quantity::ZERO
    }

    /// The thresholds crossed in a window.
    pub(super) fn crossed(&self, feature: &FeatureCode, period: Period) -> &[u8] {
        self.window(feature, period).map_or(&[], |window| &window.crossed)
    }

    pub(super) fn window(&self, feature: &FeatureCode, period: Period) -> Option<&OpenWindow> {
        self.windows.get(feature).filter(|window| window.period == period)
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::CreditsGranted { lot, kind, amount, priority, .. } => {
                let granted = Lot { id: lot.clone(), kind: *kind, priority: *priority, left: *amount };
                lot::insert_in_order(&mut self.lots, granted);
            }
            Event::FeatureConsumed { feature, window, included, limit, overage, .. } => {
                self.use_in_window(feature, *window, *limit, *included, overage.as_ref());
            }
            Event::ThresholdsCrossed { feature, thresholds, .. } => {
                if let Some(window) = self.windows.get_mut(feature) {
                    window.crossed.extend(thresholds);
                }
            }
        }
    }

    fn use_in_window(
        &mut self,
        feature: &FeatureCode,
        period: Period,
        limit: Limit,
        included: Quantity,
        overage: Option<&OverageCharge>,
    ) {
        let fresh =
            || OpenWindow { period, included: Quantity::ZERO, overage: Quantity::ZERO, limit, crossed: Vec::new() };
        if self.window(feature, period).is_none() {
            self.windows.insert(feature.clone(), fresh());
        }
        let window = self.windows.entry(feature.clone()).or_insert_with(fresh);
        window.limit = limit;
        window.included = window.included + included;
        if let Some(overage) = overage {
            window.overage = window.overage + overage.quantity;
            lot::take(&mut self.lots, &overage.draws);
        }
    }

    pub(super) fn tell(&self, consumed: Option<&FeatureCode>, charged: Credits) -> Answer {
        let usage = consumed.and_then(|feature| Some((feature, self.windows.get(feature)?)));
        Answer {
            balance: self.balance(),
            charged,
            usage: usage.map(|(feature, window)| FeatureUse {
                feature: feature.clone(),
                used: window.included + window.overage,
                limit: window.limit.quantity(),
                remaining: window.limit.quantity().map(|limit| limit.less(window.included)),
                resets_at: window.period.end,
            }),
        }
    }
}
