//! What an organization can spend: one row per organization, its credits in and out.

use domain::credit_ledger::Event as LedgerEvent;
use domain::{Credits, Event, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// The credits of an organization.
    pub struct Balance {
        key {
            /// The organization.
            organization: String,
        }
        /// Credits left: granted less spent.
        balance: Decimal,
        /// All credits ever added.
        granted: Decimal,
        /// All credits ever charged.
        spent: Decimal,
        /// The instant of the newest change.
        updated_at: Timestamp,
        /// The partition of the organization's events.
        partition: i32,
        /// The position of the newest change.
        position: i64,
    }
}

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Balance;

    const NAME: &'static str = "balance";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "SELECT * FROM balance WHERE organization = ANY ($1)";
    const SAVE: &'static str = "
        INSERT INTO balance (organization, balance, granted, spent, updated_at, partition, position)
        SELECT * FROM UNNEST ($1::text[], $2::numeric[], $3::numeric[], $4::numeric[], $5::timestamptz[],
                              $6::integer[], $7::bigint[])
        ON CONFLICT (organization) DO UPDATE SET
            balance = EXCLUDED.balance, granted = EXCLUDED.granted, spent = EXCLUDED.spent,
            updated_at = EXCLUDED.updated_at, partition = EXCLUDED.partition, position = EXCLUDED.position";

    fn apply(rows: &mut Rows<Balance>, recorded: &Recorded) {
        let Event::CreditLedger(event) = &recorded.event else { return };
        let (granted, spent) = match event {
            LedgerEvent::CreditsGranted { amount, .. } => (*amount, Credits::ZERO),
            LedgerEvent::FeatureConsumed { overage: Some(overage), .. } => (Credits::ZERO, overage.charge),
            LedgerEvent::FeatureConsumed { overage: None, .. } | LedgerEvent::ThresholdsCrossed { .. } => return,
        };
        let row = rows.change((recorded.stream.owner.as_str().to_owned(),));
        row.granted = (Credits::rounded(row.granted) + granted).amount();
        row.spent = (Credits::rounded(row.spent) + spent).amount();
        row.balance = Credits::rounded(row.granted - row.spent).amount();
        row.updated_at = recorded.recorded_at;
        row.partition = recorded.partition;
        row.position = recorded.position;
    }
}

/// The credits of an organization; `None` if it never had any.
pub async fn find(pool: &PgPool, organization: &OrganizationId) -> Result<Option<Balance>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM read.balance WHERE organization = $1")
        .bind(organization.as_str())
        .fetch_optional(pool)
        .await
}
