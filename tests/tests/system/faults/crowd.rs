//! A crowd of callers that go away half way.

use replay::laws::Log;
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Row};
use tests::client::{PATIENCE, shortly};
use tests::faults::crowd;
use tests::faults::load::{Load, Sent};
use tests::faults::trial::Stage;

/// All that the engine's pools may open, and then some; the server allows 200.
const CONNECTIONS_MAX: i64 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_callers_that_go_away_leave_nothing_behind() {
    let stage = Stage::set().await;
    let client = stage.system.client();
    let started = std::time::Instant::now();
    let whole = crowd::storm(&client, 10_000).await;
    println!("10,000 callers have gone after {:.1} s", started.elapsed().as_secs_f64());
    assert_eq!(whole.len(), 5_000);

    let url = stage.system.database_url();
    let mut connection = PgConnection::connect(url).await.unwrap();
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let row = sqlx::query(
            "SELECT count(*) AS all, count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS held
               FROM pg_stat_activity WHERE backend_type = 'client backend'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        let (all, held): (i64, i64) = (row.get("all"), row.get("held"));
        assert!(all < CONNECTIONS_MAX, "{all} connections");
        if held == 0 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{held} connections keep a transaction open");
        shortly().await;
    }

    // Who never heard asks again; a tenth of them is enough to see that each gets one answer, for ever.
    let again: Vec<Sent> = whole.iter().step_by(10).cloned().collect();
    Load::begin(&client, again).settle(&client, url).await;
    stage.inspect().await;
    let log = Log::read(url).await.unwrap();
    let receipts = log.receipts_by_key();
    let applied = whole.iter().filter_map(|command| receipts.get(command.key.as_str()));
    assert!(applied.clone().all(|count| *count == 1), "nothing is done twice");
    println!(
        "{} of 5,000 whole requests were applied; {:.1} s in all",
        applied.count(),
        started.elapsed().as_secs_f64()
    );
    stage.system.end().await;
}
