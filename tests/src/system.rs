//! A Tollgate of its own: PostgreSQL, NATS and the engine, each of which may be killed and started again.

mod engine;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ::engine::embedded::{Durability, Nats, Options, Postgres};
use serde_json::Value;
use uuid::Uuid;

pub use self::engine::Engine;
use self::engine::Launch;
use crate::client::{Answer, Client};

/// Everything that runs. Dropping it ends the engine at once and asks the servers to end; [`System::end`] ends all in order.
pub struct System {
    options: Options,
    /// The same, but for where the database is.
    postgres_options: Options,
    postgres: Option<Postgres>,
    nats: Option<Nats>,
    engine: Option<Engine>,
    /// The database, kept apart because the server's handle may be away.
    database_url: String,
    nats_url: String,
}

impl System {
    /// Starts everything, on data of its own.
    pub async fn start() -> Self {
        Self::start_on(&std::env::temp_dir()).await
    }

    /// Starts everything, with the database in a folder of its own in `place`.
    pub async fn start_on(place: &Path) -> Self {
        let name = format!("tollgate-{}", Uuid::now_v7().simple());
        let tools = std::env::var_os("TOLLGATE_TOOLS").map_or_else(|| top().join(".tollgate/tools"), PathBuf::from);
        let at = |place: &Path| {
            let data = place.join(&name);
            fs::create_dir_all(&data).expect("a data folder");
            let tools = tools.clone();
            Options { data, tools, database_url: None, nats_url: None, durability: Durability::Relaxed }
        };
        let (options, postgres_options) = (at(&std::env::temp_dir()), at(place));
        let postgres = Postgres::start(&postgres_options).await.unwrap_or_else(|error| panic!("postgres: {error}"));
        let nats = Nats::start(&options).await.unwrap_or_else(|error| panic!("nats: {error}"));
        let (database_url, nats_url) = (postgres.url().to_owned(), nats.url().to_owned());
        let (postgres, nats) = (Some(postgres), Some(nats));
        let mut system = Self { options, postgres_options, postgres, nats, engine: None, database_url, nats_url };
        system.start_engine().await;
        system
    }

    /// Starts the engine and waits until it is healthy.
    pub async fn start_engine(&mut self) {
        self.start_engine_with(&[]).await;
    }

    /// Starts the engine with some more environment variables, and waits until it is healthy.
    pub async fn start_engine_with(&mut self, variables: &[(&str, String)]) {
        self.engine = Some(Engine::start(&self.launch("engine"), variables).await);
    }

    /// Another engine on the same servers, with the same admin key.
    pub async fn another_engine(&self) -> Engine {
        let launch = self.launch("another");
        fs::create_dir_all(&launch.data).expect("a data folder");
        fs::copy(self.engine_data().join("admin.key"), launch.data.join("admin.key")).expect("the admin key");
        Engine::start(&launch, &[]).await
    }

    /// A command of the engine's binary, on this system's servers.
    #[must_use]
    pub fn tollgate(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("tollgate"));
        command.args(arguments).env("TOLLGATE_DATABASE_URL", &self.database_url);
        command.env("TOLLGATE_NATS_URL", &self.nats_url);
        command
    }

    /// Ends the engine with -9.
    pub fn kill_engine(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.kill();
        }
    }

    /// Ends Postgres with -9.
    pub async fn kill_postgres(&mut self) {
        self.postgres.take().expect("postgres runs").kill().await;
    }

    /// Starts Postgres again, where it was.
    pub async fn start_postgres(&mut self) {
        let started = Postgres::start(&self.postgres_options).await;
        self.postgres = Some(started.unwrap_or_else(|error| panic!("postgres: {error}")));
    }

    /// Ends NATS with -9.
    pub async fn kill_nats(&mut self) {
        self.nats.take().expect("nats runs").kill().await;
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
        engine::client(&self.engine_data())
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

    /// The address of NATS, as the engine's user.
    #[must_use]
    pub fn nats_url(&self) -> &str {
        &self.nats_url
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
        let _ = fs::remove_dir_all(&self.postgres_options.data);
        let _ = fs::remove_dir_all(&self.options.data);
    }

    /// A folder for what a test leaves lying about; gone at the end.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.options.data
    }

    fn launch(&self, name: &str) -> Launch {
        let data = self.options.data.join(name);
        let (database_url, nats_url) = (self.database_url.clone(), self.nats_url.clone());
        Launch { data, log: self.log(), database_url, nats_url }
    }

    fn engine_data(&self) -> PathBuf {
        self.options.data.join("engine")
    }

    fn log(&self) -> PathBuf {
        self.options.data.join("engine.log")
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
