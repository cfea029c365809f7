//! What was used, summed up: every grouping and filter, by local days, of an organization and of a product.

mod answers;

use expect_test::{Expect, expect};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::house::{House, Reply};
use crate::studio::{Studio, in_minutes, inhabited, told};

/// Asks for a summary that has all that was done before, of whomever: they may be in two partitions of the log.
async fn asked(house: &House, of: &str, query: &str) -> Reply {
    let ask = async |id: &str| {
        let head = house.head_of(id).await;
        let fresh = format!("min_position={}:{}", head["partition"], head["position"]);
        house.read(&format!("/v1/{of}/usage/summary?{query}&{fresh}")).await
    };
    ask("sam").await;
    ask("ana").await
}

async fn summary(studio: &Studio, query: &str) -> Value {
    asked(&studio.0, "organizations/ana", query).await.accepted()
}

const SUMS: &[&str] =
    &["/consumptions", "/used", "/included", "/overage", "/waived", "/reversed", "/charged", "/prices"];

/// The rows, one a line, and the total.
fn lines(summary: &Value) -> String {
    let line = |row: &Value| {
        let group = row["group"].as_object().unwrap().values();
        let keys: Vec<String> = group.map(|key| key.as_str().unwrap_or("-").to_owned()).collect();
        format!("{}: {}\n", keys.join(" "), told(row, SUMS))
    };
    let rows: String = summary["rows"].as_array().unwrap().iter().map(line).collect();
    format!("{rows}total: {}\n", told(&summary["total"], SUMS))
}

/// Ana has credits, an administrator, and used this and that: some past the allowance, some waived, some given back.
async fn used() -> Studio {
    let studio = inhabited().await;
    studio.top_up("ana", "100").await;
    studio.put("ana", "administrators/root", Value::Null).await.accepted();
    let consumed = [
        ("runs", 2, "user_1", json!({ "campaign": "autumn", "model": "small" })),
        ("runs", 3, "user_2", json!({ "campaign": "autumn" })),
        ("runs", 4, "root", json!({})),
        ("tokens", 90, "user_1", json!({ "model": "large, \"the\" one" })),
        ("tokens", 20, "user_2", json!({ "model": "=SUM(A1)", "campaign": "winter" })),
    ];
    for (feature, quantity, actor, attributes) in consumed {
        let body = json!({ "feature": feature, "quantity": quantity, "actor": actor, "attributes": attributes });
        studio.post("ana", "usage", body).await.accepted();
    }
    studio
}

async fn check(studio: &Studio, cases: &[(&str, Expect)]) {
    for (query, expected) in cases {
        expected.assert_eq(&lines(&summary(studio, query).await));
    }
}

#[tokio::test]
async fn usage_is_summed_up_by_feature_actor_plan_and_attribute() {
    let studio = used().await;
    let _running = studio.0.project();
    check(
        &studio,
        &[
            (
                "",
                expect![[r"
                runs: 3 5 5 0 4 0 0.00 []
                tokens: 2 110 100 10 0 0 5.00 []
                total: 5 115 105 10 4 0 5.00 []
            "]],
            ),
            (
                "group_by=actor",
                expect![[r"
                root: 1 0 0 0 4 0 0.00 []
                user_1: 2 92 92 0 0 0 0.00 []
                user_2: 2 23 13 10 0 0 5.00 []
                total: 5 115 105 10 4 0 5.00 []
            "]],
            ),
            (
                "group_by=plan,feature",
                expect![[r"
                runs small: 3 5 5 0 4 0 0.00 []
                tokens small: 2 110 100 10 0 0 5.00 []
                total: 5 115 105 10 4 0 5.00 []
            "]],
            ),
            (
                "group_by=attribute:campaign,actor,feature",
                expect![[r"
                user_1 autumn runs: 1 2 2 0 0 0 0.00 []
                user_2 autumn runs: 1 3 3 0 0 0 0.00 []
                user_2 winter tokens: 1 20 10 10 0 0 5.00 []
                root - runs: 1 0 0 0 4 0 0.00 []
                user_1 - tokens: 1 90 90 0 0 0 0.00 []
                total: 5 115 105 10 4 0 5.00 []
            "]],
            ),
            (
                "group_by=attribute:nobody-says",
                expect![[r"
                -: 5 115 105 10 4 0 5.00 []
                total: 5 115 105 10 4 0 5.00 []
            "]],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn usage_is_chosen_by_feature_actor_and_attribute() {
    let studio = used().await;
    let _running = studio.0.project();
    check(
        &studio,
        &[
            (
                "feature=runs",
                expect![[r"
                runs: 3 5 5 0 4 0 0.00 []
                total: 3 5 5 0 4 0 0.00 []
            "]],
            ),
            (
                "actor=user_1",
                expect![[r"
                runs: 1 2 2 0 0 0 0.00 []
                tokens: 1 90 90 0 0 0 0.00 []
                total: 2 92 92 0 0 0 0.00 []
            "]],
            ),
            (
                "attribute=campaign&group_by=attribute:campaign",
                expect![[r"
                autumn: 2 5 5 0 0 0 0.00 []
                winter: 1 20 10 10 0 0 5.00 []
                total: 3 25 15 10 0 0 5.00 []
            "]],
            ),
            (
                "attribute=campaign:autumn&feature=runs&actor=user_2",
                expect![[r"
                runs: 1 3 3 0 0 0 0.00 []
                total: 1 3 3 0 0 0 0.00 []
            "]],
            ),
            (
                "attribute=campaign:",
                expect![[r"
                total: 0 0 0 0 0 0 0.00 []
            "]],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_capture_counts_when_it_is_captured_and_a_reversal_lowers_what_it_gives_back() {
    let studio = inhabited().await;
    let _running = studio.0.project();
    studio.top_up("ana", "100").await;
    let hold = json!({ "feature": "tokens", "quantity": 104, "expires_at": in_minutes(10), "actor": "user_1" });
    let placed = studio.post("ana", "holds", hold).await.accepted();
    check(
        &studio,
        &[(
            "",
            expect![[r"
        total: 0 0 0 0 0 0 0.00 []
    "]],
        )],
    )
    .await;

    let above = json!({ "quantity": 106, "attributes": { "model": "large" } });
    let capture = format!("holds/{}/capture", placed["hold"]["hold"].as_str().unwrap());
    studio.post("ana", &capture, above).await.accepted();
    let by = "group_by=feature,actor,attribute:model";
    check(
        &studio,
        &[(
            by,
            expect![[r"
        user_1 large tokens: 1 106 100 6 0 0 3.00 []
        total: 1 106 100 6 0 0 3.00 []
    "]],
        )],
    )
    .await;

    let used = json!({ "feature": "tokens", "quantity": 10, "actor": "user_2" });
    let used = studio.post("ana", "usage", used).await.accepted();
    let back = format!("usage/{}/reverse", used["receipt"]["position"]);
    studio.post("ana", &back, json!({ "quantity": 4, "reason": "not delivered" })).await.accepted();
    check(
        &studio,
        &[(
            by,
            expect![[r"
        user_1 large tokens: 1 106 100 6 0 0 3.00 []
        user_2 - tokens: 1 6 0 6 0 4 3.00 []
        total: 2 112 100 12 0 4 6.00 []
    "]],
        )],
    )
    .await;
}

#[tokio::test]
async fn usage_is_of_the_local_day_it_happened_on_also_when_the_clocks_change() {
    let studio = inhabited().await;
    let _running = studio.0.project();
    let zone = TimeZone::get("America/Santiago").unwrap();
    let date = |instant: Timestamp| instant.to_zoned(zone.clone()).date();
    // Midnight comes an hour late when clocks go back, and is 01:00 when they go on.
    let changes: Vec<Timestamp> = zone.following(Timestamp::now()).take(2).map(|change| change.timestamp()).collect();
    studio.put("sam", "instant", json!({ "instant": (changes[1] + 2.hours()).to_string() })).await.accepted();
    for change in changes {
        let (before, after) = (date(change - 1.minute()), date(change - 1.minute()).tomorrow().unwrap());
        let midnight = if date(change) == before { change + 1.hour() } else { change };
        for (instant, quantity) in [(midnight - 1.second(), 1), (midnight, 2)] {
            let body = json!({ "feature": "runs", "quantity": quantity, "occurred_at": instant.to_string() });
            studio.post("sam", "usage", body).await.accepted();
        }
        let both = format!("from={before}&to={after}&group_by=day");
        let seen = asked(&studio.0, "organizations/sam", &both).await.accepted();
        let expected = format!("{before}: 1 1 1 0 0 0 0.00 []\n{after}: 1 2 2 0 0 0 0.00 []\n");
        assert_eq!(lines(&seen), format!("{expected}total: 2 3 3 0 0 0 0.00 []\n"));
        assert_eq!((&seen["time_zone"], &seen["from"]), (&json!("America/Santiago"), &json!(before.to_string())));
        let one = asked(&studio.0, "organizations/sam", &format!("from={after}&to={after}")).await.accepted();
        assert_eq!(lines(&one), "runs: 1 2 2 0 0 0 0.00 []\ntotal: 1 2 2 0 0 0 0.00 []\n");
    }
}

#[tokio::test]
async fn without_days_it_is_the_current_month_of_the_organization_and_a_sandbox_has_its_own() {
    let studio = inhabited().await;
    let _running = studio.0.project();
    // Noon, so that no midnight is near; in the second month from now, so that it is later.
    let zone = TimeZone::get("America/Santiago").unwrap();
    let today = Timestamp::now().to_zoned(zone.clone()).date();
    let day = today.first_of_month().saturating_add(2.months()).saturating_add(9.days());
    for (day, quantity) in [(day, 1), (day.saturating_add(1.month()), 2)] {
        let noon = day.at(12, 0, 0, 0).to_zoned(zone.clone()).unwrap().timestamp();
        studio.put("sam", "instant", json!({ "instant": noon.to_string() })).await.accepted();
        studio.consume("sam", "runs", quantity).await.accepted();
    }
    let day = day.saturating_add(1.month());
    let seen = asked(&studio.0, "organizations/sam", "group_by=day,month").await.accepted();
    let month = &day.to_string()[..7];
    assert_eq!(lines(&seen), format!("{day} {month}: 1 2 2 0 0 0 0.00 []\ntotal: 1 2 2 0 0 0 0.00 []\n"));
    assert_eq!(seen["from"], json!(day.first_of_month().to_string()));
    assert_eq!(seen["to"], json!(day.last_of_month().to_string()));

    // From a day on, up to the end of this month; up to a day, from the beginning of its month.
    let before = day.saturating_sub(1.month());
    let seen = asked(&studio.0, "organizations/sam", &format!("from={before}&group_by=month")).await.accepted();
    let earlier = &before.to_string()[..7];
    let total = "total: 2 3 3 0 0 0 0.00 []\n";
    assert_eq!(lines(&seen), format!("{earlier}: 1 1 1 0 0 0 0.00 []\n{month}: 1 2 2 0 0 0 0.00 []\n{total}"));
    let seen = asked(&studio.0, "organizations/sam", &format!("to={before}")).await.accepted();
    assert_eq!(seen["from"], json!(before.first_of_month().to_string()));
    assert_eq!(lines(&seen), "runs: 1 1 1 0 0 0 0.00 []\ntotal: 1 1 1 0 0 0 0.00 []\n");
}

#[tokio::test]
async fn a_period_is_the_billing_period_of_what_counts_by_it() {
    let house = House::with_agencia().await;
    let _running = house.project();
    house.with_free_plan("ana").await;
    let used = json!({ "feature": "whatsapp_messages", "quantity": 3 });
    house.command("POST /v1/organizations/ana/usage", used).await.accepted();
    let seen = asked(&house, "organizations/ana", "group_by=period").await.accepted();
    let head = house.head_of("ana").await["position"].clone();
    let windows = house.read(&format!("/v1/organizations/ana/usage?min_position={head}")).await.accepted();
    let window = &windows["usage"][0];
    // A label has all six decimals, so that labels of one length sort by time.
    let instant = |text: &str| text.parse::<Timestamp>().unwrap();
    let period = ["window_start", "window_end"].map(|end| format!("{:.6}", instant(window[end].as_str().unwrap())));
    let period = period.join("/");
    assert_eq!(lines(&seen), format!("{period}: 1 3 3 0 0 0 0.00 []\ntotal: 1 3 3 0 0 0 0.00 []\n"));
}

#[tokio::test]
async fn a_product_sums_up_its_organizations() {
    let studio = used().await;
    let _running = studio.0.project();
    studio.consume("sam", "runs", 1).await.accepted();
    let seen = asked(&studio.0, "products/studio", "group_by=organization,plan,feature").await.accepted();
    assert_eq!(seen["time_zone"], Value::Null);
    expect![[r"
        runs ana small: 3 5 5 0 4 0 0.00 []
        tokens ana small: 2 110 100 10 0 0 5.00 []
        runs sam small: 1 1 1 0 0 0 0.00 []
        total: 6 116 106 10 4 0 5.00 []
    "]]
    .assert_eq(&lines(&seen));
    let other = asked(&studio.0, "products/nothing", "").await;
    assert_eq!(other.problem(), (404, "organization.unknown_product".to_owned()), "{}", other.json());
    let table = asked(&studio.0, "products/studio", "group_by=organization&format=csv").await;
    assert!(table.header("content-disposition").unwrap().contains("usage-studio-20"), "{table:?}");
}
