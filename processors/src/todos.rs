//! The to-do rows: taking events in, taking rows up, finishing them. All SQL of the running processors is here.

mod asked;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::OrganizationId;
use event_store::{Recorded, faults};
use jiff::Timestamp;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{FromRow, Row as _};
use uuid::Uuid;

use crate::processor::Todo;
pub(crate) use asked::{Asked, Row};

/// How far a processor has read a partition; a new processor begins before the first event.
pub(crate) async fn checkpoint(pool: &PgPool, processor: &str, partition: i32) -> Result<i64, sqlx::Error> {
    sqlx::query(
        "INSERT INTO proc.checkpoints (processor, partition, position) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
    )
    .bind(processor)
    .bind(partition)
    .execute(pool)
    .await?;
    sqlx::query_scalar("SELECT position FROM proc.checkpoints WHERE processor = $1 AND partition = $2")
        .bind(processor)
        .bind(partition)
        .fetch_one(pool)
        .await
}

/// Writes what events ask for and moves the checkpoint behind the last of them, in one statement, so that a task that
/// is dropped half way leaves no transaction open. `false` if another process has moved it meanwhile: then nothing is
/// written.
pub(crate) async fn take_in(
    pool: &PgPool,
    processor: &str,
    after: i64,
    events: &[Arc<Recorded>],
    asked: &Asked<'_>,
) -> Result<bool, sqlx::Error> {
    let Some(last) = events.last() else { return Ok(true) };
    let Asked { rows, cleared, clocks } = asked;
    let organization = |row: &Row<'_>| row.event.organization.as_ref().map(ToString::to_string);
    let taken_in = sqlx::query(include_str!("todos/take_in.sql"))
        .bind(processor)
        .bind(last.partition)
        .bind(after)
        .bind(last.position)
        .bind(cleared.iter().map(|(lane, _)| lane.as_str()).collect::<Vec<_>>())
        .bind(cleared.iter().map(|(_, deadline)| deadline.as_str()).collect::<Vec<_>>())
        .bind(clocks.keys().map(String::as_str).collect::<Vec<_>>())
        .bind(clocks.values().map(|instant| postgres_instant(*instant)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.event.event_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.event.position).collect::<Vec<_>>())
        .bind(rows.iter().map(organization).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.lane.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.task.to_string()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.deadline.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.due_at.map(postgres_instant)).collect::<Vec<_>>())
        .fetch_optional(pool)
        .await?;
    Ok(taken_in.is_some())
}

/// Both count microseconds since 1970.
fn postgres_instant(instant: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(instant.as_microsecond()).unwrap_or_default()
}

/// Takes up to `limit` rows up, oldest first, for the time of the lease: of each lane the first open one, if nobody
/// else has it and its time has come.
pub(crate) async fn take_up(
    pool: &PgPool,
    processor: &str,
    limit: usize,
    lease: Duration,
) -> Result<Vec<Todo>, sqlx::Error> {
    let mut todos: Vec<Todo> = sqlx::query_as(include_str!("todos/take_up.sql"))
        .bind(processor)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(lease.as_secs_f64())
        .fetch_all(pool)
        .await?;
    if !todos.is_empty() {
        faults::point("todo.claimed");
    }
    todos.sort_by_key(|todo| (todo.partition, todo.position));
    Ok(todos)
}

/// Keeps a row that was taken up, if nobody else has taken it meanwhile.
pub(crate) async fn renew(pool: &PgPool, processor: &str, todo: &Todo, lease: Duration) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE proc.todos SET leased_until = now() + make_interval(secs => $5)
          WHERE processor = $1 AND event_id = $2 AND deadline = $3 AND fence = $4 AND status = 'pending'",
    )
    .bind(processor)
    .bind(todo.event_id)
    .bind(&todo.deadline)
    .bind(todo.fence)
    .bind(lease.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(())
}

/// How a row that was taken up ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome<'a> {
    /// It is done.
    Done,
    /// It will never be done, and why.
    Failed(&'a str),
    /// It is tried again after a pause, and why.
    Later(&'a str, Duration),
}

/// Writes the outcome. `false` if another worker has taken the row up meanwhile: then it is that worker's to finish.
pub(crate) async fn finish(
    pool: &PgPool,
    processor: &str,
    todo: &Todo,
    outcome: Outcome<'_>,
) -> Result<bool, sqlx::Error> {
    let (status, error, pause) = match outcome {
        Outcome::Done => ("done", None, Duration::ZERO),
        Outcome::Failed(reason) => ("failed", Some(reason), Duration::ZERO),
        Outcome::Later(reason, pause) => ("pending", Some(reason), pause),
    };
    let finished = sqlx::query(include_str!("todos/finish.sql"))
        .bind(processor)
        .bind(todo.event_id)
        .bind(&todo.deadline)
        .bind(todo.fence)
        .bind(status)
        .bind(error)
        .bind(pause.as_secs_f64())
        .execute(pool)
        .await?;
    faults::point("todo.done");
    Ok(finished.rows_affected() == 1)
}

impl FromRow<'_, PgRow> for Todo {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let organization: Option<String> = row.try_get("organization")?;
        let event_id: Uuid = row.try_get("event_id")?;
        Ok(Self {
            event_id,
            deadline: row.try_get("deadline")?,
            partition: row.try_get("partition")?,
            position: row.try_get("position")?,
            organization: organization.and_then(|id| OrganizationId::new(id).ok()),
            task: row.try_get("task")?,
            attempt: row.try_get("attempts")?,
            fence: row.try_get("fence")?,
        })
    }
}
