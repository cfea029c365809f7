//! What was used: one row per organization, feature and window.

use domain::credit_ledger::Event as LedgerEvent;
use domain::{Credits, Event, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// The use of a feature in a window.
    pub struct Usage {
        key {
            /// The organization.
            organization: String,
            /// The feature.
            feature: String,
            /// First instant of the window.
            window_start: Timestamp,
        }
        /// First instant after the window.
        window_end: Timestamp,
        /// All that was used: included and past it.
        used: Decimal,
        /// How much of it the plan included.
        included: Decimal,
        /// How much of it was past that.
        overage: Decimal,
        /// Credits charged for what was past it.
        charged: Decimal,
        /// What the plan includes in the window; `None` if unlimited.
        limit_quantity: Option<Decimal>,
        /// How many times it was used.
        consumptions: i64,
        /// The instant of the newest consumption.
        updated_at: Timestamp,
        /// The partition of the organization's events.
        partition: i32,
        /// The position of the newest consumption.
        position: i64,
    }
}

/// Most windows that [`list`] gives: a year and a half of two daily quotas.
pub const WINDOWS_MAX: i64 = 1_000;

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Usage;

    const NAME: &'static str = "usage";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT usage.* FROM usage
        JOIN UNNEST ($1::text[], $2::text[], $3::timestamptz[]) AS touched (organization, feature, window_start)
        USING (organization, feature, window_start)";
    const SAVE: &'static str = include_str!("usage/save.sql");

    fn apply(rows: &mut Rows<Usage>, recorded: &Recorded) {
        let Event::CreditLedger(event) = &recorded.event else { return };
        match event {
            LedgerEvent::FeatureConsumed { feature, quantity, window, included, limit, overage, .. } => {
                let organization = recorded.stream.owner.as_str().to_owned();
                let row = rows.change((organization, feature.to_string(), window.start));
                row.window_end = window.end;
                row.used += quantity.amount();
                row.included += included.amount();
                row.limit_quantity = limit.quantity().map(|quantity| quantity.amount());
                row.consumptions += 1;
                row.updated_at = recorded.recorded_at;
                row.partition = recorded.partition;
                row.position = recorded.position;
                if let Some(overage) = overage {
                    row.overage += overage.quantity.amount();
                    row.charged = (Credits::rounded(row.charged) + overage.charge).amount();
                }
            }
            LedgerEvent::CreditsGranted { .. } | LedgerEvent::ThresholdsCrossed { .. } => {}
        }
    }
}

/// What an organization used, the newest windows first, at most [`WINDOWS_MAX`].
pub async fn list(pool: &PgPool, organization: &OrganizationId) -> Result<Vec<Usage>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM read.usage WHERE organization = $1 ORDER BY window_start DESC, feature LIMIT $2")
        .bind(organization.as_str())
        .bind(WINDOWS_MAX)
        .fetch_all(pool)
        .await
}
