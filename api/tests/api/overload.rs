//! The log hangs and its queue fills: whoever comes then is told to come back, and what waits has a bound.

use std::time::Duration;

use event_store::Failure;
use event_store::executor::QUEUE_COMMANDS_MAX;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use testkit::{of, send, unique};
use tokio::time::timeout;

use crate::house::House;

fn top_up() -> domain::credit_ledger::Command {
    let amount = domain::Credits::positive(1.into()).unwrap();
    domain::credit_ledger::Command::TopUp { amount, reference: None }
}

#[tokio::test]
async fn a_full_queue_asks_to_come_back_and_keeps_what_it_took() {
    let house = House::with_agencia().await;
    house.with_free_plan("pedro").await;
    let administrator = PgPool::connect(&house.database.url).await.unwrap();
    let mut held = administrator.begin().await.unwrap();
    sqlx::query("SELECT FROM es.heads FOR UPDATE").execute(&mut *held).await.unwrap();

    // Every answer that comes while nothing can be written is a refusal; what the log took waits. It takes what fits
    // into a statement or two out of the queue, so the queue is full when a whole one more is refused.
    let mut running = FuturesUnordered::new();
    let mut refused = 0;
    while refused < QUEUE_COMMANDS_MAX {
        refused = 0;
        running.extend((0..QUEUE_COMMANDS_MAX).map(|_| send(&house.executor, of("pedro"), top_up())));
        while let Ok(answer) = timeout(Duration::from_millis(500), running.next()).await {
            assert!(matches!(answer, Some(Err(Failure::Overloaded))), "{answer:?}");
            refused += 1;
        }
    }
    let taken = running.len();
    assert!((QUEUE_COMMANDS_MAX..=2 * QUEUE_COMMANDS_MAX).contains(&taken), "{taken} wait");

    callers_are_told_to_come_back(&house).await;

    held.rollback().await.unwrap();
    while let Some(answer) = running.next().await {
        answer.unwrap();
    }
    let topped_up = house.command("POST /v1/organizations/pedro/credits", json!({ "amount": "1" })).await.accepted();
    assert_eq!(topped_up["balance"], format!("{}.00", taken + 1), "what was taken is applied once, the rest never");
}

async fn callers_are_told_to_come_back(house: &House) {
    let reply = house.command("POST /v1/organizations/pedro/credits", json!({ "amount": "1" })).await;
    assert_eq!(reply.problem(), (503, "overloaded".to_owned()));
    assert_eq!(reply.header("retry-after"), Some("1"));

    let item = || json!({ "id": unique("id"), "organization": "pedro", "feature": "ai_runs", "quantity": 1 });
    let items: Vec<Value> = (0..3).map(|_| item()).collect();
    let batch = house.command("POST /v1/usage/batch", json!({ "items": items })).await.accepted();
    assert_eq!(batch["refused"], 3, "{batch}");
    for it in batch["items"].as_array().unwrap() {
        let problem = &it["problem"];
        assert_eq!((&it["status"], &problem["code"]), (&json!(503), &json!("overloaded")));
        assert_eq!(problem["retry_after_seconds"], 1);
    }
}
