//! Discount codes: created and retired by operators, redeemed by organizations.

use expect_test::expect;
use serde_json::{Value, json};

use crate::house::House;
use crate::studio::in_minutes;

const CODES: &str = "/v1/products/agencia/discount-codes";

/// Maria has started `partner`; the code SPRING20 takes 20 % off three periods, twice.
async fn spring() -> House {
    let house = House::with_agencia().await;
    house.register("maria", None).await;
    start(&house, "maria").await;
    let new = json!({
        "code": "SPRING20", "share": "0.20", "periods": 3, "redemptions_max": 2, "plans": ["partner"],
        "actor": "marketing_2",
    });
    create(&house, new).await.accepted();
    house
}

async fn start(house: &House, id: &str) {
    let start = format!("POST /v1/organizations/{id}/subscription");
    house.command(&start, json!({ "plan": "partner" })).await.accepted();
}

async fn create(house: &House, new: Value) -> crate::house::Reply {
    house.command(&format!("POST {CODES}"), new).await
}

async fn redeem_as(house: &House, key: &str, id: &str, code: &str) -> crate::house::Reply {
    house.command_as(key, &format!("POST /v1/organizations/{id}/discounts"), json!({ "code": code })).await
}

async fn redeem(house: &House, id: &str, code: &str) -> crate::house::Reply {
    redeem_as(house, &testkit::unique("redeem"), id, code).await
}

/// The code as an operator reads it, behind everything of the product.
async fn read(house: &House, code: &str) -> Value {
    let partition = house.executor.partition_of(&testkit::product("agencia"));
    let head = house.database.log().head(partition).await.unwrap().position;
    house.read(&format!("{CODES}/{code}?min_position={partition}:{head}")).await.accepted()
}

async fn in_force(house: &House, id: &str) -> Vec<Value> {
    let discounts = house.read(&format!("/v1/organizations/{id}/discounts")).await.accepted();
    discounts["discounts"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_code_is_redeemed_counted_and_ended() {
    let house = spring().await;
    let _running = house.project();
    let redeemed = redeem(&house, "maria", "SPRING20").await.accepted();
    let told = ["code", "share", "periods", "plans", "periods_used"].map(|name| redeemed[name].to_string()).join(" ");
    assert_eq!(told, r#""SPRING20" "0.2" 3 ["partner"] 0"#);
    let code = read(&house, "SPRING20").await;
    let told = ["code", "share", "periods", "plans", "redemptions_max", "redemptions", "created_by", "retired_at"];
    let told = told.map(|name| code[name].to_string()).join(" ");
    assert_eq!(told, r#""SPRING20" "0.2" 3 ["partner"] 2 1 "marketing_2" null"#);
    assert_eq!(in_force(&house, "maria").await[0]["code"], "SPRING20");
    house.command("DELETE /v1/organizations/maria/discounts/SPRING20", Value::Null).await.accepted();
    assert_eq!(in_force(&house, "maria").await, [] as [Value; 0]);
    let again = house.command("DELETE /v1/organizations/maria/discounts/SPRING20", Value::Null).await;
    assert_eq!((again.problem(), again.json()["field"].clone()), ((404, "discount.unknown".to_owned()), json!("code")));
    assert_eq!(read(&house, "SPRING20").await["redemptions"], 1);
}

#[tokio::test]
async fn a_code_takes_something_off_the_first_invoice_if_it_is_redeemed_before() {
    let house = spring().await;
    house.register("pedro", None).await;
    let body = json!({ "code": "SPRING20", "plan": "partner" });
    house.command("POST /v1/organizations/pedro/discounts", body).await.accepted();
    let start = "POST /v1/organizations/pedro/subscription";
    let started = house.command(start, json!({ "plan": "partner" })).await.accepted();
    assert_eq!(started["still_due"]["amount"], "159.20");
}

#[tokio::test]
async fn the_same_request_again_is_told_the_same_and_counts_once() {
    let house = spring().await;
    let _running = house.project();
    let first = redeem_as(&house, "r-1", "maria", "SPRING20").await;
    let again = redeem_as(&house, "r-1", "maria", "SPRING20").await;
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), (Some("true"), &first.bytes));
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(read(&house, "SPRING20").await["redemptions"], 1);
}

#[tokio::test]
async fn what_the_subscription_refuses_is_returned_and_told() {
    let house = spring().await;
    let _running = house.project();
    redeem(&house, "maria", "SPRING20").await.accepted();
    let refused = redeem_as(&house, "r-2", "maria", "SPRING20").await;
    assert_eq!(refused.problem(), (409, "discount.already_applied".to_owned()));
    assert_eq!((&refused.json()["field"], &refused.json()["organization"]), (&json!("code"), &json!("maria")));
    assert_eq!(read(&house, "SPRING20").await["redemptions"], 1);
    // It stays so, even if the subscription would take it by now.
    house.command("DELETE /v1/organizations/maria/discounts/SPRING20", Value::Null).await.accepted();
    let again = redeem_as(&house, "r-2", "maria", "SPRING20").await;
    assert_eq!(again.problem(), (409, "redemption_returned".to_owned()));
    assert_eq!(in_force(&house, "maria").await, [] as [Value; 0]);
    assert_eq!(read(&house, "SPRING20").await["redemptions"], 1);
}

#[tokio::test]
async fn a_code_that_is_used_up_ended_retired_or_unknown_writes_nothing() {
    let house = spring().await;
    for id in ["ana", "eva", "beto"] {
        house.register(id, None).await;
        start(&house, id).await;
    }
    for code in ["OLD", "OTHER"] {
        create(&house, json!({ "code": code, "amount": "5", "currency": "USD" })).await.accepted();
    }
    house.command(&format!("POST {CODES}/OLD/retire?actor=support_3"), Value::Null).await.accepted();
    create(&house, json!({ "code": "GRATIS", "share": "1", "plans": ["gratis"] })).await.accepted();
    redeem(&house, "maria", "SPRING20").await.accepted();
    redeem(&house, "ana", "SPRING20").await.accepted();
    house.register("carla", None).await;
    let before = house.events().await;
    for (code, expected) in [
        ("SPRING20", (409, "discount.used_up")),
        ("OLD", (409, "discount.retired")),
        ("GRATIS", (409, "discount.not_for_plan")),
        ("NOBODYS", (404, "discount.unknown_code")),
    ] {
        let refused = redeem(&house, "eva", code).await;
        assert_eq!(refused.problem(), (expected.0, expected.1.to_owned()), "{code}");
        assert_eq!(refused.json()["field"], "code", "{code}");
    }
    let refused = redeem(&house, "carla", "OTHER").await;
    assert_eq!(refused.problem(), (409, "subscription.not_started".to_owned()));
    let refused = redeem(&house, "nobody", "OTHER").await;
    assert_eq!(refused.problem(), (404, "organization.unknown".to_owned()));
    assert_eq!(house.events().await, before);
}

#[tokio::test]
async fn bad_codes_are_named_and_not_created() {
    let house = spring().await;
    let mut told = Vec::new();
    for new in [
        json!({ "code": "A" }),
        json!({ "code": "A", "share": "0.2", "amount": "5", "currency": "USD" }),
        json!({ "code": "A", "amount": "5" }),
        json!({ "code": "A", "amount": "5.001", "currency": "USD" }),
        json!({ "code": "A", "share": "1.5" }),
        json!({ "code": "A", "share": 0.2 }),
        json!({ "code": "A", "share": "0.2", "periods": 0 }),
        json!({ "code": "A", "share": "0.2", "plans": ["platinum"] }),
        json!({ "code": "A", "share": "0.2", "ends_at": in_minutes(-1) }),
        json!({ "code": "SPRING20", "share": "0.3" }),
    ] {
        let refused = create(&house, new).await;
        let (status, code) = refused.problem();
        told.push(format!("{status} {code} {}", refused.json()["field"]));
    }
    expect![[r#"
        422 invalid_field "share"
        422 invalid_field "share"
        422 invalid_field "currency"
        422 invalid_field "amount"
        422 discount.terms_impossible "terms"
        422 invalid_field "share"
        422 invalid_field "periods"
        422 discount.unknown_plan "plans"
        422 discount.ends_too_soon "ends_at"
        409 discount.code_exists "code""#]]
    .assert_eq(&told.join("\n"));
    let unknown = house.command("POST /v1/products/nobodys/discount-codes", json!({ "code": "A", "share": "1" })).await;
    assert_eq!(unknown.problem(), (404, "organization.unknown_product".to_owned()));
}

#[tokio::test]
async fn codes_are_listed_page_by_page() {
    let house = spring().await;
    let _running = house.project();
    create(&house, json!({ "code": "AUTUMN", "amount": "5", "currency": "USD" })).await.accepted();
    house.command(&format!("POST {CODES}/AUTUMN/retire"), Value::Null).await.accepted();
    let retired = read(&house, "AUTUMN").await;
    assert_eq!((&retired["amount"]["amount"], &retired["periods"]), (&json!("5.00"), &Value::Null));
    assert!(retired["retired_at"].is_string() && retired["retired_by"].is_string(), "{retired}");
    let first = house.read(&format!("{CODES}?limit=1")).await.accepted();
    assert_eq!((&first["codes"][0]["code"], &first["next_after"]), (&json!("AUTUMN"), &json!("AUTUMN")));
    let rest = house.read(&format!("{CODES}?after=AUTUMN")).await.accepted();
    assert_eq!((rest["codes"].as_array().unwrap().len(), &rest["codes"][0]["code"]), (1, &json!("SPRING20")));
    assert_eq!(house.read(&format!("{CODES}/NOBODYS")).await.problem(), (404, "discount.unknown_code".to_owned()));
    let unknown = house.read("/v1/products/nobodys/discount-codes").await;
    assert_eq!(unknown.problem(), (404, "organization.unknown_product".to_owned()));
}
