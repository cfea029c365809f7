//! What a decision may know beyond its own stream: all of it arrives here, nothing is read from the world.

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use crate::calendar::Zone;
use crate::catalog::CatalogVersion;
use crate::id::{OrganizationId, PlanCode, ProductCode};
use crate::organization::Organization;
use crate::subscription::Subscription;

/// The surroundings of one decision.
#[derive(Debug, Clone)]
pub struct Context {
    /// The instant of the decision, to the microsecond, never earlier than the one before it in its partition.
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
        })
    }
}
