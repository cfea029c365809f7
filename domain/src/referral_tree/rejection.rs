//! Why a referral tree may say no, in the order of the checks.

use serde_json::{Value, json};

use crate::id::{OrganizationId, ReferralCode};
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
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::NotEnrolled { .. } | Self::UnknownCode { .. } => RefusalClass::Unknown,
            Self::SelfReferral { .. } => RefusalClass::Invalid,
            Self::CodeTaken { .. } | Self::AlreadySponsored { .. } | Self::Cycle { .. } => RefusalClass::Conflict,
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
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::CodeTaken { code } | Self::UnknownCode { code } => vec![("referral_code", json!(code))],
            Self::NotEnrolled { organization } | Self::SelfReferral { organization } => {
                vec![("organization", json!(organization))]
            }
            Self::AlreadySponsored { organization, sponsor } | Self::Cycle { organization, sponsor } => {
                vec![("organization", json!(organization)), ("sponsor", json!(sponsor))]
            }
        }
    }

    fn samples() -> Vec<Self> {
        let (pedro, juan) = (sample("pedro"), sample("juan"));
        vec![
            Self::CodeTaken { code: sample("7KQ2M9XWRA") },
            Self::NotEnrolled { organization: sample("pedro") },
            Self::UnknownCode { code: sample("7KQ2M9XWRA") },
            Self::SelfReferral { organization: sample("juan") },
            Self::AlreadySponsored { organization: sample("pedro"), sponsor: sample("maria") },
            Self::Cycle { organization: juan, sponsor: pedro },
        ]
    }
}
