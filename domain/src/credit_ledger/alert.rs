//! Alerts: thresholds that were crossed, and who has seen it.
//!
//! An allowance alerts once per window and threshold, however it grows within it. A capacity and the balance alert
//! each time they cross: upwards the one, downwards the other.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{CreditLedger, Event, Rejection};
use crate::calendar::Period;
use crate::catalog::Limit;
use crate::context::Context;
use crate::id::{ActorId, AlertId, FeatureCode};
use crate::money::{Credits, Quantity};

/// How many alerts that nobody has acknowledged a ledger keeps: the newest. Older ones stay in the log, and are
/// acknowledged no more.
pub const ALERTS_MAX: usize = 64;

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum AlertSubject {
    /// Thresholds of an allowance.
    Allowance {
        /// The feature.
        feature: FeatureCode,
        /// The window.
        window: Period,
        /// The percentages.
        thresholds: Vec<u8>,
    },
    /// Thresholds of a capacity.
    Capacity {
        /// The feature.
        feature: FeatureCode,
        /// The percentages.
        thresholds: Vec<u8>,
    },
    /// A low balance.
    CreditsLow,
}

/// An alert that nobody has acknowledged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenAlert {
    /// What it is called.
    pub alert: AlertId,
    /// What it is about.
    pub subject: AlertSubject,
}

/// The thresholds that are reached now and were not before.
fn crossed(thresholds: &[u8], limit: Quantity, used: Quantity, is_known: impl Fn(u8) -> bool) -> Vec<u8> {
    let reached = |percent: u8| reaches(percent, limit, used);
    thresholds.iter().copied().filter(|percent| !limit.is_zero() && reached(*percent) && !is_known(*percent)).collect()
}

fn reaches(percent: u8, limit: Quantity, used: Quantity) -> bool {
    used.amount() * Decimal::ONE_HUNDRED >= limit.amount() * Decimal::from(percent)
}

impl CreditLedger {
    /// The alert of an allowance of which so much more is used.
    pub(super) fn allowance_alert(
        &self,
        feature: &FeatureCode,
        window: Period,
        allowance: Limit,
        more: Quantity,
        context: &Context,
    ) -> Option<Event> {
        let (Limit::UpTo(limit), Some(catalog)) = (allowance, &context.catalog) else { return None };
        let known = self.window(feature, window);
        let used = known.map_or(Quantity::ZERO, |window| window.included) + more;
        let is_known = |percent: u8| known.is_some_and(|window| window.crossed.contains(&percent));
        let thresholds = crossed(&catalog.definition.thresholds, limit, used, is_known);
        let alert = AlertId::fresh(&context.unique(), "allowance");
        let feature = feature.clone();
        let is_one = !thresholds.is_empty();
        is_one.then_some(Event::ThresholdsCrossed { alert, feature, window, thresholds, used, limit })
    }

    /// The alert of a capacity whose level rises.
    pub(super) fn capacity_alert(
        &self,
        feature: &FeatureCode,
        limit: Limit,
        level: Quantity,
        context: &Context,
    ) -> Option<Event> {
        let (Limit::UpTo(limit), Some(catalog)) = (limit, &context.catalog) else { return None };
        let before = self.level(feature);
        let is_known = |percent: u8| reaches(percent, limit, before);
        let thresholds = crossed(&catalog.definition.capacity_thresholds, limit, level, is_known);
        let alert = AlertId::fresh(&context.unique(), "capacity");
        let feature = feature.clone();
        let is_one = !thresholds.is_empty();
        is_one.then_some(Event::CapacityThresholdsCrossed { alert, feature, thresholds, level, limit })
    }

    pub(super) fn decide_acknowledge(&self, alert: &AlertId, actor: &ActorId) -> Result<Vec<Event>, Rejection> {
        let open = self.alerts.iter().find(|open| open.alert == *alert);
        let open = open.ok_or_else(|| Rejection::UnknownAlert { alert: alert.clone() })?;

        // Past this line nothing may fail.
        let (alert, subject, actor) = (open.alert.clone(), open.subject.clone(), actor.clone());
        Ok(vec![Event::AlertAcknowledged { alert, subject, actor }])
    }

    pub(super) fn raise(&mut self, alert: &AlertId, subject: AlertSubject) {
        if self.alerts.len() >= ALERTS_MAX {
            self.alerts.remove(0);
        }
        self.alerts.push(OpenAlert { alert: alert.clone(), subject });
    }
}

/// The alert of a balance that fell.
pub(super) fn credits_alert(before: Credits, after: Credits, context: &Context) -> Option<Event> {
    let below = context.catalog.as_ref()?.definition.credits_low?;
    let alert = AlertId::fresh(&context.unique(), "credits");
    (before >= below && after < below).then_some(Event::CreditsRanLow { alert, below, balance: after })
}
