//! Test clocks: who may hold one, who is on it, and which way it goes. What happens on the way is told with the processors.

use serde_json::{Value, json};
use testkit::unique;

use crate::studio::{Studio, in_minutes, inhabited};

async fn registered(studio: &Studio, id: &str, code: Option<&str>, sandbox: bool) -> String {
    let new = json!({
        "id": id, "product": "studio", "time_zone": "UTC", "sandbox": sandbox, "referral_code": code,
    });
    let registered = studio.0.command("POST /v1/organizations", new).await.accepted();
    registered["referral_code"].as_str().unwrap().to_owned()
}

/// Kim, a sandbox that referred Lea, another one.
async fn kim_and_lea(studio: &Studio) -> String {
    let code = registered(studio, "kim", None, true).await;
    registered(studio, "lea", Some(&code), true).await;
    code
}

#[tokio::test]
async fn a_sandbox_and_those_it_refers_are_put_on_a_clock_that_goes_on() {
    let studio = inhabited().await;
    let code = kim_and_lea(&studio).await;
    let (begins, ends) = (in_minutes(10), in_minutes(20));
    let started = studio.post("kim", "test-clock", json!({ "instant": begins })).await;
    assert_eq!(started.status, 201);
    assert_eq!(started.json()["instant"], json!(begins));
    let clock = studio.get("kim", "test-clock").await;
    let ready = json!({
        "organization": "kim", "instant": begins, "status": "ready", "to": null, "members": ["kim", "lea"],
    });
    assert_eq!(clock, ready);

    // It is the clock's instant for both at once, whether the processor has come by or not.
    for member in ["kim", "lea"] {
        let alone = studio.put(member, "instant", json!({ "instant": in_minutes(15) })).await;
        assert_eq!(alone.problem(), (409, "organization.on_test_clock".to_owned()), "{member}");
    }
    let begun = studio.post("lea", "subscription", json!({ "plan": "small" })).await.accepted();
    assert_eq!(begun["period"]["start"], json!(begins));

    // Whoever registers below them is on it at once, and a customer never.
    registered(&studio, "mia", Some(&code), true).await;
    registered(&studio, "customer", Some(&code), false).await;
    let consumed = studio.post("mia", "subscription", json!({ "plan": "small" })).await;
    assert_eq!(consumed.status, 201);
    assert_eq!(studio.get("kim", "test-clock").await["members"], json!(["kim", "lea", "mia"]));

    let advancing = studio.post("kim", "test-clock/advance", json!({ "to": ends })).await;
    assert_eq!((advancing.status.as_u16(), &advancing.json()["to"]), (202, &json!(ends)));
    let clock = studio.get("kim", "test-clock").await;
    assert_eq!(
        (&clock["status"], &clock["to"], &clock["instant"]),
        (&json!("advancing"), &json!(ends), &json!(begins))
    );
}

#[tokio::test]
async fn a_clock_that_may_not_be_or_not_go_is_refused_by_name_and_nothing_is_written() {
    let studio = inhabited().await;
    kim_and_lea(&studio).await;
    let code = registered(&studio, "above", None, true).await;
    registered(&studio, "live", Some(&code), false).await;
    let later = in_minutes(10);
    studio.post("kim", "test-clock", json!({ "instant": later })).await.accepted();
    studio
        .refused(&[
            ("POST ana/test-clock", json!({ "instant": later }), (409, "organization.not_a_sandbox", "instant")),
            ("POST ana/test-clock/advance", json!({ "to": later }), (409, "organization.not_a_sandbox", "to")),
            ("POST above/test-clock", json!({ "instant": later }), (409, "organization.live_below", "organization")),
            ("POST kim/test-clock", json!({ "instant": later }), (409, "organization.on_test_clock", "organization")),
            (
                "PUT kim/instant",
                json!({ "instant": in_minutes(11) }),
                (409, "organization.on_test_clock", "organization"),
            ),
            (
                "POST kim/test-clock/advance",
                json!({ "to": in_minutes(9) }),
                (422, "organization.instant_out_of_range", "to"),
            ),
            (
                "POST kim/test-clock/advance",
                json!({ "to": "2399-01-01T00:00:00Z" }),
                (422, "organization.instant_out_of_range", "to"),
            ),
            (
                "POST sam/test-clock/advance",
                json!({ "to": later }),
                (404, "organization.no_test_clock", "organization"),
            ),
            (
                "POST sam/test-clock",
                json!({ "instant": in_minutes(-5) }),
                (422, "organization.instant_out_of_range", "instant"),
            ),
            ("POST nobody/test-clock", json!({ "instant": later }), (404, "organization.unknown", "organization")),
            ("POST sam/test-clock", json!({}), (422, "invalid_field", "instant")),
        ])
        .await;
    let none = studio.0.read("/v1/organizations/sam/test-clock").await;
    assert_eq!(none.problem(), (404, "organization.no_test_clock".to_owned()));
    let unknown = studio.0.read("/v1/organizations/nobody/test-clock").await;
    assert_eq!(unknown.problem().0, 404);

    studio.post("kim", "test-clock/advance", json!({ "to": in_minutes(30) })).await.accepted();
    studio
        .refused(&[(
            "POST kim/test-clock/advance",
            json!({ "to": in_minutes(40) }),
            (409, "organization.clock_advancing", "to"),
        )])
        .await;
}

#[tokio::test]
async fn a_clock_is_started_and_let_go_on_once_under_its_key() {
    let studio = inhabited().await;
    let code = kim_and_lea(&studio).await;
    for (what, body) in
        [("test-clock", json!({ "instant": in_minutes(5) })), ("test-clock/advance", json!({ "to": in_minutes(9) }))]
    {
        let key = unique("key");
        let route = format!("POST /v1/organizations/kim/{what}");
        let first = studio.0.command_as(&key, &route, body.clone()).await.accepted();
        // Who was below it then is no part of what was asked.
        registered(&studio, &unique("later"), Some(&code), true).await;
        let again = studio.0.command_as(&key, &route, body.clone()).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{what}");
        assert_eq!(again.json(), first, "{what}");
    }
    let _: Value = studio.get("kim", "test-clock").await;
}
