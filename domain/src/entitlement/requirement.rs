//! For whoever guards something by a feature: nothing if it may be used, else the refusal that a use of it would get.

use crate::catalog::FeatureKind;
use crate::context::Context;
use crate::credit_ledger::allowance::{Allowed, Granted, granted, known, not_allowed};
use crate::credit_ledger::capacity::Capacity;
use crate::credit_ledger::{CreditLedger, Rejection};
use crate::id::{ActorId, FeatureCode};
use crate::money::Quantity;
use crate::organization::Status;

/// Insists that an actor may use so much of a feature. Of a flag or a config the quantity says nothing.
///
/// # Errors
/// Where [`super::check_for`] finds that it is not allowed; of a quota what a consumption would be refused with, of a
/// capacity what an acquisition would.
pub fn require(
    actor: Option<&ActorId>,
    ledger: &CreditLedger,
    feature: &FeatureCode,
    quantity: Quantity,
    context: &Context,
) -> Result<(), Rejection> {
    let terms = context.terms.as_ref().ok_or(Rejection::NotRegistered)?;
    if let Status::Suspended { since, reason, .. } = &terms.status {
        return Err(Rejection::Suspended { since: *since, reason: reason.clone() });
    }
    let (plan, catalog, kind) = known(feature, terms, context)?;
    let (_, ledger) = ledger.settled(context.now);
    match kind {
        FeatureKind::Quota { .. } => {
            let allowance = ledger.allowance(feature, actor, terms, context)?;
            ledger.cover(feature, quantity, &allowance).map(drop)
        }
        FeatureKind::Capacity => {
            let capacity = Capacity::find(feature, terms, context)?;
            capacity.acquire(feature, ledger.level(feature), quantity).map(drop)
        }
        FeatureKind::Flag | FeatureKind::Config => {
            let Granted { allowed, by_hand } = granted(feature, kind, plan, catalog, terms, context);
            match allowed {
                Allowed::Flag | Allowed::Config(_) => Ok(()),
                Allowed::Nothing | Allowed::Quota(_) | Allowed::Capacity(_) => {
                    Err(not_allowed(feature, by_hand, plan, catalog))
                }
            }
        }
    }
}
