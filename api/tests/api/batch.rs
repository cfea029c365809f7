//! Many consumptions in one request, each with its own verdict.

use std::collections::BTreeSet;

use axum::body::Body;
use futures::future::join_all;
use serde_json::{Value, json};
use testkit::unique;

use crate::house::{House, Reply};

const BATCH: &str = "POST /v1/usage/batch";

/// A house where pedro and maria are on a free plan.
async fn inhabited() -> House {
    let house = House::with_agencia().await;
    house.with_free_plan("pedro").await;
    house.with_free_plan("maria").await;
    house
}

fn item(id: &str, organization: &str, feature: &str, quantity: impl Into<Value>) -> Value {
    let quantity: Value = quantity.into();
    json!({ "id": id, "organization": organization, "feature": feature, "quantity": quantity })
}

/// Sends a batch, without an `Idempotency-Key`.
async fn send(house: &House, items: &[Value]) -> Reply {
    post(house, json!({ "items": items }).to_string()).await
}

async fn post(house: &House, body: String) -> Reply {
    house.send(house.request(BATCH).body(Body::from(body)).unwrap()).await
}

/// Of each item its status, with the code and the field of its problem.
fn verdicts(answer: &Value) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told =
        |it: &Value| (it["status"].as_u64().unwrap(), text(&it["problem"]["code"]), text(&it["problem"]["field"]));
    answer["items"].as_array().unwrap().iter().map(told).collect()
}

fn refused(status: u64, code: &str, field: &str) -> (u64, String, String) {
    (status, code.to_owned(), field.to_owned())
}

fn accepted() -> (u64, String, String) {
    refused(200, "", "")
}

#[tokio::test]
async fn every_item_has_its_own_verdict_in_the_order_of_the_items() {
    let house = inhabited().await;
    let answer = send(
        &house,
        &[
            item("m-1", "pedro", "whatsapp_messages", 50),
            item("m-2", "pedro", "whatsapp_messages", 1),
            item("m-3", "maria", "whatsapp_messages", "1"),
            item("m-4", "nobody", "whatsapp_messages", 1),
            item("m-5", "pedro", "ai_runs", 1),
            item("m-6", "pedro", "ai_runs", 1),
            item("m-7", "pedro", "faxes", 1),
        ],
    )
    .await
    .accepted();
    assert_eq!(
        verdicts(&answer),
        [
            accepted(),
            refused(402, "INSUFFICIENT_CREDITS", "items[1].quantity"),
            accepted(),
            refused(404, "organization.unknown", "items[3].organization"),
            accepted(),
            refused(429, "QUOTA_EXCEEDED", "items[5].quantity"),
            refused(404, "ledger.unknown_feature", "items[6].feature"),
        ]
    );
    assert_eq!((&answer["accepted"], &answer["refused"]), (&json!(3), &json!(4)));
    let ids: Vec<_> = answer["items"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["m-1", "m-2", "m-3", "m-4", "m-5", "m-6", "m-7"]);
    let first = &answer["items"][0]["result"];
    assert_eq!((&first["usage"]["used"], &first["usage"]["limit"]), (&json!("50"), &json!("50")), "{answer}");
    assert!(first["receipt"]["position"].is_i64());
    let exceeded = &answer["items"][5]["problem"];
    assert!(exceeded["retry_after_seconds"].as_u64().is_some_and(|seconds| seconds > 0), "{exceeded}");
    assert_eq!(exceeded["organization"], "pedro");
}

#[tokio::test]
async fn an_item_that_cannot_be_read_names_its_field_and_the_others_go_on() {
    let house = inhabited().await;
    let quantity = |quantity: Value| item(&unique("id"), "pedro", "whatsapp_messages", quantity);
    let cases = [
        (quantity(json!(1)), accepted()),
        (quantity(json!("-2")), refused(422, "invalid_field", "items[1].quantity")),
        (quantity(json!(0.5)), refused(422, "invalid_field", "items[2].quantity")),
        (item("a b", "pedro", "ai_runs", 1), refused(422, "invalid_field", "items[3].id")),
        (item(&"x".repeat(201), "pedro", "ai_runs", 1), refused(422, "invalid_field", "items[4].id")),
        (item("i-5", "pe dro", "ai_runs", 1), refused(422, "invalid_field", "items[5].organization")),
        (json!({ "id": "i-6", "organization": "pedro" }), refused(422, "invalid_field", "items[6].feature")),
        (json!({ "id": "i-7", "colour": 1 }), refused(422, "invalid_field", "items[7].colour")),
        (json!(7), refused(422, "invalid_field", "items[8]")),
        (json!(["i-9", "pedro", "ai_runs", 1]), refused(422, "invalid_field", "items[9]")),
        (quantity(json!(1)), accepted()),
    ];
    let (items, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let answer = send(&house, &items).await.accepted();
    assert_eq!(verdicts(&answer), expected);
    let negative = &answer["items"][1]["problem"];
    assert_eq!(negative["detail"], "items[1].quantity: -2 is not above zero");
    assert_eq!((&answer["items"][6]["id"], &answer["items"][8]["id"]), (&json!("i-6"), &json!(null)));
    assert_eq!(answer["items"][10]["result"]["usage"]["used"], "2");

    let none = send(&house, &[json!({}), json!("x")]).await.accepted();
    assert_eq!((&none["accepted"], &none["refused"]), (&json!(0), &json!(2)), "read, so it is 200");
}

#[tokio::test]
async fn a_batch_sent_again_gets_the_same_answer_and_charges_once() {
    let house = inhabited().await;
    let items = [item("r-1", "pedro", "whatsapp_messages", 2), item("r-2", "maria", "whatsapp_messages", 3)];
    let first = send(&house, &items).await;
    let written = house.events().await;
    let again = send(&house, &items).await;
    assert_eq!(again.bytes, first.bytes);
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), (None, Some("true")));

    let alone = json!({ "feature": "whatsapp_messages", "quantity": 2 });
    let alone = house.command_as("r-1", "POST /v1/organizations/pedro/usage", alone).await;
    assert_eq!(alone.header("idempotent-replayed"), Some("true"), "an id is a key");
    assert_eq!(alone.json(), first.json()["items"][0]["result"]);
    assert_eq!(house.events().await, written);

    let more = [items[0].clone(), item("r-3", "pedro", "whatsapp_messages", 1)];
    let more = send(&house, &more).await;
    assert_eq!(more.header("idempotent-replayed"), None);
    assert_eq!(more.accepted()["items"][1]["result"]["usage"]["used"], "3");
}

#[tokio::test]
async fn an_id_that_says_something_else_is_refused_within_a_batch_and_across_batches() {
    let house = inhabited().await;
    let answer = send(
        &house,
        &[
            item("d-1", "pedro", "whatsapp_messages", 1),
            item("d-1", "pedro", "whatsapp_messages", "1.0"),
            item("d-1", "pedro", "whatsapp_messages", 2),
            item("d-1", "maria", "whatsapp_messages", 1),
        ],
    )
    .await
    .accepted();
    let reused = refused(422, "idempotency_key_reused", "");
    assert_eq!(verdicts(&answer), [accepted(), accepted(), reused.clone(), reused.clone()]);
    assert_eq!(answer["items"][0]["result"], answer["items"][1]["result"], "the second is a retry of the first");

    let later = send(&house, &[item("d-1", "pedro", "whatsapp_messages", 7)]).await.accepted();
    assert_eq!(verdicts(&later), [reused]);
    assert_eq!(later["items"][0]["problem"]["idempotency_key"], "d-1");
}

#[tokio::test]
async fn what_is_no_batch_is_refused_as_a_whole() {
    let house = inhabited().await;
    let before = house.events().await;
    let many = |count: usize| -> String {
        let items: Vec<Value> = (0..count).map(|n| item(&format!("n-{n}"), "pedro", "ai_runs", 1)).collect();
        json!({ "items": items }).to_string()
    };
    let padded = format!("{}{}", many(1), " ".repeat(1024 * 1024));
    for (body, expected) in [
        ("{\"items\": [".to_owned(), (400, "malformed_json")),
        ("{\"items\": [{]}".to_owned(), (400, "malformed_json")),
        ("{}".to_owned(), (422, "invalid_field")),
        ("{\"items\": {}}".to_owned(), (422, "invalid_field")),
        ("{\"items\": []}".to_owned(), (422, "invalid_field")),
        ("{\"items\": [], \"mode\": 1}".to_owned(), (422, "invalid_field")),
        (many(1_001), (413, "too_many_items")),
        (padded, (413, "body_too_large")),
    ] {
        let reply = post(&house, body).await;
        assert_eq!(reply.problem(), (expected.0, expected.1.to_owned()), "{}", reply.json());
    }
    let told = post(&house, many(1_001)).await.json();
    assert_eq!((&told["limit_items"], &told["found_items"]), (&json!(1_000), &json!(1_001)));
    assert_eq!(told["detail"], "the batch has 1001 items, 1000 at most are taken");
    assert_eq!(house.events().await, before, "something was written");
}

#[tokio::test]
async fn a_thousand_items_are_applied_and_those_of_one_organization_in_their_order() {
    let house = inhabited().await;
    house.command("POST /v1/organizations/pedro/credits", json!({ "amount": "100" })).await.accepted();
    house.command("POST /v1/organizations/maria/credits", json!({ "amount": "100" })).await.accepted();
    let name = |n: usize| if n.is_multiple_of(3) { "maria" } else { "pedro" };
    let batch = async |name_of_batch: &str| {
        let items: Vec<Value> =
            (0..1_000).map(|n| item(&format!("{name_of_batch}-{n}"), name(n), "whatsapp_messages", 1)).collect();
        send(&house, &items).await.accepted()
    };
    let answers = join_all(["a", "b"].map(batch)).await;

    let mut positions = BTreeSet::new();
    for answer in &answers {
        assert_eq!((&answer["accepted"], &answer["refused"]), (&json!(1_000), &json!(0)), "{answer}");
        for organization in ["pedro", "maria"] {
            let used = answer["items"].as_array().unwrap().iter().enumerate();
            let used: Vec<u64> = used
                .filter(|(n, _)| name(*n) == organization)
                .map(|(_, it)| it["result"]["usage"]["used"].as_str().unwrap().parse().unwrap())
                .collect();
            assert!(used.is_sorted_by(|a, b| a < b), "{organization}: {used:?}");
        }
        for it in answer["items"].as_array().unwrap() {
            positions.insert(it["result"]["receipt"].to_string());
        }
    }
    assert_eq!(positions.len(), 2_000, "every item once");
}
