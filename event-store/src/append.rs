//! The one statement that writes truth.
//!
//! It moves the head from the position the writer knows, writes events, receipts and the batch record, or nothing at
//! all. Whoever else appended in between has moved the head, so the writer learns that what it decided on is stale:
//! the head row orders all writers of a partition, the primary key of the stream is the second guard.

use domain::Event;
use domain::stream::StreamId;
use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::faults;
use crate::log::Metadata;
use crate::proof::{self, Entry};
use crate::receipt::{CommandKey, Receipt};

/// An event to be appended.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The stream.
    pub stream: StreamId,
    /// Its place in the stream.
    pub sequence: i64,
    /// The organization, if it is an event of one.
    pub organization: Option<String>,
    /// Its own id.
    pub event_id: Uuid,
    /// The instant of its decision.
    pub recorded_at: Timestamp,
    /// What happened.
    pub event: Event,
    /// Who asked for it.
    pub metadata: Metadata,
}

/// Everything one statement appends.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events, in order.
    pub events: Vec<NewEvent>,
    /// The receipts of the commands that gave them.
    pub receipts: Vec<(CommandKey, Receipt)>,
}

/// What became of a statement that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// All of it is durable; the head is here now.
    Done {
        /// The new position of the head.
        position: i64,
    },
    /// None of it was written: somebody else moved the head, or a receipt is there already.
    Stale,
}

/// Why a batch cannot even be tried, or what came back instead of an answer.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// An event cannot be written as JSON.
    #[error("an event cannot be encoded")]
    Unencodable(#[from] serde_json::Error),
    /// Postgres refused or went away; whether the batch was written is not known.
    #[error("postgres did not answer the append")]
    Postgres(#[from] sqlx::Error),
}

#[derive(Default)]
struct Columns {
    aggregate_types: Vec<&'static str>,
    aggregate_ids: Vec<String>,
    sequences: Vec<i64>,
    event_types: Vec<String>,
    event_versions: Vec<String>,
    payloads: Vec<String>,
    metadata: Vec<String>,
    positions: Vec<i64>,
    event_ids: Vec<Uuid>,
    recorded_at: Vec<i64>,
    organizations: Vec<Option<String>>,
}

impl Columns {
    /// Turns events into columns, and hashes them at the positions they will have behind `after`.
    fn fill(partition: i32, after: i64, events: Vec<NewEvent>) -> Result<(Self, proof::Hash), serde_json::Error> {
        let mut columns = Self::default();
        let mut leaves = Vec::with_capacity(events.len());
        for (position, new) in (after + 1..).zip(events) {
            let (payload, metadata) = (new.event.payload()?, serde_json::to_string(&new.metadata)?);
            let (event_type, event_version) = (new.event.event_type(), new.event.event_version());
            let entry = Entry {
                partition,
                position,
                event_id: new.event_id,
                recorded_at_micros: new.recorded_at.as_microsecond(),
                organization: new.organization.as_deref(),
                aggregate_type: new.stream.kind.as_str(),
                aggregate_id: new.stream.owner.as_str(),
                sequence: new.sequence,
                event_type: &event_type,
                event_version: &event_version,
                payload: &payload,
                metadata: &metadata,
            };
            leaves.push(entry.leaf());
            columns.aggregate_types.push(new.stream.kind.as_str());
            columns.aggregate_ids.push(new.stream.owner.as_str().to_owned());
            columns.sequences.push(new.sequence);
            columns.event_types.push(event_type);
            columns.event_versions.push(event_version);
            columns.payloads.push(payload);
            columns.metadata.push(metadata);
            columns.positions.push(position);
            columns.event_ids.push(new.event_id);
            columns.recorded_at.push(new.recorded_at.as_microsecond());
            columns.organizations.push(new.organization);
        }
        Ok((columns, proof::root(&leaves)))
    }
}

/// Appends a batch behind `after`, the position of the head as the writer knows it. One round trip, one commit.
pub async fn append(
    connection: &mut PgConnection,
    partition: i32,
    after: i64,
    now: Timestamp,
    batch: Batch,
) -> Result<Appended, AppendError> {
    let count = i64::try_from(batch.events.len()).unwrap_or(i64::MAX);
    let (events, root) = Columns::fill(partition, after, batch.events)?;
    let receipts = ReceiptColumns::fill(batch.receipts);
    faults::point("append.before");
    let appending = sqlx::query_scalar(include_str!("append/append.sql"))
        .bind(partition)
        .bind(after)
        .bind(count)
        .bind(root.as_slice())
        .bind(now.as_microsecond())
        .bind(&events.aggregate_types)
        .bind(&events.aggregate_ids)
        .bind(&events.sequences)
        .bind(&events.event_types)
        .bind(&events.event_versions)
        .bind(&events.payloads)
        .bind(&events.metadata)
        .bind(&events.positions)
        .bind(&events.event_ids)
        .bind(&events.recorded_at)
        .bind(&events.organizations)
        .bind(&receipts.callers)
        .bind(&receipts.command_ids)
        .bind(&receipts.fingerprints)
        .bind(&receipts.positions)
        .bind(&receipts.answers)
        .fetch_optional(connection);
    let position: Option<i64> = faults::underway("append.sent", appending).await.or_else(stale_if_taken)?;
    faults::point("append.answered");
    Ok(position.map_or(Appended::Stale, |position| Appended::Done { position }))
}

/// A sequence or a receipt that another writer took makes the whole statement fail: nothing was written.
fn stale_if_taken(error: sqlx::Error) -> Result<Option<i64>, sqlx::Error> {
    match &error {
        sqlx::Error::Database(refusal) if refusal.is_unique_violation() => Ok(None),
        _ => Err(error),
    }
}

#[derive(Default)]
struct ReceiptColumns {
    callers: Vec<String>,
    command_ids: Vec<String>,
    fingerprints: Vec<Vec<u8>>,
    positions: Vec<i64>,
    answers: Vec<String>,
}

impl ReceiptColumns {
    fn fill(receipts: Vec<(CommandKey, Receipt)>) -> Self {
        let mut columns = Self::default();
        for (key, receipt) in receipts {
            columns.callers.push(key.caller);
            columns.command_ids.push(key.command_id);
            columns.fingerprints.push(receipt.fingerprint);
            columns.positions.push(receipt.position);
            columns.answers.push(receipt.answer);
        }
        columns
    }
}
