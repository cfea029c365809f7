//! Both worlds, side by side, as time goes on.
//!
//! ```text
//! log        ----------------A-----1---------2----------B
//! recorded   folded, and from A on each decision is decided again: does it come out as it was recorded?
//! simulated  ................A-----1--due----2--due-----B   the same wants, under the file; what falls due at its instant
//! ```

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use domain::credit_ledger::Consumption;
use domain::stream::Owner;
use domain::{
    CommissionId, Credits, Event, Kind, OrganizationId, PlanCode, ProductCode, RefundId, catalog, referral_tree,
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::account::Customer;
use super::decisions::Decision;
use super::referrals::Referrals;
use super::refusals::{Asked, RefusalsTold};
use super::tally::Tally;
use super::versions::Versions;
use super::{Question, World};

/// Decisions that did not come out as recorded are named up to so many.
pub(super) const NAMED_MAX: usize = 20;

/// What became of the decisions of the record when they were decided again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Reproduced {
    /// How many were decided again.
    pub decided: u64,
    /// How many of them came out as recorded.
    pub as_recorded: u64,
    /// Where the first ones are that did not, and what came out.
    pub otherwise: Vec<Otherwise>,
}

/// A decision that did not come out as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Otherwise {
    /// The partition.
    pub partition: i32,
    /// The position of its first event.
    pub position: i64,
    /// What came out.
    pub what: String,
}

/// A commission that matured in the simulated world and was not granted yet, or what of one is to be taken back.
pub(super) type Granting = BTreeMap<CommissionId, (OrganizationId, Credits)>;
pub(super) type TakingBack = BTreeMap<(CommissionId, RefundId), (OrganizationId, Credits)>;

pub(super) struct Simulation {
    pub(super) product: ProductCode,
    pub(super) from: Timestamp,
    pub(super) versions: Versions,
    pub(super) customers: BTreeMap<OrganizationId, Customer>,
    /// The trees of both worlds.
    pub(super) referrals: [Referrals; 2],
    pub(super) granting: Granting,
    pub(super) taking_back: TakingBack,
    /// What the record granted or took back before it came up here: clocks of partitions may differ.
    pub(super) came_early: BTreeSet<(CommissionId, Option<RefundId>)>,
    /// Commissions that matured in the record before A and were not granted then.
    pub(super) matured_before: BTreeSet<CommissionId>,
    /// When simulated subscriptions come to something.
    pub(super) due: BTreeSet<(Timestamp, OrganizationId)>,
    /// Consumptions of before A, and those of both worlds after it, by partition and position of the recorded event.
    pub(super) before: BTreeMap<(i32, u64), Consumption>,
    pub(super) consumptions: [BTreeMap<(i32, u64), Consumption>; 2],
    pub(super) asked: VecDeque<Asked>,
    pub(super) tally: Tally,
    pub(super) reproduced: Reproduced,
    pub(super) refusals: RefusalsTold,
    /// Commands that use nothing and were refused under the file, or had nothing to be about; by code.
    pub(super) unlike: BTreeMap<String, u64>,
    pub(super) has_begun: bool,
    seeds: u128,
}

impl Simulation {
    pub(super) fn of(question: &Question) -> Self {
        Self {
            product: question.definition.product.clone(),
            from: question.from,
            versions: Versions::with(question.definition.clone()),
            customers: BTreeMap::new(),
            referrals: [Referrals::default(), Referrals::default()],
            granting: BTreeMap::new(),
            taking_back: BTreeMap::new(),
            came_early: BTreeSet::new(),
            matured_before: BTreeSet::new(),
            due: BTreeSet::new(),
            before: BTreeMap::new(),
            consumptions: [BTreeMap::new(), BTreeMap::new()],
            asked: question.refusals.iter().cloned().collect(),
            tally: Tally::default(),
            reproduced: Reproduced::default(),
            refusals: RefusalsTold::default(),
            unlike: BTreeMap::new(),
            has_begun: false,
            seeds: 0,
        }
    }

    /// A seed that no recorded decision had: those are of version 7.
    pub(super) fn fresh_seed(&mut self) -> Uuid {
        self.seeds += 1;
        Uuid::from_u128(self.seeds)
    }

    pub(super) fn key(&self, organization: &OrganizationId, world: World) -> (OrganizationId, Option<PlanCode>) {
        let plan = self.customers.get(organization).and_then(|customer| customer.account(world).plan.clone());
        (organization.clone(), plan)
    }

    /// Takes in a decision of the log; from A on both worlds decide it.
    pub(super) fn take_in(&mut self, decision: &Decision) {
        if decision.recorded_at >= self.from && !self.has_begun {
            self.begin();
        }
        if self.has_begun {
            self.advance(decision.recorded_at);
        }
        match &decision.stream.owner {
            Owner::Product(product) if *product == self.product => self.of_product(decision),
            Owner::Product(_) => {}
            Owner::Organization(organization) => self.of_organization(&organization.clone(), decision),
        }
    }

    /// Nothing more was recorded before B.
    pub(super) fn end(&mut self, until: Timestamp) {
        if !self.has_begun {
            self.begin();
        }
        let last = Timestamp::from_microsecond(until.as_microsecond() - 1).unwrap_or(until);
        self.advance(last);
        let customers: Vec<OrganizationId> = self.customers.keys().cloned().collect();
        for organization in customers {
            self.settle_recorded(&organization, last);
        }
    }

    /// Both worlds are one up to here. What fell due before is the old catalog's; from now on the file binds.
    fn begin(&mut self) {
        self.has_begun = true;
        self.referrals[1] = self.referrals[0].clone();
        let customers: Vec<OrganizationId> = self.customers.keys().cloned().collect();
        for organization in customers {
            self.move_to_file(&organization);
        }
    }

    /// Lets time go by in the simulated world, and asks what was refused, each at its instant.
    fn advance(&mut self, now: Timestamp) {
        loop {
            let due = self.due.first().map(|(at, _)| *at).filter(|at| *at <= now);
            let asked = self.asked.front().map(|asked| asked.at).filter(|at| *at <= now);
            match (due, asked) {
                (Some(due), asked) if asked.is_none_or(|asked| due <= asked) => {
                    let Some((at, organization)) = self.due.pop_first() else { break };
                    self.settle_trees(at);
                    self.fall_due(&organization, at);
                }
                (_, Some(at)) => {
                    let Some(asked) = self.asked.pop_front() else { break };
                    self.settle_trees(at);
                    self.ask_again(&asked);
                }
                (Some(_) | None, None) => break,
            }
        }
        self.settle_trees(now);
    }

    fn settle_trees(&mut self, now: Timestamp) {
        self.referrals[0].settle(now);
        let matured = self.referrals[1].settle(now);
        self.earn(World::Simulated, &matured, now);
    }

    fn of_product(&mut self, decision: &Decision) {
        for (position, event) in &decision.events {
            match event {
                Event::Catalog(catalog::Event::CatalogPublished { version, definition }) => {
                    self.versions.publish(*version, definition);
                }
                Event::ReferralTree(event) => self.of_tree(decision, *position, event),
                Event::Organization(_)
                | Event::Subscription(_)
                | Event::CreditLedger(_)
                | Event::InvoiceBook(_)
                | Event::DiscountBook(_) => {}
            }
        }
    }

    fn of_tree(&mut self, decision: &Decision, position: i64, event: &referral_tree::Event) {
        use referral_tree::Event;
        if !self.has_begun {
            return self.fold_tree(event);
        }
        match event {
            Event::OrganizationEnrolled { organization, .. } => {
                self.referrals.iter_mut().for_each(|referrals| referrals.take_in(event));
                for world in World::ALL {
                    let earned = self.referrals[world.index()].enrolled(organization);
                    self.earn(world, &earned, decision.recorded_at);
                }
            }
            Event::ReferralAttributed { .. } => {
                self.referrals.iter_mut().for_each(|referrals| referrals.take_in(event));
            }
            Event::CommissionAccrued { commission, payment, beneficiary, amount, .. }
                if self.referrals[0].has_shared(payment) =>
            {
                let agrees = self.referrals[0].agrees(commission, beneficiary, *amount);
                self.compare(decision.partition, position, agrees, || format!("commission {commission} does not"));
            }
            // Of a payment before A, shared after it: the same in both worlds.
            Event::CommissionAccrued { .. } => {
                self.referrals.iter_mut().for_each(|referrals| referrals.take_in(event));
                self.note_matured(event);
            }
            Event::FirstPaymentMade { payment, .. } if !self.referrals[0].has_shared(payment) => {
                self.referrals.iter_mut().for_each(|referrals| referrals.take_in(event));
            }
            // Both trees have decided these themselves; sandboxes do not count.
            Event::PayerSimulated { .. }
            | Event::FirstPaymentMade { .. }
            | Event::CommissionMatured { .. }
            | Event::CommissionClawedBack { .. } => {}
        }
    }

    fn fold_tree(&mut self, event: &referral_tree::Event) {
        self.referrals[0].take_in(event);
        self.note_matured(event);
    }

    fn note_matured(&mut self, event: &referral_tree::Event) {
        use referral_tree::Event;
        if let Event::CommissionMatured { commission, .. }
        | Event::CommissionAccrued { commission, matures_at: None, .. } = event
        {
            self.matured_before.insert(commission.clone());
        }
    }

    fn of_organization(&mut self, organization: &OrganizationId, decision: &Decision) {
        let customer = self.customers.entry(organization.clone()).or_default();
        if decision.stream.kind == Kind::Organization {
            for (_, event) in &decision.events {
                if let Event::Organization(event) = event {
                    domain::Aggregate::evolve(&mut customer.organization, event);
                }
            }
            return;
        }
        if !self.has_begun || !customer.counts(&self.product) {
            return self.fold(organization, decision);
        }
        match decision.stream.kind {
            Kind::Subscription => self.subscription(organization, decision),
            Kind::CreditLedger => self.ledger(organization, decision),
            Kind::Organization | Kind::ReferralTree | Kind::Catalog | Kind::InvoiceBook | Kind::DiscountBook => {}
        }
    }

    pub(super) fn compare(&mut self, partition: i32, position: i64, agrees: bool, what: impl FnOnce() -> String) {
        self.reproduced.decided += 1;
        self.reproduced.as_recorded += u64::from(agrees);
        if !agrees && self.reproduced.otherwise.len() < NAMED_MAX {
            self.reproduced.otherwise.push(Otherwise { partition, position, what: what() });
        }
    }

    pub(super) fn unlike(&mut self, code: &str) {
        *self.unlike.entry(code.to_owned()).or_default() += 1;
    }
}
