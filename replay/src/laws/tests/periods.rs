//! A customer with a renewal, calls past the allowance, a discount and a change in the middle of a period, forged.

use serde_json::{Value, json};

use super::super::{Log, Work, check};

fn usd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "USD" })
}

fn period(start: &str, end: &str) -> Value {
    json!({ "start": format!("2026-{start}Z"), "end": format!("2026-{end}Z") })
}

fn line(item: &str, of: &str, amount: &str) -> Value {
    let key = if item == "discount" { "code" } else { "plan" };
    json!({ "item": { item: { key: of } }, "amount": usd(amount) })
}

impl Log {
    fn issue(&mut self, command: &str, kind: &str, lines: &[Value], total: &str) {
        let issued = json!({
            "invoice": format!("inv-{command}"), "series": "F", "kind": kind, "lines": lines, "net": usd(total),
            "taxes": [], "total": usd(total), "kept": usd("0"), "issued_at": "2026-01-31T09:00:00Z",
            "period": period("03-15T21:00:00", "03-31T09:00:00"),
        });
        self.add(command, "subscription ana InvoiceIssued", issued);
    }

    fn begin(&mut self, command: &str, start: &str, end: &str) {
        let begun = json!({ "anchor": "2026-01-31T09:00:00Z", "period": period(start, end) });
        self.add(command, "subscription ana PeriodBegan", begun);
    }
}

fn sound() -> Log {
    let mut log = Log::default();
    let prices = |amount: &str| json!({ "month": { "USD": amount } });
    let plans = json!([{ "code": "lite", "prices": prices("10") }, { "code": "pro", "prices": prices("30") }]);
    let definition = json!({ "plans": plans, "proration": "second" });
    log.add("publish", "catalog agencia CatalogPublished", json!({ "version": 1, "definition": definition }));
    let registered = json!({ "organization": "ana", "product": "agencia", "time_zone": "UTC" });
    log.add("register", "organization ana OrganizationRegistered", registered);
    let started = json!({
        "subscription": "sub", "plan": "lite", "catalog_version": 1, "interval": "month", "price": usd("10.00"),
    });
    log.add("start", "subscription ana SubscriptionStarted", started);
    log.issue("start", "first", &[line("plan", "lite", "10.00")], "10.00");
    let first = json!({ "anchor": "2026-01-31T09:00:00Z", "period": period("01-31T09:00:00", "02-28T09:00:00") });
    log.add("pay", "subscription ana SubscriptionActivated", first);
    let month = period("01-31T09:00:00", "02-28T09:00:00");
    let charge = json!({ "invoice": { "quantity": "10", "price": usd("1.50"), "month": month } });
    log.add("use", "credit_ledger ana FeatureConsumed", json!({ "feature": "calls", "overage": charge }));
    log.begin("renew", "02-28T09:00:00", "03-31T09:00:00");
    let metered = json!({ "metered": { "feature": "calls", "quantity": "10", "given_back": "0" } });
    let metered = json!({ "item": metered, "period": month, "amount": usd("1.50") });
    log.issue("renew", "period", &[line("plan", "lite", "10.00"), metered], "11.50");
    let terms = json!({ "off": { "percent": "0.25" }, "lasts": { "periods": 1 } });
    log.add("discount", "subscription ana DiscountApplied", json!({ "code": "SPRING", "terms": terms }));
    let changed = json!({
        "from": "lite", "to": "pro", "catalog_version": 1, "interval": "month", "price": usd("30.00"),
        "at": "2026-03-15T21:00:00Z",
    });
    log.add("change", "subscription ana PlanChanged", changed);
    let lines = [
        line("proration_credit", "lite", "-5.00"),
        line("proration_charge", "pro", "15.00"),
        line("discount", "SPRING", "-3.75"),
    ];
    log.issue("change", "change", &lines, "6.25");
    log.begin("again", "03-31T09:00:00", "04-30T09:00:00");
    log.issue("again", "period", &[line("plan", "pro", "30.00"), line("discount", "SPRING", "-7.50")], "22.50");
    log
}

/// The first thing the law of periods says of a log.
fn first(log: &Log) -> Option<String> {
    let told = check(log, Work::Settled).iter().map(ToString::to_string).find(|text| text.starts_with("periods: "));
    told.map(|text| text.trim_start_matches("periods: ").to_owned())
}

#[test]
fn a_life_with_a_change_in_the_middle_of_a_period_passes() {
    assert_eq!(first(&sound()), None);
}

#[test]
fn what_is_forged_is_told_with_both_amounts() {
    let cases = [
        (
            "pay",
            "SubscriptionActivated",
            "/period/start",
            "2026-01-30T09:00:00Z",
            "the first period begins at 2026-01-30T09:00:00Z, its anchor is 2026-01-31T09:00:00Z",
        ),
        (
            "pay",
            "SubscriptionActivated",
            "/period/end",
            "2026-03-03T09:00:00Z",
            "2026-01-31T09:00:00Z to 2026-03-03T09:00:00Z is no month counted from 2026-01-31T09:00:00Z",
        ),
        (
            "renew",
            "PeriodBegan",
            "/period/start",
            "2026-02-27T09:00:00Z",
            "a period begins at 2026-02-27T09:00:00Z, the one before ends at 2026-02-28T09:00:00Z",
        ),
        (
            "renew",
            "PeriodBegan",
            "/anchor",
            "2026-02-28T09:00:00Z",
            "a period is counted from 2026-02-28T09:00:00Z, its anchor is 2026-01-31T09:00:00Z",
        ),
        ("renew", "InvoiceIssued", "/lines/1/amount/amount", "1.60", "calls is billed at 1.60, 10 less 0 cost 1.50"),
        ("change", "PlanChanged", "/from", "gratis", "changed from gratis, it was on lite"),
        (
            "change",
            "PlanChanged",
            "/at",
            "2026-03-20T09:00:00Z",
            "line 1 is said to be proration_credit lite -5.00, it is proration_credit lite -3.55",
        ),
        (
            "change",
            "InvoiceIssued",
            "/lines/1/amount/amount",
            "15.01",
            "line 2 is said to be proration_charge pro 15.01, it is proration_charge pro 15.00",
        ),
        (
            "change",
            "InvoiceIssued",
            "/lines/2/amount/amount",
            "-3.76",
            "line 3 is said to be discount SPRING -3.76, it is discount SPRING -3.75",
        ),
        ("again", "InvoiceIssued", "/kind", "other", "nobody has told the checker what an invoice of kind other is"),
    ];
    for (command, name, pointer, forged, expected) in cases {
        let mut log = sound();
        let position = log.event(command, name).position;
        *log.body(command, name, pointer) = json!(forged);
        let told = first(&log).unwrap_or_default();
        assert!(told.ends_with(expected), "{name} {pointer}: {told}");
        assert!(pointer == "/at" || told.starts_with(&format!("position {position} of ")), "{name} {pointer}: {told}");
    }
}

#[test]
fn nothing_is_billed_twice_and_a_discount_is_used_as_often_as_it_says() {
    let mut log = sound();
    log.begin("once-more", "04-30T09:00:00", "05-31T09:00:00");
    log.issue("once-more", "period", &[line("plan", "pro", "30.00"), line("discount", "SPRING", "-7.50")], "22.50");
    assert!(first(&log).unwrap().ends_with("discount SPRING is used up"));
    let mut log = sound();
    let again = log.event("renew", "InvoiceIssued").body["lines"][1].clone();
    log.issue("late", "usage", &[again], "1.50");
    assert!(first(&log).unwrap().ends_with("calls of the month of 2026-01-31T09:00:00Z is billed again"));
}
