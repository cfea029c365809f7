//! Why a discount book may say no, in the order of the checks.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::decide::CODES_MAX;
use crate::discount::TermsMisfit;
use crate::id::{DiscountCode, PlanCode};
use crate::refusal::{Refusal, RefusalClass, sample};

/// A refusal of a product's discount book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The code gives something else, or did.
    #[error("discount code {code} exists already")]
    CodeExists {
        /// The code.
        code: DiscountCode,
    },
    /// It gives nothing, or more than there is.
    #[error("{what}")]
    TermsImpossible {
        /// What is wrong with it.
        what: TermsMisfit,
    },
    /// It would be over before anybody could redeem it.
    #[error("a discount code cannot end at {ends_at}: it is {now}")]
    EndsTooSoon {
        /// When it was to end.
        ends_at: Timestamp,
        /// The instant of the decision.
        now: Timestamp,
    },
    /// The catalog has no such plan.
    #[error("there is no plan {plan} that a discount code could be good for")]
    UnknownPlan {
        /// The plan that was named.
        plan: PlanCode,
    },
    /// One more than there may be.
    #[error("the product has {codes} discount codes already")]
    TooManyCodes {
        /// How many there are, and may be.
        codes: usize,
    },
    /// Nobody made the code.
    #[error("there is no discount code {code}")]
    UnknownCode {
        /// The code that was given.
        code: DiscountCode,
    },
    /// Somebody has decided that it may not be redeemed any more.
    #[error("discount code {code} was retired")]
    Retired {
        /// The code.
        code: DiscountCode,
    },
    /// Its time is over.
    #[error("discount code {code} ended at {ended_at}")]
    Ended {
        /// The code.
        code: DiscountCode,
        /// When.
        ended_at: Timestamp,
    },
    /// It was redeemed as often as it may be.
    #[error("discount code {code} is used up: redeemed {redemptions_max} of {redemptions_max} times")]
    UsedUp {
        /// The code.
        code: DiscountCode,
        /// How often it may be.
        redemptions_max: u32,
    },
    /// It is for other plans.
    #[error("discount code {code} is not good for plan {plan}")]
    NotForPlan {
        /// The code.
        code: DiscountCode,
        /// The plan.
        plan: PlanCode,
        /// Those it is good for.
        plans: Vec<PlanCode>,
    },
    /// There is no redemption that could be returned.
    #[error("no redemption of discount code {code} is out")]
    NothingRedeemed {
        /// The code.
        code: DiscountCode,
    },
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::CodeExists { .. } => "discount.code_exists",
            Self::TermsImpossible { .. } => "discount.terms_impossible",
            Self::EndsTooSoon { .. } => "discount.ends_too_soon",
            Self::UnknownPlan { .. } => "discount.unknown_plan",
            Self::TooManyCodes { .. } => "discount.too_many_codes",
            Self::UnknownCode { .. } => "discount.unknown_code",
            Self::Retired { .. } => "discount.retired",
            Self::Ended { .. } => "discount.ended",
            Self::UsedUp { .. } => "discount.used_up",
            Self::NotForPlan { .. } => "discount.not_for_plan",
            Self::NothingRedeemed { .. } => "discount.nothing_redeemed",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::TermsImpossible { .. } | Self::EndsTooSoon { .. } | Self::UnknownPlan { .. } => RefusalClass::Invalid,
            Self::UnknownCode { .. } => RefusalClass::Unknown,
            Self::CodeExists { .. }
            | Self::TooManyCodes { .. }
            | Self::Retired { .. }
            | Self::Ended { .. }
            | Self::UsedUp { .. }
            | Self::NotForPlan { .. }
            | Self::NothingRedeemed { .. } => RefusalClass::Conflict,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::CodeExists { .. } => "a code means one thing for ever; create another one".to_owned(),
            Self::TermsImpossible { .. } => {
                "take off a share above 0 and up to 1, or an amount above 0, for at least one period".to_owned()
            }
            Self::EndsTooSoon { .. } => "let it end later, or never".to_owned(),
            Self::UnknownPlan { .. } => "name plans of the newest catalog, or none for all of them".to_owned(),
            Self::TooManyCodes { .. } => "use a code there is".to_owned(),
            Self::UnknownCode { .. } => "check the code with whoever handed it out".to_owned(),
            Self::Retired { .. } | Self::Ended { .. } | Self::UsedUp { .. } => "ask for another code".to_owned(),
            Self::NotForPlan { plans, .. } => {
                let plans: Vec<&str> = plans.iter().map(PlanCode::as_str).collect();
                format!("it is good for {}", plans.join(", "))
            }
            Self::NothingRedeemed { .. } => "a redemption is returned once".to_owned(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::CodeExists { code }
            | Self::UnknownCode { code }
            | Self::Retired { code }
            | Self::NothingRedeemed { code } => vec![("discount_code", json!(code))],
            Self::TermsImpossible { .. } => Vec::new(),
            Self::EndsTooSoon { ends_at, now } => vec![("ends_at", json!(ends_at)), ("now", json!(now))],
            Self::UnknownPlan { plan } => vec![("plan", json!(plan))],
            Self::TooManyCodes { codes } => vec![("codes", json!(codes))],
            Self::Ended { code, ended_at } => vec![("discount_code", json!(code)), ("ended_at", json!(ended_at))],
            Self::UsedUp { code, redemptions_max } => {
                vec![("discount_code", json!(code)), ("redemptions_max", json!(redemptions_max))]
            }
            Self::NotForPlan { code, plan, plans } => {
                vec![("discount_code", json!(code)), ("plan", json!(plan)), ("plans", json!(plans))]
            }
        }
    }

    fn samples() -> Vec<Self> {
        let code = || sample("SPRING20");
        vec![
            Self::CodeExists { code: code() },
            Self::TermsImpossible { what: TermsMisfit::NoPeriod },
            Self::EndsTooSoon { ends_at: Timestamp::UNIX_EPOCH, now: Timestamp::UNIX_EPOCH },
            Self::UnknownPlan { plan: sample("platinum") },
            Self::TooManyCodes { codes: CODES_MAX },
            Self::UnknownCode { code: code() },
            Self::Retired { code: code() },
            Self::Ended { code: code(), ended_at: Timestamp::UNIX_EPOCH },
            Self::UsedUp { code: code(), redemptions_max: 100 },
            Self::NotForPlan { code: code(), plan: sample("starter"), plans: vec![sample("partner")] },
            Self::NothingRedeemed { code: code() },
        ]
    }
}
