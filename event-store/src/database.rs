//! Connecting to Postgres, as the role that fits the work; migrations; how many partitions there are.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor as _};

/// The oldest Postgres that is supported, as `server_version_num`.
pub const SERVER_VERSION_MIN: i32 = 150_000;

/// How long a pool waits for a connection before it reports Postgres as away.
const ACQUIRE_SECONDS_MAX: u64 = 3;

/// Why Postgres cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The address cannot be read, the server is away, or it refused.
    #[error("postgres cannot be used")]
    Unreachable(#[from] sqlx::Error),
    /// The server is too old.
    #[error("postgres {found} is older than version 15")]
    TooOld {
        /// What the server says it is.
        found: String,
    },
    /// A migration failed.
    #[error("the database cannot be migrated")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The log was made with another number of partitions.
    #[error("the log has {found} partitions, {wanted} were asked for; the number is fixed when the log is made")]
    OtherPartitions {
        /// Partitions of the log.
        found: i64,
        /// Partitions that were asked for.
        wanted: i32,
    },
    /// Nobody ran the migrations.
    #[error("the database has no event store; run `tollgate migrate`")]
    NotMigrated,
}

/// The rights a connection works with, whoever it logged in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Appends to the log, owns projections and to-do rows; may not change the log.
    Engine,
    /// Reads the log and the projections; writes nothing.
    Auditor,
}

impl Role {
    fn statement(self) -> &'static str {
        match self {
            Self::Engine => "SET ROLE tollgate_engine",
            Self::Auditor => "SET ROLE tollgate_auditor; SET default_transaction_read_only = on",
        }
    }
}

/// A Postgres database with an event store.
#[derive(Debug, Clone)]
pub struct Database {
    options: PgConnectOptions,
}

impl Database {
    /// Reads an address such as `postgres://user:password@host:5432/database`.
    pub fn at(url: &str) -> Result<Self, DatabaseError> {
        let options = PgConnectOptions::from_str(url)?;
        // A handler that is dropped half way must not leave a transaction open for ever.
        Ok(Self { options: options.options([("idle_in_transaction_session_timeout", "60s")]) })
    }

    /// One connection of its own.
    pub async fn connect(&self, role: Role) -> Result<PgConnection, DatabaseError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        connection.execute(role.statement()).await?;
        Ok(connection)
    }

    /// A pool that connects when it is first used.
    #[must_use]
    pub fn pool(&self, role: Role, connections_max: u32) -> PgPool {
        PgPoolOptions::new()
            .max_connections(connections_max)
            .acquire_timeout(Duration::from_secs(ACQUIRE_SECONDS_MAX))
            .after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(role.statement()).await.map(|_| ()) })
            })
            .connect_lazy_with(self.options.clone())
    }

    /// Brings the schema up to date and fixes the number of partitions. Safe to repeat, and to run twice at once.
    pub async fn migrate(&self, partitions: i32) -> Result<(), DatabaseError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        check_version(&mut connection).await?;
        sqlx::migrate!("../migrations").run(&mut connection).await?;
        sqlx::query(
            "INSERT INTO es.heads (partition) SELECT generate_series(0, $1 - 1)
             WHERE NOT EXISTS (SELECT FROM es.heads) ON CONFLICT DO NOTHING",
        )
        .bind(partitions)
        .execute(&mut connection)
        .await?;
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM es.heads").fetch_one(&mut connection).await?;
        if found != i64::from(partitions) {
            return Err(DatabaseError::OtherPartitions { found, wanted: partitions });
        }
        Ok(())
    }

    /// How many partitions the log has.
    pub async fn partitions(&self) -> Result<i32, DatabaseError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        check_version(&mut connection).await?;
        let made: bool =
            sqlx::query_scalar("SELECT to_regclass('es.heads') IS NOT NULL").fetch_one(&mut connection).await?;
        if !made {
            return Err(DatabaseError::NotMigrated);
        }
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM es.heads").fetch_one(&mut connection).await?;
        i32::try_from(found).ok().filter(|count| *count > 0).ok_or(DatabaseError::NotMigrated)
    }
}

async fn check_version(connection: &mut PgConnection) -> Result<(), DatabaseError> {
    let (number, found): (i32, String) =
        sqlx::query_as("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
            .fetch_one(connection)
            .await?;
    if number < SERVER_VERSION_MIN {
        return Err(DatabaseError::TooOld { found });
    }
    Ok(())
}
