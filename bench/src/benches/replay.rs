//! Reading the whole log: checked, decoded and folded, against a bare scan of the same columns.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::{State, StreamId};
use event_store::Log;
use event_store::feed::CHUNK_EVENTS;
use futures::TryStreamExt;
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use uuid::Uuid;

use super::{Bench, Field, LEDGERS};
use crate::ground::Ground;
use crate::history;
use crate::measure::{Fault, Sample, Side, take_turns};
use crate::report::{By, Finding, counted};

/// Events in the log, unless somebody chose.
const EVENTS: i64 = 100_000;

pub struct Replay;

#[async_trait(?Send)]
impl Bench for Replay {
    fn name(&self) -> &'static str {
        "replay"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let head = history::write(&ground, LEDGERS, field.events.unwrap_or(EVENTS)).await?;
        let sides: Vec<Box<dyn Side>> = vec![
            Box::new(Checked { log: ground.log(), folds: Folds::Yes }),
            Box::new(Scan { connection: ground.owner().await? }),
            Box::new(Checked { log: ground.log(), folds: Folds::No }),
        ];
        let sides = take_turns(sides, field).await?;
        ground.clear().await?;
        let finding = Finding {
            bench: self.name(),
            what: format!("a log of {} events, read from its beginning", counted(head)),
            unit: Some("events"),
            sides,
            ..Finding::default()
        };
        Ok(finding.compare(By::Rate, &[Some("at least 0.7")]))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Folds {
    Yes,
    No,
}

/// The log as an auditor reads it.
struct Checked {
    log: Log,
    folds: Folds,
}

#[async_trait]
impl Side for Checked {
    fn name(&self) -> &str {
        match self.folds {
            Folds::Yes => "tollgate: verify, decode, fold",
            Folds::No => "tollgate: verify, decode",
        }
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        let (begun, mut head) = (Instant::now(), 0);
        let mut states: HashMap<StreamId, State> = HashMap::new();
        let mut scan = self.log.scan(0, head, CHUNK_EVENTS);
        while begun.elapsed() < span
            && let Some(chunk) = scan.next().await?
        {
            head += i64::try_from(chunk.events.len())?;
            if self.folds == Folds::No {
                continue;
            }
            for recorded in chunk.events {
                let kind = recorded.stream.kind;
                states.entry(recorded.stream).or_insert_with(|| State::initial(kind)).evolve(&recorded.event);
            }
        }
        Ok(Sample::since(begun, u64::try_from(head)?))
    }
}

/// One statement that reads the same columns in the same order, each of them decoded and thrown away.
struct Scan {
    connection: PgConnection,
}

#[async_trait]
impl Side for Scan {
    fn name(&self) -> &str {
        "bare SELECT of the same columns"
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        let mut rows = sqlx::query(
            "SELECT partition, position, event_id, recorded_at, organization, aggregate_type, aggregate_id, sequence,
                    event_type, event_version, payload::text, metadata::text
               FROM es.events WHERE partition = 0 ORDER BY position",
        )
        .fetch(&mut self.connection);
        let (begun, mut count) = (Instant::now(), 0);
        while begun.elapsed() < span
            && let Some(row) = rows.try_next().await?
        {
            decode(&row)?;
            count += 1;
        }
        let sample = Sample::since(begun, count);
        // What Postgres has sent beyond the time must be read before the next statement, but does not count.
        while rows.try_next().await?.is_some() {}
        Ok(sample)
    }
}

fn decode(row: &PgRow) -> Result<(), sqlx::Error> {
    row.try_get::<i32, _>(0)?;
    row.try_get::<i64, _>(1)?;
    row.try_get::<Uuid, _>(2)?;
    row.try_get::<sqlx::types::chrono::DateTime<sqlx::types::chrono::Utc>, _>(3)?;
    row.try_get::<i64, _>(7)?;
    for text in [5, 6, 8, 9, 10, 11] {
        row.try_get::<&str, _>(text)?;
    }
    row.try_get::<Option<&str>, _>(4).map(|_| ())
}
