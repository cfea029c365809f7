//! Payments of invoices: in full or in parts, of one invoice or of the oldest first.

use std::collections::VecDeque;

use super::course::Course;
use super::rejection::bill;
use super::stage::{Stage, Started};
use super::{Event, Invoice, InvoiceKind, Method, Received, Rejection};
use crate::id::{InvoiceId, PaymentId, Reference};
use crate::money::{Credits, Money};

/// Most payments of one invoice: who pays a price in more parts than that is not paying it.
pub const PAYMENTS_MAX: usize = 900;

impl Course<'_> {
    pub(super) fn record_payment(
        &mut self,
        amount: Money,
        invoice: Option<&InvoiceId>,
        method: &Received,
        reference: Option<&Reference>,
    ) -> Result<(), Rejection> {
        let currency = self.started()?.price.currency;
        if amount.currency != currency {
            return Err(Rejection::OtherCurrency { expected: currency, found: amount.currency });
        }
        self.bill_what_is_older_than_invoices();
        let mut invoices = self.payable(invoice)?;
        let due = invoices.iter().map(Invoice::open).fold(Money::zero(currency), Money::plus);
        if due.is_zero() {
            return Err(self.nothing_due()?);
        }
        let excess = amount.less(due);
        let credits = self.credits_of(excess, method);
        if excess.is_positive() && credits.is_none() {
            return Err(Rejection::PaymentExceedsDue { due, payment: amount });
        }
        if let Some(full) = invoices.iter().find(|invoice| invoice.payments.len() >= PAYMENTS_MAX) {
            let invoice = full.id.clone();
            return Err(bill::Rejection::TooManyPayments { invoice, payments: PAYMENTS_MAX }.into());
        }

        // Past this line nothing may fail.
        let payment = PaymentId::fresh(&self.context.unique());
        let (mut left, mut number) = (amount, 1);
        while let Some(invoice) = invoices.pop_front().filter(|_| left.is_positive()) {
            let part = left.at_most(invoice.open());
            left = left.less(part);
            let id = if number == 1 { payment.clone() } else { payment.part(number) };
            number += 1;
            self.pay(&invoice, id, part, Method::from(method.clone()), reference.cloned());
        }
        if let Some(credits) = credits.filter(|_| excess.is_positive()) {
            self.happen(Event::OverpaymentKept { payment, amount: excess, credits });
        }
        self.follow(self.context.now);
        Ok(())
    }

    pub(super) fn pay(
        &mut self,
        invoice: &Invoice,
        payment: PaymentId,
        amount: Money,
        method: Method,
        reference: Option<Reference>,
    ) {
        let (net, still_due) = (invoice.net_of_payment(amount), invoice.open().less(amount));
        let invoice = Some(invoice.id.clone());
        self.happen(Event::PaymentRecorded { payment, invoice, amount, net, method, reference, still_due });
    }

    /// The invoice that was named, or all that are open, the oldest first.
    fn payable(&self, named: Option<&InvoiceId>) -> Result<VecDeque<Invoice>, Rejection> {
        let Some(id) = named else { return Ok(self.state.open_invoices().cloned().collect()) };
        let invoice = self.find_invoice(id)?;
        if invoice.is_void {
            return Err(bill::Rejection::InvoiceVoid { invoice: id.clone() }.into());
        }
        if !invoice.is_open() {
            return Err(bill::Rejection::InvoiceSettled { invoice: id.clone() }.into());
        }
        Ok(VecDeque::from([invoice.clone()]))
    }

    pub(super) fn find_invoice(&self, id: &InvoiceId) -> Result<&Invoice, Rejection> {
        if let Some(invoice) = self.state.invoice(id) {
            return Ok(invoice);
        }
        let is_own = id.parts().is_some_and(|(subscription, number)| {
            self.state.id.as_ref() == Some(&subscription) && (1..=self.state.issued).contains(&number)
        });
        let invoice = id.clone();
        Err(if is_own {
            bill::Rejection::InvoiceTooOld { invoice }
        } else {
            bill::Rejection::UnknownInvoice { invoice }
        }
        .into())
    }

    fn nothing_due(&self) -> Result<Rejection, Rejection> {
        let started = self.started()?;
        // A free plan is never due.
        let paid_until = started.ends_at().filter(|_| !started.price.is_zero());
        Ok(Rejection::NothingDue { plan: started.plan.clone(), paid_until })
    }

    /// What is paid beyond what is due is worth in credits; `None` if it cannot become any.
    fn credits_of(&self, excess: Money, method: &Received) -> Option<Credits> {
        let factor = self.sold_under()?.credits_per_unit.get(&excess.currency)?;
        let is_money = !matches!(method, Received::Credits);
        is_money.then(|| Credits::rounded(excess.amount * factor))
    }

    /// A plan that was started before there were invoices gets the one it awaits the payment of.
    fn bill_what_is_older_than_invoices(&mut self) {
        let is_billed = |started: &Started| !matches!(started.stage, Stage::Awaiting(None));
        if self.state.started.as_deref().is_none_or(is_billed) {
            return;
        }
        let lines = self.plan_lines(None);
        self.issue(self.context.now, InvoiceKind::First, None, lines);
    }
}

impl From<Received> for Method {
    fn from(received: Received) -> Self {
        match received {
            Received::ByHand => Self::ByHand,
            Received::Provider { provider, charge } => Self::Provider { provider, charge },
            Received::Credits => Self::Credits,
        }
    }
}
