//! Periods: one follows the other, and what was scheduled takes effect between them.

use jiff::Timestamp;

use super::course::Course;
use super::stage::Stage;
use super::{CancelReason, Event, InvoiceKind, Line, Scheduled};
use crate::calendar::billing_period;

impl Course<'_> {
    /// The period is over, and no periods began since: what was scheduled happens, or the next one begins. With an
    /// anchor it begins a new count, else the old one goes on.
    pub(super) fn next_period(&mut self, at: Timestamp, anchor: Option<Timestamp>) {
        let scheduled = self.state.scheduled().cloned();
        match scheduled {
            Some(Scheduled::Cancellation { reason }) => self.end(at, CancelReason::Requested { reason }),
            Some(Scheduled::Pause { resumes_at }) => {
                self.happen(Event::SubscriptionPaused { since: at, resumes_at });
            }
            Some(change @ Scheduled::Plan { .. }) => {
                let usage = self.unbilled_usage(at);
                self.change_to(&change, at);
                self.begin_period(at, anchor, Vec::new(), usage);
            }
            None => {
                let usage = self.unbilled_usage(at);
                self.begin_period(at, anchor, Vec::new(), usage);
            }
        }
    }

    /// Begins a period at an instant and bills it, after lines that come before those of the plan.
    pub(super) fn begin_period(
        &mut self,
        at: Timestamp,
        anchor: Option<Timestamp>,
        mut lines: Vec<Line>,
        usage: Vec<Line>,
    ) {
        self.end_discounts(at);
        let Some(started) = &self.state.started else { return };
        let (interval, zone) = (started.interval, &self.terms.zone);
        let running = started.running().map_or(at, |running| running.anchor);
        // An interval that changed may not come out at this instant; then its periods are counted from here.
        let fits = |anchor: &Timestamp| billing_period(*anchor, interval, at, zone).start == at;
        let anchor = anchor.or(Some(running).filter(fits)).unwrap_or(at);
        let period = billing_period(anchor, interval, at, zone);
        self.happen(Event::PeriodBegan { anchor, period });
        lines.extend(self.plan_lines(Some(period)));
        lines.extend(usage);
        self.issue(at, InvoiceKind::Period, Some(period), lines);
    }

    /// What was used past the allowances up to an instant and is on no invoice.
    pub(super) fn unbilled_usage(&self, at: Timestamp) -> Vec<Line> {
        let since = match self.state.started.as_deref().map(|started| &started.stage) {
            Some(Stage::Trialing { since, .. }) => Some(*since),
            Some(Stage::Running(running) | Stage::Paused { running, .. }) => Some(running.metered_from),
            Some(Stage::Awaiting(_) | Stage::Canceled { .. }) | None => None,
        };
        since.map_or_else(Vec::new, |since| self.usage_lines(since, at))
    }

    /// It ends: what was used is billed, what is open stays open.
    pub(super) fn end(&mut self, at: Timestamp, reason: CancelReason) {
        let usage = self.unbilled_usage(at);
        self.happen(Event::SubscriptionCanceled { at, reason });
        let period = usage.first().and_then(|line| line.period);
        self.issue(at, InvoiceKind::Usage, period, usage);
    }

    pub(super) fn change_to(&mut self, change: &Scheduled, at: Timestamp) {
        let Some(from) = self.state.started.as_deref().map(|started| started.plan.clone()) else { return };
        if let Scheduled::Plan { plan, interval, catalog_version, price } = change {
            let (to, catalog_version, interval, price) = (plan.clone(), *catalog_version, *interval, *price);
            self.happen(Event::PlanChanged { from, to, catalog_version, interval, price, at });
        }
    }
}
