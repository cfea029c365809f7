//! What may have happened to an organization.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aggregate::domain_event;
use crate::calendar::Zone;
use crate::catalog::{Country, FeatureKind, Limit};
use crate::id::{ActorId, BillingProfileId, FeatureCode, OrganizationId, ProductCode, Reference, ReferralCode};
use crate::text::ReasonText;

/// Who referred an organization, and by which code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Sponsorship {
    /// The organization that referred.
    pub sponsor: OrganizationId,
    /// The code that was given.
    pub code: ReferralCode,
}

/// Whether an organization is a customer or a test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Environment {
    /// A customer: it is now for it when it is now for everybody.
    #[default]
    Live,
    /// A test: an administrator may say what instant it is for it.
    Sandbox,
}

impl Environment {
    /// The environment's name in events and read models.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sandbox => "sandbox",
        }
    }

    /// Is it a customer?
    #[must_use]
    pub fn is_live(&self) -> bool {
        *self == Self::Live
    }
}

/// What invoices say of an organization: a version of it that is kept outside the log, because it names people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BillingProfile {
    /// The version.
    pub id: BillingProfileId,
    /// The SHA-256 of what it says, in hexadecimal, by which it can be proved.
    pub hash: Reference,
    /// The country whose taxes apply.
    pub country: Country,
}

/// What is decided by hand of a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum OverrideValue {
    /// A flag is on.
    On,
    /// A feature of any kind is not allowed.
    Off,
    /// A config has this value: a text, a whole number or a boolean.
    Value(serde_json::Value),
    /// A quota includes so much in each window, a capacity so much at a time. What is past it is done as the plan says.
    Limit(Limit),
}

impl OverrideValue {
    /// What was decided, in a word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Value(_) => "value",
            Self::Limit(_) => "limit",
        }
    }

    /// Does it say something of features of a kind?
    #[must_use]
    pub fn fits(&self, kind: FeatureKind) -> bool {
        match self {
            Self::Off => true,
            Self::On => kind == FeatureKind::Flag,
            Self::Value(_) => kind == FeatureKind::Config,
            Self::Limit(_) => matches!(kind, FeatureKind::Quota { .. } | FeatureKind::Capacity),
        }
    }
}

/// What was decided, in a few words: `on`, `off`, the limit, the value in JSON.
impl fmt::Display for OverrideValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::On | Self::Off => f.write_str(self.as_str()),
            Self::Value(value) => write!(f, "{value}"),
            Self::Limit(limit) => write!(f, "{limit}"),
        }
    }
}

/// An event of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// It became a customer of a product.
    OrganizationRegistered {
        /// Its id.
        organization: OrganizationId,
        /// The product.
        product: ProductCode,
        /// Where its days begin and end.
        time_zone: Zone,
        /// The code it can hand to others.
        referral_code: ReferralCode,
        /// Who referred it.
        sponsor: Option<Sponsorship>,
        /// Is it a customer, or a test?
        environment: Environment,
        /// When; `None` of those that registered before it was written down.
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        registered_at: Option<Timestamp>,
    },
    /// It was decided by hand what of a feature it may use.
    FeatureOverridden {
        /// The feature.
        feature: FeatureCode,
        /// What was decided.
        value: OverrideValue,
        /// Why.
        reason: ReasonText,
        /// Who decided it.
        actor: ActorId,
        /// When it ends; `None` is never.
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        until: Option<Timestamp>,
    },
    /// The plan says again what of a feature it may use.
    OverrideRemoved {
        /// The feature.
        feature: FeatureCode,
        /// Why.
        reason: ReasonText,
        /// Who decided it.
        actor: ActorId,
    },
    /// It may use nothing any more.
    OrganizationSuspended {
        /// Since when.
        #[cfg_attr(test, schemars(with = "String"))]
        since: Timestamp,
        /// Why.
        reason: ReasonText,
        /// Who decided it.
        actor: ActorId,
    },
    /// It may use things again.
    OrganizationResumed {
        /// Why.
        reason: ReasonText,
        /// Who decided it.
        actor: ActorId,
    },
    /// Somebody uses features without limit.
    AdministratorAppointed {
        /// Who.
        administrator: ActorId,
        /// Who decided it.
        actor: ActorId,
    },
    /// An administrator's use is limited as everybody's.
    AdministratorDismissed {
        /// Who.
        administrator: ActorId,
        /// Who decided it.
        actor: ActorId,
    },
    /// Another billing profile: invoices name it from now on.
    BillingProfileSet {
        /// The profile.
        profile: BillingProfile,
    },
    /// It is another instant for a sandbox organization.
    InstantSet {
        /// The instant.
        #[cfg_attr(test, schemars(with = "String"))]
        instant: Timestamp,
        /// Who set it.
        actor: ActorId,
    },
    /// A sandbox organization holds a test clock: the sandboxes below it go by it too.
    TestClockStarted {
        /// What it shows.
        #[cfg_attr(test, schemars(with = "String"))]
        instant: Timestamp,
        /// Who started it.
        actor: ActorId,
    },
    /// A sandbox below the holder is on its test clock.
    TestClockJoined {
        /// The sandbox.
        member: OrganizationId,
        /// Since when it is registered.
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        registered_at: Option<Timestamp>,
    },
    /// The test clock is to go to an instant.
    TestClockAdvanceRequested {
        /// The instant.
        #[cfg_attr(test, schemars(with = "String"))]
        to: Timestamp,
        /// Who asked for it.
        actor: ActorId,
    },
    /// The test clock went a step: all that was due before has happened.
    TestClockStepped {
        /// What it shows.
        #[cfg_attr(test, schemars(with = "String"))]
        instant: Timestamp,
    },
    /// The test clock is where it was to go, and all that was due up to there has happened.
    TestClockAdvanced {
        /// The instant.
        #[cfg_attr(test, schemars(with = "String"))]
        to: Timestamp,
    },
    /// It is the instant of a test clock for a sandbox organization, and from the first time on only that clock's.
    TestClockFollowed {
        /// Whose clock it is.
        holder: OrganizationId,
        /// The instant.
        #[cfg_attr(test, schemars(with = "String"))]
        instant: Timestamp,
    },
}

domain_event!(
    Event {
        OrganizationRegistered => "2",
        FeatureOverridden => "1",
        OverrideRemoved => "1",
        OrganizationSuspended => "1",
        OrganizationResumed => "1",
        AdministratorAppointed => "1",
        AdministratorDismissed => "1",
        BillingProfileSet => "1",
        InstantSet => "1",
        TestClockStarted => "1",
        TestClockJoined => "1",
        TestClockAdvanceRequested => "1",
        TestClockStepped => "1",
        TestClockAdvanced => "1",
        TestClockFollowed => "1",
    }
    upcast { OrganizationRegistered "1" => "2" by super::upcast::live_since_unknown }
);
