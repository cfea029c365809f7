//! One request on its way past the buckets, and what its answer says of them.
//!
//! The header fields are those of draft-ietf-httpapi-ratelimit-headers-06, the last draft with a field for each value.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;
use axum::response::Response;
use domain::{FeatureCode, OrganizationId};

use super::{RateExceeded, RateLimits};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::{Fault, Problem};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The header fields by the names they are documented under, and what they say.
pub(crate) const HEADERS: [(&str, &str); 3] = [
    ("RateLimit-Limit", "How many requests may come at once, under the tighter rate limit; absent if there is none"),
    ("RateLimit-Remaining", "How many of them are left"),
    ("RateLimit-Reset", "Seconds until all of them are back; in a refusal until the next one is, as in `Retry-After`"),
];

/// Where a bucket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What it holds when it is full.
    pub(crate) limit: u32,
    /// What is in it.
    pub(crate) remaining: u32,
    /// Seconds until it is full; if it is empty and somebody asked, until there is one.
    pub(crate) reset_seconds: u32,
}

/// A request that buckets are asked for. The guard of its route makes it and asks for its key; a route that uses a
/// feature takes it as an argument and asks for that.
#[derive(Clone, Default)]
pub(crate) struct Admission {
    tightest: Arc<Mutex<Option<Standing>>>,
}

impl Admission {
    /// May the key send one more?
    pub(crate) fn ask_for_key(&self, rates: &RateLimits, actor: &Actor) -> Result<(), Problem> {
        self.note(rates.take_key(actor))
    }

    /// May an organization ask for a feature once more?
    pub(crate) async fn ask(
        &self,
        gate: &Gate,
        organization: &OrganizationId,
        feature: &FeatureCode,
    ) -> Result<(), Problem> {
        let binding = gate.binding(organization).await;
        let catalog = binding.map_err(|failure| Problem::from(failure).with("organization", organization.as_str()))?;
        self.note(gate.rates.take_feature(organization, feature, catalog.as_deref()))
    }

    /// Of several buckets the one with the least left is told; of two that are equal, the one asked last: it refused.
    fn note(&self, taken: Result<Option<Standing>, RateExceeded>) -> Result<(), Problem> {
        let standing = taken.as_ref().map_or_else(|exceeded| Some(exceeded.standing()), |standing| *standing);
        if let Some(new) = standing {
            let mut tightest = self.tightest.lock().unwrap_or_else(PoisonError::into_inner);
            if tightest.is_none_or(|old| new.remaining <= old.remaining) {
                *tightest = Some(new);
            }
        }
        taken.map(drop).map_err(|exceeded| Fault::RateLimitExceeded(exceeded).into())
    }

    /// Writes into an answer where the tightest bucket stands.
    pub(crate) fn tell(&self, mut response: Response) -> Response {
        let tightest = *self.tightest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Standing { limit, remaining, reset_seconds }) = tightest {
            let headers = response.headers_mut();
            headers.insert(LIMIT, limit.into());
            headers.insert(REMAINING, remaining.into());
            headers.insert(RESET, reset_seconds.into());
        }
        response
    }
}

/// On a route without a guard nobody tells what was asked.
impl<S: Send + Sync> FromRequestParts<S> for Admission {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(limit: u32, remaining: u32) -> Standing {
        Standing { limit, remaining, reset_seconds: 1 }
    }

    #[test]
    fn the_bucket_with_the_least_left_is_told() {
        for (asked, expected) in [
            (vec![], None),
            (vec![None, None], None),
            (vec![Some(standing(100, 99)), None], Some(standing(100, 99))),
            (vec![Some(standing(100, 99)), Some(standing(3, 2))], Some(standing(3, 2))),
            (vec![Some(standing(100, 1)), Some(standing(3, 2))], Some(standing(100, 1))),
            (vec![Some(standing(100, 0)), Some(standing(3, 0))], Some(standing(3, 0))),
        ] {
            let admission = Admission::default();
            asked.iter().for_each(|standing| admission.note(Ok(*standing)).unwrap());
            assert_eq!(*admission.tightest.lock().unwrap(), expected, "{asked:?}");
        }
    }
}
