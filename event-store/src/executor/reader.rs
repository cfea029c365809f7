//! What a partition reads: heads, receipts, streams. On a connection of its own, beside the one that appends.

use std::collections::HashMap;
use std::time::Duration;

use domain::stream::StreamId;
use sqlx::postgres::PgConnection;
use sqlx::{Executor, Row};
use tokio::time::timeout;

use super::snapshots::{self, Snapshot};
use super::{CommandKey, Failure};
use crate::database::{Database, DatabaseError, Role};
use crate::log::{Head, LogError, Recorded, read_head, read_streams, stream_id};
use crate::receipt::{self, Receipt};

/// How long one attempt to connect may take.
const CONNECT_MAX: Duration = Duration::from_secs(3);

pub(super) struct Reader {
    database: Database,
    partition: i32,
    connection: Option<PgConnection>,
}

impl Reader {
    pub(super) fn new(database: Database, partition: i32) -> Self {
        Self { database, partition, connection: None }
    }

    pub(super) async fn head(&mut self) -> Result<Head, Failure> {
        let partition = self.partition;
        let head = read_head(self.connection().await?, partition).await;
        head.map_err(|error| self.lost(error.into()))
    }

    pub(super) async fn receipts(&mut self, keys: &[CommandKey]) -> Result<HashMap<CommandKey, Receipt>, Failure> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let partition = self.partition;
        let found = receipt::find(self.connection().await?, partition, keys).await;
        found.map_err(|error| self.lost(error.into()))
    }

    /// The events of streams behind a sequence of each.
    pub(super) async fn streams(&mut self, streams: &[(StreamId, i64)]) -> Result<Vec<Recorded>, Failure> {
        let partition = self.partition;
        let events = read_streams(self.connection().await?, partition, streams).await;
        events.map_err(|error| self.lost(error))
    }

    /// The newest snapshots of streams, as far as this release can read them.
    pub(super) async fn snapshots(&mut self, streams: &[StreamId]) -> Result<Vec<Snapshot>, Failure> {
        let partition = self.partition;
        let found = snapshots::read(self.connection().await?, partition, streams).await;
        found.map_err(|error| self.lost(error.into()))
    }

    /// The streams that were changed after a position.
    pub(super) async fn changed(&mut self, after: i64) -> Result<Vec<StreamId>, Failure> {
        let partition = self.partition;
        let changed = changed_streams(self.connection().await?, partition, after).await;
        changed.map_err(|error| self.lost(error))
    }

    async fn connection(&mut self) -> Result<&mut PgConnection, Failure> {
        if self.connection.is_none() {
            self.connection = Some(connect(&self.database).await?);
        }
        self.connection.as_mut().ok_or(Failure::Unknown)
    }

    /// Postgres did not answer a read; unless it was its own refusal, the connection is not to be used again.
    fn lost(&mut self, error: LogError) -> Failure {
        if !matches!(error, LogError::Unavailable(sqlx::Error::Database(_)) | LogError::Corrupt { .. }) {
            self.connection = None;
        }
        error.into()
    }
}

/// A connection for the engine; nothing was written if there is none.
pub(super) async fn connect(database: &Database) -> Result<PgConnection, Failure> {
    let unavailable = |reason: String| Failure::Unavailable { reason };
    let connecting = timeout(CONNECT_MAX, open(database)).await;
    let connected = connecting.map_err(|_| unavailable("postgres does not answer".to_owned()))?;
    connected.map_err(|error| unavailable(error.to_string()))
}

/// Every statement of the executor looks up single keys. Its plans are made once, while tables may still be empty and
/// a scan looks cheap; kept for the life of the connection, such a plan would read the whole log for every append.
const LOOK_UPS_ONLY: &str = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;
    SET jit = off; SET plan_cache_mode = force_generic_plan";

/// A connection whose plans stay good while the log grows.
pub(super) async fn open(database: &Database) -> Result<PgConnection, DatabaseError> {
    let mut connection = database.connect(Role::Engine).await?;
    connection.execute(LOOK_UPS_ONLY).await?;
    Ok(connection)
}

async fn changed_streams(connection: &mut PgConnection, partition: i32, after: i64) -> Result<Vec<StreamId>, LogError> {
    let rows = sqlx::query(
        "SELECT aggregate_type, aggregate_id, min(position) AS position FROM es.events
          WHERE partition = $1 AND position > $2 GROUP BY aggregate_type, aggregate_id",
    )
    .bind(partition)
    .bind(after)
    .fetch_all(connection)
    .await?;
    let mut streams = Vec::with_capacity(rows.len());
    for row in rows {
        let stream = stream_id(row.try_get("position")?, row.try_get("aggregate_type")?, row.try_get("aggregate_id")?);
        streams.push(stream.map_err(|fault| LogError::Corrupt { partition, after, fault })?);
    }
    Ok(streams)
}
