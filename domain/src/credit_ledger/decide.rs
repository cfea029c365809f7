//! How a ledger decides: standing, then limits, then facts.

use rust_decimal::Decimal;

use super::lot::{self, LotKind, PRIORITY_DEFAULT};
use super::{Answer, Command, CreditLedger, Event, OverageCharge, Rejection, Upgrade};
use crate::aggregate::{Aggregate, cqrs_aggregate};
use crate::calendar::Period;
use crate::catalog::{CatalogVersion, FeatureKind, Grant, Limit, Overage, Plan};
use crate::context::{Context, PlanInForce, Terms};
use crate::id::{CommissionId, FeatureCode, LotId, Reference};
use crate::money::{Credits, Quantity};

/// About what a lot and a window take in memory, with their ids.
const LOT_BYTES: usize = 128;
const WINDOW_BYTES: usize = 256;

impl Aggregate for CreditLedger {
    const TYPE: &'static str = "credit_ledger";
    const STATE_VERSION: i32 = 1;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Answer;

    fn decide(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        let terms = context.terms.as_ref().ok_or(Rejection::NotRegistered)?;
        match command {
            Command::TopUp { amount, reference } => Ok(vec![topped_up(*amount, reference.as_ref(), context)]),
            Command::GrantCommission { commission, amount } => {
                Ok(vec![commission_granted(commission, *amount, context)])
            }
            Command::Consume { feature, quantity } => self.decide_consume(feature, *quantity, terms, context),
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, events: &[Event], _context: &Context) -> Answer {
        let consumed = events.iter().find_map(|event| match event {
            Event::FeatureConsumed { feature, overage, .. } => Some((feature, overage.as_ref())),
            Event::CreditsGranted { .. } | Event::ThresholdsCrossed { .. } => None,
        });
        let charged = consumed.and_then(|(_, overage)| overage).map_or(Credits::ZERO, |overage| overage.charge);
        self.tell(consumed.map(|(feature, _)| feature), charged)
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.lots.len() * LOT_BYTES + self.windows.len() * WINDOW_BYTES
    }
}

cqrs_aggregate!(CreditLedger);

fn topped_up(amount: Credits, reference: Option<&Reference>, context: &Context) -> Event {
    Event::CreditsGranted {
        lot: LotId::fresh(&context.unique()),
        kind: LotKind::Purchased,
        amount,
        priority: PRIORITY_DEFAULT,
        commission: None,
        reference: reference.cloned(),
    }
}

fn commission_granted(commission: &CommissionId, amount: Credits, context: &Context) -> Event {
    Event::CreditsGranted {
        lot: LotId::fresh(&context.unique()),
        kind: LotKind::Commission,
        amount,
        priority: PRIORITY_DEFAULT,
        commission: Some(commission.clone()),
        reference: None,
    }
}

/// What the plan in force grants of a feature. Whatever else may grant or take it is asked here, so that a check and a
/// decision see the same.
pub(crate) fn granted<'a>(feature: &FeatureCode, plan: &PlanInForce, catalog: &'a CatalogVersion) -> Option<&'a Grant> {
    catalog.definition.plan(&plan.code)?.grants.get(feature)
}

/// What a plan says of a quota, at the instant of a decision.
pub(crate) struct Allowance<'a> {
    plan: &'a PlanInForce,
    catalog: &'a CatalogVersion,
    pub(crate) window: Period,
    pub(crate) limit: Limit,
    overage: &'a Overage,
}

/// How a consumption is paid for.
pub(crate) struct Cover {
    /// What the allowance covers.
    included: Quantity,
    /// What credits cover.
    pub(crate) overage: Option<OverageCharge>,
}

impl<'a> Allowance<'a> {
    pub(crate) fn find(feature: &FeatureCode, terms: &'a Terms, context: &'a Context) -> Result<Self, Rejection> {
        let plan = terms.plan.as_ref().ok_or(Rejection::NoPlanInForce)?;
        let unknown = || Rejection::UnknownFeature { feature: feature.clone(), product: terms.product.clone() };
        let catalog = context.catalog.as_deref().ok_or_else(unknown)?;
        let kind = catalog.definition.features.get(feature).ok_or_else(unknown)?.kind;
        let FeatureKind::Quota { window } = kind else {
            return Err(Rejection::NotAQuota { feature: feature.clone(), kind: kind.as_str() });
        };
        match granted(feature, plan, catalog) {
            Some(Grant::Quota { limit, overage, .. }) => {
                let window = window.open_at(context.now, plan.anchor, &terms.zone);
                Ok(Self { plan, catalog, window, limit: *limit, overage })
            }
            Some(Grant::Flag | Grant::Config { .. } | Grant::Capacity { .. }) | None => {
                Err(not_in_plan(feature, plan, catalog))
            }
        }
    }

    /// Splits a quantity into what is included and what is past it.
    fn split(&self, used: Quantity, quantity: Quantity) -> (Quantity, Quantity) {
        let Limit::UpTo(limit) = self.limit else {
            return (quantity, Quantity::ZERO);
        };
        let included = limit.less(used).min(quantity);
        (included, quantity.less(included))
    }

    fn quota_exceeded(&self, feature: &FeatureCode, used: Quantity, requested: Quantity) -> Rejection {
        let limit = self.limit.quantity().unwrap_or(Quantity::ZERO);
        let larger = self.catalog.definition.larger_plan(&self.plan.code, feature, limit);
        Rejection::QuotaExceeded {
            feature: feature.clone(),
            limit,
            used,
            requested,
            resets_at: self.window.end,
            current_plan: self.plan.code.clone(),
            upgrade: larger.map(|plan| upgrade_to(plan, self.catalog)),
        }
    }

    /// The thresholds `used` has reached, without those crossed `before` in the window: an allowance that grew within
    /// it is not alerted of twice.
    fn crossed(&self, before: &[u8], used: Quantity) -> Option<(Quantity, Vec<u8>)> {
        let limit = self.limit.quantity().filter(|limit| !limit.is_zero())?;
        let reached = |percent: u8| used.amount() * Decimal::ONE_HUNDRED >= limit.amount() * Decimal::from(percent);
        let thresholds = self.catalog.definition.thresholds.iter().copied();
        let crossed: Vec<u8> = thresholds.filter(|percent| reached(*percent) && !before.contains(percent)).collect();
        (!crossed.is_empty()).then_some((limit, crossed))
    }
}

fn not_in_plan(feature: &FeatureCode, plan: &PlanInForce, catalog: &CatalogVersion) -> Rejection {
    let needed = catalog.definition.first_plan_with(feature);
    Rejection::FeatureNotInPlan {
        feature: feature.clone(),
        current_plan: plan.code.clone(),
        upgrade: needed.map(|plan| upgrade_to(plan, catalog)),
    }
}

pub(crate) fn upgrade_to(plan: &Plan, catalog: &CatalogVersion) -> Box<Upgrade> {
    Box::new(Upgrade { plan: plan.code.clone(), url: catalog.definition.upgrade_url_for(&plan.code) })
}

impl CreditLedger {
    fn decide_consume(
        &self,
        feature: &FeatureCode,
        quantity: Quantity,
        terms: &Terms,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let allowance = Allowance::find(feature, terms, context)?;
        let Cover { included, overage } = self.cover(feature, quantity, &allowance)?;

        // Past this line nothing may fail.
        let used = self.included_used(feature, allowance.window);
        let crossed = allowance.crossed(self.crossed(feature, allowance.window), used + included);
        let mut events = vec![Event::FeatureConsumed {
            feature: feature.clone(),
            quantity,
            window: allowance.window,
            included,
            limit: allowance.limit,
            overage,
            plan: allowance.plan.code.clone(),
            catalog_version: allowance.catalog.version,
        }];
        events.extend(crossed.map(|(limit, thresholds)| Event::ThresholdsCrossed {
            feature: feature.clone(),
            window: allowance.window,
            thresholds,
            used: used + included,
            limit,
        }));
        Ok(events)
    }

    /// How a consumption would be paid for, or why it cannot be: what a decision and a check of it have in common.
    pub(crate) fn cover(
        &self,
        feature: &FeatureCode,
        quantity: Quantity,
        allowance: &Allowance<'_>,
    ) -> Result<Cover, Rejection> {
        let used = self.included_used(feature, allowance.window);
        let (included, past) = allowance.split(used, quantity);
        let overage = match (past.is_zero(), allowance.overage) {
            (true, _) => None,
            (false, Overage::Refuse | Overage::Invoice { .. }) => {
                return Err(allowance.quota_exceeded(feature, used, quantity));
            }
            (false, Overage::Credits { rate }) => Some(self.charge(past, *rate)?),
        };
        Ok(Cover { included, overage })
    }

    fn charge(&self, quantity: Quantity, rate: Decimal) -> Result<OverageCharge, Rejection> {
        let charge = Credits::rounded(quantity.amount() * rate);
        let short = || Rejection::InsufficientCredits { balance: self.balance(), required: charge };
        let draws = lot::draw(&self.lots, charge).ok_or_else(short)?;
        Ok(OverageCharge { quantity, rate, charge, draws })
    }
}
