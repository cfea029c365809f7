//! The statement of what an organization earns by referring: a line for whatever happened to a commission, added up by
//! month in [`of`].
//!
//! The product's partition tells what was earned, matured and taken back, the beneficiary's own what became credits, what
//! was netted, and what the ledger took. Each line is one event, so no two partitions write one row.

use domain::calendar::Period;
use domain::credit_ledger::Event as LedgerEvent;
use domain::referral_tree::Event as ReferralEvent;
use domain::{CommissionId, Credits, Event, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// What happened to a commission.
    pub struct Line {
        key {
            /// Who earns.
            beneficiary: String,
            /// The partition of the event.
            partition: i32,
            /// The position of the event.
            position: i64,
        }
        /// When.
        at: Timestamp,
        /// `accrued`, `matured`, `clawed_back` of what was earned; `granted`, `netted`, `taken_back` of its credits.
        kind: String,
        /// Credits.
        amount: Decimal,
        /// The commission.
        commission: String,
        /// Who paid, where the product tells.
        payer: Option<String>,
        /// What is owed of commissions after it, where the ledger tells.
        owed: Option<Decimal>,
    }
}

row! {
    /// What one payer earned an organization in a month.
    pub struct PayerLine {
        key {
            /// Who paid.
            payer: String,
        }
        /// 1 for a direct referral, 2 for a referral's referral.
        level: i16,
        /// Payments that earned something.
        payments: i64,
        /// What they earned.
        accrued: Decimal,
        /// What was taken back.
        clawed_back: Decimal,
        /// What matured.
        matured: Decimal,
    }
}

row! {
    /// What an organization earned in a month, and what became of it.
    pub struct Totals {
        key {
            /// Who earns.
            beneficiary: String,
        }
        /// What was earned.
        accrued: Decimal,
        /// What was taken back, before it matured or after.
        clawed_back: Decimal,
        /// What matured.
        matured: Decimal,
        /// What became credits.
        granted: Decimal,
        /// What paid what was owed.
        netted: Decimal,
        /// What was taken from credits.
        taken_back: Decimal,
        /// What is owed at the end of the month.
        owed: Decimal,
    }
}

/// A month of an organization's commissions.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// All of it.
    pub totals: Totals,
    /// By payer, the nearest first.
    pub payers: Vec<PayerLine>,
}

/// Most payers that [`of`] gives.
pub const PAYERS_MAX: i64 = 1_000;

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Line;

    const NAME: &'static str = "commission_statement";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT commission_statement.* FROM commission_statement
        JOIN UNNEST ($1::text[], $2::integer[], $3::bigint[]) AS touched (beneficiary, partition, position)
        USING (beneficiary, partition, position)";
    const SAVE: &'static str = include_str!("commission_statement/save.sql");

    fn apply(rows: &mut Rows<Line>, recorded: &Recorded) {
        match &recorded.event {
            Event::ReferralTree(event) => earn(rows, recorded, event),
            Event::CreditLedger(event) => pay(rows, recorded, event),
            Event::Organization(_)
            | Event::Subscription(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

fn earn(rows: &mut Rows<Line>, recorded: &Recorded, event: &ReferralEvent) {
    let (kind, commission, payer, beneficiary, amount) = match event {
        ReferralEvent::CommissionAccrued { commission, payer, beneficiary, amount, .. } => {
            ("accrued", commission, payer, beneficiary, amount)
        }
        ReferralEvent::CommissionMatured { commission, payer, beneficiary, amount, .. } => {
            ("matured", commission, payer, beneficiary, amount)
        }
        ReferralEvent::CommissionClawedBack { commission, payer, beneficiary, amount, .. } => {
            ("clawed_back", commission, payer, beneficiary, amount)
        }
        ReferralEvent::OrganizationEnrolled { .. }
        | ReferralEvent::ReferralAttributed { .. }
        | ReferralEvent::FirstPaymentMade { .. }
        | ReferralEvent::PayerSimulated { .. } => return,
    };
    let row = enter(rows, recorded, beneficiary.as_str(), kind, commission, *amount);
    row.payer = Some(payer.to_string());
}

fn pay(rows: &mut Rows<Line>, recorded: &Recorded, event: &LedgerEvent) {
    let (kind, commission, amount, owed) = match event {
        LedgerEvent::CreditsGranted { commission: Some(commission), amount, .. } => {
            ("granted", commission, amount, None)
        }
        LedgerEvent::CommissionNetted { commission, amount, owed } => ("netted", commission, amount, Some(owed)),
        LedgerEvent::CreditsClawedBack { commission, taken, owed, .. } => ("taken_back", commission, taken, Some(owed)),
        LedgerEvent::CreditsGranted { commission: None, .. }
        | LedgerEvent::GrantScheduled { .. }
        | LedgerEvent::GrantCancelled { .. }
        | LedgerEvent::CreditsRevoked { .. }
        | LedgerEvent::CreditsDeducted { .. }
        | LedgerEvent::InvoicePaidFromCredits { .. }
        | LedgerEvent::InvoicePaymentReturned { .. }
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
        | LedgerEvent::ThresholdsCrossed { .. }
        | LedgerEvent::CapacityThresholdsCrossed { .. }
        | LedgerEvent::CreditsRanLow { .. }
        | LedgerEvent::AlertAcknowledged { .. }
        | LedgerEvent::TopUpRuleSet { .. }
        | LedgerEvent::TopUpRuleRemoved { .. }
        | LedgerEvent::TopUpRequested { .. } => return,
    };
    let beneficiary = recorded.stream.owner.as_str();
    let row = enter(rows, recorded, beneficiary, kind, commission, *amount);
    row.owed = owed.map(|owed| owed.amount());
}

fn enter<'a>(
    rows: &'a mut Rows<Line>,
    recorded: &Recorded,
    beneficiary: &str,
    kind: &str,
    commission: &CommissionId,
    amount: Credits,
) -> &'a mut Line {
    let row = rows.change((beneficiary.to_owned(), recorded.partition, recorded.position));
    row.at = recorded.recorded_at;
    row.kind = kind.to_owned();
    row.amount = amount.amount();
    row.commission = commission.to_string();
    row
}

/// What an organization earned in a month, and of whom.
pub async fn of(pool: &PgPool, organization: &OrganizationId, month: Period) -> Result<Statement, sqlx::Error> {
    let (start, end) = (crate::column::Column::to_sql(&month.start), crate::column::Column::to_sql(&month.end));
    let totals = sqlx::query_as(include_str!("commission_statement/totals.sql"))
        .bind(organization.as_str())
        .bind(start)
        .bind(end)
        .fetch_one(pool)
        .await?;
    let payers = sqlx::query_as(include_str!("commission_statement/payers.sql"))
        .bind(organization.as_str())
        .bind(start)
        .bind(end)
        .bind(PAYERS_MAX)
        .fetch_all(pool)
        .await?;
    Ok(Statement { totals, payers })
}
