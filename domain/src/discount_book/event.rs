//! What may have happened to a discount book.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aggregate::domain_event;
use crate::discount::DiscountTerms;
use crate::id::{ActorId, DiscountCode, OrganizationId, PlanCode};

/// An event of a product's discount book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// A code gives a discount.
    CodeCreated {
        /// The code.
        code: DiscountCode,
        /// What it gives.
        terms: DiscountTerms,
        /// How often it can be redeemed; `None` is as often as one likes.
        redemptions_max: Option<NonZeroU32>,
        /// The first instant at which it cannot be redeemed any more; `None` is never.
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        ends_at: Option<Timestamp>,
        /// Who decided it.
        actor: ActorId,
    },
    /// A code cannot be redeemed any more.
    CodeRetired {
        /// The code.
        code: DiscountCode,
        /// Who decided it.
        actor: ActorId,
    },
    /// A code was redeemed.
    CodeRedeemed {
        /// The code.
        code: DiscountCode,
        /// By whom.
        organization: OrganizationId,
        /// The plan it was redeemed for.
        plan: PlanCode,
        /// What it gives.
        terms: DiscountTerms,
    },
    /// A redemption does not count: the subscription did not take the discount.
    RedemptionReturned {
        /// The code.
        code: DiscountCode,
        /// Whose redemption.
        organization: OrganizationId,
    },
}

domain_event!(Event {
    CodeCreated => "1",
    CodeRetired => "1",
    CodeRedeemed => "1",
    RedemptionReturned => "1",
});
