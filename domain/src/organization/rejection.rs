//! Why an organization may say no, in the order of the checks.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::id::{FeatureCode, OrganizationId, ProductCode};
use crate::refusal::{Refusal, RefusalClass, sample};

/// A refusal of an organization.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It is a customer already.
    #[error("organization {organization} is registered already, with product {product}")]
    AlreadyRegistered {
        /// The organization.
        organization: OrganizationId,
        /// Its product.
        product: ProductCode,
    },
    /// No catalog was published for the product.
    #[error("product {product} has no published catalog")]
    UnknownProduct {
        /// The product that was named.
        product: ProductCode,
    },
    /// There is no such organization.
    #[error("the organization is not registered")]
    NotRegistered,
    /// The catalog has no such feature.
    #[error("product {product} has no feature {feature}")]
    UnknownFeature {
        /// The feature that was named.
        feature: FeatureCode,
        /// The organization's product.
        product: ProductCode,
    },
    /// A quota is not switched on, a flag has no limit.
    #[error("feature {feature} is a {kind}, it cannot be overridden by {value}")]
    OverrideOfOtherKind {
        /// The feature.
        feature: FeatureCode,
        /// Its kind.
        kind: &'static str,
        /// What was to be decided of it.
        value: &'static str,
    },
    /// A config has a text, a whole number or a boolean.
    #[error("config {feature} cannot have such a value")]
    OverrideNotAValue {
        /// The feature.
        feature: FeatureCode,
    },
    /// It would end before it begins.
    #[error("an override of {feature} until {until} would have ended already")]
    OverrideEnded {
        /// The feature.
        feature: FeatureCode,
        /// When it was to end.
        until: Timestamp,
    },
    /// One more than there may be.
    #[error("the organization has {administrators} administrators")]
    TooManyAdministrators {
        /// How many there are, and may be.
        administrators: usize,
    },
    /// The instant of a customer is that of the world.
    #[error("organization {organization} is live, its instant cannot be set")]
    NotASandbox {
        /// The organization.
        organization: OrganizationId,
    },
    /// Time goes forward, and not too far at once.
    #[error("instant {instant} is not between {earliest} and {latest}")]
    InstantOutOfRange {
        /// The instant that was to be set.
        instant: Timestamp,
        /// The instant it is.
        earliest: Timestamp,
        /// As far as it may be set at once.
        latest: Timestamp,
    },
    /// It is the instant of a test clock for it.
    #[error("organization {organization} is on the test clock of {holder}")]
    OnTestClock {
        /// The organization.
        organization: OrganizationId,
        /// Whose clock it is.
        holder: OrganizationId,
    },
    /// A customer does not go by a test clock.
    #[error("organization {organization} is live, and below {holder} in the referral tree")]
    LiveBelow {
        /// The organization that would hold the clock.
        holder: OrganizationId,
        /// The live one.
        organization: OrganizationId,
    },
    /// One more than there may be.
    #[error("{members} organizations are on the test clock")]
    TooManyOnTestClock {
        /// How many there are, and may be.
        members: usize,
    },
    /// There is nothing to let go on.
    #[error("organization {organization} holds no test clock")]
    NoTestClock {
        /// The organization.
        organization: OrganizationId,
    },
    /// One way at a time.
    #[error("the test clock is on its way to {to}")]
    ClockAdvancing {
        /// Where it is going.
        to: Timestamp,
    },
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyRegistered { .. } => "organization.already_registered",
            Self::UnknownProduct { .. } => "organization.unknown_product",
            Self::NotRegistered => "organization.unknown",
            Self::UnknownFeature { .. } => "ledger.unknown_feature",
            Self::OverrideOfOtherKind { .. } => "organization.override_of_other_kind",
            Self::OverrideNotAValue { .. } => "organization.override_not_a_value",
            Self::OverrideEnded { .. } => "organization.override_ended",
            Self::TooManyAdministrators { .. } => "organization.too_many_administrators",
            Self::NotASandbox { .. } => "organization.not_a_sandbox",
            Self::InstantOutOfRange { .. } => "organization.instant_out_of_range",
            Self::OnTestClock { .. } => "organization.on_test_clock",
            Self::LiveBelow { .. } => "organization.live_below",
            Self::TooManyOnTestClock { .. } => "organization.too_many_on_test_clock",
            Self::NoTestClock { .. } => "organization.no_test_clock",
            Self::ClockAdvancing { .. } => "organization.clock_advancing",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::UnknownProduct { .. }
            | Self::NotRegistered
            | Self::UnknownFeature { .. }
            | Self::NoTestClock { .. } => RefusalClass::Unknown,
            Self::OverrideOfOtherKind { .. }
            | Self::OverrideNotAValue { .. }
            | Self::OverrideEnded { .. }
            | Self::InstantOutOfRange { .. } => RefusalClass::Invalid,
            Self::AlreadyRegistered { .. }
            | Self::TooManyAdministrators { .. }
            | Self::NotASandbox { .. }
            | Self::OnTestClock { .. }
            | Self::LiveBelow { .. }
            | Self::TooManyOnTestClock { .. }
            | Self::ClockAdvancing { .. } => RefusalClass::Conflict,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::AlreadyRegistered { .. } => "use it as it is, or register another id".to_owned(),
            Self::UnknownProduct { .. } => "publish a catalog for the product first".to_owned(),
            Self::NotRegistered => "register it first".to_owned(),
            Self::UnknownFeature { product, .. } => format!("the features are at /v1/products/{product}/plans"),
            Self::OverrideOfOtherKind { .. } => {
                "a flag is overridden by on, a config by a value, a quota or a capacity by a limit, each by off"
                    .to_owned()
            }
            Self::OverrideNotAValue { .. } => {
                format!(
                    "give a text of at most {} characters, a whole number, true or false",
                    crate::text::ATTRIBUTE_LENGTH_MAX
                )
            }
            Self::OverrideEnded { .. } => "let it end later, or remove the override that is there".to_owned(),
            Self::TooManyAdministrators { .. } => "dismiss one first".to_owned(),
            Self::NotASandbox { .. } => "register a sandbox organization to try out what time does".to_owned(),
            Self::InstantOutOfRange { .. } => "time goes forward, a step at a time".to_owned(),
            Self::OnTestClock { holder, .. } => format!("advance the test clock of {holder}"),
            Self::LiveBelow { .. } => "hold the clock by a sandbox that refers sandboxes only".to_owned(),
            Self::TooManyOnTestClock { .. } => "try it out with a smaller tree".to_owned(),
            Self::NoTestClock { .. } => "start one for the sandbox that is above all others".to_owned(),
            Self::ClockAdvancing { .. } => "wait until it is there, then let it go on".to_owned(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::AlreadyRegistered { organization, product } => {
                vec![("organization", json!(organization)), ("product", json!(product))]
            }
            Self::UnknownProduct { product } => vec![("product", json!(product))],
            Self::NotRegistered => Vec::new(),
            Self::UnknownFeature { feature, product } => {
                vec![("feature", json!(feature)), ("product", json!(product))]
            }
            Self::OverrideOfOtherKind { feature, kind, value } => {
                vec![("feature", json!(feature)), ("kind", json!(kind)), ("value", json!(value))]
            }
            Self::OverrideNotAValue { feature } => vec![("feature", json!(feature))],
            Self::OverrideEnded { feature, until } => vec![("feature", json!(feature)), ("until", json!(until))],
            Self::TooManyAdministrators { administrators } => vec![("administrators", json!(administrators))],
            Self::NotASandbox { organization } => vec![("organization", json!(organization))],
            Self::InstantOutOfRange { instant, earliest, latest } => {
                vec![("instant", json!(instant)), ("earliest", json!(earliest)), ("latest", json!(latest))]
            }
            Self::OnTestClock { organization, holder } | Self::LiveBelow { holder, organization } => {
                vec![("member", json!(organization)), ("holder", json!(holder))]
            }
            Self::TooManyOnTestClock { members } => vec![("members", json!(members))],
            Self::NoTestClock { organization } => vec![("organization", json!(organization))],
            Self::ClockAdvancing { to } => vec![("to", json!(to))],
        }
    }

    fn samples() -> Vec<Self> {
        let until = Timestamp::UNIX_EPOCH;
        vec![
            Self::AlreadyRegistered { organization: sample("juan"), product: sample("agencia") },
            Self::UnknownProduct { product: sample("agencia") },
            Self::NotRegistered,
            Self::UnknownFeature { feature: sample("faxes"), product: sample("agencia") },
            Self::OverrideOfOtherKind { feature: sample("white_label"), kind: "flag", value: "limit" },
            Self::OverrideNotAValue { feature: sample("support") },
            Self::OverrideEnded { feature: sample("white_label"), until },
            Self::TooManyAdministrators { administrators: super::decide::ADMINISTRATORS_MAX },
            Self::NotASandbox { organization: sample("juan") },
            Self::InstantOutOfRange { instant: until, earliest: until, latest: until },
            Self::OnTestClock { organization: sample("maria"), holder: sample("juan") },
            Self::LiveBelow { holder: sample("juan"), organization: sample("maria") },
            Self::TooManyOnTestClock { members: super::test_clock::MEMBERS_MAX },
            Self::NoTestClock { organization: sample("juan") },
            Self::ClockAdvancing { to: until },
        ]
    }
}
