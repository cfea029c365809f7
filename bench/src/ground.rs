//! A database of a bench's own, with an event store, dropped when the bench is over.

use event_store::{Database, Executor, Log, Role};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection, Executor as _};
use uuid::Uuid;

use crate::measure::Fault;

/// Connections of a bench's own pools.
const CONNECTIONS_MAX: u32 = 24;

/// A database with an empty event store.
pub struct Ground {
    /// The database, as the engine uses it.
    pub database: Database,
    url: String,
    server_url: String,
    name: String,
}

impl Ground {
    /// Makes one.
    pub async fn prepare(server_url: &str) -> Result<Self, Fault> {
        let name = format!("bench_{}", Uuid::now_v7().simple());
        let mut server = PgConnection::connect(server_url).await?;
        server.execute(format!("CREATE DATABASE {name}").as_str()).await?;
        let (address, _) = server_url.rsplit_once('/').ok_or("the server's address names no database")?;
        let url = format!("{address}/{name}");
        let database = Database::at(&url)?;
        database.migrate(1).await?;
        Ok(Self { database, url, server_url: server_url.to_owned(), name })
    }

    /// A connection that may do everything.
    pub async fn owner(&self) -> Result<PgConnection, Fault> {
        Ok(PgConnection::connect(&self.url).await?)
    }

    /// The address, with all rights.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A pool as the engine has it.
    pub fn pool(&self) -> PgPool {
        self.database.pool(Role::Engine, CONNECTIONS_MAX)
    }

    /// The log, for reading.
    pub fn log(&self) -> Log {
        Log::new(self.pool())
    }

    /// An executor of its own, as a fresh process has it.
    pub async fn executor(&self) -> Result<Executor, Fault> {
        Ok(Executor::start(&self.database).await?)
    }

    /// Drops the database, whoever is connected.
    pub async fn clear(self) -> Result<(), Fault> {
        let mut server = PgConnection::connect(&self.server_url).await?;
        server.execute(format!("DROP DATABASE {} WITH (FORCE)", self.name).as_str()).await?;
        Ok(())
    }
}
