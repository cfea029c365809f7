//! Invoices that are paid from credits.
//!
//! ```text
//! PayInvoice --> InvoicePaidFromCredits --> the subscription records the payment
//!                                      \--> it does not take it: InvoicePaymentReturned
//! ```
//!
//! What is open of the invoice is known from the subscription, so a payment it would not take is refused before a credit
//! is drawn. Only what comes between the two, another payment, makes credits come back.
//!
//! **Rounding.** Money times what a unit of it is worth in credits, rounded up to the six decimals credits have: never
//! less is given for an invoice than it asks for.

use rust_decimal::{Decimal, RoundingStrategy};

use super::lots::refunded;
use super::{CreditLedger, Draw, Event, Rejection, ReturnedPayment, lot};
use crate::context::{Context, OpenInvoice, Terms};
use crate::id::InvoiceId;
use crate::money::{CREDIT_SCALE, Credits, Money};

/// How many credits pay so much, where one unit of its currency is worth so many.
#[must_use]
pub(super) fn price_in_credits(amount: Money, per_unit: Decimal) -> Credits {
    let exact = amount.amount * per_unit;
    Credits::rounded(exact.round_dp_with_strategy(CREDIT_SCALE, RoundingStrategy::AwayFromZero))
}

impl CreditLedger {
    pub(super) fn decide_pay_invoice(
        &self,
        invoice: &InvoiceId,
        amount: Option<Money>,
        terms: &Terms,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let known = terms.open_invoices.iter().find(|open| open.invoice == *invoice);
        let OpenInvoice { open, .. } = known.ok_or_else(|| Rejection::InvoiceNotOpen { invoice: invoice.clone() })?;
        let amount = amount.unwrap_or(*open);
        if amount.currency != open.currency {
            return Err(Rejection::InvoiceInOtherCurrency { expected: open.currency, found: amount.currency });
        }
        if amount.amount > open.amount {
            return Err(Rejection::PaymentExceedsInvoice { invoice: invoice.clone(), open: *open, payment: amount });
        }
        let worth = context.catalog.as_ref().and_then(|catalog| {
            catalog.definition.credits_per_unit.get(&amount.currency).map(|per_unit| (catalog.version, *per_unit))
        });
        let not_worth = Rejection::CreditsPayNoInvoice { currency: amount.currency };
        let (catalog_version, per_unit) = worth.ok_or(not_worth)?;
        let credits = price_in_credits(amount, per_unit);
        let short = || Rejection::InsufficientCredits { balance: self.balance(), required: credits };
        let draws = lot::draw(&self.lots, credits).ok_or_else(short)?;

        // Past this line nothing may fail.
        let invoice = invoice.clone();
        Ok(vec![Event::InvoicePaidFromCredits { invoice, amount, credits, draws, catalog_version }])
    }

    /// Credits go back to the lots they came from while these are there and have not expired, else into a fresh one.
    pub(super) fn decide_return_payment(&self, returned: &ReturnedPayment, context: &Context) -> Vec<Event> {
        let ReturnedPayment { invoice, amount, draws } = returned;
        let is_alive = |draw: &Draw| self.lots.iter().any(|lot| lot.id == draw.lot && lot.is_alive(context.now));
        let (back, gone): (Vec<Draw>, Vec<Draw>) = draws.iter().cloned().partition(is_alive);
        let mut events = vec![Event::InvoicePaymentReturned {
            invoice: invoice.clone(),
            amount: *amount,
            credits: lot::sum(draws),
            draws: back,
        }];
        let gone = lot::sum(&gone);
        if gone > Credits::ZERO {
            events.push(refunded(gone, context));
        }
        events
    }
}
