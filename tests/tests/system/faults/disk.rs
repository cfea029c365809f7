//! A database whose disk is full.

use std::time::Instant;

use replay::laws::{self, Log, Work};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor as _};
use tests::client::Answer;
use tests::faults::load::Sent;
use tests::faults::small_disk::{Room, SmallDisk};
use tests::faults::trial::Stage;
use tests::system::System;

const NAME: &str = "faults::disk::a_full_disk_refuses_commands_and_room_brings_service_back";

/// Commands until the last free byte of the pages that are there is used up.
const COMMANDS_MAX: usize = 5_000;

/// Why Postgres cannot write.
enum Cause {
    /// Its disk is full.
    FullDisk(SmallDisk),
    /// This machine lends no small disk: its operator has made it read-only.
    ReadOnly,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_commands_and_room_brings_service_back() {
    match Room::find() {
        Room::Here(disk) => {
            let system = System::start_on(disk.folder()).await;
            refuses_and_comes_back(system, Cause::FullDisk(disk)).await;
        }
        Room::There(mut command) => {
            command.arg(std::env::current_exe().unwrap()).args(["--exact", NAME, "--nocapture"]);
            let status = command.status().unwrap();
            assert!(status.success(), "on the small disk: {status}");
        }
        Room::Nowhere(reason) => {
            println!("NOT TESTED WITH A FULL DISK: this machine lends no small disk ({reason})");
            println!("tested with a database that was made read-only instead");
            refuses_and_comes_back(System::start().await, Cause::ReadOnly).await;
        }
    }
}

async fn refuses_and_comes_back(system: System, cause: Cause) {
    let stage = Stage::set_on(system).await;
    let client = stage.system.client();
    let send = async |index: usize| {
        let command = Sent::message(format!("disk-{index}"));
        let answer = client.post_as(&command.key, &command.path, command.body.clone()).await.unwrap();
        (command, answer)
    };
    cause.begin(&stage.system).await;
    let mut refused: Vec<Sent> = Vec::new();
    for index in 0..COMMANDS_MAX {
        let (command, answer) = send(index).await;
        if answer.status != 200 {
            assert_refused(&answer);
            refused.push(command);
        }
        if refused.len() == 20 {
            break;
        }
    }
    assert_eq!(refused.len(), 20, "nothing is written any more");
    client.get("/v1/organizations/ana/credits").await.expect(200);
    let log = Log::read(stage.system.database_url()).await.unwrap();
    assert_eq!(laws::check(&log, Work::Open), []);
    let receipts = log.receipts_by_key();
    assert!(!refused.iter().any(|command| receipts.contains_key(command.key.as_str())), "nothing is half done");

    cause.end(&stage.system).await;
    let started = Instant::now();
    for command in &refused {
        client.insist(&command.key, &command.path, &command.body).await.expect(200);
    }
    client.until("/v1/health", |health| stage.system.has_settled(health)).await;
    println!("service is back {:.2} s after there was room again", started.elapsed().as_secs_f64());
    stage.inspect().await;
    stage.system.end().await;
}

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.at("/code"), "log_unavailable", "{}", answer.text);
    assert!(answer.retry_after.is_some(), "it says when to try again");
}

impl Cause {
    async fn begin(&self, system: &System) {
        match self {
            Self::FullDisk(disk) => disk.fill(),
            Self::ReadOnly => read_only(system, "ALTER SYSTEM SET default_transaction_read_only = on").await,
        }
    }

    async fn end(&self, system: &System) {
        match self {
            Self::FullDisk(disk) => disk.make_room(),
            Self::ReadOnly => read_only(system, "ALTER SYSTEM RESET default_transaction_read_only").await,
        }
    }
}

async fn read_only(system: &System, statement: &str) {
    let mut connection = PgConnection::connect(system.database_url()).await.unwrap();
    connection.execute("SET default_transaction_read_only = off").await.unwrap();
    connection.execute(statement).await.unwrap();
    connection.execute("SELECT pg_reload_conf()").await.unwrap();
}
