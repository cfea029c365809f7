//! Our side of the store benches: commands through the executor, each waiting for its durable answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::credit_ledger;
use domain::stream::Owner;
use event_store::Executor;

use crate::customers::{Work, submission};
use crate::load::{Client, Dice, closed_loop};
use crate::measure::{Fault, Sample, Side};

/// So many commands in flight.
pub struct Tollgate {
    name: String,
    clients: Vec<Caller>,
}

impl Tollgate {
    /// Clients that choose one of the ledgers for every command.
    pub fn begin(
        name: impl Into<String>,
        executor: &Executor,
        ledgers: &Arc<[Owner]>,
        in_flight: usize,
        work: Work,
    ) -> Result<Self, Fault> {
        let command = work.command()?;
        let caller = |number| Caller {
            executor: executor.clone(),
            ledgers: ledgers.clone(),
            dice: Dice::new(number),
            command: command.clone(),
        };
        Ok(Self { name: name.into(), clients: (0..in_flight).map(caller).collect() })
    }
}

#[async_trait]
impl Side for Tollgate {
    fn name(&self) -> &str {
        &self.name
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        closed_loop(&mut self.clients, span).await
    }
}

struct Caller {
    executor: Executor,
    ledgers: Arc<[Owner]>,
    dice: Dice,
    command: credit_ledger::Command,
}

impl Client for Caller {
    async fn call(&mut self) -> Result<u64, Fault> {
        let ledger = self.ledgers.get(self.dice.throw(self.ledgers.len())).ok_or("there is no ledger")?;
        self.executor.execute(submission(ledger.clone(), self.command.clone())).await?;
        Ok(0)
    }
}
