//! That one event is in the log: its columns, and the hashes that lead from it up to a signed checkpoint.
//!
//! Two audit paths of RFC 6962, one above the other: the event's among the events of its batch, and the batch's among
//! all batches up to the checkpoint. Both are logarithmic: an event of a log of a million batches needs twenty hashes
//! and those of its batch. Nothing but the trusted public key is needed to check one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Entry, Hash, batch_leaf, hex, tree};
use crate::checkpoint::{Checkpoint, Forgery, PublicKey};
use crate::log::Batch;

/// The columns of an event, as they are hashed. Payload and metadata are texts: their exact bytes count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvedEvent {
    /// The partition of the log.
    pub partition: i32,
    /// The position in it.
    pub position: i64,
    /// The event's own id.
    pub event_id: Uuid,
    /// The instant of the decision.
    pub recorded_at: Timestamp,
    /// The organization, if it is an event of one.
    pub organization: Option<String>,
    /// The stream's aggregate.
    pub aggregate_type: String,
    /// The stream's id.
    pub aggregate_id: String,
    /// The place in its stream.
    pub sequence: i64,
    /// The event's type.
    pub event_type: String,
    /// The version of its shape.
    pub event_version: String,
    /// The payload.
    pub payload: String,
    /// The metadata.
    pub metadata: String,
}

impl ProvedEvent {
    pub(crate) fn of(entry: &Entry<'_>) -> Self {
        Self {
            partition: entry.partition,
            position: entry.position,
            event_id: entry.event_id,
            recorded_at: Timestamp::from_microsecond(entry.recorded_at_micros).unwrap_or_default(),
            organization: entry.organization.map(str::to_owned),
            aggregate_type: entry.aggregate_type.to_owned(),
            aggregate_id: entry.aggregate_id.to_owned(),
            sequence: entry.sequence,
            event_type: entry.event_type.to_owned(),
            event_version: entry.event_version.to_owned(),
            payload: entry.payload.to_owned(),
            metadata: entry.metadata.to_owned(),
        }
    }

    /// The event's leaf hash.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        let entry = Entry {
            partition: self.partition,
            position: self.position,
            event_id: self.event_id,
            recorded_at_micros: self.recorded_at.as_microsecond(),
            organization: self.organization.as_deref(),
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            payload: &self.payload,
            metadata: &self.metadata,
        };
        entry.leaf()
    }
}

/// A batch's record, and its place below the tree head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchProof {
    /// The position of its first event.
    pub first_position: i64,
    /// The position of its last event.
    pub last_position: i64,
    /// When it was appended.
    pub recorded_at: Timestamp,
    /// How many batches there are before it.
    pub index: u64,
    /// The audit path from its record to the tree head.
    #[serde(with = "hex::list")]
    pub path: Vec<Hash>,
}

impl BatchProof {
    pub(crate) fn new(batch: &Batch, index: u64, path: Vec<Hash>) -> Self {
        let Batch { first_position, last_position, recorded_at_micros, .. } = *batch;
        let recorded_at = Timestamp::from_microsecond(recorded_at_micros).unwrap_or_default();
        Self { first_position, last_position, recorded_at, index, path }
    }
}

/// That an event is in the log a checkpoint was signed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InclusionProof {
    /// The event.
    pub event: ProvedEvent,
    /// The audit path from it to its batch's root.
    #[serde(with = "hex::list")]
    pub path: Vec<Hash>,
    /// Its batch.
    pub batch: BatchProof,
    /// What was signed.
    pub checkpoint: Checkpoint,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproved {
    /// The checkpoint is not signed with the trusted key.
    #[error(transparent)]
    Forged(#[from] Forgery),
    /// The checkpoint is of another partition.
    #[error("the event is of partition {event}, the checkpoint of partition {checkpoint}")]
    OtherPartition {
        /// The event's.
        event: i32,
        /// The checkpoint's.
        checkpoint: i32,
    },
    /// The event is not one of the batch.
    #[error("position {position} is not in the batch of positions {first} to {last}")]
    OutsideBatch {
        /// The event's position.
        position: i64,
        /// The batch's first position.
        first: i64,
        /// The batch's last position.
        last: i64,
    },
    /// The hashes lead to another tree head, or nowhere.
    #[error(
        "the hashes do not lead from this event to the signed tree head: the event, its batch or a path is not what \
         was signed"
    )]
    OtherTreeHead,
}

impl InclusionProof {
    /// The proof of one of a batch's events.
    #[must_use]
    pub fn of(events: &[ProvedEvent], position: i64, batch: BatchProof, checkpoint: Checkpoint) -> Option<Self> {
        let index = events.iter().position(|event| event.position == position)?;
        let leaves: Vec<Hash> = events.iter().map(ProvedEvent::leaf).collect();
        let path = tree::path_among(&leaves, index);
        Some(Self { event: events.get(index)?.clone(), path, batch, checkpoint })
    }

    /// Refuses a proof that does not lead from the event to what this key signed.
    pub fn check(&self, trusted: &PublicKey) -> Result<(), Unproved> {
        self.checkpoint.check_signature(trusted)?;
        let (event, claim) = (self.event.partition, &self.checkpoint.claim);
        if event != claim.partition {
            return Err(Unproved::OtherPartition { event, checkpoint: claim.partition });
        }
        let BatchProof { first_position: first, last_position: last, .. } = self.batch;
        let position = self.event.position;
        let (Some(index), Some(events)) = (distance(first, position), distance(first, last).map(|last| last + 1))
        else {
            return Err(Unproved::OutsideBatch { position, first, last });
        };
        if index >= events {
            return Err(Unproved::OutsideBatch { position, first, last });
        }

        let root = tree::head_from_path(self.event.leaf(), index, events, &self.path);
        let head = root.and_then(|root| {
            let leaf = batch_leaf(first, last, self.batch.recorded_at.as_microsecond(), &root);
            tree::head_from_path(leaf, self.batch.index, claim.batches, &self.batch.path)
        });
        if head == Some(claim.tree_head) { Ok(()) } else { Err(Unproved::OtherTreeHead) }
    }
}

fn distance(from: i64, to: i64) -> Option<u64> {
    u64::try_from(to.checked_sub(from)?).ok()
}
