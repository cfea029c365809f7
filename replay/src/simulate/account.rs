//! An organization in both worlds, and the surroundings of a decision on it.

use std::sync::Arc;

use domain::catalog::CatalogVersion;
use domain::credit_ledger::CreditLedger;
use domain::organization::{Environment, Organization};
use domain::subscription::{self, Subscription};
use domain::{Aggregate, Context, Money, PlanCode, ProductCode, Terms};
use jiff::Timestamp;
use uuid::Uuid;

use super::World;
use super::versions::Versions;

/// What may come out otherwise.
#[derive(Clone, Default)]
pub(super) struct Account {
    pub(super) subscription: Subscription,
    pub(super) ledger: CreditLedger,
    /// The newest plan it was on.
    pub(super) plan: Option<PlanCode>,
}

/// An organization. What it is, and what was decided by hand of it, is the same in both worlds.
#[derive(Default)]
pub(super) struct Customer {
    pub(super) organization: Organization,
    pub(super) recorded: Account,
    pub(super) simulated: Account,
    /// Why nothing can be said of it under the file.
    pub(super) left_out: Option<String>,
}

impl Customer {
    /// Does it buy the product, and is it no test?
    pub(super) fn counts(&self, product: &ProductCode) -> bool {
        let registered = self.organization.registered();
        registered.is_some_and(|known| known.product == *product && known.environment == Environment::Live)
    }

    pub(super) fn is_simulated(&self, product: &ProductCode) -> bool {
        self.left_out.is_none() && self.counts(product)
    }

    pub(super) fn account(&self, world: World) -> &Account {
        match world {
            World::Recorded => &self.recorded,
            World::Simulated => &self.simulated,
        }
    }

    pub(super) fn account_mut(&mut self, world: World) -> &mut Account {
        match world {
            World::Recorded => &mut self.recorded,
            World::Simulated => &mut self.simulated,
        }
    }

    /// What a decision on it may know, as the engine makes it, under the catalog version that binds it.
    pub(super) fn context(
        &self,
        world: World,
        versions: &Versions,
        now: Timestamp,
        seed: Uuid,
        catalog: impl FnOnce(&Terms) -> Option<Arc<CatalogVersion>>,
    ) -> Option<Context> {
        let account = self.account(world);
        let under = versions.under(&account.subscription);
        let terms = Terms::of(&self.organization, &account.subscription, &account.ledger, now, &under)?;
        let terms = terms.with_open_invoices(&account.subscription, now, &under);
        let catalog = catalog(&terms);
        Some(Context {
            now,
            seed,
            terms: Some(terms),
            catalog,
            sold_under: under.plan,
            scheduled_under: under.scheduled,
        })
    }

    /// The same, under the version the plan was sold under, or the newest: what binds a ledger.
    pub(super) fn ledger_context(
        &self,
        world: World,
        versions: &Versions,
        now: Timestamp,
        seed: Uuid,
    ) -> Option<Context> {
        self.context(world, versions, now, seed, |terms| match terms.bound_to() {
            Some(version) => versions.get(version),
            None => versions.newest(world),
        })
    }

    /// The same, under the newest version: what binds a subscription.
    pub(super) fn newest_context(
        &self,
        world: World,
        versions: &Versions,
        now: Timestamp,
        seed: Uuid,
    ) -> Option<Context> {
        self.context(world, versions, now, seed, |_| versions.newest(world))
    }

    /// Did it owe something at an instant, by what was recorded up to then?
    pub(super) fn owed(&self, versions: &Versions, now: Timestamp) -> bool {
        let subscription = &self.recorded.subscription;
        if subscription.next_due().is_none_or(|due| due > now) {
            return is_due(subscription);
        }
        let Some(context) = self.newest_context(World::Recorded, versions, now, Uuid::nil()) else { return false };
        let mut settled = subscription.clone();
        let events = settled.decide(&subscription::Command::Settle, &context).unwrap_or_default();
        events.iter().for_each(|event| settled.evolve(event));
        is_due(&settled)
    }
}

fn is_due(subscription: &Subscription) -> bool {
    subscription.still_due().as_ref().is_some_and(Money::is_positive)
}

impl Account {
    pub(super) fn note_plan(&mut self) {
        if let Some((plan, _)) = self.subscription.sold() {
            self.plan = Some(plan);
        }
    }
}
