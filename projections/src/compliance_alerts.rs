//! Alerts: thresholds of allowances and capacities that were reached, balances that ran low, and who has seen it. One
//! row per alert and threshold.
//!
//! The ledger raises each, in the decision that reached it; this only shows them.

use domain::credit_ledger::{AlertSubject, Event as LedgerEvent};
use domain::{AlertId, Event, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// A threshold that was reached, or a balance that ran low.
    pub struct Alert {
        key {
            /// The organization.
            organization: String,
            /// What the alert is called; by that name it is acknowledged, with all its thresholds.
            alert: String,
            /// Percent of the allowance or the capacity; 0 for a low balance.
            threshold: i16,
        }
        /// `allowance`, `capacity` or `credits_low`.
        kind: String,
        /// The feature; `None` for a low balance.
        feature: Option<String>,
        /// First instant of the window of an allowance.
        window_start: Option<Timestamp>,
        /// First instant after it.
        window_end: Option<Timestamp>,
        /// What was used of the allowance, the level, or the balance.
        used: Decimal,
        /// The allowance, the highest level, or what is low.
        limit_quantity: Decimal,
        /// When it was raised.
        raised_at: Timestamp,
        /// When somebody had seen it.
        acknowledged_at: Option<Timestamp>,
        /// Who.
        acknowledged_by: Option<String>,
        /// The partition of the event.
        partition: i32,
        /// The position of the event that raised it.
        position: i64,
    }
}

/// Most alerts that [`list`] gives.
pub const ALERTS_MAX: i64 = 1_000;

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Alert;

    const NAME: &'static str = "compliance_alerts";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT compliance_alerts.* FROM compliance_alerts
        JOIN UNNEST ($1::text[], $2::text[], $3::smallint[]) AS touched (organization, alert, threshold)
        USING (organization, alert, threshold)";
    const SAVE: &'static str = include_str!("compliance_alerts/save.sql");

    fn apply(rows: &mut Rows<Alert>, recorded: &Recorded) {
        let Event::CreditLedger(event) = &recorded.event else { return };
        match event {
            LedgerEvent::ThresholdsCrossed { alert, feature, window, thresholds, used, limit } => {
                for threshold in thresholds {
                    let row = raise(rows, recorded, alert, *threshold, "allowance");
                    row.feature = Some(feature.to_string());
                    (row.window_start, row.window_end) = (Some(window.start), Some(window.end));
                    (row.used, row.limit_quantity) = (used.amount(), limit.amount());
                }
            }
            LedgerEvent::CapacityThresholdsCrossed { alert, feature, thresholds, level, limit } => {
                for threshold in thresholds {
                    let row = raise(rows, recorded, alert, *threshold, "capacity");
                    row.feature = Some(feature.to_string());
                    (row.used, row.limit_quantity) = (level.amount(), limit.amount());
                }
            }
            LedgerEvent::CreditsRanLow { alert, below, balance } => {
                let row = raise(rows, recorded, alert, LOW, "credits_low");
                (row.used, row.limit_quantity) = (balance.amount(), below.amount());
            }
            LedgerEvent::AlertAcknowledged { alert, subject, actor } => {
                let low = [LOW];
                let thresholds: &[u8] = match subject {
                    AlertSubject::Allowance { thresholds, .. } | AlertSubject::Capacity { thresholds, .. } => {
                        thresholds
                    }
                    AlertSubject::CreditsLow => &low,
                };
                for threshold in thresholds {
                    let row = rows.change(key(recorded, alert, *threshold));
                    row.acknowledged_at = Some(recorded.recorded_at);
                    row.acknowledged_by = Some(actor.to_string());
                }
            }
            LedgerEvent::CreditsGranted { .. }
            | LedgerEvent::CreditsClawedBack { .. }
            | LedgerEvent::CommissionNetted { .. }
            | LedgerEvent::GrantScheduled { .. }
            | LedgerEvent::GrantCancelled { .. }
            | LedgerEvent::CreditsRevoked { .. }
            | LedgerEvent::CreditsDeducted { .. }
            | LedgerEvent::LotExpired { .. }
            | LedgerEvent::FeatureConsumed { .. }
            | LedgerEvent::ConsumptionReversed { .. }
            | LedgerEvent::HoldPlaced { .. }
            | LedgerEvent::HoldCaptured { .. }
            | LedgerEvent::HoldExtended { .. }
            | LedgerEvent::HoldReleased { .. }
            | LedgerEvent::HoldExpired { .. }
            | LedgerEvent::CapacityAcquired { .. }
            | LedgerEvent::CapacityReleased { .. }
            | LedgerEvent::TopUpRuleSet { .. }
            | LedgerEvent::TopUpRuleRemoved { .. }
            | LedgerEvent::TopUpRequested { .. } => {}
        }
    }
}

/// The threshold of a low balance, which has none.
const LOW: u8 = 0;

fn key(recorded: &Recorded, alert: &AlertId, threshold: u8) -> (String, String, i16) {
    (recorded.stream.owner.as_str().to_owned(), alert.to_string(), i16::from(threshold))
}

fn raise<'a>(
    rows: &'a mut Rows<Alert>,
    recorded: &Recorded,
    alert: &AlertId,
    threshold: u8,
    kind: &str,
) -> &'a mut Alert {
    let row = rows.change(key(recorded, alert, threshold));
    row.kind = kind.to_owned();
    row.raised_at = recorded.recorded_at;
    row.partition = recorded.partition;
    row.position = recorded.position;
    row
}

/// The alerts of an organization, the newest first, at most [`ALERTS_MAX`].
pub async fn list(pool: &PgPool, organization: &OrganizationId) -> Result<Vec<Alert>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM read.compliance_alerts WHERE organization = $1
         ORDER BY position DESC, threshold DESC LIMIT $2",
    )
    .bind(organization.as_str())
    .bind(ALERTS_MAX)
    .fetch_all(pool)
    .await
}
