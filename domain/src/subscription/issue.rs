//! Issuing an invoice, and what follows from what is owed.

use jiff::Timestamp;

use super::course::Course;
use super::stage::{Running, Stage};
use super::tax::{self, Totals};
use super::{Event, Invoice, InvoiceKind, Line, Method, lines};
use crate::calendar::{Period, billing_period};
use crate::catalog::{Country, Tax};
use crate::id::{InvoiceId, PaymentId, Series, SubscriptionId};
use crate::money::Money;
use crate::refusal::sample;

/// In which series a document is numbered.
#[derive(Clone, Copy)]
pub(super) enum Document {
    Invoice,
    CreditNote,
}

impl<'a> Course<'a> {
    /// Issues an invoice of these lines, if there are any; what is kept pays what it can, and what follows happens.
    pub(super) fn issue(&mut self, at: Timestamp, kind: InvoiceKind, period: Option<Period>, lines: Vec<Line>) {
        if let Some(sum) = lines::sum(&lines) {
            let Totals { net, taxes, total, kept } = tax::totals(sum, &self.taxes(at));
            let invoice = self.next_invoice();
            let series = self.series(Document::Invoice);
            let profile = self.terms.billing.clone();
            let (issued_at, due_at) = (at, at);
            self.happen(Event::InvoiceIssued {
                invoice,
                series,
                kind,
                period,
                lines,
                net,
                taxes,
                total,
                kept,
                issued_at,
                due_at,
                profile,
            });
        }
        self.follow(at);
    }

    fn next_invoice(&self) -> InvoiceId {
        let own = || SubscriptionId::fresh(&self.context.unique());
        InvoiceId::of(&self.state.id.clone().unwrap_or_else(own), self.state.issued + 1)
    }

    pub(super) fn series(&self, document: Document) -> Series {
        match (self.sold_under(), document) {
            (Some(definition), Document::Invoice) => definition.invoice_series(),
            (Some(definition), Document::CreditNote) => definition.credit_note_series(),
            (None, Document::Invoice) => sample("INV"),
            (None, Document::CreditNote) => sample("CN"),
        }
    }

    /// The taxes of what is sold at an instant: those of the customer's country, or of the seller's.
    pub(super) fn taxes(&self, at: Timestamp) -> Vec<&'a Tax> {
        let Some(definition) = self.sold_under() else { return Vec::new() };
        let own = self.terms.billing.as_ref().map(|profile| profile.country);
        let country: Option<Country> = own.or(definition.seller.as_ref().map(|seller| seller.country));
        country.map_or_else(Vec::new, |country| definition.taxes_on(country, self.terms.zone.day_of(at)))
    }

    /// What follows from what is owed and what was paid: the balance pays what it can, a period that is paid is renewed,
    /// what is not paid is past due, and all that is paid recovers. Once it has happened nothing more follows.
    pub(super) fn follow(&mut self, at: Timestamp) {
        self.pay_from_balance();
        self.activate_if_paid(at);
        let Some(Stage::Running(running)) = self.state.started.as_deref().map(|started| &started.stage) else { return };
        let running = running.clone();
        if self.is_paid(&running) {
            self.happen(Event::SubscriptionRenewed { period: running.period });
        }
        let oldest = self.state.open_invoices().next().cloned();
        match (&running.dunning, oldest) {
            (None, Some(invoice)) => self.fall_past_due(at, &invoice),
            (Some(overdue), None) => {
                self.happen(Event::SubscriptionRecovered { at });
                // No periods began while it was suspended.
                if overdue.suspended.is_some() && running.period.end <= at {
                    self.next_period(at, Some(at));
                }
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    fn pay_from_balance(&mut self) {
        while let Some((balance, invoice)) = self.payable_from_balance() {
            let amount = balance.at_most(invoice.open());
            let payment = PaymentId::from_balance(&invoice.id, invoice.payments.len() + 1);
            self.pay(&invoice, payment, amount, Method::Balance, None);
        }
    }

    fn payable_from_balance(&self) -> Option<(Money, Invoice)> {
        let balance = self.state.balance()?;
        let invoice = self.state.open_invoices().find(|invoice| invoice.total.currency == balance.currency)?;
        Some((balance, invoice.clone()))
    }

    fn activate_if_paid(&mut self, at: Timestamp) {
        let Some(started) = &self.state.started else { return };
        let Stage::Awaiting(Some(first)) = &started.stage else { return };
        let is_paid = self.state.invoice(&first.invoice).is_none_or(|invoice| !invoice.is_void && !invoice.is_open());
        if is_paid {
            let period = billing_period(at, started.interval, at, &self.terms.zone);
            self.happen(Event::SubscriptionActivated { anchor: at, period });
        }
    }

    /// Is the period paid, and was that not told yet?
    fn is_paid(&self, running: &Running) -> bool {
        let invoice = running.invoice.as_ref().and_then(|invoice| self.state.invoice(invoice));
        let is_settled = invoice.is_none_or(|invoice| !invoice.is_void && !invoice.is_open());
        is_settled && running.paid != Some(running.period)
    }
}
