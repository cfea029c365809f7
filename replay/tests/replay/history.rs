//! A log with some events, and its owner, who can change it and compute all hashes anew.

use domain::organization::Command as OrganizationCommand;
use domain::{Credits, ProductCode, credit_ledger};
use event_store::Executor;
use event_store::checkpoint::{Checkpoint, Notary, Signer};
use event_store::proof::inclusion::ProvedEvent;
use event_store::proof::{self, Hash};
use jiff::Timestamp;
use replay::connect::{self, Audit};
use replay::verify::{self, Finding};
use rust_decimal::Decimal;
use sqlx::PgPool;
use testkit::{TestDatabase, of, organization, product, send};
use tokio::task::JoinSet;
use uuid::Uuid;

/// What the log is made of.
const TABLES: [&str; 4] = ["heads", "events", "batches", "receipts"];

/// One batch an event, so that positions are the same at every run; then a few that go together as they happen to.
pub struct History {
    pub test: TestDatabase,
    pub executor: Executor,
    pub owner: PgPool,
}

impl History {
    pub async fn of_one_partition() -> Self {
        Self::of_partitions(1).await
    }

    pub async fn of_partitions(partitions: i32) -> Self {
        let test = TestDatabase::with_partitions(partitions).await;
        let executor = test.executor().await;
        send(&executor, product("agencia"), testkit::agencia()).await.unwrap();
        for id in ["pedro", "maria", "juan"] {
            send(&executor, of(id), register(id)).await.unwrap();
        }
        for _ in 0..8 {
            send(&executor, of("pedro"), top_up()).await.unwrap();
        }
        let owner = PgPool::connect(&test.url).await.unwrap();
        let history = Self { test, executor, owner };
        history.go_on(40).await;
        history
    }

    /// Tops up as many times, at once.
    pub async fn go_on(&self, count: usize) {
        let mut sent = JoinSet::new();
        for _ in 0..count {
            let executor = self.executor.clone();
            sent.spawn(async move { send(&executor, of("pedro"), top_up()).await.unwrap() });
        }
        sent.join_all().await;
    }

    pub async fn head(&self) -> i64 {
        self.test.log().head(0).await.unwrap().position
    }

    pub async fn audit(&self) -> Audit {
        connect::open_at(&self.test.url).await.unwrap()
    }

    /// What `tollgate-replay verify` does before it looks at projections.
    pub async fn verify(&self, checkpoints: &[Checkpoint]) -> Result<Vec<verify::Checked>, Finding> {
        verify::check(&self.audit().await, checkpoints).await
    }

    pub async fn sign(&self, partition: i32) -> Checkpoint {
        let mut notary = Notary::new(self.test.log(), signer());
        notary.sign(partition).await.unwrap().unwrap()
    }

    /// Does something as the owner, with the triggers off.
    pub async fn as_owner(&self, statements: &str) {
        let all = format!("SET session_replication_role = replica; {statements}; RESET session_replication_role");
        sqlx::raw_sql(&all).execute(&self.owner).await.unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    /// Copies the log as it is.
    pub async fn keep(&self) {
        let copies = TABLES.map(|table| format!("CREATE TABLE kept.{table} AS TABLE es.{table};"));
        self.as_owner(&format!("CREATE SCHEMA kept; {}", copies.concat())).await;
    }

    /// Brings back what was kept.
    pub async fn restore(&self) {
        let copies =
            TABLES.map(|table| format!("TRUNCATE es.{table}; INSERT INTO es.{table} SELECT * FROM kept.{table};"));
        self.as_owner(&copies.concat()).await;
    }

    /// Computes root and chain of every batch from a position on, and of the head, from the events as they are now.
    pub async fn cover_up(&self, from: i64) {
        let batches: Vec<(i64, i64)> =
            sqlx::query_as("SELECT first_position, last_position FROM es.batches ORDER BY last_position")
                .fetch_all(&self.owner)
                .await
                .unwrap();
        let mut chain = proof::GENESIS;
        for (first, last) in batches {
            let root = match last < from {
                true => self.stored_root(last).await,
                false => proof::root(&self.leaves(first, last).await),
            };
            chain = proof::chain(&chain, &root);
            let (root, chain) = (hex(&root), hex(&chain));
            self.as_owner(&format!(
                "UPDATE es.batches SET root = '{root}', chain = '{chain}' WHERE last_position = {last}"
            ))
            .await;
        }
        self.as_owner(&format!("UPDATE es.heads SET chain = '{}'", hex(&chain))).await;
    }

    async fn stored_root(&self, last: i64) -> Hash {
        let root: Vec<u8> = sqlx::query_scalar("SELECT root FROM es.batches WHERE last_position = $1")
            .bind(last)
            .fetch_one(&self.owner)
            .await
            .unwrap();
        root.try_into().unwrap()
    }

    async fn leaves(&self, first: i64, last: i64) -> Vec<Hash> {
        let rows: Vec<EventRow> = sqlx::query_as(
            "SELECT partition, position, event_id, (extract(epoch FROM recorded_at) * 1000000)::bigint AS micros,
                    organization, aggregate_type, aggregate_id, sequence, event_type, event_version,
                    payload::text, metadata::text
               FROM es.events WHERE position BETWEEN $1 AND $2 ORDER BY position",
        )
        .bind(first)
        .bind(last)
        .fetch_all(&self.owner)
        .await
        .unwrap();
        rows.into_iter().map(EventRow::leaf).collect()
    }
}

#[derive(sqlx::FromRow)]
struct EventRow {
    partition: i32,
    position: i64,
    event_id: Uuid,
    micros: i64,
    organization: Option<String>,
    aggregate_type: String,
    aggregate_id: String,
    sequence: i64,
    event_type: String,
    event_version: String,
    payload: String,
    metadata: String,
}

impl EventRow {
    fn leaf(self) -> Hash {
        let event = ProvedEvent {
            partition: self.partition,
            position: self.position,
            event_id: self.event_id,
            recorded_at: Timestamp::from_microsecond(self.micros).unwrap(),
            organization: self.organization,
            aggregate_type: self.aggregate_type,
            aggregate_id: self.aggregate_id,
            sequence: self.sequence,
            event_type: self.event_type,
            event_version: self.event_version,
            payload: self.payload,
            metadata: self.metadata,
        };
        event.leaf()
    }
}

fn hex(hash: &Hash) -> String {
    format!("\\x{}", proof::hex::encode(hash))
}

/// The key of these tests.
pub fn signer() -> Signer {
    Signer::from_seed(&[7; 32])
}

fn register(id: &str) -> OrganizationCommand {
    OrganizationCommand::Register {
        organization: organization(id),
        product: ProductCode::new("agencia").unwrap(),
        time_zone: "America/Bogota".to_owned().try_into().unwrap(),
        sponsor: None,
        environment: domain::organization::Environment::Live,
    }
}

fn top_up() -> credit_ledger::Command {
    credit_ledger::Command::TopUp { amount: Credits::positive(Decimal::ONE).unwrap(), reference: None }
}
