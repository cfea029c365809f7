//! Quantities that cannot be, features of others, and plans that somebody is on: what is refused, and that nothing is
//! written.

use axum::body::Body;
use serde_json::{Value, json};
use testkit::unique;

use crate::house::{House, Reply};
use crate::studio::{STUDIO, Studio, in_minutes, inhabited};

/// What a quantity must not be, and what is said of it.
fn wrong_quantities() -> Vec<(Value, &'static str)> {
    vec![
        (json!("ten"), "\"ten\" is not an amount such as \"9.95\""),
        (json!(""), "\"\" is not an amount such as \"9.95\""),
        (json!(null), "invalid type: null, expected an amount: a string such as \"9.95\", or a whole number"),
        (json!({}), "invalid type: map, expected an amount: a string such as \"9.95\", or a whole number"),
        (json!(-1), "-1 is not above zero"),
        (json!("-0.5"), "-0.5 is not above zero"),
        (json!(0), "0 is not above zero"),
        (json!("0.000"), "0.000 is not above zero"),
        (json!(1.5), "1.5 is not exact as a JSON number; write it as a string such as \"9.95\""),
        (json!("0.0000001"), "0.0000001 has more than the 6 decimals of UNIT"),
        (json!("1000000000000.1"), "1000000000000.1 is above the largest amount, 1000000000000"),
        (json!(u64::MAX), "18446744073709551615 is above the largest amount, 1000000000000"),
        (json!("79228162514264337593543950336"), "\"79228162514264337593543950336\" is not an amount such as \"9.95\""),
    ]
}

/// Sends a body with each of the wrong quantities in its field, and without any.
async fn check(studio: &Studio, route: &str, field: &str, unit: &str, body: Value) {
    let before = studio.0.events().await;
    let with = |quantity: Value| {
        let mut body = body.clone();
        body[field] = quantity;
        body
    };
    let told = wrong_quantities().into_iter().map(|(quantity, told)| (with(quantity), told.replace("UNIT", unit)));
    let missing = (body.clone(), format!("missing field `{field}`"));
    for (body, told) in told.chain([missing]) {
        let reply = studio.0.command(&format!("POST /v1/organizations/ana/{route}"), body.clone()).await;
        assert_eq!(reply.problem(), (422, "invalid_field".to_owned()), "{route} {body}: {}", reply.json());
        let expected = json!([field, format!("{field}: {told}")]);
        assert_eq!(json!([reply.json()["field"], reply.json()["detail"]]), expected, "{route} {body}");
    }
    assert_eq!(studio.0.events().await, before, "{route}: something was written");
}

#[tokio::test]
async fn a_quantity_that_cannot_be_is_refused_wherever_it_stands() {
    let studio = inhabited().await;
    let placed = json!({ "feature": "tokens", "quantity": 100, "expires_at": in_minutes(9) });
    let hold = studio.post("ana", "holds", placed).await.accepted()["hold"]["hold"].as_str().unwrap().to_owned();
    let new_hold = json!({ "feature": "runs", "expires_at": in_minutes(9) });
    check(&studio, "usage", "quantity", "a quantity", json!({ "feature": "runs" })).await;
    check(&studio, "holds", "quantity", "a quantity", new_hold).await;
    check(&studio, &format!("holds/{hold}/capture"), "quantity", "a quantity", json!({})).await;
    check(&studio, "capacities/numbers/acquire", "quantity", "a quantity", json!({})).await;
    check(&studio, "capacities/numbers/release", "quantity", "a quantity", json!({})).await;
    check(&studio, "credits/grants", "amount", "credits", json!({ "reason": "goodwill" })).await;
    check(&studio, "credits", "amount", "credits", json!({})).await;
    let left = studio.get("ana", "holds").await;
    assert_eq!(left["holds"][0]["left"], "100", "the hold stays as it was");
}

#[tokio::test]
async fn the_largest_quantity_there_is_is_refused_for_what_it_is_and_overflows_nothing() {
    let studio = inhabited().await;
    studio.top_up("ana", "1000000000000").await;
    let largest = json!("1000000000000");
    let placed = json!({ "feature": "tokens", "quantity": 1, "expires_at": in_minutes(9) });
    let hold = studio.post("ana", "holds", placed).await.accepted()["hold"]["hold"].as_str().unwrap().to_owned();
    let of = |feature: &str| json!({ "feature": feature, "quantity": largest });
    let new_hold = json!({ "feature": "runs", "quantity": largest, "expires_at": in_minutes(9) });
    studio
        .refused(&[
            ("POST ana/usage", of("runs"), (429, "QUOTA_EXCEEDED", "quantity")),
            ("POST ana/holds", new_hold, (429, "QUOTA_EXCEEDED", "quantity")),
            (
                "POST ana/capacities/numbers/acquire",
                json!({ "quantity": largest }),
                (403, "CAPACITY_EXCEEDED", "quantity"),
            ),
        ])
        .await;
    // Past the allowance half a credit each: the largest quantity costs half of the largest balance.
    for (charged, balance) in [("499999999950.50", "500000000049.50"), ("500000000000.00", "49.50")] {
        let used = studio.post("ana", "usage", of("tokens")).await.accepted();
        assert_eq!((&used["charged"], &used["balance"]), (&json!(charged), &json!(balance)));
    }
    studio
        .refused(&[
            ("POST ana/usage", of("tokens"), (402, "INSUFFICIENT_CREDITS", "quantity")),
            (
                &format!("POST ana/holds/{hold}/capture"),
                json!({ "quantity": largest }),
                (402, "INSUFFICIENT_CREDITS", "quantity"),
            ),
        ])
        .await;
}

async fn publish(house: &House, text: &str) -> Reply {
    let request = house.request("POST /v1/catalogs").header("idempotency-key", unique("key"));
    let mut request = request.body(Body::from(text.to_owned())).unwrap();
    request.headers_mut().insert("content-type", "application/toml".parse().unwrap());
    house.send(request).await
}

#[tokio::test]
async fn a_feature_of_another_product_is_unknown() {
    let studio = inhabited().await;
    publish(&studio.0, include_str!("../../../catalogs/agencia.toml")).await.accepted();
    let unknown = (404, "ledger.unknown_feature", "feature");
    let (one, hold) = (json!({ "quantity": 1 }), json!({ "enabled": true, "reason": "a trial" }));
    let of_agencia = json!({ "feature": "whatsapp_messages", "quantity": 1 });
    let mut held = of_agencia.clone();
    held["expires_at"] = json!(in_minutes(9));
    studio
        .refused(&[
            ("POST ana/usage", of_agencia, unknown),
            ("POST ana/holds", held, unknown),
            ("POST ana/capacities/whatsapp_instances/acquire", one.clone(), unknown),
            ("POST ana/capacities/whatsapp_instances/release", one, unknown),
            ("PUT ana/overrides/whatsapp_messages", hold, unknown),
        ])
        .await;
    let seen = studio.0.read("/v1/organizations/ana/entitlements/whatsapp_messages").await;
    assert_eq!(seen.problem(), (404, "ledger.unknown_feature".to_owned()));
}

#[tokio::test]
async fn a_catalog_that_takes_away_a_plan_is_not_published() {
    let studio = inhabited().await;
    let events = studio.0.events().await;
    let (_, large) = STUDIO.split_once("[[plans]]\ncode = \"small\"").unwrap();
    let (_, large) = large.split_once("[[plans]]").unwrap();
    let (features, _) = STUDIO.split_once("[[plans]]").unwrap();
    let refused = publish(&studio.0, &format!("{features}[[plans]]{large}")).await;
    assert_eq!(refused.problem(), (409, "catalog.plan_removed".to_owned()));
    let told = refused.json();
    assert_eq!((&told["field"], &told["plan"], &told["version"]), (&json!("plans"), &json!("small"), &json!(1)));
    assert_eq!(studio.0.events().await, events, "something was written");
    studio.consume("ana", "runs", 1).await.accepted();
}
