//! What becomes of a subscription that is not paid.
//!
//! ```text
//! due ----- day 3 ----- day 5 ----- day 7 ------------------- day 30
//! past due  retry       retry       retry, suspended          canceled
//! ```
//!
//! Days are local and counted from the instant the payment was due. A payment of all that is due recovers it, at any
//! time before the end.

use jiff::Timestamp;

use super::course::Course;
use super::stage::DunningStep;
use super::{CancelReason, Event, Invoice};
use crate::catalog::Dunning;

impl Course<'_> {
    pub(super) fn fall_past_due(&mut self, since: Timestamp, invoice: &Invoice) {
        let policy = self.sold_under().map_or_else(Dunning::default, |definition| definition.dunning.clone());
        let day = |days: u16| self.terms.zone.days_later(since, days);
        let event = Event::SubscriptionPastDue {
            since,
            invoice: invoice.id.clone(),
            retries: policy.retry_days.iter().copied().map(day).collect(),
            suspends_at: day(policy.suspend_after_days),
            cancels_at: day(policy.cancel_after_days),
        };
        self.happen(event);
    }

    pub(super) fn dun(&mut self, at: Timestamp, step: DunningStep) {
        let started = self.state.started.as_deref();
        let Some(overdue) = started.and_then(|started| started.running()?.dunning.clone()) else { return };
        let oldest = self.state.open_invoices().next().map(|invoice| invoice.id.clone());
        let invoice = oldest.unwrap_or_else(|| overdue.invoice.clone());
        match step {
            DunningStep::Retry => {
                let attempt = overdue.attempts.saturating_add(1);
                self.happen(Event::PaymentRetryDue { invoice, attempt, at });
            }
            DunningStep::Suspend => self.happen(Event::SubscriptionSuspended { since: at, invoice }),
            DunningStep::Cancel => self.end(at, CancelReason::Unpaid),
        }
    }
}
