//! Holds: reserved, captured, let go of, expired.

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::unique;

use crate::house::place;
use crate::studio::{Studio, in_minutes, inhabited, told};

async fn hold(studio: &Studio, id: &str, feature: &str, quantity: u32, minutes: i64) -> Value {
    let body = json!({ "feature": feature, "quantity": quantity, "expires_at": in_minutes(minutes) });
    studio.post(id, "holds", body).await.accepted()
}

fn name_of(held: &Value) -> String {
    held["hold"]["hold"].as_str().unwrap().to_owned()
}

const STANDING: &[&str] = &["/hold/left", "/usage/used", "/usage/remaining", "/balance", "/charged"];

#[tokio::test]
async fn a_hold_is_captured_in_parts_and_the_rest_is_let_go_of() {
    let studio = inhabited().await;
    let placed = hold(&studio, "ana", "runs", 8, 10).await;
    assert_eq!(told(&placed, STANDING), "8 8 2 0.00 0.00");
    let name = name_of(&placed);
    let exceeded = studio.consume("ana", "runs", 3).await;
    assert_eq!(exceeded.problem(), (429, "QUOTA_EXCEEDED".to_owned()));

    let open = studio.get("ana", "holds").await;
    let shown = ["/holds/0/feature", "/holds/0/quantity", "/holds/0/captured", "/holds/0/left", "/holds/0/credits"];
    assert_eq!(told(&open, &shown), "runs 8 0 8 0.00");
    assert_eq!((&open["holds"][0]["hold"], &open["as_of"]), (&json!(name), &place(&placed["receipt"])));
    assert_eq!(open["holds"][0]["expires_at"], placed["hold"]["expires_at"]);

    let capture = format!("holds/{name}/capture");
    let part = studio.post("ana", &capture, json!({ "quantity": 3, "rest": "keep" })).await.accepted();
    assert_eq!(told(&part, STANDING), "5 8 2 0.00 0.00");
    let last = studio.post("ana", &capture, json!({ "quantity": "1.5" })).await.accepted();
    assert_eq!(told(&last, STANDING), "0 4.5 5.5 0.00 0.00");
    assert_eq!(last["hold"]["expires_at"], Value::Null);
    assert_eq!(studio.get("ana", "holds").await["holds"], json!([]));
    studio
        .refused(&[
            (&format!("POST ana/{capture}"), json!({ "quantity": 1 }), (404, "ledger.hold_not_open", "hold")),
            (&format!("POST ana/holds/{name}/release"), json!({}), (404, "ledger.hold_not_open", "hold")),
        ])
        .await;
}

#[tokio::test]
async fn a_hold_reserves_credits_and_settles_above_itself_where_the_plan_says_so() {
    let studio = inhabited().await;
    studio.top_up("ana", "10").await;
    let placed = hold(&studio, "ana", "tokens", 104, 10).await;
    assert_eq!(told(&placed, STANDING), "104 104 0 8.00 0.00");
    assert_eq!(studio.get("ana", "holds").await["holds"][0]["credits"], "2.00");
    let above = json!({ "quantity": 106, "attributes": { "model": "large" } });
    let captured = studio.post("ana", &format!("holds/{}/capture", name_of(&placed)), above).await.accepted();
    assert_eq!(told(&captured, STANDING), "0 106 0 7.00 3.00");
}

#[tokio::test]
async fn a_hold_is_released_extended_and_expires_by_itself() {
    let studio = inhabited().await;
    let released = hold(&studio, "ana", "runs", 4, 10).await;
    let released = studio.post("ana", &format!("holds/{}/release", name_of(&released)), json!({})).await.accepted();
    assert_eq!(told(&released, STANDING), "0 0 10 0.00 0.00");

    let name = name_of(&hold(&studio, "sam", "runs", 4, 10).await);
    let extend = format!("holds/{name}/extend");
    let until = in_minutes(60);
    let extended = studio.post("sam", &extend, json!({ "expires_at": until })).await.accepted();
    assert_eq!(extended["hold"]["expires_at"], json!(until));
    let same = studio.post("sam", &extend, json!({ "expires_at": until })).await.accepted();
    assert_eq!(same["hold"], Value::Null, "it was so already");
    studio.travel(59).await;
    assert_eq!(studio.get("sam", "holds").await["holds"].as_array().map(Vec::len), Some(1));
    studio.travel(61).await;
    assert_eq!(studio.get("sam", "holds").await["holds"], json!([]), "nobody had to write it down");
    let expired = (409, "ledger.hold_expired", "hold");
    studio
        .refused(&[
            (&format!("POST sam/holds/{name}/capture"), json!({ "quantity": 1 }), expired),
            (&format!("POST sam/holds/{name}/release"), json!({}), expired),
            (&format!("POST sam/{extend}"), json!({ "expires_at": in_minutes(90) }), expired),
        ])
        .await;
    studio.post("sam", "settle", json!({})).await.accepted();
    studio
        .refused(&[(&format!("POST sam/holds/{name}/release"), json!({}), (404, "ledger.hold_not_open", "hold"))])
        .await;
    assert_eq!(studio.get("sam", "entitlements/runs").await["remaining"], "10");
}

#[tokio::test]
async fn a_hold_that_cannot_be_placed_is_refused_by_name() {
    let studio = inhabited().await;
    let wanted =
        |feature: &str, quantity: u32| json!({ "feature": feature, "quantity": quantity, "expires_at": in_minutes(9) });
    let at = |expires_at: &str| json!({ "feature": "runs", "quantity": 1, "expires_at": expires_at });
    let switched_off = json!({ "enabled": false, "reason": "abuse" });
    studio.put("ana", "overrides/songs", switched_off).await.accepted();
    let (soon, late) = (in_minutes(-1), in_minutes(31 * 24 * 60 + 1));
    studio
        .refused(&[
            ("POST nobody/holds", wanted("runs", 1), (404, "organization.unknown", "organization")),
            ("POST eva/holds", wanted("runs", 1), (403, "subscription.no_plan_in_force", "-")),
            ("POST ana/holds", wanted("telex", 1), (404, "ledger.unknown_feature", "feature")),
            ("POST ana/holds", wanted("numbers", 1), (422, "ledger.not_a_quota", "feature")),
            ("POST ana/holds", wanted("songs", 1), (403, "FEATURE_SWITCHED_OFF", "feature")),
            ("POST ana/holds", wanted("films", 1), (403, "FEATURE_NOT_IN_PLAN", "feature")),
            ("POST ana/holds", at(&soon), (422, "ledger.hold_expiry_out_of_range", "expires_at")),
            ("POST ana/holds", at(&late), (422, "ledger.hold_expiry_out_of_range", "expires_at")),
            ("POST ana/holds", wanted("runs", 11), (429, "QUOTA_EXCEEDED", "quantity")),
            ("POST ana/holds", wanted("tokens", 101), (402, "INSUFFICIENT_CREDITS", "quantity")),
            ("POST ana/holds", wanted("runs", 0), (422, "invalid_field", "quantity")),
            ("POST ana/holds", at("tomorrow"), (422, "invalid_field", "expires_at")),
            ("POST ana/holds", at("1960-01-01T00:00:00Z"), (422, "invalid_field", "expires_at")),
            ("POST ana/holds", json!({ "feature": "runs", "quantity": 1 }), (422, "invalid_field", "expires_at")),
            ("POST ana/holds/h.1/release", json!({}), (422, "invalid_field", "hold")),
        ])
        .await;
}

#[tokio::test]
async fn a_capture_that_cannot_be_is_refused_by_name_and_the_hold_stays() {
    let studio = inhabited().await;
    let (runs, tokens) = (hold(&studio, "ana", "runs", 3, 9).await, hold(&studio, "ana", "tokens", 100, 9).await);
    let (runs, tokens) = (name_of(&runs), name_of(&tokens));
    let capture = format!("POST ana/holds/{runs}/capture");
    let extend = format!("POST ana/holds/{runs}/extend");
    studio
        .refused(&[
            (&capture, json!({ "quantity": 4 }), (409, "ledger.capture_exceeds_hold", "quantity")),
            (
                &format!("POST ana/holds/{tokens}/capture"),
                json!({ "quantity": 101 }),
                (402, "INSUFFICIENT_CREDITS", "quantity"),
            ),
            (
                &capture,
                json!({ "quantity": 1, "occurred_at": in_minutes(5) }),
                (422, "ledger.occurred_in_future", "occurred_at"),
            ),
            (
                &capture,
                json!({ "quantity": 1, "occurred_at": "2001-01-01T00:00:00Z" }),
                (422, "ledger.occurred_before_registration", "occurred_at"),
            ),
            (&capture, json!({ "quantity": 1, "rest": "burn" }), (422, "invalid_field", "rest")),
            (&capture, json!({ "quantity": 1, "attributes": { "a b": "" } }), (422, "invalid_field", "attributes")),
            (&extend, json!({ "expires_at": in_minutes(3) }), (422, "ledger.hold_expiry_out_of_range", "expires_at")),
            ("POST ana/holds/hold_x/capture", json!({ "quantity": 1 }), (404, "ledger.hold_not_open", "hold")),
        ])
        .await;
    studio.post("ana", "suspend", json!({ "reason": "chargeback" })).await.accepted();
    let new = json!({ "feature": "runs", "quantity": 1, "expires_at": in_minutes(9) });
    studio
        .refused(&[
            ("POST ana/holds", new, (403, "organization.suspended", "-")),
            (&extend, json!({ "expires_at": in_minutes(20) }), (403, "organization.suspended", "-")),
        ])
        .await;
    let captured = studio.post("ana", &format!("holds/{runs}/capture"), json!({ "quantity": 3 })).await.accepted();
    assert_eq!(told(&captured, STANDING), "0 3 7 0.00 0.00", "what was reserved before may be used");
}

#[tokio::test]
async fn a_hold_has_one_answer_however_often_it_is_asked_for() {
    let studio = inhabited().await;
    let (key, route) = (unique("key"), "POST /v1/organizations/ana/holds");
    let body = json!({ "feature": "runs", "quantity": 2, "expires_at": in_minutes(9) });
    let first = studio.0.command_as(&key, route, body.clone()).await;
    assert_eq!(first.status, 201);
    let again = studio.0.command_as(&key, route, body).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (first.status, Some("true")));
    assert_eq!(again.bytes, first.bytes);
    let other = json!({ "feature": "runs", "quantity": 3, "expires_at": in_minutes(9) });
    let reused = studio.0.command_as(&key, route, other).await;
    assert_eq!(reused.problem(), (422, "idempotency_key_reused".to_owned()));
    assert_eq!(studio.get("ana", "holds").await["holds"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn holds_of_a_feature_are_counted_by_its_rate_and_no_more_than_a_thousand_are_open() {
    let studio = inhabited().await;
    hold(&studio, "ana", "songs", 1, 9).await;
    let song = json!({ "feature": "songs", "quantity": 1, "expires_at": in_minutes(9) });
    let limited = studio.post("ana", "holds", song).await;
    assert_eq!(limited.problem(), (429, "rate_limit_exceeded".to_owned()));
    assert_eq!((limited.header("ratelimit-remaining"), limited.header("retry-after").is_some()), (Some("0"), true));

    let small = json!({ "feature": "runs", "quantity": "0.001", "expires_at": in_minutes(9) });
    let placed = join_all((1..1_000).map(|_| studio.post("ana", "holds", small.clone()))).await;
    assert!(placed.iter().all(|reply| reply.status == 201));
    studio.refused(&[("POST ana/holds", small, (409, "ledger.too_many_holds", "hold"))]).await;
    assert_eq!(studio.get("ana", "holds").await["holds"].as_array().map(Vec::len), Some(1_000));
}
