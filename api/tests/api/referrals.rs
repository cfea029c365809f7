//! Who may name a sponsor, who is below whom, and the month of a referrer.

use expect_test::expect;
use serde_json::{Value, json};

use crate::house::House;

/// Juan referred Maria, who pays, and nothing is processed.
async fn paid() -> House {
    let house = House::with_agencia().await;
    let juan = house.register("juan", None).await;
    house.register("maria", Some(&juan)).await;
    house.command("POST /v1/organizations/maria/subscription", json!({ "plan": "partner" })).await.accepted();
    house
        .command("POST /v1/organizations/maria/payments", json!({ "amount": "199", "currency": "USD" }))
        .await
        .accepted();
    house
}

fn behind(answer: &Value) -> String {
    format!("min_position={}:{}", answer["receipt"]["partition"], answer["receipt"]["position"])
}

#[tokio::test]
async fn whoever_has_paid_can_name_no_sponsor_any_more() {
    let house = paid().await;
    let juan = house.register("ana", None).await;
    house.command("POST /v1/organizations/ana/subscription", json!({ "plan": "starter" })).await.accepted();
    house.command("POST /v1/organizations/ana/payments", json!({ "amount": "1", "currency": "USD" })).await.accepted();
    let maria = house.register("beto", None).await;
    let refused = house.command("PUT /v1/organizations/ana/sponsor", json!({ "referral_code": maria })).await;
    assert_eq!(refused.problem(), (409, "referral.paid_already".to_owned()));
    assert_eq!(refused.json()["field"], "referral_code");
    // Who has one is told that, paid or not.
    let refused = house.command("PUT /v1/organizations/maria/sponsor", json!({ "referral_code": juan })).await;
    assert_eq!(refused.problem(), (409, "referral.already_sponsored".to_owned()));
}

#[tokio::test]
async fn a_sponsor_that_was_named_is_told_again_after_the_first_payment() {
    let house = paid().await;
    let beto = house.register("beto", None).await;
    house.register("ana", None).await;
    let name = || house.command_as("name-1", "PUT /v1/organizations/ana/sponsor", json!({ "referral_code": beto }));
    let first = name().await.accepted();
    house.command("POST /v1/organizations/ana/subscription", json!({ "plan": "starter" })).await.accepted();
    house.command("POST /v1/organizations/ana/payments", json!({ "amount": "1", "currency": "USD" })).await.accepted();
    assert_eq!(name().await.accepted(), first);
}

#[tokio::test]
async fn the_network_goes_down_level_by_level() {
    let house = paid().await;
    let _running = house.project();
    let maria = house.register("beto", None).await;
    let body = json!({ "id": "pedro", "product": "agencia", "time_zone": "UTC", "referral_code": maria });
    house.command("POST /v1/organizations", body).await.accepted();
    let juan = house.register("ana", None).await;
    let fresh =
        behind(&house.command("PUT /v1/organizations/beto/sponsor", json!({ "referral_code": juan })).await.accepted());

    let network = house.read(&format!("/v1/organizations/ana/referrals/network?{fresh}")).await.accepted();
    let line = |member: &Value| format!("{} of {} at {}", member["organization"], member["sponsor"], member["level"]);
    let members: Vec<String> = network["members"].as_array().unwrap().iter().map(line).collect();
    assert_eq!(members, [r#""beto" of "ana" at 1"#, r#""pedro" of "beto" at 2"#]);
    assert_eq!(network["members"][0]["earned"], "0.00");
    let direct = house.read("/v1/organizations/ana/referrals/network?levels=1").await.accepted();
    assert_eq!(direct["members"].as_array().unwrap().len(), 1);
    assert_eq!(house.read("/v1/organizations/pedro/referrals/network").await.accepted()["members"], json!([]));
    let refused = house.read("/v1/organizations/ana/referrals/network?levels=101").await;
    assert_eq!(refused.problem(), (422, "invalid_field".to_owned()));
    assert_eq!(house.read("/v1/organizations/nobody/referrals/network").await.problem().0, 404);
}

#[tokio::test]
async fn the_month_of_a_referrer_is_told_as_json_and_as_csv() {
    let house = paid().await;
    let _running = house.project();
    let path = "/v1/organizations/juan/commissions/statement";
    let month = house.read(&format!("{path}?month=2026-02")).await.accepted();
    expect![[r#"{"end":"2026-03-01T03:00:00Z","month":"2026-02","organization":"juan","payers":[],"start":"2026-02-01T03:00:00Z","time_zone":"America/Santiago","totals":{"accrued":"0.00","clawed_back":"0.00","granted":"0.00","matured":"0.00","netted":"0.00","owed":"0.00","taken_back":"0.00"}}"#]]
        .assert_eq(&month.to_string());
    let csv = house.read(&format!("{path}.csv?month=2026-02")).await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = csv.header("content-disposition").unwrap();
    assert_eq!(name, "attachment; filename=\"commissions-juan-2026-02.csv\"");
    assert_eq!(
        String::from_utf8(csv.bytes.to_vec()).unwrap(),
        "month,payer,level,payments,accrued,clawed_back,matured,granted,netted,taken_back,owed\r\n\
         2026-02,,,0,0.00,0.00,0.00,0.00,0.00,0.00,0.00\r\n"
    );
    let refused = house.read(&format!("{path}?month=2026-13")).await;
    assert_eq!(refused.problem(), (422, "invalid_field".to_owned()));
    assert_eq!(house.read("/v1/organizations/nobody/commissions/statement").await.problem().0, 404);
}
