//! What an organization can spend: one row per organization, its credits in and out.

use domain::credit_ledger::{Draw, Event as LedgerEvent, OverageCharge};
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
        /// Credits that can be spent: granted less held, spent, expired and revoked.
        balance: Decimal,
        /// All credits ever added.
        granted: Decimal,
        /// All credits ever charged, less what went back to its lots.
        spent: Decimal,
        /// Credits that open holds reserve.
        held: Decimal,
        /// Credits whose lots, or whose holds after them, expired.
        expired: Decimal,
        /// Credits that were taken away: by hand, or as commissions of payments that were given back.
        revoked: Decimal,
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
        INSERT INTO balance (organization, balance, granted, spent, held, expired, revoked, updated_at, partition,
                             position)
        SELECT * FROM UNNEST ($1::text[], $2::numeric[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[],
                              $7::numeric[], $8::timestamptz[], $9::integer[], $10::bigint[])
        ON CONFLICT (organization) DO UPDATE SET
            balance = EXCLUDED.balance, granted = EXCLUDED.granted, spent = EXCLUDED.spent, held = EXCLUDED.held,
            expired = EXCLUDED.expired, revoked = EXCLUDED.revoked, updated_at = EXCLUDED.updated_at,
            partition = EXCLUDED.partition, position = EXCLUDED.position";

    fn apply(rows: &mut Rows<Balance>, recorded: &Recorded) {
        let Event::CreditLedger(event) = &recorded.event else { return };
        let moved = Moved::of(event);
        if moved == Moved::default() {
            return;
        }
        let row = rows.change((recorded.stream.owner.as_str().to_owned(),));
        for (column, amount) in [
            (&mut row.granted, moved.granted),
            (&mut row.spent, moved.spent),
            (&mut row.held, moved.held),
            (&mut row.expired, moved.expired),
            (&mut row.revoked, moved.revoked),
        ] {
            *column = Credits::rounded(*column + amount).amount();
        }
        let left = row.granted - row.spent - row.held - row.expired - row.revoked;
        row.balance = Credits::rounded(left).amount();
        row.updated_at = recorded.recorded_at;
        row.partition = recorded.partition;
        row.position = recorded.position;
    }
}

/// What an event adds to each account; below zero what it takes from it.
#[derive(Default, PartialEq)]
struct Moved {
    granted: Decimal,
    spent: Decimal,
    held: Decimal,
    expired: Decimal,
    revoked: Decimal,
}

impl Moved {
    fn of(event: &LedgerEvent) -> Self {
        let none = Self::default();
        match event {
            LedgerEvent::CreditsGranted { amount, .. } => Self { granted: amount.amount(), ..none },
            LedgerEvent::CreditsRevoked { amount, .. }
            | LedgerEvent::CreditsDeducted { amount, .. }
            | LedgerEvent::CreditsClawedBack { taken: amount, .. } => Self { revoked: amount.amount(), ..none },
            LedgerEvent::LotExpired { amount, .. } => Self { expired: amount.amount(), ..none },
            LedgerEvent::FeatureConsumed { overage, .. } => {
                let charged = overage.as_ref().and_then(OverageCharge::credits);
                Self { spent: charged.map_or(Decimal::ZERO, |charged| charged.charge.amount()), ..none }
            }
            LedgerEvent::ConsumptionReversed { overage, .. } => {
                let back = overage.as_ref().and_then(OverageCharge::credits);
                Self { spent: -back.map_or(Decimal::ZERO, |back| sum(&back.draws)), ..none }
            }
            LedgerEvent::HoldPlaced { credits: Some(reserved), .. } => Self { held: reserved.charge.amount(), ..none },
            LedgerEvent::HoldCaptured { credits: Some(captured), .. } => {
                let charge = captured.charge.amount();
                Self { held: -charge, spent: charge, ..none }
            }
            LedgerEvent::HoldReleased { unused, .. } | LedgerEvent::HoldExpired { unused, .. } => {
                let (returned, expired) = (sum(&unused.returned), sum(&unused.expired));
                Self { held: -returned - expired, expired, ..none }
            }
            LedgerEvent::HoldPlaced { credits: None, .. }
            | LedgerEvent::HoldCaptured { credits: None, .. }
            | LedgerEvent::CommissionNetted { .. }
            | LedgerEvent::GrantScheduled { .. }
            | LedgerEvent::GrantCancelled { .. }
            | LedgerEvent::HoldExtended { .. }
            | LedgerEvent::CapacityAcquired { .. }
            | LedgerEvent::CapacityReleased { .. }
            | LedgerEvent::ThresholdsCrossed { .. }
            | LedgerEvent::CapacityThresholdsCrossed { .. }
            | LedgerEvent::CreditsRanLow { .. }
            | LedgerEvent::AlertAcknowledged { .. }
            | LedgerEvent::TopUpRuleSet { .. }
            | LedgerEvent::TopUpRuleRemoved { .. }
            | LedgerEvent::TopUpRequested { .. } => none,
        }
    }
}

fn sum(draws: &[Draw]) -> Decimal {
    draws.iter().map(|draw| draw.amount.amount()).sum()
}

/// The credits of an organization; `None` if it never had any.
pub async fn find(pool: &PgPool, organization: &OrganizationId) -> Result<Option<Balance>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM read.balance WHERE organization = $1")
        .bind(organization.as_str())
        .fetch_optional(pool)
        .await
}
