//! Changing the plan or the interval, now or when the period is over.

use expect_test::expect;

use super::life::{Life, SHOP, attach, change, change_to_year, pay, start};
use crate::scenario::catalog;
use crate::subscription::{Command, Effective};

fn paid() -> Life {
    Life::in_shop().does(start("small")).does(pay("10")).quietly()
}

/// Half of the 28 days of the first period.
const HALF: &str = "2026-02-14T12:00:00Z";

#[test]
fn an_upgrade_now_credits_what_is_unused_and_charges_the_rest() {
    paid().at(HALF).does(change("big", Effective::Now)).tells(expect![]).does(pay("5")).tells(expect![]);
}

#[test]
fn a_downgrade_now_is_kept_on_the_balance_and_pays_the_next_invoices() {
    let big = Life::in_shop().does(start("big")).does(pay("20")).quietly();
    let small = big.at(HALF).does(change("small", Effective::Now)).tells(expect![]);
    small.settles("2026-02-28T12:00:00Z").tells(expect![]);
}

#[test]
fn three_changes_and_one_back_bill_each_instant_once() {
    let life = paid().at("2026-02-07T12:00:00Z").does(change("big", Effective::Now)).tells(expect![]);
    let life = life.at(HALF).does(change("free", Effective::Now)).tells(expect![]);
    let life = life.at("2026-02-21T12:00:00Z").does(change("small", Effective::Now)).tells(expect![]);
    life.at("2026-02-21T12:00:00Z").does(change("big", Effective::Now)).tells(expect![]);
}

#[test]
fn another_interval_now_begins_a_period_of_its_own() {
    let life = paid().at(HALF).does(change_to_year("small", Effective::Now)).tells(expect![]).does(pay("95")).quietly();
    life.at("2026-03-14T12:00:00Z").does(change("small", Effective::Now)).tells(expect![]);
}

#[test]
fn a_change_at_the_end_of_the_period_is_visible_replaced_and_revoked() {
    let scheduled = paid().does(change("big", Effective::PeriodEnd)).tells(expect![]);
    assert!(scheduled.answer().scheduled.is_some());
    let again = scheduled.clone().does(change("big", Effective::PeriodEnd)).tells(expect![]);
    again.does(change("free", Effective::PeriodEnd)).tells(expect![]);
    scheduled.clone().settles("2026-02-28T12:00:00Z").tells(expect![]);
    scheduled.does(Command::RevokeScheduledChange).settles("2026-02-28T12:00:00Z").tells(expect![]);
}

#[test]
fn a_yearly_interval_at_the_end_of_a_month_is_counted_from_there() {
    paid().does(change_to_year("small", Effective::PeriodEnd)).quietly().settles("2026-02-28T12:00:00Z").tells(
        expect![],
    );
}

#[test]
fn a_trial_changes_its_plan_and_keeps_its_end() {
    let trial = Life::in_shop().does(attach()).does(start("tried")).quietly();
    trial.does(change("big", Effective::Now)).settles("2026-02-14T12:00:00Z").tells(expect![]);
}

#[test]
fn what_awaits_its_first_payment_is_replaced() {
    let awaiting = || Life::in_shop().does(start("small")).quietly();
    awaiting().does(change("big", Effective::Now)).tells(expect![]);
    // What was paid of it pays the other one.
    awaiting().does(pay("4")).does(change("big", Effective::Now)).does(pay("16")).tells(expect![]);
    awaiting().does(change("free", Effective::Now)).tells(expect![]);
}

#[test]
fn without_proration_nothing_is_reckoned_before_the_next_period() {
    let none = catalog(&SHOP.replace("[dunning]", "proration = \"none\"\n[dunning]"));
    let life = Life::under(none).does(start("small")).does(pay("10")).quietly();
    life.at(HALF).does(change_to_year("big", Effective::Now)).settles("2026-02-28T12:00:00Z").tells(expect![]);
}

#[test]
fn past_due_it_may_change_and_the_open_invoice_stays() {
    let due = paid().settles("2026-03-02T12:00:00Z").quietly();
    due.does(change("free", Effective::Now)).tells(expect![]);
}
