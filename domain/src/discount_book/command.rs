//! What may be asked of a discount book.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::discount::DiscountTerms;
use crate::id::{ActorId, DiscountCode, OrganizationId, PlanCode};

/// A command to a product's discount book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Let a code give a discount.
    CreateCode {
        /// The code.
        code: DiscountCode,
        /// What it gives.
        terms: DiscountTerms,
        /// How often it can be redeemed; `None` is as often as one likes.
        redemptions_max: Option<NonZeroU32>,
        /// The first instant at which it cannot be redeemed any more; `None` is never.
        ends_at: Option<Timestamp>,
        /// Who decides it.
        actor: ActorId,
    },
    /// Let nobody redeem a code any more. Whoever has, keeps the discount.
    RetireCode {
        /// The code.
        code: DiscountCode,
        /// Who decides it.
        actor: ActorId,
    },
    /// Redeem a code for an organization on a plan.
    Redeem {
        /// The code.
        code: DiscountCode,
        /// The organization.
        organization: OrganizationId,
        /// Its plan.
        plan: PlanCode,
    },
    /// Take a redemption back: the subscription did not take the discount.
    ReturnRedemption {
        /// The code.
        code: DiscountCode,
        /// The organization.
        organization: OrganizationId,
    },
}
