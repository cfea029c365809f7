//! The deadlines of ledgers.
//!
//! ```text
//! HoldPlaced, HoldExtended                set    hold_expires
//! captured in full, released, expired     clear  hold_expires
//! GrantScheduled                          set    lot_begins
//! CreditsGranted                          clear  lot_begins, set lot_expires
//! LotExpired                              clear  lot_expires
//! ```
//!
//! No event says that a lot is spent or a scheduled one cancelled to the last credit, so these ring in vain, once each.

use domain::OrganizationId;
use domain::credit_ledger::Event;

use super::Due;
use crate::deadline::Change;

pub(super) fn changes(organization: &OrganizationId, event: &Event) -> Vec<Change> {
    let organization = organization.clone();
    match event {
        Event::HoldPlaced { hold, expires_at, .. } | Event::HoldExtended { hold, expires_at } => {
            vec![Due::HoldExpires { organization, hold: hold.clone() }.set(*expires_at)]
        }
        Event::HoldCaptured { hold, left, .. } if left.is_zero() => {
            vec![Due::HoldExpires { organization, hold: hold.clone() }.clear()]
        }
        Event::HoldReleased { hold, .. } | Event::HoldExpired { hold, .. } => {
            vec![Due::HoldExpires { organization, hold: hold.clone() }.clear()]
        }
        Event::GrantScheduled { lot, effective_from, .. } => {
            vec![Due::LotBegins { organization, lot: lot.clone() }.set(*effective_from)]
        }
        Event::CreditsGranted { lot, expires_at, .. } => {
            let begun = Due::LotBegins { organization: organization.clone(), lot: lot.clone() }.clear();
            let ends = expires_at.map(|at| Due::LotExpires { organization, lot: lot.clone() }.set(at));
            std::iter::once(begun).chain(ends).collect()
        }
        Event::LotExpired { lot, .. } => vec![Due::LotExpires { organization, lot: lot.clone() }.clear()],
        Event::HoldCaptured { .. }
        | Event::GrantCancelled { .. }
        | Event::CreditsRevoked { .. }
        | Event::CreditsDeducted { .. }
        | Event::CreditsClawedBack { .. }
        | Event::CommissionNetted { .. }
        | Event::FeatureConsumed { .. }
        | Event::ConsumptionReversed { .. }
        | Event::CapacityAcquired { .. }
        | Event::CapacityReleased { .. }
        | Event::ThresholdsCrossed { .. }
        | Event::CapacityThresholdsCrossed { .. }
        | Event::CreditsRanLow { .. }
        | Event::AlertAcknowledged { .. }
        | Event::TopUpRuleSet { .. }
        | Event::TopUpRuleRemoved { .. }
        | Event::TopUpRequested { .. } => Vec::new(),
    }
}
