//! Signed checkpoints as files: one for each head that has moved, and never another in its place.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails and names the place")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::calendar::Zone;
use domain::{ProductCode, organization};
use engine::checkpoints::{Age, Checkpoints, CheckpointsError, Settings};
use event_store::checkpoint::{PublicKey, folder};
use testkit::{TestDatabase, product, send, until};
use tokio::sync::watch;

struct Kept {
    test: TestDatabase,
    data: PathBuf,
}

impl Kept {
    async fn start() -> Self {
        let test = TestDatabase::with_partitions(1).await;
        let data = std::env::temp_dir().join(testkit::unique("tollgate"));
        Self { test, data }
    }

    fn checkpoints(&self) -> Checkpoints {
        Checkpoints::open(self.test.log(), 1, &self.data, &Settings { folder: None }).unwrap()
    }

    /// Appends one event.
    async fn publish(&self) {
        send(&self.test.executor().await, product("agencia"), testkit::agencia()).await.unwrap();
    }

    /// Appends one event more.
    async fn register(&self) {
        let register = organization::Command::Register {
            organization: testkit::organization("juan"),
            product: ProductCode::new("agencia").unwrap(),
            time_zone: Zone::new("America/Lima").unwrap(),
            sponsor: None,
            environment: organization::Environment::Live,
        };
        send(&self.test.executor().await, testkit::of("juan"), register).await.unwrap();
    }

    async fn as_owner(&self, statements: &str) {
        let owner = sqlx::PgPool::connect(&self.test.url).await.unwrap();
        let statements = format!("SET session_replication_role = replica; {statements}");
        sqlx::raw_sql(&statements).execute(&owner).await.unwrap();
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.data);
    }
}

fn newest(data: &Path) -> Option<PathBuf> {
    folder::newest(&data.join("checkpoints"), 0).unwrap()
}

#[tokio::test]
async fn a_head_that_moved_is_signed_once_with_the_key_of_the_data_folder() {
    let kept = Kept::start().await;
    let mut checkpoints = kept.checkpoints();
    assert!(checkpoints.write().await.unwrap().is_empty(), "there is nothing to sign");
    kept.publish().await;
    let written = checkpoints.write().await.unwrap();
    assert_eq!(written, [kept.data.join("checkpoints/partition-0-position-000000000000000001.json")]);
    assert!(checkpoints.write().await.unwrap().is_empty());
    assert!(kept.checkpoints().write().await.unwrap().is_empty(), "nor by a process that begins now");

    let key = PublicKey::from_pem(&fs::read_to_string(kept.data.join("checkpoint.pub")).unwrap()).unwrap();
    folder::read(&written[0]).unwrap().check_signature(&key).unwrap();
}

#[tokio::test]
async fn a_checkpoint_is_made_on_time_without_being_asked() {
    let kept = Kept::start().await;
    let (stop, stopped) = watch::channel(false);
    let keeping = tokio::spawn(kept.checkpoints().keep(Duration::from_millis(20), stopped));
    kept.publish().await;
    until("a checkpoint", async || newest(&kept.data)).await;
    stop.send_replace(true);
    keeping.await.unwrap();
}

#[tokio::test]
async fn what_no_checkpoint_covers_is_counted() {
    let kept = Kept::start().await;
    let mut checkpoints = kept.checkpoints();
    let newest = checkpoints.newest();
    let measured = async || newest.measure(&kept.test.log(), 1).await.unwrap();
    kept.publish().await;
    assert_eq!(measured().await, [Age { partition: 0, seconds: None, behind: 1 }], "never signed");
    checkpoints.write().await.unwrap();
    let [first] = measured().await[..] else { panic!("one partition") };
    assert_eq!(first.behind, 0);
    kept.register().await;
    let [later] = measured().await[..] else { panic!("one partition") };
    assert_eq!(later.behind, 1);
    assert!(first.seconds.unwrap() >= 0.0 && later.seconds > first.seconds, "it grows older: {first:?}, {later:?}");

    let mut other = kept.checkpoints();
    other.write().await.unwrap();
    checkpoints.write().await.unwrap();
    assert_eq!(measured().await[0].behind, 0, "what another process has signed counts");
}

#[tokio::test]
async fn another_history_is_not_signed_and_what_was_signed_stays() {
    let kept = Kept::start().await;
    let mut early = kept.checkpoints();
    early.write().await.unwrap();
    kept.publish().await;
    let written = kept.checkpoints().write().await.unwrap();
    let text = fs::read_to_string(&written[0]).unwrap();
    kept.as_owner("UPDATE es.batches SET recorded_at = recorded_at + interval '1 us'").await;
    // One that has never read the signed history, and one that begins now.
    for mut checkpoints in [early, kept.checkpoints()] {
        for _ in 0..2 {
            let refusal = checkpoints.write().await.unwrap_err();
            assert!(matches!(refusal, CheckpointsError::Refused { partition: 0, .. }), "{refusal}");
        }
    }
    assert_eq!(fs::read_to_string(&written[0]).unwrap(), text);
}

#[tokio::test]
async fn the_private_key_is_not_in_the_database() {
    let kept = Kept::start().await;
    kept.publish().await;
    kept.checkpoints().write().await.unwrap();
    let pem = fs::read_to_string(kept.data.join("checkpoint.key")).unwrap();
    let secret = pem.lines().nth(1).unwrap();
    let owner = sqlx::PgPool::connect(&kept.test.url).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
          WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&owner)
    .await
    .unwrap();
    assert!(tables.len() > 5);
    for table in tables {
        let statement = format!("SELECT count(*) FROM {table} AS row WHERE row::text LIKE '%' || $1 || '%'");
        let found: i64 = sqlx::query_scalar(&statement).bind(secret).fetch_one(&owner).await.unwrap();
        assert_eq!(found, 0, "{table}");
    }
}
