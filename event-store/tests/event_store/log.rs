//! The log: append-only, checked whenever it is read, failing closed with the position.

use event_store::{LogError, Role};
use sqlx::PgPool;
use testkit::{TestDatabase, of, send};

use super::{on_gratis, top_up};

/// A log of ten events or more, and a connection as its owner, who can do what the engine cannot.
async fn with_history() -> (TestDatabase, PgPool) {
    let test = TestDatabase::with_partitions(1).await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    for _ in 0..6 {
        send(&executor, of("pedro"), top_up(1)).await.unwrap();
    }
    let owner = PgPool::connect(&test.url).await.unwrap();
    (test, owner)
}

#[tokio::test]
async fn the_engine_may_not_change_the_log_and_the_owner_is_stopped_by_triggers() {
    let (test, owner) = with_history().await;
    let engine = test.pool(Role::Engine);
    for table in ["events", "receipts", "batches"] {
        for statement in [
            format!("UPDATE es.{table} SET recorded_at = now()"),
            format!("DELETE FROM es.{table}"),
            format!("TRUNCATE es.{table}"),
        ] {
            let by_engine = sqlx::query(&statement).execute(&engine).await.unwrap_err().to_string();
            assert!(by_engine.contains(&format!("permission denied for table {table}")), "{by_engine}");
            let by_owner = sqlx::query(&statement).execute(&owner).await.unwrap_err().to_string();
            assert!(by_owner.contains("the log is append-only"), "{by_owner}");
        }
    }
}

#[tokio::test]
async fn the_auditor_may_write_nothing() {
    let (test, _) = with_history().await;
    let auditor = test.pool(Role::Auditor);
    let events: i64 = sqlx::query_scalar("SELECT count(*) FROM es.events").fetch_one(&auditor).await.unwrap();
    assert!(events >= 10);
    for statement in ["UPDATE es.heads SET position = 0", "CREATE TABLE read.mine ()", "DELETE FROM es.events"] {
        assert!(sqlx::query(statement).execute(&auditor).await.is_err(), "{statement}");
    }
}

#[tokio::test]
async fn any_tampering_stops_the_reader_with_the_position() {
    let cases = [
        (
            "UPDATE es.events SET payload = replace(payload::text, '1.00', '9.00')::json WHERE position = 7",
            "match their Merkle root",
        ),
        ("UPDATE es.events SET metadata = '{}' WHERE position = 7", "events 7 to 7 do not match their Merkle root"),
        ("UPDATE es.events SET recorded_at = recorded_at + interval '1 us' WHERE position = 7", "events 7 to 7"),
        ("DELETE FROM es.events WHERE position = 7", "position 7 is missing"),
        ("DELETE FROM es.batches WHERE last_position = 7", "position 7 belongs to no batch"),
        (
            "UPDATE es.batches SET root = sha256('x') WHERE last_position = 7",
            "the batch that ends at 7 does not continue the chain",
        ),
        ("UPDATE es.heads SET chain = sha256('x')", "does not match the newest batch"),
        (
            "UPDATE es.events SET position = -7 WHERE position = 7;
             UPDATE es.events SET position = 7 WHERE position = 8;
             UPDATE es.events SET position = 8 WHERE position = -7",
            "do not match their Merkle root",
        ),
        (
            "DELETE FROM es.events WHERE position = (SELECT max(position) FROM es.events);
             DELETE FROM es.batches WHERE last_position = (SELECT max(last_position) FROM es.batches)",
            "belongs to no batch",
        ),
    ];
    for (tampering, expected) in cases {
        let (test, owner) = with_history().await;
        test.log().after(0, 0, 100).await.expect("sound before");
        let as_owner = format!("SET session_replication_role = replica; {tampering}");
        sqlx::raw_sql(&as_owner).execute(&owner).await.unwrap();
        let error = test.log().after(0, 0, 100).await.expect_err(tampering);
        assert!(error.to_string().contains(expected), "{tampering}: {error}");
        assert!(matches!(error, LogError::Corrupt { .. }));
    }
}

#[tokio::test]
async fn a_few_events_that_somebody_names_are_checked_like_all_others() {
    let (test, owner) = with_history().await;
    let (log, all) = (test.log(), test.log().after(0, 0, 1_000).await.unwrap());
    for (first, last, expected) in [(7, 7, 6..7), (5, 8, 4..8), (-3, 2, 0..2), (8, 1_000, 7..all.len()), (8, 7, 0..0)] {
        assert_eq!(log.between(0, first, last).await.unwrap(), all[expected], "{first} to {last}");
    }
    assert_eq!(log.between(0, 1_000, i64::MAX).await.unwrap(), [], "nothing is wrong with a log that ends before");

    let tampering = "UPDATE es.events SET payload = replace(payload::text, '1.00', '9.00')::json WHERE position = 7";
    let as_owner = format!("SET session_replication_role = replica; {tampering}");
    sqlx::raw_sql(&as_owner).execute(&owner).await.unwrap();
    for (first, last) in [(7, 7), (6, 7), (7, 9)] {
        let error = log.between(0, first, last).await.expect_err("it is not what it was").to_string();
        assert!(error.contains("events 7 to 7 do not match their Merkle root"), "{error}");
    }
    assert_eq!(log.between(0, 8, 9).await.unwrap(), all[7..9], "what stands beside it is sound");
}

#[tokio::test]
async fn an_event_of_a_later_release_stops_the_reader() {
    let (test, owner) = with_history().await;
    sqlx::query("INSERT INTO es.events SELECT aggregate_type, aggregate_id, sequence + 100, 'CreditsFrozen', '1', payload,
                 metadata, partition, 11, gen_random_uuid(), recorded_at, organization FROM es.events WHERE position = 10")
        .execute(&owner)
        .await
        .unwrap();
    let stream = domain::StreamId { kind: domain::Kind::CreditLedger, owner: of("pedro") };
    let error = test.log().stream(0, &stream).await.unwrap_err().to_string();
    assert!(error.contains("event CreditsFrozen version 1 of a credit_ledger is unknown to this release"), "{error}");
}

#[tokio::test]
async fn the_log_reads_from_anywhere_in_whole_or_in_parts() {
    let (test, _) = with_history().await;
    let log = test.log();
    let all = log.after(0, 0, 1_000).await.unwrap();
    let head = log.head(0).await.unwrap();
    assert_eq!(all.last().unwrap().position, head.position);
    for after in 0..=head.position {
        let rest = log.after(0, after, 3).await.unwrap();
        let expected = &all[usize::try_from(after).unwrap()..][..rest.len()];
        assert_eq!(rest, expected);
        assert_eq!(rest.is_empty(), after == head.position);
    }
    let ahead = log.after(0, head.position + 1, 3).await.unwrap_err().to_string();
    assert!(ahead.contains("before the reader's position"), "{ahead}");
}

#[tokio::test]
async fn migrating_again_changes_nothing_and_another_number_of_partitions_is_refused() {
    let test = TestDatabase::with_partitions(2).await;
    test.database.migrate(2).await.unwrap();
    let refusal = test.database.migrate(3).await.unwrap_err().to_string();
    assert_eq!(refusal, "the log has 2 partitions, 3 were asked for; the number is fixed when the log is made");
}
