//! Many ledgers at once: the most commands a second.

use async_trait::async_trait;

use super::{Bench, FRAMEWORK_CLIENTS, Field, IN_FLIGHT, LEDGERS};
use crate::customers::{settle, submission};
use crate::ground::Ground;
use crate::measure::{Fault, Side, take_turns};
use crate::postgres_es::{Framework, Snapshots};
use crate::raw::{Raw, Way};
use crate::report::{By, Finding};
use crate::stores::Tollgate;

pub struct StoreUniform;

#[async_trait(?Send)]
impl Bench for StoreUniform {
    fn name(&self) -> &'static str {
        "store-uniform"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let executor = ground.executor().await?;
        let ledgers = settle(&executor, LEDGERS).await?;
        for ledger in ledgers.iter().take(1) {
            executor.execute(submission(ledger.clone(), field.work.command()?)).await?;
        }
        let framework = Framework::begin(&ground, Snapshots::Without, &ledgers, FRAMEWORK_CLIENTS, field.work).await?;
        let sides: Vec<Box<dyn Side>> = vec![
            Box::new(Tollgate::begin("tollgate, 1,024 in flight", &executor, &ledgers, IN_FLIGHT, field.work)?),
            Box::new(framework),
            Box::new(Raw::begin(&ground, Way::Unnest, LEDGERS).await?),
            Box::new(Raw::begin(&ground, Way::Copy, LEDGERS).await?),
        ];
        let sides = take_turns(sides, field).await?;
        ground.clear().await?;
        let finding = Finding {
            bench: self.name(),
            what: "one command to one of 1,000 ledgers".to_owned(),
            unit: Some("commands"),
            sides,
            notes: vec!["target: p99 at most 50 ms".to_owned()],
            ..Finding::default()
        };
        Ok(finding.compare(By::Rate, &[Some("at least 25"), Some("at least 0.6")]))
    }
}
