//! Plans, invoices and payments, as the business tells them. Scenarios begin on 31 January 2026, 12:00 UTC (9:00 in
//! Santiago).

mod changes;
mod discounts;
mod endings;
pub(crate) mod life;
mod older;
mod payments;
mod previews;
mod refusals;
mod unpaid;
mod worked;

use expect_test::expect;

use super::{Command, Standing};
use crate::scenario::{codes, id, usd};
use life::{Life, attach, pay, pay_in, start};

#[test]
fn a_free_plan_is_in_force_at_once_and_issues_no_invoices() {
    let life = Life::in_shop().does(start("free")).tells(expect![]);
    assert_eq!(life.answer().standing, Standing::Active);
    life.settles("2026-03-01T00:00:00Z").tells(expect![]);
}

#[test]
fn a_paid_plan_awaits_its_first_payment() {
    let answer = Life::in_shop().does(start("small")).tells(expect![]).answer();
    assert_eq!((answer.standing, answer.still_due, answer.paid_period), (Standing::AwaitingPayment, usd("10"), None));
}

#[test]
fn periods_count_from_the_payment_not_from_the_choice_of_the_plan() {
    let life = Life::in_shop().does(start("small")).quietly().at("2026-02-10T08:00:00Z");
    life.clone().does(pay("10")).tells(expect![]);
    life.does(pay("4")).tells(expect![]).does(pay("6")).tells(expect![]);
}

#[test]
fn a_subscription_awaiting_payment_puts_no_plan_in_force() {
    let life = Life::in_shop().does(start("small")).does(pay("4"));
    assert_eq!(life.state.plan_in_force(), None);
    assert_eq!(life.does(pay("6")).state.plan_in_force().unwrap().code, id("small"));
}

#[test]
fn nothing_is_due_within_a_paid_period_nor_ever_on_a_free_plan() {
    let paid = Life::in_shop().does(start("small")).does(pay("10"));
    let told = paid.at("2026-02-28T11:59:59Z").refuses(&pay("10"));
    assert_eq!(told, "nothing is due on plan small until 2026-02-28T12:00:00Z");
    let free = Life::in_shop().does(start("free")).at("2027-01-01T00:00:00Z");
    assert_eq!(free.refuses(&pay("10")), "nothing is due on plan free");
}

#[test]
fn a_payment_in_another_currency_is_refused() {
    let life = Life::in_shop().does(start("small"));
    assert_eq!(life.refuses(&pay_in("15", "CLP")), "the plan is priced in USD, the payment is in CLP");
}

#[test]
fn the_next_period_begins_whether_it_is_paid_or_not_and_payment_renews_it() {
    let paid = || Life::in_shop().does(start("small")).does(pay("10")).quietly();
    paid().at("2026-02-28T12:00:00Z").does(pay("10")).tells(expect![]);
    // Five days late: the period began when the one before it was over.
    let half = paid().at("2026-03-05T12:00:00Z").does(pay("4")).tells(expect![]);
    half.does(pay("6")).tells(expect![]);
}

#[test]
fn a_trial_with_a_way_to_pay_goes_on_by_itself() {
    let life = Life::in_shop().does(attach()).does(start("tried")).tells(expect![]);
    assert_eq!(life.state.plan_in_force().unwrap().code, id("tried"));
    life.settles("2026-02-14T12:00:00Z").tells(expect![]);
}

#[test]
fn a_trial_without_a_way_to_pay_awaits_the_first_payment() {
    let life = Life::in_shop().does(start("tried")).quietly().settles("2026-02-20T12:00:00Z").tells(expect![]);
    assert_eq!(life.state.plan_in_force(), None);
    life.does(pay("30")).tells(expect![]);
}

#[test]
fn a_trial_may_ask_for_a_way_to_pay_and_is_ended_by_hand() {
    let life = Life::in_shop();
    assert_eq!(life.refuses(&start("carded")), "the trial of plan carded asks for a way to pay");
    life.does(attach()).does(start("carded")).quietly().at("2026-02-03T12:00:00Z").does(Command::EndTrial).tells(
        expect![],
    );
}

#[test]
fn a_way_to_pay_is_attached_and_detached_once() {
    let life = Life::in_shop().does(attach()).does(attach());
    life.does(Command::DetachPaymentMethod).does(Command::DetachPaymentMethod).tells(expect![]);
}

#[test]
fn every_refusal_has_a_code_of_its_own() {
    let codes = codes::<super::Rejection>();
    let mut once = codes.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), codes.len());
}
