//! Invoices, credit notes and payments from the outside.

use axum::body::Body;
use domain::{CreditNoteId, InvoiceId, Series, invoice_book};
use serde_json::{Value, json};

use crate::shop::{Shop, nuble};
use crate::studio::told;

/// Series and number of a document, as the book gives them.
async fn number(shop: &Shop, product: &str, id: &str, document: &str) {
    let (organization, series) = (testkit::organization(id), |code| Series::new(code).unwrap());
    let command = match InvoiceId::new(document) {
        Ok(invoice) if document.starts_with("inv_") => {
            invoice_book::Command::Number { invoice, organization, series: series("F") }
        }
        _ => invoice_book::Command::NumberCreditNote {
            credit_note: CreditNoteId::new(document).unwrap(),
            organization,
            series: series("NC"),
        },
    };
    testkit::send(&shop.studio.0.executor, testkit::product(product), command).await.unwrap();
}

/// Waits until a document of the organization has its number.
async fn numbered(shop: &Shop, id: &str, what: &str) -> Value {
    testkit::until("the number", || async {
        let document = shop.studio.0.read(&format!("/v1/organizations/{id}/{what}")).await.json();
        document["number"].is_number().then_some(document)
    })
    .await
}

#[tokio::test]
async fn a_month_of_compra_agil_has_its_tax_in_the_price_and_reads_in_two_languages() {
    let shop = Shop::open().await;
    shop.studio.put("nuble", "billing-profile", nuble()).await.accepted();
    let started = shop.start("nuble", "profesional").await;
    let id = shop.text(&started, "invoice").to_owned();
    let seen = shop.after(&started, "nuble", &format!("invoices/{id}")).await;
    let amounts = ["/net/amount", "/taxes/0/name", "/taxes/0/amount/amount", "/total/amount", "/still_due/amount"];
    assert_eq!(told(&seen, &amounts), "16798 IVA 3192 19990 19990");
    let line = ["/lines/0/text", "/lines/0/item", "/lines/0/plan", "/lines/0/interval", "/lines/0/amount/amount"];
    assert_eq!(told(&seen, &line), "Plan Profesional, mensual plan profesional month 19990");
    let sides = ["/seller/name", "/customer/name", "/customer/tax_id", "/customer/status", "/language", "/number"];
    assert_eq!(told(&seen, &sides), "Compra Ágil SpA Constructora Ñuble Ltda. 12345678-5 known es null");
    let english = shop.studio.get("nuble", &format!("invoices/{id}?language=en")).await;
    assert_eq!(told(&english, &["/lines/0/text", "/language"]), "Professional plan, monthly en");

    number(&shop, "compra-agil", "nuble", &id).await;
    let seen = numbered(&shop, "nuble", &format!("invoices/{id}")).await;
    assert_eq!(told(&seen, &["/series", "/number", "/status"]), "F 1 open");
}

#[tokio::test]
async fn an_invoice_is_printed_by_its_name_or_by_what_is_accepted() {
    let shop = Shop::open().await;
    shop.studio.put("nuble", "billing-profile", nuble()).await.accepted();
    let started = shop.start("nuble", "profesional").await;
    let id = shop.text(&started, "invoice").to_owned();
    number(&shop, "compra-agil", "nuble", &id).await;
    numbered(&shop, "nuble", &format!("invoices/{id}")).await;
    let printed = shop.reply_after(&started, "nuble", &format!("invoices/{id}.pdf")).await;
    assert_eq!((printed.status.as_u16(), printed.header("content-type")), (200, Some("application/pdf")));
    assert_eq!(printed.header("content-disposition"), Some("inline; filename=\"F-1.pdf\""));
    assert_eq!(printed.header("content-language"), Some("es"));
    assert!(printed.bytes.starts_with(b"%PDF-"), "{} bytes", printed.bytes.len());

    let path = format!("GET /v1/organizations/nuble/invoices/{id}");
    let asked = shop.studio.0.request(&path).header("accept", "application/pdf").header("accept-language", "en-US");
    let english = shop.studio.0.send(asked.body(Body::empty()).unwrap()).await;
    assert_eq!(english.header("content-language"), Some("en"));
    assert!(english.bytes.starts_with(b"%PDF-") && english.bytes != printed.bytes);
    let again = shop.studio.0.read(&format!("/v1/organizations/nuble/invoices/{id}.pdf")).await;
    assert_eq!(again.bytes, printed.bytes, "the same invoice, the same bytes");
}

#[tokio::test]
async fn invoices_are_listed_by_status_and_page_by_page() {
    let shop = Shop::open().await;
    shop.start("ana", "small").await;
    shop.pay("ana", "11.90").await;
    let mut changed = Value::Null;
    for (plan, due) in [("big", true), ("small", false), ("big", false)] {
        changed =
            shop.studio.post("ana", "subscription/change", json!({ "plan": plan, "when": "now" })).await.accepted();
        assert_eq!(changed["still_due"]["amount"] != "0.00", due, "{changed}");
        if due {
            changed = shop.pay("ana", changed["still_due"]["amount"].as_str().unwrap()).await;
        }
    }
    let all = shop.after(&changed, "ana", "invoices").await;
    let listed = |page: &Value| -> Vec<String> {
        let invoices = page["invoices"].as_array().unwrap().iter();
        invoices.map(|invoice| told(invoice, &["/kind", "/status"])).collect()
    };
    assert_eq!(listed(&all)[listed(&all).len() - 2..], ["change paid", "first paid"]);
    let first = shop.studio.get("ana", "invoices?limit=1").await;
    let before = first["next_before"].as_i64().unwrap();
    let rest = shop.studio.get("ana", &format!("invoices?before={before}")).await;
    assert_eq!([listed(&first), listed(&rest)].concat(), listed(&all));
    assert_eq!(listed(&shop.studio.get("ana", "invoices?status=open").await), Vec::<String>::new());
    assert_eq!(listed(&shop.studio.get("ana", "invoices?status=paid").await), listed(&all));
    for bad in ["status=lost", "limit=0", "before=x", "page=2"] {
        let reply = shop.studio.0.read(&format!("/v1/organizations/ana/invoices?{bad}")).await;
        assert_eq!(reply.problem(), (422, "invalid_field".to_owned()), "{bad}");
    }
}

#[tokio::test]
async fn what_is_paid_can_go_back_and_is_told_with_its_invoice() {
    let shop = Shop::open().await;
    let started = shop.start("ana", "small").await;
    let id = shop.text(&started, "invoice").to_owned();
    let part = json!({ "amount": "5.00", "currency": "USD", "invoice": id });
    let paid = shop.studio.post("ana", "payments", part).await.accepted();
    assert_eq!(told(&paid, &["/standing", "/still_due/amount"]), "awaiting_payment 6.90");
    let paid = shop.pay("ana", "6.90").await;
    let payment = shop.text(&paid, "payment").to_owned();

    let refund =
        |amount: &str, kind: &str| json!({ "amount": amount, "currency": "USD", "kind": kind, "reason": "so" });
    let route = format!("payments/{payment}/refunds");
    let back = shop.studio.post("ana", &route, refund("2.00", "refund")).await.accepted();
    assert!(shop.text(&back, "refund").starts_with("ref_"));
    assert_eq!(back["still_due"]["amount"], "0.00", "what the seller pays back is not owed any more");
    let back = shop.studio.post("ana", &route, refund("4.90", "chargeback")).await.accepted();
    assert_eq!(told(&back, &["/standing", "/still_due/amount"]), "past_due 4.90");

    let seen = shop.after(&back, "ana", &format!("payments?invoice={id}")).await;
    let shown = ["/amount/amount", "/net/amount", "/status", "/refunded/amount", "/refunds/1/kind", "/reference"];
    assert_eq!(told(&seen["payments"][0], &shown), "6.90 5.80 refunded 6.90 chargeback transfer-1");
    assert_eq!(told(&seen["payments"][1], &shown), "5.00 4.20 succeeded 0.00 null null");
    let invoice = shop.after(&back, "ana", &format!("invoices/{id}")).await;
    let shown = ["/status", "/paid/amount", "/refunded/amount", "/credited/amount", "/still_due/amount"];
    assert_eq!(told(&invoice, &shown), "open 11.90 6.90 2.00 4.90");
    let notes = shop.after(&back, "ana", "credit-notes").await;
    let shown = ["/amount/amount", "/net/amount", "/taxes/0/amount/amount", "/reason", "/series"];
    assert_eq!(told(&notes["credit_notes"][0], &shown), "2.00 1.68 0.32 so NC");
}

#[tokio::test]
async fn an_invoice_is_credited_printed_and_taken_back() {
    let shop = Shop::open().await;
    let started = shop.start("ana", "small").await;
    let id = shop.text(&started, "invoice").to_owned();
    let note = json!({ "amount": "1.90", "currency": "USD", "reason": "an outage" });
    let credited = shop.studio.post("ana", &format!("invoices/{id}/credit-notes"), note).await;
    assert_eq!(credited.status, 201);
    let credited = credited.accepted();
    assert_eq!(credited["still_due"]["amount"], "10.00");
    let notes = shop.after(&credited, "ana", "credit-notes").await;
    let note = shop.text(&notes["credit_notes"][0], "credit_note").to_owned();
    for document in [&id, &note] {
        number(&shop, "shop", "ana", document).await;
    }
    let seen = numbered(&shop, "ana", &format!("credit-notes/{note}")).await;
    let shown = ["/series", "/number", "/invoice", "/reduces_due/amount", "/customer/status"];
    assert_eq!(told(&seen, &shown), format!("NC 1 {id} 1.90 none"));
    let printed = shop.studio.0.read(&format!("/v1/organizations/ana/credit-notes/{note}.pdf?language=en")).await;
    assert_eq!(printed.header("content-disposition"), Some("inline; filename=\"NC-1.pdf\""));
    assert!(printed.bytes.starts_with(b"%PDF-"));

    let void = json!({ "reason": "issued by mistake" });
    let taken_back = shop.studio.post("ana", &format!("invoices/{id}/void"), void).await.accepted();
    assert_eq!(told(&taken_back, &["/standing", "/still_due/amount"]), "canceled 0.00");
    let seen = shop.after(&taken_back, "ana", &format!("invoices/{id}")).await;
    assert_eq!(told(&seen, &["/status", "/void_reason", "/still_due/amount"]), "void issued by mistake 0.00");
    let unknown = shop.studio.0.read("/v1/organizations/ana/credit-notes/cn_1").await;
    assert_eq!(unknown.problem(), (404, "unknown_credit_note".to_owned()));
    let unknown = shop.studio.0.read("/v1/organizations/ana/invoices/inv_1").await;
    assert_eq!(unknown.problem(), (404, "invoice.unknown".to_owned()));
    let unknown = shop.studio.0.read("/v1/organizations/nobody/invoices").await;
    assert_eq!(unknown.problem(), (404, "organization.unknown".to_owned()));
}

#[tokio::test]
async fn a_way_to_pay_is_noted_and_forgotten() {
    let shop = Shop::open().await;
    let method = json!({ "provider": "stripe", "reference": "pm_1" });
    let noted = shop.studio.put("ana", "subscription/payment-method", method.clone()).await.accepted();
    assert!(noted["receipt"]["position"].is_number());
    shop.start("ana", "small").await;
    let events = shop.studio.0.events().await;
    let again = shop.studio.put("ana", "subscription/payment-method", method).await.accepted();
    assert_eq!((&again["standing"], shop.studio.0.events().await), (&json!("awaiting_payment"), events));
    shop.studio.delete("ana", "subscription/payment-method").await.accepted();
    assert_eq!(shop.studio.0.events().await, events + 1);
}

#[tokio::test]
async fn what_cannot_be_billed_paid_or_sent_back_is_refused_by_name() {
    let shop = Shop::open().await;
    let started = shop.start("ana", "small").await;
    let id = shop.text(&started, "invoice").to_owned();
    let paid = shop.pay("ana", "11.90").await;
    let payment = shop.text(&paid, "payment").to_owned();
    shop.start("sam", "small").await;
    let change = |plan: &str| json!({ "plan": plan, "when": "now" });
    let money = |amount: &str, currency: &str| json!({ "amount": amount, "currency": currency, "reason": "so" });
    let pay = |amount: &str, currency: &str| json!({ "amount": amount, "currency": currency });
    let void = || json!({ "reason": "so" });
    let refunds = format!("POST ana/payments/{payment}/refunds");
    let notes = format!("POST ana/invoices/{id}/credit-notes");
    let (changes, preview) = ("POST ana/subscription/change", "POST ana/subscription/preview");
    let unknown_plan = (404, "subscription.unknown_plan", "plan");
    shop.studio
        .refused(&[
            (changes, change("profesional"), unknown_plan),
            (preview, change("profesional"), unknown_plan),
            (changes, change("small"), (409, "subscription.same_plan", "plan")),
            (preview, change("small"), (409, "subscription.same_plan", "plan")),
            (&refunds, money("11.91", "USD"), (409, "payment.refund_exceeds_payment", "amount")),
            (&refunds, money("1.00", "EUR"), (422, "payment.other_currency", "currency")),
            (&refunds, money("0", "USD"), (422, "invalid_field", "amount")),
            (&refunds, money("0.001", "USD"), (422, "invalid_field", "amount")),
            ("POST ana/payments/pay_1/refunds", money("1", "USD"), (404, "payment.unknown", "payment")),
            ("POST sam/payments", pay("11.90", "EUR"), (422, "payment.other_currency", "currency")),
            ("POST ana/payments", pay("1.00", "USD"), (409, "payment.nothing_due", "amount")),
            (&notes, money("11.91", "USD"), (409, "invoice.credit_exceeds_invoice", "amount")),
            (&notes, money("1", "CLP"), (422, "payment.other_currency", "currency")),
            (&format!("POST ana/invoices/{id}/void"), void(), (409, "invoice.paid", "invoice")),
            ("POST ana/invoices/inv_1/void", void(), (404, "invoice.unknown", "invoice")),
            ("POST ana/invoices/inv.1/void", void(), (422, "invalid_field", "invoice")),
            ("POST nobody/subscription/preview", change("big"), (404, "organization.unknown", "organization")),
            ("POST ana/subscription/preview", json!({ "plan": "big" }), (422, "invalid_field", "when")),
        ])
        .await;
    shop.publish(&crate::shop::in_euros()).await;
    let not_sold = (422, "subscription.currency_not_sold", "plan");
    shop.studio.refused(&[(changes, change("big"), not_sold), (preview, change("big"), not_sold)]).await;
    for path in ["nobody/subscription/upcoming", "nobody/invoices/draft", "nobody/payments", "nobody/credit-notes"] {
        let reply = shop.studio.0.read(&format!("/v1/organizations/{path}")).await;
        assert_eq!(reply.problem(), (404, "organization.unknown".to_owned()), "{path}");
        assert!(!reply.json()["hint"].as_str().unwrap().is_empty());
    }
}
