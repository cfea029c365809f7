//! The to-do rows: taking events in, taking rows up, finishing them. All SQL of the running processors is here.

use std::sync::Arc;
use std::time::Duration;

use domain::OrganizationId;
use event_store::{Recorded, faults};
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::processor::{Todo, Wanted};

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
    wanted: &[(&Recorded, Wanted)],
) -> Result<bool, sqlx::Error> {
    let Some(last) = events.last() else { return Ok(true) };
    let organization = |event: &Recorded| event.organization.as_ref().map(ToString::to_string);
    let taken_in = sqlx::query(include_str!("todos/take_in.sql"))
        .bind(processor)
        .bind(last.partition)
        .bind(after)
        .bind(last.position)
        .bind(wanted.iter().map(|(event, _)| event.event_id).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(event, _)| event.position).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(event, _)| organization(event)).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(_, wanted)| wanted.lane.as_str()).collect::<Vec<_>>())
        .bind(wanted.iter().map(|(_, wanted)| wanted.task.to_string()).collect::<Vec<_>>())
        .fetch_optional(pool)
        .await?;
    Ok(taken_in.is_some())
}

/// Takes up to `limit` rows up, oldest first, for the time of the lease: of each lane the oldest open one, if nobody
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
        "UPDATE proc.todos SET leased_until = now() + make_interval(secs => $4)
          WHERE processor = $1 AND event_id = $2 AND fence = $3 AND status = 'pending'",
    )
    .bind(processor)
    .bind(todo.event_id)
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
            partition: row.try_get("partition")?,
            position: row.try_get("position")?,
            organization: organization.and_then(|id| OrganizationId::new(id).ok()),
            task: row.try_get("task")?,
            attempt: row.try_get("attempts")?,
            fence: row.try_get("fence")?,
        })
    }
}
