//! Snapshots: a cold start folds what came since the last one, and gets the same state.

use event_store::{Executor, Role};
use futures::future::join_all;
use sqlx::PgPool;
use testkit::{TestDatabase, of, send, until};

use super::{ledger, on_gratis, top_up};

/// A ledger long enough for a snapshot, and the sequence of it.
async fn long_ledger(test: &TestDatabase, executor: &Executor) -> i64 {
    on_gratis(executor, "pedro").await;
    for _ in 0..5 {
        let sent = (0..500).map(|_| send(executor, of("pedro"), top_up(1)));
        assert!(join_all(sent).await.iter().all(Result::is_ok));
    }
    let pool = test.pool(Role::Engine);
    until("a snapshot", || async {
        sqlx::query_scalar("SELECT sequence FROM es.snapshots WHERE aggregate_id = 'pedro'")
            .fetch_optional(&pool)
            .await
            .unwrap()
    })
    .await
}

async fn balance_after_a_cold_start(test: &TestDatabase) -> String {
    let applied = send(&test.executor().await, of("pedro"), top_up(1)).await.unwrap();
    ledger(&applied).balance.to_string()
}

#[tokio::test]
async fn a_cold_start_folds_only_what_came_since_the_snapshot() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    let sequence = long_ledger(&test, &executor).await;
    assert!((2_000..=2_500).contains(&sequence), "{sequence}");

    // An event before the snapshot that cannot be read would stop a fold from the first one.
    let owner = PgPool::connect(&test.url).await.unwrap();
    let spoiled = "SET session_replication_role = replica;
                   UPDATE es.events SET event_type = 'Unreadable' WHERE aggregate_id = 'pedro' AND sequence = 7
                      AND aggregate_type = 'credit_ledger'";
    sqlx::raw_sql(spoiled).execute(&owner).await.unwrap();
    assert_eq!(balance_after_a_cold_start(&test).await, "2501.00");
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_used_costs_time_only() {
    let cases = [
        "UPDATE es.snapshots SET state_version = state_version + 1",
        "UPDATE es.snapshots SET state = '{\"lots\": 3}'",
        "UPDATE es.snapshots SET sequence = 1000000",
        "DELETE FROM es.snapshots",
    ];
    let test = TestDatabase::create().await;
    long_ledger(&test, &test.executor().await).await;
    let owner = PgPool::connect(&test.url).await.unwrap();
    for (top_ups, spoiled) in (2_501..).zip(cases) {
        sqlx::query(spoiled).execute(&owner).await.unwrap();
        assert_eq!(balance_after_a_cold_start(&test).await, format!("{top_ups}.00"), "{spoiled}");
    }
}
