//! How far each projection has taken in the log: table `read.checkpoints`.
//!
//! A checkpoint is also a lock: whoever folds holds its row, so a batch follows from it or is thrown away.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use sqlx::postgres::{PgConnection, PgExecutor, PgPool};

use crate::row::row;

row! {
    /// How far a projection has taken in a partition.
    pub struct Checkpoint {
        key {
            /// The projection.
            projection: String,
            /// The partition of the log.
            partition: i32,
        }
        /// The newest position that is in its rows.
        position: i64,
        /// When it got there.
        updated_at: Timestamp,
    }
}

/// How far a projection has taken in a partition; 0 if it never ran.
pub async fn position(pool: &PgPool, projection: &str, partition: i32) -> Result<i64, sqlx::Error> {
    let position = sqlx::query_scalar("SELECT position FROM read.checkpoints WHERE projection = $1 AND partition = $2")
        .bind(projection)
        .bind(partition)
        .fetch_optional(pool)
        .await?;
    Ok(position.unwrap_or_default())
}

/// All checkpoints, by projection and partition.
pub async fn all(executor: impl PgExecutor<'_>) -> Result<Vec<Checkpoint>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM read.checkpoints ORDER BY projection, partition").fetch_all(executor).await
}

/// Waits until a projection has taken in a position; says whether it did before patience ran out.
pub async fn wait_for(
    pool: &PgPool,
    projection: &str,
    partition: i32,
    wanted: i64,
    patience: Duration,
) -> Result<bool, sqlx::Error> {
    let deadline = Instant::now() + patience;
    // Most reads come right behind their command and wait a few milliseconds; the others need not ask that often.
    let mut pause = Duration::from_millis(2);
    loop {
        if position(pool, projection, partition).await? >= wanted {
            return Ok(true);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        tokio::time::sleep(pause.min(left)).await;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Which checkpoints of a projection a transaction needs for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// That of the partition it folds.
    OwnPartition,
    /// Those of all partitions, because any of them may write the same rows.
    AllPartitions,
}

/// Makes the checkpoints that are missing. The schema is that of `search_path`, as in all that follows.
pub(crate) async fn ensure(
    connection: &mut PgConnection,
    schema: &str,
    projection: &str,
    partitions: &[i32],
) -> Result<(), sqlx::Error> {
    sqlx::query(&format!(
        "INSERT INTO {schema}.checkpoints (projection, partition) SELECT $1, UNNEST($2::integer[])
         ON CONFLICT DO NOTHING"
    ))
    .bind(projection)
    .bind(partitions)
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks checkpoints until the end of the transaction and gives the position of this partition's.
/// They are locked in the order of partitions, so that no two transactions wait for each other.
pub(crate) async fn lock(
    connection: &mut PgConnection,
    projection: &str,
    partition: i32,
    lock: Lock,
) -> Result<i64, sqlx::Error> {
    let rows: Vec<(i32, i64)> = sqlx::query_as(
        "SELECT partition, position FROM checkpoints WHERE projection = $1 AND (partition = $2 OR $3)
         ORDER BY partition FOR UPDATE",
    )
    .bind(projection)
    .bind(partition)
    .bind(lock == Lock::AllPartitions)
    .fetch_all(connection)
    .await?;
    let own = rows.into_iter().find(|(found, _)| *found == partition);
    own.map(|(_, position)| position).ok_or(sqlx::Error::RowNotFound)
}

/// Moves a locked checkpoint.
pub(crate) async fn advance(
    connection: &mut PgConnection,
    projection: &str,
    partition: i32,
    position: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE checkpoints SET position = $3, updated_at = clock_timestamp() WHERE projection = $1 AND partition = $2",
    )
    .bind(projection)
    .bind(partition)
    .bind(position)
    .execute(connection)
    .await?;
    Ok(())
}
