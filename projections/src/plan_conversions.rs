//! Who went from which plan to which: trials that began, were won and were lost, plans that were taken, changed and given
//! up. One row for each event that may be one of these; `kind` is null if it changed nothing that was in force.
//!
//! Row 0 of an organization is no conversion but the organization itself.

pub mod summary;

use std::cmp::Ordering;

use domain::Event;
use domain::id::PlanCode;
use domain::subscription::Event as SubscriptionEvent;
use event_store::Recorded;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::life::{self, Life, Stage};
use crate::projection::{self, ITSELF, Writers, at};
use crate::row::{Rows, row};

row! {
    /// A conversion; at position 0, the organization itself.
    pub struct Conversion {
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
        /// `trial_started`, `trial_converted`, `trial_lost`, `started`, `restarted`, `upgraded`, `downgraded`,
        /// `switched`, `interval_changed` or `canceled`; null if nothing in force changed.
        kind: Option<String>,
        /// The plan it was; null of one that had none.
        plan_from: Option<String>,
        /// The plan it is; null of one that ended.
        plan_to: Option<String>,
        /// How often the plan was paid.
        interval_from: Option<String>,
        /// How often the plan is paid.
        interval_to: Option<String>,
        /// The local day the trial began on that started, converted or was lost.
        trial_day: Option<Date>,
        /// In row 0: what is known of the organization.
        life: Option<Life>,
    }
}

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Conversion;

    const NAME: &'static str = "plan_conversions";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT plan_conversions.* FROM plan_conversions
        JOIN UNNEST ($1::text[], $2::bigint[]) AS touched (organization, position) USING (organization, position)";
    const SAVE: &'static str = include_str!("plan_conversions/save.sql");

    fn apply(rows: &mut Rows<Conversion>, recorded: &Recorded) {
        match &recorded.event {
            Event::Organization(event) if life::is_told(event) => itself(rows, recorded).describe(event),
            Event::Subscription(event) => convert(rows, recorded, event),
            Event::Organization(_)
            | Event::CreditLedger(_)
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

fn itself<'a>(rows: &'a mut Rows<Conversion>, recorded: &Recorded) -> &'a mut Life {
    rows.change(at(recorded, ITSELF)).life.get_or_insert_default()
}

fn convert(rows: &mut Rows<Conversion>, recorded: &Recorded, event: &SubscriptionEvent) {
    let life = itself(rows, recorded);
    let before = life.clone();
    life.take_in(event);
    let Some(turn) = Turn::of(event) else { return };
    let after = life.clone();
    let stamp = after.stamp(recorded, event);

    let row = rows.change(at(recorded, recorded.position));
    row.product = stamp.product;
    row.environment = Some(stamp.environment);
    row.at = Some(stamp.at);
    row.day = stamp.day;
    let Some(Step { kind, from, to }) = step(turn, &before, &after) else { return };
    let interval = |life: &Life| life.interval().map(|interval| interval.as_str().to_owned());
    row.kind = Some(kind.to_owned());
    row.interval_from = from.as_ref().and_then(|_| interval(&before));
    row.interval_to = to.as_ref().and_then(|_| interval(&after));
    row.plan_from = from.map(|plan| plan.to_string());
    row.plan_to = to.map(|plan| plan.to_string());
    if kind.starts_with("trial_") {
        row.trial_day = before.trial().or(after.trial()).and_then(|trial| trial.day);
    }
}

/// A step from a plan to another, or from and to none.
struct Step {
    kind: &'static str,
    from: Option<PlanCode>,
    to: Option<PlanCode>,
}

fn step(turn: Turn, before: &Life, after: &Life) -> Option<Step> {
    let (had, has) = (before.plan().cloned(), after.plan().cloned());
    let tried = before.trial().map(|trial| trial.plan.clone());
    match turn {
        Turn::Trial => Some(Step { kind: "trial_started", from: None, to: has }),
        Turn::Start => {
            let is_free = after.list_price().is_some_and(|price| price.is_zero());
            let kind = match (&tried, is_free) {
                // Whoever goes on without paying was not won.
                (Some(_), true) => "trial_lost",
                (Some(_), false) => "trial_converted",
                (None, _) if before.had_plan() => "restarted",
                (None, _) => "started",
            };
            Some(Step { kind, from: tried, to: has })
        }
        Turn::Change => match before.stage() {
            Stage::Trialing | Stage::Running => Some(Step { kind: change(before, after), from: had, to: has }),
            Stage::Awaiting | Stage::Suspended | Stage::Paused | Stage::Canceled => None,
        },
        Turn::End => match (tried, before.stage()) {
            (Some(tried), _) => Some(Step { kind: "trial_lost", from: Some(tried), to: None }),
            (None, Stage::Trialing | Stage::Running | Stage::Suspended | Stage::Paused) => {
                Some(Step { kind: "canceled", from: had, to: None })
            }
            (None, Stage::Awaiting | Stage::Canceled) => None,
        },
    }
}

/// Up or down by what a month costs, discounts aside.
fn change(before: &Life, after: &Life) -> &'static str {
    if before.plan() == after.plan() {
        return "interval_changed";
    }
    let price = |life: &Life| life.list_price().map(|price| price.amount);
    match price(after).cmp(&price(before)) {
        Ordering::Greater => "upgraded",
        Ordering::Less => "downgraded",
        Ordering::Equal => "switched",
    }
}

/// What an event that may be a conversion is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Trial,
    Start,
    Change,
    End,
}

impl Turn {
    fn of(event: &SubscriptionEvent) -> Option<Self> {
        match event {
            SubscriptionEvent::TrialStarted { .. } => Some(Self::Trial),
            SubscriptionEvent::SubscriptionActivated { .. } => Some(Self::Start),
            SubscriptionEvent::PlanChanged { .. } => Some(Self::Change),
            SubscriptionEvent::SubscriptionCanceled { .. } => Some(Self::End),
            SubscriptionEvent::SubscriptionStarted { .. }
            | SubscriptionEvent::TrialEnded { .. }
            | SubscriptionEvent::PaymentMethodAttached { .. }
            | SubscriptionEvent::PaymentMethodDetached { .. }
            | SubscriptionEvent::InvoiceIssued { .. }
            | SubscriptionEvent::InvoiceVoided { .. }
            | SubscriptionEvent::PaymentRecorded { .. }
            | SubscriptionEvent::OverpaymentKept { .. }
            | SubscriptionEvent::PaymentRefunded { .. }
            | SubscriptionEvent::CreditNoteIssued { .. }
            | SubscriptionEvent::PeriodBegan { .. }
            | SubscriptionEvent::SubscriptionRenewed { .. }
            | SubscriptionEvent::SubscriptionPastDue { .. }
            | SubscriptionEvent::PaymentRetryDue { .. }
            | SubscriptionEvent::SubscriptionSuspended { .. }
            | SubscriptionEvent::SubscriptionRecovered { .. }
            | SubscriptionEvent::ChangeScheduled { .. }
            | SubscriptionEvent::ScheduledChangeRevoked { .. }
            | SubscriptionEvent::CatalogMigrated { .. }
            | SubscriptionEvent::SubscriptionPaused { .. }
            | SubscriptionEvent::SubscriptionResumed { .. }
            | SubscriptionEvent::DiscountApplied { .. }
            | SubscriptionEvent::DiscountEnded { .. } => None,
        }
    }
}
