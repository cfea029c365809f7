//! Who acts, and what was decided by hand: overrides, administrators, suspension.

use expect_test::expect;
use std::collections::{BTreeMap, BTreeSet};

use super::capacities::acquire;
use super::holds::{capture, hold, release};
use super::*;
use crate::credit_ledger::Rest;
use crate::organization::{FeatureOverride, OverrideValue, Status};

pub(super) fn with_override(
    scenario: Scenario<CreditLedger>,
    feature: &str,
    value: OverrideValue,
    until: Option<&str>,
) -> Scenario<CreditLedger> {
    let by_hand = FeatureOverride { value, reason: id("pilot"), actor: id("operator-7"), until: until.map(instant) };
    let overrides = BTreeMap::from([(id(feature), by_hand)]);
    scenario.with(|context| context.terms.as_mut().unwrap().overrides = Arc::new(overrides))
}

fn up_to(limit: u32) -> OverrideValue {
    OverrideValue::Limit(Limit::UpTo(amount(limit)))
}

fn with_administrator(scenario: Scenario<CreditLedger>) -> Scenario<CreditLedger> {
    let administrators = BTreeSet::from([id("root")]);
    scenario.with(|context| context.terms.as_mut().unwrap().administrators = Arc::new(administrators))
}

pub(super) fn suspended(scenario: Scenario<CreditLedger>) -> Scenario<CreditLedger> {
    let status = Status::Suspended { since: instant(START), reason: id("chargeback"), actor: id("operator-7") };
    scenario.with(|context| context.terms.as_mut().unwrap().status = status)
}

fn by(actor: &str, feature: &str, amount: u32) -> Command {
    Consume { actor: Some(id(actor)), ..Consume::of(id(feature), quantity(amount)) }.into()
}

#[test]
fn an_override_of_the_limit_goes_before_the_plan_until_it_ends() {
    let until = Some("2026-02-10T00:00:00Z");
    let more = || with_override(in_shop([]), "calls", up_to(20), until);
    more().when(consume("calls", 20)).events();
    more()
        .when(consume("calls", 21))
        .then_rejected(expect!["21 of calls exceed the 20 left of 20 until 2026-02-28T12:00:00Z"]);
    more()
        .at("2026-02-10T00:00:00Z")
        .when(consume("calls", 16))
        .then_rejected(expect!["16 of calls exceed the 15 left of 15 until 2026-02-28T12:00:00Z"]);
}

#[test]
fn an_override_leaves_what_the_plan_says_past_the_limit() {
    let less = with_override(in_shop([topped_up(9, "20")]), "tokens", up_to(4), None);
    let answer = less.when(consume("tokens", 6)).told();
    assert_eq!(answer.charged, credits("1"));
}

#[test]
fn an_override_gives_what_the_plan_does_not_have_and_takes_what_it_has() {
    let faxes = || given([]).under(with_faxes());
    with_override(faxes(), "faxes", up_to(1), None).when(consume("faxes", 1)).events();
    with_override(faxes(), "faxes", OverrideValue::Limit(Limit::Unlimited), None).when(consume("faxes", 900)).events();
    with_override(in_shop([]), "calls", OverrideValue::Off, None).when(consume("calls", 1)).then_rejected_in_full(
        expect![[r#"
            feature calls was switched off for the organization: pilot
            hint: an operator can remove the override
            feature = "calls"
            reason = "pilot"
            until = null"#]],
    );
    with_override(in_shop([]), "seats", up_to(1), None)
        .when(acquire("seats", "2"))
        .then_rejected(expect!["2 of seats exceed the 1 left of 1"]);
    // A flag has no limit, whatever an older catalog may have called a quota.
    with_override(in_shop([]), "calls", OverrideValue::On, None)
        .when(consume("calls", 16))
        .then_rejected(expect!["16 of calls exceed the 15 left of 15 until 2026-02-28T12:00:00Z"]);
}

#[test]
fn what_an_administrator_uses_is_recorded_and_neither_limited_nor_counted() {
    let used_up = || with_administrator(in_shop([]).after(consume("calls", 15)));
    let waived = Consumed {
        feature: "calls",
        included: 0,
        limit: Limit::UpTo(quantity(15)),
        waived: 900,
        actor: Some(id("root")),
        ..Consumed::of(900)
    };
    let answer = used_up().when(by("root", "calls", 900)).then([waived.event(None)]);
    assert_eq!(answer.usage.unwrap().used, quantity(15));
    used_up()
        .when(by("user-1", "calls", 1))
        .then_rejected(expect!["1 of calls exceed the 0 left of 15 until 2026-02-28T12:00:00Z"]);
    with_administrator(given([]).under(with_faxes())).when(by("root", "faxes", 1)).events();
    let off = with_override(in_shop([]), "calls", OverrideValue::Off, None);
    with_administrator(off).when(by("root", "calls", 1)).events();
}

#[test]
fn a_hold_of_an_administrator_reserves_nothing() {
    let Command::Hold(mut asked) = hold("calls", 20) else { panic!() };
    asked.actor = Some(id("root"));
    let held = with_administrator(in_shop([])).after(Command::Hold(asked));
    let after = held.clone().after(capture(1, 30, Rest::Keep));
    assert!(after.accepts(consume("calls", 15)), "nothing was counted");
    assert!(held.after(release(1)).accepts(consume("calls", 15)));
}

#[test]
fn a_suspended_organization_uses_nothing_but_may_pay_and_settle_what_was_reserved() {
    let held = || suspended(in_shop([topped_up(9, "20")]).after(hold("calls", 5)).after(acquire("seats", "2")));
    for refused in [
        consume("calls", 1),
        hold("calls", 1),
        acquire("seats", "1"),
        Command::Extend { hold: holds::held(1), expires_at: instant("2026-02-05T00:00:00Z") },
    ] {
        held()
            .when(refused)
            .then_rejected(expect!["the organization is suspended since 2026-01-31T12:00:00Z: chargeback"]);
    }
    for allowed in [top_up("5"), earn("5"), capture(1, 5, Rest::Keep), release(1), Command::Settle] {
        assert!(held().accepts(allowed.clone()), "{allowed:?}");
    }
    assert!(held().accepts(capacities::release("seats", "1")));
}

#[test]
fn who_used_it_when_and_what_for_is_recorded() {
    let attributes = Attributes::new(BTreeMap::from([("model".to_owned(), "small".to_owned())])).unwrap();
    let occurred_at = Some(instant("2026-01-30T12:00:00Z"));
    let told = Consume {
        occurred_at,
        actor: Some(id("user-1")),
        attributes: attributes.clone(),
        ..Consume::of(id("calls"), quantity(1))
    };
    let events = in_shop([]).when(told.into()).events();
    let Some(Event::FeatureConsumed { window, occurred_at: when, actor, attributes: what, .. }) = events.first() else {
        panic!("{events:?}")
    };
    assert_eq!((*when, actor, what), (occurred_at, &Some(id("user-1")), &attributes));
    assert_eq!(*window, february(), "it counts in the window that is open, whenever it happened");
}
