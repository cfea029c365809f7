//! Of an organization.

use domain::catalog::Limit;
use domain::organization::{Event, OverrideValue};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum OrganizationFacts {
    Registered {
        time_zone: String,
        referral_code: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        sponsor: Option<String>,
        environment: &'static str,
    },
    FeatureOverridden {
        feature: String,
        /// `on`, `off`, `value` or `limit`.
        decided: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<Value>,
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<String>,
        reason: String,
        actor: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    OverrideRemoved {
        feature: String,
        reason: String,
        actor: String,
    },
    Suspended {
        since: Timestamp,
        reason: String,
        actor: String,
    },
    Resumed {
        reason: String,
        actor: String,
    },
    Administrator {
        administrator: String,
        actor: String,
    },
    BillingProfileSet {
        profile: String,
        hash: String,
        country: String,
    },
    InstantSet {
        instant: Timestamp,
        actor: String,
    },
    TestClockJoined {
        member: String,
    },
    TestClockAdvanceRequested {
        to: Timestamp,
        actor: String,
    },
    TestClockStepped {
        instant: Timestamp,
    },
    TestClockFollowed {
        holder: String,
        instant: Timestamp,
    },
}

impl OrganizationFacts {
    pub(super) fn of(event: &Event) -> Self {
        match event {
            Event::OrganizationRegistered { time_zone, referral_code, sponsor, environment, .. } => Self::Registered {
                time_zone: time_zone.name().to_owned(),
                referral_code: referral_code.to_string(),
                sponsor: sponsor.as_ref().map(|sponsorship| sponsorship.sponsor.to_string()),
                environment: environment.as_str(),
            },
            Event::FeatureOverridden { feature, value, reason, actor, until } => Self::FeatureOverridden {
                feature: feature.to_string(),
                decided: value.as_str(),
                value: if let OverrideValue::Value(value) = value { Some(value.clone()) } else { None },
                limit: match value {
                    OverrideValue::Limit(Limit::UpTo(limit)) => Some(limit.to_string()),
                    OverrideValue::Limit(Limit::Unlimited)
                    | OverrideValue::On
                    | OverrideValue::Off
                    | OverrideValue::Value(_) => None,
                },
                reason: reason.to_string(),
                actor: actor.to_string(),
                until: *until,
            },
            Event::OverrideRemoved { feature, reason, actor } => Self::OverrideRemoved {
                feature: feature.to_string(),
                reason: reason.to_string(),
                actor: actor.to_string(),
            },
            Event::OrganizationSuspended { since, reason, actor } => {
                Self::Suspended { since: *since, reason: reason.to_string(), actor: actor.to_string() }
            }
            Event::OrganizationResumed { reason, actor } => {
                Self::Resumed { reason: reason.to_string(), actor: actor.to_string() }
            }
            Event::AdministratorAppointed { administrator, actor }
            | Event::AdministratorDismissed { administrator, actor } => {
                Self::Administrator { administrator: administrator.to_string(), actor: actor.to_string() }
            }
            Event::BillingProfileSet { profile } => Self::BillingProfileSet {
                profile: profile.id.to_string(),
                hash: profile.hash.to_string(),
                country: profile.country.to_string(),
            },
            Event::InstantSet { instant, actor } | Event::TestClockStarted { instant, actor } => {
                Self::InstantSet { instant: *instant, actor: actor.to_string() }
            }
            Event::TestClockJoined { member, .. } => Self::TestClockJoined { member: member.to_string() },
            Event::TestClockAdvanceRequested { to, actor } => {
                Self::TestClockAdvanceRequested { to: *to, actor: actor.to_string() }
            }
            Event::TestClockStepped { instant } | Event::TestClockAdvanced { to: instant } => {
                Self::TestClockStepped { instant: *instant }
            }
            Event::TestClockFollowed { holder, instant } => {
                Self::TestClockFollowed { holder: holder.to_string(), instant: *instant }
            }
        }
    }
}
