//! What may have happened to a referral tree.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::aggregate::domain_event;
use crate::id::{CommissionId, OrganizationId, PaymentId, ReferralCode, RefundId};
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
        /// From when on its payments are shared; `None` is since its registration.
        #[serde(default)]
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        since: Option<Timestamp>,
    },
    /// An organization paid for the first time: no sponsor can be named any more.
    FirstPaymentMade {
        /// Who paid.
        payer: OrganizationId,
        /// The payment.
        payment: PaymentId,
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        paid_at: Timestamp,
    },
    /// What the payments of an organization earn waits by a test clock from now on.
    PayerSimulated {
        /// The organization.
        payer: OrganizationId,
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
        /// What was paid, without its taxes.
        base: Money,
        /// What is earned.
        amount: Credits,
        /// The catalog version that set the rate.
        catalog_version: u32,
        /// When it will be granted; `None` of those of before commissions waited: they were granted at once.
        #[serde(default)]
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        matures_at: Option<Timestamp>,
    },
    /// A commission has waited long enough: its credits are to be granted.
    CommissionMatured {
        /// The commission.
        commission: CommissionId,
        /// Who paid.
        payer: OrganizationId,
        /// Who earns.
        beneficiary: OrganizationId,
        /// What is to be granted: what was accrued less what was clawed back since.
        amount: Credits,
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        matured_at: Timestamp,
    },
    /// Of a payment something was given back, and of a commission with it.
    CommissionClawedBack {
        /// The commission.
        commission: CommissionId,
        /// The refund.
        refund: RefundId,
        /// Who had paid.
        payer: OrganizationId,
        /// Who had earned.
        beneficiary: OrganizationId,
        /// How much of it, this time.
        amount: Credits,
        /// How much of it in all.
        clawed_back_total: Credits,
        /// Had it matured? Then the beneficiary's ledger takes it back; else that much less will mature.
        matured: bool,
    },
}

domain_event!(
    Event {
        OrganizationEnrolled => "1",
        ReferralAttributed => "2",
        FirstPaymentMade => "1",
        PayerSimulated => "1",
        CommissionAccrued => "2",
        CommissionMatured => "1",
        CommissionClawedBack => "1",
    }
    upcast {
        ReferralAttributed "1" => "2" by super::upcast::since_registration,
        CommissionAccrued "1" => "2" by super::upcast::granted_at_once,
    }
);
