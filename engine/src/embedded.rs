//! A private PostgreSQL and nats-server, run as child processes, so that one command is all it takes to try Tollgate,
//! to develop on it and to test it.
//!
//! - Both listen on 127.0.0.1 only, on free ports that are chosen once and remembered, with random passwords.
//! - One data folder serves one process at a time ([`EmbeddedError::Locked`] names the other).
//! - A child that ends while its parent lives is started again, on the same port. Children left behind by a parent that
//!   was killed are found by the next start and ended before it begins.
//! - A server given by its URL is checked for its version and never started, stopped or configured.
//!
//! Inside the data folder: `lock`, and per server a folder `postgres/` or `nats/` (its data), a `.json` file with its
//! port and passwords (readable by the owner only), a `.lock`, and a `.log` with what it printed.

mod cluster;
mod error;
mod external;
mod folder;
mod nats;
mod postgres;
mod process;
mod programs;
mod supervisor;
mod unprivileged;

use std::path::{Path, PathBuf};

use tokio::sync::broadcast;

pub use self::error::EmbeddedError;
use self::folder::Lock;
pub use self::nats::Nats;
pub use self::postgres::Postgres;
pub use self::process::Server;
pub use self::supervisor::Ending;
use self::supervisor::Supervisor;

/// The environment variable that names a PostgreSQL to use instead of the embedded one.
pub const DATABASE_URL_VARIABLE: &str = "TOLLGATE_DATABASE_URL";
/// The environment variable that names a NATS server to use instead of the embedded one.
pub const NATS_URL_VARIABLE: &str = "TOLLGATE_NATS_URL";

/// Where the servers live and which of them are ours to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data folder; created when absent.
    pub data: PathBuf,
    /// Where `dev` unpacks `nats-server` when the machine has none that is new enough.
    pub tools: PathBuf,
    /// An existing PostgreSQL to use instead of a private one.
    pub database_url: Option<String>,
    /// An existing NATS server to use instead of a private one.
    pub nats_url: Option<String>,
    /// What a power cut may take.
    pub durability: Durability,
}

/// What a power cut may take from the embedded PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Nothing that was acknowledged.
    Full,
    /// Everything: PostgreSQL never waits for the disk. For tests, whose data nobody misses. The death of a process,
    /// ours or PostgreSQL's, still loses nothing.
    Relaxed,
}

/// The two servers Tollgate needs, running and kept running until [`Servers::stop`].
#[derive(Debug)]
pub struct Servers {
    database_url: String,
    nats_url: String,
    postgres: Option<Supervisor>,
    nats: Option<Supervisor>,
    endings: broadcast::Sender<Ending>,
    _lock: Lock,
}

impl Servers {
    /// Starts what `options` does not name by URL, and returns when both servers accept connections.
    ///
    /// # Errors
    /// When the data folder is in use, a program is missing or too old, or a server does not come up in time. What had
    /// been started by then is stopped.
    pub async fn start(options: &Options) -> Result<Self, EmbeddedError> {
        let lock = Lock::take(&folder::create(&options.data)?, "lock")?;
        let (endings, _) = broadcast::channel(16);

        let (database_url, postgres) = match &options.database_url {
            Some(url) => external::check_postgres(url).await.map(|()| (url.clone(), None))?,
            None => {
                let server = Postgres::start(options).await?;
                (server.url().to_owned(), Some(server.supervised(endings.clone())))
            }
        };
        let nats = match &options.nats_url {
            Some(url) => external::check_nats(url).await.map(|()| (url.clone(), None)),
            None => Nats::start(options).await.map(|server| {
                let url = server.url().to_owned();
                (url, Some(server.supervised(endings.clone())))
            }),
        };
        let (nats_url, nats) = match nats {
            Ok(nats) => nats,
            Err(error) => {
                if let Some(postgres) = postgres {
                    postgres.stop().await;
                }
                return Err(error);
            }
        };
        Ok(Self { database_url, nats_url, postgres, nats, endings, _lock: lock })
    }

    /// Deletes the data of the embedded servers, for a run that must begin with nothing. Of the data folder only what is
    /// theirs is deleted.
    ///
    /// # Errors
    /// When the folder is in use, or something cannot be deleted.
    pub async fn erase(data: &Path) -> Result<(), EmbeddedError> {
        let data = folder::create(data)?;
        let _lock = Lock::take(&data, "lock")?;
        Nats::erase(&data).await?;
        Postgres::erase(&data).await
    }

    /// `postgres://` URL of the database, with a role that may do everything when the server is embedded.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// `nats://` URL, with the user `engine` when the server is embedded.
    #[must_use]
    pub fn nats_url(&self) -> &str {
        &self.nats_url
    }

    /// The process id of the embedded PostgreSQL; `None` when it is not ours or is just being restarted.
    #[must_use]
    pub fn postgres_pid(&self) -> Option<u32> {
        self.postgres.as_ref().and_then(Supervisor::pid)
    }

    /// The process id of the embedded nats-server; `None` when it is not ours or is just being restarted.
    #[must_use]
    pub fn nats_pid(&self) -> Option<u32> {
        self.nats.as_ref().and_then(Supervisor::pid)
    }

    /// Reports every server that ended without being asked to. It is being restarted by then; nothing need be done.
    #[must_use]
    pub fn endings(&self) -> broadcast::Receiver<Ending> {
        self.endings.subscribe()
    }

    /// Stops NATS, then PostgreSQL, and waits for both to have ended.
    pub async fn stop(self) {
        // NATS first: nothing may be relayed from a database that is going away.
        if let Some(nats) = self.nats {
            nats.stop().await;
        }
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}
