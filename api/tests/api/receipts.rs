//! Decision receipts: every verdict names the catalog version and the position it was decided on.

use serde_json::{Value, json};
use testkit::unique;

use crate::house::place;
use crate::studio::{Studio, in_minutes, inhabited};

/// What ana's next command will be decided on.
async fn grounds(studio: &Studio) -> (Value, Value) {
    (studio.0.head_of("ana").await, json!(1))
}

/// What an accepted command says it was decided on.
fn told(answer: &Value) -> (Value, Value) {
    (answer["receipt"]["decided_on"].clone(), answer["receipt"]["catalog_version"].clone())
}

#[tokio::test]
async fn every_accepted_command_names_the_position_and_the_catalog_version_it_was_decided_on() {
    let studio = inhabited().await;
    let hold = json!({ "feature": "tokens", "quantity": 10, "expires_at": in_minutes(9) });
    let cases = [
        ("usage", json!({ "feature": "runs", "quantity": 1 })),
        ("holds", hold),
        ("capacities/rooms/acquire", json!({ "quantity": 1 })),
        ("capacities/rooms/release", json!({ "quantity": 1 })),
        ("credits", json!({ "amount": "1" })),
        ("suspend", json!({ "reason": "unpaid" })),
        ("resume", json!({ "reason": "paid" })),
    ];
    for (what, body) in cases {
        let expected = grounds(&studio).await;
        let answer = studio.post("ana", what, body).await.accepted();
        assert_eq!(told(&answer), expected, "{what}: {answer}");
        if what == "holds" {
            let expected = grounds(&studio).await;
            let capture = format!("holds/{}/capture", answer["hold"]["hold"].as_str().unwrap());
            let captured = studio.post("ana", &capture, json!({ "quantity": 4 })).await.accepted();
            assert_eq!(told(&captured), expected, "{captured}");
        }
    }
    // A command that changes nothing stands where it was decided.
    let settled = studio.post("ana", "settle", Value::Null).await.accepted();
    assert_eq!(settled["receipt"]["decided_on"], place(&settled["receipt"]));
}

#[tokio::test]
async fn every_item_of_a_batch_names_what_it_was_decided_on() {
    let studio = inhabited().await;
    let before = studio.0.head_of("ana").await;
    let item = |feature: &str| json!({ "id": unique("id"), "organization": "ana", "feature": feature, "quantity": 1 });
    let batch = json!({ "items": [item("runs"), item("runs"), item("faxes")] });
    let answer = studio.0.command("POST /v1/usage/batch", batch).await.accepted();
    let receipt = |n: usize| &answer["items"][n]["result"]["receipt"];
    assert_eq!((&receipt(0)["decided_on"], &receipt(0)["catalog_version"]), (&before, &json!(1)), "{answer}");
    // Each knew of the one before it.
    assert_eq!((&receipt(1)["decided_on"], &receipt(1)["catalog_version"]), (&place(receipt(0)), &json!(1)));
    let refused = &answer["items"][2]["problem"];
    assert_eq!((&refused["decided_on"], &refused["catalog_version"]), (&place(receipt(1)), &json!(1)), "{answer}");
}

#[tokio::test]
async fn a_repeated_answer_names_what_it_was_decided_on_the_first_time() {
    let studio = inhabited().await;
    let use_one = json!({ "feature": "runs", "quantity": 1 });
    let route = "POST /v1/organizations/ana/usage";
    let first = studio.0.command_as("k", route, use_one.clone()).await;
    studio.consume("ana", "runs", 1).await.accepted();
    let again = studio.0.command_as("k", route, use_one).await;
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), (Some("true"), &first.bytes));
    assert_eq!(told(&again.json()).1, json!(1));
}

#[tokio::test]
async fn the_answer_of_an_earlier_release_is_given_again_as_it_was() {
    let studio = inhabited().await;
    let use_one = json!({ "feature": "runs", "quantity": 1 });
    let route = "POST /v1/organizations/ana/usage";
    let mut first = studio.0.command_as("k", route, use_one.clone()).await.accepted();
    let owner = sqlx::PgPool::connect(&studio.0.database.url).await.unwrap();
    let as_before = "SET session_replication_role = replica;
        UPDATE es.receipts SET answer = answer->'answer' WHERE command_id = 'k'";
    sqlx::raw_sql(as_before).execute(&owner).await.unwrap();
    let again = studio.0.command_as("k", route, use_one).await.accepted();
    let receipt = first["receipt"].as_object_mut().unwrap();
    receipt.retain(|name, _| !["decided_on", "catalog_version"].contains(&name.as_str()));
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_refusal_names_the_position_and_the_catalog_version_it_was_decided_on() {
    let studio = inhabited().await;
    let used = studio.consume("ana", "runs", 10).await.accepted();
    let refused = studio.consume("ana", "runs", 1).await.json();
    assert_eq!(refused["catalog_version"], json!(1));
    assert_eq!(refused["decided_on"], studio.0.head_of("ana").await);
    assert_eq!(refused["decided_on"]["partition"], used["receipt"]["partition"]);
    let unknown = studio.consume("nobody", "runs", 1).await.json();
    assert!(unknown["decided_on"]["position"].is_number() && unknown.get("catalog_version").is_none());
    let never_sent = studio.consume("ana", "runs", 0).await.json();
    assert_eq!(never_sent.get("decided_on"), None);
}

#[tokio::test]
async fn a_check_that_is_refused_names_what_was_looked_at() {
    let studio = inhabited().await;
    let seen = studio.0.head_of("ana").await;
    for path in ["entitlements/faxes", "gate?plan=huge"] {
        let refused = studio.0.read(&format!("/v1/organizations/ana/{path}")).await;
        assert_eq!(refused.status, 404, "{}", refused.json());
        assert_eq!((&refused.json()["decided_on"], &refused.json()["catalog_version"]), (&seen, &json!(1)), "{path}");
    }
    let unknown = studio.0.read("/v1/organizations/nobody/entitlements").await.json();
    assert!(unknown["decided_on"]["position"].is_number() && unknown.get("catalog_version").is_none(), "{unknown}");
}
