//! Commissions in the ledger: granted as lots, taken back from what is left of these, and owed as far as they are spent.
//!
//! ```text
//! granted 9.00 --spent 9.00-->  clawed back 9.00: taken 0, owed 9.00
//! next commission 12.00:        netted 9.00, a lot of 3.00
//! ```
//!
//! Nothing else pays what is owed: the balance is never below nothing, and credits that were bought stay whole.

use super::lots::commission_granted;
use super::{CreditLedger, Event};
use crate::context::Context;
use crate::id::{CommissionId, RefundId};
use crate::money::Credits;

impl CreditLedger {
    /// What was clawed back of commissions and is not there any more: the next ones pay it.
    #[must_use]
    pub fn owed(&self) -> Credits {
        self.owed
    }

    pub(super) fn decide_grant_commission(
        &self,
        commission: &CommissionId,
        amount: Credits,
        context: &Context,
    ) -> Vec<Event> {
        let netted = self.owed.min(amount);
        let netting = (netted > Credits::ZERO).then(|| Event::CommissionNetted {
            commission: commission.clone(),
            amount: netted,
            owed: self.owed - netted,
        });
        let rest = amount - netted;
        let granted = (rest > Credits::ZERO).then(|| commission_granted(commission, rest, context));
        netting.into_iter().chain(granted).collect()
    }

    /// What holds reserve of the lot stays with them: it is owed too.
    pub(super) fn decide_claw_back(&self, commission: &CommissionId, refund: &RefundId, amount: Credits) -> Vec<Event> {
        let lot = self.lots.iter().find(|lot| lot.commission.as_ref() == Some(commission) && lot.left > Credits::ZERO);
        let taken = lot.map_or(Credits::ZERO, |lot| lot.left.min(amount));
        vec![Event::CreditsClawedBack {
            commission: commission.clone(),
            refund: refund.clone(),
            amount,
            lot: lot.map(|lot| lot.id.clone()),
            taken,
            owed: self.owed + (amount - taken),
        }]
    }
}
