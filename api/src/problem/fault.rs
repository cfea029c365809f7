//! What this API itself refuses, before or after the domain is asked.

use axum::http::StatusCode;
use domain::{DiscountCode, PlanCode};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{FAULTS, Problem};
use crate::auth::Scope;
use crate::rate::RateExceeded;
use crate::request::ITEMS_MAX;

/// Bytes of a request's body at most: a catalog of a thousand plans fits ten times.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Seconds after which what is behind or full is worth another try.
const RETRY_SECONDS: u32 = 1;

/// Something wrong with a catalog file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CatalogFault {
    /// The line in the file, from 1.
    #[schema(example = 14)]
    pub line: usize,
    /// The field; empty where the file is not TOML.
    #[schema(example = "plans[1].price.month")]
    pub field: String,
    /// What is wrong with it.
    pub text: String,
}

/// A refusal of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The body is not JSON.
    #[error("the body is not JSON: {text}")]
    MalformedJson {
        /// What the parser says, with line and column.
        text: String,
    },
    /// A value cannot be what its field asks for, or there is no such field.
    #[error("{field}: {text}")]
    InvalidField {
        /// The field, in the body, the path or the query.
        field: String,
        /// What is wrong with it, with its value.
        text: String,
    },
    /// A catalog file cannot be published.
    #[error("faults in the catalog: {}", faults.len())]
    CatalogInvalid {
        /// All of them.
        faults: Vec<CatalogFault>,
    },
    /// The body is of another type.
    #[error("the body is {found}")]
    UnsupportedMediaType {
        /// What the request says.
        found: String,
        /// What the route takes.
        expected: &'static str,
    },
    /// The body is too large.
    #[error("the body is over {BODY_BYTES_MAX} bytes")]
    BodyTooLarge,
    /// The batch is too large.
    #[error("the batch has {found} items, {ITEMS_MAX} at most are taken")]
    TooManyItems {
        /// Items of the batch.
        found: usize,
    },
    /// The body ended early or did not come.
    #[error("the body did not arrive whole")]
    BodyIncomplete,
    /// There is no such route.
    #[error("there is nothing at {path}")]
    UnknownRoute {
        /// The path that was asked for.
        path: String,
    },
    /// The route does not know the method.
    #[error("{path} does not take {method}")]
    MethodNotAllowed {
        /// The method.
        method: String,
        /// The path.
        path: String,
    },
    /// A command without a key.
    #[error("the header Idempotency-Key is missing")]
    IdempotencyKeyMissing,
    /// A key that cannot be one.
    #[error("the header Idempotency-Key is not 1 to 200 visible ASCII characters")]
    IdempotencyKeyInvalid,
    /// The key was used for another command.
    #[error("key {key} was used for another command")]
    IdempotencyKeyReused {
        /// The key.
        key: String,
    },
    /// No key, or one that does not open.
    #[error("the request carries no valid key")]
    Unauthenticated,
    /// The key does not open this route.
    #[error("the key lacks the scope {}", scope.as_str())]
    ScopeMissing {
        /// What the route needs.
        scope: Scope,
    },
    /// The key is another organization's.
    #[error("the key belongs to another organization")]
    OtherOrganization,
    /// Somebody asks more often than allowed.
    #[error("{0}")]
    RateLimitExceeded(RateExceeded),
    /// The plan in force is smaller than the one a gate asks for, or there is none.
    #[error("{}", below(current_plan.as_ref(), plan_needed))]
    PlanNotReached {
        /// The plan in force.
        current_plan: Option<PlanCode>,
        /// The plan that was asked for.
        plan_needed: PlanCode,
        /// Where to move to it, if the catalog says.
        upgrade_url: Option<String>,
    },
    /// Nothing was used at the position.
    #[error("nothing that the organization used is at position {position}")]
    UnknownConsumption {
        /// The position.
        position: i64,
    },
    /// No such credit note.
    #[error("there is no credit note {credit_note}")]
    UnknownCreditNote {
        /// The credit note.
        credit_note: String,
    },
    /// Of the consumption something was given back already, and not the same.
    #[error("what was used at position {position} was given back already")]
    AlreadyReversed {
        /// The position.
        position: u64,
    },
    /// The subscription did not take the discount, and that was told before.
    #[error("the redemption of discount code {code} was returned: the subscription did not take the discount")]
    RedemptionReturned {
        /// The code.
        code: DiscountCode,
    },
    /// The read model has not come as far as was asked.
    #[error("{projection} has not reached position {position} of partition {partition}")]
    ProjectionBehind {
        /// The projection behind the route.
        projection: &'static str,
        /// The partition.
        partition: i32,
        /// The position that was asked for.
        position: i64,
    },
    /// Too many commands wait.
    #[error("too many commands are waiting")]
    Overloaded,
    /// Postgres is away.
    #[error("the log cannot be reached; nothing was written")]
    LogUnavailable,
    /// Postgres went away while writing.
    #[error("the log went away while the command was written; whether it was applied is not known yet")]
    OutcomeUnknown,
    /// The history cannot be read.
    #[error("the history cannot be read; an operator must look at it")]
    LogCorrupt,
    /// A fault of Tollgate itself.
    #[error("the request could not be served")]
    Internal,
}

fn below(current: Option<&PlanCode>, needed: &PlanCode) -> String {
    match current {
        Some(current) => format!("plan {current} is below plan {needed}"),
        None => format!("no plan is in force, plan {needed} is asked for"),
    }
}

impl Fault {
    /// Stable and machine-readable.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedJson { .. } => "malformed_json",
            Self::InvalidField { .. } => "invalid_field",
            Self::CatalogInvalid { .. } => "catalog.invalid",
            Self::UnsupportedMediaType { .. } => "unsupported_media_type",
            Self::BodyTooLarge => "body_too_large",
            Self::TooManyItems { .. } => "too_many_items",
            Self::BodyIncomplete => "body_incomplete",
            Self::UnknownRoute { .. } => "unknown_route",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::IdempotencyKeyMissing => "idempotency_key_missing",
            Self::IdempotencyKeyInvalid => "idempotency_key_invalid",
            Self::IdempotencyKeyReused { .. } => "idempotency_key_reused",
            Self::Unauthenticated => "unauthenticated",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::OtherOrganization => "other_organization",
            Self::RateLimitExceeded(_) => "rate_limit_exceeded",
            Self::PlanNotReached { .. } => "PLAN_NOT_REACHED",
            Self::UnknownConsumption { .. } => "unknown_consumption",
            Self::UnknownCreditNote { .. } => "unknown_credit_note",
            Self::AlreadyReversed { .. } => "already_reversed",
            Self::RedemptionReturned { .. } => "redemption_returned",
            Self::ProjectionBehind { .. } => "projection_behind",
            Self::Overloaded => "overloaded",
            Self::LogUnavailable => "log_unavailable",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::LogCorrupt => "log_corrupt",
            Self::Internal => "internal",
        }
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::MalformedJson { .. } | Self::IdempotencyKeyMissing | Self::IdempotencyKeyInvalid => {
                StatusCode::BAD_REQUEST
            }
            Self::InvalidField { .. } | Self::CatalogInvalid { .. } | Self::IdempotencyKeyReused { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge | Self::TooManyItems { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyIncomplete => StatusCode::REQUEST_TIMEOUT,
            Self::UnknownRoute { .. } | Self::UnknownConsumption { .. } | Self::UnknownCreditNote { .. } => {
                StatusCode::NOT_FOUND
            }
            Self::AlreadyReversed { .. } | Self::RedemptionReturned { .. } => StatusCode::CONFLICT,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::ScopeMissing { .. } | Self::OtherOrganization | Self::PlanNotReached { .. } => StatusCode::FORBIDDEN,
            Self::RateLimitExceeded(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::ProjectionBehind { .. } | Self::Overloaded | Self::LogUnavailable | Self::OutcomeUnknown => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::LogCorrupt | Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::MalformedJson { .. } => "check the JSON at that line and column".to_owned(),
            Self::InvalidField { .. } => "the fields and their shapes are at /docs".to_owned(),
            Self::CatalogInvalid { .. } => "nothing was published; mend every fault and publish again".to_owned(),
            Self::UnsupportedMediaType { expected, .. } => format!("send it with Content-Type: {expected}"),
            Self::BodyTooLarge => "send less".to_owned(),
            Self::TooManyItems { .. } => "nothing was written; send them in several batches".to_owned(),
            Self::BodyIncomplete => "send it again, with the same Idempotency-Key".to_owned(),
            Self::UnknownRoute { .. } | Self::MethodNotAllowed { .. } => "the routes are at /docs".to_owned(),
            Self::IdempotencyKeyMissing => {
                "name every command once, for example with a UUID; a retry has the same name".to_owned()
            }
            Self::IdempotencyKeyInvalid => "a UUID will do".to_owned(),
            Self::IdempotencyKeyReused { .. } => {
                "a retry repeats its body; another command needs another key".to_owned()
            }
            Self::Unauthenticated => "send Authorization: Bearer <key>".to_owned(),
            Self::ScopeMissing { scope } => format!("use a key with the scope {}", scope.as_str()),
            Self::OtherOrganization => "use the key of the organization in the path".to_owned(),
            Self::RateLimitExceeded(_) => "nothing was written; send it again after Retry-After".to_owned(),
            Self::PlanNotReached { plan_needed, .. } => format!("move to plan {plan_needed} or a larger one"),
            Self::UnknownConsumption { .. } => "name the position of the receipt it was answered with".to_owned(),
            Self::UnknownCreditNote { .. } => "the credit notes are at .../credit-notes".to_owned(),
            Self::AlreadyReversed { .. } => {
                "there is one reversal of a consumption; correct the balance by an adjustment".to_owned()
            }
            Self::RedemptionReturned { .. } => "redeem it again, with another Idempotency-Key".to_owned(),
            Self::ProjectionBehind { .. } => "ask again shortly, or without min_position".to_owned(),
            Self::Overloaded | Self::LogUnavailable => "send it again after Retry-After, with the same key".to_owned(),
            Self::OutcomeUnknown => "send it again with the same key: the answer tells what happened".to_owned(),
            Self::LogCorrupt => "run tollgate-replay verify: it names the position".to_owned(),
            Self::Internal => "the log has more under the X-Request-Id of this answer".to_owned(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::InvalidField { field, .. } => vec![("field", json!(field))],
            Self::CatalogInvalid { faults } => vec![("faults", json!(faults))],
            Self::UnsupportedMediaType { expected, .. } => vec![("expected", json!(expected))],
            Self::BodyTooLarge => vec![("limit_bytes", json!(BODY_BYTES_MAX))],
            Self::TooManyItems { found } => vec![("limit_items", json!(ITEMS_MAX)), ("found_items", json!(found))],
            Self::UnknownRoute { path } => vec![("path", json!(path))],
            Self::MethodNotAllowed { method, path } => vec![("method", json!(method)), ("path", json!(path))],
            Self::IdempotencyKeyReused { key } => vec![("idempotency_key", json!(key))],
            Self::ScopeMissing { scope } => vec![("scope", json!(scope.as_str()))],
            Self::RateLimitExceeded(exceeded) => exceeded.members(),
            Self::PlanNotReached { current_plan, plan_needed, upgrade_url } => vec![
                ("current_plan", json!(current_plan)),
                ("plan_needed", json!(plan_needed)),
                ("upgrade_url", json!(upgrade_url)),
            ],
            Self::UnknownConsumption { position } => vec![("position", json!(position)), ("field", json!("position"))],
            Self::UnknownCreditNote { credit_note } => {
                vec![("credit_note", json!(credit_note)), ("field", json!("credit_note"))]
            }
            Self::AlreadyReversed { position } => vec![("position", json!(position)), ("field", json!("position"))],
            Self::RedemptionReturned { code } => vec![("discount_code", json!(code)), ("field", json!("code"))],
            Self::ProjectionBehind { projection, partition, position } => {
                vec![("projection", json!(projection)), ("partition", json!(partition)), ("position", json!(position))]
            }
            Self::MalformedJson { .. }
            | Self::BodyIncomplete
            | Self::IdempotencyKeyMissing
            | Self::IdempotencyKeyInvalid
            | Self::Unauthenticated
            | Self::OtherOrganization
            | Self::Overloaded
            | Self::LogUnavailable
            | Self::OutcomeUnknown
            | Self::LogCorrupt
            | Self::Internal => Vec::new(),
        }
    }

    /// One of each, for the reference page and for the tests that keep it complete.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let catalog_fault = CatalogFault {
            line: 14,
            field: "plans[1].price.month".to_owned(),
            text: "\"abc\" is no amount".to_owned(),
        };
        vec![
            Self::MalformedJson { text: "expected `,` or `}` at line 1 column 20".to_owned() },
            Self::InvalidField { field: "amount".to_owned(), text: "-1 is not above zero".to_owned() },
            Self::CatalogInvalid { faults: vec![catalog_fault] },
            Self::UnsupportedMediaType { found: "text/html".to_owned(), expected: "application/json" },
            Self::BodyTooLarge,
            Self::TooManyItems { found: 1_001 },
            Self::BodyIncomplete,
            Self::UnknownRoute { path: "/v1/nothing".to_owned() },
            Self::MethodNotAllowed { method: "DELETE".to_owned(), path: "/v1/organizations".to_owned() },
            Self::IdempotencyKeyMissing,
            Self::IdempotencyKeyInvalid,
            Self::IdempotencyKeyReused { key: "order-7".to_owned() },
            Self::Unauthenticated,
            Self::ScopeMissing { scope: Scope::UsageWrite },
            Self::OtherOrganization,
            Self::RateLimitExceeded(RateExceeded::sample()),
            Self::PlanNotReached {
                current_plan: PlanCode::new("starter").ok(),
                plan_needed: PlanCode::new("partner").expect("a token"),
                upgrade_url: Some("/checkout?plan=partner".to_owned()),
            },
            Self::UnknownConsumption { position: 17 },
            Self::UnknownCreditNote { credit_note: "cn_41-1".to_owned() },
            Self::AlreadyReversed { position: 17 },
            Self::RedemptionReturned { code: DiscountCode::new("SPRING20").expect("a token") },
            Self::ProjectionBehind { projection: "balance", partition: 0, position: 17 },
            Self::Overloaded,
            Self::LogUnavailable,
            Self::OutcomeUnknown,
            Self::LogCorrupt,
            Self::Internal,
        ]
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let problem = Self::new(FAULTS, fault.status(), fault.code(), fault.to_string(), fault.hint());
        let problem = fault.members().into_iter().fold(problem, |problem, (name, value)| problem.with(name, value));
        match &fault {
            Fault::RateLimitExceeded(exceeded) => problem.retry_after(exceeded.retry_after_seconds),
            _ if problem.status == StatusCode::SERVICE_UNAVAILABLE => problem.retry_after(RETRY_SECONDS),
            _ => problem,
        }
    }
}
