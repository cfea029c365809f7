//! Connecting with a role that can only read.

use std::path::PathBuf;

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
    #[error(
        "no database was named, and {} cannot be read: {source}; run `tollgate up` first, or give --database-url",
        path.display()
    )]
    NoAddress { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the role {role} may write to {table}; an auditor's may only read")]
    MayWrite { role: String, table: String },
}

/// A log, and the projections beside it.
pub struct Audit {
    pub log: Log,
    pub pool: PgPool,
    pub partitions: i32,
}

/// Connects, and makes sure that nothing can be written.
pub async fn open(source: &Source) -> Result<Audit, ConnectError> {
    let path = source.data.join("audit.url");
    let url = match &source.database_url {
        Some(url) => url.clone(),
        None => std::fs::read_to_string(&path).map_err(|source| ConnectError::NoAddress { path, source })?,
    };
    let database = Database::at(url.trim())?;
    let partitions = database.partitions().await?;
    let pool = database.pool(Role::Auditor, 4);
    refuse_writers(&pool).await?;
    Ok(Audit { log: Log::new(pool.clone()), pool, partitions })
}

async fn refuse_writers(pool: &PgPool) -> Result<(), ConnectError> {
    let writable: Option<(String, String)> =
        sqlx::query_as(include_str!("connect/writable.sql")).fetch_optional(pool).await.map_err(DatabaseError::from)?;
    match writable {
        Some((role, table)) => Err(ConnectError::MayWrite { role, table }),
        None => Ok(()),
    }
}
