//! How an organization decides.

use super::{Answer, Command, Event, Organization, Rejection};
use crate::aggregate::{Aggregate, cqrs_aggregate};
use crate::context::Context;
use crate::id::ReferralCode;

impl Aggregate for Organization {
    const TYPE: &'static str = "organization";
    const STATE_VERSION: i32 = 1;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Answer;

    fn decide(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Register { .. } => self.decide_register(command, context),
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, _events: &[Event], _context: &Context) -> Answer {
        self.registered().cloned()
    }
}

cqrs_aggregate!(Organization);

impl Organization {
    fn decide_register(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        let Command::Register { organization, product, time_zone, sponsor } = command;
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
        }])
    }
}
