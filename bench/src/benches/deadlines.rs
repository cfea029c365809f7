//! Very many deadlines that are due at one instant, and a caller beside them.
//!
//! Twice: of few organizations, whose first command settles all that is due of them, and of as many organizations as
//! there are deadlines, where each takes a command of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::credit_ledger::{self, Grant, LotKind};
use domain::stream::Owner;
use domain::{ActorId, Credits};
use event_store::{Executor, PolledFeed};
use futures::future::{try_join, try_join_all};
use jiff::{SignedDuration, Timestamp};
use processors::meet_deadlines::MeetDeadlines;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Bench, Field};
use crate::customers::{Work, register, settle, submission};
use crate::ground::Ground;
use crate::load::micros;
use crate::measure::{Fault, Measured, Sample};
use crate::report::{Finding, counted};

/// Deadlines, unless somebody chose.
const DEADLINES: i64 = 100_000;

/// Of how many organizations, where they have several each.
const EACH: i64 = 20;

/// Commands on their way at a time, when the ground is prepared: fewer than a partition's queue takes.
const WAVE: usize = 1_000;

/// How long the caller is measured by himself, for comparison.
const ALONE: Duration = Duration::from_secs(3);

/// How often is looked whether all are met: the end is told this much too late at most.
const LOOK: Duration = Duration::from_millis(20);

/// How long nothing may happen before the bench has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Deadlines;

#[async_trait(?Send)]
impl Bench for Deadlines {
    fn name(&self) -> &'static str {
        "deadlines"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let deadlines = field.events.unwrap_or(DEADLINES);
        let (mut sides, mut notes) = (Vec::new(), Vec::new());
        for organizations in [deadlines / EACH, deadlines] {
            let ground = Ground::prepare(&field.database_url).await?;
            let backlog = Backlog::prepare(&ground, organizations, deadlines).await?;
            let met = backlog.meet(&ground.pool()).await?;
            ground.clear().await?;
            let whose = format!("of {} organizations", counted(organizations));
            notes.push(format!("{whose}: all met {:.1} s after the instant", met.deadlines.elapsed.as_secs_f64()));
            sides.push(Measured::of(&format!("met, {whose}"), vec![met.deadlines]));
            sides.push(Measured::of("one caller beside it", vec![met.beside]));
            sides.push(Measured::of("the same caller alone", vec![met.alone]));
        }
        let what = format!("{} lots that are lost at one instant, each by its deadline", counted(deadlines));
        Ok(Finding { bench: self.name(), what, unit: Some("commands"), sides, notes, ..Finding::default() })
    }
}

/// Deadlines that are known and wait.
struct Backlog {
    executor: Executor,
    bystander: Owner,
    deadlines: i64,
    due_at: Timestamp,
    stop: watch::Sender<bool>,
    processing: tokio::task::JoinHandle<()>,
}

struct Met {
    deadlines: Sample,
    beside: Sample,
    alone: Sample,
}

impl Backlog {
    async fn prepare(ground: &Ground, organizations: i64, deadlines: i64) -> Result<Self, Fault> {
        let executor = ground.executor().await?;
        // The one customer there is, who also brings the catalog.
        let bystander = settle(&executor, 1).await?.first().cloned().ok_or("there is no ledger")?;
        let owners = register(&executor, 1..usize::try_from(organizations + 1)?).await?;
        let feed = Arc::new(PolledFeed::new(ground.log(), Duration::from_millis(10)));
        let (stop, stopped) = watch::channel(false);
        let meet = vec![Arc::new(MeetDeadlines) as _];
        let processing = tokio::spawn(processors::runner::run(meet, ground.pool(), feed, executor.clone(), stopped));
        // As fast as this machine is, and twice as much time as that, because the deadlines are written meanwhile.
        let begun = Instant::now();
        grant(&executor, &owners, None).await?;
        let rounds = u32::try_from(deadlines / organizations)?;
        let needed = SignedDuration::try_from(begun.elapsed() * rounds * 2)?;
        let due_at = Timestamp::now() + needed + SignedDuration::from_secs(2);
        for _ in 0..rounds {
            grant(&executor, &owners, Some(due_at)).await?;
        }
        let backlog = Self { executor, bystander, deadlines, due_at, stop, processing };
        backlog.wait(&ground.pool(), backlog.deadlines).await?;
        match Timestamp::now() < due_at {
            true => Ok(backlog),
            false => Err("the deadlines were due before all of them were written".into()),
        }
    }

    async fn meet(self, pool: &PgPool) -> Result<Met, Fault> {
        let alone = self.call(async {
            sleep(ALONE).await;
            Ok(())
        });
        let alone = alone.await?;
        let wait = self.due_at.duration_since(Timestamp::now());
        sleep(Duration::try_from(wait).unwrap_or_default()).await;
        let begun = Instant::now();
        let beside = self.call(self.wait(pool, 0)).await?;
        let deadlines = Sample::since(begun, u64::try_from(self.deadlines)?);
        self.stop.send_replace(true);
        self.processing.await?;
        Ok(Met { deadlines, beside, alone })
    }

    /// Has a caller send one command after another until something is over.
    async fn call(&self, over: impl Future<Output = Result<(), Fault>>) -> Result<Sample, Fault> {
        let (ended, is_over) = watch::channel(false);
        let calling = async {
            let (begun, mut latencies) = (Instant::now(), Vec::new());
            while !*is_over.borrow() {
                let sent = Instant::now();
                self.executor.execute(submission(self.bystander.clone(), Work::Consume.command()?)).await?;
                latencies.push(micros(sent.elapsed()));
            }
            Ok::<_, Fault>(Sample {
                latencies: latencies.clone(),
                ..Sample::since(begun, u64::try_from(latencies.len())?)
            })
        };
        let over = async {
            over.await?;
            ended.send_replace(true);
            Ok::<_, Fault>(())
        };
        Ok(try_join(calling, over).await?.0)
    }

    /// Waits until so many deadlines are open, due or not.
    async fn wait(&self, pool: &PgPool, wanted: i64) -> Result<(), Fault> {
        let (mut seen, mut moved) = (-1, Instant::now());
        loop {
            // Besides, the bystander's period ends one day.
            let open = "SELECT count(*) FROM proc.todos WHERE status = 'pending' AND deadline LIKE 'lot_expires:%'";
            let pending: i64 = sqlx::query_scalar(open).fetch_one(pool).await?;
            if pending == wanted {
                return Ok(());
            }
            if pending != seen {
                (seen, moved) = (pending, Instant::now());
            }
            if moved.elapsed() > PATIENCE {
                return Err(format!("{pending} deadlines are open and nothing happens").into());
            }
            sleep(LOOK).await;
        }
    }
}

/// Gives each a credit; for good, or until an instant.
async fn grant(executor: &Executor, owners: &[Owner], until: Option<Timestamp>) -> Result<(), Fault> {
    let grant = credit_ledger::Command::Grant(Grant {
        amount: Credits::positive(Decimal::ONE)?,
        kind: LotKind::Granted,
        priority: None,
        effective_from: None,
        expires_at: until,
        reason: "a promotion".to_owned().try_into()?,
        actor: ActorId::new("bench")?,
    });
    for wave in owners.chunks(WAVE) {
        try_join_all(wave.iter().map(|owner| executor.execute(submission(owner.clone(), grant.clone())))).await?;
    }
    Ok(())
}
