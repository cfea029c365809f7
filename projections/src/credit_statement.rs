//! The statement of an organization's credits: whatever came, went, was reserved or came back, each with the balance
//! after it.
//!
//! An entry's balance continues that of the entry before it, so what is loaded for a new entry is the organization's
//! newest one.

use domain::credit_ledger::{CreditCharge, Event as LedgerEvent, OverageCharge};
use domain::{Credits, Event, FeatureCode, OrganizationId};
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
        /// Where credits came from (`purchased`, `granted`, `commission`, `refund`), or what became of them: `charge`,
        /// `held`, `captured`, `released` from a hold, `returned` for a consumption, `expired`, `revoked`, `deducted`, `clawed_back`.
        kind: String,
        /// Credits, by which the balance changed; nothing for a capture, because what it spent was held.
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
        /// Credits that were spent, of a charge or a capture.
        charged: Option<Decimal>,
        /// The lot that came or went.
        lot: Option<String>,
        /// The hold.
        hold: Option<String>,
        /// Why, if by hand.
        reason: Option<String>,
        /// Who, if by hand.
        actor: Option<String>,
    }
}

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Entry;

    const NAME: &'static str = "credit_statement";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = include_str!("credit_statement/load.sql");
    const SAVE: &'static str = include_str!("credit_statement/save.sql");

    fn apply(rows: &mut Rows<Entry>, recorded: &Recorded) {
        let Event::CreditLedger(event) = &recorded.event else { return };
        let Some(kind) = kind_of(event) else { return };
        let key = (recorded.stream.owner.as_str().to_owned(), recorded.partition, recorded.position);
        let before = rows.before(&key).filter(|entry| entry.organization == key.0);
        let before = before.map_or(Decimal::ZERO, |entry| entry.balance_after);
        let entry = rows.change(key);
        entry.kind = kind.to_owned();
        entry.enter(recorded, before, event.balance_change().amount());
        entry.tell(event);
    }
}

/// What an entry is called; `None` of what is no entry: the balance did not change, and nothing held was spent.
fn kind_of(event: &LedgerEvent) -> Option<&'static str> {
    let is_change = event.balance_change() != Credits::ZERO;
    let kind = match event {
        LedgerEvent::CreditsGranted { kind, .. } => kind.as_str(),
        LedgerEvent::CreditsRevoked { .. } => "revoked",
        LedgerEvent::CreditsDeducted { .. } => "deducted",
        LedgerEvent::CreditsClawedBack { .. } => "clawed_back",
        LedgerEvent::LotExpired { .. } => "expired",
        LedgerEvent::FeatureConsumed { .. } => "charge",
        LedgerEvent::ConsumptionReversed { .. } => "returned",
        LedgerEvent::HoldPlaced { .. } => "held",
        LedgerEvent::HoldReleased { .. } | LedgerEvent::HoldExpired { .. } => "released",
        LedgerEvent::HoldCaptured { credits: Some(_), .. } => return Some("captured"),
        LedgerEvent::HoldCaptured { credits: None, .. }
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
        | LedgerEvent::TopUpRequested { .. } => return None,
    };
    is_change.then_some(kind)
}

/// The text of what is there.
fn text(thing: Option<&impl ToString>) -> Option<String> {
    thing.map(ToString::to_string)
}

impl Entry {
    fn enter(&mut self, recorded: &Recorded, before: Decimal, amount: Decimal) {
        self.at = recorded.recorded_at;
        self.amount = amount;
        self.balance_after = Credits::rounded(before + amount).amount();
    }

    fn tell(&mut self, event: &LedgerEvent) {
        match event {
            LedgerEvent::CreditsGranted { lot, commission, reference, reason, actor, .. } => {
                self.lot = Some(lot.to_string());
                self.commission = text(commission.as_ref());
                self.reference = text(reference.as_ref());
                (self.reason, self.actor) = (text(reason.as_ref()), text(actor.as_ref()));
            }
            LedgerEvent::CreditsRevoked { lot, reason, actor, .. } => {
                self.lot = Some(lot.to_string());
                (self.reason, self.actor) = (Some(reason.to_string()), Some(actor.to_string()));
            }
            LedgerEvent::CreditsDeducted { reason, actor, .. } => {
                (self.reason, self.actor) = (Some(reason.to_string()), Some(actor.to_string()));
            }
            LedgerEvent::CreditsClawedBack { commission, lot, .. } => {
                self.commission = Some(commission.to_string());
                self.lot = text(lot.as_ref());
            }
            LedgerEvent::LotExpired { lot, .. } => self.lot = Some(lot.to_string()),
            LedgerEvent::FeatureConsumed { feature, overage, hold, .. } => {
                self.hold = text(hold.as_ref());
                let charged = overage.as_ref().and_then(OverageCharge::credits);
                self.tell_charge(feature, charged);
                self.charged = charged.map(|charge| charge.charge.amount());
            }
            LedgerEvent::ConsumptionReversed { feature, overage, reason, actor, .. } => {
                self.tell_charge(feature, overage.as_ref().and_then(OverageCharge::credits));
                (self.reason, self.actor) = (Some(reason.to_string()), Some(actor.to_string()));
            }
            LedgerEvent::HoldPlaced { hold, feature, credits, .. } => {
                self.hold = Some(hold.to_string());
                self.tell_charge(feature, credits.as_ref());
            }
            LedgerEvent::HoldCaptured { hold, feature, credits, .. } => {
                self.hold = Some(hold.to_string());
                self.tell_charge(feature, credits.as_ref());
                self.charged = credits.as_ref().map(|charge| charge.charge.amount());
            }
            LedgerEvent::HoldReleased { hold, feature, .. } | LedgerEvent::HoldExpired { hold, feature, .. } => {
                self.hold = Some(hold.to_string());
                self.feature = Some(feature.to_string());
            }
            LedgerEvent::CommissionNetted { .. }
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
            | LedgerEvent::TopUpRequested { .. } => {}
        }
    }

    fn tell_charge(&mut self, feature: &FeatureCode, charge: Option<&CreditCharge>) {
        self.feature = Some(feature.to_string());
        self.quantity = charge.map(|charge| charge.quantity.amount());
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
