//! The statement of an organization's credits: every purchase, commission and charge, each with the balance after it.
//!
//! An entry's balance continues that of the entry before it, so what is loaded for a new entry is the organization's
//! newest one.

use domain::credit_ledger::{Event as LedgerEvent, LotKind};
use domain::{Credits, Event, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// One line of a statement.
    pub struct Entry {
        key {
            /// The organization.
            organization: String,
            /// The partition of the event.
            partition: i32,
            /// The position of the event.
            position: i64,
        }
        /// When it happened.
        at: Timestamp,
        /// `purchased`, `commission` or `charge`.
        kind: String,
        /// Credits; negative for a charge.
        amount: Decimal,
        /// Credits left after it.
        balance_after: Decimal,
        /// What was charged for.
        feature: Option<String>,
        /// How much of it was charged.
        quantity: Option<Decimal>,
        /// The commission that was paid.
        commission: Option<String>,
        /// What the purchase is called where it was made.
        reference: Option<String>,
    }
}

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Entry;

    const NAME: &'static str = "credit_statement";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = include_str!("credit_statement/load.sql");
    const SAVE: &'static str = "
        INSERT INTO credit_statement (organization, partition, position, at, kind, amount, balance_after, feature,
                                      quantity, commission, reference)
        SELECT * FROM UNNEST ($1::text[], $2::integer[], $3::bigint[], $4::timestamptz[], $5::text[], $6::numeric[],
                              $7::numeric[], $8::text[], $9::numeric[], $10::text[], $11::text[])";

    fn apply(rows: &mut Rows<Entry>, recorded: &Recorded) {
        let Event::CreditLedger(event) = &recorded.event else { return };
        let key = (recorded.stream.owner.as_str().to_owned(), recorded.partition, recorded.position);
        let before = rows.before(&key).filter(|entry| entry.organization == key.0);
        let before = before.map_or(Decimal::ZERO, |entry| entry.balance_after);
        match event {
            LedgerEvent::CreditsGranted { kind, amount, commission, reference, .. } => {
                let entry = rows.change(key);
                entry.kind = kind_of(*kind).to_owned();
                entry.enter(recorded, before, amount.amount());
                entry.commission = commission.as_ref().map(ToString::to_string);
                entry.reference = reference.as_ref().map(ToString::to_string);
            }
            LedgerEvent::FeatureConsumed { feature, overage: Some(overage), .. } => {
                let entry = rows.change(key);
                entry.kind = "charge".to_owned();
                entry.enter(recorded, before, -overage.charge.amount());
                entry.feature = Some(feature.to_string());
                entry.quantity = Some(overage.quantity.amount());
            }
            LedgerEvent::FeatureConsumed { overage: None, .. } | LedgerEvent::ThresholdsCrossed { .. } => {}
        }
    }
}

impl Entry {
    fn enter(&mut self, recorded: &Recorded, before: Decimal, amount: Decimal) {
        self.at = recorded.recorded_at;
        self.amount = amount;
        self.balance_after = Credits::rounded(before + amount).amount();
    }
}

fn kind_of(kind: LotKind) -> &'static str {
    match kind {
        LotKind::Purchased => "purchased",
        LotKind::Commission => "commission",
    }
}

/// Entries of an organization after a position, oldest first, at most `limit`.
pub async fn list(
    pool: &PgPool,
    organization: &OrganizationId,
    after_position: i64,
    limit: i64,
) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM read.credit_statement WHERE organization = $1 AND position > $2 ORDER BY position LIMIT $3",
    )
    .bind(organization.as_str())
    .bind(after_position)
    .bind(limit)
    .fetch_all(pool)
    .await
}
