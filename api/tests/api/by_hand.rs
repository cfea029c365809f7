//! What operators decide by hand: overrides, suspensions, administrators, and the instant of a sandbox.

use futures::future::join_all;
use serde_json::{Value, json};
use testkit::unique;

use crate::studio::{Studio, in_minutes, inhabited, told};

async fn check(studio: &Studio, id: &str, asked: &str) -> String {
    told(&studio.get(id, &format!("entitlements/{asked}")).await, &["/allowed", "/reason", "/limit", "/value"])
}

#[tokio::test]
async fn an_override_lifts_or_takes_away_until_it_ends_or_is_removed() {
    let studio = inhabited().await;
    for (feature, decided, expected) in [
        ("runs", json!({ "limit": "12" }), "true overridden 12 null"),
        ("films", json!({ "limit": "unlimited" }), "true overridden null null"),
        ("numbers", json!({ "limit": 0 }), "false capacity_exceeded 0 null"),
        ("white_label", json!({ "enabled": true }), "true overridden null null"),
        ("support", json!({ "value": "in person" }), "true overridden null in person"),
        ("tokens", json!({ "enabled": false }), "false switched_off null null"),
    ] {
        let mut body = decided.clone();
        body["reason"] = json!("a trial");
        let set = studio.put("ana", &format!("overrides/{feature}"), body).await.accepted();
        for (name, value) in decided.as_object().unwrap() {
            let value = if value.is_number() { json!(value.to_string()) } else { value.clone() };
            assert_eq!(set[name], value);
        }
        assert_eq!(check(&studio, "ana", feature).await, expected, "{feature}");
    }
    studio.consume("ana", "runs", 12).await.accepted();
    studio.consume("ana", "films", 999).await.accepted();
    let listed = studio.get("ana", "overrides").await;
    let features: Vec<_> = listed["overrides"].as_array().unwrap().iter().map(|it| &it["feature"]).collect();
    assert_eq!(json!(features), json!(["films", "numbers", "runs", "support", "tokens", "white_label"]));
    assert_eq!(told(&listed["overrides"][4], &["/enabled", "/reason", "/until"]), "false a trial null");

    studio.delete("ana", "overrides/tokens?reason=settled&actor=support_3").await.accepted();
    assert_eq!(check(&studio, "ana", "tokens").await, "true included 100 null");
    let events = studio.0.events().await;
    studio.delete("ana", "overrides/tokens?reason=settled").await.accepted();
    assert_eq!(studio.0.events().await, events, "it was removed already");

    let until = json!({ "limit": 99, "reason": "a trial", "until": in_minutes(10) });
    studio.put("sam", "overrides/runs", until).await.accepted();
    assert_eq!(check(&studio, "sam", "runs").await, "true overridden 99 null");
    studio.travel(11).await;
    assert_eq!(check(&studio, "sam", "runs").await, "true included 10 null");
    assert_eq!(studio.get("sam", "overrides").await["overrides"], json!([]));
}

#[tokio::test]
async fn an_override_that_makes_no_sense_is_refused_by_name() {
    let studio = inhabited().await;
    let by = |decided: Value| {
        let mut body = decided;
        body["reason"] = json!("a trial");
        body
    };
    let other_kind = (422, "organization.override_of_other_kind", "feature");
    let on = || by(json!({ "enabled": true }));
    let ended = by(json!({ "enabled": true, "until": in_minutes(-1) }));
    let route = "PUT ana/overrides/white_label";
    let invalid = |field| (422, "invalid_field", field);
    let both = by(json!({ "enabled": true, "limit": 1 }));
    studio
        .refused(&[
            ("PUT nobody/overrides/runs", on(), (404, "organization.unknown", "organization")),
            ("PUT ana/overrides/telex", on(), (404, "ledger.unknown_feature", "feature")),
            ("PUT ana/overrides/runs", on(), other_kind),
            (route, by(json!({ "limit": 1 })), other_kind),
            ("PUT ana/overrides/numbers", by(json!({ "value": 1 })), other_kind),
            (
                "PUT ana/overrides/support",
                by(json!({ "value": ["a", "b"] })),
                (422, "organization.override_not_a_value", "value"),
            ),
            (route, ended, (422, "organization.override_ended", "until")),
            (route, by(json!({})), invalid("value")),
            (route, both, invalid("value")),
            (route, json!({ "enabled": true }), invalid("reason")),
            ("PUT ana/overrides/runs", by(json!({ "limit": "-1" })), invalid("limit")),
            ("PUT ana/overrides/runs", by(json!({ "limit": "endless" })), invalid("limit")),
            ("DELETE ana/overrides/runs", Value::Null, invalid("reason")),
            ("DELETE nobody/overrides/runs?reason=x", Value::Null, (404, "organization.unknown", "organization")),
        ])
        .await;
}

#[tokio::test]
async fn a_suspended_organization_reads_and_pays_and_uses_nothing() {
    let studio = inhabited().await;
    let why = json!({ "reason": "chargeback", "actor": "support_3" });
    let suspended = studio.post("ana", "suspend", why.clone()).await.accepted();
    assert_eq!((&suspended["organization"], &suspended["status"]), (&json!("ana"), &json!("suspended")));
    assert_eq!(check(&studio, "ana", "runs").await, "false suspended null null");
    let refused = studio.consume("ana", "runs", 1).await;
    assert_eq!(refused.problem(), (403, "organization.suspended".to_owned()));
    assert_eq!(refused.json()["reason"], "chargeback");
    studio.top_up("ana", "5").await;
    assert_eq!(studio.get("ana", "credits/lots").await["balance"], "5.00");
    let events = studio.0.events().await;
    studio.post("ana", "suspend", why.clone()).await.accepted();
    assert_eq!(studio.0.events().await, events, "it was so already");
    assert_eq!(studio.post("ana", "resume", why.clone()).await.accepted()["status"], "active");
    studio.consume("ana", "runs", 1).await.accepted();
    studio
        .refused(&[
            ("POST nobody/suspend", why.clone(), (404, "organization.unknown", "organization")),
            ("POST nobody/resume", why, (404, "organization.unknown", "organization")),
            ("POST ana/suspend", json!({}), (422, "invalid_field", "reason")),
            ("POST ana/resume", json!({ "reason": " " }), (422, "invalid_field", "reason")),
        ])
        .await;
}

#[tokio::test]
async fn an_administrator_is_not_limited_until_dismissed() {
    let studio = inhabited().await;
    let use_as = |actor: &str| json!({ "feature": "runs", "quantity": 11, "actor": actor });
    studio.put("ana", "administrators/root", Value::Null).await.accepted();
    let listed = studio.get("ana", "administrators").await;
    assert_eq!(listed["administrators"], json!(["root"]));
    assert_eq!(check(&studio, "ana", "runs?quantity=11&actor=root").await, "true waived 10 null");
    assert_eq!(check(&studio, "ana", "runs?quantity=11&actor=user_17").await, "false quota_exceeded 10 null");
    let used = studio.post("ana", "usage", use_as("root")).await.accepted();
    assert_eq!(used["usage"]["used"], "0", "nothing of it is counted");
    assert_eq!(studio.post("ana", "usage", use_as("user_17")).await.problem().1, "QUOTA_EXCEEDED");
    studio.delete("ana", "administrators/root?actor=support_3").await.accepted();
    assert_eq!(studio.post("ana", "usage", use_as("root")).await.problem().1, "QUOTA_EXCEEDED");
    assert_eq!(studio.get("ana", "administrators").await["administrators"], json!([]));

    let names: Vec<String> = (0..100).map(|number| format!("administrators/root_{number}")).collect();
    join_all(names.iter().map(|name| studio.put("ana", name, Value::Null))).await;
    studio
        .refused(&[
            (
                "PUT ana/administrators/one_more",
                Value::Null,
                (409, "organization.too_many_administrators", "administrator"),
            ),
            ("PUT ana/administrators/a.b", Value::Null, (422, "invalid_field", "administrator")),
            ("PUT nobody/administrators/root", Value::Null, (404, "organization.unknown", "organization")),
            ("DELETE nobody/administrators/root", Value::Null, (404, "organization.unknown", "organization")),
        ])
        .await;
}

#[tokio::test]
async fn the_next_window_of_a_sandbox_is_a_question_of_setting_its_instant() {
    let studio = inhabited().await;
    let registered = json!({ "id": "kim", "product": "studio", "time_zone": "UTC", "sandbox": true });
    let registered = studio.0.command("POST /v1/organizations", registered).await.accepted();
    assert_eq!(registered["environment"], "sandbox");
    studio.consume("sam", "runs", 10).await.accepted();
    let refused = studio.consume("sam", "runs", 1).await;
    assert_eq!(refused.problem().1, "QUOTA_EXCEEDED");
    let turns: jiff::Timestamp = refused.json()["resets_at"].as_str().unwrap().parse().unwrap();
    studio
        .put("sam", "instant", json!({ "instant": (turns - jiff::Span::new().seconds(90)).to_string() }))
        .await
        .accepted();
    let refused = studio.consume("sam", "runs", 1).await;
    assert_eq!(refused.header("retry-after"), Some("90"), "reckoned from its own instant");
    let next = in_minutes(32 * 24 * 60);
    let set = studio.put("sam", "instant", json!({ "instant": next })).await.accepted();
    assert_eq!((&set["organization"], &set["instant"]), (&json!("sam"), &json!(next)));
    let seen = studio.get("sam", "entitlements/runs").await;
    assert_eq!(told(&seen, &["/allowed", "/used"]), "true 0", "reads are of the same instant");
    studio.consume("sam", "runs", 10).await.accepted();
    assert_eq!(studio.consume("ana", "runs", 10).await.status, 200, "it is still today for everybody else");

    studio
        .refused(&[
            ("PUT ana/instant", json!({ "instant": next }), (409, "organization.not_a_sandbox", "instant")),
            (
                "PUT sam/instant",
                json!({ "instant": in_minutes(0) }),
                (422, "organization.instant_out_of_range", "instant"),
            ),
            (
                "PUT sam/instant",
                json!({ "instant": "2399-01-01T00:00:00Z" }),
                (422, "organization.instant_out_of_range", "instant"),
            ),
            ("PUT sam/instant", json!({ "instant": "soon" }), (422, "invalid_field", "instant")),
            ("PUT sam/instant", json!({}), (422, "invalid_field", "instant")),
            ("PUT nobody/instant", json!({ "instant": next }), (404, "organization.unknown", "organization")),
        ])
        .await;
}

#[tokio::test]
async fn what_is_decided_by_hand_has_one_answer_under_its_key() {
    let studio = inhabited().await;
    for (route, body) in [
        ("PUT /v1/organizations/ana/overrides/white_label", json!({ "enabled": true, "reason": "a trial" })),
        ("DELETE /v1/organizations/ana/overrides/white_label?reason=over", Value::Null),
        ("PUT /v1/organizations/ana/administrators/root", Value::Null),
        ("DELETE /v1/organizations/ana/administrators/root", Value::Null),
        ("POST /v1/organizations/ana/suspend", json!({ "reason": "chargeback" })),
        ("POST /v1/organizations/ana/resume", json!({ "reason": "settled" })),
        ("PUT /v1/organizations/sam/instant", json!({ "instant": in_minutes(9) })),
        ("POST /v1/organizations/ana/credits/grants", json!({ "amount": 1, "reason": "goodwill" })),
        ("POST /v1/organizations/ana/settle", Value::Null),
    ] {
        let key = unique("key");
        let first = studio.0.command_as(&key, route, body.clone()).await;
        assert!(first.status.is_success(), "{route}: {}", first.json());
        let events = studio.0.events().await;
        let again = studio.0.command_as(&key, route, body).await;
        assert_eq!((again.status, again.header("idempotent-replayed")), (first.status, Some("true")), "{route}");
        assert_eq!((again.bytes, studio.0.events().await), (first.bytes, events), "{route}");
    }
}
