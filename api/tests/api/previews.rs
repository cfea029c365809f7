//! What will be billed equals what then is billed.

use serde_json::{Value, json};

use crate::shop::Shop;
use crate::studio::told;

/// What of an invoice, issued or not, was decided: all but when and for what reason.
fn billed(invoice: &Value) -> Value {
    let part = |name: &str| invoice[name].clone();
    json!([part("kind"), part("period"), part("lines"), part("net"), part("taxes"), part("total"), part("kept")])
}

async fn travel(shop: &Shop, instant: &str) {
    shop.studio.put("sam", "instant", json!({ "instant": instant })).await.accepted();
}

async fn newest(shop: &Shop, answer: &Value) -> Value {
    let page = shop.after(answer, "sam", "invoices?limit=1").await;
    let id = shop.text(&page["invoices"][0], "invoice").to_owned();
    shop.studio.get("sam", &format!("invoices/{id}")).await
}

/// Sam has paid a month of `small` that began on the 1st of March 2031, and half of it is over.
async fn half_a_month() -> Shop {
    let shop = Shop::open().await;
    travel(&shop, "2031-03-01T12:00:00Z").await;
    shop.start("sam", "small").await;
    shop.pay("sam", "11.90").await;
    travel(&shop, "2031-03-17T00:00:00Z").await;
    shop
}

#[tokio::test]
async fn a_change_comes_to_what_its_preview_says() {
    let shop = half_a_month().await;
    let change = json!({ "plan": "big", "when": "now" });
    let events = shop.studio.0.events().await;
    let seen = shop.studio.post("sam", "subscription/preview?language=en", change.clone()).await.accepted();
    assert_eq!(shop.studio.0.events().await, events, "a preview writes nothing");
    let shown = ["/invoices/0/lines/0/text", "/invoices/0/lines/1/text", "/due_now/amount", "/next/lines/0/text"];
    assert_eq!(told(&seen, &shown), "Small plan: unused part Big plan: rest of the period 5.95 Big plan, monthly");

    let changed = shop.studio.post("sam", "subscription/change", change).await.accepted();
    assert_eq!(changed["still_due"], seen["due_now"]);
    let issued = newest(&shop, &changed).await;
    let in_english = shop.studio.get("sam", &format!("invoices/{}?language=en", shop.text(&issued, "invoice"))).await;
    assert_eq!(billed(&in_english), billed(&seen["invoices"][0]));
    shop.pay("sam", "5.95").await;
    let upcoming = shop.studio.get("sam", "subscription/upcoming?language=en").await;
    assert_eq!(upcoming["invoice"], seen["next"]);

    travel(&shop, "2031-04-02T00:00:00Z").await;
    let method = json!({ "provider": "stripe", "reference": "pm_1" });
    let settled = shop.studio.put("sam", "subscription/payment-method", method).await.accepted();
    let issued = newest(&shop, &settled).await;
    let in_english = shop.studio.get("sam", &format!("invoices/{}?language=en", shop.text(&issued, "invoice"))).await;
    assert_eq!(billed(&in_english), billed(&seen["next"]));
    assert_eq!(in_english["issued_at"], seen["next"]["issued_at"]);
}

#[tokio::test]
async fn a_change_at_the_end_of_the_period_is_due_then() {
    let shop = half_a_month().await;
    let change = json!({ "plan": "big", "when": "period_end" });
    let seen = shop.studio.post("sam", "subscription/preview", change).await.accepted();
    assert_eq!(told(&seen, &["/invoices", "/due_now/amount", "/next/total/amount"]), "[] 0.00 23.80");
    assert_eq!(told(&seen, &["/next/lines/0/text"]), "Plan Grande, mensual", "the seller's language");
}

#[tokio::test]
async fn what_was_used_is_in_the_draft_and_in_the_upcoming_invoice() {
    let shop = half_a_month().await;
    assert_eq!(shop.studio.get("sam", "invoices/draft").await["invoice"], Value::Null);
    shop.studio.consume("sam", "minutes", 12).await.accepted();
    let draft = shop.studio.get("sam", "invoices/draft?language=en").await;
    let shown = ["/invoice/kind", "/invoice/lines/0/text", "/invoice/lines/0/quantity", "/invoice/total/amount"];
    assert_eq!(told(&draft, &shown), "usage Minutes: use beyond the plan 12 7.14");
    assert_eq!(draft["as_of"], shop.studio.0.head_of("sam").await);
    let upcoming = shop.studio.get("sam", "subscription/upcoming?language=en").await;
    assert_eq!(told(&upcoming, &["/invoice/kind", "/invoice/total/amount", "/still_due/amount"]), "period 19.04 0.00");
    assert_eq!(upcoming["invoice"]["lines"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_comes_where_nothing_was_started() {
    let shop = Shop::open().await;
    let shown = ["/invoice", "/still_due", "/balance"];
    assert_eq!(told(&shop.studio.get("ana", "subscription/upcoming").await, &shown), "null null null");
    assert_eq!(told(&shop.studio.get("ana", "invoices/draft").await, &shown), "null null null");
    let wrong = shop.studio.0.read("/v1/organizations/ana/invoices/draft?language=pt").await;
    assert_eq!(wrong.problem(), (422, "invalid_field".to_owned()));
}

#[tokio::test]
async fn a_subscription_is_told_as_it_stands_now_with_what_is_scheduled() {
    let shop = half_a_month().await;
    let at_the_end = json!({ "plan": "big", "when": "period_end" });
    shop.studio.post("sam", "subscription/change", at_the_end).await.accepted();
    let events = shop.studio.0.events().await;
    let now = shop.studio.get("sam", "subscription").await;
    assert_eq!(told(&now, &["/plan", "/standing", "/still_due/amount"]), "small active 0.00");
    assert_eq!(now["scheduled"]["plan"]["plan"], "big");
    // The period ends without anybody writing it: the other plan runs, unpaid.
    travel(&shop, "2031-04-02T00:00:00Z").await;
    let now = shop.studio.get("sam", "subscription").await;
    assert_eq!(told(&now, &["/plan", "/standing", "/period/start"]), "big past_due 2031-04-01T12:00:00Z");
    assert!(now["scheduled"].is_null());
    assert_eq!(shop.studio.0.events().await, events + 1, "only the instant was written");
}

#[tokio::test]
async fn whoever_has_no_plan_has_no_subscription_to_look_at() {
    let shop = Shop::open().await;
    let of = |id: &str| format!("/v1/organizations/{id}/subscription");
    assert_eq!(shop.studio.0.read(&of("ana")).await.problem(), (409, "subscription.not_started".to_owned()));
    assert_eq!(shop.studio.0.read(&of("nobody")).await.problem(), (404, "organization.unknown".to_owned()));
}
