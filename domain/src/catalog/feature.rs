//! What plans may allow: flags, configs, quotas and capacities.

#![expect(
    clippy::disallowed_types,
    reason = "serde's `flatten` names every type a number may have; no field is a float"
)]

use serde::{Deserialize, Serialize};

use super::Wording;
use crate::calendar::Window;

/// Something a plan may allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Feature {
    /// What kind of thing it is.
    #[serde(flatten)]
    pub kind: FeatureKind,
    /// What customers call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Wording>,
    /// What it is counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Wording>,
    /// How fast it may be asked for, whatever the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
}

/// What kind of thing a feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum FeatureKind {
    /// On or off.
    Flag,
    /// A static value.
    Config,
    /// Used up within a window.
    Quota {
        /// The time over which it counts.
        window: Window,
    },
    /// A level, acquired and released.
    Capacity,
}

impl FeatureKind {
    /// The kind's name in a catalog.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Config => "config",
            Self::Quota { .. } => "quota",
            Self::Capacity => "capacity",
        }
    }
}

/// How fast something may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RateLimit {
    /// Requests in the long run.
    pub requests: u32,
    /// In each of these.
    pub per: RateUnit,
    /// Requests that may come at once after a pause; at least 1.
    pub burst: u32,
}

/// What a rate counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum RateUnit {
    /// A second.
    Second,
    /// A minute.
    Minute,
}

impl RateUnit {
    /// The unit's name in a catalog.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
        }
    }
}
