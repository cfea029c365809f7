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
    let life = Life::in_shop().does(half("HALF", 2)).does(start("small")).does(pay("5")).tells(expect![[r#"
        DiscountApplied HALF
        SubscriptionStarted small by the month at 10.00
        InvoiceIssued 1 First on 31 Jan 12:00: small by the month 10.00, HALF -5.00 = 5.00
        PaymentRecorded 5.00 (net 5.00) of 1, due 0.00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
    let second = life.settles("2026-02-28T12:00:00Z").does(pay("5")).tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: small by the month 10.00, HALF -5.00 = 5.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00
        PaymentRecorded 5.00 (net 5.00) of 2, due 0.00
        SubscriptionRenewed 28 Feb 12:00 to 31 Mar 12:00
        SubscriptionRecovered on 28 Feb 12:00"#]]);
    second.settles("2026-03-31T12:00:00Z").tells(expect![[r#"
        DiscountEnded HALF
        PeriodBegan 31 Mar 12:00 to 30 Apr 13:00
        InvoiceIssued 3 Period on 31 Mar 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 31 Mar 12:00, until 07 Apr 13:00, to the end on 20 Apr 13:00"#]]);
}

#[test]
fn discounts_are_taken_off_one_after_the_other_and_a_zero_invoice_settles_itself() {
    let all = apply("GIFT", Off::Amount(usd("7")), Lasts::ForEver);
    Life::in_shop().does(half("HALF", 1)).does(all).does(start("small")).tells(expect![[r#"
        DiscountApplied HALF
        DiscountApplied GIFT
        SubscriptionStarted small by the month at 10.00
        InvoiceIssued 1 First on 31 Jan 12:00: small by the month 10.00, HALF -5.00, GIFT -5.00 = 0.00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
}

#[test]
fn a_change_within_the_period_credits_what_was_really_charged() {
    let life = Life::in_shop().does(half("HALF", 1)).does(start("small")).does(pay("5")).quietly();
    life.at("2026-02-14T12:00:00Z").does(change("big", Effective::Now)).tells(expect![[r#"
        PlanChanged small to big by the month at 20.00 on 14 Feb 12:00
        InvoiceIssued 2 Change on 14 Feb 12:00: unused small -2.50, rest on big 10.00, HALF -5.00 = 2.50
        SubscriptionPastDue since 14 Feb 12:00, until 21 Feb 12:00, to the end on 06 Mar 12:00"#]]);
}

#[test]
fn a_discount_counts_once_and_is_removed() {
    let life = Life::in_shop().does(half("HALF", 2)).does(start("small")).quietly();
    assert_eq!(life.code(&half("HALF", 2)), "discount.already_applied");
    life.does(Command::RemoveDiscount { code: id("HALF") }).tells(expect!["DiscountEnded HALF"]);
}

#[test]
fn replacing_what_awaits_payment_uses_no_period_up() {
    let life = Life::in_shop().does(half("HALF", 2)).does(start("small")).does(change("big", Effective::Now));
    assert_eq!(life.state.discounts()[0].periods, 0);
    assert_eq!(life.does(pay("10")).state.discounts()[0].periods, 1);
}
