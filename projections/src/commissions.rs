//! Commissions: who earns how much of whose payment, when it matures, what became of it as credits, and what was taken
//! back.
//!
//! ```text
//! product's partition       CommissionAccrued, CommissionMatured, CommissionClawedBack ──┐
//!                                                                                        ├──> one row
//! beneficiary's partition   CreditsGranted, CommissionNetted, CreditsClawedBack ─────────┘
//! ```
//!
//! Partitions are folded side by side, so a grant may be seen before its accrual. Each fills in what it knows, and the
//! status is told from the columns; people see a commission once it is accrued.

use domain::credit_ledger::Event as LedgerEvent;
use domain::referral_tree::Event as ReferralEvent;
use domain::{CommissionId, Event, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// What is known of a commission so far.
    pub struct Known {
        key {
            /// The commission.
            commission: String,
        }
        /// Who earns.
        beneficiary: Option<String>,
        /// What is earned, in credits.
        amount: Option<Decimal>,
        /// `accrued`, `matured`, `granted` or `clawed_back`.
        status: Option<String>,
        /// The product whose referral tree it comes from.
        product: Option<String>,
        /// The payment.
        payment: Option<String>,
        /// Who paid.
        payer: Option<String>,
        /// 1 for the direct referrer, 2 for the referrer's referrer.
        level: Option<i16>,
        /// The share: `0.20` is 20 %.
        rate: Option<Decimal>,
        /// What was paid.
        base_amount: Option<Decimal>,
        /// The currency it was paid in.
        base_currency: Option<String>,
        /// When it was earned.
        accrued_at: Option<Timestamp>,
        /// When its credits were added.
        granted_at: Option<Timestamp>,
        /// When it matures, or did.
        matures_at: Option<Timestamp>,
        /// When it had matured.
        matured_at: Option<Timestamp>,
        /// What matured: what was earned less what was taken back before.
        matured: Decimal,
        /// What became credits to spend.
        granted: Decimal,
        /// What of it paid what was owed of earlier commissions.
        netted: Decimal,
        /// What was taken back of it, before it matured and after.
        clawed_back: Decimal,
        /// How much of that the ledger took from its credits.
        taken_back: Decimal,
    }
}

row! {
    /// A commission that was accrued.
    pub struct Commission {
        key {
            /// The commission.
            commission: String,
        }
        /// The product whose referral tree it comes from.
        product: String,
        /// The payment.
        payment: String,
        /// Who paid.
        payer: String,
        /// Who earns.
        beneficiary: String,
        /// 1 for the direct referrer, 2 for the referrer's referrer.
        level: i16,
        /// The share: `0.20` is 20 %.
        rate: Decimal,
        /// What was paid.
        base_amount: Decimal,
        /// The currency it was paid in.
        base_currency: String,
        /// What is earned, in credits.
        amount: Decimal,
        /// `accrued`, `matured`, `granted` once its credits were added or paid what was owed, or `clawed_back` once nothing
        /// of it is left.
        status: String,
        /// When it was earned.
        accrued_at: Timestamp,
        /// When its credits were added.
        granted_at: Option<Timestamp>,
        /// When it matures, or did.
        matures_at: Timestamp,
        /// When it had matured.
        matured_at: Option<Timestamp>,
        /// What matured: what was earned less what was taken back before.
        matured: Decimal,
        /// What became credits to spend.
        granted: Decimal,
        /// What of it paid what was owed of earlier commissions.
        netted: Decimal,
        /// What was taken back of it, before it matured and after.
        clawed_back: Decimal,
        /// How much of that the ledger took from its credits.
        taken_back: Decimal,
    }
}

/// Most commissions that [`of_beneficiary`] gives.
pub const COMMISSIONS_MAX: i64 = 1_000;

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Known;

    const NAME: &'static str = "commissions";
    const WRITERS: Writers = Writers::SeveralPartitions;
    const LOAD: &'static str = "SELECT * FROM commissions WHERE commission = ANY ($1)";
    const SAVE: &'static str = include_str!("commissions/save.sql");

    fn apply(rows: &mut Rows<Known>, recorded: &Recorded) {
        match &recorded.event {
            Event::ReferralTree(event) => earn(rows, recorded, event),
            Event::CreditLedger(event) => grant(rows, recorded, event),
            Event::Organization(_)
            | Event::Subscription(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

fn earn(rows: &mut Rows<Known>, recorded: &Recorded, event: &ReferralEvent) {
    match event {
        ReferralEvent::CommissionAccrued { commission, .. } => change(rows, commission, |row| {
            row.product = Some(recorded.stream.owner.as_str().to_owned());
            row.accrued_at = Some(recorded.recorded_at);
            accrue(row, event);
            row.matures_at = row.matures_at.or(row.accrued_at);
        }),
        ReferralEvent::CommissionMatured { commission, amount, matured_at, .. } => change(rows, commission, |row| {
            row.matured = amount.amount();
            row.matured_at = Some(*matured_at);
        }),
        ReferralEvent::CommissionClawedBack { commission, clawed_back_total, .. } => {
            change(rows, commission, |row| row.clawed_back = clawed_back_total.amount());
        }
        ReferralEvent::OrganizationEnrolled { .. }
        | ReferralEvent::ReferralAttributed { .. }
        | ReferralEvent::FirstPaymentMade { .. }
        | ReferralEvent::PayerSimulated { .. } => {}
    }
}

fn accrue(row: &mut Known, event: &ReferralEvent) {
    if let ReferralEvent::CommissionAccrued {
        commission: _,
        payment,
        payer,
        beneficiary,
        level,
        rate,
        base,
        amount,
        catalog_version: _,
        matures_at,
    } = event
    {
        row.payment = Some(payment.to_string());
        row.payer = Some(payer.to_string());
        row.beneficiary = Some(beneficiary.to_string());
        row.level = Some(i16::from(*level));
        row.rate = Some(*rate);
        row.base_amount = Some(base.amount);
        row.base_currency = Some(base.currency.to_string());
        row.amount = Some(amount.amount());
        row.matures_at = *matures_at;
    }
}

fn grant(rows: &mut Rows<Known>, recorded: &Recorded, event: &LedgerEvent) {
    match event {
        LedgerEvent::CreditsGranted { commission: Some(commission), amount, .. } => change(rows, commission, |row| {
            row.beneficiary.get_or_insert_with(|| recorded.stream.owner.as_str().to_owned());
            row.granted_at.get_or_insert(recorded.recorded_at);
            row.granted = amount.amount();
        }),
        LedgerEvent::CommissionNetted { commission, amount, .. } => change(rows, commission, |row| {
            row.beneficiary.get_or_insert_with(|| recorded.stream.owner.as_str().to_owned());
            row.granted_at.get_or_insert(recorded.recorded_at);
            row.netted = amount.amount();
        }),
        LedgerEvent::CreditsClawedBack { commission, taken, .. } => {
            change(rows, commission, |row| row.taken_back += taken.amount());
        }
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
        | LedgerEvent::TopUpRequested { .. } => {}
    }
}

fn change(rows: &mut Rows<Known>, commission: &CommissionId, change: impl FnOnce(&mut Known)) {
    let row = rows.change((commission.to_string(),));
    change(row);
    row.status = Some(status(row).to_owned());
}

/// Where it stands, whatever was told first.
fn status(row: &Known) -> &'static str {
    if row.amount.is_some_and(|amount| row.clawed_back >= amount) {
        "clawed_back"
    } else if row.granted_at.is_some() {
        "granted"
    } else if row.matured_at.is_some() {
        "matured"
    } else {
        "accrued"
    }
}

/// The commissions an organization earned, the newest first, at most [`COMMISSIONS_MAX`].
pub async fn of_beneficiary(pool: &PgPool, organization: &OrganizationId) -> Result<Vec<Commission>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM read.commissions WHERE beneficiary = $1 AND accrued_at IS NOT NULL
         ORDER BY accrued_at DESC, commission LIMIT $2",
    )
    .bind(organization.as_str())
    .bind(COMMISSIONS_MAX)
    .fetch_all(pool)
    .await
}
