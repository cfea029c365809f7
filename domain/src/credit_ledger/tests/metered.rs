//! What goes on invoices, month by month of the anchor.

use super::*;
use crate::credit_ledger::{Consumption, Reverse};

/// What minutes come to in each month: how much, what was given back, the price.
fn months(ledger: &CreditLedger) -> Vec<String> {
    let told = |month: &crate::credit_ledger::MeteredMonth| {
        let sum = &month.features[&id("minutes")];
        format!("{}: {} - {} = {}", &month.month.start.to_string()[..10], sum.used, sum.given_back, sum.price.amount)
    };
    ledger.metered().months().iter().map(told).collect()
}

#[test]
fn what_is_past_the_allowance_is_summed_in_the_month_it_is_decided_in() {
    let scenario = in_shop([]).after(consume("minutes", 10)).after(consume("minutes", 2));
    let consumed = scenario.clone().when(consume("minutes", 4)).events().remove(0);
    let scenario = scenario.after(consume("minutes", 4)).at("2026-03-05T12:00:00Z").after(consume("minutes", 11));
    assert_eq!(months(&scenario.clone().state()), ["2026-01-31: 6 - 0 = 9.00", "2026-02-28: 1 - 0 = 1.50"]);
    // What was given back comes off the month that is open, for the other may be on an invoice.
    let consumption = Consumption::of(42, &consumed).unwrap();
    let (reason, actor) = (id("not-delivered"), id("operator-7"));
    let back = Command::Reverse(Reverse { consumption, quantity: None, reason, actor });
    let ledger = scenario.after(back).state();
    assert_eq!(months(&ledger), ["2026-01-31: 6 - 0 = 9.00", "2026-02-28: 1 - 4 = -4.50"]);
    let sums = ledger.metered().between(instant(START), instant("2026-02-28T12:00:00Z"));
    assert_eq!(sums[&id("minutes")].price, crate::scenario::usd("9"));
}

#[test]
fn the_newest_fourteen_months_are_kept() {
    let mut scenario = in_shop([]);
    for month in 0..16 {
        let (year, month) = (2026 + (month + 1) / 12, (month + 1) % 12 + 1);
        scenario = scenario.at(&format!("{year}-{month:02}-15T12:00:00Z")).after(consume("minutes", 11));
    }
    let months = months(&scenario.state());
    assert_eq!((months.len(), &months[0][..10]), (14, "2026-03-31"));
}
