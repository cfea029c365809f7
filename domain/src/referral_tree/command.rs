//! What may be asked of a referral tree.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{OrganizationId, PaymentId, ReferralCode, RefundId};
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
    /// Name the sponsor of an organization that has none and has not paid yet.
    Attribute {
        /// The organization.
        organization: OrganizationId,
        /// The code of its sponsor.
        referred_with: ReferralCode,
        /// When it was registered; unknown of those that registered before that was written down.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        registered_at: Option<Timestamp>,
    },
    /// Share a payment among the payer's referrers.
    AccrueCommissions {
        /// The payment.
        payment: PaymentId,
        /// Who paid.
        payer: OrganizationId,
        /// How much, without its taxes.
        amount: Money,
        /// When it was paid; now, if `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        paid_at: Option<Timestamp>,
        /// The catalog version that was the newest then; today's newest, if `None`. Whoever decides hands over that
        /// version as the decision's catalog.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        catalog_version: Option<u32>,
    },
    /// Take commissions back in proportion to what was given back of a payment.
    ClawBack {
        /// The payment.
        payment: PaymentId,
        /// Who had paid.
        payer: OrganizationId,
        /// The refund.
        refund: RefundId,
        /// All that was given back of it so far, this refund included, without its taxes.
        refunded_net_total: Money,
        /// What was paid, without its taxes.
        paid_net: Money,
    },
    /// Write down what fell due: commissions that have waited long enough, a number of them at a time.
    Settle,
    /// Share a payment of an organization that is on a test clock. What it earns waits by that clock.
    ShareSimulated {
        /// The payment.
        payment: PaymentId,
        /// Who paid.
        payer: OrganizationId,
        /// How much, without its taxes.
        amount: Money,
        /// When it was paid, by the clock.
        paid_at: Timestamp,
        /// The catalog version that was the newest then.
        catalog_version: Option<u32>,
    },
    /// Write down which commissions have waited long enough by a test clock. Only those count that one member's payment
    /// earned another: nobody else goes by that clock.
    SettleSimulated {
        /// Who is on the clock. Looked up for the command, so no part of what makes a repeated one the same.
        #[serde(skip)]
        members: Vec<OrganizationId>,
        /// What the clock shows.
        now: Timestamp,
    },
}
