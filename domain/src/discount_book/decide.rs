//! How a discount book decides.

use super::state::Code;
use super::{Answer, Command, DiscountBook, Event, Rejection};
use crate::aggregate::{Aggregate, cqrs_aggregate};
use crate::context::Context;
use crate::discount::DiscountTerms;
use crate::id::{ActorId, DiscountCode, OrganizationId, PlanCode};

/// Codes of a product at most, retired ones included: a few megabytes of memory.
pub const CODES_MAX: usize = 10_000;

/// About what a code takes in memory.
const CODE_BYTES: usize = 256;

impl Aggregate for DiscountBook {
    const TYPE: &'static str = "discount_book";
    const STATE_VERSION: i32 = 1;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Answer;

    fn decide(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::CreateCode { code, terms, redemptions_max, ends_at, actor } => {
                let (terms, redemptions_max, ends_at) = (terms.clone(), *redemptions_max, *ends_at);
                let created = Code { terms, redemptions_max, ends_at, retired: false, redemptions: 0 };
                self.decide_create(code, created, actor, context)
            }
            Command::RetireCode { code, actor } => self.decide_retire(code, actor),
            Command::Redeem { code, organization, plan } => self.decide_redeem(code, organization, plan, context),
            Command::ReturnRedemption { code, organization } => self.decide_return(code, organization),
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, _command: &Command, events: &[Event], _context: &Context) -> Answer {
        let terms = events.iter().find_map(|event| match event {
            Event::CodeRedeemed { terms, .. } => Some(terms.clone()),
            Event::CodeCreated { .. } | Event::CodeRetired { .. } | Event::RedemptionReturned { .. } => None,
        });
        Answer { terms }
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.count() * CODE_BYTES
    }
}

cqrs_aggregate!(DiscountBook);

impl DiscountBook {
    fn decide_create(
        &self,
        code: &DiscountCode,
        created: Code,
        actor: &ActorId,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        if let Some(known) = self.code(code) {
            let is_same = (&known.terms, known.redemptions_max, known.ends_at, known.retired)
                == (&created.terms, created.redemptions_max, created.ends_at, false);
            return if is_same { Ok(Vec::new()) } else { Err(Rejection::CodeExists { code: code.clone() }) };
        }
        if let Some(what) = created.terms.misfit() {
            return Err(Rejection::TermsImpossible { what });
        }
        if let Some(ends_at) = created.ends_at.filter(|ends_at| *ends_at <= context.now) {
            return Err(Rejection::EndsTooSoon { ends_at, now: context.now });
        }
        if let Some(plan) = unknown_plan(&created.terms, context) {
            return Err(Rejection::UnknownPlan { plan: plan.clone() });
        }
        if self.count() >= CODES_MAX {
            return Err(Rejection::TooManyCodes { codes: self.count() });
        }

        // Past this line nothing may fail.
        let Code { terms, redemptions_max, ends_at, .. } = created;
        Ok(vec![Event::CodeCreated { code: code.clone(), terms, redemptions_max, ends_at, actor: actor.clone() }])
    }

    fn decide_retire(&self, code: &DiscountCode, actor: &ActorId) -> Result<Vec<Event>, Rejection> {
        if self.known(code)?.retired {
            return Ok(Vec::new());
        }
        Ok(vec![Event::CodeRetired { code: code.clone(), actor: actor.clone() }])
    }

    fn decide_redeem(
        &self,
        code: &DiscountCode,
        organization: &OrganizationId,
        plan: &PlanCode,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let known = self.known(code)?;
        if known.retired {
            return Err(Rejection::Retired { code: code.clone() });
        }
        if let Some(ended_at) = known.ends_at.filter(|ends_at| *ends_at <= context.now) {
            return Err(Rejection::Ended { code: code.clone(), ended_at });
        }
        if let Some(max) = known.redemptions_max.filter(|max| known.redemptions >= max.get()) {
            return Err(Rejection::UsedUp { code: code.clone(), redemptions_max: max.get() });
        }
        if !known.terms.is_for(plan) {
            let plans = known.terms.plans.iter().cloned().collect();
            return Err(Rejection::NotForPlan { code: code.clone(), plan: plan.clone(), plans });
        }

        // Past this line nothing may fail.
        let (organization, plan, terms) = (organization.clone(), plan.clone(), known.terms.clone());
        Ok(vec![Event::CodeRedeemed { code: code.clone(), organization, plan, terms }])
    }

    fn decide_return(&self, code: &DiscountCode, organization: &OrganizationId) -> Result<Vec<Event>, Rejection> {
        if self.known(code)?.redemptions == 0 {
            return Err(Rejection::NothingRedeemed { code: code.clone() });
        }
        Ok(vec![Event::RedemptionReturned { code: code.clone(), organization: organization.clone() }])
    }

    fn known(&self, code: &DiscountCode) -> Result<&Code, Rejection> {
        self.code(code).ok_or_else(|| Rejection::UnknownCode { code: code.clone() })
    }
}

/// A plan the newest catalog does not have: a code for it would never be good for anything.
fn unknown_plan<'a>(terms: &'a DiscountTerms, context: &Context) -> Option<&'a PlanCode> {
    let is_unknown =
        |plan: &&PlanCode| context.catalog.as_ref().is_none_or(|catalog| catalog.definition.plan(plan).is_none());
    terms.plans.iter().find(is_unknown)
}
