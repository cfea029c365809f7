//! The embedded nats-server.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use super::folder::{self, Lock};
use super::process::{self, Launch, Process, Server};
use super::supervisor::{Ending, Supervisor};
use super::{EmbeddedError, Options, programs};

const CONFIGURATION: &str = include_str!("../../../nats/server.conf");

const MEMORY: &str = "nats.json";

/// What one start leaves for the next.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    port: Option<u16>,
    engine_password: String,
    automation_password: String,
}

/// A private nats-server with JetStream, unsupervised: it stays down when it goes down.
#[derive(Debug)]
pub struct Nats {
    process: Process,
    store: PathBuf,
    automation_url: String,
    lock: Lock,
}

impl Nats {
    /// Starts it on the data folder's port, and returns when it accepts connections. The store may have been deleted
    /// since the last start; the port and the passwords are kept outside it.
    ///
    /// # Errors
    /// When no nats-server is new enough, another process uses the folder, or it does not come up.
    pub async fn start(options: &Options) -> Result<Self, EmbeddedError> {
        let data = folder::create(&options.data)?;
        let lock = Lock::take(&data, "nats.lock")?;
        let program = programs::find_nats(&options.tools)?;

        let configuration = data.join("nats.conf");
        fs::write(&configuration, CONFIGURATION).map_err(EmbeddedError::io("write", &configuration))?;
        process::end_leftover(Server::Nats, &data.join("nats.pid"), &configuration).await?;

        let memory = data.join(MEMORY);
        let mut remembered = folder::recall(&memory)?.unwrap_or_else(|| Remembered {
            port: None,
            engine_password: folder::new_password(),
            automation_password: folder::new_password(),
        });
        let port = folder::free_port(remembered.port).map_err(EmbeddedError::io("find a free port for", &program))?;
        remembered.port = Some(port);
        folder::remember(&memory, &remembered)?;

        let store = data.join("nats");
        let process = Process::start(launch(program, &data, &store, port, &remembered)).await?;
        let automation_url = url("automation", &remembered.automation_password, port);
        Ok(Self { process, store, automation_url, lock })
    }

    /// `nats://` URL of the user `engine`, who may do everything.
    #[must_use]
    pub fn url(&self) -> &str {
        self.process.url()
    }

    /// `nats://` URL of the user `automation`, who may only read what its durable consumers give it.
    #[must_use]
    pub fn automation_url(&self) -> &str {
        &self.automation_url
    }

    /// The folder of the JetStream store. Deleting it while the server is down is what a lost disk looks like.
    #[must_use]
    pub fn store(&self) -> &Path {
        &self.store
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

    /// Stops it in order and waits for its end.
    pub async fn stop(self) {
        self.process.stop().await;
    }

    /// `kill -9`, and waits for its end.
    pub async fn kill(self) {
        self.process.kill().await;
    }

    /// Deletes the store of a data folder, ending what may still run on it.
    pub(super) async fn erase(data: &Path) -> Result<(), EmbeddedError> {
        let _lock = Lock::take(data, "nats.lock")?;
        process::end_leftover(Server::Nats, &data.join("nats.pid"), &data.join("nats.conf")).await?;
        for name in ["nats", "nats.log", "nats.pid", "nats.conf", MEMORY] {
            folder::remove(&data.join(name))?;
        }
        Ok(())
    }

    pub(super) fn supervised(self, endings: broadcast::Sender<Ending>) -> Supervisor {
        Supervisor::keep(self.process, self.lock, endings)
    }
}

fn url(user: &str, password: &str, port: u16) -> String {
    format!("nats://{user}:{password}@127.0.0.1:{port}")
}

fn launch(program: PathBuf, data: &Path, store: &Path, port: u16, remembered: &Remembered) -> Launch {
    Launch {
        server: Server::Nats,
        program,
        // It writes its own pid file, so that there is one even if we are killed right after starting it.
        arguments: vec!["-c".into(), data.join("nats.conf").into(), "-P".into(), data.join("nats.pid").into()],
        environment: vec![
            ("TOLLGATE_NATS_PORT", port.to_string()),
            ("TOLLGATE_NATS_STORE", format!("\"{}\"", store.display())),
            ("TOLLGATE_NATS_ENGINE_PASSWORD", remembered.engine_password.clone()),
            ("TOLLGATE_NATS_AUTOMATION_PASSWORD", remembered.automation_password.clone()),
        ],
        folder: data.to_owned(),
        user: None,
        log: data.join("nats.log"),
        url: url("engine", &remembered.engine_password, port),
    }
}
