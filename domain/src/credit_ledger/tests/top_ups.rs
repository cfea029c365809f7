//! Having credits bought by rule.

use super::*;
use crate::credit_ledger::TopUpRule;

fn rule(below: &str, amount: &str, monthly_max: u16) -> TopUpRule {
    TopUpRule { below: credits(below), amount: credits(amount), monthly_max: monthly_max.try_into().unwrap() }
}

fn set(below: &str, amount: &str, monthly_max: u16) -> Command {
    Command::SetTopUpRule { rule: rule(below, amount, monthly_max), actor: id("user-1") }
}

/// The requests of a command: how many credits, at which balance, which of the month.
fn requests(scenario: &Scenario<CreditLedger>, command: Command) -> Vec<String> {
    let events = scenario.clone().when(command).events();
    let told = events.iter().filter_map(|event| match event {
        Event::TopUpRequested { amount, balance, number, .. } => {
            Some(format!("{amount} at {balance}, number {number}"))
        }
        _ => None,
    });
    told.collect()
}

const NONE: [&str; 0] = [];

/// Twenty credits are bought whenever fewer than ten are left, twice a month at most.
fn with_rule(balance: &str) -> Scenario<CreditLedger> {
    in_shop([topped_up(9, balance)]).after(set("10", "20", 2))
}

#[test]
fn a_rule_is_set_and_removed_once() {
    let by_user = || id("user-1");
    in_shop([]).when(set("10", "20", 2)).then([
        Event::TopUpRuleSet { rule: rule("10", "20", 2), actor: by_user() },
        Event::TopUpRequested {
            amount: credits("20"),
            below: credits("10"),
            balance: Credits::ZERO,
            month: Period { start: instant("2026-01-01T03:00:00Z"), end: instant("2026-02-01T03:00:00Z") },
            number: 1,
        },
    ]);
    with_rule("15").when(set("10", "20", 2)).then_nothing();
    let remove = || Command::RemoveTopUpRule { actor: by_user() };
    with_rule("15").when(remove()).then([Event::TopUpRuleRemoved { actor: by_user() }]);
    in_shop([]).when(remove()).then_nothing();
    assert_eq!(requests(&with_rule("15").after(remove()), consume("units", 6)), NONE);
}

#[test]
fn credits_are_requested_when_the_balance_falls_below_the_rule() {
    assert_eq!(requests(&with_rule("15"), consume("units", 5)), NONE, "ten are not below ten");
    assert_eq!(requests(&with_rule("15"), consume("units", 6)), ["20.00 at 9.00, number 1"]);
}

#[test]
fn nothing_is_requested_again_until_the_credits_have_come() {
    let low = with_rule("15").after(consume("units", 6));
    assert_eq!(requests(&low, consume("units", 1)), NONE);
    let bought = low.after(top_up("20"));
    assert_eq!(requests(&bought, consume("units", 20)), ["20.00 at 9.00, number 2"]);
    assert_eq!(requests(&bought.after(consume("units", 20)).after(top_up("5")), consume("units", 9)), NONE, "a third");
}

#[test]
fn each_calendar_month_counts_anew() {
    let used_up = with_rule("15").after(consume("units", 6)).after(top_up("20")).after(consume("units", 20));
    assert_eq!(requests(&used_up.clone().at("2026-02-01T02:59:59Z").after(top_up("20")), consume("units", 20)), NONE);
    assert_eq!(requests(&used_up.at("2026-02-01T03:00:00Z"), consume("units", 1)), ["20.00 at 8.00, number 1"]);
}

#[test]
fn setting_the_rule_anew_does_not_begin_to_count_again() {
    let used_up = with_rule("15").after(consume("units", 6)).after(top_up("20")).after(consume("units", 20));
    assert_eq!(requests(&used_up, set("10", "30", 2)), NONE);
    assert_eq!(requests(&used_up, set("10", "30", 3)), ["30.00 at 9.00, number 3"]);
}
