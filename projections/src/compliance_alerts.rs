//! Thresholds of an allowance that were reached: one row per organization, feature, window and threshold.
//!
//! The ledger raises each threshold once per window, in the decision that reached it; this only shows them.

use domain::credit_ledger::Event as LedgerEvent;
use domain::{Event, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// A threshold that was reached.
    pub struct Alert {
        key {
            /// The organization.
            organization: String,
            /// The feature.
            feature: String,
            /// First instant of the window.
            window_start: Timestamp,
            /// Percent of the allowance.
            threshold: i16,
        }
        /// First instant after the window.
        window_end: Timestamp,
        /// What was used of the allowance when the threshold was reached.
        used: Decimal,
        /// The allowance.
        limit_quantity: Decimal,
        /// When it was reached.
        raised_at: Timestamp,
        /// The partition of the event.
        partition: i32,
        /// The position of the event.
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
        JOIN UNNEST ($1::text[], $2::text[], $3::timestamptz[], $4::smallint[])
            AS touched (organization, feature, window_start, threshold)
        USING (organization, feature, window_start, threshold)";
    const SAVE: &'static str = "
        INSERT INTO compliance_alerts (organization, feature, window_start, threshold, window_end, used,
                                       limit_quantity, raised_at, partition, position)
        SELECT * FROM UNNEST ($1::text[], $2::text[], $3::timestamptz[], $4::smallint[], $5::timestamptz[],
                              $6::numeric[], $7::numeric[], $8::timestamptz[], $9::integer[], $10::bigint[])
        ON CONFLICT (organization, feature, window_start, threshold) DO UPDATE SET
            window_end = EXCLUDED.window_end, used = EXCLUDED.used, limit_quantity = EXCLUDED.limit_quantity,
            raised_at = EXCLUDED.raised_at, partition = EXCLUDED.partition, position = EXCLUDED.position";

    fn apply(rows: &mut Rows<Alert>, recorded: &Recorded) {
        let Event::CreditLedger(event) = &recorded.event else { return };
        match event {
            LedgerEvent::ThresholdsCrossed { feature, window, thresholds, used, limit } => {
                for threshold in thresholds {
                    let organization = recorded.stream.owner.as_str().to_owned();
                    let key = (organization, feature.to_string(), window.start, i16::from(*threshold));
                    let alert = rows.change(key);
                    alert.window_end = window.end;
                    alert.used = used.amount();
                    alert.limit_quantity = limit.amount();
                    alert.raised_at = recorded.recorded_at;
                    alert.partition = recorded.partition;
                    alert.position = recorded.position;
                }
            }
            LedgerEvent::CreditsGranted { .. } | LedgerEvent::FeatureConsumed { .. } => {}
        }
    }
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
