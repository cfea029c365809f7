//! Reading the log: in order, in large chunks, failing closed.
//!
//! Events are read by whole batches, so that every chunk is checked against its Merkle roots and the chain before
//! anybody sees it. A gap, a bad hash or an event this release cannot read stops the reader with its position.

mod batches;
mod metadata;
mod row;
mod scan;

use domain::stream::{Owner, StreamId, Undecodable};
use domain::{Event, Kind, OrganizationId, ProductCode};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};
use uuid::Uuid;

pub use self::batches::Batch;
use self::batches::{check_batches, read_batches, read_hash};
pub use self::metadata::Metadata;
use self::row::{LogRow, read_rows};
pub use self::scan::Scan;
use crate::proof::inclusion::ProvedEvent;
use crate::proof::{self, Hash};

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
    /// A position has several events.
    #[error("position {position} is there more than once")]
    Repeated {
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

/// A part of the log: whole batches, and their events after the position that was asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chunk {
    /// The batches, in order.
    pub batches: Vec<Batch>,
    /// The events, in order.
    pub events: Vec<Recorded>,
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
        let checked = check(&self.pool, partition, after, limit).await?;
        checked.map_or_else(|| Ok(Vec::new()), |checked| Ok(checked.decode()?.events))
    }

    /// All that follows a position, about `limit` events at a time: for those who read much of it.
    #[must_use]
    pub fn scan(&self, partition: i32, after: i64, limit: i64) -> Scan {
        Scan::begin(self.pool.clone(), partition, after, limit)
    }

    /// The batches after a position, up to the one that holds `until`, without their events. The chain is checked.
    pub async fn batches(&self, partition: i32, after: i64, until: i64) -> Result<Vec<Batch>, LogError> {
        let mut connection = self.pool.acquire().await?;
        let head = read_head(&mut connection, partition).await?;
        let batches = read_batches(&mut connection, partition, after, until).await?;
        let checked = check_batches(&batches, after, until, head);
        Ok(checked.map_err(|fault| LogError::Corrupt { partition, after, fault })?.to_vec())
    }

    /// The columns of a batch's events as they are proved, checked against its root.
    pub async fn proved(&self, partition: i32, batch: &Batch) -> Result<Vec<ProvedEvent>, LogError> {
        let mut connection = self.pool.acquire().await?;
        let (first, last) = (batch.first_position, batch.last_position);
        let rows = read_rows(&mut connection, partition, first, last).await?;
        check_rows(&rows, std::slice::from_ref(batch), partition)?;
        Ok(rows.iter().map(|row| Ok(ProvedEvent::of(&row.entry()?))).collect::<Result<_, sqlx::Error>>()?)
    }

    /// The events from one position to another, both inside, as far as there are any: a few that somebody names. They
    /// are read with the whole batches that hold them, and checked like all others.
    pub async fn between(&self, partition: i32, first: i64, last: i64) -> Result<Vec<Recorded>, LogError> {
        let first = first.max(1);
        // Whoever names a position that is not there yet has not found a fault of the log.
        if last < first || self.head(partition).await?.position < first {
            return Ok(Vec::new());
        }
        let mut events = self.after(partition, first - 1, last - first + 1).await?;
        events.retain(|event| event.position <= last);
        Ok(events)
    }

    /// Where an event is, by its id: its partition and position. There is no index for this; the whole log is looked
    /// through.
    pub async fn find(&self, event_id: Uuid) -> Result<Option<(i32, i64)>, LogError> {
        let found = sqlx::query_as("SELECT partition, position FROM es.events WHERE event_id = $1 LIMIT 1")
            .bind(event_id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(found)
    }

    /// The pool it reads through.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
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
    read_streams(connection, partition, &[(stream.clone(), 0)]).await
}

/// The events of several streams, each behind a sequence of its own, oldest first.
pub(crate) async fn read_streams(
    connection: &mut PgConnection,
    partition: i32,
    streams: &[(StreamId, i64)],
) -> Result<Vec<Recorded>, LogError> {
    let (types, ids): (Vec<&str>, Vec<&str>) =
        streams.iter().map(|(stream, _)| (stream.kind.as_str(), stream.owner.as_str())).unzip();
    let known: Vec<i64> = streams.iter().map(|(_, sequence)| *sequence).collect();
    let rows = sqlx::query(include_str!("log/streams.sql"))
        .bind(partition)
        .bind(types)
        .bind(ids)
        .bind(known)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(|row| LogRow::from(row).decode()).collect()
}

/// Whole batches whose rows match their roots, still to be decoded.
struct Checked {
    after: i64,
    batches: Vec<Batch>,
    rows: Vec<LogRow>,
}

impl Checked {
    fn last_position(&self) -> i64 {
        self.batches.last().map_or(self.after, |batch| batch.last_position)
    }

    /// The events after the position that was asked for.
    fn decode(self) -> Result<Chunk, LogError> {
        let mut events = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            if row.position()? > self.after {
                events.push(row.decode()?);
            }
        }
        Ok(Chunk { batches: self.batches, events })
    }
}

/// Fetches what follows a position, and checks it against its Merkle roots and the chain; `None` at the head.
async fn check(pool: &PgPool, partition: i32, after: i64, limit: i64) -> Result<Option<Checked>, LogError> {
    let mut connection = pool.acquire().await?;
    let head = read_head(&mut connection, partition).await?;
    let until = after.saturating_add(limit.max(1));
    let batches = read_batches(&mut connection, partition, after, until).await?;
    let batches = check_batches(&batches, after, until, head);
    let batches = batches.map_err(|fault| LogError::Corrupt { partition, after, fault })?.to_vec();
    let Some((first, last)) = batches.first().zip(batches.last()) else { return Ok(None) };
    let rows = read_rows(&mut connection, partition, first.first_position, last.last_position).await?;
    check_rows(&rows, &batches, partition)?;
    Ok(Some(Checked { after, batches, rows }))
}

/// Checks that every position of the batches is there, once, and that the events are those that were appended.
fn check_rows(rows: &[LogRow], batches: &[Batch], partition: i32) -> Result<(), LogError> {
    let corrupt = |position, fault| LogError::Corrupt { partition, after: position - 1, fault };
    for (row, next) in rows.iter().zip(rows.iter().skip(1)) {
        let position = row.position()?;
        if position == next.position()? {
            return Err(corrupt(position, Fault::Repeated { position }));
        }
    }
    let mut rest = rows.iter();
    for Batch { first_position: first, last_position: last, root, .. } in batches.iter().copied() {
        let mut leaves = Vec::new();
        for position in first..=last {
            let entry = rest.next().map(LogRow::entry).transpose()?;
            let entry = entry.filter(|entry| entry.position == position);
            leaves.push(entry.ok_or_else(|| corrupt(position, Fault::Missing { position }))?.leaf());
        }
        if proof::root(&leaves) != root {
            return Err(corrupt(first, Fault::BadRoot { first, last }));
        }
    }
    Ok(())
}

pub(crate) fn stream_id(position: i64, aggregate_type: &str, aggregate_id: &str) -> Result<StreamId, Fault> {
    let owner = |kind| match kind {
        Kind::Organization | Kind::Subscription | Kind::CreditLedger => {
            OrganizationId::new(aggregate_id).map(Owner::Organization).ok()
        }
        Kind::ReferralTree | Kind::Catalog | Kind::InvoiceBook | Kind::DiscountBook => {
            ProductCode::new(aggregate_id).map(Owner::Product).ok()
        }
    };
    let stream = Kind::from_name(aggregate_type).and_then(|kind| Some(StreamId { kind, owner: owner(kind)? }));
    stream.ok_or_else(|| Fault::UnknownStream {
        position,
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: aggregate_id.to_owned(),
    })
}
