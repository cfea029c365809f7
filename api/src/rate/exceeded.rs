//! What is told to whoever asked more often than allowed.

use std::fmt;
use std::sync::Arc;

use domain::catalog::{RateLimit, RateUnit};
use domain::{FeatureCode, OrganizationId};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::admission::Standing;

/// What has a bucket of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Limited {
    /// A key, by the id of its actor.
    Key(Arc<str>),
    /// A feature, for one organization, whatever keys it is asked with.
    Feature {
        /// The organization.
        organization: OrganizationId,
        /// The feature.
        feature: FeatureCode,
    },
}

impl Limited {
    /// Which of the two, for the member `kind` and for metrics.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "key_rate",
            Self::Feature { .. } => "feature_rate",
        }
    }
}

impl fmt::Display for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key {id} asks"),
            Self::Feature { organization, feature } => write!(f, "{organization} asks for {feature}"),
        }
    }
}

/// A bucket was empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateExceeded {
    /// Whose it is.
    pub limited: Limited,
    /// How it fills.
    pub rate: RateLimit,
    /// After how many seconds the next request is let through.
    pub retry_after_seconds: u32,
    /// When that is.
    pub resets_at: Timestamp,
}

impl fmt::Display for RateExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RateLimit { requests, per, burst } = self.rate;
        write!(f, "{} more often than {requests} times a {}, {burst} at once", self.limited, per.as_str())
    }
}

impl RateExceeded {
    /// Where its bucket stands.
    pub(super) fn standing(&self) -> Standing {
        Standing { limit: self.rate.burst, remaining: 0, reset_seconds: self.retry_after_seconds }
    }

    /// The values behind it, for the problem.
    pub(crate) fn members(&self) -> Vec<(&'static str, Value)> {
        let mut members = vec![
            ("kind", json!(self.limited.kind())),
            ("limit", json!(self.rate.burst)),
            ("requests", json!(self.rate.requests)),
            ("per", json!(self.rate.per.as_str())),
            ("resets_at", json!(self.resets_at.to_string())),
        ];
        if let Limited::Feature { organization, feature } = &self.limited {
            members.push(("organization", json!(organization.as_str())));
            members.push(("feature", json!(feature.as_str())));
        }
        members
    }

    /// One, for pages and documents.
    ///
    /// # Panics
    /// Never: both are tokens.
    pub(crate) fn sample() -> Self {
        let organization = OrganizationId::new("pedro").expect("a token");
        let feature = FeatureCode::new("api_calls").expect("a token");
        Self {
            limited: Limited::Feature { organization, feature },
            rate: RateLimit { requests: 60, per: RateUnit::Minute, burst: 10 },
            retry_after_seconds: 1,
            resets_at: Timestamp::constant(1_930_000_001, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_kinds_of_rates_are_told_apart() {
        let of_feature = RateExceeded::sample();
        assert_eq!(of_feature.to_string(), "pedro asks for api_calls more often than 60 times a minute, 10 at once");
        let of_key = RateExceeded { limited: Limited::Key("admin:ops1".into()), ..of_feature };
        assert_eq!(of_key.to_string(), "key admin:ops1 asks more often than 60 times a minute, 10 at once");
        assert_eq!(of_feature.members()[0], ("kind", json!("feature_rate")));
        assert_eq!(of_key.members()[0], ("kind", json!("key_rate")));
    }
}
