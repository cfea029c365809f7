//! Test clocks: one instant for a sandbox and the sandboxes it refers, that goes forward step by step.
//!
//! ```text
//! holder   started ── joined … ── advance requested ── stepped ── stepped ── advanced
//! members        followed                followed   followed   followed
//! ```
//!
//! The holder's stream says what the clock shows, where it is going and who is on it. Each member's own stream says what
//! instant it is for it: that is what its decisions go by. Who is below the holder stands in the referral tree; whoever
//! moves the clock (a processor) reads it there, and tells both.

use std::collections::BTreeSet;
use std::iter;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::decide::check_instant;
use super::{Command, Environment, Event, Organization, Registered, Rejection};
use crate::context::Context;
use crate::id::OrganizationId;

/// Most organizations on one test clock: a tree to look at, not a load test. Each step asks every one of them.
pub const MEMBERS_MAX: usize = 100;

/// About what a member takes in memory.
const MEMBER_BYTES: usize = 128;

/// An organization below the one that is to hold a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// The organization.
    pub organization: OrganizationId,
    /// Is it a customer, or a test?
    pub environment: Environment,
    /// Since when it is registered.
    pub registered_at: Option<Timestamp>,
    /// Whose clock it is on.
    pub follows: Option<OrganizationId>,
}

/// A test clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestClock {
    instant: Timestamp,
    going_to: Option<Timestamp>,
    /// By registration, so that what is due at one instant happens in this order.
    members: BTreeSet<(Option<Timestamp>, OrganizationId)>,
}

impl TestClock {
    /// What it shows.
    #[must_use]
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// Where it is going; `None` if it stands still.
    #[must_use]
    pub fn going_to(&self) -> Option<Timestamp> {
        self.going_to
    }

    /// Who is on it, the holder included, in the order of their registration.
    pub fn members(&self) -> impl Iterator<Item = &OrganizationId> {
        self.members.iter().map(|(_, member)| member)
    }

    /// Is it on this clock?
    #[must_use]
    pub fn has(&self, organization: &OrganizationId) -> bool {
        self.members().any(|member| member == organization)
    }

    pub(super) fn weight(&self) -> usize {
        self.members.len() * MEMBER_BYTES
    }
}

impl Organization {
    /// The test clock it holds.
    #[must_use]
    pub fn test_clock(&self) -> Option<&TestClock> {
        self.test_clock.as_ref()
    }

    /// May its instant be anything but that of a clock it is on already?
    pub(super) fn check_on_no_clock(&self, registered: &Registered) -> Result<(), Rejection> {
        let organization = registered.organization.clone();
        let holds = self.test_clock().map(|_| &registered.organization);
        match self.follows().or(holds) {
            Some(holder) => Err(Rejection::OnTestClock { organization, holder: holder.clone() }),
            None => Ok(()),
        }
    }

    pub(super) fn decide_on_test_clock(
        &self,
        command: &Command,
        registered: &Registered,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        if registered.environment.is_live() {
            return Err(Rejection::NotASandbox { organization: registered.organization.clone() });
        }
        match command {
            Command::StartTestClock { instant, actor, below } => {
                check_instant(*instant, context.now)?;
                self.check_on_no_clock(registered)?;
                check_below(below, &registered.organization)?;

                // Past this line nothing may fail.
                let holder = (registered.registered_at, registered.organization.clone());
                let below = below.iter().map(|member| (member.registered_at, member.organization.clone()));
                let members: BTreeSet<_> = below.chain([holder]).collect();
                let joined =
                    members.into_iter().map(|(registered_at, member)| Event::TestClockJoined { member, registered_at });
                let started = Event::TestClockStarted { instant: *instant, actor: actor.clone() };
                let holder = registered.organization.clone();
                let followed = Event::TestClockFollowed { holder, instant: *instant };
                Ok(iter::once(started).chain(joined).chain([followed]).collect())
            }
            Command::AdmitToTestClock { member, registered_at } => {
                let clock = self.clock_of(registered)?;
                if clock.has(member) {
                    return Ok(Vec::new());
                }
                if clock.members.len() >= MEMBERS_MAX {
                    return Err(Rejection::TooManyOnTestClock { members: MEMBERS_MAX });
                }

                // Past this line nothing may fail.
                Ok(vec![Event::TestClockJoined { member: member.clone(), registered_at: *registered_at }])
            }
            Command::AdvanceTestClock { to, actor } => {
                let clock = self.clock_of(registered)?;
                check_instant(*to, clock.instant)?;
                if let Some(to) = clock.going_to {
                    return Err(Rejection::ClockAdvancing { to });
                }

                // Past this line nothing may fail.
                let requested = Event::TestClockAdvanceRequested { to: *to, actor: actor.clone() };
                Ok((*to > clock.instant).then_some(requested).into_iter().collect())
            }
            Command::StepTestClock { instant } => {
                let clock = self.clock_of(registered)?;
                let is_ahead = clock.going_to.is_some_and(|to| clock.instant < *instant && *instant <= to);
                Ok(is_ahead.then_some(Event::TestClockStepped { instant: *instant }).into_iter().collect())
            }
            Command::EndTestClockAdvance { to } => {
                let clock = self.clock_of(registered)?;
                let is_there = clock.going_to == Some(*to) && clock.instant == *to;
                Ok(is_there.then_some(Event::TestClockAdvanced { to: *to }).into_iter().collect())
            }
            Command::FollowTestClock { holder, instant } => self.decide_follow(holder, *instant, registered, context),
            // Decided before it comes here.
            Command::Register { .. }
            | Command::OverrideFeature { .. }
            | Command::RemoveOverride { .. }
            | Command::Suspend { .. }
            | Command::Resume { .. }
            | Command::AppointAdministrator { .. }
            | Command::DismissAdministrator { .. }
            | Command::SetBillingProfile { .. }
            | Command::SetInstant { .. } => Ok(Vec::new()),
        }
    }

    /// A member is at the clock's instant, or at its own if that is later already: time never goes back for it.
    fn decide_follow(
        &self,
        holder: &OrganizationId,
        instant: Timestamp,
        registered: &Registered,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        if let Some(other) = self.follows().filter(|other| *other != holder) {
            let organization = registered.organization.clone();
            return Err(Rejection::OnTestClock { organization, holder: other.clone() });
        }

        // Past this line nothing may fail.
        let instant = instant.max(context.now);
        let is_so = self.follows().is_some() && self.instant() == Some(instant);
        let followed = Event::TestClockFollowed { holder: holder.clone(), instant };
        Ok((!is_so).then_some(followed).into_iter().collect())
    }

    fn clock_of(&self, registered: &Registered) -> Result<&TestClock, Rejection> {
        let none = || Rejection::NoTestClock { organization: registered.organization.clone() };
        self.test_clock().ok_or_else(none)
    }

    pub(super) fn take_in_clock(&mut self, event: &Event) {
        if let Event::TestClockStarted { instant, .. } = event {
            self.test_clock = Some(TestClock { instant: *instant, going_to: None, members: BTreeSet::new() });
        }
        let Some(clock) = &mut self.test_clock else { return };
        match event {
            Event::TestClockJoined { member, registered_at } => {
                clock.members.insert((*registered_at, member.clone()));
            }
            Event::TestClockAdvanceRequested { to, .. } => clock.going_to = Some(*to),
            Event::TestClockStepped { instant } => clock.instant = *instant,
            Event::TestClockAdvanced { .. } => clock.going_to = None,
            Event::TestClockStarted { .. }
            | Event::TestClockFollowed { .. }
            | Event::OrganizationRegistered { .. }
            | Event::FeatureOverridden { .. }
            | Event::OverrideRemoved { .. }
            | Event::OrganizationSuspended { .. }
            | Event::OrganizationResumed { .. }
            | Event::AdministratorAppointed { .. }
            | Event::AdministratorDismissed { .. }
            | Event::BillingProfileSet { .. }
            | Event::InstantSet { .. } => {}
        }
    }
}

/// May all of these go by the clock of one above them?
fn check_below(below: &[Below], holder: &OrganizationId) -> Result<(), Rejection> {
    if let Some(Below { organization, follows: Some(other), .. }) = below.iter().find(|member| member.follows.is_some())
    {
        return Err(Rejection::OnTestClock { organization: organization.clone(), holder: other.clone() });
    }
    if let Some(live) = below.iter().find(|member| member.environment.is_live()) {
        return Err(Rejection::LiveBelow { holder: holder.clone(), organization: live.organization.clone() });
    }
    // The holder is on it too.
    if below.len() >= MEMBERS_MAX {
        return Err(Rejection::TooManyOnTestClock { members: MEMBERS_MAX });
    }
    Ok(())
}
