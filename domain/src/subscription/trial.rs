//! Trials, and the way to pay that makes them go on by themselves.
//!
//! ```text
//! trial --over, a way to pay known--> active, the first invoice due
//!       --over, none known----------> awaiting payment
//! ```

use jiff::Timestamp;

use super::course::Course;
use super::rejection::life;
use super::stage::Stage;
use super::{CancelReason, Event, InvoiceKind, MethodOnFile, Rejection, Scheduled};
use crate::calendar::billing_period;
use crate::id::{ProviderCode, Reference};

impl Course<'_> {
    pub(super) fn attach_method(&mut self, provider: &ProviderCode, reference: &Reference) {
        let known = MethodOnFile { provider: provider.clone(), reference: reference.clone() };
        if self.state.method.as_ref() != Some(&known) {
            self.happen(Event::PaymentMethodAttached { provider: known.provider, reference: known.reference });
        }
    }

    pub(super) fn detach_method(&mut self) {
        if let Some(MethodOnFile { provider, reference }) = self.state.method.clone() {
            self.happen(Event::PaymentMethodDetached { provider, reference });
        }
    }

    pub(super) fn end_trial_now(&mut self) -> Result<(), Rejection> {
        let started = self.started()?;
        if !matches!(started.stage, Stage::Trialing { .. }) {
            return Err(life::Rejection::NotTrialing { plan: started.plan.clone() }.into());
        }

        // Past this line nothing may fail.
        self.end_trial(self.context.now);
        Ok(())
    }

    pub(super) fn end_trial(&mut self, at: Timestamp) {
        let usage = self.unbilled_usage(at);
        let scheduled = self.state.scheduled().cloned();
        if let Some(Scheduled::Cancellation { reason }) = scheduled {
            return self.end(at, CancelReason::Requested { reason });
        }
        self.happen(Event::TrialEnded { at });
        if let Some(change @ Scheduled::Plan { .. }) = scheduled {
            self.change_to(&change, at);
        }
        let Some(started) = &self.state.started else { return };
        if self.state.method.is_none() && !started.price.is_zero() {
            let mut lines = self.plan_lines(None);
            lines.extend(usage);
            return self.issue(at, InvoiceKind::First, None, lines);
        }
        let period = billing_period(at, started.interval, at, &self.terms.zone);
        self.happen(Event::SubscriptionActivated { anchor: at, period });
        let mut lines = self.plan_lines(Some(period));
        lines.extend(usage);
        self.issue(at, InvoiceKind::Period, Some(period), lines);
    }
}
