//! What falls due by itself is seen by everybody, and happens once, whatever dies at its instant.

use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan};
use serde_json::json;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tests::client::{Client, PATIENCE, shortly};
use tests::faults::pause::Pause;
use tests::faults::trial::Stage;
use tests::faults::trial::Victim::{self, Itself, Nats, Postgres};

/// A hold of ana's that lets go in a moment: long enough for the answer to come, and for whoever dies to be told to.
const MOMENT: Duration = Duration::from_millis(800);

/// Where to stop, and what to kill there. Nothing else is to do then, so the first time is that of the deadline.
const POINTS: &[(&str, &[Victim])] = &[
    ("intake.fed", &[Itself]),
    ("intake.committed", &[Itself, Postgres]),
    ("todo.claimed", &[Itself, Postgres]),
    ("todo.before_act", &[Itself]),
    ("todo.acted", &[Itself, Postgres, Nats]),
    ("todo.done", &[Itself]),
];

/// Fifty messages are included; whoever holds more of them reserves credits.
async fn hold(client: &Client, quantity: u32, expires_at: Timestamp) {
    let body = json!({ "feature": "whatsapp_messages", "quantity": quantity, "expires_at": expires_at.to_string() });
    client.post("/v1/organizations/ana/holds", body).await.expect(201);
}

async fn balance(client: &Client, hoped: &str) {
    client.until("/v1/organizations/ana/credits", |answer| answer.at("/balance") == hoped).await;
}

/// How many holds have let go by themselves.
async fn expired(stage: &Stage) -> i64 {
    let mut connection = PgConnection::connect(stage.system.database_url()).await.unwrap();
    let count = "SELECT count(*) FROM es.events WHERE event_type = 'HoldExpired'";
    sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap()
}

async fn until_expired(stage: &Stage, holds: i64) {
    let deadline = Instant::now() + PATIENCE;
    while expired(stage).await < holds {
        assert!(Instant::now() < deadline, "a deadline was lost");
        shortly().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_and_a_lot_end_by_themselves_and_the_balance_says_so() {
    let stage = Stage::set().await;
    let client = stage.system.client();
    balance(&client, "1000.00").await;
    let end = Timestamp::now() + MOMENT;
    hold(&client, 70, end).await;
    balance(&client, "999.00").await;
    let granted =
        json!({ "amount": "5", "reason": "a promotion", "expires_at": (end + 500.milliseconds()).to_string() });
    client.post("/v1/organizations/ana/credits/grants", granted).await.expect(201);
    balance(&client, "1004.00").await;
    // Nobody asks ana's ledger for anything any more: 1 that was held comes back, 5 of the promotion are lost.
    balance(&client, "1000.00").await;
    stage.inspect().await;
    stage.system.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_a_deadline_is_met() {
    let mut stage = Stage::set().await;
    let mut met = 0;
    for (point, victims) in POINTS {
        for victim in *victims {
            let pause = Pause::at(point, 1, stage.system.folder());
            stage.system.kill_engine();
            stage.system.start_engine_with(&pause.variables()).await;
            hold(&stage.system.client(), 70, Timestamp::now() + MOMENT).await;
            pause.reached().await;
            match victim {
                Itself => {
                    stage.system.kill_engine();
                    pause.release();
                    stage.system.start_engine().await;
                }
                Postgres => {
                    stage.system.kill_postgres().await;
                    stage.system.start_postgres().await;
                }
                Nats => {
                    stage.system.kill_nats().await;
                    stage.system.start_nats().await;
                }
            }
            pause.release();
            met += 1;
            until_expired(&stage, met).await;
            balance(&stage.system.client(), "1000.00").await;
            stage.inspect().await;
            assert_eq!(expired(&stage).await, met, "{point}, {victim:?} killed");
        }
    }
    stage.system.end().await;
}
