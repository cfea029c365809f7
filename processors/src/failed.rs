//! To-dos that have failed: what a person looks at, and has tried again once the cause is gone.

use serde_json::Value;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{FromRow, Row};
use uuid::Uuid;

/// A to-do that will not be tried again by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Whose it is.
    pub processor: String,
    /// The event that asked for it.
    pub event_id: Uuid,
    /// Where that event is in the log.
    pub partition: i32,
    /// Its position there.
    pub position: i64,
    /// The organization it is about, if it is about one.
    pub organization: Option<String>,
    /// What was to be done, in the processor's own words.
    pub task: Value,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it failed.
    pub last_error: String,
}

/// All that have failed, of each processor in the order of the log.
pub async fn failed(pool: &PgPool) -> Result<Vec<Failed>, sqlx::Error> {
    sqlx::query_as(
        "SELECT processor, event_id, partition, position, organization, task, attempts,
                coalesce(last_error, '') AS last_error
           FROM proc.todos WHERE status = 'failed' ORDER BY processor, partition, position",
    )
    .fetch_all(pool)
    .await
}

/// Opens to-dos again; answers how many were still failed. Workers find them within a moment. It is safe at any time:
/// a command goes out under the key it had before, so what was applied is not applied again, and a refused one left no
/// receipt and is decided anew.
pub async fn retry(pool: &PgPool, todos: &[Failed]) -> Result<u64, sqlx::Error> {
    let opened = sqlx::query(
        "UPDATE proc.todos AS todo SET status = 'pending', next_attempt_at = now(), done_at = NULL
           FROM unnest($1::text[], $2::uuid[]) AS wanted (processor, event_id)
          WHERE todo.processor = wanted.processor AND todo.event_id = wanted.event_id AND todo.status = 'failed'",
    )
    .bind(todos.iter().map(|todo| todo.processor.as_str()).collect::<Vec<_>>())
    .bind(todos.iter().map(|todo| todo.event_id).collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(opened.rows_affected())
}

impl FromRow<'_, PgRow> for Failed {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            processor: row.try_get("processor")?,
            event_id: row.try_get("event_id")?,
            partition: row.try_get("partition")?,
            position: row.try_get("position")?,
            organization: row.try_get("organization")?,
            task: row.try_get("task")?,
            attempts: row.try_get("attempts")?,
            last_error: row.try_get("last_error")?,
        })
    }
}
