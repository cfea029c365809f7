//! Ending a subscription, at once or when the period is over.

use super::change::check_goes_on;
use super::course::Course;
use super::credit_note::Note;
use super::rejection::life;
use super::stage::{Running, Stage};
use super::{CancelReason, CreditUnused, Effective, Invoice, Rejection, Scheduled, tax};
use crate::money::Money;
use crate::text::ReasonText;

impl Course<'_> {
    pub(super) fn cancel(
        &mut self,
        when: Effective,
        credit: CreditUnused,
        reason: &ReasonText,
    ) -> Result<(), Rejection> {
        let started = self.started()?;
        if let Stage::Canceled { at } = &started.stage {
            return Err(life::Rejection::Canceled { since: *at }.into());
        }
        // What is not in force yet has no period to wait for.
        if when == Effective::PeriodEnd && !self.is_awaiting() {
            check_goes_on(started)?;
            if let Some(Scheduled::Cancellation { .. }) = started.scheduled {
                return Ok(());
            }
            return self.schedule(Scheduled::Cancellation { reason: reason.clone() });
        }

        // Past this line nothing may fail.
        let running = started.running().cloned();
        self.withdraw_first(reason);
        if let Some(running) = running.filter(|_| credit != CreditUnused::Nothing) {
            self.credit_unused(&running, credit, reason);
        }
        self.end(self.context.now, CancelReason::asked(reason));
        Ok(())
    }

    /// What was charged for the rest of the period and is not used comes off its invoices, the newest first.
    fn credit_unused(&mut self, running: &Running, credit: CreditUnused, reason: &ReasonText) {
        let (unused, _) = self.left(running, self.proration());
        let unused = unused.map(|part| part.of(running.charged.amount)).filter(Money::is_positive);
        let Some(unused) = unused else { return };
        let mut left = tax::totals(unused, &self.taxes(self.context.now)).total;
        let of_period = |invoice: &&Invoice| {
            running.invoice.as_ref() == Some(&invoice.id) || invoice.issued_at >= running.period.start
        };
        let invoices: Vec<Invoice> = self.state.invoices.iter().filter(of_period).rev().cloned().collect();
        for invoice in &invoices {
            let amount = left.at_most(invoice.creditable());
            if amount.is_positive() {
                left = left.less(amount);
                self.note(&Note { invoice, amount, credit, reason, keeps_due: false });
            }
        }
    }
}
