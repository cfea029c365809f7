//! Dunning: past due, tried again, suspended, recovered or ended.

use expect_test::expect;

use super::life::{Life, pay, start};
use crate::scenario::{id, instant};
use crate::subscription::Standing;

fn paid() -> Life {
    Life::in_shop().does(start("small")).does(pay("10")).quietly()
}

#[test]
fn what_is_not_paid_is_tried_again_suspended_and_ends() {
    paid().settles("2026-12-31T00:00:00Z").tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00
        PaymentRetryDue 1 on 03 Mar 12:00
        PaymentRetryDue 2 on 05 Mar 12:00
        SubscriptionSuspended on 07 Mar 12:00
        SubscriptionCanceled on 20 Mar 12:00: Unpaid"#]]);
}

#[test]
fn a_payment_recovers_it_at_any_time_before_the_end() {
    let grace = paid().settles("2026-03-04T12:00:00Z").quietly();
    assert_eq!(grace.state.plan_in_force().unwrap().code, id("small"));
    grace.does(pay("10")).tells(expect![[r#"
        PaymentRecorded 10.00 (net 10.00) of 2, due 0.00
        SubscriptionRenewed 28 Feb 12:00 to 31 Mar 12:00
        SubscriptionRecovered on 04 Mar 12:00"#]]);
    let suspended = paid().settles("2026-03-08T12:00:00Z").quietly();
    assert_eq!((suspended.state.standing(), suspended.state.plan_in_force()), (Some(Standing::Suspended), None));
    suspended.does(pay("10")).tells(expect![[r#"
        PaymentRecorded 10.00 (net 10.00) of 2, due 0.00
        SubscriptionRenewed 28 Feb 12:00 to 31 Mar 12:00
        SubscriptionRecovered on 08 Mar 12:00"#]]);
}

#[test]
fn recovered_after_the_period_is_over_a_new_one_begins_with_a_new_anchor() {
    // Ends after 60 days, so that a period passes while it is suspended.
    let slow = super::life::SHOP.replace("cancel_after_days = 20", "cancel_after_days = 60");
    let life = Life::under(crate::scenario::catalog(&slow)).does(start("small")).does(pay("10")).quietly();
    life.settles("2026-04-10T12:00:00Z")
        .tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 29 Apr 13:00
        PaymentRetryDue 1 on 03 Mar 12:00
        PaymentRetryDue 2 on 05 Mar 12:00
        SubscriptionSuspended on 07 Mar 12:00"#]])
        .does(pay("10"))
        .tells(expect![[r#"
        PaymentRecorded 10.00 (net 10.00) of 2, due 0.00
        SubscriptionRenewed 28 Feb 12:00 to 31 Mar 12:00
        SubscriptionRecovered on 10 Apr 12:00
        PeriodBegan 10 Apr 12:00 to 10 May 12:00
        InvoiceIssued 3 Period on 10 Apr 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 10 Apr 12:00, until 17 Apr 12:00, to the end on 09 Jun 12:00"#]]);
}

#[test]
fn what_ended_unpaid_stays_owed_and_is_paid_before_a_new_start() {
    let ended = paid().settles("2026-06-01T00:00:00Z").quietly();
    assert_eq!(ended.refuses(&start("small")), "10.00 USD are due on invoices of the subscription that ended");
    let free_again = ended.does(pay("10")).tells(expect!["PaymentRecorded 10.00 (net 10.00) of 2, due 0.00"]);
    free_again.does(start("small")).tells(expect![[r#"
        SubscriptionStarted small by the month at 10.00
        InvoiceIssued 1 First on 01 Jun 00:00: small by the month 10.00 = 10.00"#]]);
}

#[test]
fn the_next_thing_due_is_told_exactly() {
    let mut life = Life::in_shop().does(start("small")).does(pay("10"));
    let expected = [
        "2026-02-28T12:00:00Z",
        "2026-03-03T12:00:00Z",
        "2026-03-05T12:00:00Z",
        "2026-03-07T12:00:00Z",
        "2026-03-20T12:00:00Z",
    ];
    for due in expected {
        assert_eq!(life.state.next_due(), Some(instant(due)));
        let before = life.log.len();
        life = life.with(|context| context.now = instant(due) - jiff::SignedDuration::from_secs(1));
        life = life.does(crate::subscription::Command::Settle);
        assert_eq!(life.log.len(), before, "nothing before {due}");
        life = life.settles(due);
        assert!(life.log.len() > before);
    }
    assert_eq!(life.state.next_due(), None);
}
