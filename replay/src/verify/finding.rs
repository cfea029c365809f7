//! What is wrong with a log.

use domain::StreamId;
use event_store::census::Stray;
use event_store::checkpoint::Contradiction;
use event_store::{DatabaseError, LogError};

/// The first fault that was found, with its position.
#[derive(Debug, thiserror::Error)]
pub enum Finding {
    /// Postgres cannot be used.
    #[error(transparent)]
    Unusable(#[from] DatabaseError),
    /// Postgres is away, or the log is not what was appended.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A row lies outside the log, or does not fit the others.
    #[error("the log is not what was written: {0}")]
    Stray(Stray),
    /// The log is not what was signed.
    #[error("the log is not what was signed: {0}")]
    Contradiction(Contradiction),
    /// A stream's events do not follow each other.
    #[error("partition {partition}, position {position}: stream {stream} goes from sequence {known} to {found}")]
    Sequence {
        /// The partition.
        partition: i32,
        /// The position of the event.
        position: i64,
        /// The stream.
        stream: String,
        /// The sequence before.
        known: i64,
        /// The event's.
        found: i64,
    },
    /// A stream is in a partition that is not its owner's.
    #[error(
        "partition {partition}, position {position}: stream {stream} belongs in partition {home} of a log of {partitions}"
    )]
    Misplaced {
        /// The partition.
        partition: i32,
        /// The position of the event.
        position: i64,
        /// The stream.
        stream: String,
        /// Where it belongs.
        home: i32,
        /// How many partitions there are.
        partitions: i32,
    },
    /// A checkpoint is of a partition the log does not have.
    #[error("a checkpoint is of partition {partition}, the log has {partitions}")]
    NoPartition {
        /// The checkpoint's partition.
        partition: i32,
        /// How many there are.
        partitions: i32,
    },
}

// The text of these says all; as a source it would be told twice.
impl From<Stray> for Finding {
    fn from(stray: Stray) -> Self {
        Self::Stray(stray)
    }
}

impl From<Contradiction> for Finding {
    fn from(contradiction: Contradiction) -> Self {
        Self::Contradiction(contradiction)
    }
}

pub(super) fn name(stream: &StreamId) -> String {
    format!("{}/{}", stream.kind.as_str(), stream.owner.as_str())
}
