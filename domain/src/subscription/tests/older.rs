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
    life.does(pay("6")).tells(expect![[r#"
        InvoiceIssued 1 First on 31 Jan 12:00: small by the month 10.00 = 10.00
        PaymentRecorded 4.00 (net 4.00) of 1 from the balance, due 6.00
        PaymentRecorded 6.00 (net 6.00) of 1, due 0.00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
}

#[test]
fn what_was_active_goes_on_period_by_period() {
    Life::in_shop().after_all(active()).settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 1 Period on 28 Feb 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
    let march = Period { start: february().end, end: instant("2026-03-31T12:00:00Z") };
    let mut renewed = active();
    renewed.extend([paid("4", "6"), paid("6", "0"), Event::SubscriptionRenewed { period: march }, paid("1", "9")]);
    Life::in_shop().after_all(renewed).settles("2026-03-31T12:00:00Z").tells(expect![[r#"
        PeriodBegan 31 Mar 12:00 to 30 Apr 13:00
        InvoiceIssued 1 Period on 31 Mar 12:00: small by the month 10.00 = 10.00
        PaymentRecorded 1.00 (net 1.00) of 1 from the balance, due 9.00
        SubscriptionPastDue since 31 Mar 12:00, until 07 Apr 13:00, to the end on 20 Apr 13:00"#]]);
}

#[test]
fn payments_of_the_first_release_were_by_hand_and_without_tax() {
    let payload = r#"{"PaymentRecorded": {"payment": "p", "amount": {"amount": "15.00", "currency": "USD"},
        "reference": null, "still_due": {"amount": "0.00", "currency": "USD"}}}"#;
    let read = stream::Event::decode(stream::Kind::Subscription, "PaymentRecorded", "1", payload).unwrap();
    let stream::Event::Subscription(Event::PaymentRecorded { invoice, net, method, .. }) = read else { panic!() };
    assert_eq!((invoice, net, method), (None, usd("15"), Method::ByHand));
}
