//! An engine as a process: started until it is healthy, killed without warning.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::client::{Client, PATIENCE, shortly};

/// What an engine is started with.
#[derive(Debug, Clone)]
pub(super) struct Launch {
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
    pub(super) database_url: String,
    pub(super) nats_url: String,
}

/// A `tollgate up` on servers that others run. Dropped, it is killed.
#[derive(Debug)]
pub struct Engine {
    child: Child,
    data: PathBuf,
}

impl Engine {
    /// Starts it and waits until it is healthy.
    pub(super) async fn start(launch: &Launch, variables: &[(&str, String)]) -> Self {
        let data = launch.data.clone();
        fs::create_dir_all(&data).expect("a data folder");
        // Left by an engine that was killed; the new one leaves its own.
        let _ = fs::remove_file(data.join("env.sh"));
        let log = fs::File::options().create(true).append(true).open(&launch.log).expect("a log file");
        let child = Command::new(super::binary("tollgate"))
            .args(["up", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .args(["--partitions", &testkit::partitions().to_string(), "--data"])
            .arg(&data)
            .env("TOLLGATE_DATABASE_URL", &launch.database_url)
            .env("TOLLGATE_NATS_URL", &launch.nats_url)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the engine starts");
        let mut engine = Self { child, data };
        engine.wait_until_up(&launch.log).await;
        engine.client().until("/v1/health", |health| health.status == 200).await;
        engine
    }

    async fn wait_until_up(&mut self, log: &Path) {
        let deadline = Instant::now() + PATIENCE;
        while known(&self.data).is_none() {
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "the engine ended ({ended:?}); its log is {}", log.display());
            assert!(Instant::now() < deadline, "the engine does not come up; its log is {}", log.display());
            shortly().await;
        }
    }

    /// Ends it with -9.
    pub fn kill(mut self) {
        self.end();
    }

    /// A caller with the admin key.
    #[must_use]
    pub fn client(&self) -> Client {
        client(&self.data)
    }

    fn end(&mut self) {
        // It fails if the process has ended already, which is what was wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end();
    }
}

/// A caller of the engine that has left its address and key in a folder.
pub(super) fn client(data: &Path) -> Client {
    let (address, key) = known(data).expect("the engine left env.sh");
    Client::new(&address, &key)
}

/// The address and the key that an engine has left.
fn known(data: &Path) -> Option<(String, String)> {
    let text = fs::read_to_string(data.join("env.sh")).ok()?;
    let value = |name: &str| Some(text.lines().find_map(|line| line.strip_prefix(name))?.to_owned());
    Some((value("export TOLLGATE=")?, value("export TOLLGATE_KEY=")?))
}
