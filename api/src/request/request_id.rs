//! The name of a request: in the answer's header, in every log line, and in the metadata of its events.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use uuid::Uuid;

use crate::problem::{Fault, Problem};

/// The header that carries it, both ways.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over from a caller; a UUID has 36.
const LENGTH_MAX: usize = 64;

/// What a request is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// Takes over the caller's id if it can stand in a log line as it is, else makes one.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        let is_safe = |id: &&str| {
            (1..=LENGTH_MAX).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        Self(given.filter(is_safe).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Fault::Internal.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_id_is_taken_over_only_if_it_is_a_token() {
        let named = |id: &str| RequestId::of(&HeaderMap::from_iter([(X_REQUEST_ID, id.parse().unwrap())])).0;
        assert_eq!(named("order-7.retry_2"), "order-7.retry_2");
        for unsafe_id in ["", "a b", "a\"b", &"x".repeat(65)] {
            assert!(Uuid::parse_str(&named(unsafe_id)).is_ok(), "{unsafe_id}");
        }
        assert!(Uuid::parse_str(&RequestId::of(&HeaderMap::new()).0).is_ok());
    }
}
