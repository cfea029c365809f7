//! Alerts: of the balance, and who has seen them. Those of allowances and capacities are told where they are raised.

use expect_test::expect;

use super::*;
use crate::credit_ledger::AlertSubject;
use crate::credit_ledger::alert::ALERTS_MAX;

fn alert(number: u128, kind: &str) -> AlertId {
    AlertId::fresh(&seed(number).simple().to_string(), kind)
}

pub(super) fn acknowledge(number: u128, kind: &str) -> Command {
    Command::AcknowledgeAlert { alert: alert(number, kind), actor: id("user-1") }
}

/// The alerts of a command, in a word each.
fn alerts(scenario: &Scenario<CreditLedger>, command: Command) -> Vec<String> {
    let events = scenario.clone().when(command).events();
    let told = events.iter().filter_map(|event| match event {
        Event::CreditsRanLow { below, balance, .. } => Some(format!("{balance} below {below}")),
        Event::ThresholdsCrossed { thresholds, .. } => Some(format!("{thresholds:?}")),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_balance_alerts_each_time_it_falls_below_what_the_catalog_calls_low() {
    let none: [&str; 0] = [];
    let six = in_shop([topped_up(9, "6")]);
    assert_eq!(alerts(&six, consume("units", 1)), none, "five are not below five");
    let five = six.after(consume("units", 1));
    assert_eq!(alerts(&five, consume("units", 1)), ["4.00 below 5.00"]);
    let four = five.after(consume("units", 1));
    assert_eq!(alerts(&four, consume("units", 1)), none, "it was below before");
    let nine = four.after(top_up("5"));
    assert_eq!(alerts(&nine, consume("units", 6)), ["3.00 below 5.00"]);
    assert_eq!(alerts(&in_shop([]), top_up("1")), none, "it has not fallen");
    let held = holds::hold("units", 5);
    assert_eq!(alerts(&nine, held), ["4.00 below 5.00"], "what is held cannot be spent");
}

#[test]
fn an_alert_is_acknowledged_once_by_somebody() {
    let crossed = || in_shop([]).after(consume("calls", 12));
    let subject = AlertSubject::Allowance { feature: id("calls"), window: february(), thresholds: vec![80] };
    let (name, actor) = (alert(1, "allowance"), id("user-1"));
    crossed().when(acknowledge(1, "allowance")).then([Event::AlertAcknowledged { alert: name, subject, actor }]);
    crossed().after(acknowledge(1, "allowance")).when(acknowledge(1, "allowance")).then_rejected(expect![
        "alert alert_00000000000000000000000000000001-allowance is not open: it was acknowledged, newer ones have taken its place, or it was never raised"
    ]);
}

#[test]
fn the_newest_alerts_are_kept_until_they_are_acknowledged() {
    let mut scenario = in_shop([topped_up(9, "6")]);
    for _ in 0..=ALERTS_MAX {
        scenario = scenario.after(consume("units", 2)).after(top_up("2"));
    }
    let open = scenario.state().alerts().iter().map(|open| open.alert.clone()).collect::<Vec<_>>();
    assert_eq!((open.len(), open.first()), (ALERTS_MAX, Some(&alert(3, "credits"))));
}
