//! Connecting to Postgres, as the role that fits the work; migrations; how many partitions there are.
//!
//! Before any work begins, the server and the schema are looked at: an engine that cannot do its work refuses to
//! start, and says in one sentence what was found and what to do.

mod fitness;

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection, Executor as _};

use fitness::MIGRATIONS;

/// How long a pool waits for a connection before it reports Postgres as away.
const ACQUIRE_SECONDS_MAX: u64 = 3;

/// Why Postgres cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The address cannot be read, the server is away, or it refused.
    #[error("postgres cannot be used")]
    Unreachable(#[from] sqlx::Error),
    /// The server is too old.
    #[error("postgres {found} is older than version 15; move the database to a newer server")]
    TooOld {
        /// What the server says it is.
        found: String,
    },
    /// The server follows another one.
    #[error("postgres is a standby and takes no writes; name its primary")]
    Standby,
    /// The database, the login or the server was set to take no writes.
    #[error(
        "the database is read-only: default_transaction_read_only is on for it, for the login or for the server; \
         turn it off"
    )]
    ReadOnly,
    /// A later release has migrated the schema.
    #[error("the schema has migration {found}, this release knows those up to {known}; run the release that made it")]
    SchemaNewer {
        /// The newest migration of the schema.
        found: i64,
        /// The newest migration of this release.
        known: i64,
    },
    /// This release has migrations that were not run.
    #[error("the schema lacks migration {missing} of this release; run `tollgate migrate`")]
    SchemaOlder {
        /// The first migration that was not run.
        missing: i64,
    },
    /// The schema was made by a build between two releases.
    #[error("migration {version} of the schema is not that of this release; run the release that made it")]
    SchemaDiffers {
        /// The first migration that differs.
        version: i64,
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
        fitness::check_server(&mut connection).await?;
        fitness::check_known(&fitness::applied(&mut connection).await?)?;
        MIGRATIONS.run(&mut connection).await?;
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

    /// How many partitions the log has. Refuses a server or a schema that an engine cannot work with.
    pub async fn partitions(&self) -> Result<i32, DatabaseError> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        fitness::check_server(&mut connection).await?;
        let applied = fitness::applied(&mut connection).await?;
        if applied.is_empty() {
            return Err(DatabaseError::NotMigrated);
        }
        fitness::check_known(&applied)?;
        fitness::check_complete(&applied)?;
        let found: i64 = sqlx::query_scalar("SELECT count(*) FROM es.heads").fetch_one(&mut connection).await?;
        i32::try_from(found).ok().filter(|count| *count > 0).ok_or(DatabaseError::NotMigrated)
    }
}
