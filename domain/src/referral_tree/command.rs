//! What may be asked of a referral tree.

use serde::{Deserialize, Serialize};

use crate::id::{OrganizationId, PaymentId, ReferralCode};
use crate::money::Money;

/// A command to a product's referral tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Add a registered organization with its own code, below whoever referred it.
    Enroll {
        /// The organization.
        organization: OrganizationId,
        /// The code it can hand to others.
        code: ReferralCode,
        /// The code it gave at registration.
        referred_with: Option<ReferralCode>,
    },
    /// Name the sponsor of an organization that has none.
    Attribute {
        /// The organization.
        organization: OrganizationId,
        /// The code of its sponsor.
        referred_with: ReferralCode,
    },
    /// Share a payment among the payer's referrers.
    AccrueCommissions {
        /// The payment.
        payment: PaymentId,
        /// Who paid.
        payer: OrganizationId,
        /// How much.
        amount: Money,
    },
}
