//! Reading the log: in order, in large chunks, failing closed.
//!
//! Events are read by whole batches, so that every chunk is checked against its Merkle roots and the chain before
//! anybody sees it. A gap, a bad hash or an event this release cannot read stops the reader with its position.

use std::collections::BTreeMap;

use domain::stream::{Owner, StreamId, Undecodable};
use domain::{Event, Kind, OrganizationId, ProductCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnection, PgPool, PgRow};
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::proof::{self, Entry, Hash};

/// Why the log cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Postgres is away; try again.
    #[error("the log cannot be read now")]
    Unavailable(#[from] sqlx::Error),
    /// The history itself is wrong: stop and page a human.
    #[error("partition {partition} cannot be read on: {fault}")]
    Corrupt {
        /// The partition.
        partition: i32,
        /// Where the reader stood.
        after: i64,
        /// What is wrong behind it, with its position.
        fault: Fault,
    },
}

/// What is wrong with a history.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A position has no event.
    #[error("position {position} is missing")]
    Missing {
        /// The position.
        position: i64,
    },
    /// No batch covers a position.
    #[error("position {position} belongs to no batch")]
    NoBatch {
        /// The position.
        position: i64,
    },
    /// An event is not what it was when it was appended.
    #[error("events {first} to {last} do not match their Merkle root")]
    BadRoot {
        /// First position of the batch.
        first: i64,
        /// Last position of the batch.
        last: i64,
    },
    /// A batch does not continue the one before it.
    #[error("the batch that ends at {last} does not continue the chain")]
    BadChain {
        /// Last position of the batch.
        last: i64,
    },
    /// The head says something else than the newest batch.
    #[error("the head at {position} does not match the newest batch")]
    BadHead {
        /// The position of the head.
        position: i64,
    },
    /// The reader is further than the log: it belongs to another one, or the log was set back.
    #[error("the log ends at {head}, before the reader's position")]
    Ahead {
        /// The position of the head.
        head: i64,
    },
    /// An event cannot be decoded.
    #[error("position {position}: {fault}")]
    Undecodable {
        /// The position.
        position: i64,
        /// Why not.
        fault: Undecodable,
    },
    /// A row names a stream that cannot exist.
    #[error("position {position} is of an unknown stream {aggregate_type}/{aggregate_id}")]
    UnknownStream {
        /// The position.
        position: i64,
        /// The row's aggregate.
        aggregate_type: String,
        /// The row's stream id.
        aggregate_id: String,
    },
}

/// Who asked for an event, and under which catalog it was decided. Texts only, as postgres-es expects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata(pub BTreeMap<String, String>);

impl Metadata {
    /// A value by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The product the event belongs to.
    #[must_use]
    pub fn product(&self) -> Option<&str> {
        self.get("product")
    }
}

/// An event of the log, checked and decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The partition of the log.
    pub partition: i32,
    /// The position in it: 1, 2, 3 and so on.
    pub position: i64,
    /// The event's own id.
    pub event_id: Uuid,
    /// The instant of the decision.
    pub recorded_at: Timestamp,
    /// The organization, if it is an event of one.
    pub organization: Option<OrganizationId>,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// The place in its stream: 1, 2, 3 and so on.
    pub sequence: i64,
    /// What happened.
    pub event: Event,
    /// Who asked for it.
    pub metadata: Metadata,
}

/// How far a partition goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The position of the newest event; 0 if there is none.
    pub position: i64,
    /// The chain over all batches.
    pub chain: Hash,
    /// The instant of the newest decision.
    pub recorded_at: Timestamp,
}

/// The log, for reading.
#[derive(Debug, Clone)]
pub struct Log {
    pool: PgPool,
}

impl Log {
    /// Reads through a pool.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// How far a partition goes.
    pub async fn head(&self, partition: i32) -> Result<Head, LogError> {
        let mut connection = self.pool.acquire().await?;
        Ok(read_head(&mut connection, partition).await?)
    }

    /// The events after a position, in order and without a gap: whole batches, about `limit` events; none at the head.
    pub async fn after(&self, partition: i32, after: i64, limit: i64) -> Result<Vec<Recorded>, LogError> {
        let mut connection = self.pool.acquire().await?;
        let corrupt = |fault| LogError::Corrupt { partition, after, fault };
        let head = read_head(&mut connection, partition).await?;
        let until = after.saturating_add(limit.max(1));
        let batches = read_batches(&mut connection, partition, after, until).await?;
        let batches = check_batches(&batches, after, until, head).map_err(corrupt)?;
        let Some((first, last)) = batches.first().zip(batches.last()) else { return Ok(Vec::new()) };

        let rows = read_rows(&mut connection, partition, first.first_position, last.last_position).await?;
        let rows = check_rows(rows, batches).map_err(corrupt)?;
        let wanted = rows.into_iter().filter(|row| row.position > after);
        wanted.map(|row| row.decode().map_err(corrupt)).collect()
    }

    /// All events of one stream, oldest first.
    pub async fn stream(&self, partition: i32, stream: &StreamId) -> Result<Vec<Recorded>, LogError> {
        let mut connection = self.pool.acquire().await?;
        read_stream(&mut connection, partition, stream).await
    }
}

pub(crate) async fn read_head(connection: &mut PgConnection, partition: i32) -> Result<Head, sqlx::Error> {
    let row = sqlx::query("SELECT position, chain, recorded_at FROM es.heads WHERE partition = $1")
        .bind(partition)
        .fetch_one(connection)
        .await?;
    let recorded_at: chrono::DateTime<chrono::Utc> = row.try_get("recorded_at")?;
    Ok(Head {
        position: row.try_get("position")?,
        chain: read_hash(&row, "chain")?,
        recorded_at: Timestamp::from_microsecond(recorded_at.timestamp_micros()).unwrap_or_default(),
    })
}

pub(crate) async fn read_stream(
    connection: &mut PgConnection,
    partition: i32,
    stream: &StreamId,
) -> Result<Vec<Recorded>, LogError> {
    read_streams(connection, partition, std::slice::from_ref(stream)).await
}

/// The events of several streams, each stream oldest first.
pub(crate) async fn read_streams(
    connection: &mut PgConnection,
    partition: i32,
    streams: &[StreamId],
) -> Result<Vec<Recorded>, LogError> {
    let (types, ids): (Vec<&str>, Vec<&str>) =
        streams.iter().map(|stream| (stream.kind.as_str(), stream.owner.as_str())).unzip();
    let rows: Vec<LogRow> = sqlx::query_as(include_str!("log/streams.sql"))
        .bind(partition)
        .bind(types)
        .bind(ids)
        .fetch_all(connection)
        .await?;
    let decode = |row: LogRow| {
        let after = row.position - 1;
        row.decode().map_err(|fault| LogError::Corrupt { partition, after, fault })
    };
    rows.into_iter().map(decode).collect()
}

struct Batch {
    first_position: i64,
    last_position: i64,
    root: Hash,
    chain: Hash,
}

fn read_hash(row: &PgRow, column: &str) -> Result<Hash, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes.try_into().map_err(|_| sqlx::Error::Decode(format!("{column} is not 32 bytes").into()))
}

/// The batches that hold positions after `after`, up to the one that holds `until`, and the one before them all.
async fn read_batches(
    connection: &mut PgConnection,
    partition: i32,
    after: i64,
    until: i64,
) -> Result<Vec<Batch>, sqlx::Error> {
    let rows = sqlx::query(include_str!("log/batches.sql"))
        .bind(partition)
        .bind(after)
        .bind(until)
        .fetch_all(connection)
        .await?;
    let batch = |row: PgRow| {
        Ok(Batch {
            first_position: row.try_get("first_position")?,
            last_position: row.try_get("last_position")?,
            root: read_hash(&row, "root")?,
            chain: read_hash(&row, "chain")?,
        })
    };
    rows.into_iter().map(batch).collect()
}

/// Checks that batches follow each other, in positions and in the chain, as far as `until` or the head.
/// Gives those after `after`.
fn check_batches(batches: &[Batch], after: i64, until: i64, head: Head) -> Result<&[Batch], Fault> {
    if after > head.position {
        return Err(Fault::Ahead { head: head.position });
    }
    let known = batches.iter().take_while(|batch| batch.last_position <= after).count();
    let (mut end, mut chain) = match known.checked_sub(1).and_then(|index| batches.get(index)) {
        Some(before) => (before.last_position, before.chain),
        None => (0, proof::GENESIS),
    };
    let wanted = batches.get(known..).unwrap_or_default();
    for batch in wanted {
        if batch.first_position != end + 1 {
            return Err(Fault::NoBatch { position: end + 1 });
        }
        chain = proof::chain(&chain, &batch.root);
        if chain != batch.chain {
            return Err(Fault::BadChain { last: batch.last_position });
        }
        end = batch.last_position;
    }
    if end < head.position.min(until) {
        return Err(Fault::NoBatch { position: end + 1 });
    }
    if end == head.position && chain != head.chain {
        return Err(Fault::BadHead { position: head.position });
    }
    Ok(wanted)
}

async fn read_rows(
    connection: &mut PgConnection,
    partition: i32,
    first: i64,
    last: i64,
) -> Result<Vec<LogRow>, sqlx::Error> {
    sqlx::query_as(include_str!("log/events.sql")).bind(partition).bind(first).bind(last).fetch_all(connection).await
}

/// Checks that every position of the batches is there, and that the events are those that were appended.
fn check_rows(rows: Vec<LogRow>, batches: &[Batch]) -> Result<Vec<LogRow>, Fault> {
    let mut rest = rows.as_slice();
    for batch in batches {
        let mut leaves = Vec::new();
        for position in batch.first_position..=batch.last_position {
            match rest.split_first() {
                Some((row, others)) if row.position == position => {
                    leaves.push(row.entry().leaf());
                    rest = others;
                }
                _ => return Err(Fault::Missing { position }),
            }
        }
        if proof::root(&leaves) != batch.root {
            return Err(Fault::BadRoot { first: batch.first_position, last: batch.last_position });
        }
    }
    Ok(rows)
}

#[derive(FromRow)]
struct LogRow {
    partition: i32,
    position: i64,
    event_id: Uuid,
    recorded_at: chrono::DateTime<chrono::Utc>,
    organization: Option<String>,
    aggregate_type: String,
    aggregate_id: String,
    sequence: i64,
    event_type: String,
    event_version: String,
    payload: String,
    metadata: String,
}

impl LogRow {
    fn entry(&self) -> Entry<'_> {
        Entry {
            partition: self.partition,
            position: self.position,
            event_id: self.event_id,
            recorded_at_micros: self.recorded_at.timestamp_micros(),
            organization: self.organization.as_deref(),
            aggregate_type: &self.aggregate_type,
            aggregate_id: &self.aggregate_id,
            sequence: self.sequence,
            event_type: &self.event_type,
            event_version: &self.event_version,
            payload: &self.payload,
            metadata: &self.metadata,
        }
    }

    fn decode(self) -> Result<Recorded, Fault> {
        let position = self.position;
        let undecodable = |fault| Fault::Undecodable { position, fault };
        let bad_metadata = |fault: serde_json::Error| {
            let (event_type, event_version) = (self.event_type.clone(), self.event_version.clone());
            undecodable(Undecodable::BadPayload { event_type, event_version, fault: fault.to_string() })
        };
        let stream = stream_id(position, &self.aggregate_type, &self.aggregate_id)?;
        let event = Event::decode(stream.kind, &self.event_type, &self.event_version, &self.payload);
        Ok(Recorded {
            partition: self.partition,
            position,
            event_id: self.event_id,
            recorded_at: Timestamp::from_microsecond(self.recorded_at.timestamp_micros()).unwrap_or_default(),
            organization: self.organization.as_deref().and_then(|id| OrganizationId::new(id).ok()),
            sequence: self.sequence,
            event: event.map_err(undecodable)?,
            metadata: serde_json::from_str(&self.metadata).map_err(bad_metadata)?,
            stream,
        })
    }
}

pub(crate) fn stream_id(position: i64, aggregate_type: &str, aggregate_id: &str) -> Result<StreamId, Fault> {
    let owner = |kind| match kind {
        Kind::Organization | Kind::Subscription | Kind::CreditLedger => {
            OrganizationId::new(aggregate_id).map(Owner::Organization).ok()
        }
        Kind::ReferralTree | Kind::Catalog => ProductCode::new(aggregate_id).map(Owner::Product).ok(),
    };
    let stream = Kind::from_name(aggregate_type).and_then(|kind| Some(StreamId { kind, owner: owner(kind)? }));
    stream.ok_or_else(|| Fault::UnknownStream {
        position,
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: aggregate_id.to_owned(),
    })
}
