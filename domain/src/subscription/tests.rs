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
    let life = Life::in_shop().does(start("free")).tells(expect![[r#"
        SubscriptionStarted free by the month at 0.00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
    assert_eq!(life.answer().standing, Standing::Active);
    life.settles("2026-03-01T00:00:00Z").tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        SubscriptionRenewed 28 Feb 12:00 to 31 Mar 12:00"#]]);
}

#[test]
fn a_paid_plan_awaits_its_first_payment() {
    let answer = Life::in_shop()
        .does(start("small"))
        .tells(expect![[r#"
        SubscriptionStarted small by the month at 10.00
        InvoiceIssued 1 First on 31 Jan 12:00: small by the month 10.00 = 10.00"#]])
        .answer();
    assert_eq!((answer.standing, answer.still_due, answer.paid_period), (Standing::AwaitingPayment, usd("10"), None));
}

#[test]
fn periods_count_from_the_payment_not_from_the_choice_of_the_plan() {
    let life = Life::in_shop().does(start("small")).quietly().at("2026-02-10T08:00:00Z");
    life.clone().does(pay("10")).tells(expect![[r#"
        PaymentRecorded 10.00 (net 10.00) of 1, due 0.00
        SubscriptionActivated 10 Feb 08:00 to 10 Mar 08:00"#]]);
    life.does(pay("4")).tells(expect!["PaymentRecorded 4.00 (net 4.00) of 1, due 6.00"]).does(pay("6")).tells(expect![
        [r#"
        PaymentRecorded 6.00 (net 6.00) of 1, due 0.00
        SubscriptionActivated 10 Feb 08:00 to 10 Mar 08:00"#]
    ]);
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
    paid().at("2026-02-28T12:00:00Z").does(pay("10")).tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00
        PaymentRecorded 10.00 (net 10.00) of 2, due 0.00
        SubscriptionRenewed 28 Feb 12:00 to 31 Mar 12:00
        SubscriptionRecovered on 28 Feb 12:00"#]]);
    // Five days late: the period began when the one before it was over.
    let half = paid().at("2026-03-05T12:00:00Z").does(pay("4")).tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00
        PaymentRetryDue 1 on 03 Mar 12:00
        PaymentRetryDue 2 on 05 Mar 12:00
        PaymentRecorded 4.00 (net 4.00) of 2, due 6.00"#]]);
    half.does(pay("6")).tells(expect![[r#"
        PaymentRecorded 6.00 (net 6.00) of 2, due 0.00
        SubscriptionRenewed 28 Feb 12:00 to 31 Mar 12:00
        SubscriptionRecovered on 05 Mar 12:00"#]]);
}

#[test]
fn a_trial_with_a_way_to_pay_goes_on_by_itself() {
    let life = Life::in_shop().does(attach()).does(start("tried")).tells(expect![[r#"
        PaymentMethodAttached
        SubscriptionStarted tried by the month at 30.00
        TrialStarted until 14 Feb 12:00"#]]);
    assert_eq!(life.state.plan_in_force().unwrap().code, id("tried"));
    life.settles("2026-02-14T12:00:00Z").tells(expect![[r#"
        TrialEnded on 14 Feb 12:00
        SubscriptionActivated 14 Feb 12:00 to 14 Mar 12:00
        InvoiceIssued 1 Period on 14 Feb 12:00: tried by the month 30.00 = 30.00
        SubscriptionPastDue since 14 Feb 12:00, until 21 Feb 12:00, to the end on 06 Mar 12:00"#]]);
}

#[test]
fn a_trial_without_a_way_to_pay_awaits_the_first_payment() {
    let life = Life::in_shop().does(start("tried")).quietly().settles("2026-02-20T12:00:00Z").tells(expect![[r#"
        TrialEnded on 14 Feb 12:00
        InvoiceIssued 1 First on 14 Feb 12:00: tried by the month 30.00 = 30.00"#]]);
    assert_eq!(life.state.plan_in_force(), None);
    life.does(pay("30")).tells(expect![[r#"
        PaymentRecorded 30.00 (net 30.00) of 1, due 0.00
        SubscriptionActivated 20 Feb 12:00 to 20 Mar 12:00"#]]);
}

#[test]
fn a_trial_may_ask_for_a_way_to_pay_and_is_ended_by_hand() {
    let life = Life::in_shop();
    assert_eq!(life.refuses(&start("carded")), "the trial of plan carded asks for a way to pay");
    life.does(attach()).does(start("carded")).quietly().at("2026-02-03T12:00:00Z").does(Command::EndTrial).tells(
        expect![[r#"
            TrialEnded on 03 Feb 12:00
            SubscriptionActivated 03 Feb 12:00 to 03 Mar 12:00
            InvoiceIssued 1 Period on 03 Feb 12:00: carded by the month 30.00 = 30.00
            SubscriptionPastDue since 03 Feb 12:00, until 10 Feb 12:00, to the end on 23 Feb 12:00"#]],
    );
}

#[test]
fn a_way_to_pay_is_attached_and_detached_once() {
    let life = Life::in_shop().does(attach()).does(attach());
    life.does(Command::DetachPaymentMethod).does(Command::DetachPaymentMethod).tells(expect![[r#"
        PaymentMethodAttached
        PaymentMethodDetached"#]]);
}

#[test]
fn every_refusal_has_a_code_of_its_own() {
    let codes = codes::<super::Rejection>();
    let mut once = codes.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), codes.len());
}
