//! What a decision may know beyond its own stream: all of it arrives here, nothing is read from the world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::calendar::{Interval, Period, Zone, billing_period};
use crate::catalog::CatalogVersion;
use crate::credit_ledger::{CreditLedger, Metered};
use crate::id::{ActorId, FeatureCode, InvoiceId, OrganizationId, PlanCode, ProductCode};
use crate::money::{Currency, Money};
use crate::organization::{BillingProfile, FeatureOverride, Organization, Status};
use crate::subscription::Subscription;

/// The surroundings of one decision.
#[derive(Debug, Clone)]
pub struct Context {
    /// The instant of the decision, to the microsecond, never earlier than the one before it in its partition. Of a
    /// sandbox organization whose instant was set it is that one ([`Terms::instant`]).
    pub now: Timestamp,
    /// Fresh for every decision: ids and codes are made from it.
    pub seed: Uuid,
    /// What the organization's other streams say; `None` for products and for organizations not registered.
    pub terms: Option<Terms>,
    /// The catalog version that binds the decision; `None` where no catalog was published.
    pub catalog: Option<Arc<CatalogVersion>>,
    /// The catalog version the organization's plan was sold under, and with it prices, taxes and dunning.
    pub sold_under: Option<Arc<CatalogVersion>>,
    /// The one that a scheduled change of plan was sold under.
    pub scheduled_under: Option<Arc<CatalogVersion>>,
}

impl Context {
    /// A unique token; the same decision always gets the same one.
    pub(crate) fn unique(&self) -> String {
        self.seed.simple().to_string()
    }

    /// One of the catalog versions at hand.
    pub(crate) fn version(&self, version: u32) -> Option<&CatalogVersion> {
        let at_hand = [&self.sold_under, &self.scheduled_under, &self.catalog];
        at_hand.into_iter().flatten().find(|catalog| catalog.version == version).map(Arc::as_ref)
    }
}

/// What an organization's own streams say about it at the instant of a decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// The organization.
    pub organization: OrganizationId,
    /// The product it belongs to.
    pub product: ProductCode,
    /// Where its days begin and end.
    pub zone: Zone,
    /// The plan it may use now.
    pub plan: Option<PlanInForce>,
    /// Since when it is registered; unknown of those that registered before that was written down.
    pub registered_at: Option<Timestamp>,
    /// Whether it may use anything.
    pub status: Status,
    /// What was decided by hand of single features, whatever the plan says; also what has ended since.
    pub overrides: Arc<BTreeMap<FeatureCode, FeatureOverride>>,
    /// Who uses features without limit.
    pub administrators: Arc<BTreeSet<ActorId>>,
    /// The instant that was set, of a sandbox organization.
    pub instant: Option<Timestamp>,
    /// What was priced past its allowances, month by month.
    pub metered: Metered,
    /// What its invoices say of it.
    pub billing: Option<BillingProfile>,
    /// Its invoices that are not paid, the oldest first, if somebody has [looked](Self::with_open_invoices).
    pub open_invoices: Vec<OpenInvoice>,
    /// When time alone makes something else of its plan; `None` if it does not.
    pub until: Option<Timestamp>,
}

/// An invoice that is not paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenInvoice {
    /// The invoice.
    pub invoice: InvoiceId,
    /// What is still to pay of it.
    pub open: Money,
}

impl OpenInvoice {
    fn of(subscription: &Subscription) -> Vec<Self> {
        let open = subscription.open_invoices();
        open.map(|invoice| Self { invoice: invoice.id.clone(), open: invoice.open() }).collect()
    }
}

/// A plan that entitles an organization.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanInForce {
    /// The plan.
    pub code: PlanCode,
    /// The catalog version it was sold under.
    pub catalog_version: u32,
    /// The instant from which billing periods are counted.
    pub anchor: Timestamp,
    /// The currency it is paid in.
    pub currency: Currency,
}

impl PlanInForce {
    /// The billing month of an instant, whatever interval the plan is paid by.
    pub(crate) fn month_at(&self, now: Timestamp, zone: &Zone) -> Period {
        billing_period(self.anchor, Interval::Month, now, zone)
    }
}

/// The catalog versions a subscription rests on ([`Subscription::versions`]).
#[derive(Debug, Clone, Default)]
pub struct SoldUnder {
    /// The one its plan was sold under.
    pub plan: Option<Arc<CatalogVersion>>,
    /// The one that a scheduled change of plan was sold under.
    pub scheduled: Option<Arc<CatalogVersion>>,
}

impl Terms {
    /// Reads the terms off an organization's streams; `None` if it is not registered.
    ///
    /// The plan is the one that entitles at `now`, whether what fell due up to then was written down or not: a trial
    /// that is over, a grace that ended, a cancellation whose time has come end it at their instant.
    #[must_use]
    pub fn of(
        organization: &Organization,
        subscription: &Subscription,
        ledger: &CreditLedger,
        now: Timestamp,
        sold_under: &SoldUnder,
    ) -> Option<Self> {
        let registered = organization.registered()?;
        let mut terms = Self {
            organization: registered.organization.clone(),
            product: registered.product.clone(),
            zone: registered.time_zone.clone(),
            plan: subscription.plan_in_force(),
            registered_at: registered.registered_at,
            status: organization.status().clone(),
            overrides: organization.overrides().clone(),
            administrators: organization.administrators().clone(),
            instant: organization.instant(),
            metered: ledger.metered().clone(),
            billing: organization.billing().cloned(),
            open_invoices: Vec::new(),
            until: subscription.next_due(),
        };
        if terms.until.is_some_and(|until| until <= now) {
            let settled = terms.settled(subscription, now, sold_under);
            terms.plan = settled.plan_in_force();
            terms.until = settled.next_due();
        }
        Some(terms)
    }

    /// Looks which invoices are open. It goes through all that are kept, and only who pays one from credits has to know.
    #[must_use]
    pub fn with_open_invoices(self, subscription: &Subscription, now: Timestamp, sold_under: &SoldUnder) -> Self {
        let open_invoices = OpenInvoice::of(&self.settled(subscription, now, sold_under));
        Self { open_invoices, ..self }
    }

    /// The subscription once all that fell due has happened.
    fn settled(&self, subscription: &Subscription, now: Timestamp, sold_under: &SoldUnder) -> Subscription {
        let SoldUnder { plan, scheduled } = sold_under.clone();
        // Nothing of what is decided here is written, so no id has to be unique.
        let context = Context {
            now,
            seed: Uuid::nil(),
            terms: None,
            catalog: None,
            sold_under: plan,
            scheduled_under: scheduled,
        };
        subscription.settled(self, &context).into_owned()
    }

    /// The version of the product's catalog that binds the ledger: the one the plan was sold under; `None` is the newest.
    #[must_use]
    pub fn bound_to(&self) -> Option<u32> {
        self.plan.as_ref().map(|plan| plan.catalog_version)
    }

    /// What was decided by hand of a feature and is in force.
    #[must_use]
    pub fn override_of(&self, feature: &FeatureCode, now: Timestamp) -> Option<&FeatureOverride> {
        self.overrides.get(feature).filter(|by_hand| by_hand.until.is_none_or(|until| now < until))
    }

    /// Does this actor use features without limit?
    #[must_use]
    pub fn is_unlimited(&self, actor: Option<&ActorId>) -> bool {
        actor.is_some_and(|actor| self.administrators.contains(actor))
    }
}
