//! What people read, and how new it is.

use expect_test::expect;
use serde_json::{Value, json};

use crate::house::House;

/// The receipt of an answer, as a `min_position`.
fn behind(answer: &Value) -> String {
    format!("min_position={}:{}", answer["receipt"]["partition"], answer["receipt"]["position"])
}

#[tokio::test]
async fn a_reader_sees_what_it_just_did() {
    let house = House::with_agencia().await;
    let _running = house.project();
    house.with_free_plan("pedro").await;
    house.command("POST /v1/organizations/pedro/credits", json!({ "amount": "10", "reference": "order-7" })).await;
    let used = json!({ "feature": "whatsapp_messages", "quantity": 51 });
    let fresh = behind(&house.command("POST /v1/organizations/pedro/usage", used).await.accepted());

    let balance = house.read(&format!("/v1/organizations/pedro/credits?{fresh}")).await.accepted();
    assert_eq!((&balance["balance"], &balance["granted"]), (&json!("9.95"), &json!("10.00")), "{balance}");
    assert_eq!(balance["spent"], "0.05");

    let usage = house.read(&format!("/v1/organizations/pedro/usage?{fresh}")).await.accepted();
    let window = &usage["usage"][0];
    let told = ["feature", "used", "included", "overage", "charged", "limit"].map(|name| window[name].as_str());
    let expected = ["whatsapp_messages", "51", "50", "1", "0.05", "50"].map(Some);
    assert_eq!(told, expected, "{usage}");

    let alerts = house.read(&format!("/v1/organizations/pedro/alerts?{fresh}")).await.accepted();
    let thresholds: Vec<_> = alerts["alerts"].as_array().unwrap().iter().map(|alert| &alert["threshold"]).collect();
    assert_eq!(thresholds, [95, 85, 70]);

    let first = house.read(&format!("/v1/organizations/pedro/credits/statement?limit=1&{fresh}")).await.accepted();
    let next = first["next_after"].as_i64().unwrap();
    let second = house.read(&format!("/v1/organizations/pedro/credits/statement?after={next}")).await.accepted();
    let line = |entry: &Value| ["kind", "amount", "balance_after"].map(|name| entry[name].as_str().unwrap().to_owned());
    assert_eq!(line(&first["entries"][0]), ["purchased", "10.00", "10.00"]);
    assert_eq!(first["entries"][0]["reference"], "order-7");
    assert_eq!(line(&second["entries"][0]), ["charge", "-0.05", "9.95"]);
    assert_eq!(second.get("next_after"), None);
}

#[tokio::test]
async fn organizations_and_their_network_are_read_page_by_page() {
    let house = House::with_agencia().await;
    let _running = house.project();
    let juan = house.register("juan", None).await;
    house.register("maria", Some(&juan)).await;
    let body = json!({ "id": "pedro", "product": "agencia", "time_zone": "UTC", "referral_code": juan });
    let fresh = behind(&house.command("POST /v1/organizations", body).await.accepted());

    let pedro = house.read(&format!("/v1/organizations/pedro?{fresh}")).await.accepted();
    assert_eq!((&pedro["sponsor"], &pedro["subscription"]), (&json!("juan"), &json!("none")), "{pedro}");
    let referrals = house.read(&format!("/v1/organizations/juan/referrals?{fresh}")).await.accepted();
    let referred: Vec<_> = referrals["referred"].as_array().unwrap().iter().map(|one| &one["organization"]).collect();
    assert_eq!(referred, ["pedro", "maria"]);
    assert_eq!(referrals["sponsor"], json!(null));

    let page = house.read(&format!("/v1/organizations?product=agencia&limit=2&{fresh}")).await.accepted();
    assert_eq!((page["organizations"].as_array().unwrap().len(), &page["next_after"]), (2, &json!("maria")));
    let rest = house.read("/v1/organizations?product=agencia&after=maria").await.accepted();
    assert_eq!(rest["organizations"][0]["organization"], "pedro");
    assert_eq!(house.read("/v1/organizations/pedro/commissions").await.accepted(), json!({ "commissions": [] }));
}

#[tokio::test]
async fn a_read_model_that_is_behind_says_so() {
    let house = House::with_agencia().await;
    house.register("juan", None).await;

    let behind = house.read("/v1/organizations/juan/credits?min_position=1").await;
    assert_eq!(behind.problem(), (503, "projection_behind".to_owned()));
    assert!(behind.header("retry-after").is_some());
    assert_eq!((&behind.json()["projection"], &behind.json()["position"]), (&json!("balance"), &json!(1)));
    // Registered, but not projected yet: it is not unknown.
    assert_eq!(house.read("/v1/organizations/juan").await.problem(), (503, "projection_behind".to_owned()));
    assert_eq!(house.read("/v1/organizations/nobody").await.problem(), (404, "organization.unknown".to_owned()));
    assert_eq!(house.read("/v1/organizations/nobody/credits").await.problem().0, 404);
}

#[tokio::test]
async fn a_position_that_is_none_is_named() {
    let house = House::with_agencia().await;
    house.register("juan", None).await;
    for (given, expected) in [
        ("soon", expect![[r#"min_position: "soon": write a position such as 17, or 0:17 with its partition"#]]),
        ("-1", expect![[r#"min_position: "-1": write a position such as 17, or 0:17 with its partition"#]]),
        ("2000000:1", expect!["min_position: partition 2000000 is not one of the log's 1"]),
    ] {
        let reply = house.read(&format!("/v1/organizations/juan/credits?min_position={given}")).await;
        assert_eq!(reply.problem(), (422, "invalid_field".to_owned()));
        if house.executor.partitions() == 1 {
            expected.assert_eq(reply.json()["detail"].as_str().unwrap());
        }
    }
}
