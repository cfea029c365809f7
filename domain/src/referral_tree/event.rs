//! What may have happened to a referral tree.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::aggregate::domain_event;
use crate::id::{CommissionId, OrganizationId, PaymentId, ReferralCode};
use crate::money::{Credits, Money};

/// An event of a product's referral tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// An organization can refer others.
    OrganizationEnrolled {
        /// The organization.
        organization: OrganizationId,
        /// Its code.
        code: ReferralCode,
    },
    /// An organization has a sponsor, for ever.
    ReferralAttributed {
        /// The organization that was referred.
        organization: OrganizationId,
        /// Who referred it.
        sponsor: OrganizationId,
        /// The code that was given.
        code: ReferralCode,
    },
    /// A payment earned a referrer a commission.
    CommissionAccrued {
        /// The commission.
        commission: CommissionId,
        /// The payment.
        payment: PaymentId,
        /// Who paid.
        payer: OrganizationId,
        /// Who earns.
        beneficiary: OrganizationId,
        /// 1 for the direct referrer, 2 for the referrer's referrer.
        level: u8,
        /// The share: `0.20` is 20 %.
        #[cfg_attr(test, schemars(with = "String"))]
        rate: Decimal,
        /// What was paid.
        base: Money,
        /// What is earned.
        amount: Credits,
        /// The catalog version that set the rate.
        catalog_version: u32,
    },
}

domain_event!(Event {
    OrganizationEnrolled => "1",
    ReferralAttributed => "1",
    CommissionAccrued => "1",
});
