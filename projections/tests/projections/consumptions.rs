//! Consumptions as they are asked for: by whom, what for, on which day, in which period; and that every way to sum them
//! up comes to the same.

use std::collections::BTreeMap;

use domain::calendar::Zone;
use domain::credit_ledger::{Command, Consume};
use domain::stream::Owner;
use domain::{AttributeKey, FeatureCode, ProductCode};
use expect_test::{Expect, expect};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use projections::consumptions::summary::{Group, Summary, Sums, Wanted, Whose, summarize};
use projections::{rebuild, usage};
use rust_decimal::Decimal;
use testkit::of;

use crate::feeds::{Sparing, polled};
use crate::meter::{actor, capture, consume, joins, quantity, reverse, sells, three_months, travel};
use crate::world::World;

fn wanted<'a>(whose: Whose<'a>, groups: &'a [Group]) -> Wanted<'a> {
    let (first, last) = (Date::constant(2020, 1, 1), Date::constant(2100, 1, 1));
    Wanted { whose, first, last, feature: None, actor: None, attribute: None, groups, after: None, limit: 10_000 }
}

/// Sums added up, as columns; prices by currency.
fn added<'a>(rows: impl IntoIterator<Item = &'a Sums>) -> (i64, [Decimal; 6], BTreeMap<String, Decimal>) {
    let (mut consumptions, mut amounts, mut prices) = (0, [Decimal::ZERO; 6], BTreeMap::new());
    for row in rows {
        consumptions += row.consumptions;
        let columns = [row.used, row.included, row.overage, row.waived, row.reversed, row.charged];
        for (sum, amount) in amounts.iter_mut().zip(columns) {
            *sum += amount;
        }
        for (currency, price) in row.prices() {
            *prices.entry(currency.to_owned()).or_insert(Decimal::ZERO) += price;
        }
    }
    (consumptions, amounts, prices)
}

fn all_groups() -> Vec<Group> {
    let names = ["organization", "plan", "feature", "actor", "day", "month", "period", "attribute:model"];
    names.map(|name| name.parse().unwrap()).to_vec()
}

/// Every choice of up to three groups.
fn groupings() -> Vec<Vec<Group>> {
    let groups = all_groups();
    let mut choices = vec![Vec::new()];
    for (first, one) in groups.iter().enumerate() {
        choices.push(vec![one.clone()]);
        for (second, two) in groups.iter().enumerate().skip(first + 1) {
            choices.push(vec![one.clone(), two.clone()]);
            choices.extend(groups[second + 1..].iter().map(|three| vec![one.clone(), two.clone(), three.clone()]));
        }
    }
    choices
}

#[tokio::test]
async fn sums_by_whatever_come_to_the_total_and_to_what_usage_says() {
    let world = World::new().await;
    sells(&world, "USD", "0.10").await;
    joins(&world, "ana", "America/Santiago").await;
    let live = world.fold(Sparing(polled(world.test.log())));
    three_months(&world, "ana").await;
    world.all_caught_up().await;

    let ana = testkit::organization("ana");
    let whose = Whose::Organization(&ana);
    let total = summarize(&world.pool, &wanted(whose, &[])).await.unwrap().total;
    for groups in groupings() {
        let Summary { rows, has_more, total: again } = summarize(&world.pool, &wanted(whose, &groups)).await.unwrap();
        assert_eq!((added(&rows), &again, has_more), (added([&total]), &total, false), "{groups:?}");
        assert!(rows.is_sorted_by_key(|row| row.keys.iter().flatten().map(last_if_none).collect::<Vec<_>>()));
    }

    let windows = usage::list(&world.pool, &ana).await.unwrap();
    let by_window = [Group::Feature, Group::Period];
    let rows = summarize(&world.pool, &wanted(whose, &by_window)).await.unwrap().rows;
    let mut found: Vec<String> = rows.iter().map(window_told).collect();
    let mut expected: Vec<String> = windows.iter().map(usage_told).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert!(found.len() > 15 && total.reversed > Decimal::ZERO && total.waived > Decimal::ZERO, "{total:?}");
    assert!(total.charged > Decimal::ZERO && total.prices().any(|(_, price)| price > Decimal::ZERO), "{total:?}");

    rebuild(&world.pool, &world.test.log(), "consumptions").await.unwrap();
    assert_eq!(summarize(&world.pool, &wanted(whose, &[])).await.unwrap().total, total);
    assert_eq!(world.differences().await, Vec::<String>::new());
    live.stop().await;
}

fn last_if_none(key: &Option<String>) -> (bool, String) {
    (key.is_none(), key.clone().unwrap_or_default())
}

/// The columns that a summary and `read.usage` have in common.
fn window_told(row: &Sums) -> String {
    let keys: Vec<&str> = row.keys.iter().flatten().flatten().map(String::as_str).collect();
    let [feature, period] = keys[..] else { panic!("{row:?}") };
    let (start, end) = period.split_once('/').unwrap();
    let window = format!("{}/{}", start.parse::<Timestamp>().unwrap(), end.parse::<Timestamp>().unwrap());
    let amounts = [row.used, row.included, row.overage, row.waived, row.charged];
    let prices: Vec<(String, Decimal)> = row.prices().map(|(code, price)| (code.to_owned(), price)).collect();
    told(feature, &window, row.consumptions, amounts, &prices)
}

fn usage_told(row: &usage::Usage) -> String {
    let window = format!("{}/{}", row.window_start, row.window_end);
    let amounts = [row.used, row.included, row.overage, row.waived, row.charged];
    let prices: Vec<(String, Decimal)> = row.price_currency.clone().zip(row.price_amount).into_iter().collect();
    told(&row.feature, &window, row.consumptions, amounts, &prices)
}

fn told(feature: &str, window: &str, times: i64, amounts: [Decimal; 5], prices: &[(String, Decimal)]) -> String {
    let amounts = amounts.map(|amount| amount.normalize().to_string()).join(" ");
    let prices: Vec<String> = prices.iter().map(|(code, price)| format!("{code} {}", price.normalize())).collect();
    format!("{feature} {window} {times} {amounts} {}", prices.join(" "))
}

#[tokio::test]
async fn a_page_begins_behind_the_keys_of_the_one_before_it_also_where_a_key_is_nothing() {
    let world = World::new().await;
    sells(&world, "USD", "0.10").await;
    joins(&world, "ana", "America/Santiago").await;
    let live = world.live();
    three_months(&world, "ana").await;
    world.all_caught_up().await;
    let ana = testkit::organization("ana");
    let groups = [Group::Actor, "attribute:model".parse().unwrap(), Group::Feature];
    let question = wanted(Whose::Organization(&ana), &groups);
    let whole = summarize(&world.pool, &question).await.unwrap();
    let mut pages: Vec<Sums> = Vec::new();
    loop {
        let after = pages.last().and_then(|row| row.keys.clone());
        let page = summarize(&world.pool, &Wanted { after: after.as_deref(), limit: 5, ..question }).await.unwrap();
        assert_eq!((page.rows.len() == 5 || !page.has_more, &page.total), (true, &whole.total));
        pages.extend(page.rows);
        if !page.has_more {
            break;
        }
    }
    assert_eq!(pages, whole.rows);
    live.stop().await;
}

fn check(summary: &Summary, expected: &Expect) {
    let line = |row: &Sums| {
        let keys = row.keys.as_ref().map_or("total".to_owned(), |keys| {
            keys.iter().map(|key| key.as_deref().unwrap_or("-")).collect::<Vec<_>>().join(" ")
        });
        let Sums { consumptions, used, included, overage, waived, reversed, charged, .. } = row;
        let prices: Vec<String> = row.prices().map(|(code, price)| format!(", {price} {code}")).collect();
        let amounts =
            format!("{used} used ({included} + {overage}), {waived} waived, {reversed} reversed, {charged} credits");
        format!("{keys}: {consumptions} times, {amounts}{}\n", prices.concat())
    };
    expected.assert_eq(&summary.rows.iter().chain([&summary.total]).map(line).collect::<String>());
}

#[tokio::test]
async fn consumptions_are_chosen_by_feature_actor_and_attribute_and_a_reversal_lowers_its_own() {
    let world = World::new().await;
    sells(&world, "USD", "0.10").await;
    joins(&world, "ana", "America/Santiago").await;
    let live = world.live();
    consume(&world, "ana", "messages", 45, "user_1", "model=small").await;
    let past = consume(&world, "ana", "messages", 9, "user_2", "model=large campaign=autumn").await;
    reverse(&world, "ana", &past, Some(2)).await;
    consume(&world, "ana", "reports", 8, "user_2", "model=small").await;
    consume(&world, "ana", "messages", 5, "root", "").await;
    // Five are held, seven used: two of them are a consumption of their own, of one use.
    capture(&world, ("ana", Timestamp::now()), "calls", (5, 7), "user_1", "model=large").await;
    world.all_caught_up().await;

    let ana = testkit::organization("ana");
    let (model, large, reports) = (AttributeKey::new("model").unwrap(), "large", FeatureCode::new("reports").unwrap());
    let by = |name: &str| [name.parse::<Group>().unwrap()];
    let (features, models, campaigns) = (by("feature"), by("attribute:model"), by("attribute:campaign"));
    let question = |groups| wanted(Whose::Organization(&ana), groups);
    for (question, expected) in [
        (
            question(&features),
            expect![[r#"
                calls: 1 times, 7 used (3 + 4), 0 waived, 0 reversed, 2.00 credits
                messages: 3 times, 52 used (50 + 2), 5 waived, 2 reversed, 0.10 credits
                reports: 1 times, 8 used (5 + 3), 0 waived, 0 reversed, 0 credits, 0.30 USD
                total: 5 times, 67 used (58 + 9), 5 waived, 2 reversed, 2.10 credits, 0.30 USD
            "#]],
        ),
        (
            question(&models),
            expect![[r#"
                large: 2 times, 14 used (8 + 6), 0 waived, 2 reversed, 2.10 credits
                small: 2 times, 53 used (50 + 3), 0 waived, 0 reversed, 0 credits, 0.30 USD
                -: 1 times, 0 used (0 + 0), 5 waived, 0 reversed, 0 credits
                total: 5 times, 67 used (58 + 9), 5 waived, 2 reversed, 2.10 credits, 0.30 USD
            "#]],
        ),
        (
            Wanted { attribute: Some((&model, None)), ..question(&campaigns) },
            expect![[r#"
                autumn: 1 times, 7 used (5 + 2), 0 waived, 2 reversed, 0.10 credits
                -: 3 times, 60 used (53 + 7), 0 waived, 0 reversed, 2.00 credits, 0.30 USD
                total: 4 times, 67 used (58 + 9), 0 waived, 2 reversed, 2.10 credits, 0.30 USD
            "#]],
        ),
        (
            Wanted { attribute: Some((&model, Some(large))), ..question(&features) },
            expect![[r#"
                calls: 1 times, 7 used (3 + 4), 0 waived, 0 reversed, 2.00 credits
                messages: 1 times, 7 used (5 + 2), 0 waived, 2 reversed, 0.10 credits
                total: 2 times, 14 used (8 + 6), 0 waived, 2 reversed, 2.10 credits
            "#]],
        ),
        (
            Wanted { actor: Some(&actor("user_2")), feature: Some(&reports), ..question(&features) },
            expect![[r"
                reports: 1 times, 8 used (5 + 3), 0 waived, 0 reversed, 0 credits, 0.30 USD
                total: 1 times, 8 used (5 + 3), 0 waived, 0 reversed, 0 credits, 0.30 USD
            "]],
        ),
        (
            Wanted { actor: Some(&actor("nobody")), ..question(&features) },
            expect![[r"
                total: 0 times, 0 used (0 + 0), 0 waived, 0 reversed, 0 credits
            "]],
        ),
    ] {
        check(&summarize(&world.pool, &question).await.unwrap(), &expected);
    }
    live.stop().await;
}

#[tokio::test]
async fn a_product_sums_up_all_its_organizations_each_by_its_own_days_and_every_currency_by_itself() {
    let world = World::new().await;
    sells(&world, "USD", "0.10").await;
    joins(&world, "ana", "America/Santiago").await;
    sells(&world, "CLP", "90").await;
    joins(&world, "eva", "Asia/Tokyo").await;
    world.register("juan").await;
    world.start("juan", "gratis").await;
    let live = world.live();
    // Noon in Greenwich, tomorrow: the same day in Santiago and in Tokyo. Half a day later Tokyo is in the next one.
    let tomorrow = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().unwrap();
    let noon = tomorrow.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    for (id, hours) in [("ana", 0), ("ana", 12), ("eva", 0), ("eva", 12)] {
        travel(&world, id, noon + hours.hours()).await;
        consume(&world, id, "reports", 6, "", "").await;
    }
    world.consume("juan", "whatsapp_messages", 1).await;
    world.all_caught_up().await;

    let meter = ProductCode::new("meter").unwrap();
    let groups = [Group::Organization, Group::Plan];
    let question = wanted(Whose::Product(&meter), &groups);
    check(
        &summarize(&world.pool, &question).await.unwrap(),
        &expect![[r"
            ana small: 2 times, 12 used (5 + 7), 0 waived, 0 reversed, 0 credits, 0.70 USD
            eva small: 2 times, 12 used (5 + 7), 0 waived, 0 reversed, 0 credits, 630 CLP
            total: 4 times, 24 used (10 + 14), 0 waived, 0 reversed, 0 credits, 630 CLP, 0.70 USD
        "]],
    );
    let one_day = Wanted { first: tomorrow, last: tomorrow, ..question };
    check(
        &summarize(&world.pool, &one_day).await.unwrap(),
        &expect![[r"
            ana small: 2 times, 12 used (5 + 7), 0 waived, 0 reversed, 0 credits, 0.70 USD
            eva small: 1 times, 6 used (5 + 1), 0 waived, 0 reversed, 0 credits, 90 CLP
            total: 3 times, 18 used (10 + 8), 0 waived, 0 reversed, 0 credits, 90 CLP, 0.70 USD
        "]],
    );
    live.stop().await;
}

/// The day of each consumption, in the order of the log.
async fn days(world: &World, owner: &Owner) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT day::text FROM read.consumptions WHERE organization = $1 AND day IS NOT NULL ORDER BY position",
    )
    .bind(owner.as_str())
    .fetch_all(&world.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_day_is_local_also_when_the_clocks_change() {
    let world = World::new().await;
    sells(&world, "USD", "0.10").await;
    joins(&world, "ana", "America/Santiago").await;
    let live = world.live();
    let zone = jiff::tz::TimeZone::get("America/Santiago").unwrap();
    // In Santiago clocks change at midnight: back, so that the last hour comes twice, or on, so that the first is missing.
    let changes: Vec<Timestamp> = zone.following(Timestamp::now()).take(2).map(|change| change.timestamp()).collect();
    let mut expected = Vec::new();
    for change in changes {
        let date = |instant: Timestamp| instant.to_zoned(zone.clone()).date();
        let goes_back = date(change) == date(change - 1.minute());
        let midnight = if goes_back { change + 1.hour() } else { change };
        for instant in [midnight - 1.second(), midnight] {
            travel(&world, "ana", instant).await;
            consume(&world, "ana", "messages", 1, "", "").await;
        }
        let before = date(change - 1.minute());
        expected.extend([before.to_string(), before.tomorrow().unwrap().to_string()]);
    }
    world.all_caught_up().await;
    assert_eq!(days(&world, &of("ana")).await, expected);
    live.stop().await;
}

#[tokio::test]
async fn what_happened_counts_on_its_day_and_not_on_that_of_its_decision() {
    let world = World::new().await;
    sells(&world, "USD", "0.10").await;
    joins(&world, "ana", "America/Santiago").await;
    let live = world.live();
    let occurred_at = Timestamp::now() + (24 * 3).hours();
    travel(&world, "ana", occurred_at + (24 * 5).hours()).await;
    let mut late = Consume::of(FeatureCode::new("messages").unwrap(), quantity(1));
    late.occurred_at = Some(occurred_at);
    world.send(of("ana"), Command::Consume(late)).await;
    consume(&world, "ana", "messages", 1, "", "").await;
    world.all_caught_up().await;
    let zone = Zone::new("America/Santiago").unwrap();
    let expected = [occurred_at, occurred_at + (24 * 5).hours()].map(|instant| zone.day_of(instant).to_string());
    assert_eq!(days(&world, &of("ana")).await, expected);
    live.stop().await;
}
