//! The opponent: `cqrs-es` with `postgres-es`, its own tables and indexes, and the very aggregate that ours decides with.
//!
//! What it promises less: no receipts, so a retry is applied twice; no order over all streams; no proof. A command that
//! loses to another one is tried again, as its documentation advises.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cqrs_es::AggregateError;
use domain::Context;
use domain::credit_ledger::{self, CreditLedger};
use domain::stream::Owner;
use jiff::Timestamp;
use postgres_es::{PostgresCqrs, postgres_cqrs, postgres_snapshot_cqrs};
use serde_json::Value;
use sqlx::Executor as _;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::customers::{self, Work};
use crate::ground::Ground;
use crate::load::{Client, Dice, closed_loop};
use crate::measure::{Fault, Sample, Side};

/// Events between two of its snapshots.
const SNAPSHOT_EVENTS: usize = 100;

/// The tables of postgres-es 0.5, word for word from its `db/init.sql`.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS public.events (
        aggregate_type text NOT NULL, aggregate_id text NOT NULL, sequence bigint CHECK (sequence >= 0) NOT NULL,
        event_type text NOT NULL, event_version text NOT NULL, payload json NOT NULL, metadata json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence));
    CREATE TABLE IF NOT EXISTS public.snapshots (
        aggregate_type text NOT NULL, aggregate_id text NOT NULL,
        last_sequence bigint CHECK (last_sequence >= 0) NOT NULL,
        current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL, payload json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, last_sequence));";

/// Does it read all events of a stream for every command, or only those since its last snapshot?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Snapshots {
    /// All events.
    Without,
    /// Those since the last snapshot.
    With,
}

impl Snapshots {
    fn schema(self) -> &'static str {
        match self {
            Self::Without => "es_plain",
            Self::With => "es_snapshots",
        }
    }
}

/// Leaves a snapshot as postgres-es would have left it with the newest event, so that it need not write as many more
/// events first.
pub async fn leave_snapshot(ground: &Ground, ledger: &Owner, sequence: i64, state: &Value) -> Result<(), Fault> {
    let schema = Snapshots::With.schema();
    sqlx::query(&format!("INSERT INTO {schema}.snapshots VALUES ('credit_ledger', $1, $2, 1, $3)"))
        .bind(ledger.as_str())
        .bind(sequence)
        .bind(state)
        .execute(&mut ground.owner().await?)
        .await?;
    Ok(())
}

/// The framework on its own tables, in the same database as ours.
pub struct Framework {
    name: String,
    clients: Vec<Caller>,
}

impl Framework {
    /// So many clients, each with a connection of its own. The ledgers' events so far are copied from our log, so both
    /// begin with the same streams.
    pub async fn begin(
        ground: &Ground,
        snapshots: Snapshots,
        ledgers: &[Owner],
        clients: u32,
        work: Work,
    ) -> Result<Self, Fault> {
        let schema = snapshots.schema();
        let mut owner = ground.owner().await?;
        let tables = format!("CREATE SCHEMA {schema}; {}", TABLES.replace("public.", &format!("{schema}.")));
        owner.execute(tables.as_str()).await?;
        owner
            .execute(
                format!(
                    "INSERT INTO {schema}.events SELECT aggregate_type, aggregate_id, sequence, event_type,
                     event_version, payload, metadata FROM es.events WHERE aggregate_type = 'credit_ledger'"
                )
                .as_str(),
            )
            .await?;
        let search_path = format!("SET search_path = {schema}");
        let pool = PgPoolOptions::new()
            .min_connections(clients)
            .max_connections(clients)
            .after_connect(move |connection, _| {
                let search_path = search_path.clone();
                Box::pin(async move { connection.execute(search_path.as_str()).await.map(|_| ()) })
            })
            .connect(ground.url())
            .await?;
        let (cqrs, with) = match snapshots {
            Snapshots::Without => (postgres_cqrs(pool, Vec::new(), ()), ""),
            Snapshots::With => (postgres_snapshot_cqrs(pool, Vec::new(), SNAPSHOT_EVENTS, ()), " with snapshots"),
        };
        let (cqrs, ledgers) = (Arc::new(cqrs), Arc::<[Owner]>::from(ledgers));
        let (context, command) = (customers::context()?, work.command()?);
        let clients = (0..clients as usize).map(|number| Caller {
            cqrs: cqrs.clone(),
            ledgers: ledgers.clone(),
            dice: Dice::new(number),
            context: context.clone(),
            command: command.clone(),
        });
        let clients: Vec<Caller> = clients.collect();
        let who = if clients.len() == 1 { "1 client".to_owned() } else { format!("{} clients", clients.len()) };
        Ok(Self { name: format!("postgres-es{with}, {who}"), clients })
    }

    /// One command of one client.
    pub async fn call(&mut self) -> Result<(), Fault> {
        let client = self.clients.first_mut().ok_or("there is no client")?;
        client.call().await.map(|_| ())
    }
}

#[async_trait]
impl Side for Framework {
    fn name(&self) -> &str {
        &self.name
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        closed_loop(&mut self.clients, span).await
    }
}

struct Caller {
    cqrs: Arc<PostgresCqrs<CreditLedger>>,
    ledgers: Arc<[Owner]>,
    dice: Dice,
    context: Context,
    command: credit_ledger::Command,
}

impl Client for Caller {
    async fn call(&mut self) -> Result<u64, Fault> {
        let ledger = self.ledgers.get(self.dice.throw(self.ledgers.len())).ok_or("there is no ledger")?;
        for conflicts in 0.. {
            let now = Timestamp::now();
            let context = Context { now, seed: Uuid::now_v7(), ..self.context.clone() };
            match self.cqrs.execute(ledger.as_str(), (self.command.clone(), context)).await {
                Ok(()) => return Ok(conflicts),
                Err(AggregateError::AggregateConflict) => {}
                Err(fault) => return Err(format!("postgres-es: {fault}").into()),
            }
        }
        Ok(0)
    }
}
