//! What a decision may know beyond its own stream: all of it arrives here, nothing is read from the world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::calendar::Zone;
use crate::catalog::CatalogVersion;
use crate::id::{ActorId, FeatureCode, OrganizationId, PlanCode, ProductCode};
use crate::money::Currency;
use crate::organization::{FeatureOverride, Organization, Status};
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
}

impl Context {
    /// A unique token; the same decision always gets the same one.
    pub(crate) fn unique(&self) -> String {
        self.seed.simple().to_string()
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

impl Terms {
    /// Reads the terms off an organization's streams; `None` if it is not registered.
    #[must_use]
    pub fn of(organization: &Organization, subscription: &Subscription) -> Option<Self> {
        let registered = organization.registered()?;
        Some(Self {
            organization: registered.organization.clone(),
            product: registered.product.clone(),
            zone: registered.time_zone.clone(),
            plan: subscription.plan_in_force(),
            registered_at: registered.registered_at,
            status: organization.status().clone(),
            overrides: organization.overrides().clone(),
            administrators: organization.administrators().clone(),
            instant: organization.instant(),
        })
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
