//! The embedded PostgreSQL.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::cluster::Cluster;
use super::folder::{self, Lock};
use super::process::{Launch, Process, Server};
use super::supervisor::{Ending, Supervisor};
use super::unprivileged::User;
use super::{Durability, EmbeddedError, Options, programs};

/// The role, which may do everything, and the database.
const NAME: &str = "tollgate";
const MEMORY: &str = "postgres.json";
/// A start may fail for reasons that pass: the port was taken since it was chosen, or the last children of a killed
/// PostgreSQL are still letting go of its memory.
const STARTS_MAX: u32 = 4;

/// What one start leaves for the next.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    port: Option<u16>,
    password: String,
    /// The folder the database is in, when that is not the data folder.
    elsewhere: Option<PathBuf>,
}

impl Remembered {
    fn new(data: &Path, user: Option<User>) -> Self {
        Self { port: None, password: folder::new_password(), elsewhere: Cluster::elsewhere(data, user) }
    }

    fn place(&self, data: &Path) -> PathBuf {
        self.elsewhere.as_deref().unwrap_or(data).join("postgres")
    }
}

/// A private PostgreSQL with a database `tollgate`, unsupervised: it stays down when it goes down.
#[derive(Debug)]
pub struct Postgres {
    process: Process,
    lock: Lock,
}

impl Postgres {
    /// Starts it on the data folder's port, creating the database at the first time, and returns when it accepts
    /// connections. As root, it runs as the user `postgres` or `nobody`.
    ///
    /// # Errors
    /// When no PostgreSQL will do, another process uses the folder, or it does not come up.
    pub async fn start(options: &Options) -> Result<Self, EmbeddedError> {
        let data = folder::create(&options.data)?;
        let lock = Lock::take(&data, "postgres.lock")?;

        let memory = data.join(MEMORY);
        let user = User::for_postgres()?;
        let mut remembered = match folder::recall(&memory)? {
            Some(remembered) => remembered,
            None => Remembered::new(&data, user),
        };
        let cluster = Cluster { folder: remembered.place(&data), user };

        let program = programs::find_postgres(cluster.made_by())?;
        folder::remember(&memory, &remembered)?;
        if cluster.made_by().is_none() {
            cluster.create(&program, NAME, &remembered.password, options.durability).await?;
        }
        cluster.end_leftover().await?;

        let mut attempt = 1;
        let process = loop {
            let port =
                folder::free_port(remembered.port).map_err(EmbeddedError::io("find a free port for", &program))?;
            remembered.port = Some(port);
            folder::remember(&memory, &remembered)?;
            let url = format!("postgres://{NAME}:{}@127.0.0.1:{port}/{NAME}", remembered.password);
            match Process::start(launch(&program, &data, &cluster, port, url, options.durability)).await {
                Err(EmbeddedError::Ended { last_words, .. }) if attempt < STARTS_MAX => {
                    tracing::warn!(attempt, last_words, "PostgreSQL ended at start, trying again");
                    tokio::time::sleep(Duration::from_millis(250) * attempt).await;
                    attempt += 1;
                }
                started => break started?,
            }
        };
        Ok(Self { process, lock })
    }

    /// `postgres://` URL of the database `tollgate`, with a role that may do everything.
    #[must_use]
    pub fn url(&self) -> &str {
        self.process.url()
    }

    /// Its process id; `None` once it has ended and that was noticed.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }

    /// Waits for it to end, and says how it did.
    pub async fn ended(&mut self) -> String {
        self.process.ended().await
    }

    /// Stops it in order, whoever is connected, and waits for its end.
    pub async fn stop(self) {
        self.process.stop().await;
    }

    /// `kill -9`, and waits for its end.
    pub async fn kill(self) {
        self.process.kill().await;
    }

    /// Deletes the database of a data folder, if there is one, ending what may still run on it.
    pub(super) async fn erase(data: &Path) -> Result<(), EmbeddedError> {
        let _lock = Lock::take(data, "postgres.lock")?;
        let Some(remembered) = folder::recall::<Remembered>(&data.join(MEMORY))? else {
            return Ok(());
        };
        let cluster = Cluster { folder: remembered.place(data), user: None };
        cluster.end_leftover().await?;
        folder::remove(&cluster.folder)?;
        if let Some(elsewhere) = &remembered.elsewhere {
            folder::remove(elsewhere)?;
        }
        folder::remove(&data.join("postgres.log"))?;
        folder::remove(&data.join(MEMORY))
    }

    pub(super) fn supervised(self, endings: broadcast::Sender<Ending>) -> Supervisor {
        Supervisor::keep(self.process, self.lock, endings)
    }
}

fn launch(program: &Path, data: &Path, cluster: &Cluster, port: u16, url: String, durability: Durability) -> Launch {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "max_connections=200".to_owned(),
        "shared_buffers=256MB".to_owned(),
        // A client that vanished inside a transaction must not hold its locks for ever.
        "idle_in_transaction_session_timeout=60s".to_owned(),
    ];
    if durability == Durability::Relaxed {
        // synchronous_commit stays on: without it, what was acknowledged may still be in PostgreSQL's own memory, and a
        // kill -9 would take it.
        settings.extend(["fsync=off", "full_page_writes=off"].map(str::to_owned));
    }
    let settings = settings.into_iter().flat_map(|setting| ["-c".into(), setting.into()]);
    Launch {
        server: Server::Postgres,
        program: program.to_owned(),
        arguments: ["-D".into(), cluster.folder.clone().into()].into_iter().chain(settings).collect(),
        environment: vec![],
        folder: cluster.folder.clone(),
        user: cluster.user,
        log: data.join("postgres.log"),
        url,
    }
}
