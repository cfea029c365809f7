//! What is taken back of commissions, because something of their payment was given back.
//!
//! The share that is taken back is that of all refunds together, less what was taken back before: however a payment is
//! given back in parts, the parts add up to what the whole would, and never to more.
//!
//! ```text
//! commission 3.00 of a payment of 15      refunds so far   to be taken back   of that before   now
//! first refund, 5                          5               1.00               0                1.00
//! second refund, 10                       15               3.00               1.00             2.00
//! ```

use super::commission::Clock;
use super::{Event, ReferralTree, Rejection};
use crate::context::Context;
use crate::id::{CommissionId, OrganizationId, PaymentId, RefundId};
use crate::money::{Credits, Money};

/// Something of a payment that was given back.
pub(super) struct Refunded<'a> {
    pub(super) payment: &'a PaymentId,
    pub(super) payer: &'a OrganizationId,
    pub(super) refund: &'a RefundId,
    /// With all refunds of the payment before it.
    pub(super) total: Money,
    /// What was paid.
    pub(super) paid: Money,
}

impl ReferralTree {
    pub(super) fn decide_claw_back(&self, refunded: &Refunded<'_>, context: &Context) -> Result<Vec<Event>, Rejection> {
        let Refunded { payment, payer, total, paid, .. } = *refunded;
        let member = self.member(payer).ok_or_else(|| Rejection::NotEnrolled { organization: payer.clone() })?;
        if total.currency != paid.currency || total.amount > paid.amount {
            return Err(Rejection::RefundExceedsPayment { payment: payment.clone(), paid, refunded: total });
        }
        let shared = member.payments.iter().find(|shared| shared.payment == *payment);
        if shared.is_none() && member.forgot {
            return Err(Rejection::PaymentForgotten { payment: payment.clone(), payer: payer.clone() });
        }

        // Past this line nothing may fail. A payment that earned nobody anything takes nothing back.
        let mut matured = Vec::new();
        let mut clawed_back = Vec::new();
        for id in shared.into_iter().flat_map(|shared| shared.commissions()) {
            let Some(commission) = self.commissions.get(&id) else { continue };
            let due = commission.matures_at.filter(|at| commission.clock == Clock::Wall && *at <= context.now);
            matured.extend(due.map(|at| commission.matured(&id, at)));
            let owed = total_owed(commission.amount, refunded) - commission.clawed_back;
            if owed > Credits::ZERO {
                clawed_back.push(Event::CommissionClawedBack {
                    commission: id,
                    refund: refunded.refund.clone(),
                    payer: payer.clone(),
                    beneficiary: commission.beneficiary.clone(),
                    amount: owed,
                    clawed_back_total: commission.clawed_back + owed,
                    matured: commission.matured || due.is_some(),
                });
            }
        }
        matured.extend(clawed_back);
        Ok(matured)
    }

    pub(super) fn take_in_clawback(&mut self, id: &CommissionId, total: Credits) {
        let Some(commission) = self.commissions.get_mut(id) else { return };
        commission.clawed_back = total;
        // Of nothing nothing matures.
        if commission.left() == Credits::ZERO
            && let Some(at) = commission.matures_at.take()
        {
            let payer = commission.payer.clone();
            self.wait_no_more(&(at, id.clone()));
            self.forget(&payer);
        }
    }
}

/// What is to be taken back of a commission in all.
fn total_owed(accrued: Credits, refunded: &Refunded<'_>) -> Credits {
    if refunded.paid.is_zero() {
        return Credits::ZERO;
    }
    Credits::rounded(accrued.amount() * refunded.total.amount / refunded.paid.amount)
}
