//! The one statement that writes truth.
//!
//! It moves the head from the position the writer knows, writes events, receipts and the batch record, or nothing at
//! all. Whoever else appended in between has moved the head, so the writer learns that what it decided on is stale:
//! the head row orders all writers of a partition, the primary key of the stream is the second guard.

mod column;

use chrono::{DateTime, Utc};
use column::{Described, EventColumns, ReceiptColumns};
use domain::Event;
use domain::stream::{Owner, StreamId};
use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::faults;
use crate::proof::{self, Entry};
use crate::receipt::{CommandKey, Receipt};

/// An event to be appended.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    /// The stream.
    pub stream: &'a StreamId,
    /// Its place in the stream.
    pub sequence: i64,
    /// Its own id.
    pub event_id: Uuid,
    /// The instant of its decision.
    pub recorded_at: Timestamp,
    /// What happened.
    pub event: &'a Event,
    /// Who asked for it: [`Metadata`](crate::log::Metadata) as JSON.
    pub metadata: &'a str,
}

/// Everything one statement appends behind a position, hashed and encoded: all of this is done before the statement's
/// turn comes.
#[derive(Debug)]
pub struct Batch {
    partition: i32,
    after: i64,
    events: EventColumns,
    leaves: Vec<proof::Hash>,
    receipts: ReceiptColumns,
    /// The instant of the newest event.
    newest: Option<Timestamp>,
}

impl Batch {
    /// An empty one, whose first event will be the next after a position.
    #[must_use]
    pub fn behind(partition: i32, after: i64) -> Self {
        let (events, receipts) = (EventColumns::default(), ReceiptColumns::default());
        Self { partition, after, events, leaves: Vec::new(), receipts, newest: None }
    }

    /// The partition it is for.
    #[must_use]
    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// The position of its last event; where it begins if it has none.
    #[must_use]
    pub fn tail(&self) -> i64 {
        self.after + self.len()
    }

    /// The number of its events.
    #[must_use]
    pub fn len(&self) -> i64 {
        i64::try_from(self.leaves.len()).unwrap_or(i64::MAX)
    }

    /// Has it no events? It may have receipts still.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leaves.is_empty()
    }

    /// Are there neither events nor receipts in it?
    #[must_use]
    pub fn writes_nothing(&self) -> bool {
        self.is_empty() && self.receipts.callers.is_empty()
    }

    /// Adds the events of one decision at the next positions, or none of them.
    pub fn push(&mut self, decided: &[NewEvent<'_>]) -> Result<(), serde_json::Error> {
        let payloads = decided.iter().map(|new| new.event.payload()).collect::<Result<Vec<_>, _>>()?;
        decided.iter().zip(payloads).for_each(|(new, payload)| self.push_one(new, payload));
        Ok(())
    }

    fn push_one(&mut self, new: &NewEvent<'_>, payload: String) {
        let position = self.tail() + 1;
        let (event_type, event_version) = (new.event.event_type(), new.event.event_version());
        let (aggregate_type, aggregate_id) = (new.stream.kind.as_str(), new.stream.owner.as_str());
        let organization = match &new.stream.owner {
            Owner::Organization(organization) => Some(organization.as_str()),
            Owner::Product(_) => None,
        };
        let entry = Entry {
            partition: self.partition,
            position,
            event_id: new.event_id,
            recorded_at_micros: new.recorded_at.as_microsecond(),
            organization,
            aggregate_type,
            aggregate_id,
            sequence: new.sequence,
            event_type: &event_type,
            event_version: &event_version,
            payload: &payload,
            metadata: new.metadata,
        };
        self.leaves.push(entry.leaf());
        self.newest = Some(new.recorded_at);
        let described = Described { event_type: &event_type, event_version: &event_version, payload: &payload };
        self.events.push(new, position, described);
    }

    /// Adds the receipt of a command.
    pub fn acknowledge(&mut self, key: &CommandKey, receipt: &Receipt) {
        self.receipts.push(key, receipt);
    }
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

/// Appends a batch behind the position it was made for. One round trip, one commit. The head's instant becomes that of
/// the newest event, but never earlier than `not_before`.
pub async fn append(
    connection: &mut PgConnection,
    batch: Batch,
    not_before: Timestamp,
) -> Result<Appended, sqlx::Error> {
    let Batch { partition, after, ref events, ref leaves, ref receipts, newest } = batch;
    let root = proof::root(leaves);
    faults::point("append.before");
    let appending = sqlx::query_scalar(include_str!("append/append.sql"))
        .bind(partition)
        .bind(after)
        .bind(batch.len())
        .bind(root.as_slice())
        .bind(postgres_instant(newest.map_or(not_before, |newest| newest.max(not_before))))
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

/// Both count microseconds since 1970.
fn postgres_instant(instant: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(instant.as_microsecond()).unwrap_or_default()
}
