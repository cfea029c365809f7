//! What was used of a feature in its newest window.

use serde::{Deserialize, Serialize};

use super::{CreditLedger, OverageCharge};
use crate::calendar::Period;
use crate::catalog::Limit;
use crate::id::FeatureCode;
use crate::money::Quantity;

/// The use of a feature in a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenWindow {
    /// The window.
    pub period: Period,
    /// What the plan includes in it.
    pub limit: Limit,
    /// What was carried into it.
    pub carried: Quantity,
    /// What was used of the allowance.
    pub included: Quantity,
    /// What was used past it.
    pub overage: Quantity,
    /// What open holds reserve of the allowance.
    pub held: Quantity,
    /// What open holds reserve past it.
    pub held_past: Quantity,
    /// What was put on the invoice, the reversed too: from here on the next quantity is priced.
    pub priced: Quantity,
    /// Thresholds that were crossed, ascending.
    pub crossed: Vec<u8>,
}

impl OpenWindow {
    fn new(period: Period, limit: Limit, carried: Quantity) -> Self {
        let nothing = Quantity::ZERO;
        let (included, overage, held, held_past, priced) = (nothing, nothing, nothing, nothing, nothing);
        Self { period, limit, carried, included, overage, held, held_past, priced, crossed: Vec::new() }
    }

    /// What is left of the allowance for the next window; nothing of an unlimited one.
    pub(super) fn left(&self) -> Quantity {
        let allowance = self.limit.quantity().map(|limit| limit + self.carried);
        allowance.map_or(Quantity::ZERO, |allowance| allowance.less(self.included + self.held))
    }

    /// All that was used or is held, of the allowance and past it.
    pub(crate) fn used(&self) -> Quantity {
        self.included + self.overage + self.held + self.held_past
    }

    /// Takes in a consumption.
    pub(super) fn consume(&mut self, included: Quantity, overage: Option<&OverageCharge>) {
        self.included = self.included + included;
        if let Some(overage) = overage {
            self.overage = self.overage + overage.quantity();
        }
        if let Some(invoiced) = overage.and_then(OverageCharge::invoice) {
            self.priced = self.priced + invoiced.quantity;
        }
    }

    /// What a hold reserved is used.
    pub(super) fn capture(&mut self, included: Quantity, past: Quantity, besides: Quantity) {
        self.let_go(included, past + besides);
        self.included = self.included + included;
        self.overage = self.overage + past;
    }

    /// What a hold reserved is free again.
    pub(super) fn let_go(&mut self, included: Quantity, past: Quantity) {
        self.held = self.held.less(included);
        self.held_past = self.held_past.less(past);
    }

    /// A consumption is given back.
    pub(super) fn give_back(&mut self, restored: Quantity, past: Quantity) {
        self.included = self.included.less(restored);
        self.overage = self.overage.less(past);
    }
}

impl CreditLedger {
    /// The use of a feature in a window; `None` if nothing was used or held in it.
    pub(crate) fn window(&self, feature: &FeatureCode, period: Period) -> Option<&OpenWindow> {
        self.windows.get(feature).filter(|window| window.period == period)
    }

    pub(super) fn window_mut(&mut self, feature: &FeatureCode, period: Period) -> Option<&mut OpenWindow> {
        self.windows.get_mut(feature).filter(|window| window.period == period)
    }

    /// What of a feature's allowance is used or held in a window.
    pub(super) fn reserved(&self, feature: &FeatureCode, period: Period) -> Quantity {
        self.window(feature, period).map_or(Quantity::ZERO, |window| window.included + window.held)
    }

    /// What of a feature is used or held in a window, also past its allowance.
    pub(crate) fn used(&self, feature: &FeatureCode, period: Period) -> Quantity {
        self.window(feature, period).map_or(Quantity::ZERO, OpenWindow::used)
    }

    /// The window a decision takes from, opened anew if it is another one than before.
    pub(super) fn open(
        &mut self,
        feature: &FeatureCode,
        period: Period,
        limit: Limit,
        carried: Quantity,
    ) -> &mut OpenWindow {
        let fresh = || OpenWindow::new(period, limit, carried);
        let window = self.windows.entry(feature.clone()).or_insert_with(fresh);
        if window.period != period {
            *window = fresh();
        }
        window.limit = limit;
        window
    }
}
