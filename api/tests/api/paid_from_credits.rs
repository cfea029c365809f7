//! Invoices paid from credits.

use axum::body::Body;
use serde_json::{Value, json};
use testkit::unique;

use crate::house::House;

/// Maria owes 199 for `partner`; two credits pay a dollar. She has some.
async fn owing(credits: &str) -> (House, String) {
    let house = House::build().await;
    let catalog = include_str!("../../../catalogs/agencia.toml");
    let catalog = catalog.replace("[referrals]", "[credits]\nper_unit = { USD = \"2\" }\n\n[referrals]");
    let request = house.request("POST /v1/catalogs").header("idempotency-key", unique("key"));
    let mut request = request.body(Body::from(catalog)).unwrap();
    request.headers_mut().insert("content-type", "application/toml".parse().unwrap());
    house.send(request).await.accepted();
    house.register("maria", None).await;
    let start = "POST /v1/organizations/maria/subscription";
    let started = house.command(start, json!({ "plan": "partner" })).await.accepted();
    house.command("POST /v1/organizations/maria/credits", json!({ "amount": credits })).await.accepted();
    let invoice = started["invoice"].as_str().unwrap().to_owned();
    (house, invoice)
}

fn route(invoice: &str) -> String {
    format!("POST /v1/organizations/maria/invoices/{invoice}/pay-from-credits")
}

#[tokio::test]
async fn an_invoice_is_paid_from_credits_once_however_often_it_is_sent() {
    let (house, invoice) = owing("400").await;
    let paid = house.command_as("p-1", &route(&invoice), json!({})).await;
    let told = paid.clone().accepted();
    assert_eq!((&told["charged"], &told["balance"]), (&json!("398.00"), &json!("2.00")));
    let again = house.command_as("p-1", &route(&invoice), json!({})).await;
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), (Some("true"), &paid.bytes));
}

#[tokio::test]
async fn a_part_is_paid_in_the_currency_of_the_invoice() {
    let (house, invoice) = owing("400").await;
    let part = json!({ "amount": "99.01", "currency": "USD" });
    let told = house.command(&route(&invoice), part).await.accepted();
    assert_eq!((&told["charged"], &told["balance"]), (&json!("198.02"), &json!("201.98")));
}

#[tokio::test]
async fn what_would_not_be_taken_is_refused_and_nothing_is_written() {
    let (house, invoice) = owing("300").await;
    let before = house.events().await;
    for (invoice, body, status, code, field) in [
        ("inv_other-1", json!({}), 404, "ledger.invoice_not_open", "invoice"),
        (&invoice, json!({}), 402, "INSUFFICIENT_CREDITS", "amount"),
        (&invoice, json!({ "amount": "199.01", "currency": "USD" }), 409, "ledger.payment_exceeds_invoice", "amount"),
        (&invoice, json!({ "amount": "100", "currency": "CLP" }), 422, "ledger.invoice_in_other_currency", "currency"),
        (&invoice, json!({ "amount": "100" }), 422, "invalid_field", "currency"),
        (&invoice, json!({ "currency": "USD" }), 422, "invalid_field", "amount"),
        (&invoice, json!({ "amount": "0", "currency": "USD" }), 422, "invalid_field", "amount"),
    ] {
        let refused = house.command(&route(invoice), body.clone()).await;
        assert_eq!(refused.problem(), (status, code.to_owned()), "{body}");
        assert_eq!(refused.json()["field"], Value::from(field), "{body}");
    }
    assert_eq!(house.events().await, before);
}
