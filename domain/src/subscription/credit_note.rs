//! What of an invoice is not owed after all: credit notes, and invoices that are taken back.
//!
//! A credit note first takes off what is still due. What of it was paid already is kept on the account balance, or is to
//! be paid back.

use super::course::Course;
use super::issue::Document;
use super::rejection::bill;
use super::stage::Stage;
use super::{CancelReason, CreditUnused, Event, Invoice, InvoiceTax, Rejection};
use crate::id::{CreditNoteId, InvoiceId};
use crate::money::Money;
use crate::text::ReasonText;

/// What a credit note is to say.
pub(super) struct Note<'a> {
    pub(super) invoice: &'a Invoice,
    pub(super) amount: Money,
    pub(super) credit: CreditUnused,
    pub(super) reason: &'a ReasonText,
    /// Is it about what was paid, and what is due stays due?
    pub(super) keeps_due: bool,
}

impl Course<'_> {
    pub(super) fn issue_credit_note(
        &mut self,
        id: &InvoiceId,
        amount: Money,
        credit: CreditUnused,
        reason: &ReasonText,
    ) -> Result<(), Rejection> {
        let invoice = self.find_invoice(id)?;
        let currency = invoice.total.currency;
        if amount.currency != currency {
            return Err(Rejection::OtherCurrency { expected: currency, found: amount.currency });
        }
        if invoice.is_void {
            return Err(bill::Rejection::InvoiceVoid { invoice: id.clone() }.into());
        }
        let left = invoice.creditable();
        if amount.amount > left.amount {
            return Err(bill::Rejection::CreditExceedsInvoice { invoice: id.clone(), left, credit: amount }.into());
        }

        // Past this line nothing may fail.
        let invoice = invoice.clone();
        self.note(&Note { invoice: &invoice, amount, credit, reason, keeps_due: false });
        self.follow(self.context.now);
        Ok(())
    }

    pub(super) fn note(&mut self, note: &Note<'_>) {
        let Note { invoice, amount, credit, reason, keeps_due } = note;
        let zero = Money::zero(amount.currency);
        let reduces_due = if *keeps_due { zero } else { amount.at_most(invoice.open()) };
        let paid = amount.less(reduces_due);
        // What is not to be paid back is kept.
        let (to_balance, to_refund) = if *credit == CreditUnused::Refund { (zero, paid) } else { (paid, zero) };
        let after = invoice.credited.plus(*amount);
        let net = invoice.net_of(after).less(invoice.net_of(invoice.credited));
        let number = self.events.iter().filter(|event| matches!(event, Event::CreditNoteIssued { .. })).count() + 1;
        self.happen(Event::CreditNoteIssued {
            credit_note: CreditNoteId::fresh(&self.context.unique(), number),
            series: self.series(Document::CreditNote),
            invoice: invoice.id.clone(),
            amount: *amount,
            net,
            taxes: taxes_of(invoice, *amount, net),
            reduces_due,
            to_balance,
            to_refund,
            reason: (*reason).clone(),
            issued_at: self.context.now,
        });
    }

    pub(super) fn void(&mut self, id: &InvoiceId, reason: &ReasonText) -> Result<(), Rejection> {
        let invoice = self.find_invoice(id)?;
        if invoice.is_void {
            return Ok(());
        }
        if !invoice.payments.is_empty() {
            return Err(bill::Rejection::InvoicePaid { invoice: id.clone(), paid: invoice.paid() }.into());
        }
        if !invoice.is_open() {
            return Err(bill::Rejection::InvoiceSettled { invoice: id.clone() }.into());
        }

        // Past this line nothing may fail.
        let amount = invoice.open();
        self.happen(Event::InvoiceVoided { invoice: id.clone(), amount, reason: reason.clone() });
        if self.awaits_payment_of(id) {
            self.end(self.context.now, CancelReason::Voided);
        } else {
            self.follow(self.context.now);
        }
        Ok(())
    }

    fn awaits_payment_of(&self, id: &InvoiceId) -> bool {
        let stage = self.state.started.as_deref().map(|started| &started.stage);
        matches!(stage, Some(Stage::Awaiting(Some(first))) if first.invoice == *id)
    }

    /// The first invoice makes way for another one, or for nothing: what was paid of it is kept.
    pub(super) fn withdraw_first(&mut self, reason: &ReasonText) {
        let stage = self.state.started.as_deref().map(|started| &started.stage);
        let Some(Stage::Awaiting(Some(first))) = stage else { return };
        let Some(invoice) = self.state.invoice(&first.invoice).cloned() else { return };
        let (id, amount) = (invoice.id.clone(), invoice.creditable());
        if invoice.payments.is_empty() {
            self.happen(Event::InvoiceVoided { invoice: id, amount, reason: reason.clone() });
        } else {
            self.note(&Note { invoice: &invoice, amount, credit: CreditUnused::Balance, reason, keeps_due: false });
        }
    }
}

/// The taxes in a part of an invoice, which add up to what is not net of it.
fn taxes_of(invoice: &Invoice, amount: Money, net: Money) -> Vec<InvoiceTax> {
    let weights: Vec<u64> = invoice.taxes.iter().map(|tax| weight(tax.amount)).collect();
    let parts = amount.less(net).split(&weights);
    let told = |(tax, amount): (&InvoiceTax, Money)| InvoiceTax { base: net, amount, ..tax.clone() };
    invoice.taxes.iter().zip(parts).map(told).collect()
}

/// An amount in units of its currency.
fn weight(amount: Money) -> u64 {
    let mut units = amount.amount.abs();
    units.rescale(amount.currency.exponent());
    u64::try_from(units.mantissa()).unwrap_or_default()
}
