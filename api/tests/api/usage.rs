//! Consumptions with all they can say, reversals, alerts, and what refusals rest on.

use domain::{ActorId, Event, credit_ledger};
use serde_json::{Value, json};
use testkit::{unique, until};

use crate::studio::{Studio, in_minutes, inhabited, told};

async fn reverse(studio: &Studio, position: &Value, body: Value) -> crate::house::Reply {
    studio.post("ana", &format!("usage/{position}/reverse"), body).await
}

#[tokio::test]
async fn a_consumption_says_when_it_happened_who_used_it_and_what_for() {
    let studio = inhabited().await;
    studio.travel(5).await;
    let full = json!({
        "feature": "runs", "quantity": 1, "occurred_at": in_minutes(4), "actor": "user_17",
        "attributes": { "campaign": "autumn", "model": "" },
    });
    let used = studio.post("sam", "usage", full).await.accepted();
    let recorded = studio.0.database.log();
    let (partition, position) = (&used["receipt"]["partition"], &used["receipt"]["position"]);
    let partition = i32::try_from(partition.as_i64().unwrap()).unwrap();
    let position = position.as_i64().unwrap();
    let [event] = &recorded.between(partition, position, position).await.unwrap()[..] else { panic!("one event") };
    let Event::CreditLedger(credit_ledger::Event::FeatureConsumed { occurred_at, actor, attributes, .. }) =
        &event.event
    else {
        panic!("{event:?}")
    };
    assert!(occurred_at.is_some());
    assert_eq!(actor.as_ref().map(ActorId::as_str), Some("user_17"));
    assert_eq!(
        attributes.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>(),
        ["campaign=autumn", "model="]
    );
    let case = |more: Value| {
        let mut body = json!({ "feature": "runs", "quantity": 1 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let many: serde_json::Map<String, Value> = (0..17).map(|number| (format!("k{number}"), json!(""))).collect();
    studio
        .refused(&[
            (
                "POST ana/usage",
                case(json!({ "occurred_at": in_minutes(1) })),
                (422, "ledger.occurred_in_future", "occurred_at"),
            ),
            (
                "POST ana/usage",
                case(json!({ "occurred_at": "2001-01-01T00:00:00Z" })),
                (422, "ledger.occurred_before_registration", "occurred_at"),
            ),
            ("POST ana/usage", case(json!({ "occurred_at": 7 })), (422, "invalid_field", "occurred_at")),
            ("POST ana/usage", case(json!({ "actor": "maria@example.com" })), (422, "invalid_field", "actor")),
            ("POST ana/usage", case(json!({ "attributes": many })), (422, "invalid_field", "attributes")),
            ("POST ana/usage", case(json!({ "attributes": { "a": 1 } })), (422, "invalid_field", "attributes.a")),
        ])
        .await;
}

#[tokio::test]
async fn an_item_of_a_batch_says_as_much_as_a_consumption() {
    let studio = inhabited().await;
    let item = |id: &str, more: Value| {
        let mut body = json!({ "id": unique(id), "organization": "ana", "feature": "runs", "quantity": 11 });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    studio.put("ana", "administrators/root", Value::Null).await.accepted();
    let items = json!({ "items": [
        item("waived", json!({ "actor": "root", "attributes": { "campaign": "autumn" } })),
        item("limited", json!({ "actor": "user_17" })),
        item("early", json!({ "occurred_at": in_minutes(9) })),
        item("odd", json!({ "attributes": "none" })),
    ]});
    let request = studio.0.request("POST /v1/usage/batch").body(items.to_string().into()).unwrap();
    let verdicts = studio.0.send(request).await.accepted();
    let told = |item: &Value| json!([item["status"], item["problem"]["code"], item["problem"]["field"]]);
    let told: Vec<_> = verdicts["items"].as_array().unwrap().iter().map(told).collect();
    let expected = json!([
        [200, null, null],
        [429, "QUOTA_EXCEEDED", "items[1].quantity"],
        [422, "ledger.occurred_in_future", "items[2].occurred_at"],
        [422, "invalid_field", "items[3].attributes"],
    ]);
    assert_eq!(json!(told), expected);
}

#[tokio::test]
async fn a_consumption_is_given_back_once_all_or_a_part_whatever_the_key() {
    let studio = inhabited().await;
    studio.top_up("ana", "10").await;
    // It crosses both thresholds and leaves credits: its receipt is the position of the alert behind it.
    let used = studio.consume("ana", "tokens", 104).await.accepted();
    assert_eq!(told(&used, &["/balance", "/charged", "/usage/used"]), "8.00 2.00 104");
    let position = &used["receipt"]["position"];
    let part = json!({ "quantity": 5, "reason": "not delivered", "actor": "support_3" });
    let too_much = json!({ "quantity": 105, "reason": "not delivered" });
    assert_eq!(
        reverse(&studio, position, too_much).await.problem(),
        (409, "ledger.reversal_exceeds_consumption".into())
    );
    let back = reverse(&studio, position, part.clone()).await;
    assert_eq!(told(&back.json(), &["/balance", "/usage/used"]), "10.00 99");
    let again = reverse(&studio, position, part).await;
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), (Some("true"), &back.bytes));
    let other = reverse(&studio, position, json!({ "reason": "all of it" })).await;
    assert_eq!(other.problem(), (409, "already_reversed".to_owned()));
    assert_eq!(other.json()["field"], "position");

    let used = studio.consume("ana", "runs", 2).await.accepted();
    let all = reverse(&studio, &used["receipt"]["position"], json!({ "reason": "all of it" })).await.accepted();
    assert_eq!(told(&all, &["/usage/feature", "/usage/used"]), "runs 0");
}

#[tokio::test]
async fn what_is_no_consumption_of_the_organization_is_not_given_back() {
    let studio = inhabited().await;
    let credits = studio.post("ana", "credits", json!({ "amount": 1 })).await.accepted();
    let others = studio.consume("sam", "runs", 1).await.accepted();
    let route = |id: &str, position: &Value| format!("POST {id}/usage/{position}/reverse");
    let why = || json!({ "reason": "not delivered" });
    let unknown = (404, "unknown_consumption", "position");
    studio
        .refused(&[
            (&route("ana", &credits["receipt"]["position"]), why(), unknown),
            (&route("ana", &json!(1_000_000)), why(), unknown),
            (&route("eva", &others["receipt"]["position"]), why(), unknown),
            (&route("nobody", &json!(1)), why(), (404, "organization.unknown", "organization")),
            ("POST ana/usage/0/reverse", why(), (422, "invalid_field", "position")),
            ("POST ana/usage/-1/reverse", why(), (422, "invalid_field", "position")),
            ("POST ana/usage/first/reverse", why(), (422, "invalid_field", "position")),
            ("POST ana/usage/1/reverse", json!({}), (422, "invalid_field", "reason")),
            ("POST ana/usage/1/reverse", json!({ "reason": "x", "quantity": 0 }), (422, "invalid_field", "quantity")),
        ])
        .await;
}

#[tokio::test]
async fn alerts_of_every_kind_are_listed_and_acknowledged() {
    let studio = inhabited().await;
    let _running = studio.0.project();
    studio.top_up("ana", "2").await;
    studio.post("ana", "capacities/numbers/acquire", json!({ "quantity": 2 })).await.accepted();
    let used = studio.consume("ana", "tokens", 103).await.accepted();
    let path = |answer: &Value| format!("alerts?min_position={}", answer["receipt"]["position"]);
    let seen = studio.get("ana", &path(&used)).await;
    let shown = ["/kind", "/feature", "/threshold", "/used", "/limit", "/acknowledged_by"];
    let alerts: Vec<String> = seen["alerts"].as_array().unwrap().iter().map(|alert| told(alert, &shown)).collect();
    assert_eq!(
        alerts,
        [
            "credits_low null 0 0.5 1 null",
            "allowance tokens 100 100 100 null",
            "allowance tokens 50 100 100 null",
            "capacity numbers 100 2 2 null",
        ]
    );
    let name = seen["alerts"][1]["alert"].as_str().unwrap();
    let acknowledge = format!("alerts/{name}/acknowledge");
    let answer = studio.post("ana", &acknowledge, json!({ "actor": "user_17" })).await.accepted();
    assert_eq!((&answer["alert"], &answer["acknowledged_by"]), (&json!(name), &json!("user_17")));
    let seen = studio.get("ana", &path(&answer)).await;
    let by: Vec<_> = seen["alerts"].as_array().unwrap().iter().map(|alert| &alert["acknowledged_by"]).collect();
    assert_eq!(json!(by), json!([null, "user_17", "user_17", null]));
    let unknown = (404, "ledger.unknown_alert", "alert");
    studio
        .refused(&[
            (&format!("POST ana/{acknowledge}"), json!({}), unknown),
            ("POST ana/alerts/alert_x/acknowledge", json!({}), unknown),
            ("POST ana/alerts/alert_x/acknowledge", json!({ "by": "me" }), (422, "invalid_field", "by")),
            ("POST nobody/alerts/alert_x/acknowledge", json!({}), (404, "organization.unknown", "organization")),
        ])
        .await;
}

#[tokio::test]
async fn an_organization_tells_its_environment_and_its_standing() {
    let studio = inhabited().await;
    let _running = studio.0.project();
    studio.post("sam", "suspend", json!({ "reason": "a test" })).await.accepted();
    let seen = until("the suspension to be seen", || async {
        let reply = studio.0.read("/v1/organizations/sam").await;
        Some(reply.json()).filter(|body| body["status"] == "suspended")
    })
    .await;
    assert_eq!(seen["environment"], "sandbox");
}
