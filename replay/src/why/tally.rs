//! What was used of one feature, window by window, and the changes of its level.
//!
//! ```text
//! used in a window = quantity - waived - given back + what open holds reserve
//! ```

use domain::calendar::Period;
use domain::credit_ledger::{Consumption, Event, OverageCharge};
use domain::{FeatureCode, Quantity};
use serde::Serialize;

use super::history::Place;

/// The consumptions of a window.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// How many there were.
    pub count: u64,
    /// What they add up to.
    pub quantity: Quantity,
    /// What of it administrators used, which is not counted.
    pub waived: Quantity,
    /// What of it was given back.
    pub given_back: Quantity,
    /// The newest of them, or of the reversals.
    pub last: Option<Place>,
}

/// The changes of a capacity's level.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Changes {
    /// How many there were.
    pub count: u64,
    /// The newest.
    pub last: Option<Place>,
}

/// All of one feature.
#[derive(Default)]
pub(super) struct Tallies {
    windows: Vec<(Period, Tally)>,
    pub(super) level: Changes,
}

impl Tallies {
    /// The consumptions of a window; none, if nothing was used in it.
    pub(super) fn of(&self, window: Period) -> Tally {
        let found = self.windows.iter().find(|(period, _)| *period == window);
        found.map(|(_, tally)| tally.clone()).unwrap_or_default()
    }

    pub(super) fn take_in(&mut self, feature: &FeatureCode, event: &Event, place: Place) {
        match event {
            Event::FeatureConsumed { feature: used, waived, .. }
            | Event::HoldCaptured { feature: used, waived, .. } => {
                if used == feature {
                    self.consumed(event, *waived, place);
                }
            }
            Event::ConsumptionReversed { feature: used, window, restored, overage, .. } if used == feature => {
                let past = overage.as_ref().map_or(Quantity::ZERO, OverageCharge::quantity);
                let tally = self.window(*window);
                tally.given_back = tally.given_back + *restored + past;
                tally.last = Some(place);
            }
            Event::CapacityAcquired { feature: changed, .. } | Event::CapacityReleased { feature: changed, .. } => {
                if changed == feature {
                    self.level = Changes { count: self.level.count + 1, last: Some(place) };
                }
            }
            Event::ConsumptionReversed { .. }
            | Event::CreditsGranted { .. }
            | Event::GrantScheduled { .. }
            | Event::GrantCancelled { .. }
            | Event::CreditsClawedBack { .. }
            | Event::CommissionNetted { .. }
            | Event::CreditsRevoked { .. }
            | Event::CreditsDeducted { .. }
            | Event::LotExpired { .. }
            | Event::HoldPlaced { .. }
            | Event::HoldExtended { .. }
            | Event::HoldReleased { .. }
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

    fn consumed(&mut self, event: &Event, waived: Quantity, place: Place) {
        let position = u64::try_from(place.position).unwrap_or_default();
        let Some(consumption) = Consumption::of(position, event) else { return };
        // A capture of nothing but what its hold had not paid for: that is a consumption of its own, which follows.
        if consumption.quantity.is_zero() {
            return;
        }
        let tally = self.window(consumption.window);
        tally.count += 1;
        tally.quantity = tally.quantity + consumption.quantity;
        tally.waived = tally.waived + waived;
        tally.last = Some(place);
    }

    fn window(&mut self, window: Period) -> &mut Tally {
        let known = self.windows.iter().rposition(|(period, _)| *period == window);
        let index = known.unwrap_or_else(|| {
            self.windows.push((window, Tally::default()));
            self.windows.len() - 1
        });
        &mut self.windows[index].1
    }
}
