//! What a product earns, as its operator reads it: month by month, document by document, plan by plan.

use event_store::Role;
use expect_test::{Expect, expect};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use testkit::unique;

use crate::house::{House, Reply};
use crate::studio::told;

/// What is sold; 19 % are added to prices.
const SHOP: &str = r#"
product = "shop"
currency = "USD"
[seller]
name = "Acme"
country = "CL"
[[taxes]]
country = "CL"
name = "IVA"
rate = "0.19"
prices = "exclusive"
from = 2003-10-01
[[plans]]
code = "small"
trial = { days = 14 }
price = { month = "10", year = "120" }
[[plans]]
code = "big"
price = { month = "20", year = "200" }
"#;

/// A house that sells `shop` to sam, a sandbox, and to ana, who is live.
async fn open() -> House {
    let house = House::build().await;
    let request = house.request("POST /v1/catalogs").header("idempotency-key", unique("key"));
    let mut request = request.body(SHOP.into()).unwrap();
    request.headers_mut().insert("content-type", "application/toml".parse().unwrap());
    house.send(request).await.accepted();
    for (id, sandbox) in [("sam", true), ("ana", false)] {
        let new = json!({ "id": id, "product": "shop", "time_zone": "America/Santiago", "sandbox": sandbox });
        house.command("POST /v1/organizations", new).await.accepted();
    }
    house
}

async fn post(house: &House, id: &str, what: &str, body: Value) -> Value {
    house.command(&format!("POST /v1/organizations/{id}/{what}"), body).await.accepted()
}

/// It is noon UTC of a day for sam.
async fn at(house: &House, day: &str) {
    let body = json!({ "instant": format!("{day}T12:00:00Z") });
    house.command("PUT /v1/organizations/sam/instant", body).await.accepted();
    post(house, "sam", "settle", Value::Null).await;
}

async fn pay(house: &House, id: &str, amount: &str) {
    post(house, id, "payments", json!({ "amount": amount, "currency": "USD" })).await;
}

/// Sam tries a plan, pays for it, goes up and down, pays by the year, leaves and comes back.
async fn lived() -> House {
    let house = open().await;
    let change = |plan: &str, interval: &str| json!({ "plan": plan, "interval": interval, "when": "now" });
    at(&house, "2031-01-10").await;
    post(&house, "sam", "subscription", json!({ "plan": "small" })).await;
    at(&house, "2031-01-24").await;
    pay(&house, "sam", "11.90").await;
    at(&house, "2031-02-25").await;
    pay(&house, "sam", "11.90").await;
    at(&house, "2031-03-02").await;
    let up = post(&house, "sam", "subscription/change", change("big", "month")).await;
    pay(&house, "sam", up["still_due"]["amount"].as_str().unwrap()).await;
    at(&house, "2031-03-25").await;
    pay(&house, "sam", "23.80").await;
    at(&house, "2031-04-02").await;
    let down = post(&house, "sam", "subscription/change", change("small", "month")).await;
    // What was not used is kept, and pays a part of the next invoice.
    let kept: Decimal = down["balance"]["amount"].as_str().unwrap().parse().unwrap();
    at(&house, "2031-04-25").await;
    pay(&house, "sam", &(Decimal::new(1190, 2) - kept).to_string()).await;
    at(&house, "2031-05-02").await;
    let yearly = post(&house, "sam", "subscription/change", change("small", "year")).await;
    pay(&house, "sam", yearly["still_due"]["amount"].as_str().unwrap()).await;
    at(&house, "2031-06-02").await;
    post(&house, "sam", "subscription/cancel", json!({ "when": "now", "reason": "enough" })).await;
    at(&house, "2031-08-02").await;
    post(&house, "sam", "subscription", json!({ "plan": "small" })).await;
    pay(&house, "sam", "11.90").await;
    // Ana begins to try it, and is no test.
    post(&house, "ana", "subscription", json!({ "plan": "small" })).await;
    house
}

/// Asks for what has all that was done before, of whomever: they may be in two partitions of the log.
async fn asked(house: &House, what: &str, query: &str) -> Reply {
    let ask = async |id: &str| {
        let head = house.head_of(id).await;
        let fresh = format!("min_position={}:{}", head["partition"], head["position"]);
        house.read(&format!("/v1/products/shop/revenue{what}?{query}&{fresh}")).await
    };
    ask("sam").await;
    ask("ana").await
}

/// A table, with its lines ended as here.
async fn check(house: &House, what: &str, query: &str, expected: Expect) {
    let reply = asked(house, what, &format!("{query}&format=csv")).await;
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8; header=present"), "{}", reply.json());
    expected.assert_eq(&String::from_utf8(reply.bytes.to_vec()).unwrap().replace("\r\n", "\n"));
}

const YEAR: &str = "from=2031-01-01&to=2031-08-31&environment=sandbox";

#[tokio::test]
async fn monthly_recurring_revenue_is_told_month_by_month() {
    let house = lived().await;
    let _running = house.project();
    check(
        &house,
        "/mrr",
        YEAR,
        expect![[r#"
        from,to,currency,opening,new,reactivation,expansion,contraction,churn,closing,paying
        2031-01-01,2031-01-31,USD,0.00,10.00,0.00,0.00,0.00,0.00,10.00,1
        2031-02-01,2031-02-28,USD,10.00,0.00,0.00,0.00,0.00,0.00,10.00,1
        2031-03-01,2031-03-31,USD,10.00,0.00,0.00,10.00,0.00,0.00,20.00,1
        2031-04-01,2031-04-30,USD,20.00,0.00,0.00,0.00,-10.00,0.00,10.00,1
        2031-05-01,2031-05-31,USD,10.00,0.00,0.00,0.00,0.00,0.00,10.00,1
        2031-06-01,2031-06-30,USD,10.00,0.00,0.00,0.00,0.00,-10.00,0.00,0
        2031-07-01,2031-07-31,USD,0.00,0.00,0.00,0.00,0.00,0.00,0.00,0
        2031-08-01,2031-08-31,USD,0.00,0.00,10.00,0.00,0.00,0.00,10.00,1
    "#]],
    )
    .await;
    // Within a month, and from its middle on.
    let query = "from=2031-03-01&to=2031-03-03&interval=day&environment=sandbox";
    check(
        &house,
        "/mrr",
        query,
        expect![[r#"
        from,to,currency,opening,new,reactivation,expansion,contraction,churn,closing,paying
        2031-03-01,2031-03-01,USD,10.00,0.00,0.00,0.00,0.00,0.00,10.00,1
        2031-03-02,2031-03-02,USD,10.00,0.00,0.00,10.00,0.00,0.00,20.00,1
        2031-03-03,2031-03-03,USD,20.00,0.00,0.00,0.00,0.00,0.00,20.00,1
    "#]],
    )
    .await;
    let from_the_middle = asked(&house, "/mrr", "from=2031-03-03&to=2031-04-01&environment=sandbox").await.accepted();
    let rows = from_the_middle["rows"].as_array().unwrap();
    let lines: Vec<String> = rows.iter().map(|row| told(row, &["/from", "/to", "/opening", "/closing"])).collect();
    assert_eq!(lines, ["2031-03-03 2031-03-31 20.00 20.00", "2031-04-01 2031-04-01 20.00 20.00"]);
}

#[tokio::test]
async fn a_sandbox_is_no_revenue_of_the_live_ones() {
    let house = lived().await;
    let _running = house.project();
    for what in ["/mrr", ""] {
        let live = asked(&house, what, "from=2031-01-01&to=2031-08-31").await.accepted();
        assert_eq!((&live["environment"], &live["rows"]), (&json!("live"), &json!([])), "{what}");
    }
    let today = asked(&house, "/conversions", "").await.accepted();
    assert_eq!(told(&today["rows"][0], &["/kind", "/plan_from", "/plan_to", "/count"]), "trial_started null small 1");
    let trials = told(&today["trials"], &["/started", "/converted", "/lost", "/open", "/conversion_rate"]);
    assert_eq!(trials, "1 0 0 1 0.0000");
}

#[tokio::test]
async fn revenue_is_told_by_month_and_plan_net_of_taxes() {
    let house = lived().await;
    let _running = house.project();
    check(&house, "", &format!("{YEAR}&group_by=month,plan"), expect![[r#"
        month,plan,currency,revenue,invoiced,credited,voided,billed,cash,collected,collected_net,overpaid,refunded,refunded_net,charged_back,charged_back_net,from_balance,from_credits,invoices,credit_notes,voids,payments,refunds
        2031-01,small,USD,10.00,10.00,0.00,0.00,11.90,11.90,11.90,10.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,1,0,0,1,0
        2031-02,small,USD,10.00,10.00,0.00,0.00,11.90,11.90,11.90,10.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,1,0,0,1,0
        2031-03,big,USD,27.85,27.85,0.00,0.00,33.14,33.14,33.14,27.85,0.00,0.00,0.00,0.00,0.00,0.00,0.00,2,0,0,2,0
        2031-04,small,USD,2.90,2.90,0.00,0.00,3.45,3.45,3.45,2.90,0.00,0.00,0.00,0.00,0.00,8.45,0.00,2,0,0,1,0
        2031-05,small,USD,112.65,112.65,0.00,0.00,134.05,134.05,134.05,112.65,0.00,0.00,0.00,0.00,0.00,0.00,0.00,1,0,0,1,0
        2031-08,small,USD,10.00,10.00,0.00,0.00,11.90,11.90,11.90,10.00,0.00,0.00,0.00,0.00,0.00,0.00,0.00,1,0,0,1,0
    "#]]).await;
    let by_plan = asked(&house, "", &format!("{YEAR}&group_by=plan")).await.accepted();
    let rows = by_plan["rows"].as_array().unwrap();
    let members =
        ["/group/plan", "/currency", "/revenue", "/billed", "/cash", "/from_balance", "/invoices", "/payments"];
    let lines: String = rows.iter().map(|row| told(row, &members) + "\n").collect();
    expect![[r#"
        big USD 27.85 33.14 33.14 0.00 2 2
        small USD 145.55 173.20 173.20 8.45 6 5
    "#]]
    .assert_eq(&lines);
}

#[tokio::test]
async fn conversions_are_counted_and_trials_by_the_day_they_began() {
    let house = lived().await;
    let _running = house.project();
    check(
        &house,
        "/conversions",
        YEAR,
        expect![[r#"
        kind,plan_from,plan_to,interval_from,interval_to,count
        canceled,small,,,,1
        downgraded,big,small,,,1
        interval_changed,small,small,month,year,1
        restarted,,small,,,1
        trial_converted,small,small,,,1
        trial_started,,small,,,1
        upgraded,small,big,,,1
    "#]],
    )
    .await;
    let year = asked(&house, "/conversions", YEAR).await.accepted();
    let members = ["/started", "/converted", "/lost", "/open", "/conversion_rate"];
    assert_eq!(told(&year["trials"], &members), "1 1 0 0 1.0000");
    // It converted on the 24th: it counts with those that began on the 10th.
    let begun = asked(&house, "/conversions", "from=2031-01-10&to=2031-01-10&environment=sandbox").await.accepted();
    assert_eq!(told(&begun["trials"], &members), "1 1 0 0 1.0000");
    let ended = asked(&house, "/conversions", "from=2031-01-24&to=2031-01-24&environment=sandbox").await.accepted();
    assert_eq!(told(&ended["trials"], &members), "0 0 0 0 null");
}

#[tokio::test]
async fn tables_of_revenue_are_what_the_log_says_and_so_are_those_rebuilt() {
    let house = lived().await;
    let _running = house.project();
    let answers = async || {
        let mut answers = Vec::new();
        for what in ["/mrr", "", "/conversions"] {
            answers.push(asked(&house, what, YEAR).await.accepted());
        }
        answers
    };
    let live = answers().await;
    let log = house.database.log();
    for name in ["mrr_movements", "revenue", "plan_conversions"] {
        projections::rebuild(&house.pool, &log, name).await.unwrap();
    }
    assert_eq!(answers().await, live);
    let comparisons = projections::compare(&log, &house.database.pool(Role::Auditor)).await.unwrap();
    assert!(comparisons.iter().all(projections::Comparison::is_equal), "{comparisons:?}");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_by_name() {
    let house = open().await;
    let cases = [
        ("shop/revenue/mrr?interval=week", 422, "invalid_field", "interval"),
        ("shop/revenue/mrr?from=2031-02-30", 422, "invalid_field", "from"),
        ("shop/revenue/mrr?from=2031-03-02&to=2031-03-01", 422, "invalid_field", "from"),
        ("shop/revenue/mrr?from=2031-01-01&to=2032-01-02", 422, "invalid_field", "to"),
        ("shop/revenue/mrr?group_by=plan", 422, "invalid_field", "group_by"),
        ("shop/revenue/mrr?environment=test", 422, "invalid_field", "environment"),
        ("shop/revenue?group_by=week", 422, "invalid_field", "group_by"),
        ("shop/revenue?group_by=day,day", 422, "invalid_field", "group_by"),
        ("shop/revenue?format=xml", 422, "invalid_field", "format"),
        ("shop/revenue/conversions?interval=day", 422, "invalid_field", "interval"),
        ("shop/revenue/conversions?min_position=9:9", 422, "invalid_field", "min_position"),
        ("nobody/revenue", 404, "organization.unknown_product", "product"),
    ];
    for (path, status, code, field) in cases {
        let reply = house.read(&format!("/v1/products/{path}")).await;
        let found = (reply.problem(), reply.json()["field"].as_str().unwrap_or("-").to_owned());
        assert_eq!(found, ((status, code.to_owned()), field.to_owned()), "{path}: {}", reply.json());
    }
}

#[tokio::test]
async fn a_reader_never_gets_less_than_it_asked_for() {
    let house = open().await;
    let head = house.head_of("ana").await;
    let (partition, next) = (&head["partition"], head["position"].as_i64().unwrap() + 1);
    let ask = async |what: &str| {
        house.read(&format!("/v1/products/shop/revenue{what}?min_position={partition}:{next}")).await.problem()
    };
    let (mrr, revenue, conversions) = tokio::join!(ask("/mrr"), ask(""), ask("/conversions"));
    let behind = || (503, "projection_behind".to_owned());
    assert_eq!((mrr, revenue, conversions), (behind(), behind(), behind()));
}
