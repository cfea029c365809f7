//! One ledger that everybody wants.

use std::sync::Arc;

use async_trait::async_trait;
use domain::stream::Owner;
use event_store::Executor;
use futures::future::try_join_all;

use super::{Bench, FRAMEWORK_CLIENTS, Field, IN_FLIGHT, LEDGERS};
use crate::customers::{Work, settle, submission};
use crate::ground::Ground;
use crate::measure::{Fault, Side, take_turns};
use crate::postgres_es::{Framework, Snapshots};
use crate::raw::{Raw, Way};
use crate::report::{By, Finding};
use crate::stores::Tollgate;

/// Events the ledger has before: postgres-es reads all of them for every command, and a ledger that is busy has a past.
const EVENTS: usize = 200;

pub struct StoreHot;

#[async_trait(?Send)]
impl Bench for StoreHot {
    fn name(&self) -> &'static str {
        "store-hot"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let executor = ground.executor().await?;
        let all = settle(&executor, LEDGERS).await?;
        let hot: Arc<[Owner]> = all.iter().take(1).cloned().collect();
        live(&executor, &hot, field.work).await?;
        let begin = |snapshots| Framework::begin(&ground, snapshots, &hot, FRAMEWORK_CLIENTS, field.work);
        let (plain, with_snapshots) = (begin(Snapshots::Without).await?, begin(Snapshots::With).await?);
        let uniform = Tollgate::begin("tollgate on 1,000 ledgers", &executor, &all, IN_FLIGHT, field.work)?;
        let sides: Vec<Box<dyn Side>> = vec![
            Box::new(Tollgate::begin("tollgate, 1,024 in flight", &executor, &hot, IN_FLIGHT, field.work)?),
            Box::new(uniform),
            Box::new(plain),
            Box::new(with_snapshots),
            Box::new(Raw::begin(&ground, Way::Unnest, 1).await?),
            Box::new(Raw::begin(&ground, Way::Copy, 1).await?),
        ];
        let sides = take_turns(sides, field).await?;
        ground.clear().await?;
        let finding = Finding {
            bench: self.name(),
            what: format!("one command to one ledger that had {EVENTS} events before"),
            unit: Some("commands"),
            sides,
            ..Finding::default()
        };
        Ok(finding.compare(By::Rate, &[Some("at least 0.9")]))
    }
}

async fn live(executor: &Executor, hot: &[Owner], work: Work) -> Result<(), Fault> {
    let command = work.command()?;
    let owner = hot.first().ok_or("there is no ledger")?;
    try_join_all((0..EVENTS).map(|_| executor.execute(submission(owner.clone(), command.clone())))).await?;
    Ok(())
}
