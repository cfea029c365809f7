//! Payments that go back.
//!
//! What the seller pays back is not owed any more: a credit note goes with it. What the payer's bank takes back is owed
//! again.

use super::course::Course;
use super::credit_note::Note;
use super::rejection::bill;
use super::{CreditUnused, Event, Method, RefundKind, Rejection, tax};
use crate::id::{PaymentId, Reference, RefundId};
use crate::money::Money;
use crate::text::ReasonText;

impl Course<'_> {
    pub(super) fn refund(
        &mut self,
        id: &PaymentId,
        amount: Money,
        kind: RefundKind,
        reason: &ReasonText,
        reference: Option<&Reference>,
    ) -> Result<(), Rejection> {
        let unknown = || bill::Rejection::UnknownPayment { payment: id.clone() };
        let (invoice, payment) = self.state.payment(id).ok_or_else(unknown)?;
        let currency = payment.amount.currency;
        if amount.currency != currency {
            return Err(Rejection::OtherCurrency { expected: currency, found: amount.currency });
        }
        if payment.method == Method::Balance {
            return Err(bill::Rejection::PaidFromBalance { payment: id.clone() }.into());
        }
        if payment.method == Method::Credits {
            return Err(bill::Rejection::PaidFromCredits { payment: id.clone() }.into());
        }
        let mut left = payment.amount.less(payment.refunded);
        if kind == RefundKind::Refund {
            // What went to the balance is not there to be paid back.
            left = left.at_most(invoice.held().plus(invoice.to_refund));
        }
        if amount.amount > left.amount {
            return Err(bill::Rejection::RefundExceedsPayment { payment: id.clone(), left, refund: amount }.into());
        }

        // Past this line nothing may fail.
        let (invoice, payment) = (invoice.clone(), payment.clone());
        let owed_no_more = amount.less(invoice.to_refund);
        if kind == RefundKind::Refund && owed_no_more.is_positive() {
            self.note(&Note {
                invoice: &invoice,
                amount: owed_no_more,
                credit: CreditUnused::Refund,
                reason,
                keeps_due: true,
            });
        }
        let refunded_total = payment.refunded.plus(amount);
        let refunded_net_total = tax::share(payment.net, refunded_total, payment.amount);
        self.happen(Event::PaymentRefunded {
            refund: RefundId::fresh(&self.context.unique()),
            payment: id.clone(),
            invoice: invoice.id,
            amount,
            net: refunded_net_total.less(payment.refunded_net),
            refunded_total,
            refunded_net_total,
            paid_net: payment.net,
            kind,
            reason: reason.clone(),
            reference: reference.cloned(),
        });
        self.follow(self.context.now);
        Ok(())
    }
}
