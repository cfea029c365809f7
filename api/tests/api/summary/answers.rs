//! How a summary is answered: as a table, page by page, or not at all where the question makes no sense.

use expect_test::expect;
use serde_json::json;

use super::{asked, lines, summary, used};
use crate::house::House;
use crate::studio::inhabited;

#[tokio::test]
async fn a_table_is_safe_to_open_and_says_the_same() {
    let studio = used().await;
    let _running = studio.0.project();
    let query = "group_by=attribute:model,feature&format=csv";
    let table = asked(&studio.0, "organizations/ana", query).await;
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let file = table.header("content-disposition").unwrap();
    assert!(file.starts_with("attachment; filename=\"usage-ana-20") && file.ends_with(".csv\""), "{file}");
    let text = String::from_utf8(table.bytes.to_vec()).unwrap();
    assert!(text.ends_with("\r\n") && text.matches('\n').count() == text.matches("\r\n").count());
    expect![[r#"
        attribute:model,feature,consumptions,used,included,overage,waived,reversed,charged,prices
        '=SUM(A1),tokens,1,20,10,10,0,0,5.00,
        "large, ""the"" one",tokens,1,90,90,0,0,0,0.00,
        small,runs,1,2,2,0,0,0,0.00,
        ,runs,2,3,3,0,4,0,0.00,
    "#]]
    .assert_eq(&text.replace("\r\n", "\n"));

    let path = "/v1/organizations/ana/usage/summary?group_by=attribute:model,feature";
    let request = studio.0.request(&format!("GET {path}")).header("accept", "text/csv");
    let accepted = studio.0.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!((&accepted.bytes, accepted.header("vary")), (&table.bytes, Some("Accept")));

    let none = asked(&studio.0, "organizations/ana", "group_by=day&actor=nobody&format=csv").await;
    expect![[r"
        day,consumptions,used,included,overage,waived,reversed,charged,prices
    "]]
    .assert_eq(&String::from_utf8(none.bytes.to_vec()).unwrap().replace("\r\n", "\n"));
}

#[tokio::test]
async fn a_price_stands_in_a_table_with_its_currency() {
    let house = House::build().await;
    let text = r#"
        product = "printer"
        currency = "USD"
        [features.pages]
        kind = "quota"
        window = "month"
        [[plans]]
        code = "small"
        price = { month = "0" }
        [plans.features]
        pages = { limit = 10, overage = { invoice = { unit = "0.125" } } }
    "#;
    let request = house.request("POST /v1/catalogs").header("idempotency-key", testkit::unique("key"));
    let mut request = request.body(text.into()).unwrap();
    request.headers_mut().insert("content-type", "application/toml".parse().unwrap());
    house.send(request).await.accepted();
    let _running = house.project();
    let new = json!({ "id": "ana", "product": "printer", "time_zone": "America/Santiago" });
    house.command("POST /v1/organizations", new).await.accepted();
    house.command("POST /v1/organizations/ana/subscription", json!({ "plan": "small" })).await.accepted();
    let used = json!({ "feature": "pages", "quantity": 14, "actor": "-7" });
    house.command("POST /v1/organizations/ana/usage", used).await.accepted();
    let table = asked(&house, "organizations/ana", "group_by=feature,actor&format=csv").await;
    expect![[r"
        feature,actor,consumptions,used,included,overage,waived,reversed,charged,prices
        pages,'-7,1,14,10,4,0,0,0.00,0.50 USD
    "]]
    .assert_eq(&String::from_utf8(table.bytes.to_vec()).unwrap().replace("\r\n", "\n"));
    let seen = asked(&house, "organizations/ana", "").await.accepted();
    assert_eq!(seen["total"]["prices"], json!([{ "amount": "0.50", "currency": "USD" }]));
}

#[tokio::test]
async fn groups_are_read_page_by_page_and_the_total_is_of_all_of_them() {
    let studio = used().await;
    let _running = studio.0.project();
    let query = "group_by=attribute:campaign,feature";
    let whole = summary(&studio, query).await;
    assert_eq!(whole.get("next_after"), None);
    let mut rows = Vec::new();
    let mut page = asked(&studio.0, "organizations/ana", &format!("limit=1&{query}")).await;
    loop {
        let body = page.clone().accepted();
        assert_eq!(body["total"], whole["total"]);
        rows.extend(body["rows"].as_array().unwrap().clone());
        let Some(after) = body["next_after"].as_str() else { break };
        let link = page.header("link").unwrap().to_owned();
        let (next, rel) = link.split_once('>').unwrap();
        assert!(next.ends_with(&format!("&after={after}")) && rel == "; rel=\"next\"", "{link}");
        page = studio.0.read(&next[1..]).await;
    }
    assert_eq!((json!(rows), page.header("link")), (whole["rows"].clone(), None));

    let table = asked(&studio.0, "organizations/ana", "limit=1&format=csv").await;
    let link = table.header("link").unwrap();
    let rest = studio.0.read(link[1..].split_once('>').unwrap().0).await;
    let lines = [&table, &rest].map(|reply| String::from_utf8(reply.bytes.to_vec()).unwrap().lines().count());
    assert_eq!(lines, [2, 2], "a header each");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused_by_name() {
    let studio = used().await;
    let _running = studio.0.project();
    let other_page = summary(&studio, "limit=1&group_by=actor").await["next_after"].as_str().unwrap().to_owned();
    let other_page = format!("group_by=actor,feature&after={other_page}");
    for (query, field, expected) in [
        (
            "group_by=week",
            "group_by",
            expect![[
                r#"group_by: "week": "week" is not organization, plan, feature, actor, day, month, period or attribute:<name>"#
            ]],
        ),
        (
            "group_by=",
            "group_by",
            expect![[
                r#"group_by: "": "" is not organization, plan, feature, actor, day, month, period or attribute:<name>"#
            ]],
        ),
        (
            "group_by=attribute:a%20b",
            "group_by",
            expect![[r#"group_by: "attribute:a b": attribute "a b" is not 1 to 64 letters, digits, - and _"#]],
        ),
        ("group_by=day,day", "group_by", expect![[r#"group_by: "day,day": day is given twice"#]]),
        (
            "group_by=day,actor,feature,plan",
            "group_by",
            expect![[r#"group_by: "day,actor,feature,plan": 4 groups are more than 3"#]],
        ),
        (
            "attribute=a%20b",
            "attribute",
            expect![[r#"attribute: "a b": attribute "a b" is not 1 to 64 letters, digits, - and _"#]],
        ),
        (
            "attribute=:autumn",
            "attribute",
            expect![[r#"attribute: ":autumn": attribute "" is not 1 to 64 letters, digits, - and _"#]],
        ),
        (
            "attribute=model:a%00b",
            "attribute",
            expect![[
                r#"attribute: "model:a\0b": the value of attribute model is not 0 to 128 characters on one line"#
            ]],
        ),
        (
            "actor=maria@example.com",
            "actor",
            expect![[r#"actor: actor "maria@example.com" is not 1 to 64 letters, digits, - and _"#]],
        ),
        ("feature=a%20b", "feature", expect![[r#"feature: feature "a b" is not 1 to 64 letters, digits, - and _"#]]),
        ("from=2031-03-02&to=2031-03-01", "from", expect!["from: 2031-03-02 is after 2031-03-01"]),
        ("from=2031-02-30", "from", expect![[r#"from: "2031-02-30": it is no day such as 2031-03-01"#]]),
        (
            "from=2031-03-01T00:00:00Z",
            "from",
            expect![[r#"from: "2031-03-01T00:00:00Z": it is no day such as 2031-03-01"#]],
        ),
        ("to=soon", "to", expect![[r#"to: "soon": it is no day such as 2031-03-01"#]]),
        (
            "from=2030-01-01&to=2031-01-02",
            "to",
            expect!["to: 2030-01-01 to 2031-01-02 is 367 days, 366 at most are summed up at once"],
        ),
        ("limit=0", "limit", expect!["limit: 0 is not between 1 and 1000"]),
        ("after=5b", "after", expect![[r#"after: "5b": it is not the next_after of this question"#]]),
        (&other_page, "after", expect!["after: it is not the next_after of this question"]),
        ("format=xlsx", "format", expect![[r#"format: "xlsx": it is not json or csv"#]]),
        ("groups=day", "groups", expect!["groups: there is no such parameter"]),
    ] {
        let reply = studio.0.read(&format!("/v1/organizations/ana/usage/summary?{query}")).await;
        assert_eq!(reply.problem(), (422, "invalid_field".to_owned()), "{query}");
        assert_eq!(reply.json()["field"], field, "{query}");
        expected.assert_eq(reply.json()["detail"].as_str().unwrap());
    }
    let nobody = studio.0.read("/v1/organizations/nobody/usage/summary").await;
    assert_eq!(nobody.problem(), (404, "organization.unknown".to_owned()));
}

#[tokio::test]
async fn a_summary_that_is_behind_says_so() {
    let studio = inhabited().await;
    let behind = studio.0.read("/v1/organizations/ana/usage/summary?min_position=1").await;
    assert_eq!(behind.problem(), (503, "projection_behind".to_owned()));
    assert_eq!(behind.json()["projection"], "consumptions");
    let empty = studio.0.read("/v1/organizations/ana/usage/summary").await.accepted();
    assert_eq!(lines(&empty), "total: 0 0 0 0 0 0 0.00 []\n");
}
