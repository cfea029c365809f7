//! What of an allowance is carried into the next window, and overage on the invoice.

use super::*;

/// How much is available of a feature, how much of that was carried, at an instant.
fn available(scenario: &Scenario<CreditLedger>, feature: &str, at: &str) -> (String, String) {
    let (ledger, context) = scenario.clone().at(at).into_parts();
    let found = crate::entitlement::check(&ledger, &id(feature), quantity(1), &context).unwrap();
    let carried = found.carried.unwrap_or_default();
    (found.remaining.unwrap().to_string(), carried.to_string())
}

fn of(available: &str, carried: &str) -> (String, String) {
    (available.to_owned(), carried.to_owned())
}

const MARCH: &str = "2026-03-01T12:00:00Z";
const APRIL: &str = "2026-04-01T12:00:00Z";
const JUNE: &str = "2026-06-01T12:00:00Z";

/// Worked case of rollover: 100 per period, at most 50 carried over, 10 used.
#[test]
fn what_is_left_is_carried_over_up_to_the_maximum_and_used_first() {
    let used_10 = in_shop([]).after(consume("exports", 10));
    assert_eq!(available(&used_10, "exports", START), of("90", "0"));
    assert_eq!(available(&used_10, "exports", MARCH), of("150", "50"));
    assert_eq!(available(&used_10, "exports", JUNE), of("150", "50"), "never more than 50 are carried");

    // Of 150 the 50 go first: what is left of 60 used is all of March's own but ten.
    let in_march = used_10.at(MARCH).after(consume("exports", 60));
    assert_eq!(available(&in_march, "exports", MARCH), of("90", "50"));
    assert_eq!(available(&in_march, "exports", APRIL), of("150", "50"));
    let used_up = in_march.after(consume("exports", 90));
    assert_eq!(available(&used_up, "exports", MARCH), of("0", "50"));
    assert_eq!(available(&used_up, "exports", APRIL), of("100", "0"));
}

#[test]
fn a_window_that_nothing_was_used_in_had_everything_left() {
    assert_eq!(available(&in_shop([]), "exports", START), of("100", "0"));
    assert_eq!(available(&in_shop([]), "exports", MARCH), of("150", "50"));
}

#[test]
fn windows_that_pass_unused_add_up_to_the_maximum() {
    let used_up = in_shop([]).after(consume("days", 10));
    for (day, expected) in [
        ("2026-02-01T12:00:00Z", of("12", "2")),
        ("2026-02-02T12:00:00Z", of("22", "12")),
        ("2026-02-03T12:00:00Z", of("32", "22")),
        ("2026-02-04T12:00:00Z", of("35", "25")),
        ("2027-02-04T12:00:00Z", of("35", "25")),
    ] {
        assert_eq!(available(&used_up, "days", day), expected, "{day}");
    }
}

#[test]
fn what_was_carried_is_told_by_the_consumption_that_opens_the_window() {
    let events = in_shop([]).after(consume("exports", 10)).at(MARCH).when(consume("exports", 120)).events();
    let Some(Event::FeatureConsumed { carried, included, limit, .. }) = events.first() else { panic!("{events:?}") };
    assert_eq!((*carried, *included, *limit), (quantity(50), quantity(120), Limit::UpTo(quantity(100))));
    // 80 % of 150 are reached.
    let Some(Event::ThresholdsCrossed { thresholds, used, limit, .. }) = events.get(1) else { panic!("{events:?}") };
    assert_eq!((thresholds.as_slice(), *used, *limit), ([80].as_slice(), quantity(120), quantity(150)));
}

/// The local day of Santiago has 23 hours on 6 September 2026 and 25 on 4 April: the quota is one day's all the same.
#[test]
fn a_day_on_which_the_clocks_change_has_one_quota() {
    let daily = catalog(
        r#"
        product = "agencia"
        currency = "USD"
        features.runs = { kind = "quota", window = "day" }
        [[plans]]
        code = "starter"
        price = { month = "15" }
        features = { runs = { limit = 2 } }
        "#,
    );
    for (first, last, hours) in [
        ("2026-04-04T03:00:00Z", "2026-04-05T03:59:59Z", 25),
        ("2026-09-06T04:00:00Z", "2026-09-07T02:59:59Z", 23),
        ("2026-06-01T04:00:00Z", "2026-06-02T03:59:59Z", 24),
    ] {
        let used_up = given([]).under(daily.clone()).at(first).after(consume("runs", 2)).at(last);
        let refused = used_up.clone().when(consume("runs", 1)).refusal();
        let super::super::Rejection::QuotaExceeded { resets_at, .. } = refused else { panic!("{refused}") };
        assert_eq!(resets_at.duration_since(instant(first)).as_hours(), hours, "{first}");
        let _next_day = used_up.with(|context| context.now = resets_at).after(consume("runs", 2));
    }
}

/// What goes on the invoice for consumptions one after another.
fn invoiced(feature: &str, amounts: &[u32]) -> Vec<String> {
    let mut scenario = in_shop([]);
    let mut prices = Vec::new();
    for amount in amounts {
        let answer = scenario.clone().when(consume(feature, *amount)).told();
        prices.push(answer.price.map_or("-".to_owned(), |price| price.amount.to_string()));
        scenario = scenario.after(consume(feature, *amount));
    }
    prices
}

/// Worked cases of graduated and volume prices: 111 cost 115.50 and 55.50.
#[test]
fn what_is_put_on_the_invoice_is_priced_by_all_that_was_before_it_in_the_window() {
    assert_eq!(invoiced("minutes", &[10, 111]), ["-", "115.50"]);
    assert_eq!(invoiced("minutes", &[8, 12, 101]), ["-", "15.00", "100.50"]);
    assert_eq!(invoiced("pages", &[111]), ["55.50"]);
    assert_eq!(invoiced("pages", &[10, 1, 99, 1]), ["15.00", "-4.00", "99.00", "-54.50"]);
}
