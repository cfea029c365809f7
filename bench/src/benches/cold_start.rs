//! The first command to a ledger with a long past, by a process that has just begun.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::stream::Owner;
use domain::{Kind, State};
use event_store::Executor;
use futures::future::try_join_all;
use serde_json::Value;

use super::{Bench, Field};
use crate::customers::{Work, settle, submission};
use crate::ground::Ground;
use crate::load::micros;
use crate::measure::{Fault, Sample, Side, take_turns};
use crate::postgres_es::{self, Framework, Snapshots};
use crate::report::{By, Finding, counted};

/// Events of the ledger, unless somebody chose.
const EVENTS: i64 = 100_000;

/// Commands sent at a time while the past is made.
const WAVE: i64 = 1_000;

pub struct ColdStart;

#[async_trait(?Send)]
impl Bench for ColdStart {
    fn name(&self) -> &'static str {
        "cold-start"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Arc::new(Ground::prepare(&field.database_url).await?);
        let executor = ground.executor().await?;
        let owners = settle(&executor, 1).await?;
        let owner = owners.first().ok_or("there is no ledger")?.clone();
        let events = field.events.unwrap_or(EVENTS);
        live(&executor, &owner, events).await?;
        let ledger = executor.inspect(Kind::CreditLedger, owner.clone(), json).await??;
        drop(executor);
        let mut sides: Vec<Box<dyn Side>> = vec![Box::new(Fresh { ground: ground.clone(), owner: owner.clone() })];
        for snapshots in [Snapshots::Without, Snapshots::With] {
            let framework = Framework::begin(&ground, snapshots, &owners, 1, Work::Consume).await?;
            if snapshots == Snapshots::With {
                postgres_es::leave_snapshot(&ground, &owner, events, &ledger).await?;
            }
            let name = match snapshots {
                Snapshots::Without => "postgres-es",
                Snapshots::With => "postgres-es with snapshots",
            };
            sides.push(Box::new(Once { name, framework }));
        }
        let sides = take_turns(sides, field).await?;
        if let Some(ground) = Arc::into_inner(ground) {
            ground.clear().await?;
        }
        let finding = Finding {
            bench: self.name(),
            what: format!("the first command to a ledger of {} events", counted(events)),
            sides,
            notes: vec!["target: with a million events below 50 ms".to_owned()],
            ..Finding::default()
        };
        Ok(finding.compare(By::P50, &[]))
    }
}

async fn live(executor: &Executor, owner: &Owner, events: i64) -> Result<(), Fault> {
    let command = Work::Consume.command()?;
    let mut done = 0;
    while done < events {
        let wave = WAVE.min(events - done);
        try_join_all((0..wave).map(|_| executor.execute(submission(owner.clone(), command.clone())))).await?;
        done += wave;
    }
    Ok(())
}

fn json(state: &State) -> Result<Value, String> {
    match state {
        State::CreditLedger(ledger) => serde_json::to_value(ledger).map_err(|fault| fault.to_string()),
        other => Err(format!("{other:?} is no ledger")),
    }
}

/// An executor that knows nothing yet, and one command.
struct Fresh {
    ground: Arc<Ground>,
    owner: Owner,
}

#[async_trait]
impl Side for Fresh {
    fn name(&self) -> &str {
        "tollgate"
    }

    async fn round(&mut self, _span: Duration) -> Result<Sample, Fault> {
        let executor = self.ground.executor().await?;
        let command = submission(self.owner.clone(), Work::Consume.command()?);
        let begun = Instant::now();
        executor.execute(command).await?;
        Ok(Sample { latencies: vec![micros(begun.elapsed())], ..Sample::since(begun, 1) })
    }
}

/// postgres-es keeps nothing between commands, so every one is the first.
struct Once {
    name: &'static str,
    framework: Framework,
}

#[async_trait]
impl Side for Once {
    fn name(&self) -> &str {
        self.name
    }

    async fn round(&mut self, _span: Duration) -> Result<Sample, Fault> {
        let begun = Instant::now();
        self.framework.call().await?;
        Ok(Sample { latencies: vec![micros(begun.elapsed())], ..Sample::since(begun, 1) })
    }
}
