//! What is known of an organization.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::test_clock::TestClock;
use super::{BillingProfile, Environment, Event, OverrideValue, Sponsorship};
use crate::calendar::Zone;
use crate::id::{ActorId, FeatureCode, OrganizationId, ProductCode, ReferralCode};
use crate::text::ReasonText;

/// An organization; empty until it is registered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    registered: Option<Registered>,
    status: Status,
    /// Shared with the terms of every decision, so that these are made without copying.
    overrides: Arc<BTreeMap<FeatureCode, FeatureOverride>>,
    administrators: Arc<BTreeSet<ActorId>>,
    instant: Option<Timestamp>,
    billing: Option<BillingProfile>,
    /// The test clock it holds.
    pub(super) test_clock: Option<TestClock>,
    /// Whose test clock it is on.
    follows: Option<OrganizationId>,
}

/// What registration fixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    /// Its id.
    pub organization: OrganizationId,
    /// Its product.
    pub product: ProductCode,
    /// Where its days begin and end.
    pub time_zone: Zone,
    /// The code it can hand to others.
    pub referral_code: ReferralCode,
    /// Who referred it.
    pub sponsor: Option<Sponsorship>,
    /// Is it a customer, or a test? Answers of an earlier release do not say.
    #[serde(default)]
    pub environment: Environment,
    /// Since when; unknown of those that registered before it was written down.
    #[serde(default)]
    pub registered_at: Option<Timestamp>,
}

/// Whether an organization may use anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As its plan says.
    #[default]
    Active,
    /// Nothing: it may read, and pay.
    Suspended {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: ReasonText,
        /// Who decided it.
        actor: ActorId,
    },
}

/// What was decided by hand of a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureOverride {
    /// What was decided.
    pub value: OverrideValue,
    /// Why.
    pub reason: ReasonText,
    /// Who decided it.
    pub actor: ActorId,
    /// When it ends; `None` is never.
    pub until: Option<Timestamp>,
}

/// What the caller is told: the registration in force.
pub type Answer = Option<Registered>;

impl Organization {
    /// The registration, once there is one.
    #[must_use]
    pub fn registered(&self) -> Option<&Registered> {
        self.registered.as_ref()
    }

    /// Whether it may use anything.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// What was decided by hand of single features; also what has ended since.
    #[must_use]
    pub fn overrides(&self) -> &Arc<BTreeMap<FeatureCode, FeatureOverride>> {
        &self.overrides
    }

    /// Who uses features without limit.
    #[must_use]
    pub fn administrators(&self) -> &Arc<BTreeSet<ActorId>> {
        &self.administrators
    }

    /// The instant that was set, of a sandbox organization.
    #[must_use]
    pub fn instant(&self) -> Option<Timestamp> {
        self.instant
    }

    /// Whose test clock it is on; its own, if it holds one.
    #[must_use]
    pub fn follows(&self) -> Option<&OrganizationId> {
        self.follows.as_ref()
    }

    /// What its invoices say of it.
    #[must_use]
    pub fn billing(&self) -> Option<&BillingProfile> {
        self.billing.as_ref()
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::OrganizationRegistered {
                organization,
                product,
                time_zone,
                referral_code,
                sponsor,
                environment,
                registered_at,
            } => {
                self.registered = Some(Registered {
                    organization: organization.clone(),
                    product: product.clone(),
                    time_zone: time_zone.clone(),
                    referral_code: referral_code.clone(),
                    sponsor: sponsor.clone(),
                    environment: *environment,
                    registered_at: *registered_at,
                });
            }
            Event::FeatureOverridden { feature, value, reason, actor, until } => {
                let (value, reason, actor) = (value.clone(), reason.clone(), actor.clone());
                let decided = FeatureOverride { value, reason, actor, until: *until };
                Arc::make_mut(&mut self.overrides).insert(feature.clone(), decided);
            }
            Event::OverrideRemoved { feature, .. } => {
                Arc::make_mut(&mut self.overrides).remove(feature);
            }
            Event::OrganizationSuspended { since, reason, actor } => {
                self.status = Status::Suspended { since: *since, reason: reason.clone(), actor: actor.clone() };
            }
            Event::OrganizationResumed { .. } => self.status = Status::Active,
            Event::AdministratorAppointed { administrator, .. } => {
                Arc::make_mut(&mut self.administrators).insert(administrator.clone());
            }
            Event::AdministratorDismissed { administrator, .. } => {
                Arc::make_mut(&mut self.administrators).remove(administrator);
            }
            Event::BillingProfileSet { profile } => self.billing = Some(profile.clone()),
            Event::InstantSet { instant, .. } => self.instant = Some(*instant),
            Event::TestClockStarted { .. }
            | Event::TestClockJoined { .. }
            | Event::TestClockAdvanceRequested { .. }
            | Event::TestClockStepped { .. }
            | Event::TestClockAdvanced { .. } => self.take_in_clock(event),
            Event::TestClockFollowed { holder, instant } => {
                self.follows = Some(holder.clone());
                self.instant = Some(*instant);
            }
        }
    }
}
