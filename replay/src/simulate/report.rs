//! What came out: by plan, by organization, and what could not be told.

use std::collections::BTreeMap;

use domain::{FeatureCode, OrganizationId, PlanCode, ProductCode, Quantity};
use jiff::Timestamp;
use serde::Serialize;

use super::World;
use super::refusals::RefusalsTold;
use super::simulation::{Reproduced, Simulation};
use super::tally::Row;

/// What a catalog would have come to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The product.
    pub product: ProductCode,
    /// The file.
    pub catalog: String,
    /// Where the time begins.
    pub from: Timestamp,
    /// Where it ends; what happened at this instant does not count.
    pub to: Timestamp,
    /// Whether the record comes out as it was when it is decided again.
    pub reproduced: Reproduced,
    /// All together.
    pub total: Row,
    /// By plan; `None` is no plan.
    pub plans: Vec<PlanRow>,
    /// By organization.
    pub organizations: Vec<OrganizationRow>,
    /// What was left of allowances after their last use, where it differs.
    pub room: Vec<Room>,
    /// Organizations of which nothing can be said under the file.
    pub left_out: Vec<LeftOut>,
    /// What became of refusals that were handed in; `None` if none were.
    pub refusals: Option<RefusalsTold>,
    /// Other commands that came to nothing under the file, by code.
    pub unlike: BTreeMap<String, u64>,
}

/// All organizations of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanRow {
    /// The plan.
    pub plan: Option<PlanCode>,
    /// What came out.
    #[serde(flatten)]
    pub row: Row,
}

/// One organization, on all of its plans.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrganizationRow {
    /// The organization.
    pub organization: OrganizationId,
    /// What came out.
    #[serde(flatten)]
    pub row: Row,
}

/// What was left of the allowances of a feature after the last use in each window, added up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Room {
    /// The organization.
    pub organization: OrganizationId,
    /// The feature.
    pub feature: FeatureCode,
    /// In the record; `None` is without limit.
    pub recorded: Option<Quantity>,
    /// Under the file; `None` is without limit.
    pub simulated: Option<Quantity>,
}

/// An organization of which nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The organization.
    pub organization: OrganizationId,
    /// Why.
    pub reason: String,
}

impl Simulation {
    pub(super) fn report(mut self, catalog: String, to: Timestamp, has_refusals: bool) -> Report {
        let left_out = self.left_out();
        self.tally.rows.retain(|(organization, _), _| !left_out.iter().any(|out| out.organization == *organization));
        self.add_commissions();
        let (mut total, mut plans, mut organizations) =
            (Row::default(), BTreeMap::<_, Row>::new(), BTreeMap::<_, Row>::new());
        for ((organization, plan), row) in &self.tally.rows {
            total.add(row);
            plans.entry(plan.clone()).or_default().add(row);
            organizations.entry(organization.clone()).or_default().add(row);
        }
        Report {
            room: self.room(),
            product: self.product,
            catalog,
            from: self.from,
            to,
            reproduced: self.reproduced,
            total,
            plans: plans.into_iter().map(|(plan, row)| PlanRow { plan, row }).collect(),
            organizations: organizations
                .into_iter()
                .map(|(organization, row)| OrganizationRow { organization, row })
                .collect(),
            left_out,
            refusals: has_refusals.then_some(self.refusals),
            unlike: self.unlike,
        }
    }

    fn left_out(&self) -> Vec<LeftOut> {
        let told = self.customers.iter().filter_map(|(organization, customer)| {
            let reason = customer.left_out.clone()?;
            Some(LeftOut { organization: organization.clone(), reason })
        });
        told.collect()
    }

    /// What payers earned others, unless one of both is left out or is a test.
    fn add_commissions(&mut self) {
        for ((key, payer), amounts) in std::mem::take(&mut self.tally.commissions) {
            let counts = |organization| {
                self.customers.get(organization).is_some_and(|customer| customer.is_simulated(&self.product))
            };
            if !counts(&key.0) || !counts(&payer) {
                continue;
            }
            for world in World::ALL {
                if !amounts[world.index()].is_zero() {
                    self.tally.figures(key.clone(), world).commissions += amounts[world.index()];
                }
            }
        }
    }

    fn room(&self) -> Vec<Room> {
        let sum = |windows: &BTreeMap<Timestamp, Option<Quantity>>| {
            windows.values().try_fold(Quantity::ZERO, |sum, left| left.map(|left| sum + left))
        };
        let rooms = self.tally.room.iter().map(|((organization, feature), worlds)| Room {
            organization: organization.clone(),
            feature: feature.clone(),
            recorded: sum(&worlds[0]),
            simulated: sum(&worlds[1]),
        });
        rooms.filter(|room| room.recorded != room.simulated).collect()
    }
}
