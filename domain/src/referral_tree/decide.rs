//! How a referral tree decides.

use jiff::{SignedDuration, Timestamp};

use super::clawback::Refunded;
use super::commission::{Clock, Shared};
use super::{Answer, Command, Event, ReferralTree, Rejection};
use crate::aggregate::{Aggregate, cqrs_aggregate};
use crate::context::Context;
use crate::id::{OrganizationId, ReferralCode};

/// About what a member takes in memory: its id in three places, and its code in two.
const MEMBER_BYTES: usize = 384;

/// About what a commission takes: its id, its payment's, and two organizations'.
const COMMISSION_BYTES: usize = 320;

impl Aggregate for ReferralTree {
    const TYPE: &'static str = "referral_tree";
    const STATE_VERSION: i32 = 3;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Answer;

    fn decide(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Enroll { organization, code, referred_with } => {
                self.decide_enroll(organization, code, referred_with.as_ref())
            }
            Command::Attribute { organization, referred_with, registered_at } => {
                self.decide_attribute(organization, referred_with, *registered_at, context)
            }
            Command::AccrueCommissions { payment, payer, amount, paid_at, catalog_version: _ } => {
                let paid_at = paid_at.unwrap_or(context.now);
                self.decide_accrue(&Shared { payment, payer, base: *amount, paid_at, clock: Clock::Wall }, context)
            }
            Command::ShareSimulated { payment, payer, amount, paid_at, catalog_version: _ } => {
                let shared = Shared { payment, payer, base: *amount, paid_at: *paid_at, clock: Clock::Test };
                self.decide_accrue(&shared, context)
            }
            Command::SettleSimulated { members, now } => Ok(self.decide_settle_simulated(members, *now)),
            Command::ClawBack { payment, payer, refund, refunded_net_total, paid_net } => {
                let (total, paid) = (*refunded_net_total, *paid_net);
                self.decide_claw_back(&Refunded { payment, payer, refund, total, paid }, context)
            }
            Command::Settle => Ok(self.decide_settle(context.now)),
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, _command: &Command, events: &[Event], _context: &Context) -> Answer {
        let sponsor = events.iter().find_map(|event| match event {
            Event::ReferralAttributed { sponsor, .. } => Some(sponsor.clone()),
            Event::OrganizationEnrolled { .. }
            | Event::FirstPaymentMade { .. }
            | Event::PayerSimulated { .. }
            | Event::CommissionAccrued { .. }
            | Event::CommissionMatured { .. }
            | Event::CommissionClawedBack { .. } => None,
        });
        Answer { sponsor }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.members() * MEMBER_BYTES + self.commissions.len() * COMMISSION_BYTES
    }
}

cqrs_aggregate!(ReferralTree);

impl ReferralTree {
    fn decide_enroll(
        &self,
        organization: &OrganizationId,
        code: &ReferralCode,
        referred_with: Option<&ReferralCode>,
    ) -> Result<Vec<Event>, Rejection> {
        if self.code_of(organization) == Some(code) {
            return Ok(Vec::new());
        }
        if self.code_of(organization).is_some() || self.owner_of(code).is_some() {
            return Err(Rejection::CodeTaken { code: code.clone() });
        }
        let sponsor = referred_with.map(|given| self.sponsor_behind(given)).transpose()?;

        // Past this line nothing may fail.
        let enrolled = Event::OrganizationEnrolled { organization: organization.clone(), code: code.clone() };
        let attributed =
            sponsor.zip(referred_with).map(|(sponsor, given)| attributed(organization, sponsor, given, None));
        Ok(std::iter::once(enrolled).chain(attributed).collect())
    }

    fn decide_attribute(
        &self,
        organization: &OrganizationId,
        referred_with: &ReferralCode,
        registered_at: Option<Timestamp>,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        if self.code_of(organization).is_none() {
            return Err(Rejection::NotEnrolled { organization: organization.clone() });
        }
        let sponsor = self.sponsor_behind(referred_with)?;
        if sponsor == organization {
            return Err(Rejection::SelfReferral { organization: organization.clone() });
        }
        if let Some(current) = self.sponsor_of(organization) {
            if current == sponsor {
                return Ok(Vec::new());
            }
            return Err(Rejection::AlreadySponsored { organization: organization.clone(), sponsor: current.clone() });
        }
        if self.ancestors(sponsor).any(|ancestor| ancestor == organization) {
            return Err(Rejection::Cycle { organization: organization.clone(), sponsor: sponsor.clone() });
        }
        if self.has_paid(organization) {
            return Err(Rejection::PaidAlready { organization: organization.clone() });
        }
        if let Some(ended_at) = window_end(registered_at, context).filter(|end| *end <= context.now) {
            return Err(Rejection::AttributionOver { organization: organization.clone(), ended_at });
        }

        // Past this line nothing may fail.
        Ok(vec![attributed(organization, sponsor, referred_with, Some(context.now))])
    }

    fn sponsor_behind(&self, code: &ReferralCode) -> Result<&OrganizationId, Rejection> {
        self.owner_of(code).ok_or_else(|| Rejection::UnknownCode { code: code.clone() })
    }
}

/// The first instant at which no sponsor can be named any more; `None` if the catalog sets no such window, or nobody
/// knows since when the organization is registered. A day is 24 hours.
fn window_end(registered_at: Option<Timestamp>, context: &Context) -> Option<Timestamp> {
    let days = context.catalog.as_ref()?.definition.referrals.as_ref()?.attribution_days?;
    registered_at?.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()
}

fn attributed(
    organization: &OrganizationId,
    sponsor: &OrganizationId,
    code: &ReferralCode,
    since: Option<Timestamp>,
) -> Event {
    let (organization, sponsor, code) = (organization.clone(), sponsor.clone(), code.clone());
    Event::ReferralAttributed { organization, sponsor, code, since }
}
