//! What organizations are worth a month, as movements: so much more or less, on a day, because of an event. The monthly
//! recurring revenue of a product on a day is the sum of its movements up to it.
//!
//! Row 0 of an organization is no movement but the organization itself. An event that may move something has a row, also
//! if it moved nothing; then `kind` is null: which rows an event reaches for must not depend on what was before.

pub mod summary;

use domain::subscription::Event as SubscriptionEvent;
use domain::{Event, Money};
use event_store::Recorded;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::life::{self, Life};
use crate::projection::{self, ITSELF, Writers, at};
use crate::row::{Rows, row};

row! {
    /// A movement; at position 0, the organization itself.
    pub struct Movement {
        key {
            /// The organization.
            organization: String,
            /// The position of the event.
            position: i64,
        }
        /// The product.
        product: Option<String>,
        /// `live` or `sandbox`.
        environment: Option<String>,
        /// When it happened.
        at: Option<Timestamp>,
        /// The local day of that instant.
        day: Option<Date>,
        /// `new`, `expansion`, `contraction`, `churn` or `reactivation`; null if nothing moved.
        kind: Option<String>,
        /// The event.
        because: Option<String>,
        /// The plan in force before.
        plan_before: Option<String>,
        /// The plan in force after.
        plan_after: Option<String>,
        /// The currency.
        currency: Option<String>,
        /// How much more it is worth a month; below zero for less.
        amount: Decimal,
        /// What it is worth a month after.
        mrr_after: Decimal,
        /// In row 0: what is known of the organization.
        life: Option<Life>,
    }
}

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Movement;

    const NAME: &'static str = "mrr_movements";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT mrr_movements.* FROM mrr_movements
        JOIN UNNEST ($1::text[], $2::bigint[]) AS touched (organization, position) USING (organization, position)";
    const SAVE: &'static str = include_str!("mrr_movements/save.sql");

    fn apply(rows: &mut Rows<Movement>, recorded: &Recorded) {
        match &recorded.event {
            Event::Organization(event) if life::is_told(event) => itself(rows, recorded).describe(event),
            Event::Subscription(event) => move_on(rows, recorded, event),
            Event::Organization(_)
            | Event::CreditLedger(_)
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

fn itself<'a>(rows: &'a mut Rows<Movement>, recorded: &Recorded) -> &'a mut Life {
    rows.change(at(recorded, ITSELF)).life.get_or_insert_default()
}

fn move_on(rows: &mut Rows<Movement>, recorded: &Recorded, event: &SubscriptionEvent) {
    let life = itself(rows, recorded);
    let before = life.clone();
    life.take_in(event);
    if !may_move(event) {
        return;
    }
    let after = life.clone();
    let stamp = after.stamp(recorded, event);
    let moved = Moved::between(&before, &after);

    let row = rows.change(at(recorded, recorded.position));
    row.product = stamp.product;
    row.environment = Some(stamp.environment);
    row.at = Some(stamp.at);
    row.day = stamp.day;
    row.because = Some(recorded.event.event_type());
    row.plan_before = before.plan_in_force().map(ToString::to_string);
    row.plan_after = after.plan_in_force().map(ToString::to_string);
    if let Some(moved) = moved {
        row.kind = moved.kind.map(str::to_owned);
        row.currency = Some(moved.after.currency.to_string());
        row.amount = moved.amount.amount;
        row.mrr_after = moved.after.amount;
    }
}

/// What an event moved.
struct Moved {
    kind: Option<&'static str>,
    amount: Money,
    after: Money,
}

impl Moved {
    /// A subscription that goes on never changes its currency; one that is started again may, and is worth nothing then.
    fn between(before: &Life, after: &Life) -> Option<Self> {
        let now = after.mrr()?;
        let then = before.mrr().filter(|then| then.currency == now.currency);
        let then = then.map_or(Decimal::ZERO, |then| then.amount);
        let amount = Money::rounded(now.amount - then, now.currency);
        let kind = match (then.is_zero(), now.is_zero()) {
            _ if amount.is_zero() => None,
            (true, _) if before.had_revenue() => Some("reactivation"),
            (true, _) => Some("new"),
            (false, true) => Some("churn"),
            (false, false) if amount.is_positive() => Some("expansion"),
            (false, false) => Some("contraction"),
        };
        Some(Self { kind, amount, after: now })
    }
}

/// May an event move what a subscription is worth?
fn may_move(event: &SubscriptionEvent) -> bool {
    match event {
        SubscriptionEvent::SubscriptionActivated { .. }
        | SubscriptionEvent::PeriodBegan { .. }
        | SubscriptionEvent::PlanChanged { .. }
        | SubscriptionEvent::SubscriptionSuspended { .. }
        | SubscriptionEvent::SubscriptionRecovered { .. }
        | SubscriptionEvent::SubscriptionPaused { .. }
        | SubscriptionEvent::SubscriptionResumed { .. }
        | SubscriptionEvent::SubscriptionCanceled { .. }
        | SubscriptionEvent::DiscountApplied { .. }
        | SubscriptionEvent::DiscountEnded { .. } => true,
        SubscriptionEvent::SubscriptionStarted { .. }
        | SubscriptionEvent::TrialStarted { .. }
        | SubscriptionEvent::TrialEnded { .. }
        | SubscriptionEvent::PaymentMethodAttached { .. }
        | SubscriptionEvent::PaymentMethodDetached { .. }
        | SubscriptionEvent::InvoiceIssued { .. }
        | SubscriptionEvent::InvoiceVoided { .. }
        | SubscriptionEvent::PaymentRecorded { .. }
        | SubscriptionEvent::OverpaymentKept { .. }
        | SubscriptionEvent::PaymentRefunded { .. }
        | SubscriptionEvent::CreditNoteIssued { .. }
        | SubscriptionEvent::SubscriptionRenewed { .. }
        | SubscriptionEvent::SubscriptionPastDue { .. }
        | SubscriptionEvent::PaymentRetryDue { .. }
        | SubscriptionEvent::ChangeScheduled { .. }
        | SubscriptionEvent::ScheduledChangeRevoked { .. }
        | SubscriptionEvent::CatalogMigrated { .. } => false,
    }
}
