//! What went wrong behind the API, as a problem. The cause goes to the log; the caller learns what it means.

use event_store::{Failure, Grounds};
use serde_json::json;

use super::{Fault, Problem};

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected { rejection, grounds } => {
                let refusal = Self::from(rejection);
                match grounds {
                    Some(grounds) => refusal.decided_on(&grounds),
                    None => refusal,
                }
            }
            Failure::KeyReused { command_id } => Fault::IdempotencyKeyReused { key: command_id }.into(),
            failure @ Failure::TooEarly { .. } => {
                tracing::error!(reason = %failure, "nothing that callers send is for an instant");
                Fault::Internal.into()
            }
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

impl Problem {
    /// The same, with what it was decided on.
    #[must_use]
    pub(crate) fn decided_on(self, grounds: &Grounds) -> Self {
        let Grounds { partition, position, catalog_version } = grounds;
        let problem = self.with("decided_on", json!({ "partition": partition, "position": position }));
        match catalog_version {
            Some(version) => problem.with("catalog_version", *version),
            None => problem,
        }
    }
}

/// Keys and read models are in the same Postgres as the log.
impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) {
            tracing::warn!(reason = %error, "postgres is away");
            return Fault::LogUnavailable.into();
        }
        tracing::error!(reason = %error, "postgres refuses a question of ours");
        Fault::Internal.into()
    }
}

/// Is it the connection or the moment, rather than what was asked? Classes of SQLSTATE: 08 connection, 25 and 40
/// transaction, 53 resources, 55 not available, 57 stopped by the operator, 58 system.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => {
            let class = refusal.code().map(|code| code.chars().take(2).collect::<String>()).unwrap_or_default();
            ["08", "25", "40", "53", "55", "57", "58"].contains(&class.as_str())
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// An answer that cannot be read or written is a fault of this release.
impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(reason = %error, "an answer cannot be told");
        Fault::Internal.into()
    }
}
