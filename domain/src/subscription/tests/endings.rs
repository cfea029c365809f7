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
    let ending = paid().does(cancel(Effective::PeriodEnd, CreditUnused::Nothing)).tells(expect![]);
    let again = ending.clone().does(cancel(Effective::PeriodEnd, CreditUnused::Nothing)).tells(expect![]);
    again.settles("2026-03-05T00:00:00Z").tells(expect![]);
    ending.does(Command::RevokeScheduledChange).settles("2026-02-28T12:00:00Z").tells(expect![]);
}

#[test]
fn cancelled_at_once_what_is_unused_stays_is_kept_or_is_paid_back() {
    let at_half = |credit| paid().at(HALF).does(cancel(Effective::Now, credit));
    at_half(CreditUnused::Nothing).tells(expect![]);
    at_half(CreditUnused::Balance).tells(expect![]).does(start("big")).tells(expect![]);
    at_half(CreditUnused::Refund).tells(expect![]);
}

#[test]
fn after_an_upgrade_the_credit_comes_off_the_newest_invoices_first() {
    let upgraded = paid().at(HALF).does(change("big", Effective::Now)).does(pay("5")).quietly();
    upgraded.at("2026-02-15T12:00:00Z").does(cancel(Effective::Now, CreditUnused::Balance)).tells(expect![]);
}

#[test]
fn cancelled_unpaid_what_is_unused_is_due_no_more() {
    let due = paid().settles("2026-03-01T12:00:00Z").quietly();
    due.does(cancel(Effective::Now, CreditUnused::Balance)).tells(expect![]);
}

#[test]
fn cancelled_before_the_first_payment_nothing_is_owed() {
    let awaiting = || Life::in_shop().does(start("small")).quietly();
    awaiting().does(cancel(Effective::PeriodEnd, CreditUnused::Nothing)).tells(expect![]);
    awaiting().does(pay("4")).does(cancel(Effective::Now, CreditUnused::Nothing)).tells(expect![]);
}

#[test]
fn a_trial_is_cancelled_at_its_end_and_there_is_no_second_one() {
    let trial = Life::in_shop().does(start("tried")).quietly();
    let ended = trial.does(cancel(Effective::PeriodEnd, CreditUnused::Nothing)).settles("2026-02-20T12:00:00Z");
    ended.tells(expect![]).does(start("tried")).tells(expect![]);
}

#[test]
fn paused_and_resumed_within_the_period_it_goes_on() {
    let pause = Command::Pause { when: Effective::Now, resumes_at: None };
    let paused = paid().at("2026-02-10T12:00:00Z").does(pause).tells(expect![]);
    assert_eq!(paused.state.plan_in_force(), None);
    paused.at("2026-02-20T12:00:00Z").does(Command::Resume).settles("2026-02-28T12:00:00Z").tells(expect![]);
}

#[test]
fn resumed_after_the_period_a_new_one_begins() {
    let resumes_at = Some(instant("2026-04-15T12:00:00Z"));
    let pause = Command::Pause { when: Effective::PeriodEnd, resumes_at };
    paid().does(pause).settles("2026-04-15T12:00:00Z").tells(expect![]);
}

#[test]
fn a_rest_ends_after_it_begins() {
    let early = Command::Pause { when: Effective::PeriodEnd, resumes_at: Some(instant(HALF)) };
    let told = paid().refuses(&early);
    assert_eq!(told, "a rest that begins at 2026-02-28T12:00:00Z cannot end at 2026-02-14T12:00:00Z");
}
