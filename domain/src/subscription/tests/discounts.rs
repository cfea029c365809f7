//! Discounts: a share or an amount, for some periods or for ever.

use expect_test::expect;

use super::life::{Life, change, pay, start};
use crate::discount::{DiscountTerms, Lasts, Off};
use crate::scenario::{decimal, id, usd};
use crate::subscription::{Command, Effective};

fn apply(code: &str, off: Off, lasts: Lasts) -> Command {
    Command::ApplyDiscount { code: id(code), terms: DiscountTerms { off, lasts, plans: Default::default() } }
}

fn half(code: &str, periods: u16) -> Command {
    apply(code, Off::Percent(decimal("0.5")), Lasts::Periods(periods))
}

#[test]
fn a_discount_for_two_periods_ends_after_them() {
    let life = Life::in_shop().does(half("HALF", 2)).does(start("small")).does(pay("5")).tells(expect![]);
    let second = life.settles("2026-02-28T12:00:00Z").does(pay("5")).tells(expect![]);
    second.settles("2026-03-31T12:00:00Z").tells(expect![]);
}

#[test]
fn discounts_are_taken_off_one_after_the_other_and_a_zero_invoice_settles_itself() {
    let all = apply("GIFT", Off::Amount(usd("7")), Lasts::ForEver);
    Life::in_shop().does(half("HALF", 1)).does(all).does(start("small")).tells(expect![]);
}

#[test]
fn a_change_within_the_period_credits_what_was_really_charged() {
    let life = Life::in_shop().does(half("HALF", 1)).does(start("small")).does(pay("5")).quietly();
    life.at("2026-02-14T12:00:00Z").does(change("big", Effective::Now)).tells(expect![]);
}

#[test]
fn a_discount_counts_once_and_is_removed() {
    let life = Life::in_shop().does(half("HALF", 2)).does(start("small")).quietly();
    assert_eq!(life.code(&half("HALF", 2)), "discount.already_applied");
    life.does(Command::RemoveDiscount { code: id("HALF") }).tells(expect![]);
}

#[test]
fn replacing_what_awaits_payment_uses_no_period_up() {
    let life = Life::in_shop().does(half("HALF", 2)).does(start("small")).does(change("big", Effective::Now));
    assert_eq!(life.state.discounts()[0].periods, 0);
    assert_eq!(life.does(pay("10")).state.discounts()[0].periods, 1);
}
