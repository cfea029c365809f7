//! One client that waits for every answer: what a command costs when nobody else is there to share with.

use async_trait::async_trait;

use super::{Bench, Field, LEDGERS};
use crate::customers::{settle, submission};
use crate::ground::Ground;
use crate::measure::{Fault, Side, take_turns};
use crate::postgres_es::{Framework, Snapshots};
use crate::raw::{Raw, Way};
use crate::report::{By, Finding};
use crate::stores::Tollgate;

pub struct StoreLatency;

#[async_trait(?Send)]
impl Bench for StoreLatency {
    fn name(&self) -> &'static str {
        "store-latency"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let executor = ground.executor().await?;
        let ledgers = settle(&executor, LEDGERS).await?;
        for ledger in ledgers.iter() {
            executor.execute(submission(ledger.clone(), field.work.command()?)).await?;
        }
        let sides: Vec<Box<dyn Side>> = vec![
            Box::new(Tollgate::begin("tollgate, 1 client", &executor, &ledgers, 1, field.work)?),
            Box::new(Raw::begin(&ground, Way::Single, LEDGERS).await?),
            Box::new(Framework::begin(&ground, Snapshots::Without, &ledgers, 1, field.work).await?),
        ];
        let sides = take_turns(sides, field).await?;
        ground.clear().await?;
        let finding = Finding {
            bench: self.name(),
            what: "one command at a time".to_owned(),
            unit: Some("commands"),
            sides,
            ..Finding::default()
        };
        Ok(finding.compare(By::P50, &[Some("at most 1.5")]))
    }
}
