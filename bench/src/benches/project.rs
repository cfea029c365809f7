//! All projections over a log that is there already.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use event_store::PolledFeed;
use projections::{Board, checkpoint};
use sqlx::Executor as _;
use sqlx::postgres::PgPool;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Bench, Field, LEDGERS};
use crate::ground::Ground;
use crate::history;
use crate::measure::{Fault, Sample, Side, take_turns};
use crate::report::{Finding, counted};

/// Events in the log, unless somebody chose.
const EVENTS: i64 = 50_000;

/// How often it is looked whether they are done.
const LOOK: Duration = Duration::from_millis(5);

pub struct Project;

#[async_trait(?Send)]
impl Bench for Project {
    fn name(&self) -> &'static str {
        "project"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let head = history::write(&ground, LEDGERS, field.events.unwrap_or(EVENTS)).await?;
        let names: Vec<&str> = projections::names().collect();
        let notes = vec![
            format!("an event counts once all have it: {}", names.join(", ")),
            "target: at least 20,000 events/s".to_owned(),
        ];
        let sides: Vec<Box<dyn Side>> = vec![Box::new(Folded { head, ground })];
        let sides = take_turns(sides, field).await?;
        Ok(Finding {
            bench: self.name(),
            what: format!("a log of {} events, folded into empty tables", counted(head)),
            unit: Some("events"),
            sides,
            notes,
            ..Finding::default()
        })
    }
}

struct Folded {
    head: i64,
    ground: Ground,
}

impl Folded {
    async fn empty_tables(&self) -> Result<(), Fault> {
        let mut owner = self.ground.owner().await?;
        let tables: Vec<String> =
            projections::names().chain(["checkpoints"]).map(|name| format!("read.{name}")).collect();
        owner.execute(format!("TRUNCATE {}", tables.join(", ")).as_str()).await?;
        Ok(())
    }

    /// How far the slowest projection is.
    async fn slowest(&self, pool: &PgPool) -> Result<i64, Fault> {
        let mut slowest = self.head;
        for name in projections::names() {
            slowest = slowest.min(checkpoint::position(pool, name, 0).await?);
        }
        Ok(slowest)
    }
}

#[async_trait]
impl Side for Folded {
    fn name(&self) -> &str {
        "all projections"
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        self.empty_tables().await?;
        let (pool, watcher) = (self.ground.pool(), self.ground.pool());
        let feed = Arc::new(PolledFeed::new(self.ground.log(), LOOK));
        let (stop, stopped) = watch::channel(false);
        let begun = Instant::now();
        let running = tokio::spawn(projections::run(pool, feed, 1, stopped, Board::default()));
        let mut folded = 0;
        while folded < self.head && begun.elapsed() < span {
            sleep(LOOK).await;
            folded = self.slowest(&watcher).await?;
        }
        let sample = Sample::since(begun, u64::try_from(folded)?);
        stop.send_replace(true);
        running.await?;
        Ok(sample)
    }
}
