//! Every consumption: who used what, when, what for, what it took, and what of it was given back. What is asked of
//! usage by actor, attribute, day or period is summed up from here ([`summary`]).
//!
//! One row per consumption, by its position in the log, and not one per day, actor and attributes, because
//!
//! - a reversal names a position, and nothing of the day, the actor or the attributes that were used there; whoever
//!   keeps sums only cannot tell which of them to lower;
//! - the day is local, and the zone is told by another event, while a row must be reached for because of its own event;
//! - attributes are whatever callers like, up to sixteen. One row per set of them is one row per consumption as soon as
//!   one attribute is a conversation or a request; one row per attribute would be sixteen. Here a consumption is written
//!   once, and grouped by any attribute when somebody asks: `attributes` is `jsonb`, looked at only in the rows that the
//!   organization and the days have chosen by index, so it needs no index of its own.
//!
//! The price is a table as long as the log has consumptions, and an auditor who holds it in memory to compare it.
//!
//! Row 0 of an organization is no consumption but the organization itself: its product, its zone, a sandbox's instant.
//! It is loaded with every batch, so that days are told by what this projection has folded and nothing else. The zone
//! never changes, so a day never does.

pub mod summary;

use std::collections::BTreeMap;

use domain::calendar::{Period, Zone};
use domain::credit_ledger::Event as LedgerEvent;
use domain::organization::Event as OrganizationEvent;
use domain::{ActorId, Attributes, Credits, Event, FeatureCode};
use event_store::Recorded;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::projection::{self, ITSELF, Writers, at};
use crate::row::{Rows, row};
use crate::taken::Taken;

row! {
    /// A consumption; at position 0, the organization itself.
    pub struct Consumption {
        key {
            /// The organization.
            organization: String,
            /// The position of the event.
            position: i64,
        }
        /// The partition of the organization's events.
        partition: i32,
        /// The feature.
        feature: Option<String>,
        /// First instant of the window it counts in.
        window_start: Option<Timestamp>,
        /// First instant after that window.
        window_end: Option<Timestamp>,
        /// When it happened: as its caller said, else when it was decided.
        occurred_at: Option<Timestamp>,
        /// The local day of that instant.
        day: Option<Date>,
        /// Who used it.
        actor: Option<String>,
        /// What its caller tells such consumptions apart by.
        attributes: BTreeMap<String, String>,
        /// The plan it was used on. A capture does not tell; then it is that of the organization's newest hold, which
        /// row 0 keeps.
        plan: Option<String>,
        /// 1; 0 for what a hold had not reserved: its capture counts.
        consumptions: i16,
        /// Included and past it, less what was given back.
        used: Decimal,
        /// What of it the plan included.
        included: Decimal,
        /// What of it was past that.
        overage: Decimal,
        /// What an administrator used, less what was given back: neither limited nor counted.
        waived: Decimal,
        /// What was given back.
        reversed: Decimal,
        /// Credits it cost, less those that were given back.
        charged: Decimal,
        /// What of it goes on the invoice, in its currency.
        price_amount: Option<Decimal>,
        /// The currency of the invoice.
        price_currency: Option<String>,
        /// In row 0: the product.
        product: Option<String>,
        /// In row 0: where days begin and end.
        time_zone: Option<String>,
        /// In row 0: the instant that was set, of a sandbox.
        instant: Option<Timestamp>,
    }
}

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Consumption;

    const NAME: &'static str = "consumptions";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = include_str!("consumptions/load.sql");
    const SAVE: &'static str = include_str!("consumptions/save.sql");

    fn apply(rows: &mut Rows<Consumption>, recorded: &Recorded) {
        match &recorded.event {
            Event::Organization(event) => describe(rows, recorded, event),
            Event::CreditLedger(event) => take_in(rows, recorded, event),
            Event::Subscription(_)
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

/// What row 0 says.
fn describe(rows: &mut Rows<Consumption>, recorded: &Recorded, event: &OrganizationEvent) {
    match event {
        OrganizationEvent::OrganizationRegistered { product, time_zone, .. } => {
            let itself = rows.change(at(recorded, ITSELF));
            itself.partition = recorded.partition;
            itself.product = Some(product.to_string());
            itself.time_zone = Some(time_zone.name().to_owned());
        }
        OrganizationEvent::InstantSet { instant, .. } | OrganizationEvent::TestClockFollowed { instant, .. } => {
            rows.change(at(recorded, ITSELF)).instant = Some(*instant);
        }
        OrganizationEvent::FeatureOverridden { .. }
        | OrganizationEvent::OverrideRemoved { .. }
        | OrganizationEvent::OrganizationSuspended { .. }
        | OrganizationEvent::OrganizationResumed { .. }
        | OrganizationEvent::AdministratorAppointed { .. }
        | OrganizationEvent::AdministratorDismissed { .. }
        | OrganizationEvent::BillingProfileSet { .. }
        | OrganizationEvent::TestClockStarted { .. }
        | OrganizationEvent::TestClockJoined { .. }
        | OrganizationEvent::TestClockAdvanceRequested { .. }
        | OrganizationEvent::TestClockStepped { .. }
        | OrganizationEvent::TestClockAdvanced { .. } => {}
    }
}

fn take_in(rows: &mut Rows<Consumption>, recorded: &Recorded, event: &LedgerEvent) {
    match event {
        LedgerEvent::FeatureConsumed { feature, window, occurred_at, actor, attributes, plan, .. } => {
            let used = Used { feature, window, occurred_at: *occurred_at, actor: actor.as_ref(), attributes };
            enter(rows, recorded, &used, event).plan = Some(plan.to_string());
        }
        LedgerEvent::HoldCaptured { feature, window, occurred_at, actor, attributes, .. } => {
            let used = Used { feature, window, occurred_at: *occurred_at, actor: actor.as_ref(), attributes };
            let plan = rows.get(&at(recorded, ITSELF)).and_then(|itself| itself.plan.clone());
            enter(rows, recorded, &used, event).plan = plan;
        }
        LedgerEvent::HoldPlaced { plan, .. } => {
            rows.change(at(recorded, ITSELF)).plan = Some(plan.to_string());
        }
        LedgerEvent::ConsumptionReversed { position, quantity, .. } => {
            // A position that no column of Postgres holds was never given out.
            let consumption = rows.change(at(recorded, i64::try_from(*position).unwrap_or(i64::MAX)));
            consumption.reversed += quantity.amount();
            consumption.add(event);
        }
        LedgerEvent::CreditsGranted { .. }
        | LedgerEvent::CreditsClawedBack { .. }
        | LedgerEvent::CommissionNetted { .. }
        | LedgerEvent::GrantScheduled { .. }
        | LedgerEvent::GrantCancelled { .. }
        | LedgerEvent::CreditsRevoked { .. }
        | LedgerEvent::CreditsDeducted { .. }
        | LedgerEvent::InvoicePaidFromCredits { .. }
        | LedgerEvent::InvoicePaymentReturned { .. }
        | LedgerEvent::LotExpired { .. }
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

/// What consumptions and captures say alike.
struct Used<'a> {
    feature: &'a FeatureCode,
    window: &'a Period,
    occurred_at: Option<Timestamp>,
    actor: Option<&'a ActorId>,
    attributes: &'a Attributes,
}

/// A row for what was used.
fn enter<'a>(
    rows: &'a mut Rows<Consumption>,
    recorded: &Recorded,
    used: &Used<'_>,
    event: &LedgerEvent,
) -> &'a mut Consumption {
    let itself = rows.get(&at(recorded, ITSELF));
    let zone = itself.and_then(|itself| Zone::new(itself.time_zone.as_deref()?).ok());
    // What is decided of a sandbox is decided at the instant that was set for it, and recorded by the clock.
    let decided_at = itself.and_then(|itself| itself.instant).unwrap_or(recorded.recorded_at);
    let occurred_at = used.occurred_at.unwrap_or(decided_at);

    let row = rows.change(at(recorded, recorded.position));
    row.partition = recorded.partition;
    row.feature = Some(used.feature.to_string());
    row.window_start = Some(used.window.start);
    row.window_end = Some(used.window.end);
    row.occurred_at = Some(occurred_at);
    row.day = zone.map(|zone| zone.day_of(occurred_at));
    row.actor = used.actor.map(ToString::to_string);
    row.attributes = used.attributes.iter().map(|(name, value)| (name.to_string(), value.to_owned())).collect();
    row.add(event);
    row
}

impl Consumption {
    fn add(&mut self, event: &LedgerEvent) {
        let taken = Taken::of(event).unwrap_or_default();
        self.consumptions += taken.consumptions;
        self.used += taken.used;
        self.included += taken.included;
        self.overage += taken.overage;
        self.waived += taken.waived;
        self.charged = Credits::rounded(self.charged + taken.charged).amount();
        if let Some(price) = taken.price {
            self.price_amount = Some(self.price_amount.unwrap_or_default() + price.amount);
            self.price_currency = Some(price.currency.to_string());
        }
    }
}
