//! The deadlines of a referral tree: commissions that have waited long enough.

use domain::ProductCode;
use domain::referral_tree::Event;

use super::Due;
use crate::deadline::Change;

pub(super) fn changes(product: &ProductCode, event: &Event) -> Vec<Change> {
    let due = |commission| Due::CommissionMatures { product: product.clone(), commission };
    match event {
        Event::CommissionAccrued { commission, matures_at: Some(at), .. } => vec![due(commission.clone()).set(*at)],
        Event::CommissionMatured { commission, .. } => vec![due(commission.clone()).clear()],
        // One that was clawed back whole rings in vain.
        Event::CommissionAccrued { matures_at: None, .. }
        | Event::CommissionClawedBack { .. }
        | Event::OrganizationEnrolled { .. }
        | Event::ReferralAttributed { .. }
        | Event::FirstPaymentMade { .. }
        | Event::PayerSimulated { .. } => Vec::new(),
    }
}
