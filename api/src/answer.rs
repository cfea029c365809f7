//! What a command is answered: its receipt and what the aggregate told, in one body.
//!
//! A retry gets the same body, byte for byte. That it is a retry stands in a header, so that it changes nothing else.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use event_store::{Applied, Grounds};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// Says that the answer was given before.
pub(crate) const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A place in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The partition of the log.
    #[schema(example = 0)]
    pub partition: i32,
    /// The position in it.
    #[schema(example = 17)]
    pub position: i64,
}

/// Where a command stands in the log, and on what it was decided. `partition:position` is a `min_position` for the reads
/// that follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DecisionReceipt {
    /// The partition of the log.
    #[schema(example = 0)]
    pub partition: i32,
    /// The position of the command's last event; where it changed nothing, the position of the log.
    #[schema(example = 18)]
    pub position: i64,
    /// The newest event that was known when it was decided. Absent of what an earlier release decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<Receipt>,
    /// The catalog version that bound it; absent where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub catalog_version: Option<u32>,
}

impl From<&Grounds> for Receipt {
    fn from(grounds: &Grounds) -> Self {
        Self { partition: grounds.partition, position: grounds.position }
    }
}

impl DecisionReceipt {
    fn of(Applied { partition, position, grounds, .. }: &Applied) -> Self {
        Self {
            partition: *partition,
            position: *position,
            decided_on: grounds.as_ref().map(Receipt::from),
            catalog_version: grounds.and_then(|grounds| grounds.catalog_version),
        }
    }
}

/// The answer to a command.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Answered<T> {
    /// Where it stands in the log, and on what it was decided.
    pub receipt: DecisionReceipt,
    /// What was decided.
    #[serde(flatten)]
    pub result: T,
}

impl<T> Answered<T> {
    /// What was decided, with where it stands.
    pub(crate) fn of(applied: &Applied, result: T) -> Self {
        Self { receipt: DecisionReceipt::of(applied), result }
    }
}

/// An answer with the headers that go with it.
pub(crate) struct Answer<T> {
    status: StatusCode,
    body: Answered<T>,
    repeated: bool,
}

impl<T> Answer<T> {
    /// Something that is there from now on: 201.
    pub(crate) fn created(applied: &Applied, result: T) -> Self {
        Self::with_status(StatusCode::CREATED, applied, result)
    }

    /// Something that was done: 200.
    pub(crate) fn done(applied: &Applied, result: T) -> Self {
        Self::with_status(StatusCode::OK, applied, result)
    }

    /// Something that was begun, and goes on by itself: 202.
    pub(crate) fn begun(applied: &Applied, result: T) -> Self {
        Self::with_status(StatusCode::ACCEPTED, applied, result)
    }

    fn with_status(status: StatusCode, applied: &Applied, result: T) -> Self {
        Self { status, body: Answered::of(applied, result), repeated: applied.repeated }
    }
}

/// What the aggregate told, as its own type.
pub(crate) fn told<A: DeserializeOwned>(applied: &Applied) -> Result<A, Problem> {
    Ok(serde_json::from_str(&applied.answer)?)
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.repeated {
            response.headers_mut().insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}
