//! Why a question has no answer.

use domain::credit_ledger::Rejection;
use domain::{OrganizationId, ProductCode, Refusal};
use event_store::{DatabaseError, LogError};
use jiff::Timestamp;

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Postgres cannot be used.
    #[error(transparent)]
    Unusable(#[from] DatabaseError),
    /// Postgres is away, or the log is not what was appended.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Nobody knows yet what will have been decided by then.
    #[error("{at} is in the future, it is {now}")]
    InFuture {
        /// The instant that was asked for.
        at: Timestamp,
        /// The instant it is.
        now: Timestamp,
    },
    /// The organization's events are elsewhere.
    #[error("organization {organization} is in partition {home}, the position is of partition {named}")]
    OtherPartition {
        /// The organization.
        organization: OrganizationId,
        /// Its partition.
        home: i32,
        /// The one that was named.
        named: i32,
    },
    /// The log is not so long.
    #[error("partition {partition} has no position {position}, it ends at {head}")]
    NoPosition {
        /// The partition.
        partition: i32,
        /// The position that was named.
        position: i64,
        /// Where it ends.
        head: i64,
    },
    /// Nobody could know of that position at that instant.
    #[error("position {partition}:{position} was recorded at {recorded_at}, after {at}")]
    NotYetRecorded {
        /// The partition.
        partition: i32,
        /// The position that was named.
        position: i64,
        /// When it was recorded.
        recorded_at: Timestamp,
        /// The instant that was asked for.
        at: Timestamp,
    },
    /// There is no such organization.
    #[error("organization {organization} was never registered")]
    UnknownOrganization {
        /// The id that was named.
        organization: OrganizationId,
    },
    /// There was none yet.
    #[error(
        "organization {organization} was registered at {registered_at}, at position {partition}:{registered_on}; there \
         was none at {at}, at position {partition}:{position}"
    )]
    NotYetRegistered {
        /// The organization.
        organization: OrganizationId,
        /// Its partition.
        partition: i32,
        /// When it was registered.
        registered_at: Timestamp,
        /// The position of its registration.
        registered_on: i64,
        /// The instant that was asked for.
        at: Timestamp,
        /// The position up to which the log was read.
        position: i64,
    },
    /// The product has no such version, or had none yet.
    #[error("product {product} has no catalog version {version}")]
    UnknownCatalogVersion {
        /// The product.
        product: ProductCode,
        /// The version that was named.
        version: u32,
        /// The newest there was.
        newest: Option<u32>,
    },
    /// The product has no such feature.
    #[error("{0}")]
    Rejected(Rejection),
}

impl Unanswered {
    /// What can be done about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unusable(_) => return None,
            Self::Log(LogError::Unavailable(_)) => "ask again once Postgres is there".to_owned(),
            Self::Log(LogError::Corrupt { .. }) => {
                "nothing is said on a log that is not what was appended; see docs/operations/log.md".to_owned()
            }
            Self::InFuture { now, .. } => format!("ask for an instant up to {now}"),
            Self::OtherPartition { home, .. } => format!("name a position of partition {home}, or none"),
            Self::NoPosition { head, .. } => format!("name a position up to {head}"),
            Self::NotYetRecorded { recorded_at, .. } => format!("ask for an instant from {recorded_at} on"),
            Self::UnknownOrganization { .. } => {
                "look the id up: it is what the organization was registered as".to_owned()
            }
            Self::NotYetRegistered { registered_at, partition, registered_on, .. } => {
                format!("ask for an instant from {registered_at} and a position from {partition}:{registered_on} on")
            }
            Self::UnknownCatalogVersion { newest: Some(newest), .. } => format!("the newest was version {newest}"),
            Self::UnknownCatalogVersion { newest: None, .. } => "no catalog was published for it".to_owned(),
            Self::Rejected(rejection) => rejection.hint(),
        })
    }
}
