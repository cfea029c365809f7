//! Changing the plan or the interval.
//!
//! ```text
//! charged for the period   |-------- old --------|
//! a change within it       |---- old ----|- new -|      what is not used of the old is credited, the rest charged anew
//! another interval         |---- old ----|-------- new --------|      a period of its own begins
//! ```
//!
//! Both are reckoned by the policy of the catalog the plan was sold under, each rounded as a line. The credit is a part
//! of what was charged for the rest of the period, after discounts; so however often the plan changes, no more is
//! credited than was charged, and at every instant one plan is billed.

use super::course::Course;
use super::proration::Part;
use super::rejection::{bill, life};
use super::stage::{Running, Stage, Started};
use super::start::Offer;
use super::{Effective, Event, InvoiceKind, Rejection, Scheduled};
use crate::calendar::{Interval, Period, billing_period};
use crate::catalog::Proration;
use crate::id::PlanCode;
use crate::refusal::sample;

/// Most invoices that may be open when a plan is changed: whoever does not pay may not go on changing.
pub const OPEN_INVOICES_MAX: usize = 20;

impl Course<'_> {
    pub(super) fn change_plan(
        &mut self,
        plan: &PlanCode,
        interval: Interval,
        when: Effective,
    ) -> Result<(), Rejection> {
        let started = self.started()?;
        check_goes_on(started)?;
        let currency = started.price.currency;
        let Offer { catalog_version, price, .. } = self.offer(plan, interval, Some(currency))?;
        if started.plan == *plan && started.interval == interval {
            return Err(life::Rejection::SamePlan { plan: plan.clone(), interval }.into());
        }
        let open = self.state.open_invoices().count();
        if open >= OPEN_INVOICES_MAX {
            return Err(bill::Rejection::TooManyOpen { open }.into());
        }
        let change = Scheduled::Plan { plan: plan.clone(), interval, catalog_version, price };
        if when == Effective::PeriodEnd {
            return self.schedule(change);
        }

        // Past this line nothing may fail.
        match &started.stage {
            Stage::Awaiting(_) => self.replace_first(&change),
            Stage::Running(running) => {
                let running = running.clone();
                self.change_within(&running, &change, interval);
            }
            // The trial keeps its end.
            Stage::Trialing { .. } | Stage::Paused { .. } | Stage::Canceled { .. } => {
                self.change_to(&change, self.context.now);
            }
        }
        Ok(())
    }

    /// Nothing is in force yet: another plan is awaited instead.
    fn replace_first(&mut self, change: &Scheduled) {
        let now = self.context.now;
        self.withdraw_first(&sample("another plan was chosen"));
        self.change_to(change, now);
        let Some(started) = self.state.started.as_deref().filter(|started| started.price.is_zero()) else {
            let lines = self.plan_lines(None);
            return self.issue(now, InvoiceKind::First, None, lines);
        };
        let period = billing_period(now, started.interval, now, &self.terms.zone);
        self.happen(Event::SubscriptionActivated { anchor: now, period });
    }

    fn change_within(&mut self, running: &Running, change: &Scheduled, interval: Interval) {
        let now = self.context.now;
        let policy = self.proration();
        let rest = Period { start: now, end: running.period.end };
        let (unused, left) = self.left(running, policy);
        let credit = self.unused_line(&running.charged, rest, unused);
        let same_interval = self.state.started.as_deref().is_some_and(|started| started.interval == interval);
        if same_interval || policy == Proration::None {
            self.change_to(change, now);
            let mut lines: Vec<_> = credit.into_iter().collect();
            lines.extend(left.map_or_else(Vec::new, |left| self.rest_lines(rest, left)));
            return self.issue(now, InvoiceKind::Change, Some(rest), lines);
        }
        let usage = self.unbilled_usage(now);
        self.change_to(change, now);
        self.begin_period(now, Some(now), credit.into_iter().collect(), usage);
    }

    pub(super) fn proration(&self) -> Proration {
        self.sold_under().map_or_else(Proration::default, |definition| definition.proration)
    }

    /// What is left of what was charged, and of the period.
    pub(super) fn left(&self, running: &Running, policy: Proration) -> (Option<Part>, Option<Part>) {
        let (now, zone) = (self.context.now, &self.terms.zone);
        let charged = Period { start: running.charged.from, end: running.period.end };
        (Part::left_of(charged, now, policy, zone), Part::left_of(running.period, now, policy, zone))
    }

    /// Something is to happen when the period is over. The newest replaces what was.
    pub(super) fn schedule(&mut self, change: Scheduled) -> Result<(), Rejection> {
        let started = self.started()?;
        let awaiting = || life::Rejection::AwaitingPayment { plan: started.plan.clone() };
        let at = started.ends_at().ok_or_else(awaiting)?;

        // Past this line nothing may fail.
        if self.state.scheduled() != Some(&change) {
            self.happen(Event::ChangeScheduled { change, at });
        }
        Ok(())
    }

    pub(super) fn revoke(&mut self) -> Result<(), Rejection> {
        self.started()?;
        let scheduled = self.state.scheduled().cloned();
        let change = scheduled.ok_or(life::Rejection::NothingScheduled)?;

        // Past this line nothing may fail.
        self.happen(Event::ScheduledChangeRevoked { change });
        Ok(())
    }
}

/// It is neither over, nor suspended, nor at rest.
pub(super) fn check_goes_on(started: &Started) -> Result<(), Rejection> {
    match &started.stage {
        Stage::Canceled { at } => Err(life::Rejection::Canceled { since: *at }.into()),
        Stage::Paused { since, .. } => Err(life::Rejection::Paused { since: *since }.into()),
        Stage::Running(Running { dunning: Some(overdue), .. }) => match overdue.suspended {
            Some(since) => Err(life::Rejection::Suspended { since }.into()),
            None => Ok(()),
        },
        Stage::Awaiting(_) | Stage::Trialing { .. } | Stage::Running(_) => Ok(()),
    }
}
