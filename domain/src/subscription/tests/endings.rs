//! Cancelling, pausing, going on.

use expect_test::expect;

use super::life::{Life, cancel, change, pay, start};
use crate::scenario::instant;
use crate::subscription::{Command, CreditUnused, Effective};

const HALF: &str = "2026-02-14T12:00:00Z";

fn paid() -> Life {
    Life::in_shop().does(start("small")).does(pay("10")).quietly()
}

#[test]
fn cancelled_at_the_end_of_the_period_it_can_be_undone_until_then() {
    let ending = paid()
        .does(cancel(Effective::PeriodEnd, CreditUnused::Nothing))
        .tells(expect!["ChangeScheduled cancellation on 28 Feb 12:00"]);
    let again = ending.clone().does(cancel(Effective::PeriodEnd, CreditUnused::Nothing)).tells(expect![]);
    again
        .settles("2026-03-05T00:00:00Z")
        .tells(expect![[r#"SubscriptionCanceled on 28 Feb 12:00: Requested { reason: "no more need" }"#]]);
    ending.does(Command::RevokeScheduledChange).settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        ScheduledChangeRevoked cancellation
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
}

#[test]
fn cancelled_at_once_what_is_unused_stays_is_kept_or_is_paid_back() {
    let at_half = |credit| paid().at(HALF).does(cancel(Effective::Now, credit));
    at_half(CreditUnused::Nothing)
        .tells(expect![[r#"SubscriptionCanceled on 14 Feb 12:00: Requested { reason: "no more need" }"#]]);
    at_half(CreditUnused::Balance)
        .tells(expect![[r#"
        CreditNoteIssued 5.00 (net 5.00) of 1: due less 0.00, to balance 5.00, to refund 0.00
        SubscriptionCanceled on 14 Feb 12:00: Requested { reason: "no more need" }"#]])
        .does(start("big"))
        .tells(expect![[r#"
        SubscriptionStarted big by the month at 20.00
        InvoiceIssued 1 First on 14 Feb 12:00: big by the month 20.00 = 20.00
        PaymentRecorded 5.00 (net 5.00) of 1 from the balance, due 15.00"#]]);
    at_half(CreditUnused::Refund).tells(expect![[r#"
        CreditNoteIssued 5.00 (net 5.00) of 1: due less 0.00, to balance 0.00, to refund 5.00
        SubscriptionCanceled on 14 Feb 12:00: Requested { reason: "no more need" }"#]]);
}

#[test]
fn after_an_upgrade_the_credit_comes_off_the_newest_invoices_first() {
    let upgraded = paid().at(HALF).does(change("big", Effective::Now)).does(pay("5")).quietly();
    upgraded.at("2026-02-15T12:00:00Z").does(cancel(Effective::Now, CreditUnused::Balance)).tells(expect![[r#"
        CreditNoteIssued 5.00 (net 5.00) of 2: due less 0.00, to balance 5.00, to refund 0.00
        CreditNoteIssued 4.29 (net 4.29) of 1: due less 0.00, to balance 4.29, to refund 0.00
        SubscriptionCanceled on 15 Feb 12:00: Requested { reason: "no more need" }"#]]);
}

#[test]
fn cancelled_unpaid_what_is_unused_is_due_no_more() {
    let due = paid().settles("2026-03-01T12:00:00Z").quietly();
    due.does(cancel(Effective::Now, CreditUnused::Balance)).tells(expect![[r#"
        CreditNoteIssued 9.68 (net 9.68) of 2: due less 9.68, to balance 0.00, to refund 0.00
        SubscriptionCanceled on 01 Mar 12:00: Requested { reason: "no more need" }"#]]);
}

#[test]
fn cancelled_before_the_first_payment_nothing_is_owed() {
    let awaiting = || Life::in_shop().does(start("small")).quietly();
    awaiting().does(cancel(Effective::PeriodEnd, CreditUnused::Nothing)).tells(expect![[r#"
        InvoiceVoided 1 10.00
        SubscriptionCanceled on 31 Jan 12:00: Requested { reason: "no more need" }"#]]);
    awaiting().does(pay("4")).does(cancel(Effective::Now, CreditUnused::Nothing)).tells(expect![[r#"
        PaymentRecorded 4.00 (net 4.00) of 1, due 6.00
        CreditNoteIssued 10.00 (net 10.00) of 1: due less 6.00, to balance 4.00, to refund 0.00
        SubscriptionCanceled on 31 Jan 12:00: Requested { reason: "no more need" }"#]]);
}

#[test]
fn a_trial_is_cancelled_at_its_end_and_there_is_no_second_one() {
    let trial = Life::in_shop().does(start("tried")).quietly();
    let ended = trial.does(cancel(Effective::PeriodEnd, CreditUnused::Nothing)).settles("2026-02-20T12:00:00Z");
    ended
        .tells(expect![[r#"
        ChangeScheduled cancellation on 14 Feb 12:00
        SubscriptionCanceled on 14 Feb 12:00: Requested { reason: "no more need" }"#]])
        .does(start("tried"))
        .tells(expect![[r#"
        SubscriptionStarted tried by the month at 30.00
        InvoiceIssued 1 First on 20 Feb 12:00: tried by the month 30.00 = 30.00"#]]);
}

#[test]
fn paused_and_resumed_within_the_period_it_goes_on() {
    let pause = Command::Pause { when: Effective::Now, resumes_at: None };
    let paused = paid().at("2026-02-10T12:00:00Z").does(pause).tells(expect!["SubscriptionPaused on 10 Feb 12:00"]);
    assert_eq!(paused.state.plan_in_force(), None);
    paused.at("2026-02-20T12:00:00Z").does(Command::Resume).settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        SubscriptionResumed on 20 Feb 12:00
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
}

#[test]
fn resumed_after_the_period_a_new_one_begins() {
    let resumes_at = Some(instant("2026-04-15T12:00:00Z"));
    let pause = Command::Pause { when: Effective::PeriodEnd, resumes_at };
    paid().does(pause).settles("2026-04-15T12:00:00Z").tells(expect![[r#"
        ChangeScheduled pause on 28 Feb 12:00
        SubscriptionPaused on 28 Feb 12:00
        SubscriptionResumed on 15 Apr 12:00
        PeriodBegan 15 Apr 12:00 to 15 May 12:00
        InvoiceIssued 2 Period on 15 Apr 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 15 Apr 12:00, until 22 Apr 12:00, to the end on 05 May 12:00"#]]);
}

#[test]
fn a_rest_ends_after_it_begins() {
    let early = Command::Pause { when: Effective::PeriodEnd, resumes_at: Some(instant(HALF)) };
    let told = paid().refuses(&early);
    assert_eq!(told, "a rest that begins at 2026-02-28T12:00:00Z cannot end at 2026-02-14T12:00:00Z");
}
