//! Capacities: acquired up to the limit, and released again.

use serde_json::{Value, json};

use crate::studio::{inhabited, told};

const LEVEL: &[&str] = &["/level/feature", "/level/level", "/level/limit"];

fn so_much(quantity: &str) -> Value {
    json!({ "quantity": quantity, "actor": "user_17" })
}

#[tokio::test]
async fn a_level_is_acquired_up_to_its_limit_and_released_again() {
    let studio = inhabited().await;
    let (acquire, release) = ("capacities/numbers/acquire", "capacities/numbers/release");
    assert_eq!(told(&studio.post("ana", acquire, so_much("1.5")).await.accepted(), LEVEL), "numbers 1.5 2");
    assert_eq!(told(&studio.post("ana", acquire, so_much("0.5")).await.accepted(), LEVEL), "numbers 2 2");
    let full = studio.post("ana", acquire, so_much("0.000001")).await;
    assert_eq!(full.problem(), (403, "CAPACITY_EXCEEDED".to_owned()));
    let way_out = ["/limit", "/level", "/current_plan", "/plan_needed", "/upgrade_url"];
    assert_eq!(told(&full.json(), &way_out), "2 2 small large /checkout?plan=large");
    assert_eq!(studio.get("ana", "entitlements/numbers").await["used"], "2");
    assert_eq!(told(&studio.post("ana", release, so_much("0.5")).await.accepted(), LEVEL), "numbers 1.5 null");
    studio.post("ana", acquire, so_much("0.5")).await.accepted();

    studio.post("ana", "suspend", json!({ "reason": "chargeback" })).await.accepted();
    studio
        .refused(&[("POST ana/capacities/numbers/acquire", so_much("1"), (403, "organization.suspended", "-"))])
        .await;
    assert_eq!(told(&studio.post("ana", release, so_much("2")).await.accepted(), LEVEL), "numbers 0 null");
}

#[tokio::test]
async fn a_level_that_cannot_change_is_refused_by_name() {
    let studio = inhabited().await;
    studio.put("ana", "overrides/rooms", json!({ "enabled": false, "reason": "abuse" })).await.accepted();
    let one = || so_much("1");
    studio
        .refused(&[
            ("POST nobody/capacities/numbers/acquire", one(), (404, "organization.unknown", "organization")),
            ("POST eva/capacities/numbers/acquire", one(), (403, "subscription.no_plan_in_force", "-")),
            ("POST ana/capacities/telex/acquire", one(), (404, "ledger.unknown_feature", "feature")),
            ("POST ana/capacities/runs/acquire", one(), (422, "ledger.not_a_capacity", "feature")),
            ("POST ana/capacities/rooms/acquire", one(), (403, "FEATURE_SWITCHED_OFF", "feature")),
            ("POST ana/capacities/numbers/acquire", so_much("3"), (403, "CAPACITY_EXCEEDED", "quantity")),
            ("POST ana/capacities/numbers/acquire", so_much("-1"), (422, "invalid_field", "quantity")),
            ("POST ana/capacities/numbers/acquire", so_much("0.0000001"), (422, "invalid_field", "quantity")),
            (
                "POST ana/capacities/numbers/acquire",
                json!({ "quantity": 1, "actor": "a b" }),
                (422, "invalid_field", "actor"),
            ),
            ("POST ana/capacities/num.bers/acquire", one(), (422, "invalid_field", "feature")),
            ("POST nobody/capacities/numbers/release", one(), (404, "organization.unknown", "organization")),
            ("POST ana/capacities/telex/release", one(), (404, "ledger.unknown_feature", "feature")),
            ("POST ana/capacities/runs/release", one(), (422, "ledger.not_a_capacity", "feature")),
            ("POST ana/capacities/numbers/release", one(), (409, "ledger.release_exceeds_level", "quantity")),
        ])
        .await;
}

#[tokio::test]
async fn acquisitions_are_counted_by_the_rate_of_the_feature_and_releases_are_not() {
    let studio = inhabited().await;
    studio.post("ana", "capacities/rooms/acquire", so_much("1")).await.accepted();
    let limited = studio.post("ana", "capacities/rooms/acquire", so_much("1")).await;
    assert_eq!(limited.problem(), (429, "rate_limit_exceeded".to_owned()));
    for _ in 0..2 {
        studio.post("ana", "capacities/rooms/release", so_much("0.5")).await.accepted();
    }
}
