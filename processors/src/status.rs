//! How the processors stand: for health pages, metrics, and tests that wait.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use crate::processor::Processor;

/// How one processor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its name.
    pub processor: &'static str,
    /// How far it has read, over all partitions: the sum of its positions.
    pub position: i64,
    /// To-dos that are open; deadlines once their instant is there.
    pub pending: i64,
    /// To-dos a person has to look at.
    pub failed: i64,
    /// Since when the oldest open one is.
    pub oldest_pending: Option<Timestamp>,
    /// What the oldest open one last failed of, if it did.
    pub last_error: Option<String>,
}

/// How each processor stands. Also sets the gauges `tollgate_processor_pending` and `tollgate_processor_failed`.
pub async fn statuses(pool: &PgPool) -> Result<Vec<Status>, sqlx::Error> {
    let mut statuses = Vec::new();
    for processor in crate::all(pool) {
        let status = status(pool, &*processor).await?;
        metrics::gauge!("tollgate_processor_pending", "processor" => status.processor).set(as_gauge(status.pending));
        metrics::gauge!("tollgate_processor_failed", "processor" => status.processor).set(as_gauge(status.failed));
        statuses.push(status);
    }
    Ok(statuses)
}

async fn status(pool: &PgPool, processor: &dyn Processor) -> Result<Status, sqlx::Error> {
    let row = sqlx::query(include_str!("status/status.sql")).bind(processor.name()).fetch_one(pool).await?;
    let read = |row: &PgRow| {
        let oldest: Option<chrono::DateTime<chrono::Utc>> = row.try_get("oldest_pending")?;
        Ok(Status {
            processor: processor.name(),
            position: row.try_get("position")?,
            pending: row.try_get("pending")?,
            failed: row.try_get("failed")?,
            oldest_pending: oldest.and_then(|at| Timestamp::from_microsecond(at.timestamp_micros()).ok()),
            last_error: row.try_get("last_error")?,
        })
    };
    read(&row)
}

/// Has every processor taken in a partition up to a position, with nothing of it open that is due? What it led to may be open
/// still: ask again for the head.
pub async fn settled(pool: &PgPool, partition: i32, position: i64) -> Result<bool, sqlx::Error> {
    let names: Vec<&str> = crate::all(pool).iter().map(|processor| processor.name()).collect();
    sqlx::query_scalar(
        "SELECT NOT EXISTS (SELECT FROM unnest($1::text[]) AS name WHERE NOT EXISTS (
                    SELECT FROM proc.checkpoints WHERE processor = name AND partition = $2 AND position >= $3))
            AND NOT EXISTS (SELECT FROM proc.todos
                    WHERE status = 'pending' AND opens_at <= now() AND processor = ANY($1) AND partition = $2
                      AND position <= $3)",
    )
    .bind(names)
    .bind(partition)
    .bind(position)
    .fetch_one(pool)
    .await
}

/// Metrics are floats; counts are exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a gauge is for looking at, not for deciding")]
fn as_gauge(count: i64) -> f64 {
    count as f64
}
