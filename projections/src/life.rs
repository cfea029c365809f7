//! What the tables of revenue know of an organization and its subscription: enough to say what it is worth a month, and
//! on which day something happened to it.
//!
//! It is kept in a row of the organization itself, which is loaded with every batch, so that each table is told by what
//! it has folded and nothing else.

use domain::calendar::{Interval, Zone};
use domain::discount::{DiscountTerms, Lasts};
use domain::id::{DiscountCode, PlanCode};
use domain::organization::{Environment, Event as OrganizationEvent};
use domain::subscription::{Event, Method};
use domain::{Money, ProductCode};
use event_store::Recorded;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::column::Column;

/// An organization and its subscription, as far as it was told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Life {
    product: Option<ProductCode>,
    environment: Environment,
    zone: Option<Zone>,
    /// The instant that was set, of a sandbox.
    instant: Option<Timestamp>,
    /// The newest instant that an event told.
    told_at: Option<Timestamp>,
    sold: Option<Sold>,
    stage: Stage,
    discounts: Vec<Discount>,
    /// The trial of which it is not known yet what comes of it.
    trial: Option<Trial>,
    /// Was a plan ever in force, other than on trial?
    had_plan: bool,
    /// Was it ever worth anything?
    had_revenue: bool,
}

/// What was sold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sold {
    plan: PlanCode,
    interval: Interval,
    /// What each period costs, from the next one on.
    price: Money,
    /// What the period costs that it is in.
    price_now: Money,
}

/// Where the subscription stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    /// Nothing is in force yet.
    #[default]
    Awaiting,
    /// It entitles without being paid.
    Trialing,
    /// It is paid, or is to be.
    Running,
    /// It was not paid for too long.
    Suspended,
    /// It rests.
    Paused,
    /// It ended.
    Canceled,
}

/// A discount in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Discount {
    code: DiscountCode,
    terms: DiscountTerms,
}

/// A trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trial {
    /// The plan that is tried.
    pub(crate) plan: PlanCode,
    /// The local day it began on.
    pub(crate) day: Option<Date>,
}

/// When and where something happened.
pub(crate) struct Stamp {
    pub(crate) product: Option<String>,
    pub(crate) environment: String,
    pub(crate) at: Timestamp,
    /// The local day.
    pub(crate) day: Option<Date>,
}

/// Does an event of the organization say something that is kept here?
pub(crate) fn is_told(event: &OrganizationEvent) -> bool {
    match event {
        OrganizationEvent::OrganizationRegistered { .. } | OrganizationEvent::InstantSet { .. } => true,
        OrganizationEvent::FeatureOverridden { .. }
        | OrganizationEvent::OverrideRemoved { .. }
        | OrganizationEvent::OrganizationSuspended { .. }
        | OrganizationEvent::OrganizationResumed { .. }
        | OrganizationEvent::AdministratorAppointed { .. }
        | OrganizationEvent::AdministratorDismissed { .. }
        | OrganizationEvent::BillingProfileSet { .. } => false,
    }
}

impl Life {
    /// Takes in what the organization is.
    pub(crate) fn describe(&mut self, event: &OrganizationEvent) {
        if let OrganizationEvent::OrganizationRegistered { product, time_zone, environment, .. } = event {
            self.product = Some(product.clone());
            self.zone = Some(time_zone.clone());
            self.environment = *environment;
        }
        if let OrganizationEvent::InstantSet { instant, .. } = event {
            self.instant = Some(*instant);
        }
    }

    /// Takes in what happened to the subscription.
    pub(crate) fn take_in(&mut self, event: &Event) {
        match event {
            Event::SubscriptionStarted { plan, interval, price, .. } => {
                self.sell(plan, *interval, *price);
                self.stage = Stage::Awaiting;
            }
            Event::TrialStarted { starts_at, .. } => {
                self.stage = Stage::Trialing;
                let day = self.day_of(*starts_at);
                self.trial = self.sold.as_ref().map(|sold| Trial { plan: sold.plan.clone(), day });
            }
            Event::TrialEnded { .. } => self.stage = Stage::Awaiting,
            Event::SubscriptionActivated { .. } => {
                self.stage = Stage::Running;
                self.trial = None;
                self.had_plan = true;
                self.reprice();
            }
            Event::PeriodBegan { .. } => self.reprice(),
            Event::PlanChanged { to, interval, price, .. } => {
                self.sell(to, *interval, *price);
                if let Some(trial) = self.trial.as_mut().filter(|_| self.stage == Stage::Trialing) {
                    trial.plan = to.clone();
                }
            }
            Event::CatalogMigrated { price, .. } => {
                if let Some(sold) = &mut self.sold {
                    sold.price = *price;
                }
            }
            Event::SubscriptionSuspended { .. } => self.go(Stage::Running, Stage::Suspended),
            Event::SubscriptionRecovered { .. } => self.go(Stage::Suspended, Stage::Running),
            Event::SubscriptionPaused { .. } => self.go(Stage::Running, Stage::Paused),
            Event::SubscriptionResumed { .. } => self.go(Stage::Paused, Stage::Running),
            Event::SubscriptionCanceled { .. } => {
                self.stage = Stage::Canceled;
                self.trial = None;
                self.discounts.clear();
            }
            Event::DiscountApplied { code, terms, .. } => {
                self.discounts.push(Discount { code: code.clone(), terms: terms.clone() });
            }
            Event::DiscountEnded { code, .. } => self.discounts.retain(|discount| discount.code != *code),
            Event::PaymentMethodAttached { .. }
            | Event::PaymentMethodDetached { .. }
            | Event::InvoiceIssued { .. }
            | Event::InvoiceVoided { .. }
            | Event::PaymentRecorded { .. }
            | Event::OverpaymentKept { .. }
            | Event::PaymentRefunded { .. }
            | Event::CreditNoteIssued { .. }
            | Event::SubscriptionRenewed { .. }
            | Event::SubscriptionPastDue { .. }
            | Event::PaymentRetryDue { .. }
            | Event::ChangeScheduled { .. }
            | Event::ScheduledChangeRevoked { .. } => {}
        }
        self.told_at = told_at(event).or(self.told_at);
        self.had_revenue |= self.mrr().is_some_and(|mrr| mrr.is_positive());
    }

    fn sell(&mut self, plan: &PlanCode, interval: Interval, price: Money) {
        self.sold = Some(Sold { plan: plan.clone(), interval, price, price_now: price });
    }

    fn reprice(&mut self) {
        if let Some(sold) = &mut self.sold {
            sold.price_now = sold.price;
        }
    }

    fn go(&mut self, from: Stage, to: Stage) {
        if self.stage == from {
            self.stage = to;
        }
    }

    /// What it is worth a month: nothing unless a plan is in force that is paid or is to be; `None` before any was sold.
    pub(crate) fn mrr(&self) -> Option<Money> {
        let sold = self.sold.as_ref()?;
        if self.stage != Stage::Running {
            return Some(Money::zero(sold.price_now.currency));
        }
        let lasting = self.discounts.iter().map(|discount| &discount.terms).filter(|terms| is_lasting(terms));
        let fitting = lasting.filter(|terms| terms.fits(&sold.plan, sold.price_now.currency));
        let price = fitting.fold(sold.price_now, |left, terms| {
            Money::rounded(left.amount - terms.off.of(left, Decimal::ONE).amount, left.currency)
        });
        Some(monthly(price, sold.interval))
    }

    /// What the plan costs a month, discounts aside.
    pub(crate) fn list_price(&self) -> Option<Money> {
        self.sold.as_ref().map(|sold| monthly(sold.price, sold.interval))
    }

    pub(crate) fn plan(&self) -> Option<&PlanCode> {
        self.sold.as_ref().map(|sold| &sold.plan)
    }

    /// The plan, while it is in force and no trial.
    pub(crate) fn plan_in_force(&self) -> Option<&PlanCode> {
        self.plan().filter(|_| self.stage == Stage::Running)
    }

    pub(crate) fn interval(&self) -> Option<Interval> {
        self.sold.as_ref().map(|sold| sold.interval)
    }

    pub(crate) fn stage(&self) -> Stage {
        self.stage
    }

    pub(crate) fn trial(&self) -> Option<&Trial> {
        self.trial.as_ref()
    }

    pub(crate) fn had_plan(&self) -> bool {
        self.had_plan
    }

    pub(crate) fn had_revenue(&self) -> bool {
        self.had_revenue
    }

    /// When an event happened: as it says itself; else at the instant that was set for a sandbox, or when it was recorded.
    /// What the account balance pays follows at once from what was told before it.
    pub(crate) fn stamp(&self, recorded: &Recorded, event: &Event) -> Stamp {
        let decided_at = || self.instant.unwrap_or(recorded.recorded_at);
        let follows = matches!(event, Event::PaymentRecorded { method: Method::Balance, .. });
        let at = told_at(event).or(self.told_at.filter(|_| follows)).unwrap_or_else(decided_at);
        Stamp {
            product: self.product.as_ref().map(ToString::to_string),
            environment: self.environment.as_str().to_owned(),
            at,
            day: self.day_of(at),
        }
    }

    fn day_of(&self, instant: Timestamp) -> Option<Date> {
        self.zone.as_ref().map(|zone| zone.day_of(instant))
    }
}

/// A discount that is good for one period only changes nothing of what recurs.
fn is_lasting(terms: &DiscountTerms) -> bool {
    match terms.lasts {
        Lasts::Periods(periods) => periods > 1,
        Lasts::ForEver => true,
    }
}

/// A month's share of the price of a period.
fn monthly(price: Money, interval: Interval) -> Money {
    match interval {
        Interval::Month => price,
        Interval::Year => Money::rounded(price.amount / Decimal::from(12), price.currency),
    }
}

/// The instant at which an event says it happened.
fn told_at(event: &Event) -> Option<Timestamp> {
    match event {
        Event::TrialStarted { starts_at: at, .. }
        | Event::TrialEnded { at }
        | Event::InvoiceIssued { issued_at: at, .. }
        | Event::CreditNoteIssued { issued_at: at, .. }
        | Event::SubscriptionActivated { anchor: at, .. }
        | Event::SubscriptionPastDue { since: at, .. }
        | Event::PaymentRetryDue { at, .. }
        | Event::SubscriptionSuspended { since: at, .. }
        | Event::SubscriptionRecovered { at }
        | Event::PlanChanged { at, .. }
        | Event::SubscriptionPaused { since: at, .. }
        | Event::SubscriptionResumed { at }
        | Event::SubscriptionCanceled { at, .. }
        | Event::DiscountApplied { at, .. }
        | Event::DiscountEnded { at, .. } => Some(*at),
        Event::PeriodBegan { period, .. } => Some(period.start),
        Event::SubscriptionStarted { .. }
        | Event::PaymentMethodAttached { .. }
        | Event::PaymentMethodDetached { .. }
        | Event::InvoiceVoided { .. }
        | Event::PaymentRecorded { .. }
        | Event::OverpaymentKept { .. }
        | Event::PaymentRefunded { .. }
        | Event::SubscriptionRenewed { .. }
        | Event::ChangeScheduled { .. }
        | Event::ScheduledChangeRevoked { .. }
        | Event::CatalogMigrated { .. } => None,
    }
}

impl Column for Life {
    type Sql = Json<Self>;

    fn from_sql(Json(life): Json<Self>) -> Result<Self, sqlx::Error> {
        Ok(life)
    }

    fn to_sql(&self) -> Json<Self> {
        Json(self.clone())
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}
