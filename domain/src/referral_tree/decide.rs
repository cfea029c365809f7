//! How a referral tree decides.

use super::{Answer, Command, Event, ReferralTree, Rejection};
use crate::aggregate::{Aggregate, cqrs_aggregate};
use crate::context::Context;
use crate::id::{CommissionId, OrganizationId, PaymentId, ReferralCode};
use crate::money::{Credits, Money};

/// About what a member takes in memory: its id in three places, and its code in two.
const MEMBER_BYTES: usize = 384;

impl Aggregate for ReferralTree {
    const TYPE: &'static str = "referral_tree";
    const STATE_VERSION: i32 = 1;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Answer;

    fn decide(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Enroll { organization, code, referred_with } => {
                self.decide_enroll(organization, code, referred_with.as_ref())
            }
            Command::Attribute { organization, referred_with } => self.decide_attribute(organization, referred_with),
            Command::AccrueCommissions { payment, payer, amount } => {
                self.decide_accrue(payment, payer, *amount, context)
            }
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, _command: &Command, events: &[Event], _context: &Context) -> Answer {
        let sponsor = events.iter().find_map(|event| match event {
            Event::ReferralAttributed { sponsor, .. } => Some(sponsor.clone()),
            Event::OrganizationEnrolled { .. } | Event::CommissionAccrued { .. } => None,
        });
        Answer { sponsor }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.members() * MEMBER_BYTES
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
        let attributed = sponsor.zip(referred_with).map(|(sponsor, given)| attributed(organization, sponsor, given));
        Ok(std::iter::once(enrolled).chain(attributed).collect())
    }

    fn decide_attribute(
        &self,
        organization: &OrganizationId,
        referred_with: &ReferralCode,
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

        // Past this line nothing may fail.
        Ok(vec![attributed(organization, sponsor, referred_with)])
    }

    fn decide_accrue(
        &self,
        payment: &PaymentId,
        payer: &OrganizationId,
        base: Money,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        if self.code_of(payer).is_none() {
            return Err(Rejection::NotEnrolled { organization: payer.clone() });
        }
        let Some(catalog) = &context.catalog else { return Ok(Vec::new()) };
        let Some(referrals) = &catalog.definition.referrals else { return Ok(Vec::new()) };

        // Past this line nothing may fail.
        let levels = (1..).zip(&referrals.rates).zip(self.ancestors(payer));
        let accrued = levels.map(|((level, rate), beneficiary)| Event::CommissionAccrued {
            commission: CommissionId::of(payment, level),
            payment: payment.clone(),
            payer: payer.clone(),
            beneficiary: beneficiary.clone(),
            level,
            rate: *rate,
            base,
            amount: referrals.commission(base, *rate),
            catalog_version: catalog.version,
        });
        // A share too small for a millionth of a credit earns nothing.
        Ok(accrued
            .filter(|event| !matches!(event, Event::CommissionAccrued { amount, .. } if *amount == Credits::ZERO))
            .collect())
    }

    fn sponsor_behind(&self, code: &ReferralCode) -> Result<&OrganizationId, Rejection> {
        self.owner_of(code).ok_or_else(|| Rejection::UnknownCode { code: code.clone() })
    }
}

fn attributed(organization: &OrganizationId, sponsor: &OrganizationId, code: &ReferralCode) -> Event {
    Event::ReferralAttributed { organization: organization.clone(), sponsor: sponsor.clone(), code: code.clone() }
}
