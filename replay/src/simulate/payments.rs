//! What is paid, given back and taken off in the simulated world, from what was in the recorded one.
//!
//! Whoever paid what was due is taken to pay what is due under the file: the invoice of a payment in full, and all of it
//! once nothing was owed in the record. What was paid in part pays as much, at most what is open. What went back of a
//! payment, or was taken off an invoice, is the same share of it.

use domain::Money;
use domain::subscription::{Command, Event, Invoice, Received, Subscription};
use rust_decimal::Decimal;

use super::intention::is_payment;

/// The recorded world after a decision, the simulated one before it.
pub(super) struct Worlds<'a> {
    pub(super) recorded: &'a Subscription,
    pub(super) simulated: &'a Subscription,
    /// Is anything owed in the record after it?
    pub(super) owed: bool,
    /// What the recorded command decided.
    pub(super) own: &'a [(i64, Event)],
}

impl Worlds<'_> {
    /// The command as it is asked for under the file; `None` if nothing is left to ask for.
    pub(super) fn translate(&self, command: &Command) -> Option<Command> {
        match command {
            Command::RecordPayment { amount, method, reference, .. } => {
                let (due, invoice) = self.paid(*amount)?;
                let excess = self.own.iter().find_map(|(_, event)| match event {
                    Event::OverpaymentKept { amount, .. } => Some(amount.amount),
                    _ => None,
                });
                let amount = Money { amount: due.amount + excess.unwrap_or_default(), ..due };
                let (method, reference) = (method.clone(), reference.clone());
                Some(Command::RecordPayment { amount, invoice, method, reference })
            }
            Command::RefundPayment { payment, amount, kind, reason, reference } => {
                let find = |of: &Subscription| {
                    let payments = of.invoices().iter().flat_map(|invoice| &invoice.payments);
                    payments.into_iter().find(|paid| paid.id == *payment).map(|paid| (paid.amount, paid.refunded))
                };
                let ((recorded, back), (paid, refunded)) = (find(self.recorded)?, find(self.simulated)?);
                // The record is the one after it: what went back of it so far, as a share of the whole.
                let amount = share(paid, back, recorded, refunded).filter(|_| amount.is_positive())?;
                let (payment, kind, reason) = (payment.clone(), *kind, reason.clone());
                Some(Command::RefundPayment { payment, amount, kind, reason, reference: reference.clone() })
            }
            Command::IssueCreditNote { invoice, amount, credit, reason } => {
                let find = |of: &Subscription| of.invoices().iter().find(|known| known.id == *invoice).cloned();
                let (recorded, simulated) = (find(self.recorded)?, find(self.simulated)?);
                let amount = share(simulated.total, *amount, recorded.total, Money::zero(amount.currency))?;
                let amount = Money { amount: amount.amount.min(simulated.creditable().amount), ..amount };
                let (invoice, credit, reason) = (invoice.clone(), *credit, reason.clone());
                amount.is_positive().then_some(Command::IssueCreditNote { invoice, amount, credit, reason })
            }
            // All are on the file already.
            Command::MoveToCatalogVersion { .. } => None,
            Command::Start { .. }
            | Command::AttachPaymentMethod { .. }
            | Command::DetachPaymentMethod
            | Command::EndTrial
            | Command::ChangePlan { .. }
            | Command::RevokeScheduledChange
            | Command::Cancel { .. }
            | Command::Pause { .. }
            | Command::Resume
            | Command::ApplyDiscount { .. }
            | Command::RemoveDiscount { .. }
            | Command::VoidInvoice { .. }
            | Command::Settle => Some(command.clone()),
        }
    }

    /// How much is paid, and of which invoice, if of a certain one.
    fn paid(&self, recorded: Money) -> Option<(Money, Option<domain::InvoiceId>)> {
        let open: Vec<&Invoice> = self.simulated.open_invoices().collect();
        if !self.owed || open.is_empty() {
            return all_due(self.simulated).map(|due| (due, None));
        }
        let payments: Vec<&Event> = self.own.iter().map(|(_, event)| event).filter(|event| is_payment(event)).collect();
        if let [Event::PaymentRecorded { invoice, still_due, .. }] = payments.as_slice() {
            let same = open.iter().find(|known| Some(&known.id) == invoice.as_ref());
            let paid = same.or(open.first())?;
            let is_part = still_due.is_positive() && still_due.currency == paid.total.currency;
            let amount = if is_part { recorded.amount.min(paid.open().amount) } else { paid.open().amount };
            let invoice = Some(paid.id.clone());
            return Some((Money { amount, currency: paid.total.currency }, invoice));
        }
        let currency = open.first()?.total.currency;
        let amount = open.iter().zip(payments).map(|(invoice, payment)| match payment {
            Event::PaymentRecorded { amount, still_due, .. } if still_due.is_positive() => {
                amount.amount.min(invoice.open().amount)
            }
            _ => invoice.open().amount,
        });
        Some((Money { amount: amount.sum(), currency }, None))
    }
}

/// All that is due, if anything is.
fn all_due(subscription: &Subscription) -> Option<Money> {
    subscription.still_due().filter(Money::is_positive)
}

/// Pays all that is due; `None` if nothing is.
pub(super) fn pay_all(subscription: &Subscription) -> Option<Command> {
    let amount = all_due(subscription)?;
    Some(Command::RecordPayment { amount, invoice: None, method: Received::ByHand, reference: None })
}

/// So much of an amount as `part` is of `whole`, less what was before; `None` if that is nothing.
fn share(amount: Money, part: Money, whole: Money, before: Money) -> Option<Money> {
    if whole.is_zero() {
        return None;
    }
    let target = Money::rounded(amount.amount * part.amount / whole.amount, amount.currency);
    let left = target.amount - before.amount;
    (left > Decimal::ZERO).then_some(Money { amount: left, currency: amount.currency })
}
