//! How an organization decides.

use jiff::{Timestamp, ToSpan};

use super::test_clock::TestClock;
use super::{Answer, Command, Environment, Event, Organization, OverrideValue, Registered, Rejection, Status};
use crate::aggregate::{Aggregate, TEXTS_BYTES, cqrs_aggregate};
use crate::catalog::FeatureKind;
use crate::context::Context;
use crate::id::{ActorId, FeatureCode, ReferralCode};
use crate::text::ATTRIBUTE_LENGTH_MAX;

/// Most administrators of one organization: its own support team, not its users.
pub const ADMINISTRATORS_MAX: usize = 100;

/// How far ahead the instant of a sandbox may be set at once: enough to see a yearly plan renew ten times, and far from
/// where calendars end.
pub const INSTANT_YEARS_MAX: i16 = 10;

/// About what an override takes in memory, with its texts.
const OVERRIDE_BYTES: usize = 512;

impl Aggregate for Organization {
    const TYPE: &'static str = "organization";
    const STATE_VERSION: i32 = 4;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Answer;

    fn decide(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        if let Command::Register { .. } = command {
            return self.decide_register(command, context);
        }
        let registered = self.registered().ok_or(Rejection::NotRegistered)?;
        match command {
            Command::Register { .. } => Ok(Vec::new()),
            Command::OverrideFeature { .. } => self.decide_override(command, registered, context),
            Command::RemoveOverride { feature, reason, actor } => {
                let (reason, actor) = (reason.clone(), actor.clone());
                let removed = Event::OverrideRemoved { feature: feature.clone(), reason, actor };
                Ok(self.overrides().contains_key(feature).then_some(removed).into_iter().collect())
            }
            Command::Suspend { reason, actor } => {
                let (since, reason, actor) = (context.now, reason.clone(), actor.clone());
                let suspended = Event::OrganizationSuspended { since, reason, actor };
                Ok((*self.status() == Status::Active).then_some(suspended).into_iter().collect())
            }
            Command::Resume { reason, actor } => {
                let resumed = Event::OrganizationResumed { reason: reason.clone(), actor: actor.clone() };
                Ok((*self.status() != Status::Active).then_some(resumed).into_iter().collect())
            }
            Command::AppointAdministrator { administrator, actor } => self.decide_appoint(administrator, actor),
            Command::DismissAdministrator { administrator, actor } => {
                let (administrator, actor) = (administrator.clone(), actor.clone());
                let is_one = self.administrators().contains(&administrator);
                Ok(is_one.then_some(Event::AdministratorDismissed { administrator, actor }).into_iter().collect())
            }
            Command::SetBillingProfile { profile } => {
                let set = Event::BillingProfileSet { profile: profile.clone() };
                Ok((self.billing() != Some(profile)).then_some(set).into_iter().collect())
            }
            Command::SetInstant { instant, actor } => self.decide_set_instant(*instant, actor, registered, context),
            Command::StartTestClock { .. }
            | Command::AdmitToTestClock { .. }
            | Command::AdvanceTestClock { .. }
            | Command::StepTestClock { .. }
            | Command::EndTestClockAdvance { .. }
            | Command::FollowTestClock { .. } => self.decide_on_test_clock(command, registered, context),
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, _command: &Command, _events: &[Event], _context: &Context) -> Answer {
        self.registered().cloned()
    }

    fn weight(&self) -> usize {
        size_of::<Self>()
            + TEXTS_BYTES
            + self.overrides().len() * OVERRIDE_BYTES
            + self.administrators().len() * size_of::<ActorId>()
            + self.test_clock().map_or(0, TestClock::weight)
    }
}

cqrs_aggregate!(Organization);

impl Organization {
    fn decide_register(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        let Command::Register { organization, product, time_zone, sponsor, environment } = command else {
            return Ok(Vec::new());
        };
        if let Some(registered) = self.registered() {
            let (organization, product) = (registered.organization.clone(), registered.product.clone());
            return Err(Rejection::AlreadyRegistered { organization, product });
        }
        if context.catalog.is_none() {
            return Err(Rejection::UnknownProduct { product: product.clone() });
        }

        // Past this line nothing may fail.
        Ok(vec![Event::OrganizationRegistered {
            organization: organization.clone(),
            product: product.clone(),
            time_zone: time_zone.clone(),
            referral_code: ReferralCode::fresh(context.seed.as_u128()),
            sponsor: sponsor.clone(),
            environment: *environment,
            registered_at: Some(context.now),
        }])
    }

    fn decide_override(
        &self,
        command: &Command,
        registered: &Registered,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let Command::OverrideFeature { feature, value, reason, actor, until } = command else {
            return Ok(Vec::new());
        };
        let unknown = || Rejection::UnknownFeature { feature: feature.clone(), product: registered.product.clone() };
        let catalog = context.catalog.as_deref().ok_or_else(unknown)?;
        let kind = catalog.definition.features.get(feature).ok_or_else(unknown)?.kind;
        check_value(feature, value, kind)?;
        if let Some(until) = until.filter(|until| *until <= context.now) {
            return Err(Rejection::OverrideEnded { feature: feature.clone(), until });
        }
        let known = self.overrides().get(feature);
        if known.is_some_and(|known| known.value == *value && known.until == *until) {
            return Ok(Vec::new());
        }

        // Past this line nothing may fail.
        Ok(vec![Event::FeatureOverridden {
            feature: feature.clone(),
            value: value.clone(),
            reason: reason.clone(),
            actor: actor.clone(),
            until: *until,
        }])
    }

    fn decide_appoint(&self, administrator: &ActorId, actor: &ActorId) -> Result<Vec<Event>, Rejection> {
        if self.administrators().contains(administrator) {
            return Ok(Vec::new());
        }
        if self.administrators().len() >= ADMINISTRATORS_MAX {
            return Err(Rejection::TooManyAdministrators { administrators: ADMINISTRATORS_MAX });
        }

        // Past this line nothing may fail.
        Ok(vec![Event::AdministratorAppointed { administrator: administrator.clone(), actor: actor.clone() }])
    }
}

/// Does what is decided fit the feature's kind?
fn check_value(feature: &FeatureCode, value: &OverrideValue, kind: FeatureKind) -> Result<(), Rejection> {
    if !value.fits(kind) {
        let (kind, value) = (kind.as_str(), value.as_str());
        return Err(Rejection::OverrideOfOtherKind { feature: feature.clone(), kind, value });
    }
    match value {
        OverrideValue::On | OverrideValue::Off | OverrideValue::Limit(_) => Ok(()),
        OverrideValue::Value(value) => {
            let is_short = value.as_str().is_some_and(|text| text.chars().count() <= ATTRIBUTE_LENGTH_MAX);
            let is_scalar = is_short || value.is_boolean() || value.is_i64() || value.is_u64();
            if is_scalar { Ok(()) } else { Err(Rejection::OverrideNotAValue { feature: feature.clone() }) }
        }
    }
}

/// Time goes forward only, and not too far at once.
pub(super) fn check_instant(instant: Timestamp, earliest: Timestamp) -> Result<(), Rejection> {
    let latest = earliest.to_zoned(jiff::tz::TimeZone::UTC).checked_add(INSTANT_YEARS_MAX.years());
    let latest = latest.map_or(Timestamp::MAX, |zoned| zoned.timestamp());
    if instant < earliest || instant > latest {
        return Err(Rejection::InstantOutOfRange { instant, earliest, latest });
    }
    Ok(())
}

impl Organization {
    fn decide_set_instant(
        &self,
        instant: Timestamp,
        actor: &ActorId,
        registered: &Registered,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        if registered.environment.is_live() {
            return Err(Rejection::NotASandbox { organization: registered.organization.clone() });
        }
        check_instant(instant, context.now)?;
        self.check_on_no_clock(registered)?;
        if instant == context.now && context.terms.as_ref().is_some_and(|terms| terms.instant == Some(instant)) {
            return Ok(Vec::new());
        }

        // Past this line nothing may fail.
        Ok(vec![Event::InstantSet { instant, actor: actor.clone() }])
    }

    /// Is it a test, for which an administrator may say what instant it is?
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        self.registered().is_some_and(|registered| registered.environment == Environment::Sandbox)
    }
}
