//! Snapshots of long streams, written in the background.
//!
//! The state is taken when a round is sent on its way, so it is that round's state and nothing newer, and it is written
//! when the round is durable. A snapshot is a help, never a truth: one that is lost or of another version costs time,
//! and one that does not belong to its stream is not used.

use domain::stream::StreamId;
use domain::{Kind, State};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgPool};
use tokio::sync::mpsc;
use tracing::warn;

use crate::log::stream_id;

/// Events a small aggregate gains between two snapshots: folding them takes about ten milliseconds.
pub(super) const SNAPSHOT_EVENTS: i64 = 2_000;

/// A large state is written less often: one event for so many bytes of it.
const BYTES_FOR_EVENT: usize = 100;

/// Snapshots that may wait to be written; more are left out, and taken again when the next are due.
const WAITING_MAX: usize = 64;

/// A state that was read.
pub(super) struct Snapshot {
    pub(super) stream: StreamId,
    pub(super) sequence: i64,
    pub(super) state: State,
    pub(super) size: usize,
}

/// A state that is to be written.
pub(super) struct Taken {
    pub(super) stream: StreamId,
    pub(super) sequence: i64,
    pub(super) state: String,
}

/// The sequence at which the next snapshot is due.
pub(super) fn next_due(sequence: i64, size: usize) -> i64 {
    let events = i64::try_from(size / BYTES_FOR_EVENT).unwrap_or(i64::MAX);
    sequence.saturating_add(events.max(SNAPSHOT_EVENTS))
}

/// Writes what it is sent, in a task of its own that ends with the sender.
pub(super) fn writer(pool: PgPool, partition: i32) -> mpsc::Sender<Taken> {
    let (sender, mut waiting) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        while let Some(taken) = waiting.recv().await {
            if let Err(error) = write(&pool, partition, taken).await {
                warn!(partition, %error, "a snapshot was not written; it is taken again later");
            }
        }
    });
    sender
}

async fn write(pool: &PgPool, partition: i32, taken: Taken) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO es.snapshots AS known (partition, aggregate_type, aggregate_id, sequence, state_version, state)
         VALUES ($1, $2, $3, $4, $5, $6::json)
         ON CONFLICT (aggregate_type, aggregate_id, partition) DO UPDATE
            SET sequence = excluded.sequence, state_version = excluded.state_version, state = excluded.state
          WHERE known.sequence < excluded.sequence OR known.state_version <> excluded.state_version",
    )
    .bind(partition)
    .bind(taken.stream.kind.as_str())
    .bind(taken.stream.owner.as_str())
    .bind(taken.sequence)
    .bind(taken.stream.kind.state_version())
    .bind(taken.state)
    .execute(pool)
    .await
    .map(|_| ())
}

/// The snapshots of streams that this release can read and that belong to their streams as they are.
pub(super) async fn read(
    connection: &mut PgConnection,
    partition: i32,
    streams: &[StreamId],
) -> Result<Vec<Snapshot>, sqlx::Error> {
    let (types, ids): (Vec<&str>, Vec<&str>) =
        streams.iter().map(|stream| (stream.kind.as_str(), stream.owner.as_str())).unzip();
    let rows = sqlx::query(include_str!("snapshots/read.sql"))
        .bind(partition)
        .bind(types)
        .bind(ids)
        .fetch_all(connection)
        .await?;
    let mut snapshots = Vec::with_capacity(rows.len());
    for row in rows {
        let (aggregate_type, aggregate_id): (&str, &str) =
            (row.try_get("aggregate_type")?, row.try_get("aggregate_id")?);
        let (sequence, version, text): (i64, i32, &str) =
            (row.try_get("sequence")?, row.try_get("state_version")?, row.try_get("state")?);
        let known = stream_id(0, aggregate_type, aggregate_id).ok();
        if let Some(stream) = known.filter(|stream| stream.kind.state_version() == version)
            && let Some(state) = restored(stream.kind, text)
        {
            snapshots.push(Snapshot { stream, sequence, state, size: text.len() });
        }
    }
    Ok(snapshots)
}

fn restored(kind: Kind, text: &str) -> Option<State> {
    State::restore(kind, text)
        .inspect_err(|error| warn!(%error, "a snapshot cannot be read; its stream is folded"))
        .ok()
}
