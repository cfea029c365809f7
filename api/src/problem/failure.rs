//! What went wrong behind the API, as a problem. The cause goes to the log; the caller learns what it means.

use event_store::Failure;

use super::{Fault, Problem};

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(rejection) => rejection.into(),
            Failure::KeyReused { command_id } => Fault::IdempotencyKeyReused { key: command_id }.into(),
            Failure::Overloaded => Fault::Overloaded.into(),
            Failure::Unavailable { reason } => {
                tracing::warn!(reason, "the log is away");
                Fault::LogUnavailable.into()
            }
            Failure::Unknown => Fault::OutcomeUnknown.into(),
            Failure::Corrupt { reason } => {
                tracing::error!(reason, "the history cannot be read");
                Fault::LogCorrupt.into()
            }
        }
    }
}

/// Keys and read models are in the same Postgres as the log.
impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        tracing::warn!(reason = %error, "postgres cannot be asked");
        Fault::LogUnavailable.into()
    }
}

/// An answer that cannot be read or written is a fault of this release.
impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(reason = %error, "an answer cannot be told");
        Fault::Internal.into()
    }
}
