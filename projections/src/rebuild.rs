//! Rebuilds a projection beside the live one, then puts it in its place.
//!
//! ```text
//! live      ──fold──fold──fold──┐ waits for the lock ┌──fold──  goes on from the new checkpoint
//! rebuild   fold from 1 ...  ───┤ rest, exchange     │
//! readers   ── old table ───────┴────────────────────┴── new table
//! ```
//!
//! The exchange is one transaction: it locks the live checkpoints, folds what is left up to them, and moves the new
//! table into schema `read`. A reader sees the old table or the new one, never an empty one. It waits for readers only
//! a moment, because those who come later queue behind it; if the table stays in use, it steps back and tries again.

use std::time::Duration;

use event_store::feed::{CHUNK_EVENTS, shared};
use event_store::{Log, LogError, faults};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection, Executor as _};
use tokio::time::sleep;

use crate::ALL;
use crate::checkpoint;
use crate::projection::{AnyProjection, Outcome, Schema};

/// How long readers may be kept waiting by one try to exchange the tables.
const EXCHANGE_WAIT: &str = "SET LOCAL lock_timeout = '500ms'";

/// Tries before the table counts as busy for good: with the pause between them, about two minutes.
const EXCHANGES_MAX: u32 = 120;
const EXCHANGE_PAUSE: Duration = Duration::from_millis(500);

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The projection.
    pub projection: &'static str,
    /// Events that were folded.
    pub events: i64,
    /// Rows of the new table, as live folding found it.
    pub rows: i64,
    /// How far it is in each partition: partition, position.
    pub checkpoints: Vec<(i32, i64)>,
}

/// Why a projection was not rebuilt. The live one is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// There is no such projection.
    #[error("there is no projection {name}; there are {}", names.join(", "))]
    UnknownProjection {
        /// What was asked for.
        name: String,
        /// What there is.
        names: Vec<&'static str>,
    },
    /// Somebody else rebuilds it now.
    #[error("projection {name} is being rebuilt already")]
    AlreadyRunning {
        /// The projection.
        name: &'static str,
    },
    /// Readers held the table all the time.
    #[error("table read.{name} was in use at each of {EXCHANGES_MAX} tries to replace it")]
    TableInUse {
        /// The projection.
        name: &'static str,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The table cannot be written.
    #[error("the rebuilt table cannot be written")]
    Database(#[from] sqlx::Error),
}

/// Rebuilds a projection from the first event while the live one goes on, then puts it in its place.
pub async fn rebuild(pool: &PgPool, log: &Log, name: &str) -> Result<Report, RebuildError> {
    let unknown = || RebuildError::UnknownProjection { name: name.to_owned(), names: crate::names().collect() };
    let projection = ALL.iter().copied().find(|projection| projection.name() == name).ok_or_else(unknown)?;
    // A connection of its own, closed at the end whatever happens: it holds the claim.
    let mut connection = pool.acquire().await?.detach();
    claim(&mut connection, projection.name()).await?;
    let mut rebuild = Rebuild { projection, log, partitions: partitions(&mut connection).await? };

    rebuild.prepare(&mut connection).await?;
    rebuild.catch_up(&mut connection).await?;
    faults::point("rebuild.folded");
    connection.execute(format!("ANALYZE read_rebuild.{}", projection.name()).as_str()).await?;
    for _ in 0..EXCHANGES_MAX {
        rebuild.catch_up(&mut connection).await?;
        match rebuild.exchange(&mut connection).await {
            Ok(report) => return Ok(report),
            Err(RebuildError::Database(error)) if is_lock_timeout(&error) => sleep(EXCHANGE_PAUSE).await,
            Err(error) => return Err(error),
        }
    }
    Err(RebuildError::TableInUse { name: projection.name() })
}

/// One rebuild of a projection at a time, in all processes; the claim ends with the connection.
async fn claim(connection: &mut PgConnection, name: &'static str) -> Result<(), RebuildError> {
    let claimed: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended('rebuild ' || $1, 0))")
        .bind(name)
        .fetch_one(connection)
        .await?;
    if claimed { Ok(()) } else { Err(RebuildError::AlreadyRunning { name }) }
}

/// The partitions of the log: each has a head.
async fn partitions(connection: &mut PgConnection) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar("SELECT partition FROM es.heads ORDER BY partition").fetch_all(connection).await
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|refusal| refusal.code()).is_some_and(|code| code == "55P03")
}

struct Rebuild<'a> {
    projection: &'static dyn AnyProjection,
    log: &'a Log,
    partitions: Vec<i32>,
}

impl Rebuild<'_> {
    /// Makes the new table, empty, in the shape of the live one and with its grants.
    async fn prepare(&mut self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let name = self.projection.name();
        let mut transaction = connection.begin().await?;
        transaction.execute(format!("DROP TABLE IF EXISTS read_rebuild.{name}").as_str()).await?;
        transaction
            .execute(format!("CREATE TABLE read_rebuild.{name} (LIKE read.{name} INCLUDING ALL)").as_str())
            .await?;
        let grants: Vec<String> =
            sqlx::query_scalar(include_str!("rebuild/grants.sql")).bind(name).fetch_all(&mut *transaction).await?;
        for grant in grants {
            transaction.execute(grant.as_str()).await?;
        }
        sqlx::query("DELETE FROM read_rebuild.checkpoints WHERE projection = $1")
            .bind(name)
            .execute(&mut *transaction)
            .await?;
        for schema in [Schema::Live, Schema::Rebuild] {
            checkpoint::ensure(&mut transaction, schema.name(), name, &self.partitions).await?;
        }
        transaction.commit().await
    }

    /// Folds up to the head of every partition, as it is when the reading gets there.
    async fn catch_up(&self, connection: &mut PgConnection) -> Result<(), RebuildError> {
        for (partition, position) in self.positions(connection, Schema::Rebuild).await? {
            self.fold_until(connection, partition, position, i64::MAX).await?;
        }
        Ok(())
    }

    /// Folds from a position on, until `wanted` is reached or the log ends.
    async fn fold_until(
        &self,
        connection: &mut PgConnection,
        partition: i32,
        mut position: i64,
        wanted: i64,
    ) -> Result<(), RebuildError> {
        let mut scan = self.log.scan(partition, position, CHUNK_EVENTS);
        while position < wanted {
            let Some(chunk) = scan.next().await? else { return Ok(()) };
            let events = shared(chunk.events);
            let Some(last) = events.last() else { continue };
            match self.projection.fold(connection, Schema::Rebuild, partition, &events).await? {
                Outcome::Folded => position = last.position,
                Outcome::Elsewhere { checkpoint } => {
                    position = checkpoint;
                    scan = self.log.scan(partition, position, CHUNK_EVENTS);
                }
            }
        }
        Ok(())
    }

    /// Puts the new table in the place of the live one. Live folding stands still meanwhile, at its checkpoints.
    async fn exchange(&self, connection: &mut PgConnection) -> Result<Report, RebuildError> {
        let name = self.projection.name();
        let mut transaction = connection.begin().await?;
        transaction.execute(EXCHANGE_WAIT).await?;
        let live = self.lock_live(&mut transaction).await?;
        let rebuilt = self.positions(&mut transaction, Schema::Rebuild).await?;
        // The new table must know all that was seen in the live one: somebody may have been promised that much.
        for ((partition, wanted), (_, position)) in live.into_iter().zip(rebuilt) {
            self.fold_until(&mut transaction, partition, position, wanted).await?;
        }
        let checkpoints = self.positions(&mut transaction, Schema::Rebuild).await?;
        sqlx::query(include_str!("rebuild/checkpoints.sql")).bind(name).execute(&mut *transaction).await?;
        transaction.execute(format!("DROP TABLE read.{name}").as_str()).await?;
        transaction.execute(format!("ALTER TABLE read_rebuild.{name} SET SCHEMA read").as_str()).await?;
        faults::point("rebuild.before_exchange");
        transaction.commit().await?;
        faults::point("rebuild.exchanged");
        let count = format!("SELECT count(*) FROM read.{name}");
        let rows = sqlx::query_scalar(&count).fetch_one(connection).await?;
        let events = checkpoints.iter().map(|(_, position)| position).sum();
        Ok(Report { projection: name, events, rows, checkpoints })
    }

    /// Locks the live checkpoints in the order in which live folding locks them.
    async fn lock_live(&self, connection: &mut PgConnection) -> Result<Vec<(i32, i64)>, sqlx::Error> {
        sqlx::query_as(
            "SELECT partition, position FROM read.checkpoints WHERE projection = $1 ORDER BY partition FOR UPDATE",
        )
        .bind(self.projection.name())
        .fetch_all(connection)
        .await
    }

    async fn positions(&self, connection: &mut PgConnection, schema: Schema) -> Result<Vec<(i32, i64)>, sqlx::Error> {
        let schema = schema.name();
        sqlx::query_as(&format!(
            "SELECT partition, position FROM {schema}.checkpoints WHERE projection = $1 ORDER BY partition"
        ))
        .bind(self.projection.name())
        .fetch_all(connection)
        .await
    }
}
