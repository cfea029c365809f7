//! The recorded world: it is folded from what was recorded, and every decision of it is decided again beside.

use domain::credit_ledger::{self, Consumption, Reverse};
use domain::subscription::{self, Method, Subscription};
use domain::{Aggregate, Event, OrganizationId, referral_tree};
use jiff::Timestamp;
use uuid::Uuid;

use super::World;
use super::decisions::Decision;
use super::intention::{self, Wanted};
use super::payments::Worlds;
use super::referrals::Paid;
use super::simulation::Simulation;

impl Simulation {
    /// Before A, and of whoever does not count: only taken in.
    pub(super) fn fold(&mut self, organization: &OrganizationId, decision: &Decision) {
        let Some(customer) = self.customers.get_mut(organization) else { return };
        for (position, event) in &decision.events {
            match event {
                Event::Subscription(event) => customer.recorded.subscription.evolve(event),
                Event::CreditLedger(event) => {
                    customer.recorded.ledger.evolve(event);
                    if let Some(commission) = granted(event).filter(|_| !self.has_begun) {
                        self.matured_before.remove(commission);
                    }
                    let place = u64::try_from(*position).unwrap_or_default();
                    let kept = if self.has_begun { &mut self.consumptions[0] } else { &mut self.before };
                    kept.extend(Consumption::of(place, event).map(|of| ((decision.partition, place), of)));
                }
                Event::Organization(_)
                | Event::ReferralTree(_)
                | Event::Catalog(_)
                | Event::InvoiceBook(_)
                | Event::DiscountBook(_) => {}
            }
        }
        customer.recorded.note_plan();
    }

    /// A decision on a ledger, in both worlds.
    pub(super) fn ledger(&mut self, organization: &OrganizationId, decision: &Decision) {
        let events = intention::of::<credit_ledger::Event>(&decision.events);
        let (now, seed) = (decision.recorded_at, intention::seed(&decision.events));
        let seed = seed.unwrap_or_else(|| self.fresh_seed());
        let Some(customer) = self.customers.get(organization) else { return };
        let due = customer.recorded.ledger.settled(now).0.len();
        let wanted = intention::wanted(intention::split(&events, due));
        let catalog = decision.catalog_version;
        let context = customer.context(World::Recorded, &self.versions, now, seed, |_| self.versions.get(catalog?));
        let again = context.zip(self.recorded_command(&wanted, decision.partition)).map(|(context, command)| {
            let decided = customer.recorded.ledger.decide(&command, &context);
            decided.map_err(|refused| refused.to_string())
        });
        self.check(decision, &events, again);

        for (_, event) in &events {
            let key = self.key(organization, World::Recorded);
            self.tally.ledger(key, World::Recorded, event);
        }
        self.fold(organization, decision);
        self.note_room(organization, World::Recorded, &wanted, now);
        self.simulate_ledger(organization, decision, &events, wanted, seed);
    }

    fn recorded_command(&self, wanted: &Wanted, partition: i32) -> Option<credit_ledger::Command> {
        match wanted {
            Wanted::Command(command) => Some(command.clone()),
            Wanted::Reversal { position, quantity, reason, actor } => {
                let place = (partition, *position);
                let consumption = self.consumptions[0].get(&place).or_else(|| self.before.get(&place))?.clone();
                let (quantity, reason, actor) = (Some(*quantity), reason.clone(), actor.clone());
                Some(credit_ledger::Command::Reverse(Reverse { consumption, quantity, reason, actor }))
            }
        }
    }

    /// A decision on a subscription, in both worlds.
    pub(super) fn subscription(&mut self, organization: &OrganizationId, decision: &Decision) {
        let events = intention::of::<subscription::Event>(&decision.events);
        let (now, seed) = (decision.recorded_at, intention::seed(&decision.events));
        let seed = seed.unwrap_or_else(|| self.fresh_seed());
        let Some(customer) = self.customers.get(organization) else { return };
        let catalog = decision.catalog_version;
        let context = customer.context(World::Recorded, &self.versions, now, seed, |_| self.versions.get(catalog?));
        let state = &customer.recorded.subscription;
        let settled = context.as_ref().map(|context| state.decide(&subscription::Command::Settle, context));
        let due = settled.and_then(Result::ok).map_or(0, |due| due.len());
        let own = intention::split(&events, due).to_vec();
        let command = intention::command(&own);
        let again = context.map(|context| {
            let decided = state.decide(&command, &context);
            decided.map_err(|refused| refused.to_string())
        });
        self.check(decision, &events, again);

        let events: Vec<subscription::Event> = events.into_iter().map(|(_, event)| event).collect();
        self.live(organization, World::Recorded, &events, now, decision.catalog_version);
        let Some(customer) = self.customers.get(organization) else { return };
        let worlds = Worlds {
            recorded: &customer.recorded.subscription,
            simulated: &customer.simulated.subscription,
            owed: customer.owed(&self.versions, now),
            own: &own,
        };
        let translated = worlds.translate(&command);
        self.simulate_subscription(organization, translated, now, seed);
    }

    fn check<E: PartialEq>(&mut self, decision: &Decision, events: &[(i64, E)], again: Option<Result<Vec<E>, String>>) {
        let first = events.first().map_or(0, |(position, _)| *position);
        let agrees = match &again {
            Some(Ok(decided)) => decided.iter().eq(events.iter().map(|(_, event)| event)),
            Some(Err(_)) | None => false,
        };
        self.compare(decision.partition, first, agrees, || match again {
            Some(Ok(_)) => "other events come out".to_owned(),
            Some(Err(refused)) => format!("it is refused: {refused}"),
            None => "what it rests on is not in the log".to_owned(),
        });
    }

    /// What fell due up to B and was not written down.
    pub(super) fn settle_recorded(&mut self, organization: &OrganizationId, now: Timestamp) {
        let Some(customer) = self.customers.get(organization).filter(|known| known.counts(&self.product)) else {
            return;
        };
        let Some(context) = customer.newest_context(World::Recorded, &self.versions, now, Uuid::nil()) else { return };
        let settled = customer.recorded.subscription.decide(&subscription::Command::Settle, &context);
        let events = settled.unwrap_or_default();
        self.live(organization, World::Recorded, &events, now, None);
    }

    /// A world takes in what happened to a subscription: it is counted, and what was paid is shared.
    pub(super) fn live(
        &mut self,
        organization: &OrganizationId,
        world: World,
        events: &[subscription::Event],
        now: Timestamp,
        catalog_version: Option<u32>,
    ) {
        for event in events {
            let Some(customer) = self.customers.get_mut(organization) else { return };
            let account = customer.account_mut(world);
            // Only what is taken back is looked up there.
            let is_void = matches!(event, subscription::Event::InvoiceVoided { .. });
            let before = if is_void { account.subscription.clone() } else { Subscription::default() };
            account.subscription.evolve(event);
            account.note_plan();
            let key = (organization.clone(), account.plan.clone());
            self.tally.invoiced(key, world, event, &before, self.from);
            self.share(organization, world, event, now, catalog_version);
        }
    }

    fn share(
        &mut self,
        payer: &OrganizationId,
        world: World,
        event: &subscription::Event,
        now: Timestamp,
        catalog_version: Option<u32>,
    ) {
        use subscription::Event;
        if let Event::PaymentRecorded { payment, net, method, .. } = event
            // What the account balance pays was shared when it came in.
            && *method != Method::Balance
        {
            let named = catalog_version.and_then(|version| self.versions.get(version));
            let catalog = named.or_else(|| self.versions.newest(world));
            let (payment, payer) = (payment.clone(), payer.clone());
            let earned = self.referrals[world.index()].pay(Paid { payment, payer, net: *net, at: now, catalog });
            self.earn(world, &earned, now);
        }
        if let Event::PaymentRefunded { refund, payment, refunded_net_total, paid_net, .. } = event {
            let command = referral_tree::Command::ClawBack {
                payment: payment.clone(),
                payer: payer.clone(),
                refund: refund.clone(),
                refunded_net_total: *refunded_net_total,
                paid_net: *paid_net,
            };
            let taken_back = self.referrals[world.index()].claw_back(&command, now);
            self.earn(world, &taken_back, now);
        }
    }
}

/// The commission a lot pays, or what netted it.
fn granted(event: &credit_ledger::Event) -> Option<&domain::CommissionId> {
    if let credit_ledger::Event::CommissionNetted { commission, .. } = event {
        return Some(commission);
    }
    let credit_ledger::Event::CreditsGranted { commission, .. } = event else { return None };
    commission.as_ref()
}
