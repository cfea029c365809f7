//! Why a referral tree may say no, in the order of the checks.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::id::{OrganizationId, PaymentId, ReferralCode};
use crate::money::Money;
use crate::refusal::{Refusal, RefusalClass, sample};

/// A refusal of a product's referral tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The code belongs to another organization, or the organization has another code.
    #[error("referral code {code} is taken")]
    CodeTaken {
        /// The code.
        code: ReferralCode,
    },
    /// The organization is not in the product's tree.
    #[error("organization {organization} is not in the referral tree")]
    NotEnrolled {
        /// The organization.
        organization: OrganizationId,
    },
    /// Nobody hands out the code.
    #[error("referral code {code} belongs to nobody")]
    UnknownCode {
        /// The code that was given.
        code: ReferralCode,
    },
    /// An organization gave its own code.
    #[error("organization {organization} cannot refer itself")]
    SelfReferral {
        /// The organization.
        organization: OrganizationId,
    },
    /// It has a sponsor, and that is for ever.
    #[error("organization {organization} was referred by {sponsor} already")]
    AlreadySponsored {
        /// The organization.
        organization: OrganizationId,
        /// Its sponsor.
        sponsor: OrganizationId,
    },
    /// The sponsor stands below the organization.
    #[error("organization {sponsor} stands below {organization} in the referral tree")]
    Cycle {
        /// The organization.
        organization: OrganizationId,
        /// Who would be its sponsor.
        sponsor: OrganizationId,
    },
    /// A sponsor is named before the first payment.
    #[error("organization {organization} has paid already")]
    PaidAlready {
        /// The organization.
        organization: OrganizationId,
    },
    /// A sponsor is named soon after registration.
    #[error("a sponsor of organization {organization} could be named until {ended_at}")]
    AttributionOver {
        /// The organization.
        organization: OrganizationId,
        /// The first instant at which it was too late.
        ended_at: Timestamp,
    },
    /// More was given back than was paid, or something else.
    #[error("refunds of {refunded} exceed the {paid} of payment {payment}")]
    RefundExceedsPayment {
        /// The payment.
        payment: PaymentId,
        /// What was paid.
        paid: Money,
        /// What was given back in all.
        refunded: Money,
    },
    /// The payment is older than those that are kept, or earned nobody anything.
    #[error("payment {payment} of {payer} is not among the newest that earned commissions")]
    PaymentForgotten {
        /// The payment.
        payment: PaymentId,
        /// Who had paid.
        payer: OrganizationId,
    },
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::CodeTaken { .. } => "referral.code_taken",
            Self::NotEnrolled { .. } => "referral.not_enrolled",
            Self::UnknownCode { .. } => "referral.unknown_code",
            Self::SelfReferral { .. } => "referral.self_referral",
            Self::AlreadySponsored { .. } => "referral.already_sponsored",
            Self::Cycle { .. } => "referral.cycle",
            Self::PaidAlready { .. } => "referral.paid_already",
            Self::AttributionOver { .. } => "referral.attribution_over",
            Self::RefundExceedsPayment { .. } => "referral.refund_exceeds_payment",
            Self::PaymentForgotten { .. } => "referral.payment_forgotten",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::NotEnrolled { .. } | Self::UnknownCode { .. } | Self::PaymentForgotten { .. } => {
                RefusalClass::Unknown
            }
            Self::SelfReferral { .. } | Self::RefundExceedsPayment { .. } => RefusalClass::Invalid,
            Self::CodeTaken { .. }
            | Self::AlreadySponsored { .. }
            | Self::Cycle { .. }
            | Self::PaidAlready { .. }
            | Self::AttributionOver { .. } => RefusalClass::Conflict,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::CodeTaken { .. } => "register again to get another code".to_owned(),
            Self::NotEnrolled { .. } => "register the organization first".to_owned(),
            Self::UnknownCode { .. } => "check the code with whoever handed it out".to_owned(),
            Self::SelfReferral { .. } => "give the code of another organization".to_owned(),
            Self::AlreadySponsored { .. } => "a sponsor is for ever; leave the code out".to_owned(),
            Self::Cycle { .. } => "give a code from outside the organization's own network".to_owned(),
            Self::PaidAlready { .. } => "name the sponsor before the first payment".to_owned(),
            Self::AttributionOver { .. } => "name the sponsor at registration, or soon after it".to_owned(),
            Self::RefundExceedsPayment { .. } => {
                "give back at most what was paid, in the currency it was paid in".to_owned()
            }
            Self::PaymentForgotten { .. } => "correct the balances of those who earned of it by hand".to_owned(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::CodeTaken { code } | Self::UnknownCode { code } => vec![("referral_code", json!(code))],
            Self::NotEnrolled { organization }
            | Self::SelfReferral { organization }
            | Self::PaidAlready { organization } => vec![("organization", json!(organization))],
            Self::AttributionOver { organization, ended_at } => {
                vec![("organization", json!(organization)), ("ended_at", json!(ended_at))]
            }
            Self::RefundExceedsPayment { payment, paid, refunded } => {
                vec![("payment", json!(payment)), ("paid", json!(paid)), ("refunded", json!(refunded))]
            }
            Self::PaymentForgotten { payment, payer } => vec![("payment", json!(payment)), ("payer", json!(payer))],
            Self::AlreadySponsored { organization, sponsor } | Self::Cycle { organization, sponsor } => {
                vec![("organization", json!(organization)), ("sponsor", json!(sponsor))]
            }
        }
    }

    fn samples() -> Vec<Self> {
        let (pedro, juan) = (sample("pedro"), sample("juan"));
        let usd = |amount: u32| Money::rounded(amount.into(), sample("USD"));
        vec![
            Self::CodeTaken { code: sample("7KQ2M9XWRA") },
            Self::NotEnrolled { organization: sample("pedro") },
            Self::UnknownCode { code: sample("7KQ2M9XWRA") },
            Self::SelfReferral { organization: sample("juan") },
            Self::AlreadySponsored { organization: sample("pedro"), sponsor: sample("maria") },
            Self::Cycle { organization: juan, sponsor: pedro },
            Self::PaidAlready { organization: sample("pedro") },
            Self::AttributionOver { organization: sample("pedro"), ended_at: Timestamp::UNIX_EPOCH },
            Self::RefundExceedsPayment { payment: sample("pay_01"), paid: usd(15), refunded: usd(16) },
            Self::PaymentForgotten { payment: sample("pay_01"), payer: sample("pedro") },
        ]
    }
}
