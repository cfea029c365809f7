//! How a subscription decides.

use super::state::{Active, Started};
use super::{Answer, Command, Event, Rejection, Subscription};
use crate::aggregate::{Aggregate, cqrs_aggregate};
use crate::calendar::{Interval, Period, billing_period};
use crate::context::{Context, Terms};
use crate::id::{PaymentId, PlanCode, Reference};
use crate::money::Money;

impl Aggregate for Subscription {
    const TYPE: &'static str = "subscription";
    const STATE_VERSION: i32 = 2;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Option<Answer>;

    fn decide(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        let terms = context.terms.as_ref().ok_or(Rejection::NotRegistered)?;
        match command {
            Command::Start { plan, interval } => self.decide_start(plan, *interval, terms, context),
            Command::RecordPayment { amount, reference } => {
                self.decide_record_payment(*amount, reference.as_ref(), terms, context)
            }
            Command::MoveToCatalogVersion { version } => self.decide_migrate(*version, terms, context),
        }
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, _command: &Command, events: &[Event], _context: &Context) -> Option<Answer> {
        let payment = events.iter().find_map(|event| match event {
            Event::PaymentRecorded { payment, .. } => Some(payment.clone()),
            Event::SubscriptionStarted { .. }
            | Event::SubscriptionActivated { .. }
            | Event::SubscriptionRenewed { .. }
            | Event::CatalogMigrated { .. } => None,
        });
        self.tell(payment)
    }
}

cqrs_aggregate!(Subscription);

impl Subscription {
    fn decide_start(
        &self,
        plan: &PlanCode,
        interval: Interval,
        terms: &Terms,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        if let Some(started) = self.started() {
            return Err(Rejection::AlreadyStarted { plan: started.plan.clone() });
        }
        let unknown = || Rejection::UnknownPlan { plan: plan.clone(), product: terms.product.clone() };
        let catalog = context.catalog.as_ref().ok_or_else(unknown)?;
        let sold = catalog.definition.plan(plan).ok_or_else(unknown)?;
        let not_sold = || Rejection::IntervalNotSold { plan: plan.clone(), interval };
        let price = catalog.definition.price(sold, interval).ok_or_else(not_sold)?;

        // Past this line nothing may fail.
        let catalog_version = catalog.version;
        let mut events = vec![Event::SubscriptionStarted { plan: plan.clone(), catalog_version, interval, price }];
        if price.is_zero() {
            events.push(activated(interval, terms, context));
        }
        Ok(events)
    }

    fn decide_record_payment(
        &self,
        amount: Money,
        reference: Option<&Reference>,
        terms: &Terms,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let started =
            self.started().ok_or_else(|| Rejection::NotStarted { organization: terms.organization.clone() })?;
        if amount.currency != started.price.currency {
            return Err(Rejection::OtherCurrency { expected: started.price.currency, found: amount.currency });
        }
        let due = started.due(context)?;
        if amount.amount > due.amount {
            return Err(Rejection::PaymentExceedsDue { due, payment: amount });
        }

        // Past this line nothing may fail.
        let still_due = due.less(amount);
        let payment = PaymentId::fresh(&context.unique());
        let mut events = vec![Event::PaymentRecorded { payment, amount, reference: reference.cloned(), still_due }];
        if still_due.is_zero() {
            events.push(match &started.active {
                None => activated(started.interval, terms, context),
                Some(active) => Event::SubscriptionRenewed { period: started.period_after(active, terms) },
            });
        }
        Ok(events)
    }

    /// The context has the version that was asked for. The period being paid stays at the price it was sold for.
    fn decide_migrate(&self, version: u32, terms: &Terms, context: &Context) -> Result<Vec<Event>, Rejection> {
        let started =
            self.started().ok_or_else(|| Rejection::NotStarted { organization: terms.organization.clone() })?;
        let unknown = || Rejection::UnknownCatalogVersion { version, product: terms.product.clone() };
        let catalog = context.catalog.as_ref().filter(|catalog| catalog.version == version).ok_or_else(unknown)?;
        let current = started.catalog_version;
        if version == current {
            return Ok(Vec::new());
        }
        if version < current {
            return Err(Rejection::OlderCatalogVersion { version, current });
        }
        let missing = || Rejection::PlanNotInVersion { plan: started.plan.clone(), version };
        let sold = catalog.definition.plan(&started.plan).ok_or_else(missing)?;
        let not_sold = || Rejection::PriceNotInVersion {
            plan: started.plan.clone(),
            version,
            interval: started.interval,
            currency: started.price.currency,
        };
        let price = sold.price_in(started.interval, started.price.currency).ok_or_else(not_sold)?;

        // Past this line nothing may fail.
        Ok(vec![Event::CatalogMigrated { plan: started.plan.clone(), from: current, to: version, price }])
    }
}

impl Started {
    /// What is to pay now: the rest of the period being paid, or the next period once the paid one is over.
    fn due(&self, context: &Context) -> Result<Money, Rejection> {
        if !self.still_due.is_zero() {
            return Ok(self.still_due);
        }
        // A free plan is never due.
        let paid = self.active.as_ref().filter(|_| !self.price.is_zero());
        let paid_until = paid.map(|active| active.paid.end);
        let over = paid_until.is_some_and(|paid_until| paid_until <= context.now);
        if !over {
            return Err(Rejection::NothingDue { plan: self.plan.clone(), paid_until });
        }
        Ok(self.price)
    }

    fn period_after(&self, active: &Active, terms: &Terms) -> Period {
        billing_period(active.anchor, self.interval, active.paid.end, &terms.zone)
    }
}

fn activated(interval: Interval, terms: &Terms, context: &Context) -> Event {
    let anchor = context.now;
    Event::SubscriptionActivated { anchor, period: billing_period(anchor, interval, anchor, &terms.zone) }
}
