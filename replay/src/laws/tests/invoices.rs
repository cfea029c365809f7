//! Two customers with invoices, one with the tax in the price and one with it on top, forged in every way.

use serde_json::{Value, json};

use super::super::{Log, Work, check};

fn money(amount: &str, currency: &str) -> Value {
    json!({ "amount": amount, "currency": currency })
}

fn clp(amount: &str) -> Value {
    money(amount, "CLP")
}

fn usd(amount: &str) -> Value {
    money(amount, "USD")
}

fn catalog(country: &str, prices: &str, month: Value) -> Value {
    json!({
        "plans": [{ "code": "pro", "prices": { "month": month } }],
        "seller": { "country": country },
        "taxes": [
            { "country": country, "name": "IVA", "rate": "0.18", "prices": prices, "from": "1998-01-01" },
            { "country": country, "name": "IVA", "rate": "0.19", "prices": prices, "from": "2003-10-01" },
            { "country": country, "name": "IVA", "rate": "0.25", "prices": prices, "from": "2090-01-01" },
        ],
    })
}

fn sound() -> Log {
    let mut log = Log::default();
    let published = |country, prices, month| json!({ "version": 1, "definition": catalog(country, prices, month) });
    let chile = published("CL", "inclusive", json!({ "CLP": "19990" }));
    log.add("publish-1", "catalog tienda CatalogPublished", chile);
    let colombia = published("CO", "exclusive", json!({ "USD": "15.00" }));
    log.add("publish-2", "catalog agencia CatalogPublished", colombia);
    for (organization, product) in [("juan", "tienda"), ("maria", "agencia")] {
        let registered = json!({ "organization": organization, "product": product });
        log.add(organization, &format!("organization {organization} OrganizationRegistered"), registered);
    }
    let started = |price| json!({ "plan": "pro", "catalog_version": 1, "interval": "month", "price": price });
    log.add("start-1", "subscription juan SubscriptionStarted", started(clp("19990")));
    log.add("start-1", "subscription juan InvoiceIssued", included());
    log.add("pay-1", "subscription juan PaymentRecorded", paid("a", "inv-1", clp("10000"), clp("8403"), clp("9990")));
    log.add("pay-2", "subscription juan PaymentRecorded", paid("b", "inv-1", clp("9990"), clp("8395"), clp("0")));
    log.add("start-2", "subscription maria SubscriptionStarted", started(usd("15.00")));
    log.add("start-2", "subscription maria InvoiceIssued", on_top());
    let whole = paid("c", "inv-2", usd("17.85"), usd("15.00"), usd("0.00"));
    log.add("pay-3", "subscription maria PaymentRecorded", whole);
    log.add("refund", "subscription maria CreditNoteIssued", note("cn-1", "5.95", "5.00", "0.00", "5.95"));
    log.add("refund", "subscription maria PaymentRefunded", refunded());
    log.add("note", "subscription maria CreditNoteIssued", note("cn-2", "1.19", "1.00", "1.19", "0.00"));
    let numbered = |invoice: &str| json!({ "invoice": invoice, "series": "F", "number": 1 });
    log.add("number-1", "invoice_book tienda InvoiceNumbered", numbered("inv-1"));
    log.add("number-2", "invoice_book agencia InvoiceNumbered", numbered("inv-2"));
    let note = |id: &str, number: u8| json!({ "credit_note": id, "series": "NC", "number": number });
    log.add("number-3", "invoice_book agencia CreditNoteNumbered", note("cn-1", 1));
    log.add("number-4", "invoice_book agencia CreditNoteNumbered", note("cn-2", 2));
    log
}

fn included() -> Value {
    let tax =
        json!({ "name": "IVA", "rate": "0.19", "prices": "inclusive", "base": clp("16798"), "amount": clp("3192") });
    let line = json!({ "item": { "plan": { "plan": "pro", "interval": "month" } }, "amount": clp("19990") });
    json!({
        "invoice": "inv-1", "series": "F", "kind": "first", "lines": [line], "net": clp("16798"), "taxes": [tax],
        "total": clp("19990"), "kept": clp("0"), "issued_at": "2026-01-31T14:00:00Z",
    })
}

fn on_top() -> Value {
    let tax =
        json!({ "name": "IVA", "rate": "0.19", "prices": "exclusive", "base": usd("15.00"), "amount": usd("2.85") });
    let line = json!({ "item": { "plan": { "plan": "pro", "interval": "month" } }, "amount": usd("15.00") });
    json!({
        "invoice": "inv-2", "series": "F", "kind": "first", "lines": [line], "net": usd("15.00"), "taxes": [tax],
        "total": usd("17.85"), "kept": usd("0.00"), "issued_at": "2026-01-31T14:00:00Z",
    })
}

fn paid(payment: &str, invoice: &str, amount: Value, net: Value, still_due: Value) -> Value {
    json!({
        "payment": payment, "invoice": invoice, "amount": amount, "net": net, "method": "by_hand",
        "still_due": still_due,
    })
}

fn note(id: &str, amount: &str, net: &str, to_balance: &str, to_refund: &str) -> Value {
    json!({
        "credit_note": id, "series": "NC", "invoice": "inv-2", "amount": usd(amount), "net": usd(net),
        "reduces_due": usd("0.00"), "to_balance": usd(to_balance), "to_refund": usd(to_refund),
    })
}

fn refunded() -> Value {
    json!({
        "refund": "re-1", "payment": "c", "invoice": "inv-2", "amount": usd("5.95"), "net": usd("5.00"),
        "refunded_total": usd("5.95"), "refunded_net_total": usd("5.00"), "paid_net": usd("15.00"), "kind": "refund",
    })
}

/// The first thing the law of invoices says of a log.
fn first(log: &Log) -> Option<String> {
    let told = check(log, Work::Settled).iter().map(ToString::to_string).find(|text| text.starts_with("invoices: "));
    told.map(|text| text.trim_start_matches("invoices: ").to_owned())
}

#[test]
fn a_sound_log_passes() {
    assert_eq!(first(&sound()), None);
}

#[test]
fn what_is_forged_is_told_with_both_amounts() {
    let cases = [
        (
            "start-1",
            "SubscriptionStarted",
            "/price/amount",
            json!("18990"),
            "pro is sold for 18990, its catalog says 19990",
        ),
        ("start-1", "InvoiceIssued", "/lines/0/amount/amount", json!("19990.5"), "19990.5 has more decimals than CLP"),
        (
            "start-1",
            "InvoiceIssued",
            "/lines/0/amount/amount",
            json!("21990"),
            "lines of 21990 are said to be 16798 net, they are 18479",
        ),
        (
            "start-1",
            "InvoiceIssued",
            "/net/amount",
            json!("16797"),
            "lines of 19990 are said to be 16797 net, they are 16798",
        ),
        (
            "start-1",
            "InvoiceIssued",
            "/taxes/0/amount/amount",
            json!("3191"),
            "taxes in 19990 are said to be 3191, they are 3192",
        ),
        (
            "start-1",
            "InvoiceIssued",
            "/total/amount",
            json!("19000"),
            "lines of 19990 and taxes of 0 on top come to 19990, not 19000 less 0",
        ),
        ("start-2", "InvoiceIssued", "/kept/amount", json!("1.00"), "come to 17.85, not 17.85 less 1.00"),
        (
            "start-2",
            "InvoiceIssued",
            "/taxes/0/amount/amount",
            json!("2.86"),
            "a tax of 0.19 on 15.00 is said to be 2.86, it is 2.85",
        ),
        ("start-2", "InvoiceIssued", "/taxes/0/name", json!("VAT"), "taxed with VAT 0.19; the catalog says IVA 0.19"),
        (
            "start-2",
            "InvoiceIssued",
            "/issued_at",
            json!("1999-01-31T14:00:00Z"),
            "taxed with IVA 0.19; the catalog says IVA 0.18",
        ),
        ("start-2", "InvoiceIssued", "/invoice", json!("inv-1"), "inv-1 was issued before"),
        ("pay-1", "PaymentRecorded", "/still_due/amount", json!("9000"), "9000 is said to be still due, it is 9990"),
        ("pay-1", "PaymentRecorded", "/net/amount", json!("8404"), "8404 of 10000 is said to be net, it is 8403"),
        (
            "pay-1",
            "PaymentRecorded",
            "/amount/amount",
            json!("20000"),
            "20000 paid of an invoice of which 19990 is due",
        ),
        ("pay-2", "PaymentRecorded", "/payment", json!("a"), "payment a was recorded before"),
        ("pay-2", "PaymentRecorded", "/method", json!("balance"), "9990 paid from a balance of 0"),
        ("pay-2", "PaymentRecorded", "/invoice", json!("inv-2"), "invoice inv-2 was never issued to juan"),
        ("refund", "CreditNoteIssued", "/amount/amount", json!("20.00"), "20.00 credited of an invoice of 17.85"),
        (
            "refund",
            "CreditNoteIssued",
            "/to_refund/amount",
            json!("6.00"),
            "a credit of 5.95 takes 0.00 off 0, keeps 0.00, returns 6.00",
        ),
        ("refund", "CreditNoteIssued", "/net/amount", json!("4.99"), "4.99 of 5.95 is said to be net, it is 5.00"),
        ("refund", "PaymentRefunded", "/amount/amount", json!("18.00"), "18.00 went back of a payment of 17.85"),
        (
            "refund",
            "PaymentRefunded",
            "/refunded_total/amount",
            json!("5.00"),
            "5.00 is said to have gone back in all, it is 5.95",
        ),
        (
            "refund",
            "PaymentRefunded",
            "/refunded_net_total/amount",
            json!("5.01"),
            "5.01 is said to have gone back net, it is 5.00",
        ),
        ("number-4", "CreditNoteNumbered", "/number", json!(3), "series NC goes from 1 to 3"),
        ("number-4", "CreditNoteNumbered", "/credit_note", json!("cn-1"), "cn-1 was numbered before"),
        ("number-2", "InvoiceNumbered", "/invoice", json!("inv-9"), "inv-9 was numbered and never issued"),
    ];
    for (command, name, pointer, forged, expected) in cases {
        let mut log = sound();
        let position = log.event(command, name).position;
        *log.body(command, name, pointer) = forged;
        let told = first(&log).unwrap_or_default();
        assert!(told.contains(expected), "{name} {pointer}: {told}");
        let is_of_its_place = told.starts_with(&format!("position {position} of partition 0: "));
        assert!(is_of_its_place || told == expected, "{name} {pointer}: {told}");
    }
}

#[test]
fn what_is_paid_is_not_void_and_what_is_unknown_does_not_pass() {
    let mut log = sound();
    log.add("void", "subscription juan InvoiceVoided", json!({ "invoice": "inv-1", "amount": clp("0") }));
    assert_eq!(first(&log).unwrap(), "position 19 of partition 0: an invoice of which 19990 was paid is void");
    let mut log = sound();
    log.add("new", "subscription juan InvoiceForgiven", json!({}));
    assert!(first(&log).unwrap().ends_with("nobody has told the checker what InvoiceForgiven means"));
}
