//! What is known of a subscription.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::calendar::{Interval, Period};
use crate::context::PlanInForce;
use crate::id::{PaymentId, PlanCode};
use crate::money::Money;

/// An organization's subscription; empty until a plan is started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    started: Option<Started>,
}

/// A plan that was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Started {
    pub(super) plan: PlanCode,
    pub(super) catalog_version: u32,
    pub(super) interval: Interval,
    pub(super) price: Money,
    /// What is still to pay of the period being paid.
    pub(super) still_due: Money,
    pub(super) active: Option<Active>,
}

/// The time a plan is in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Active {
    pub(super) anchor: Timestamp,
    /// The newest period that is paid.
    pub(super) paid: Period,
}

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Started, entitles once it is paid.
    AwaitingPayment,
    /// In force.
    Active,
}

/// What the caller is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The plan.
    pub plan: PlanCode,
    /// The catalog version it was sold under.
    pub catalog_version: u32,
    /// Where it stands.
    pub standing: Standing,
    /// What each period costs.
    pub price: Money,
    /// What is still to pay of the period being paid.
    pub still_due: Money,
    /// The newest period that is paid.
    pub paid_period: Option<Period>,
    /// The payment, if the command recorded one.
    pub payment: Option<PaymentId>,
}

impl Subscription {
    /// The plan that entitles the organization now.
    #[must_use]
    pub fn plan_in_force(&self) -> Option<PlanInForce> {
        let started = self.started.as_ref()?;
        let active = started.active.as_ref()?;
        Some(PlanInForce {
            code: started.plan.clone(),
            catalog_version: started.catalog_version,
            anchor: active.anchor,
            currency: started.price.currency,
        })
    }

    /// The plan that was chosen, in force or not, and the catalog version it was sold under.
    #[must_use]
    pub fn sold(&self) -> Option<(PlanCode, u32)> {
        self.started.as_ref().map(|started| (started.plan.clone(), started.catalog_version))
    }

    /// Was anything ever paid? A free plan is in force without.
    #[must_use]
    pub fn has_paid(&self) -> bool {
        let paid = |started: &Started| started.active.is_some() || started.still_due != started.price;
        self.started.as_ref().is_some_and(|started| !started.price.is_zero() && paid(started))
    }

    pub(super) fn started(&self) -> Option<&Started> {
        self.started.as_ref()
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::SubscriptionStarted { plan, catalog_version, interval, price } => {
                self.started = Some(Started {
                    plan: plan.clone(),
                    catalog_version: *catalog_version,
                    interval: *interval,
                    price: *price,
                    still_due: *price,
                    active: None,
                });
            }
            Event::PaymentRecorded { still_due, .. } => self.change(|started| started.still_due = *still_due),
            Event::SubscriptionActivated { anchor, period } => {
                self.change(|started| started.active = Some(Active { anchor: *anchor, paid: *period }));
            }
            Event::SubscriptionRenewed { period } => self.change(|started| {
                if let Some(active) = &mut started.active {
                    active.paid = *period;
                }
            }),
            Event::CatalogMigrated { to, price, .. } => self.change(|started| {
                started.catalog_version = *to;
                started.price = *price;
            }),
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Started)) {
        if let Some(started) = &mut self.started {
            change(started);
        }
    }

    pub(super) fn tell(&self, payment: Option<PaymentId>) -> Option<Answer> {
        let started = self.started.as_ref()?;
        Some(Answer {
            plan: started.plan.clone(),
            catalog_version: started.catalog_version,
            standing: if started.active.is_some() { Standing::Active } else { Standing::AwaitingPayment },
            price: started.price,
            still_due: started.still_due,
            paid_period: started.active.as_ref().map(|active| active.paid),
            payment,
        })
    }
}
