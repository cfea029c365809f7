//! What the log says of an organization up to a position, and where it says so.

use std::collections::BTreeMap;

use domain::credit_ledger::CreditLedger;
use domain::organization::{self, Organization};
use domain::stream::{Owner, StreamId};
use domain::subscription::{self, Subscription};
use domain::{ActorId, Aggregate, Event, FeatureCode, HoldId, Kind, LotId, credit_ledger};
use event_store::Recorded;
use event_store::executor::partition_of;
use jiff::Timestamp;
use serde::Serialize;

use super::catalogs::Published;
use super::tally::Tallies;
use super::{AsOf, Position, Question, Unanswered};
use crate::connect::Audit;

/// Events read at a time.
pub(super) const CHUNK_EVENTS: i64 = 10_000;

/// Where a fact stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The partition of the log.
    pub partition: i32,
    /// The position of the event.
    pub position: i64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

impl From<&Recorded> for Place {
    fn from(recorded: &Recorded) -> Self {
        let Recorded { partition, position, recorded_at, .. } = recorded;
        Self { partition: *partition, position: *position, recorded_at: *recorded_at }
    }
}

/// An organization's streams, folded, and the places of the events that say what a verdict may rest on.
pub(super) struct History {
    pub(super) as_of: AsOf,
    pub(super) organization: Organization,
    pub(super) subscription: Subscription,
    pub(super) ledger: CreditLedger,
    /// The catalogs that were published in the same partition.
    pub(super) published: Published,
    pub(super) places: Places,
    /// What was consumed of the feature.
    pub(super) tallies: Tallies,
}

/// The newest event that says each thing.
#[derive(Default)]
pub(super) struct Places {
    pub(super) registered: Option<Place>,
    pub(super) status: Option<Place>,
    pub(super) instant: Option<Place>,
    /// Of the feature that was asked for.
    pub(super) by_hand: Option<Place>,
    pub(super) administrators: BTreeMap<ActorId, Place>,
    pub(super) sold: Option<Place>,
    pub(super) in_force: Option<Place>,
    pub(super) moved: Option<Place>,
    pub(super) lots: BTreeMap<LotId, Place>,
    pub(super) holds: BTreeMap<HoldId, Place>,
}

/// Reads the partition of an organization from its first event up to the position that was asked for, or to the newest
/// event that was recorded at the instant. Whatever is not what was appended ends it.
pub(super) async fn read(audit: &Audit, question: &Question) -> Result<History, Unanswered> {
    let owner = Owner::Organization(question.organization.clone());
    let partition = partition_of(&owner, audit.database.partitions().await?);
    let head = audit.log.head(partition).await?;
    let (at, now) = (question.at, Timestamp::now().max(head.recorded_at));
    if at > now {
        return Err(Unanswered::InFuture { at, now });
    }
    if let Some(named) = question.position {
        check(audit, question, named, partition, head.position).await?;
    }
    let mut history = History::new(partition);
    let mut scan = audit.log.scan(partition, 0, CHUNK_EVENTS);
    while let Some(chunk) = scan.next().await? {
        for recorded in &chunk.events {
            let was_there = match question.position {
                Some(named) => recorded.position <= named.position,
                None => recorded.recorded_at <= at,
            };
            if !was_there {
                return Ok(history);
            }
            history.take_in(&owner, &question.feature, recorded);
        }
    }
    Ok(history)
}

/// Checks a position that was named: it must be one of the organization's partition, and recorded at the instant.
async fn check(
    audit: &Audit,
    question: &Question,
    named: Position,
    partition: i32,
    head: i64,
) -> Result<(), Unanswered> {
    let (position, at) = (named.position, question.at);
    if let Some(named) = named.partition.filter(|named| *named != partition) {
        let organization = question.organization.clone();
        return Err(Unanswered::OtherPartition { organization, home: partition, named });
    }
    if !(0..=head).contains(&position) {
        return Err(Unanswered::NoPosition { partition, position, head });
    }
    // Instants never go back: whatever is before it was recorded then, too.
    match audit.log.between(partition, position, position).await?.first() {
        Some(event) if event.recorded_at > at => {
            Err(Unanswered::NotYetRecorded { partition, position, recorded_at: event.recorded_at, at })
        }
        Some(_) | None => Ok(()),
    }
}

/// Why an organization is not in the log as far as it was read.
pub(super) async fn why_not_registered(
    audit: &Audit,
    question: &Question,
    as_of: AsOf,
) -> Result<Unanswered, Unanswered> {
    let (organization, at) = (question.organization.clone(), question.at);
    let AsOf { partition, position } = as_of;
    let stream = StreamId { kind: Kind::Organization, owner: Owner::Organization(organization.clone()) };
    Ok(match audit.log.stream(partition, &stream).await?.first() {
        Some(registration) => Unanswered::NotYetRegistered {
            organization,
            partition,
            registered_at: registration.recorded_at,
            registered_on: registration.position,
            at,
            position,
        },
        None => Unanswered::UnknownOrganization { organization },
    })
}

impl History {
    fn new(partition: i32) -> Self {
        Self {
            as_of: AsOf { partition, position: 0 },
            organization: Organization::default(),
            subscription: Subscription::default(),
            ledger: CreditLedger::default(),
            published: Published::default(),
            places: Places::default(),
            tallies: Tallies::default(),
        }
    }

    fn take_in(&mut self, owner: &Owner, feature: &FeatureCode, recorded: &Recorded) {
        self.as_of.position = recorded.position;
        let place = Place::from(recorded);
        let is_own = recorded.stream.owner == *owner;
        match &recorded.event {
            Event::Organization(event) if is_own => {
                self.organization.evolve(event);
                self.places.of_organization(feature, event, place);
            }
            Event::Subscription(event) if is_own => {
                self.subscription.evolve(event);
                self.places.of_subscription(event, place);
            }
            Event::CreditLedger(event) if is_own => {
                self.ledger.evolve(event);
                self.places.of_ledger(event, place);
                self.tallies.take_in(feature, event, place);
            }
            Event::Catalog(event) => self.published.take_in(&recorded.stream.owner, event, place),
            Event::Organization(_)
            | Event::Subscription(_)
            | Event::CreditLedger(_)
            | Event::ReferralTree(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

impl Places {
    fn of_organization(&mut self, feature: &FeatureCode, event: &organization::Event, place: Place) {
        use organization::Event;
        match event {
            Event::OrganizationRegistered { .. } => self.registered = Some(place),
            Event::FeatureOverridden { feature: decided, .. } | Event::OverrideRemoved { feature: decided, .. } => {
                if decided == feature {
                    self.by_hand = Some(place);
                }
            }
            Event::OrganizationSuspended { .. } | Event::OrganizationResumed { .. } => self.status = Some(place),
            Event::AdministratorAppointed { administrator, .. }
            | Event::AdministratorDismissed { administrator, .. } => {
                self.administrators.insert(administrator.clone(), place);
            }
            Event::InstantSet { .. } | Event::TestClockFollowed { .. } => self.instant = Some(place),
            Event::BillingProfileSet { .. }
            | Event::TestClockStarted { .. }
            | Event::TestClockJoined { .. }
            | Event::TestClockAdvanceRequested { .. }
            | Event::TestClockStepped { .. }
            | Event::TestClockAdvanced { .. } => {}
        }
    }

    fn of_subscription(&mut self, event: &subscription::Event, place: Place) {
        use subscription::Event;
        match event {
            Event::SubscriptionStarted { .. } => {
                (self.sold, self.in_force, self.moved) = (Some(place), None, None);
            }
            Event::SubscriptionActivated { .. }
            | Event::TrialStarted { .. }
            | Event::SubscriptionRecovered { .. }
            | Event::SubscriptionResumed { .. } => self.in_force = Some(place),
            Event::PlanChanged { .. } => (self.sold, self.moved) = (Some(place), None),
            Event::CatalogMigrated { .. } => self.moved = Some(place),
            Event::TrialEnded { .. }
            | Event::PaymentMethodAttached { .. }
            | Event::PaymentMethodDetached { .. }
            | Event::InvoiceIssued { .. }
            | Event::InvoiceVoided { .. }
            | Event::PaymentRecorded { .. }
            | Event::OverpaymentKept { .. }
            | Event::PaymentRefunded { .. }
            | Event::CreditNoteIssued { .. }
            | Event::PeriodBegan { .. }
            | Event::SubscriptionRenewed { .. }
            | Event::SubscriptionPastDue { .. }
            | Event::PaymentRetryDue { .. }
            | Event::SubscriptionSuspended { .. }
            | Event::ChangeScheduled { .. }
            | Event::ScheduledChangeRevoked { .. }
            | Event::SubscriptionPaused { .. }
            | Event::SubscriptionCanceled { .. }
            | Event::DiscountApplied { .. }
            | Event::DiscountEnded { .. } => {}
        }
    }

    fn of_ledger(&mut self, event: &credit_ledger::Event, place: Place) {
        use credit_ledger::Event;
        match event {
            Event::CreditsGranted { lot, .. } | Event::GrantScheduled { lot, .. } => {
                self.lots.insert(lot.clone(), place);
            }
            Event::HoldPlaced { hold, .. } => {
                self.holds.insert(hold.clone(), place);
            }
            Event::GrantCancelled { .. }
            | Event::CreditsClawedBack { .. }
            | Event::CommissionNetted { .. }
            | Event::CreditsRevoked { .. }
            | Event::CreditsDeducted { .. }
            | Event::InvoicePaidFromCredits { .. }
            | Event::InvoicePaymentReturned { .. }
            | Event::LotExpired { .. }
            | Event::FeatureConsumed { .. }
            | Event::ConsumptionReversed { .. }
            | Event::HoldCaptured { .. }
            | Event::HoldExtended { .. }
            | Event::HoldReleased { .. }
            | Event::HoldExpired { .. }
            | Event::CapacityAcquired { .. }
            | Event::CapacityReleased { .. }
            | Event::ThresholdsCrossed { .. }
            | Event::CapacityThresholdsCrossed { .. }
            | Event::CreditsRanLow { .. }
            | Event::AlertAcknowledged { .. }
            | Event::TopUpRuleSet { .. }
            | Event::TopUpRuleRemoved { .. }
            | Event::TopUpRequested { .. } => {}
        }
    }
}
