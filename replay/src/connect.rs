//! Connecting with a role that can only read.

use std::path::{Path, PathBuf};

use event_store::{Database, DatabaseError, Log, Role};
use sqlx::postgres::PgPool;

/// Where the log is
#[derive(Debug, clap::Args)]
pub struct Source {
    /// Address of the database; without it, that of the servers `tollgate up` started in --data
    #[arg(long, value_name = "URL", env = "TOLLGATE_AUDIT_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Data folder of `tollgate up`
    #[arg(long, value_name = "DIR", default_value = ".tollgate/data")]
    data: PathBuf,
}

/// Why there is nothing to audit.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nobody said where the log is.
    #[error(
        "no database was named, and {} cannot be read: {source}; run `tollgate up` first, or give --database-url",
        path.display()
    )]
    NoAddress {
        /// Where `tollgate up` would have left the address.
        path: PathBuf,
        /// Why it cannot be read.
        source: std::io::Error,
    },
    /// Postgres cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The login has more rights than an auditor's.
    #[error("the role {role} may write to {table}; an auditor's may only read")]
    MayWrite {
        /// The role.
        role: String,
        /// A table it may write to.
        table: String,
    },
}

/// A log, and the projections beside it.
pub struct Audit {
    /// The log.
    pub log: Log,
    /// What reads the projections.
    pub pool: PgPool,
    /// Both of them.
    pub database: Database,
}

impl Source {
    /// The data folder of `tollgate up`.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }
}

/// Connects, and makes sure that nothing can be written.
pub async fn open(source: &Source) -> Result<Audit, ConnectError> {
    let path = source.data.join("audit.url");
    let url = match &source.database_url {
        Some(url) => url.clone(),
        None => std::fs::read_to_string(&path).map_err(|source| ConnectError::NoAddress { path, source })?,
    };
    open_at(url.trim()).await
}

/// The same, at an address.
pub async fn open_at(url: &str) -> Result<Audit, ConnectError> {
    let database = Database::at(url)?;
    let pool = database.pool(Role::Auditor, 4);
    if let Err(error) = refuse_writers(&pool).await {
        // That there is no log, or the wrong server, is the better word.
        return Err(database.partitions().await.err().map_or(error, ConnectError::from));
    }
    Ok(Audit { log: Log::new(pool.clone()), pool, database })
}

async fn refuse_writers(pool: &PgPool) -> Result<(), ConnectError> {
    let writable: Option<(String, String)> =
        sqlx::query_as(include_str!("connect/writable.sql")).fetch_optional(pool).await.map_err(DatabaseError::from)?;
    match writable {
        Some((role, table)) => Err(ConnectError::MayWrite { role, table }),
        None => Ok(()),
    }
}
