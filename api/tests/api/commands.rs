//! What commands answer, once and again.

use std::collections::BTreeSet;
use std::time::Duration;

use expect_test::{Expect, expect};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::house::House;

const CATALOG: &str = include_str!("../../../catalogs/agencia.toml");

/// What changes from run to run, in words.
fn steady(mut body: Value) -> String {
    let steady = [
        ("referral_code", "CODE"),
        ("payment", "PAYMENT"),
        ("paid_period", "PERIOD"),
        ("period", "PERIOD"),
        ("invoice", "INVOICE"),
        ("resets_at", "THEN"),
    ];
    for place in ["", "/usage"] {
        for (name, word) in steady {
            if let Some(value) = body.pointer_mut(&format!("{place}/{name}")).filter(|value| !value.is_null()) {
                *value = json!(word);
            }
        }
    }
    // The partition depends on how many there are.
    body["receipt"]["partition"] = json!("N");
    body["receipt"]["decided_on"]["partition"] = json!("N");
    serde_json::to_string_pretty(&body).unwrap()
}

/// The same without the position, which in a log of several partitions counts other events.
fn anywhere(told: &str) -> Value {
    let mut body: Value = serde_json::from_str(told).unwrap();
    body["receipt"]["position"] = json!("N");
    body["receipt"]["decided_on"]["position"] = json!("N");
    body
}

async fn told(house: &House, route: &str, body: Value, status: u16, expected: Expect) {
    let reply = house.command(route, body).await;
    assert_eq!(reply.status, status, "{}", reply.json());
    assert_eq!(reply.header("idempotent-replayed"), None);
    let told = steady(reply.json());
    if testkit::partitions() == 1 {
        expected.assert_eq(&told);
    } else {
        assert_eq!(anywhere(&told), anywhere(expected.data()));
    }
}

#[tokio::test]
async fn a_customer_is_registered_pays_and_spends() {
    let house = House::with_agencia().await;
    let code = house.register("juan", None).await;

    let maria = json!({ "id": "maria", "product": "agencia", "time_zone": "America/Lima", "referral_code": code });
    told(
        &house,
        "POST /v1/organizations",
        maria,
        201,
        expect![[r#"
            {
              "environment": "live",
              "organization": "maria",
              "product": "agencia",
              "receipt": {
                "catalog_version": 1,
                "decided_on": {
                  "partition": "N",
                  "position": 3
                },
                "partition": "N",
                "position": 4
              },
              "referral_code": "CODE",
              "sponsor": "juan",
              "time_zone": "America/Lima"
            }"#]],
    )
    .await;
    let starter = json!({ "plan": "starter" });
    told(
        &house,
        "POST /v1/organizations/maria/subscription",
        starter,
        201,
        expect![[r#"
            {
              "balance": null,
              "catalog_version": 1,
              "invoice": "INVOICE",
              "paid_period": null,
              "payment": null,
              "period": null,
              "plan": "starter",
              "price": {
                "amount": "15.00",
                "currency": "USD"
              },
              "receipt": {
                "catalog_version": 1,
                "decided_on": {
                  "partition": "N",
                  "position": 6
                },
                "partition": "N",
                "position": 8
              },
              "refund": null,
              "scheduled": null,
              "standing": "awaiting_payment",
              "still_due": {
                "amount": "15.00",
                "currency": "USD"
              },
              "trial_ends_at": null
            }"#]],
    )
    .await;
    let payment = json!({ "amount": "15", "currency": "USD", "reference": "transfer-7" });
    told(
        &house,
        "POST /v1/organizations/maria/payments",
        payment,
        201,
        expect![[r#"
            {
              "balance": null,
              "catalog_version": 1,
              "invoice": null,
              "paid_period": "PERIOD",
              "payment": "PAYMENT",
              "period": "PERIOD",
              "plan": "starter",
              "price": {
                "amount": "15.00",
                "currency": "USD"
              },
              "receipt": {
                "catalog_version": 1,
                "decided_on": {
                  "partition": "N",
                  "position": 8
                },
                "partition": "N",
                "position": 10
              },
              "refund": null,
              "scheduled": null,
              "standing": "active",
              "still_due": {
                "amount": "0.00",
                "currency": "USD"
              },
              "trial_ends_at": null
            }"#]],
    )
    .await;
    let used = json!({ "feature": "whatsapp_messages", "quantity": 2000 });
    told(
        &house,
        "POST /v1/organizations/maria/usage",
        used,
        200,
        expect![[r#"
            {
              "balance": "0.00",
              "charged": "0.00",
              "price": null,
              "receipt": {
                "catalog_version": 1,
                "decided_on": {
                  "partition": "N",
                  "position": 10
                },
                "partition": "N",
                "position": 12
              },
              "usage": {
                "carried": "0",
                "feature": "whatsapp_messages",
                "limit": "2000",
                "remaining": "0",
                "resets_at": "THEN",
                "used": "2000"
              }
            }"#]],
    )
    .await;
    told(
        &house,
        "POST /v1/organizations/maria/credits",
        json!({ "amount": "10" }),
        201,
        expect![[r#"
            {
              "balance": "10.00",
              "receipt": {
                "catalog_version": 1,
                "decided_on": {
                  "partition": "N",
                  "position": 12
                },
                "partition": "N",
                "position": 13
              }
            }"#]],
    )
    .await;
    let one_more = json!({ "feature": "whatsapp_messages", "quantity": "1" });
    told(
        &house,
        "POST /v1/organizations/maria/usage",
        one_more,
        200,
        expect![[r#"
            {
              "balance": "9.95",
              "charged": "0.05",
              "price": null,
              "receipt": {
                "catalog_version": 1,
                "decided_on": {
                  "partition": "N",
                  "position": 13
                },
                "partition": "N",
                "position": 14
              },
              "usage": {
                "carried": "0",
                "feature": "whatsapp_messages",
                "limit": "2000",
                "remaining": "0",
                "resets_at": "THEN",
                "used": "2001"
              }
            }"#]],
    )
    .await;
}

#[tokio::test]
async fn a_catalog_is_published_and_read_back() {
    let house = House::build().await;
    let publish = |text: &'static str| {
        house.request("POST /v1/catalogs").header("idempotency-key", "v1").body(text.into()).unwrap()
    };
    let mut toml = publish(CATALOG);
    toml.headers_mut().insert("content-type", "application/toml; charset=utf-8".parse().unwrap());
    let answer = house.send(toml).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    assert_eq!((&answer.json()["product"], &answer.json()["version"]), (&json!("agencia"), &json!(1)));

    let plans = house.read("/v1/products/agencia/plans").await.accepted();
    let starter = plans["plans"].as_array().unwrap().iter().find(|plan| plan["plan"] == "starter").unwrap();
    expect![[r#"
        {
          "features": {
            "ai_runs": {
              "kind": "quota",
              "limit": "unlimited",
              "name": {
                "en": "Agent runs",
                "es": "Ejecuciones de agentes"
              },
              "unit": {
                "en": "runs",
                "es": "ejecuciones"
              },
              "window": "billing_period",
              "words": "unlimited"
            },
            "whatsapp_instances": {
              "kind": "capacity",
              "limit": "1",
              "name": {
                "en": "WhatsApp numbers",
                "es": "Números de WhatsApp"
              },
              "unit": {
                "en": "numbers",
                "es": "números"
              },
              "words": "1"
            },
            "whatsapp_messages": {
              "kind": "quota",
              "limit": "2000",
              "name": {
                "en": "WhatsApp messages",
                "es": "Mensajes de WhatsApp"
              },
              "overage_credits": "0.05",
              "unit": {
                "en": "messages",
                "es": "mensajes"
              },
              "window": "billing_period",
              "words": "2000, then 0.05 credits each"
            }
          },
          "name": {
            "en": "Starter",
            "es": "Inicial"
          },
          "plan": "starter",
          "prices": {
            "month": "15.00"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(starter).unwrap());
}

#[tokio::test]
async fn an_id_that_is_left_out_is_the_same_for_every_retry() {
    let house = House::with_agencia().await;
    let body = json!({ "product": "agencia", "time_zone": "UTC" });
    let first = house.command_as("order-7", "POST /v1/organizations", body.clone()).await;
    let again = house.command_as("order-7", "POST /v1/organizations", body.clone()).await;
    let other = house.command_as("order-8", "POST /v1/organizations", body).await;

    assert_eq!(first.bytes, again.bytes);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_ne!(first.json()["organization"], other.json()["organization"]);
}

#[tokio::test]
async fn registration_enrolls_so_that_the_code_works_at_once() {
    let house = House::with_agencia().await;
    let juan = house.register("juan", None).await;
    let maria = house.register("maria", Some(&juan)).await;
    house.register("pedro", None).await;

    let sponsored = house.command("PUT /v1/organizations/pedro/sponsor", json!({ "referral_code": maria })).await;
    let (status, body) = (sponsored.status, sponsored.json());
    assert_eq!((status.as_u16(), &body["organization"], &body["sponsor"]), (200, &json!("pedro"), &json!("maria")));
}

#[tokio::test]
async fn ten_equal_requests_at_once_are_one_charge_and_ten_equal_answers() {
    let house = House::with_agencia().await;
    house.with_free_plan("pedro").await;
    let one = json!({ "feature": "whatsapp_messages", "quantity": "1" });
    let requests = (0..10).map(|_| house.command_as("the-same", "POST /v1/organizations/pedro/usage", one.clone()));
    let replies = join_all(requests).await;

    let bodies: BTreeSet<_> = replies.iter().map(|reply| (reply.status.as_u16(), reply.bytes.clone())).collect();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(replies[0].json()["usage"]["used"], "1");
    assert_eq!(replies.iter().filter(|reply| reply.header("idempotent-replayed").is_none()).count(), 1);

    let two = json!({ "feature": "whatsapp_messages", "quantity": "2" });
    let other = house.command_as("the-same", "POST /v1/organizations/pedro/usage", two).await;
    assert_eq!(other.problem(), (422, "idempotency_key_reused".to_owned()));
    assert_eq!(other.json()["idempotency_key"], "the-same");
}

#[tokio::test]
async fn a_ledger_that_pays_for_ten_serves_exactly_ten_of_sixty_four_at_once() {
    let house = House::with_agencia().await;
    house.with_free_plan("pedro").await;
    let all_included = json!({ "feature": "whatsapp_messages", "quantity": 50 });
    house.command("POST /v1/organizations/pedro/usage", all_included).await.accepted();
    house.command("POST /v1/organizations/pedro/credits", json!({ "amount": "0.50" })).await.accepted();

    let one = json!({ "feature": "whatsapp_messages", "quantity": 1 });
    let replies = join_all((0..64).map(|_| house.command("POST /v1/organizations/pedro/usage", one.clone()))).await;

    let (served, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status.is_success());
    assert_eq!((served.len(), refused.len()), (10, 54));
    for reply in refused {
        assert_eq!(reply.problem(), (402, "INSUFFICIENT_CREDITS".to_owned()));
        let body = reply.json();
        assert_eq!(body["error"], "INSUFFICIENT_CREDITS");
        assert_eq!((&body["balance"], &body["required"]), (&json!("0.00"), &json!("0.05")), "{body}");
    }
}

#[tokio::test]
async fn callers_that_go_away_half_way_lose_nothing_and_charge_nothing_twice() {
    let house = House::with_agencia().await;
    house.register("maria", None).await;
    house.command("POST /v1/organizations/maria/subscription", json!({ "plan": "starter" })).await.accepted();
    let payment = json!({ "amount": "15", "currency": "USD" });
    house.command("POST /v1/organizations/maria/payments", payment).await.accepted();
    let one = json!({ "feature": "whatsapp_messages", "quantity": "1" });
    let send = |index: u64| {
        let (house, one) = (&house, one.clone());
        async move { house.command_as(&format!("n-{index}"), "POST /v1/organizations/maria/usage", one).await }
    };

    // Each caller hangs up a little later than the one before: before, while and after its command is applied.
    let storm = (0..200).map(|index| tokio::time::timeout(Duration::from_micros(100 * index), send(index)));
    join_all(storm).await;
    let replies = join_all((0..200).map(send)).await;

    assert!(replies.iter().all(|reply| reply.status == 200));
    let last = send(200).await.accepted();
    assert_eq!(last["usage"]["used"], "201");
}

#[tokio::test]
async fn a_request_id_goes_from_the_header_into_the_events() {
    let house = House::with_agencia().await;
    let body = json!({ "id": "juan", "product": "agencia", "time_zone": "UTC" });
    let request =
        house.request("POST /v1/organizations").header("idempotency-key", "k").header("x-request-id", "tour-1");
    let reply = house.send(request.body(body.to_string().into()).unwrap()).await;

    assert_eq!(reply.header("x-request-id"), Some("tour-1"));
    let (partition, position) = (&reply.json()["receipt"]["partition"], &reply.json()["receipt"]["position"]);
    let partition = i32::try_from(partition.as_i64().unwrap()).unwrap();
    let events = house.database.log().after(partition, position.as_i64().unwrap() - 1, 1).await.unwrap();
    assert_eq!(events[0].metadata.get("request").as_deref(), Some("tour-1"), "{:?}", events[0].metadata);
    let unnamed = house.read("/v1/products/agencia/plans").await;
    assert_eq!(unnamed.header("x-request-id").map(str::len), Some(36));
}
