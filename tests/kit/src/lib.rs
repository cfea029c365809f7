//! A database and a stream of its own for every test.
//!
//! The servers are those `./dev test` starts and names in `TOLLGATE_TEST_DATABASE_URL` and `TOLLGATE_TEST_NATS_URL`.
//! This crate knows the event store and nothing above it, so that every crate's tests may use it.

use std::future::Future;
use std::time::{Duration, Instant};

use domain::stream::Owner;
use domain::{Command, OrganizationId, ProductCode};
use event_store::executor::CommandKey;
use event_store::{Applied, Database, Executor, Failure, Log, Role, Submission};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection, Executor as _};
use uuid::Uuid;

/// How long a test waits for what happens by itself before it fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run the tests with ./dev test"))
}

/// The address of the test NATS server.
#[must_use]
pub fn nats_url() -> String {
    server("TOLLGATE_TEST_NATS_URL")
}

/// How many partitions logs have in this run: `TOLLGATE_TEST_PARTITIONS`, 1 by default. No test may need a certain
/// number, unless it is about that number.
///
/// # Panics
/// If the variable is no number.
#[must_use]
pub fn partitions() -> i32 {
    std::env::var("TOLLGATE_TEST_PARTITIONS")
        .map_or(1, |count| count.parse().expect("TOLLGATE_TEST_PARTITIONS is a number"))
}

/// A name nobody else uses: a stream, a subject root, an organization.
#[must_use]
pub fn unique(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::now_v7().simple())
}

/// A database of its own, migrated, gone when dropped.
pub struct TestDatabase {
    /// Its address, as the server's administrator.
    pub url: String,
    /// The same, for the event store.
    pub database: Database,
    name: String,
}

impl TestDatabase {
    /// Makes one, with as many partitions as [`partitions`] says.
    pub async fn create() -> Self {
        Self::with_partitions(partitions()).await
    }

    /// Makes one with so many partitions.
    pub async fn with_partitions(partitions: i32) -> Self {
        let name = unique("test");
        administer(&format!("CREATE DATABASE {name}")).await;
        let server = server("TOLLGATE_TEST_DATABASE_URL");
        let (address, _) = server.rsplit_once('/').expect("a database in the address");
        let url = format!("{address}/{name}");
        let database = Database::at(&url).expect("an address");
        database.migrate(partitions).await.expect("migrations");
        Self { url, database, name }
    }

    /// The log, for reading.
    #[must_use]
    pub fn log(&self) -> Log {
        Log::new(self.pool(Role::Engine))
    }

    /// A small pool.
    #[must_use]
    pub fn pool(&self, role: Role) -> PgPool {
        self.database.pool(role, 5)
    }

    /// An executor of its own; several on one database are several engines.
    pub async fn executor(&self) -> Executor {
        Executor::start(&self.database).await.expect("an executor")
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // Dropping happens inside the test's runtime, which must not block: another thread does it.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(administer(&statement));
        });
        let _ = dropped.join();
    }
}

async fn administer(statement: &str) {
    let mut connection = PgConnection::connect(&server("TOLLGATE_TEST_DATABASE_URL")).await.expect("the test server");
    connection.execute(statement).await.expect(statement);
}

/// Waits until something is so, looking again and again.
pub async fn until<F, T>(what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Catalog `agencia`, as it is published.
#[must_use]
pub fn agencia() -> Command {
    let text = include_str!("../../../catalogs/agencia.toml");
    let definition = domain::catalog::source::read("catalogs/agencia.toml", text).expect("agencia is sound");
    domain::catalog::Command::Publish { definition: Box::new(definition) }.into()
}

/// An organization's id.
#[must_use]
pub fn organization(id: &str) -> OrganizationId {
    OrganizationId::new(id).expect("an id")
}

/// The organization as the owner of streams.
#[must_use]
pub fn of(id: &str) -> Owner {
    Owner::Organization(organization(id))
}

/// A product as the owner of streams.
#[must_use]
pub fn product(code: &str) -> Owner {
    Owner::Product(ProductCode::new(code).expect("a code"))
}

/// Sends a command under a fresh key.
pub async fn send(executor: &Executor, owner: Owner, command: impl Into<Command>) -> Result<Applied, Failure> {
    send_as(executor, &unique("key"), owner, command).await
}

/// Sends a command under a key.
pub async fn send_as(
    executor: &Executor,
    key: &str,
    owner: Owner,
    command: impl Into<Command>,
) -> Result<Applied, Failure> {
    let key = CommandKey { caller: "test".to_owned(), command_id: key.to_owned() };
    executor.execute(Submission { owner, command: command.into(), key, request_id: "test".to_owned() }).await
}
