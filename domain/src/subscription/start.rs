//! Starting a plan, the first time and again.

use super::course::Course;
use super::rejection::life;
use super::{Event, InvoiceKind, Rejection};
use crate::calendar::{Interval, billing_period};
use crate::catalog::{PaymentMethod, Plan};
use crate::id::{PlanCode, SubscriptionId};
use crate::money::{Currency, Money};

/// A plan as it is sold now.
pub(super) struct Offer<'a> {
    pub(super) plan: &'a Plan,
    pub(super) catalog_version: u32,
    pub(super) price: Money,
}

impl<'a> Course<'a> {
    pub(super) fn start(&mut self, plan: &PlanCode, interval: Interval) -> Result<(), Rejection> {
        if let Some(started) = self.state.alive() {
            return Err(Rejection::AlreadyStarted { plan: started.plan.clone() });
        }
        let Offer { plan: sold, catalog_version, price } = self.offer(plan, interval, None)?;
        if let Some(due) = self.open().filter(Money::is_positive) {
            return Err(life::Rejection::InvoicesOpen { due }.into());
        }
        let trial = sold.trial.filter(|_| !self.state.tried && !price.is_zero());
        let asks_for_method = trial.is_some_and(|trial| trial.payment_method == PaymentMethod::Required);
        if asks_for_method && self.state.method.is_none() {
            return Err(life::Rejection::PaymentMethodRequired { plan: plan.clone() }.into());
        }

        // Past this line nothing may fail.
        let (now, zone) = (self.context.now, &self.terms.zone);
        let subscription = Some(SubscriptionId::fresh(&self.context.unique()));
        self.happen(Event::SubscriptionStarted { subscription, plan: plan.clone(), catalog_version, interval, price });
        if price.is_zero() {
            let period = billing_period(now, interval, now, zone);
            self.happen(Event::SubscriptionActivated { anchor: now, period });
        } else if let Some(trial) = trial {
            self.happen(Event::TrialStarted { starts_at: now, ends_at: zone.days_later(now, trial.days) });
        } else {
            let lines = self.plan_lines(None);
            self.issue(now, InvoiceKind::First, None, lines);
        }
        Ok(())
    }

    /// A plan of the newest catalog version, in a currency or in the catalog's own.
    pub(super) fn offer(
        &self,
        plan: &PlanCode,
        interval: Interval,
        currency: Option<Currency>,
    ) -> Result<Offer<'a>, Rejection> {
        let unknown = || Rejection::UnknownPlan { plan: plan.clone(), product: self.terms.product.clone() };
        let context = self.context;
        let catalog = context.catalog.as_deref().ok_or_else(unknown)?;
        let sold = catalog.definition.plan(plan).ok_or_else(unknown)?;
        if sold.retired {
            return Err(life::Rejection::PlanRetired { plan: plan.clone() }.into());
        }
        let prices = sold.prices.get(&interval);
        let prices = prices.ok_or_else(|| Rejection::IntervalNotSold { plan: plan.clone(), interval })?;
        let currency = currency.unwrap_or(catalog.definition.currency);
        let not_sold = || life::Rejection::CurrencyNotSold { plan: plan.clone(), interval, currency };
        let price = prices.get(&currency).ok_or_else(not_sold)?;
        Ok(Offer { plan: sold, catalog_version: catalog.version, price: Money::rounded(*price, currency) })
    }
}
