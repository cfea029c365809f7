//! The simulated world: the same wants, decided under the file.

use domain::credit_ledger::{self, Acquire, Command as Use, Consumption, Reverse};
use domain::subscription::{Command, Effective, Rejection, Scheduled};
use domain::{Aggregate, FeatureCode, OrganizationId, Quantity, Refusal, entitlement, referral_tree};
use jiff::Timestamp;
use uuid::Uuid;

use super::World;
use super::decisions::Decision;
use super::intention::Wanted;
use super::payments::pay_all;
use super::simulation::Simulation;
use super::tally::{RefusalTold, commission_of};
use super::versions::FILE_VERSION;

impl Simulation {
    /// At A the simulated account is the recorded one; what fell due before belongs to the old catalog, then the
    /// subscription moves to the file.
    pub(super) fn move_to_file(&mut self, organization: &OrganizationId) {
        let now = self.from;
        let Some(customer) = self.customers.get_mut(organization).filter(|known| known.counts(&self.product)) else {
            return;
        };
        customer.simulated = customer.recorded.clone();
        if let Some(context) = customer.newest_context(World::Recorded, &self.versions, now, Uuid::nil()) {
            let settled = customer.simulated.subscription.decide(&Command::Settle, &context).unwrap_or_default();
            for event in &settled {
                let before = customer.simulated.subscription.clone();
                customer.simulated.subscription.evolve(event);
                customer.simulated.note_plan();
                let key = (organization.clone(), customer.simulated.plan.clone());
                self.tally.invoiced(key, World::Simulated, event, &before, now);
            }
        }
        let scheduled = customer.simulated.subscription.scheduled().cloned();
        if customer.simulated.subscription.sold().is_some() {
            self.want(organization, &Command::MoveToCatalogVersion { version: FILE_VERSION }, now, None);
        }
        // A change that waits for the end of the period is sold under the file as well.
        if let Some(Scheduled::Plan { plan, interval, .. }) = scheduled {
            self.want(organization, &Command::RevokeScheduledChange, now, None);
            self.want(organization, &Command::ChangePlan { plan, interval, when: Effective::PeriodEnd }, now, None);
        }
        self.catch_up(organization, now, None);
    }

    /// Something falls due.
    pub(super) fn fall_due(&mut self, organization: &OrganizationId, now: Timestamp) {
        self.want(organization, &Command::Settle, now, None);
        self.catch_up(organization, now, None);
    }

    pub(super) fn simulate_subscription(
        &mut self,
        organization: &OrganizationId,
        command: Option<Command>,
        now: Timestamp,
        seed: Uuid,
    ) {
        if let Some(command) = command {
            self.want(organization, &command, now, Some(seed));
        }
        self.catch_up(organization, now, None);
    }

    /// Whoever owes nothing in the record is taken to owe nothing here.
    fn catch_up(&mut self, organization: &OrganizationId, now: Timestamp, seed: Option<Uuid>) {
        let Some(customer) = self.customers.get(organization).filter(|known| known.is_simulated(&self.product)) else {
            return;
        };
        if let Some(payment) = pay_all(&customer.simulated.subscription).filter(|_| !customer.owed(&self.versions, now))
        {
            self.want(organization, &payment, now, seed);
        }
    }

    /// Decides on a simulated subscription, and lets happen what comes out.
    fn want(&mut self, organization: &OrganizationId, command: &Command, now: Timestamp, seed: Option<Uuid>) {
        let seed = seed.unwrap_or_else(|| self.fresh_seed());
        let Some(customer) = self.customers.get(organization).filter(|known| known.is_simulated(&self.product)) else {
            return;
        };
        let subscription = &customer.simulated.subscription;
        let was_due = subscription.next_due();
        let Some(context) = customer.newest_context(World::Simulated, &self.versions, now, seed) else { return };
        match subscription.decide(command, &context) {
            Ok(events) => {
                self.live(organization, World::Simulated, &events, now, Some(FILE_VERSION));
                if let Some(at) = was_due {
                    self.due.remove(&(at, organization.clone()));
                }
                let customer = self.customers.get(organization);
                let next = customer.and_then(|customer| customer.simulated.subscription.next_due());
                self.due.extend(next.map(|at| (at, organization.clone())));
            }
            Err(refused) => self.refused(organization, &refused),
        }
    }

    fn refused(&mut self, organization: &OrganizationId, refused: &Rejection) {
        let reason = self.not_in_file(refused);
        match (reason, self.customers.get_mut(organization)) {
            (Some(reason), Some(customer)) => customer.left_out = Some(reason),
            (Some(_) | None, _) => self.unlike(refused.code()),
        }
    }

    /// What the file does not have, if that is why.
    fn not_in_file(&self, refused: &Rejection) -> Option<String> {
        match refused {
            Rejection::UnknownPlan { plan, .. } | Rejection::PlanNotInVersion { plan, .. } => {
                Some(format!("the file has no plan {plan}"))
            }
            Rejection::PriceNotInVersion { plan, interval, currency, .. } => {
                let interval = interval.as_str();
                Some(format!("the file does not sell plan {plan} by the {interval} in {currency}"))
            }
            Rejection::IntervalNotSold { plan, interval } => {
                Some(format!("the file does not sell plan {plan} by the {}", interval.as_str()))
            }
            _ => None,
        }
    }

    /// A decision on a ledger as it is wanted here.
    pub(super) fn simulate_ledger(
        &mut self,
        organization: &OrganizationId,
        decision: &Decision,
        recorded: &[(i64, credit_ledger::Event)],
        wanted: Wanted,
        seed: Uuid,
    ) {
        let now = decision.recorded_at;
        let Some(command) = self.simulated_command(organization, decision.partition, &wanted) else { return };
        let Some(customer) = self.customers.get(organization).filter(|known| known.is_simulated(&self.product)) else {
            return;
        };
        let Some(context) = customer.ledger_context(World::Simulated, &self.versions, now, seed) else { return };
        match customer.simulated.ledger.decide(&command, &context) {
            Ok(events) => {
                self.spend(organization, &events);
                self.note_consumptions(decision.partition, recorded, &events);
            }
            Err(refused) => match used(&command) {
                Some((feature, quantity)) => {
                    let key = self.key(organization, World::Recorded);
                    self.tally.appears(key, RefusalTold::of(feature, &refused), quantity);
                }
                None => self.unlike(refused.code()),
            },
        }
        self.note_room(organization, World::Simulated, &wanted, now);
    }

    /// What is wanted, about what there is in this world; `None` if there is nothing of it.
    fn simulated_command(&mut self, organization: &OrganizationId, partition: i32, wanted: &Wanted) -> Option<Use> {
        let command = match wanted {
            Wanted::Command(command) => command.clone(),
            Wanted::Reversal { position, quantity, reason, actor } => {
                let place = (partition, *position);
                let here = self.consumptions[1].get(&place);
                let Some(consumption) = here.or_else(|| self.before.get(&place)).cloned() else {
                    self.unlike("nothing to give back");
                    return None;
                };
                let quantity = Some((*quantity).min(consumption.quantity));
                Use::Reverse(Reverse { consumption, quantity, reason: reason.clone(), actor: actor.clone() })
            }
        };
        match command {
            Use::GrantCommission { commission, amount } => {
                let own = self.granting.remove(&commission).map(|(_, amount)| amount);
                let own = own.or(self.matured_before.remove(&commission).then_some(amount));
                if own.is_none() {
                    self.came_early.insert((commission.clone(), None));
                }
                Some(Use::GrantCommission { commission, amount: own? })
            }
            Use::ClawBack { commission, refund, .. } => {
                let own = self.taking_back.remove(&(commission.clone(), refund.clone()));
                if own.is_none() {
                    self.came_early.insert((commission.clone(), Some(refund.clone())));
                }
                Some(Use::ClawBack { commission, refund, amount: own?.1 })
            }
            Use::ReleaseCapacity(Acquire { feature, quantity, actor }) => {
                let level = self.customers.get(organization)?.simulated.ledger.level(&feature);
                let quantity = quantity.min(level);
                (!quantity.is_zero()).then_some(Use::ReleaseCapacity(Acquire { feature, quantity, actor }))
            }
            other => Some(other),
        }
    }

    pub(super) fn spend(&mut self, organization: &OrganizationId, events: &[credit_ledger::Event]) {
        let key = self.key(organization, World::Simulated);
        for event in events {
            self.tally.ledger(key.clone(), World::Simulated, event);
            if let Some(customer) = self.customers.get_mut(organization) {
                customer.simulated.ledger.evolve(event);
            }
        }
    }

    /// A consumption stands where the recorded one stands that it is instead of.
    fn note_consumptions(
        &mut self,
        partition: i32,
        recorded: &[(i64, credit_ledger::Event)],
        events: &[credit_ledger::Event],
    ) {
        for (position, event) in recorded {
            let place = u64::try_from(*position).unwrap_or_default();
            if Consumption::of(place, event).is_none() {
                continue;
            }
            let alike = events.iter().find(|own| std::mem::discriminant(*own) == std::mem::discriminant(event));
            if let Some(consumption) = alike.and_then(|own| Consumption::of(place, own)) {
                self.consumptions[1].insert((partition, place), consumption);
            }
        }
    }

    /// Notes what is left of an allowance after it was used.
    pub(super) fn note_room(&mut self, organization: &OrganizationId, world: World, wanted: &Wanted, now: Timestamp) {
        let Wanted::Command(command) = wanted else { return };
        let Some((feature, _)) = used(command) else { return };
        let Some(customer) = self.customers.get(organization).filter(|known| known.is_simulated(&self.product)) else {
            return;
        };
        let Some(context) = customer.ledger_context(world, &self.versions, now, Uuid::nil()) else { return };
        let ledger = &customer.account(world).ledger;
        if let Ok(found) = entitlement::check_for(None, ledger, feature, Quantity::ONE, &context)
            && let Some(resets_at) = found.resets_at
        {
            let left = if found.limit.is_none() { None } else { Some(found.remaining.unwrap_or_default()) };
            self.tally.left(organization, feature, world, resets_at, left);
        }
    }

    /// What a tree decided is counted; in the simulated world it also comes to the ledgers of those who earn.
    pub(super) fn earn(&mut self, world: World, events: &[referral_tree::Event], now: Timestamp) {
        for event in events {
            if let Some((beneficiary, payer, amount)) = commission_of(event) {
                let key = self.key(beneficiary, world);
                self.tally.commission(key, payer, world, amount);
            }
            if world == World::Simulated {
                self.hand_over(event, now);
            }
        }
    }

    /// Where the record has the same commission, its credits come when they came there; else at once.
    fn hand_over(&mut self, event: &referral_tree::Event, now: Timestamp) {
        use referral_tree::Event;
        let (organization, command) = match event {
            Event::CommissionMatured { commission, beneficiary, amount, .. } => {
                if self.is_in_record(commission) && !self.came_early.remove(&(commission.clone(), None)) {
                    self.granting.insert(commission.clone(), (beneficiary.clone(), *amount));
                    return;
                }
                (beneficiary, Use::GrantCommission { commission: commission.clone(), amount: *amount })
            }
            Event::CommissionClawedBack { commission, refund, beneficiary, amount, matured: true, .. } => {
                let early = (commission.clone(), Some(refund.clone()));
                if self.is_in_record(commission) && !self.came_early.remove(&early) {
                    let place = (commission.clone(), refund.clone());
                    self.taking_back.insert(place, (beneficiary.clone(), *amount));
                    return;
                }
                let (commission, refund) = (commission.clone(), refund.clone());
                (beneficiary, Use::ClawBack { commission, refund, amount: *amount })
            }
            Event::CommissionClawedBack { .. }
            | Event::OrganizationEnrolled { .. }
            | Event::ReferralAttributed { .. }
            | Event::FirstPaymentMade { .. }
            | Event::PayerSimulated { .. }
            | Event::CommissionAccrued { .. } => return,
        };
        let seed = self.fresh_seed();
        let Some(customer) = self.customers.get(organization).filter(|known| known.is_simulated(&self.product)) else {
            return;
        };
        let Some(context) = customer.ledger_context(World::Simulated, &self.versions, now, seed) else { return };
        let events = customer.simulated.ledger.decide(&command, &context).unwrap_or_default();
        self.spend(&organization.clone(), &events);
    }

    /// Was it accrued in the record too, or before the worlds parted?
    fn is_in_record(&self, commission: &domain::CommissionId) -> bool {
        self.referrals[0].has_accrued(commission) || !self.referrals[1].has_accrued(commission)
    }
}

/// What a command uses, if it uses something of a feature.
pub(super) fn used(command: &Use) -> Option<(&FeatureCode, Quantity)> {
    match command {
        Use::Consume(consume) => Some((&consume.feature, consume.quantity)),
        Use::Hold(hold) => Some((&hold.feature, hold.quantity)),
        Use::Acquire(acquire) => Some((&acquire.feature, acquire.quantity)),
        Use::TopUp { .. }
        | Use::GrantCommission { .. }
        | Use::ClawBack { .. }
        | Use::PayInvoice { .. }
        | Use::ReturnInvoicePayment(_)
        | Use::Grant(_)
        | Use::Revoke { .. }
        | Use::Adjust { .. }
        | Use::Reverse(_)
        | Use::Capture(_)
        | Use::Release { .. }
        | Use::Extend { .. }
        | Use::ReleaseCapacity(_)
        | Use::AcknowledgeAlert { .. }
        | Use::SetTopUpRule { .. }
        | Use::RemoveTopUpRule { .. }
        | Use::Settle => None,
    }
}
