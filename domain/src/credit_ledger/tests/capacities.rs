//! Levels that are acquired and released.

use expect_test::expect;

use super::*;
use crate::credit_ledger::Acquire;

fn of(feature: &str, amount_: &str) -> Acquire {
    Acquire { feature: id(feature), quantity: Quantity::positive(decimal(amount_)).unwrap(), actor: Some(id("user-1")) }
}

pub(super) fn acquire(feature: &str, amount_: &str) -> Command {
    Command::Acquire(of(feature, amount_))
}

pub(super) fn release(feature: &str, amount_: &str) -> Command {
    Command::ReleaseCapacity(of(feature, amount_))
}

fn acquired(amount_: &str, level: &str) -> Event {
    Event::CapacityAcquired {
        feature: id("seats"),
        quantity: Quantity::of(decimal(amount_)),
        level: Quantity::of(decimal(level)),
        limit: Limit::UpTo(quantity(10)),
        plan: id("starter"),
        catalog_version: 1,
        actor: Some(id("user-1")),
    }
}

fn released(amount_: &str, level: &str) -> Event {
    Event::CapacityReleased {
        feature: id("seats"),
        quantity: Quantity::of(decimal(amount_)),
        level: Quantity::of(decimal(level)),
        actor: Some(id("user-1")),
    }
}

fn crossed(number: u128, thresholds: &[u8], level: u32) -> Event {
    Event::CapacityThresholdsCrossed {
        alert: AlertId::fresh(&seed(number).simple().to_string(), "capacity"),
        feature: id("seats"),
        thresholds: thresholds.to_vec(),
        level: quantity(level),
        limit: quantity(10),
    }
}

#[test]
fn a_level_rises_and_falls_with_decimals() {
    in_shop([]).when(acquire("seats", "2.5")).then([acquired("2.5", "2.5")]);
    let answer = in_shop([]).after(acquire("seats", "2.5")).when(release("seats", "0.5")).then([released("0.5", "2")]);
    assert_eq!(answer.level.unwrap().level, quantity(2));
    let empty = in_shop([]).after(acquire("seats", "2.5")).after(release("seats", "2.5")).state();
    assert_eq!(empty, CreditLedger::default());
}

#[test]
fn a_level_is_never_above_its_limit_nor_below_nothing() {
    let nine = || in_shop([]).after(acquire("seats", "9"));
    nine().when(acquire("seats", "1")).then([acquired("1", "10"), crossed(2, &[100], 10)]);
    nine().when(acquire("seats", "1.000001")).then_rejected_in_full(expect![[r#"
        1.000001 of seats exceed the 1 left of 10
        hint: release some or move to plan partner
        feature = "seats"
        limit = "10"
        level = "9"
        requested = "1.000001"
        current_plan = "starter"
        plan_needed = "partner"
        upgrade_url = null"#]]);
    nine().when(release("seats", "9.5")).then_rejected(expect!["a release of 9.5 of seats exceeds the 9 acquired"]);
}

#[test]
fn a_lowered_limit_takes_nothing_away_and_refuses_what_comes() {
    let above = || in_shop([]).on_plan("partner").after(acquire("seats", "15")).on_plan("starter");
    above().when(acquire("seats", "1")).then_rejected(expect!["1 of seats exceed the 0 left of 10"]);
    above().when(release("seats", "4")).then([released("4", "11")]);
    above()
        .after(release("seats", "6"))
        .when(acquire("seats", "1"))
        .then([acquired("1", "10"), crossed(3, &[100], 10)]);
}

#[test]
fn what_was_acquired_can_be_released_without_a_plan() {
    let acquired = in_shop([]).after(acquire("seats", "3"));
    let lapsed = acquired.with(|context| context.terms.as_mut().unwrap().plan = None).without_catalog();
    lapsed.when(release("seats", "3")).then([released("3", "0")]);
}

#[test]
fn a_capacity_alerts_each_time_it_rises_past_a_threshold() {
    in_shop([]).when(acquire("seats", "10")).then([acquired("10", "10"), crossed(1, &[80, 100], 10)]);
    let eight = || in_shop([]).after(acquire("seats", "8"));
    eight().when(acquire("seats", "1")).then([acquired("1", "9")]);
    eight().after(release("seats", "1")).when(acquire("seats", "1")).then([acquired("1", "8"), crossed(3, &[80], 8)]);
}

#[test]
fn only_capacities_are_acquired_and_released() {
    for command in [acquire("calls", "1"), release("calls", "1")] {
        in_shop([])
            .when(command)
            .then_rejected(expect!["feature calls is a quota, only a capacity can be acquired and released"]);
    }
}
