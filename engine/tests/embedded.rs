//! The embedded servers, with real ones: what survives which death, and what is refused.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_nats::jetstream;
use engine::embedded::{Durability, EmbeddedError, Nats, Options, Postgres, Server, Servers};
use expect_test::expect;
use futures::StreamExt;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

type Failure = Box<dyn Error + Send + Sync>;
type Outcome = Result<(), Failure>;

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_second_start_finds_the_first_ones_data_at_the_first_ones_address() -> Outcome {
    let folder = Folder::new();
    let postgres = Postgres::start(&folder.options()).await?;
    let url = postgres.url().to_owned();
    execute(&url, "CREATE TABLE kept AS SELECT 1").await?;
    postgres.stop().await;

    let postgres = Postgres::start(&folder.options()).await?;
    assert_eq!(postgres.url(), url);
    execute(&url, "SELECT * FROM kept").await?;
    postgres.stop().await;
    Ok(())
}

#[tokio::test]
async fn postgres_comes_back_after_kill_9() -> Outcome {
    let folder = Folder::new();
    let postgres = Postgres::start(&folder.options()).await?;
    execute(postgres.url(), "CREATE TABLE kept AS SELECT 1").await?;
    postgres.kill().await;

    let postgres = Postgres::start(&folder.options()).await?;
    execute(postgres.url(), "SELECT * FROM kept").await?;
    postgres.stop().await;
    Ok(())
}

#[tokio::test]
async fn nats_comes_back_at_its_address_after_kill_9_and_the_loss_of_its_store() -> Outcome {
    let folder = Folder::new();
    let nats = Nats::start(&folder.options()).await?;
    let (url, store) = (nats.url().to_owned(), nats.store().to_owned());
    jetstream(&url).await?.create_stream(stream("TOLLGATE_0")).await?;
    nats.kill().await;
    std::fs::remove_dir_all(store)?;

    let nats = Nats::start(&folder.options()).await?;
    assert_eq!(nats.url(), url);
    assert!(jetstream(&url).await?.get_stream("TOLLGATE_0").await.is_err(), "a lost store is empty");
    nats.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_killed_while_its_parent_lives_is_started_again() -> Outcome {
    let folder = Folder::new();
    let servers = Servers::start(&folder.options()).await?;
    let mut endings = servers.endings();

    for (server, pid) in [(Server::Nats, servers.nats_pid()), (Server::Postgres, servers.postgres_pid())] {
        kill(pid, Signal::SIGKILL);
        let ending = timeout(SOON, endings.recv()).await??;
        assert_eq!((ending.server, ending.how.as_str()), (server, "signal: 9 (SIGKILL)"));
    }

    until("NATS answers again", async || connect_nats(servers.nats_url()).await.is_ok()).await;
    until("PostgreSQL answers again", async || execute(servers.database_url(), "SELECT 1").await.is_ok()).await;
    servers.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_killed_parents_servers_are_ended_and_their_data_is_kept() -> Outcome {
    let folder = Folder::new();
    let parent = Parent::start(&folder);
    execute(&parent.database_url, "CREATE TABLE kept AS SELECT 1").await?;
    let database_url = parent.database_url.clone();
    let leftover = folder.postgres_pid();
    parent.end(Signal::SIGKILL);
    assert!(is_alive(leftover), "a kill -9 of the parent does not reach its children");

    let servers = Servers::start(&folder.options()).await?;
    assert_eq!(servers.database_url(), database_url);
    execute(&database_url, "SELECT * FROM kept").await?;
    assert_ne!(folder.postgres_pid(), leftover);
    servers.stop().await;
    Ok(())
}

#[tokio::test]
async fn sigterm_stops_the_servers_before_the_parent_ends() {
    let folder = Folder::new();
    let parent = Parent::start(&folder);
    let postgres = folder.postgres_pid();

    assert_eq!(parent.end(Signal::SIGTERM), Some(128 + Signal::SIGTERM as i32));
    assert!(!is_alive(postgres));
}

#[tokio::test]
async fn a_data_folder_in_use_is_refused_with_the_name_of_its_user() -> Outcome {
    let folder = Folder::new();
    let parent = Parent::start(&folder);
    let pid = parent.process.id().to_string();

    let refused = Servers::start(&folder.options()).await;
    assert!(matches!(refused, Err(EmbeddedError::Locked { pid: holder, .. }) if holder == pid));
    parent.end(Signal::SIGTERM);
    Ok(())
}

#[tokio::test]
async fn a_fresh_start_has_nothing_of_the_last_one() -> Outcome {
    let folder = Folder::new();
    let parent = Parent::start(&folder);
    let leftover = folder.postgres_pid();
    parent.end(Signal::SIGKILL);

    Servers::erase(&folder.path).await?;
    assert!(!is_alive(leftover));
    let mut left: Vec<_> =
        std::fs::read_dir(&folder.path)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<_>>()?;
    left.sort();
    assert_eq!(left, ["lock", "nats.lock", "postgres.lock"]);
    Ok(())
}

#[tokio::test]
async fn a_server_named_by_url_that_will_not_do_is_refused_in_one_sentence() -> Outcome {
    let folder = Folder::new();
    let nowhere = Options { database_url: Some("postgres://me:secret@127.0.0.1:1/app".to_owned()), ..folder.options() };
    let refusal = Servers::start(&nowhere).await.unwrap_err().to_string();
    expect!["no PostgreSQL answers at 127.0.0.1:1/app, which TOLLGATE_DATABASE_URL names; start it, or unset TOLLGATE_DATABASE_URL to have one started"]
        .assert_eq(&refusal);

    let postgres = Postgres::start(&folder.options()).await?;
    for (version, jetstream, refusal) in [
        (
            "2.9.10",
            true,
            expect![
                "nats-server 2.9.10 answers at HERE, which TOLLGATE_NATS_URL names, but 2.10 or newer is needed; name a newer server, or unset the variable to have one started"
            ],
        ),
        (
            "2.12.0",
            false,
            expect![
                "nats-server without JetStream answers at HERE, which TOLLGATE_NATS_URL names, but JetStream is needed; start it with -js, or unset the variable to have one started"
            ],
        ),
    ] {
        let here = pretend_nats(version, jetstream).await?;
        let options = Options {
            database_url: Some(postgres.url().to_owned()),
            nats_url: Some(format!("nats://{here}")),
            ..folder.options()
        };
        refusal.assert_eq(&Servers::start(&options).await.unwrap_err().to_string().replace(&here, "HERE"));
    }
    postgres.stop().await;
    Ok(())
}

#[tokio::test]
async fn an_automation_may_read_its_consumer_and_nothing_else() -> Outcome {
    let folder = Folder::new();
    let nats = Nats::start(&folder.options()).await?;
    let engine = jetstream(nats.url()).await?;
    let stream = engine.create_stream(stream("TOLLGATE_0")).await?;
    let durable =
        |name: &str| jetstream::consumer::pull::Config { durable_name: Some(name.to_owned()), ..Default::default() };
    stream.create_consumer(durable("automation")).await?;
    stream.create_consumer(durable("projections")).await?;
    engine.publish("tollgate.agencia.event", "paid".into()).await?.await?;

    let (violations, mut violation) = tokio::sync::mpsc::unbounded_channel();
    let options =
        connect_options(nats.automation_url()).custom_inbox_prefix("_INBOX_automation").event_callback(move |event| {
            violations.send(event.to_string()).ok();
            async {}
        });
    let client = options.connect(nats.automation_url()).await?;
    let automation = jetstream::new(client.clone());
    let consumer: jetstream::consumer::PullConsumer =
        automation.get_consumer_from_stream("automation", "TOLLGATE_0").await?;
    let message = consumer.fetch().max_messages(1).messages().await?.next().await.ok_or("no message")??;
    assert_eq!(&message.payload[..], b"paid");
    message.double_ack().await?;

    for subject in [
        "tollgate.agencia.event",
        "$JS.API.STREAM.PURGE.TOLLGATE_0",
        "$JS.API.CONSUMER.CREATE.TOLLGATE_0.mine",
        "$JS.API.CONSUMER.MSG.NEXT.TOLLGATE_0.projections",
    ] {
        client.publish(subject, "".into()).await?;
        let refusal = async {
            loop {
                let event = violation.recv().await.ok_or("the client is gone")?;
                if event.to_lowercase().contains("permissions violation") && event.contains(subject) {
                    return Ok::<_, Failure>(());
                }
            }
        };
        timeout(SOON, refusal).await.map_err(|_| format!("publishing to {subject} was not refused"))??;
    }
    nats.stop().await;
    Ok(())
}

/// A data folder of one test, deleted at its end.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tollgate-embedded-{}-{number}", std::process::id()));
        Self { path }
    }

    fn options(&self) -> Options {
        Options {
            data: self.path.clone(),
            tools: tools(),
            database_url: None,
            nats_url: None,
            durability: Durability::Relaxed,
        }
    }

    fn postgres_pid(&self) -> i32 {
        let text = std::fs::read_to_string(self.path.join("postgres/postmaster.pid")).expect("PostgreSQL runs");
        text.lines().next().and_then(|line| line.parse().ok()).expect("a process id in the first line")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.path).ok();
    }
}

/// Where `./dev` puts a nats-server when there is none on PATH.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tollgate/tools")
}

/// `tollgate servers` around a command that ends when its standard input does, so that it outlives no test.
struct Parent {
    process: Child,
    database_url: String,
    _stdin: ChildStdin,
}

impl Parent {
    fn start(folder: &Folder) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tollgate"))
            .args(["servers", "--relaxed", "--data"])
            .arg(&folder.path)
            .arg("--tools")
            .arg(tools())
            .args(["--", "sh", "-c", "echo $TOLLGATE_TEST_DATABASE_URL; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tollgate starts");
        let stdin = process.stdin.take().expect("a pipe");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut line).expect("the command says its URL");
        Self { process, database_url: line.trim().to_owned(), _stdin: stdin }
    }

    /// Its exit code, if it was not the signal itself that ended it.
    fn end(mut self, signal: Signal) -> Option<i32> {
        kill(Some(self.process.id()), signal);
        self.process.wait().expect("a child can be waited for").code()
    }
}

fn kill(pid: Option<u32>, signal: Signal) {
    let pid = pid.and_then(|pid| i32::try_from(pid).ok()).expect("a process that runs");
    signal::kill(Pid::from_raw(pid), signal).expect("a process of ours");
}

/// A zombie, which has no command line, counts as dead: in a container, nobody may ever collect it.
fn is_alive(pid: i32) -> bool {
    if Path::new("/proc/self").exists() {
        return std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty());
    }
    signal::kill(Pid::from_raw(pid), None).is_ok()
}

async fn execute(url: &str, statement: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(statement).execute(&mut connection).await?;
    connection.close().await
}

fn connect_options(url: &str) -> async_nats::ConnectOptions {
    let server: async_nats::ServerAddr = url.parse().expect("a NATS URL");
    let (user, password) = server.username().zip(server.password()).expect("credentials in the URL");
    async_nats::ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
}

async fn connect_nats(url: &str) -> Result<async_nats::Client, async_nats::ConnectError> {
    connect_options(url).connect(url).await
}

async fn jetstream(url: &str) -> Result<jetstream::Context, async_nats::ConnectError> {
    connect_nats(url).await.map(jetstream::new)
}

fn stream(name: &str) -> jetstream::stream::Config {
    jetstream::stream::Config { name: name.to_owned(), subjects: vec!["tollgate.>".to_owned()], ..Default::default() }
}

/// Tries until it holds; a test that waits longer than [`SOON`] has failed.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let tries = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, tries).await.unwrap_or_else(|_| panic!("not within {SOON:?}: {what}"));
}

/// A NATS server that says what it is and then agrees to everything; returns its address.
async fn pretend_nats(version: &str, jetstream: bool) -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let information = format!(
        "INFO {}\r\n",
        serde_json::json!({"server_id": "pretended", "server_name": "pretended", "host": "127.0.0.1", "port": 1, "go": "",
            "version": version, "proto": 1, "client_id": 1, "max_payload": 1024, "headers": true, "jetstream": jetstream})
    );
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            client.write_all(information.as_bytes()).await.ok();
            let mut heard = [0; 1024];
            while client.read(&mut heard).await.is_ok_and(|length| length > 0) {
                client.write_all(b"PONG\r\n").await.ok();
            }
        }
    });
    Ok(address)
}
