//! The worked cases, each with the policy it assumes.

use super::life::{Life, change, pay, start};
use crate::calendar::{Period, Zone};
use crate::catalog::Proration;
use crate::scenario::{catalog, id, instant, usd};
use crate::subscription::{Command, Effective, Event, Item};

/// A product of two plans at these prices by the month.
fn priced(cheap: &str, dear: &str, proration: &str) -> Life {
    let text = format!(
        "product = \"agencia\"\ncurrency = \"USD\"\nproration = \"{proration}\"\n\
         [[plans]]\ncode = \"cheap\"\nprice = {{ month = \"{cheap}\" }}\n\
         [[plans]]\ncode = \"dear\"\nprice = {{ month = \"{dear}\" }}\n"
    );
    Life::under(catalog(&text))
}

fn in_zone(life: Life, zone: &str) -> Life {
    let zone = Zone::new(zone).unwrap();
    life.with(|context| context.terms.as_mut().unwrap().zone = zone)
}

/// What the newest invoice credits, charges and comes to.
fn prorated(life: &Life) -> [String; 3] {
    let Some(Event::InvoiceIssued { lines, total, .. }) =
        life.log.iter().rev().find(|event| matches!(event, Event::InvoiceIssued { .. }))
    else {
        panic!("no invoice")
    };
    let of = |wanted: fn(&Item) -> bool| {
        let line = lines.iter().find(|line| wanted(&line.item));
        line.map_or(String::new(), |line| line.amount.amount.to_string())
    };
    let credit = of(|item| matches!(item, Item::ProrationCredit { .. }));
    let charge = of(|item| matches!(item, Item::ProrationCharge { .. }));
    [credit, charge, total.amount.to_string()]
}

#[test]
fn a_change_within_a_period_costs_what_the_policy_says() {
    let (second, day) = ("second", "day");
    let cases = [
        // Ten to twenty half way through.
        ("10", "20", second, "2026-04-01", "2026-04-16", ["-5.00", "10.00", "5.00"]),
        // Five to twenty after one of thirty days.
        ("5", "20", second, "2026-04-01", "2026-04-02", ["-4.83", "19.33", "14.50"]),
        // A hundred to three hundred after a week of February in a leap year.
        ("100", "300", second, "2024-02-18", "2024-02-25", ["-75.86", "227.59", "151.73"]),
        // From the 1st to the 15th of a month of thirty days 249.95 have cost 116.64.
        ("249.95", "500", day, "2026-04-01", "2026-04-15", ["-133.31", "266.67", "133.36"]),
    ];
    for (cheap, dear, policy, from, at, expected) in cases {
        let noon = |date: &str| format!("{date}T12:00:00Z");
        let life = in_zone(priced(cheap, dear, policy), "UTC").at(&noon(from)).does(start("cheap")).does(pay(cheap));
        let life = life.at(&noon(at)).does(change("dear", Effective::Now));
        assert_eq!(prorated(&life), expected, "{cheap} to {dear} by the {policy}");
    }
    assert_eq!(usd("249.95").less(usd("133.31")), usd("116.64"));
    assert_eq!(Proration::default(), Proration::Second);
}

/// The periods that began, in order.
fn periods(log: &[Event]) -> Vec<Period> {
    let period = |event: &Event| match event {
        Event::SubscriptionActivated { period, .. } | Event::PeriodBegan { period, .. } => Some(*period),
        _ => None,
    };
    log.iter().filter_map(period).collect()
}

/// A free plan from an instant on, for so many days.
fn periods_of(interval: crate::calendar::Interval, zone: &str, from: &str, until: &str) -> Vec<Period> {
    let text = "product = \"agencia\"\ncurrency = \"USD\"\n[[plans]]\ncode = \"free\"\n\
                price = { month = 0, year = 0 }\n";
    let life = in_zone(Life::under(catalog(text)), zone).at(from);
    let life = life.does(Command::Start { plan: id("free"), interval }).settles(until);
    periods(&life.log)
}

#[test]
fn periods_are_counted_from_the_anchor() {
    use crate::calendar::Interval::{Month, Year};
    let cases = [
        (Month, "2024-01-31", "2024-05-01", vec!["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"]),
        // Anchor day 30: the leap day of 2012, and the 30th again.
        (Month, "2012-01-30", "2012-04-01", vec!["2012-01-30", "2012-02-29", "2012-03-30"]),
        (Year, "2024-02-29", "2028-03-01", vec!["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
    ];
    for (interval, from, until, expected) in cases {
        let noon = |date: &str| format!("{date}T12:00:00Z");
        let periods = periods_of(interval, "UTC", &noon(from), &noon(until));
        let starts: Vec<String> = periods.iter().map(|period| period.start.to_string()[..10].to_owned()).collect();
        assert_eq!(starts, expected);
    }
}

#[test]
fn over_the_changes_of_the_clocks_there_is_one_renewal_a_month_without_gap_or_overlap() {
    for zone in ["America/Santiago", "America/Juneau"] {
        // Within the hour that is left out or had twice, too.
        for from in ["2025-01-31T12:00:00Z", "2025-03-09T10:30:00Z", "2025-04-06T03:30:00Z", "2025-11-02T09:30:00Z"] {
            let until = instant(from) + jiff::SignedDuration::from_hours(24 * 735);
            let periods = periods_of(crate::calendar::Interval::Month, zone, from, &until.to_string());
            assert_eq!(periods.len(), 25, "{zone} from {from}");
            for pair in periods.windows(2) {
                assert_eq!(pair[0].end, pair[1].start);
            }
            let zone = Zone::new(zone).unwrap();
            let mut months: Vec<_> =
                periods.iter().map(|period| zone.day_of(period.start)).map(|day| (day.year(), day.month())).collect();
            months.dedup();
            assert_eq!(months.len(), 25);
        }
    }
}

#[test]
fn three_changes_within_one_period_and_a_change_back_credit_no_more_than_was_charged() {
    let life = in_zone(priced("10", "20", "second"), "UTC").at("2026-04-01T00:00:00Z").does(start("cheap"));
    let mut life = life.does(pay("10"));
    for (at, plan) in [("04-08", "dear"), ("04-16", "cheap"), ("04-23", "dear"), ("04-23", "cheap")] {
        life = life.at(&format!("2026-{at}T00:00:00Z")).does(change(plan, Effective::Now));
        if let Some(due) = life.state.still_due().filter(|due| !due.is_zero()) {
            life = life.does(Command::pay_by_hand(due, None));
        }
    }
    let mut sums = [rust_decimal::Decimal::ZERO; 2];
    for event in &life.log {
        if let Event::InvoiceIssued { lines, .. } = event {
            for line in lines {
                sums[usize::from(line.amount.amount < rust_decimal::Decimal::ZERO)] += line.amount.amount;
            }
        }
    }
    // 7 days at ten, 8 at twenty, 15 at ten come to 12.667; each line was rounded by itself.
    let [charged, credited] = sums;
    assert!(-credited <= charged);
    assert_eq!(usd(&(charged + credited).to_string()), usd("12.66"));
}
