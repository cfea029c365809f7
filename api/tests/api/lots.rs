//! Credits by hand: granted, revoked, corrected, settled, bought by rule.

use serde_json::{Value, json};

use crate::house::place;
use crate::studio::{in_minutes, inhabited, told};

/// Of each lot what kind it is, its priority, and what it has left and held.
fn lots(body: &Value) -> Vec<String> {
    let shown = ["/kind", "/priority", "/left", "/held"];
    body["lots"].as_array().unwrap().iter().map(|lot| told(lot, &shown)).collect()
}

#[tokio::test]
async fn lots_burn_down_in_their_order_and_tell_what_remains() {
    let studio = inhabited().await;
    studio.top_up("ana", "30").await;
    let grant = |amount: u32, priority: u8| json!({ "amount": amount, "priority": priority, "reason": "goodwill" });
    for (amount, priority) in [(25, 2), (20, 1)] {
        let granted = studio.post("ana", "credits/grants", grant(amount, priority)).await;
        assert_eq!(granted.status, 201);
        assert!(granted.json()["lot"].as_str().is_some_and(|lot| lot.starts_with("lot_")));
    }
    studio.consume("ana", "tokens", 100 + 60).await.accepted();
    let seen = studio.get("ana", "credits/lots").await;
    assert_eq!(lots(&seen), ["granted 2 15.00 0.00", "purchased 10 30.00 0.00"]);
    assert_eq!((&seen["balance"], &seen["scheduled"]), (&json!("45.00"), &json!([])));
    let hold = json!({ "feature": "tokens", "quantity": 10, "expires_at": in_minutes(9) });
    let held = studio.post("ana", "holds", hold).await.accepted();
    let seen = studio.get("ana", "credits/lots").await;
    assert_eq!(lots(&seen), ["granted 2 10.00 5.00", "purchased 10 30.00 0.00"]);
    assert_eq!((&seen["balance"], &seen["as_of"]), (&json!("40.00"), &place(&held["receipt"])));
}

#[tokio::test]
async fn a_grant_is_due_later_expires_and_is_written_down_when_somebody_settles() {
    let studio = inhabited().await;
    let later = json!({
        "amount": "5", "kind": "refund", "effective_from": in_minutes(10), "expires_at": in_minutes(20),
        "reason": "the outage", "actor": "support_3",
    });
    let scheduled = studio.post("sam", "credits/grants", later).await.accepted();
    assert_eq!(scheduled["balance"], "0.00");
    let seen = studio.get("sam", "credits/lots").await;
    assert_eq!(seen["scheduled"][0]["lot"], scheduled["lot"]);
    let shown = ["/scheduled/0/kind", "/scheduled/0/amount", "/scheduled/0/reason", "/scheduled/0/actor"];
    assert_eq!(told(&seen, &shown), "refund 5.00 the outage support_3");

    studio.travel(11).await;
    let events = studio.0.events().await;
    assert_eq!(lots(&studio.get("sam", "credits/lots").await), ["refund 10 5.00 0.00"]);
    assert_eq!(studio.0.events().await, events, "a read writes nothing");
    assert_eq!(studio.post("sam", "settle", json!({})).await.accepted()["balance"], "5.00");
    studio.travel(21).await;
    assert_eq!(studio.post("sam", "settle", json!({})).await.accepted()["balance"], "0.00");
    let events = studio.0.events().await;
    studio.post("sam", "settle", json!({})).await.accepted();
    assert_eq!(studio.0.events().await, events, "nothing was due any more");
}

#[tokio::test]
async fn lots_are_revoked_in_part_or_whole_also_before_they_are_due() {
    let studio = inhabited().await;
    let grant = json!({ "amount": 5, "reason": "goodwill" });
    let lot = studio.post("ana", "credits/grants", grant).await.accepted()["lot"].as_str().unwrap().to_owned();
    let revoke = format!("credits/lots/{lot}/revoke");
    let too_much = json!({ "amount": "5.01", "reason": "by mistake" });
    studio.refused(&[(&format!("POST ana/{revoke}"), too_much, (409, "ledger.revoke_exceeds_lot", "amount"))]).await;
    let part = studio.post("ana", &revoke, json!({ "amount": "1.5", "reason": "by mistake" })).await.accepted();
    assert_eq!(part["balance"], "3.50");
    assert_eq!(studio.post("ana", &revoke, json!({ "reason": "all of it" })).await.accepted()["balance"], "0.00");
    let gone = (404, "ledger.unknown_lot", "lot");
    studio.refused(&[(&format!("POST ana/{revoke}"), json!({ "reason": "again" }), gone)]).await;

    let later = json!({ "amount": 7, "effective_from": in_minutes(9), "reason": "goodwill" });
    let lot = studio.post("ana", "credits/grants", later).await.accepted()["lot"].as_str().unwrap().to_owned();
    studio.post("ana", &format!("credits/lots/{lot}/revoke"), json!({ "reason": "no" })).await.accepted();
    assert_eq!(studio.get("ana", "credits/lots").await["scheduled"], json!([]));
}

#[tokio::test]
async fn the_balance_is_corrected_up_and_down_and_never_below_nothing() {
    let studio = inhabited().await;
    let correct = |amount: &str| json!({ "amount": amount, "reason": "counted twice" });
    let up = studio.post("ana", "credits/adjustments", correct("2.5")).await;
    assert_eq!((up.status.as_u16(), &up.json()["balance"]), (201, &json!("2.50")));
    let down = studio.post("ana", "credits/adjustments", correct("-1")).await.accepted();
    assert_eq!((&down["balance"], &down["lot"]), (&json!("1.50"), &Value::Null));
    studio
        .refused(&[
            ("POST ana/credits/adjustments", correct("-1.51"), (402, "INSUFFICIENT_CREDITS", "quantity")),
            ("POST ana/credits/adjustments", correct("0"), (422, "invalid_field", "amount")),
            ("POST ana/credits/adjustments", correct("-0.0000001"), (422, "invalid_field", "amount")),
            ("POST ana/credits/adjustments", json!({ "amount": 1 }), (422, "invalid_field", "reason")),
        ])
        .await;
}

#[tokio::test]
async fn credits_that_cannot_be_granted_or_revoked_are_refused_by_name() {
    let studio = inhabited().await;
    let grant = |more: Value| {
        let mut body = json!({ "amount": 5, "reason": "goodwill" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let grants = "POST ana/credits/grants";
    let invalid = |field| (422, "invalid_field", field);
    let late = json!({ "effective_from": in_minutes(9), "expires_at": in_minutes(8) });
    let too_soon = (422, "ledger.lot_expires_too_soon", "expires_at");
    studio
        .refused(&[
            ("POST nobody/credits/grants", grant(json!({})), (404, "organization.unknown", "organization")),
            (grants, grant(json!({ "expires_at": in_minutes(-1) })), too_soon),
            (grants, grant(late), too_soon),
            (grants, grant(json!({ "amount": 0 })), invalid("amount")),
            (grants, grant(json!({ "amount": "1000000000001" })), invalid("amount")),
            (grants, grant(json!({ "kind": "commission" })), invalid("kind")),
            (grants, grant(json!({ "priority": 256 })), invalid("priority")),
            (grants, grant(json!({ "reason": "two\nlines" })), invalid("reason")),
            (grants, grant(json!({ "reason": "x".repeat(201) })), invalid("reason")),
            (grants, grant(json!({ "effective_from": "-000001-01-01T00:00:00Z" })), invalid("effective_from")),
            ("POST ana/credits/lots/lot_x/revoke", json!({ "reason": "no" }), (404, "ledger.unknown_lot", "lot")),
            ("POST ana/credits/lots/lot.x/revoke", json!({ "reason": "no" }), invalid("lot")),
            ("POST ana/credits/lots/lot_x/revoke", json!({ "reason": "no", "amount": "-1" }), invalid("amount")),
            ("POST nobody/settle", json!({}), (404, "organization.unknown", "organization")),
        ])
        .await;
    let unknown = studio.0.read("/v1/organizations/nobody/credits/lots").await;
    assert_eq!(unknown.problem(), (404, "organization.unknown".to_owned()));
}

#[tokio::test]
async fn a_rule_has_credits_bought_until_it_is_removed() {
    let studio = inhabited().await;
    assert_eq!(studio.get("ana", "credits/top-up-rule").await["rule"], Value::Null);
    let rule = json!({ "below": 10, "amount": "50", "monthly_max": 3 });
    let set = studio.put("ana", "credits/top-up-rule", rule.clone()).await.accepted();
    let shown = json!({ "below": "10.00", "amount": "50.00", "monthly_max": 3 });
    assert_eq!(set["rule"], shown);
    let seen = studio.get("ana", "credits/top-up-rule").await;
    assert_eq!((&seen["rule"], &seen["as_of"]), (&shown, &place(&set["receipt"])));
    let removed = studio.delete("ana", "credits/top-up-rule?actor=user_17").await.accepted();
    assert_eq!(removed["rule"], Value::Null);
    assert_eq!(studio.get("ana", "credits/top-up-rule").await["rule"], Value::Null);

    let route = "PUT ana/credits/top-up-rule";
    studio
        .refused(&[
            (route, json!({ "below": 10, "amount": 50, "monthly_max": 0 }), (422, "invalid_field", "monthly_max")),
            (route, json!({ "below": 0, "amount": 50, "monthly_max": 1 }), (422, "invalid_field", "below")),
            (route, json!({ "below": 10, "amount": -1, "monthly_max": 1 }), (422, "invalid_field", "amount")),
            ("PUT nobody/credits/top-up-rule", rule.clone(), (404, "organization.unknown", "organization")),
            ("DELETE ana/credits/top-up-rule?actor=a.b", Value::Null, (422, "invalid_field", "actor")),
            ("DELETE ana/credits/top-up-rule?why=so", Value::Null, (422, "invalid_field", "why")),
        ])
        .await;
    studio.post("ana", "suspend", json!({ "reason": "chargeback" })).await.accepted();
    studio.refused(&[(route, rule, (403, "organization.suspended", "-"))]).await;
}
