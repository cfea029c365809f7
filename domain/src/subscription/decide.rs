//! How a subscription decides: what fell due comes first, then the command, on what that left.

use super::course::Course;
use super::{Answer, Command, Event, Invoice, Payment, Rejection, Subscription};
use crate::aggregate::{Aggregate, TEXTS_BYTES, cqrs_aggregate};
use crate::context::Context;

/// About what the texts and taxes of an invoice take in memory, beside the thing itself.
const INVOICE_BYTES: usize = 384;

impl Aggregate for Subscription {
    const TYPE: &'static str = "subscription";
    const STATE_VERSION: i32 = 4;
    type Command = Command;
    type Event = Event;
    type Rejection = Rejection;
    type Answer = Option<Answer>;

    fn decide(&self, command: &Command, context: &Context) -> Result<Vec<Event>, Rejection> {
        let terms = context.terms.as_ref().ok_or(Rejection::NotRegistered)?;
        let mut course = Course::of(self, terms, context);
        course.settle();
        course.obey(command)?;
        Ok(course.events)
    }

    fn evolve(&mut self, event: &Event) {
        self.take_in(event);
    }

    fn answer(&self, _command: &Command, events: &[Event], _context: &Context) -> Option<Answer> {
        self.tell(events)
    }

    fn weight(&self) -> usize {
        let payments: usize = self.invoices.iter().map(|invoice| invoice.payments.len()).sum();
        size_of::<Self>()
            + TEXTS_BYTES
            + self.invoices.len() * (size_of::<Invoice>() + INVOICE_BYTES)
            + payments * (size_of::<Payment>() + INVOICE_BYTES)
    }
}

cqrs_aggregate!(Subscription);

impl Course<'_> {
    fn obey(&mut self, command: &Command) -> Result<(), Rejection> {
        match command {
            Command::Start { plan, interval } => self.start(plan, *interval),
            Command::RecordPayment { amount, invoice, method, reference } => {
                self.record_payment(*amount, invoice.as_ref(), method, reference.as_ref())
            }
            Command::MoveToCatalogVersion { version } => self.migrate(*version),
            Command::AttachPaymentMethod { provider, reference } => {
                self.attach_method(provider, reference);
                Ok(())
            }
            Command::DetachPaymentMethod => {
                self.detach_method();
                Ok(())
            }
            Command::EndTrial => self.end_trial_now(),
            Command::ChangePlan { plan, interval, when } => self.change_plan(plan, *interval, *when),
            Command::RevokeScheduledChange => self.revoke(),
            Command::Cancel { when, credit, reason } => self.cancel(*when, *credit, reason),
            Command::Pause { when, resumes_at } => self.pause(*when, *resumes_at),
            Command::Resume => self.resume(),
            Command::ApplyDiscount { code, terms } => self.apply_discount(code, terms),
            Command::RemoveDiscount { code } => self.remove_discount(code),
            Command::RefundPayment { payment, amount, kind, reason, reference } => {
                self.refund(payment, *amount, *kind, reason, reference.as_ref())
            }
            Command::IssueCreditNote { invoice, amount, credit, reason } => {
                self.issue_credit_note(invoice, *amount, *credit, reason)
            }
            Command::VoidInvoice { invoice, reason } => self.void(invoice, reason),
            Command::Settle => Ok(()),
        }
    }
}
