//! Holds: reserved, captured, let go of, expired.

use expect_test::expect;

use super::*;
use crate::credit_ledger::hold::HOLDS_MAX;
use crate::credit_ledger::{Capture, Hold, Rest, Unused};

/// When a hold of these tests lets go by itself.
const NOON_TOMORROW: &str = "2026-02-01T12:00:00Z";

pub(super) fn hold_until(feature: &str, amount: u32, expires_at: &str) -> Command {
    let expires_at = instant(expires_at);
    Command::Hold(Hold { feature: id(feature), quantity: quantity(amount), expires_at, actor: None })
}

pub(super) fn hold(feature: &str, amount: u32) -> Command {
    hold_until(feature, amount, NOON_TOMORROW)
}

/// The hold that the command of this number placed.
pub(super) fn held(number: u128) -> HoldId {
    HoldId::fresh(&seed(number).simple().to_string())
}

pub(super) fn capture(number: u128, amount: u32, rest: Rest) -> Command {
    let (hold, quantity) = (held(number), quantity(amount));
    Command::Capture(Capture { hold, quantity, rest, occurred_at: None, attributes: Attributes::default() })
}

pub(super) fn release(number: u128) -> Command {
    Command::Release { hold: held(number) }
}

fn extend(number: u128, expires_at: &str) -> Command {
    Command::Extend { hold: held(number), expires_at: instant(expires_at) }
}

/// What of 15 calls can still be made.
fn calls_left(scenario: Scenario<CreditLedger>) -> Quantity {
    let (ledger, context) = scenario.into_parts();
    let found = crate::entitlement::check(&ledger, &id("calls"), quantity(1), &context).unwrap();
    found.remaining.unwrap()
}

#[test]
fn a_hold_reserves_the_allowance() {
    let answer = in_shop([]).when(hold("calls", 8)).then([Event::HoldPlaced {
        hold: held(1),
        feature: id("calls"),
        quantity: quantity(8),
        window: february(),
        included: quantity(8),
        limit: Limit::UpTo(quantity(15)),
        carried: Quantity::ZERO,
        credits: None,
        invoiced: Quantity::ZERO,
        waived: Quantity::ZERO,
        expires_at: instant(NOON_TOMORROW),
        actor: None,
        plan: id("starter"),
        catalog_version: 1,
    }]);
    let (usage, told) = (answer.usage.unwrap(), answer.hold.unwrap());
    assert_eq!((usage.used, usage.remaining), (quantity(8), Some(quantity(7))));
    assert_eq!((told.hold, told.left, told.expires_at), (held(1), quantity(8), Some(instant(NOON_TOMORROW))));
    in_shop([])
        .after(hold("calls", 8))
        .when(consume("calls", 8))
        .then_rejected(expect!["8 of calls exceed the 7 left of 15 until 2026-02-28T12:00:00Z"]);
}

/// Worked cases of holds: of 15, use 3, hold 8.
#[test]
fn what_a_hold_does_not_use_is_free_again() {
    let used_3 = || in_shop([]).after(consume("calls", 3)).after(hold("calls", 8));
    assert_eq!(calls_left(used_3()), amount(4));
    let expired = || used_3().at(NOON_TOMORROW);
    assert_eq!(calls_left(expired()), amount(12), "a check sees what fell due");
    expired().after(Command::Settle).when(Command::Settle).then_nothing();
    assert_eq!(calls_left(expired().after(Command::Settle).after(Command::Settle)), amount(12));

    let captured_4 = in_shop([]).after(hold("calls", 8)).after(capture(1, 4, Rest::Keep)).at(NOON_TOMORROW);
    assert_eq!(calls_left(captured_4.after(Command::Settle)), amount(11));
}

fn captured(number: u128, quantity_: u32, included: u32, left: u32, credits: Option<CreditCharge>) -> Event {
    Event::HoldCaptured {
        hold: held(number),
        feature: id("tokens"),
        quantity: quantity(quantity_),
        window: february(),
        included: amount(included),
        credits,
        besides: Quantity::ZERO,
        waived: Quantity::ZERO,
        left: amount(left),
        occurred_at: None,
        actor: None,
        attributes: Attributes::default(),
    }
}

/// So many tokens at half a credit each, drawn from lot 9.
fn half_each(tokens: u32, amount_: &str) -> CreditCharge {
    let draws = vec![Draw { lot: lot(9), amount: credits(amount_) }];
    CreditCharge { quantity: quantity(tokens), rate: decimal("0.5"), charge: credits(amount_), draws }
}

/// Sixteen tokens are held: ten are included, six cost 3 credits.
fn sixteen_held() -> Scenario<CreditLedger> {
    in_shop([topped_up(9, "20")]).after(hold("tokens", 16))
}

#[test]
fn a_hold_reserves_credits_of_its_lots() {
    let ledger = sixteen_held().state();
    assert_eq!((ledger.balance(), ledger.lots()[0].held), (credits("17"), credits("3")));
    in_shop([topped_up(9, "2")])
        .when(hold("tokens", 16))
        .then_rejected(expect!["a balance of 2.00 credits does not pay for 3.00"]);
}

#[test]
fn parts_are_captured_in_the_order_in_which_they_were_reserved() {
    sixteen_held().when(capture(1, 4, Rest::Keep)).then([captured(1, 4, 4, 12, None)]);
    let twice = sixteen_held().after(capture(1, 4, Rest::Keep));
    let crossed = Event::ThresholdsCrossed {
        alert: AlertId::fresh(&seed(3).simple().to_string(), "allowance"),
        feature: id("tokens"),
        window: february(),
        thresholds: vec![80, 100],
        used: quantity(10),
        limit: quantity(10),
    };
    let answer = twice.when(capture(1, 8, Rest::Keep)).then([captured(1, 8, 6, 4, Some(half_each(2, "1"))), crossed]);
    assert_eq!((answer.charged, answer.balance), (credits("1"), credits("17")));
    let resolved = sixteen_held().after(capture(1, 16, Rest::Keep)).state();
    assert_eq!(
        (resolved.holds().count(), resolved.balance(), resolved.lots()[0].held),
        (0, credits("17"), Credits::ZERO)
    );
}

#[test]
fn a_capture_below_the_hold_may_let_go_of_the_rest() {
    let rest = Unused {
        quantity: quantity(13),
        included: quantity(7),
        returned: vec![Draw { lot: lot(9), amount: credits("3") }],
        expired: Vec::new(),
    };
    let released = Event::HoldReleased { hold: held(1), feature: id("tokens"), window: february(), unused: rest };
    let answer = sixteen_held().when(capture(1, 3, Rest::Release)).then([captured(1, 3, 3, 13, None), released]);
    assert_eq!((answer.balance, answer.hold.unwrap().expires_at), (credits("20"), None));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.used, usage.remaining), (quantity(3), Some(quantity(7))));
}

#[test]
fn a_capture_above_the_hold_consumes_the_excess_where_the_plan_settles_it() {
    let (window, feature) = (february(), "tokens");
    let four_more = OverageCharge::Credits(half_each(4, "2"));
    let excess = Consumed {
        feature,
        included: 0,
        window,
        limit: Limit::UpTo(quantity(10)),
        hold: Some(held(1)),
        ..Consumed::of(4)
    };
    let crossed = Event::ThresholdsCrossed {
        alert: AlertId::fresh(&seed(2).simple().to_string(), "allowance"),
        feature: id("tokens"),
        window,
        thresholds: vec![80, 100],
        used: quantity(10),
        limit: quantity(10),
    };
    let all = captured(1, 16, 10, 0, Some(half_each(6, "3")));
    let answer = sixteen_held().when(capture(1, 20, Rest::Keep)).then([all, excess.event(Some(four_more)), crossed]);
    assert_eq!((answer.charged, answer.balance), (credits("5"), credits("15")));

    in_shop([topped_up(9, "3")])
        .after(hold("tokens", 16))
        .when(capture(1, 20, Rest::Keep))
        .then_rejected(expect!["a balance of 0.00 credits does not pay for 2.00"]);
    in_shop([])
        .after(hold("calls", 5))
        .when(capture(1, 6, Rest::Keep))
        .then_rejected(expect!["capture of 6 exceeds the 5 left on hold hold_00000000000000000000000000000001"]);
}

#[test]
fn a_hold_past_the_allowance_of_an_invoiced_feature_is_priced_when_it_is_captured() {
    let ledger = in_shop([]).after(hold("minutes", 15));
    let events = ledger.when(capture(1, 12, Rest::Release)).events();
    let told: Vec<String> = events
        .iter()
        .map(|event| match event {
            Event::HoldCaptured { quantity, included, besides, .. } => {
                format!("captured {quantity}: {included}, {besides}")
            }
            Event::FeatureConsumed { quantity, included, overage: Some(OverageCharge::Invoice(charge)), .. } => {
                format!("consumed {quantity}: {included}, {} for {}", charge.quantity, charge.price)
            }
            Event::HoldReleased { unused, .. } => format!("released {}: {}", unused.quantity, unused.included),
            Event::ThresholdsCrossed { thresholds, .. } => format!("crossed {thresholds:?}"),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, ["captured 12: 10, 2", "consumed 2: 0, 2 for 3.00 USD", "released 3: 0", "crossed [80, 100]"]);
}

#[test]
fn credits_of_a_lot_that_expired_meanwhile_are_lost_with_their_hold() {
    let until_ten = Event::CreditsGranted {
        lot: lot(9),
        kind: LotKind::Granted,
        amount: credits("20"),
        priority: 10,
        effective_from: instant(START),
        expires_at: Some(instant("2026-02-01T10:00:00Z")),
        commission: None,
        reference: None,
        reason: None,
        actor: None,
    };
    let eleven = "2026-02-01T11:00:00Z";
    let late = || in_shop([until_ten.clone()]).after(hold("tokens", 16)).at(eleven);
    let lost = Event::LotExpired { lot: lot(9), amount: credits("17"), expired_at: instant("2026-02-01T10:00:00Z") };
    let unused = Unused {
        quantity: quantity(16),
        included: quantity(10),
        returned: Vec::new(),
        expired: vec![Draw { lot: lot(9), amount: credits("3") }],
    };
    let alert = AlertId::fresh(&seed(2).simple().to_string(), "credits");
    let low = Event::CreditsRanLow { alert, below: credits("5"), balance: Credits::ZERO };
    late().when(release(1)).then([
        lost,
        Event::HoldReleased { hold: held(1), feature: id("tokens"), window: february(), unused },
        low,
    ]);
    // What was reserved in time can still be captured.
    let answer = late().when(capture(1, 16, Rest::Keep));
    assert_eq!(answer.events().len(), 4);
}

#[test]
fn a_hold_is_extended_up_to_31_days() {
    let held_8 = || in_shop([]).after(hold("calls", 8));
    let later = "2026-02-02T12:00:00Z";
    held_8().when(extend(1, later)).then([Event::HoldExtended { hold: held(1), expires_at: instant(later) }]);
    let so_already = held_8().when(extend(1, NOON_TOMORROW)).then([]).hold.unwrap();
    assert_eq!((so_already.left, so_already.expires_at), (quantity(8), Some(instant(NOON_TOMORROW))));
    let on_time = held_8().after(extend(1, later)).at(NOON_TOMORROW);
    on_time.when(capture(1, 1, Rest::Keep)).events();
    held_8().when(extend(1, "2026-02-01T11:59:59Z")).then_rejected(expect![
        "a hold cannot expire at 2026-02-01T11:59:59Z: that is not after 2026-02-01T12:00:00Z and up to 2026-03-03T12:00:00Z"
    ]);
    held_8().when(extend(1, "2026-03-03T12:00:01Z")).then_rejected(expect![
        "a hold cannot expire at 2026-03-03T12:00:01Z: that is not after 2026-02-01T12:00:00Z and up to 2026-03-03T12:00:00Z"
    ]);
    in_shop([]).when(hold_until("calls", 1, START)).then_rejected(expect![
        "a hold cannot expire at 2026-01-31T12:00:00Z: that is not after 2026-01-31T12:00:00Z and up to 2026-03-03T12:00:00Z"
    ]);
}

#[test]
fn a_hold_that_is_over_is_resolved_no_more() {
    let not_open = "hold hold_00000000000000000000000000000001 is not open: it was captured in full, let go of, has expired, or was never placed";
    let held_8 = || in_shop([]).after(hold("calls", 8));
    for command in [release(1), capture(1, 1, Rest::Keep), extend(1, "2026-02-02T12:00:00Z")] {
        let refused = |scenario: Scenario<CreditLedger>| scenario.when(command.clone()).refusal().to_string();
        assert_eq!(refused(in_shop([])), not_open, "unknown");
        assert_eq!(refused(held_8().after(release(1))), not_open, "released");
        assert_eq!(refused(held_8().after(capture(1, 8, Rest::Keep))), not_open, "captured in full");
        let expired = "hold hold_00000000000000000000000000000001 has expired at 2026-02-01T12:00:00Z";
        assert_eq!(refused(held_8().at(NOON_TOMORROW)), expired);
        assert_eq!(refused(held_8().at(NOON_TOMORROW).after(Command::Settle)), not_open, "and settled");
    }
}

#[test]
fn holds_that_are_open_are_limited() {
    let mut scenario = in_shop([topped_up(9, "1000")]);
    for _ in 0..HOLDS_MAX {
        scenario = scenario.after(hold("units", 1));
    }
    scenario.when(hold("units", 1)).then_rejected(expect!["1000 holds are open"]);
}

#[test]
fn a_hold_of_a_window_that_is_over_gives_nothing_to_the_next_one() {
    let over_the_turn = || {
        let before = in_shop([]).at("2026-02-28T11:00:00Z").after(hold_until("calls", 8, "2026-02-28T13:00:00Z"));
        before.at("2026-02-28T12:00:00Z").after(consume("calls", 15))
    };
    over_the_turn()
        .when(consume("calls", 1))
        .then_rejected(expect!["1 of calls exceed the 0 left of 15 until 2026-03-31T12:00:00Z"]);
    over_the_turn()
        .after(release(1))
        .when(consume("calls", 1))
        .then_rejected(expect!["1 of calls exceed the 0 left of 15 until 2026-03-31T12:00:00Z"]);
    let events = over_the_turn().when(capture(1, 8, Rest::Keep)).events();
    assert_eq!(events.len(), 1, "no alert for a window that is over: {events:?}");
}
