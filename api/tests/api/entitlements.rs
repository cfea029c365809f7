//! Checks: what may be used, asked without using it.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use testkit::unique;

use crate::house::{House, Reply, place};

/// Every kind of feature, on two plans.
const SHOP: &str = r#"
product = "shop"
currency = "USD"
upgrade_url = "/checkout?plan={plan}"

[features.messages]
kind = "quota"
window = "forever"
[features.runs]
kind = "quota"
window = "forever"
[features.numbers]
kind = "capacity"
[features.white_label]
kind = "flag"
[features.support]
kind = "config"

[[plans]]
code = "small"
price = { month = "0" }
[plans.features]
messages = { limit = 50, overage = { credits = "0.05" } }
runs = { limit = 2 }
numbers = { limit = "1.5" }
support = { value = "mail" }

[[plans]]
code = "large"
price = { month = "15" }
[plans.features]
messages = { limit = 1_000, overage = { credits = "0.05" } }
runs = { limit = "unlimited" }
numbers = { limit = "unlimited" }
white_label = true
support = { value = "phone" }
"#;

/// A house that sells `shop`, with ana on plan small, luis on plan large, and eva on none.
async fn inhabited() -> House {
    let house = House::build().await;
    publish(&house, SHOP).await;
    for (id, plan) in [("ana", Some("small")), ("luis", Some("large")), ("eva", None)] {
        let new = json!({ "id": id, "product": "shop", "time_zone": "America/Santiago" });
        house.command("POST /v1/organizations", new).await.accepted();
        if let Some(plan) = plan {
            let start = format!("POST /v1/organizations/{id}/subscription");
            house.command(&start, json!({ "plan": plan })).await.accepted();
        }
    }
    let payment = json!({ "amount": "15.00", "currency": "USD" });
    house.command("POST /v1/organizations/luis/payments", payment).await.accepted();
    house
}

async fn publish(house: &House, text: &str) {
    let name = unique("key");
    let request = house.request("POST /v1/catalogs").header("idempotency-key", name);
    let mut request = request.body(Body::from(text.to_owned())).unwrap();
    request.headers_mut().insert("content-type", "application/toml".parse().unwrap());
    house.send(request).await.accepted();
}

async fn consume(house: &House, id: &str, feature: &str, quantity: u32) -> Reply {
    let body = json!({ "feature": feature, "quantity": quantity });
    house.command(&format!("POST /v1/organizations/{id}/usage"), body).await
}

async fn check(house: &House, id: &str, asked: &str) -> Value {
    house.read(&format!("/v1/organizations/{id}/entitlements/{asked}")).await.accepted()
}

/// Of an entitlement its kind, whether and why, what is used and left, and the way out.
fn told(found: &Value) -> String {
    let text = |name: &str| found[name].as_str().map_or_else(|| found[name].to_string(), str::to_owned);
    let names = ["kind", "allowed", "reason", "used", "limit", "remaining", "charge", "value", "upgrade_url"];
    names.map(text).join(" ")
}

#[tokio::test]
async fn each_kind_of_feature_is_allowed_or_not_and_says_why() {
    let house = inhabited().await;
    consume(&house, "ana", "messages", 49).await.accepted();
    consume(&house, "ana", "runs", 2).await.accepted();
    for (id, asked, expected) in [
        ("ana", "white_label", "flag false not_in_plan null null null null null /checkout?plan=large"),
        ("luis", "white_label", "flag true included null null null null null null"),
        ("ana", "support", "config true included null null null null mail null"),
        ("eva", "support", "config false no_plan_in_force null null null null null /checkout?plan=small"),
        ("ana", "numbers", "capacity true included 0 1.5 1.5 null null null"),
        ("ana", "numbers?quantity=1.6", "capacity false capacity_exceeded 0 1.5 1.5 null null /checkout?plan=large"),
        ("luis", "numbers?quantity=900", "capacity true unlimited 0 null null null null null"),
        ("ana", "messages", "quota true included 49 50 1 null null null"),
        ("ana", "messages?quantity=3", "quota false insufficient_credits 49 50 1 0.10 null /checkout?plan=large"),
        ("ana", "runs", "quota false quota_exceeded 2 2 0 null null /checkout?plan=large"),
        ("luis", "runs?quantity=1000000", "quota true unlimited 0 null null null null null"),
        ("eva", "runs", "quota false no_plan_in_force null null null null null /checkout?plan=small"),
    ] {
        let found = check(&house, id, asked).await;
        assert_eq!(told(&found), expected, "{asked} of {id}: {found}");
    }
    house.command("POST /v1/organizations/ana/credits", json!({ "amount": "1" })).await.accepted();
    let paid = check(&house, "ana", "messages?quantity=3").await;
    assert_eq!(told(&paid), "quota true covered_by_credits 49 50 1 0.10 null null", "{paid}");
}

#[tokio::test]
async fn a_verdict_names_the_plan_the_catalog_version_and_the_position_it_was_found_on() {
    let house = inhabited().await;
    for _ in 0..3 {
        let consumed = consume(&house, "ana", "messages", 1).await.accepted();
        // The second time it is in memory.
        for _ in 0..2 {
            let found = check(&house, "ana", "messages").await;
            assert_eq!(found["used"], consumed["usage"]["used"]);
            assert_eq!((&found["organization"], &found["plan"]), (&json!("ana"), &json!("small")));
            assert_eq!((&found["feature"], &found["catalog_version"]), (&json!("messages"), &json!(1)));
            assert_eq!(found["as_of"], place(&consumed["receipt"]), "nothing else was written");
            assert_eq!(found["resets_at"], consumed["usage"]["resets_at"]);
        }
    }
    let events = house.events().await;
    assert_eq!(check(&house, "ana", "runs").await["as_of"], house.head_of("ana").await);
    assert_eq!(house.events().await, events, "a check writes nothing");
}

#[tokio::test]
async fn all_features_are_listed_by_code() {
    let house = inhabited().await;
    let all = house.read("/v1/organizations/ana/entitlements").await.accepted();
    let found: Vec<_> =
        all["entitlements"].as_array().unwrap().iter().map(|it| (&it["feature"], &it["reason"])).collect();
    let expected = [
        ("messages", "included"),
        ("numbers", "included"),
        ("runs", "included"),
        ("support", "included"),
        ("white_label", "not_in_plan"),
    ];
    assert_eq!(json!(found), json!(expected));
    assert_eq!((&all["plan"], &all["catalog_version"]), (&json!("small"), &json!(1)));
    assert_eq!(all["as_of"], house.head_of("ana").await);
}

#[tokio::test]
async fn many_are_checked_at_once_each_with_its_own_verdict() {
    let house = inhabited().await;
    let ask = |items: Value| {
        let request = house.request("POST /v1/organizations/ana/entitlements/check");
        house.send(request.body(json!({ "items": items }).to_string().into()).unwrap())
    };
    let found = ask(json!([
        { "feature": "messages", "quantity": 50 },
        { "feature": "messages", "quantity": "51" },
        { "feature": "runs" },
        { "feature": "support" },
        { "feature": "telex" },
        { "feature": "runs", "quantity": -1 },
        { "feature": "runs", "amount": 1 },
        7,
    ]))
    .await
    .accepted();
    let told = |item: &Value| {
        let (result, problem) = (&item["result"], &item["problem"]);
        json!([item["status"], result["allowed"], result["reason"], problem["code"], problem["field"]])
    };
    let verdicts: Vec<_> = found["items"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        verdicts,
        [
            json!([200, true, "included", null, null]),
            json!([200, false, "insufficient_credits", null, null]),
            json!([200, true, "included", null, null]),
            json!([200, true, "included", null, null]),
            json!([404, null, null, "ledger.unknown_feature", "items[4].feature"]),
            json!([422, null, null, "invalid_field", "items[5].quantity"]),
            json!([422, null, null, "invalid_field", "items[6].amount"]),
            json!([422, null, null, "invalid_field", "items[7]"]),
        ]
    );
    assert_eq!((&found["allowed"], &found["catalog_version"]), (&json!(false), &json!(1)));
    assert!(found["as_of"]["position"].is_i64());
    let both = ask(json!([{ "feature": "messages" }, { "feature": "support" }])).await.accepted();
    assert_eq!(both["allowed"], true);

    assert_eq!(ask(json!([])).await.problem(), (422, "invalid_field".to_owned()));
    let full = ask(json!(vec![json!({ "feature": "runs" }); 1_000])).await.accepted();
    assert_eq!(full["items"].as_array().unwrap().len(), 1_000);
    assert_eq!(ask(json!(vec![json!({}); 1_001])).await.problem(), (413, "too_many_items".to_owned()));
}

#[tokio::test]
async fn a_gate_is_open_to_its_plan_and_to_larger_ones() {
    let house = inhabited().await;
    let gate = async |id: &str, plan: &str| {
        let found = house.read(&format!("/v1/organizations/{id}/gate?plan={plan}")).await.accepted();
        json!([found["allowed"], found["reason"], found["plan"], found["upgrade_url"], found["catalog_version"]])
    };
    assert_eq!(gate("ana", "small").await, json!([true, "plan_reached", "small", null, 1]));
    assert_eq!(gate("ana", "large").await, json!([false, "below_plan", "small", "/checkout?plan=large", 1]));
    assert_eq!(gate("luis", "small").await, json!([true, "plan_reached", "large", null, 1]));
    assert_eq!(gate("eva", "small").await, json!([false, "no_plan_in_force", null, "/checkout?plan=small", 1]));

    // A plan between them that came after theirs were sold.
    let between = "\n[[plans]]\ncode = \"medium\"\nprice = { month = \"9\" }\n\n[[plans]]\ncode = \"large\"";
    publish(&house, &SHOP.replace("\n[[plans]]\ncode = \"large\"", between)).await;
    assert_eq!(gate("ana", "medium").await, json!([false, "below_plan", "small", "/checkout?plan=medium", 2]));
    assert_eq!(gate("luis", "medium").await, json!([true, "plan_reached", "large", null, 2]));
    assert_eq!(gate("ana", "large").await, json!([false, "below_plan", "small", "/checkout?plan=large", 1]));

    for (query, told) in [
        ("?plan=gold", (404, "subscription.unknown_plan", "product shop has no plan gold")),
        ("", (422, "invalid_field", "plan: say which plan")),
        ("?plan=a%20b", (422, "invalid_field", "plan: plan \"a b\" is not 1 to 64 letters, digits, - and _")),
        ("?plan=small&paid=1", (422, "invalid_field", "paid: there is no such parameter")),
    ] {
        let reply = house.read(&format!("/v1/organizations/ana/gate{query}")).await;
        assert_eq!(reply.problem(), (told.0, told.1.to_owned()));
        assert_eq!(reply.json()["detail"], told.2);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_named() {
    let house = inhabited().await;
    for (path, status, code, field, detail) in [
        ("nobody/entitlements", 404, "organization.unknown", "organization", "the organization is not registered"),
        ("nobody/entitlements/runs", 404, "organization.unknown", "organization", "the organization is not registered"),
        ("nobody/gate?plan=small", 404, "organization.unknown", "organization", "the organization is not registered"),
        ("ana/entitlements/telex", 404, "ledger.unknown_feature", "feature", "product shop has no feature telex"),
        ("eva/entitlements/telex", 404, "ledger.unknown_feature", "feature", "product shop has no feature telex"),
        (
            "ana/entitlements/a.b",
            422,
            "invalid_field",
            "feature",
            "feature: feature \"a.b\" is not 1 to 64 letters, digits, - and _",
        ),
        (
            "a.b/entitlements/runs",
            422,
            "invalid_field",
            "organization",
            "organization: organization \"a.b\" is not 1 to 64 letters, digits, - and _",
        ),
        ("ana/entitlements/%FF", 422, "invalid_field", "path", "path: it is not UTF-8 text"),
        ("ana/entitlements/runs?quantity=0", 422, "invalid_field", "quantity", "quantity: \"0\": 0 is not above zero"),
        (
            "ana/entitlements/runs?quantity=1e3",
            422,
            "invalid_field",
            "quantity",
            "quantity: \"1e3\": it is not an amount such as 9.95",
        ),
        (
            "ana/entitlements/runs?quantity=0.0000001",
            422,
            "invalid_field",
            "quantity",
            "quantity: \"0.0000001\": 0.0000001 has more than the 6 decimals of a quantity",
        ),
        (
            "ana/entitlements/runs?quantity=1&quantity=2",
            422,
            "invalid_field",
            "quantity",
            "quantity: it is given twice",
        ),
        ("ana/entitlements?quantity=1", 422, "invalid_field", "quantity", "quantity: there is no such parameter"),
        (
            "ana/entitlements?min_position=soon",
            422,
            "invalid_field",
            "min_position",
            "min_position: \"soon\": write a position such as 17, or 0:17 with its partition",
        ),
    ] {
        let reply = house.read(&format!("/v1/organizations/{path}")).await;
        assert_eq!(reply.problem(), (status, code.to_owned()), "{path}");
        assert_eq!((&reply.json()["field"], &reply.json()["detail"]), (&json!(field), &json!(detail)), "{path}");
    }
    let stranger = Request::get("/v1/organizations/ana/entitlements/runs").body(Body::empty()).unwrap();
    assert_eq!(house.send(stranger).await.problem(), (401, "unauthenticated".to_owned()));
}

#[tokio::test]
async fn a_reader_may_ask_for_a_position_and_is_told_if_the_log_is_not_there() {
    let house = inhabited().await;
    let receipt = consume(&house, "ana", "runs", 1).await.accepted()["receipt"].clone();
    let (partition, position) = (receipt["partition"].as_i64().unwrap(), receipt["position"].as_i64().unwrap());
    for _ in 0..2 {
        let found = check(&house, "ana", &format!("runs?min_position={partition}:{position}")).await;
        assert_eq!(found["used"], "1");
    }
    let ahead = house.read(&format!("/v1/organizations/ana/entitlements?min_position={}", position + 1)).await;
    assert_eq!(ahead.problem(), (503, "projection_behind".to_owned()));
    assert_eq!((&ahead.json()["projection"], &ahead.json()["position"]), (&json!("log"), &json!(position + 1)));
    let nowhere = house.read("/v1/organizations/ana/entitlements?min_position=2000000:1").await;
    assert_eq!(nowhere.problem(), (422, "invalid_field".to_owned()));
}
