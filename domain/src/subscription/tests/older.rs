//! What releases without invoices wrote goes on.

use expect_test::expect;

use super::life::{Life, pay};
use crate::calendar::{Interval, Period};
use crate::scenario::{id, instant, usd};
use crate::stream;
use crate::subscription::{Event, Method};

fn started() -> Event {
    let (plan, price) = (id("small"), usd("10"));
    Event::SubscriptionStarted { subscription: None, plan, catalog_version: 1, interval: Interval::Month, price }
}

fn paid(amount: &str, still_due: &str) -> Event {
    Event::PaymentRecorded {
        payment: id("pay_1"),
        invoice: None,
        amount: usd(amount),
        net: usd(amount),
        method: Method::ByHand,
        reference: None,
        still_due: usd(still_due),
    }
}

fn february() -> Period {
    Period { start: instant("2026-01-31T12:00:00Z"), end: instant("2026-02-28T12:00:00Z") }
}

fn active() -> Vec<Event> {
    vec![started(), paid("10", "0"), Event::SubscriptionActivated { anchor: february().start, period: february() }]
}

#[test]
fn what_awaited_payment_is_billed_and_what_was_paid_of_it_counts() {
    let life = Life::in_shop().after_all(vec![started(), paid("4", "6")]);
    assert_eq!(life.state.still_due(), Some(usd("6")));
    life.does(pay("6")).tells(expect![]);
}

#[test]
fn what_was_active_goes_on_period_by_period() {
    Life::in_shop().after_all(active()).settles("2026-02-28T12:00:00Z").tells(expect![]);
    let march = Period { start: february().end, end: instant("2026-03-31T12:00:00Z") };
    let mut renewed = active();
    renewed.extend([paid("4", "6"), paid("6", "0"), Event::SubscriptionRenewed { period: march }, paid("1", "9")]);
    Life::in_shop().after_all(renewed).settles("2026-03-31T12:00:00Z").tells(expect![]);
}

#[test]
fn payments_of_the_first_release_were_by_hand_and_without_tax() {
    let payload = r#"{"PaymentRecorded": {"payment": "p", "amount": {"amount": "15.00", "currency": "USD"},
        "reference": null, "still_due": {"amount": "0.00", "currency": "USD"}}}"#;
    let read = stream::Event::decode(stream::Kind::Subscription, "PaymentRecorded", "1", payload).unwrap();
    let stream::Event::Subscription(Event::PaymentRecorded { invoice, net, method, .. }) = read else { panic!() };
    assert_eq!((invoice, net, method), (None, usd("15"), Method::ByHand));
}
