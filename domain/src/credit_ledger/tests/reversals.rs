//! Consumptions that are given back.

use expect_test::expect;

use super::*;
use crate::credit_ledger::{Consumption, InvoiceCharge, Rest, Reverse};

/// Gives back what an event tells of, as it is at position 42.
fn reverse(event: &Event, amount_: Option<u32>) -> Command {
    let consumption = Consumption::of(42, event).unwrap();
    let (reason, actor) = (id("not-delivered"), id("operator-7"));
    Command::Reverse(Reverse { consumption, quantity: amount_.map(quantity), reason, actor })
}

/// Ten tokens included, six at half a credit each.
fn sixteen_consumed() -> (Scenario<CreditLedger>, Event) {
    with_its_event(in_shop([topped_up(8, "2"), topped_up(9, "20")]), consume("tokens", 16))
}

/// After a command, with the first event of it.
fn with_its_event(scenario: Scenario<CreditLedger>, command: Command) -> (Scenario<CreditLedger>, Event) {
    let event = scenario.clone().when(command.clone()).events().remove(0);
    (scenario.after(command), event)
}

fn reversed(amount_: u32, included: u32, restored: u32, overage: Option<OverageCharge>) -> Event {
    Event::ConsumptionReversed {
        position: 42,
        feature: id("tokens"),
        quantity: quantity(amount_),
        window: february(),
        included: amount(included),
        restored: amount(restored),
        overage,
        reason: id("not-delivered"),
        actor: id("operator-7"),
    }
}

fn back(tokens: u32, charge: &str, draws: &[(u128, &str)]) -> Option<OverageCharge> {
    let draw = |(number, amount): &(u128, &str)| Draw { lot: lot(*number), amount: credits(amount) };
    let draws = draws.iter().map(draw).collect();
    let (quantity, charge) = (quantity(tokens), credits(charge));
    Some(OverageCharge::Credits(CreditCharge { quantity, rate: decimal("0.5"), charge, draws }))
}

fn refund(number: u128, amount_: &str, at: &str) -> Event {
    Event::CreditsGranted {
        lot: lot(number),
        kind: LotKind::Refund,
        amount: credits(amount_),
        priority: 10,
        effective_from: instant(at),
        expires_at: None,
        commission: None,
        reference: None,
        reason: Some(id("not-delivered")),
        actor: Some(id("operator-7")),
    }
}

#[test]
fn what_was_taken_last_is_given_back_first() {
    let (scenario, consumed) = sixteen_consumed();
    // The last credit was drawn from lot 9, which still has some.
    let answer = scenario.when(reverse(&consumed, Some(2))).then([reversed(2, 0, 0, back(2, "1", &[(9, "1")]))]);
    assert_eq!((answer.balance, answer.usage.unwrap().remaining), (credits("20"), Some(Quantity::ZERO)));
}

#[test]
fn credits_of_a_lot_that_is_spent_come_back_in_a_lot_of_their_own() {
    let (scenario, consumed) = sixteen_consumed();
    let all = reversed(16, 10, 10, back(6, "3", &[(9, "1")]));
    let answer = scenario.when(reverse(&consumed, None)).then([all, refund(2, "2", START)]);
    assert_eq!((answer.balance, answer.lot), (credits("22"), Some(lot(2))));
    let usage = answer.usage.unwrap();
    assert_eq!((usage.used, usage.remaining), (Quantity::ZERO, Some(quantity(10))));
}

#[test]
fn the_allowance_gets_its_part_back_only_while_its_window_is_open() {
    let (scenario, consumed) = sixteen_consumed();
    let later = "2026-02-28T12:00:00Z";
    let overage = back(6, "3", &[(9, "1")]);
    scenario.at(later).when(reverse(&consumed, None)).then([reversed(16, 10, 0, overage), refund(2, "2", later)]);
}

#[test]
fn never_more_is_given_back_than_was_consumed() {
    let (scenario, consumed) = sixteen_consumed();
    scenario
        .when(reverse(&consumed, Some(17)))
        .then_rejected(expect!["a reversal of 17 exceeds the 16 consumed at position 42"]);
}

#[test]
fn what_was_put_on_the_invoice_is_taken_off_it_at_its_own_price() {
    let (scenario, consumed) = with_its_event(in_shop([]).after(consume("minutes", 10)), consume("minutes", 12));
    let off = |amount_: u32, expected: &str| {
        let events = scenario.clone().when(reverse(&consumed, Some(amount_))).events();
        let Some(Event::ConsumptionReversed { overage: Some(OverageCharge::Invoice(off)), .. }) = events.first() else {
            panic!("{events:?}")
        };
        let price = crate::scenario::usd(expected);
        assert_eq!(*off, InvoiceCharge { quantity: quantity(amount_), price, month: off.month });
    };
    // Ten at 1.50 and two at 1.00.
    off(12, "17.00");
    off(3, "4.25");
}

#[test]
fn a_reversal_brings_no_second_alert() {
    let (scenario, consumed) = with_its_event(in_shop([]), consume("calls", 15));
    let again = scenario.after(reverse(&consumed, None)).when(consume("calls", 15)).events();
    assert_eq!(again.len(), 1, "{again:?}");
}

#[test]
fn a_captured_hold_is_given_back_like_a_consumption() {
    let held = in_shop([topped_up(9, "20")]).after(holds::hold("tokens", 16));
    let (scenario, captured) = with_its_event(held, holds::capture(1, 16, Rest::Keep));
    let answer = scenario.when(reverse(&captured, None)).then([reversed(16, 10, 10, back(6, "3", &[(9, "3")]))]);
    assert_eq!(answer.balance, credits("20"));
    assert_eq!(Consumption::of(1, &topped_up(9, "1")), None);
}
