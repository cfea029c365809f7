//! A Tollgate of its own: PostgreSQL, NATS and the engine, each of which may be killed and started again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use engine::embedded::{Durability, Nats, Options, Postgres};
use serde_json::Value;
use uuid::Uuid;

use crate::client::{Answer, Client, PATIENCE};

/// Everything that runs. Dropping it ends the engine at once; [`System::end`] ends all in order.
pub struct System {
    options: Options,
    postgres: Option<Postgres>,
    nats: Option<Nats>,
    engine: Option<Child>,
    /// The database, kept apart because the server's handle may be away.
    database_url: String,
    nats_url: String,
}

impl System {
    /// Starts everything, on data of its own.
    pub async fn start() -> Self {
        let data = std::env::temp_dir().join(format!("tollgate-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&data).expect("a data folder");
        let tools = std::env::var_os("TOLLGATE_TOOLS").map_or_else(|| top().join(".tollgate/tools"), PathBuf::from);
        let options = Options { data, tools, database_url: None, nats_url: None, durability: Durability::Relaxed };
        let postgres = Postgres::start(&options).await.unwrap_or_else(|error| panic!("postgres: {error}"));
        let nats = Nats::start(&options).await.unwrap_or_else(|error| panic!("nats: {error}"));
        let (database_url, nats_url) = (postgres.url().to_owned(), nats.url().to_owned());
        let (postgres, nats) = (Some(postgres), Some(nats));
        let mut system = Self { options, postgres, nats, engine: None, database_url, nats_url };
        system.start_engine().await;
        system
    }

    /// Starts the engine and waits until it is healthy.
    pub async fn start_engine(&mut self) {
        let data = self.engine_data();
        fs::create_dir_all(&data).expect("a data folder");
        // Left by an engine that was killed; the new one leaves its own.
        let _ = fs::remove_file(data.join("env.sh"));
        let log = fs::File::options().create(true).append(true).open(self.log()).expect("a log file");
        let engine = Command::new(binary("tollgate"))
            .args(["up", "--listen", "127.0.0.1:0", "--log-format", "json", "--data"])
            .arg(&data)
            .env("TOLLGATE_DATABASE_URL", &self.database_url)
            .env("TOLLGATE_NATS_URL", &self.nats_url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the engine starts");
        self.engine = Some(engine);
        let deadline = Instant::now() + PATIENCE;
        while !data.join("env.sh").exists() {
            assert!(Instant::now() < deadline, "the engine does not come up; its log is {}", self.log().display());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.client().until("/v1/health", |health| health.status == 200).await;
    }

    /// Ends the engine with -9.
    pub fn kill_engine(&mut self) {
        if let Some(mut engine) = self.engine.take() {
            engine.kill().expect("the engine is killed");
            engine.wait().expect("the engine has ended");
        }
    }

    /// Ends NATS with -9 and deletes all it stored.
    pub async fn lose_nats(&mut self) {
        let nats = self.nats.take().expect("nats runs");
        let store = nats.store().to_owned();
        nats.kill().await;
        fs::remove_dir_all(store).expect("the store is deleted");
    }

    /// Starts NATS again, where it was.
    pub async fn start_nats(&mut self) {
        self.nats = Some(Nats::start(&self.options).await.unwrap_or_else(|error| panic!("nats: {error}")));
    }

    /// A caller with the admin key.
    #[must_use]
    pub fn client(&self) -> Client {
        let text = fs::read_to_string(self.engine_data().join("env.sh")).expect("the engine left env.sh");
        let value = |name: &str| {
            let prefix = format!("export {name}=");
            text.lines().find_map(|line| line.strip_prefix(&prefix)).expect("env.sh has it").to_owned()
        };
        Client::new(&value("TOLLGATE"), &value("TOLLGATE_KEY"))
    }

    /// Runs the auditor's binary.
    #[must_use]
    pub fn replay(&self, arguments: &[&str]) -> Output {
        let mut replay = Command::new(binary("tollgate-replay"));
        replay.env("TOLLGATE_AUDIT_URL", &self.database_url).args(arguments).output().expect("tollgate-replay runs")
    }

    /// The file a shell reads to know the address and the key.
    #[must_use]
    pub fn environment(&self) -> String {
        self.engine_data().join("env.sh").display().to_string()
    }

    /// The auditor's binary as a shell would call it, on this system's log.
    #[must_use]
    pub fn replay_command(&self) -> String {
        format!("{} --database-url {}", binary("tollgate-replay").display(), self.database_url)
    }

    /// Does health say that relay, projections and processors have nothing left to do?
    #[must_use]
    pub fn has_settled(&self, health: &Answer) -> bool {
        let busy = |value: &Value| value.as_i64().is_some_and(|count| count > 0);
        health.status == 200
            && health.each("checks").all(|check| match &check["facts"]["events_behind"] {
                Value::Object(behind) => !behind.values().any(busy),
                behind => !busy(behind) && !busy(&check["facts"]["pending"]),
            })
    }

    /// What the engine has logged so far.
    #[must_use]
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The address of the database, with all rights.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.database_url
    }

    /// Ends everything in order and deletes the data.
    pub async fn end(mut self) {
        self.kill_engine();
        if let Some(nats) = self.nats.take() {
            nats.stop().await;
        }
        if let Some(postgres) = self.postgres.take() {
            postgres.stop().await;
        }
        let _ = fs::remove_dir_all(&self.options.data);
    }

    fn engine_data(&self) -> PathBuf {
        self.options.data.join("engine")
    }

    fn log(&self) -> PathBuf {
        self.options.data.join("engine.log")
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if let Some(engine) = &mut self.engine {
            let _ = engine.kill();
            let _ = engine.wait();
        }
    }
}

/// The folder of the workspace.
#[must_use]
pub fn top() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A binary of the workspace, built beside the one that runs.
fn binary(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("a running binary has a path");
    let found = here.ancestors().skip(1).map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not built: run `cargo build --workspace`, or ./dev, which does"))
}
