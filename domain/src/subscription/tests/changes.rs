//! Changing the plan or the interval, now or when the period is over.

use expect_test::expect;

use super::life::{Life, SHOP, attach, change, change_to_year, pay, start};
use crate::scenario::{catalog, id, usd};
use crate::subscription::{Command, CreditUnused, Effective};

fn paid() -> Life {
    Life::in_shop().does(start("small")).does(pay("10")).quietly()
}

/// Half of the 28 days of the first period.
const HALF: &str = "2026-02-14T12:00:00Z";

#[test]
fn an_upgrade_now_credits_what_is_unused_and_charges_the_rest() {
    paid()
        .at(HALF)
        .does(change("big", Effective::Now))
        .tells(expect![[r#"
        PlanChanged small to big by the month at 20.00 on 14 Feb 12:00
        InvoiceIssued 2 Change on 14 Feb 12:00: unused small -5.00, rest on big 10.00 = 5.00
        SubscriptionPastDue since 14 Feb 12:00, until 21 Feb 12:00, to the end on 06 Mar 12:00"#]])
        .does(pay("5"))
        .tells(expect![[r#"
        PaymentRecorded 5.00 (net 5.00) of 2, due 0.00
        SubscriptionRecovered on 14 Feb 12:00"#]]);
}

#[test]
fn a_downgrade_now_is_kept_on_the_balance_and_pays_the_next_invoices() {
    let big = Life::in_shop().does(start("big")).does(pay("20")).quietly();
    let small = big.at(HALF).does(change("small", Effective::Now)).tells(expect![[r#"
        PlanChanged big to small by the month at 10.00 on 14 Feb 12:00
        InvoiceIssued 2 Change on 14 Feb 12:00: unused big -10.00, rest on small 5.00 = 0.00, kept 5.00"#]]);
    small.settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 3 Period on 28 Feb 12:00: small by the month 10.00 = 10.00
        PaymentRecorded 5.00 (net 5.00) of 3 from the balance, due 5.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
}

#[test]
fn three_changes_and_one_back_bill_each_instant_once() {
    let life =
        paid().at("2026-02-07T12:00:00Z").does(change("big", Effective::Now)).does(pay("7.50")).tells(expect![[r#"
        PlanChanged small to big by the month at 20.00 on 07 Feb 12:00
        InvoiceIssued 2 Change on 07 Feb 12:00: unused small -7.50, rest on big 15.00 = 7.50
        SubscriptionPastDue since 07 Feb 12:00, until 14 Feb 12:00, to the end on 27 Feb 12:00
        PaymentRecorded 7.50 (net 7.50) of 2, due 0.00
        SubscriptionRecovered on 07 Feb 12:00"#]]);
    let life = life.at(HALF).does(change("free", Effective::Now)).tells(expect![[r#"
        PlanChanged big to free by the month at 0.00 on 14 Feb 12:00
        InvoiceIssued 3 Change on 14 Feb 12:00: unused big -10.00 = 0.00, kept 10.00"#]]);
    let life = life.at("2026-02-21T12:00:00Z").does(change("small", Effective::Now)).tells(expect![[r#"
        PlanChanged free to small by the month at 10.00 on 21 Feb 12:00
        InvoiceIssued 4 Change on 21 Feb 12:00: rest on small 2.50 = 2.50
        PaymentRecorded 2.50 (net 2.50) of 4 from the balance, due 0.00"#]]);
    life.at("2026-02-21T12:00:00Z").does(change("big", Effective::Now)).tells(expect![[r#"
        PlanChanged small to big by the month at 20.00 on 21 Feb 12:00
        InvoiceIssued 5 Change on 21 Feb 12:00: unused small -2.50, rest on big 5.00 = 2.50
        PaymentRecorded 2.50 (net 2.50) of 5 from the balance, due 0.00"#]]);
}

#[test]
fn another_interval_now_begins_a_period_of_its_own() {
    let life = paid()
        .at(HALF)
        .does(change_to_year("small", Effective::Now))
        .tells(expect![[r#"
        PlanChanged small to small by the year at 100.00 on 14 Feb 12:00
        PeriodBegan 14 Feb 12:00 to 14 Feb 12:00
        InvoiceIssued 2 Period on 14 Feb 12:00: unused small -5.00, small by the year 100.00 = 95.00
        SubscriptionPastDue since 14 Feb 12:00, until 21 Feb 12:00, to the end on 06 Mar 12:00"#]])
        .does(pay("95"))
        .quietly();
    life.at("2026-03-14T12:00:00Z").does(change("small", Effective::Now)).tells(expect![[r#"
        PlanChanged small to small by the month at 10.00 on 14 Mar 12:00
        PeriodBegan 14 Mar 12:00 to 14 Apr 13:00
        InvoiceIssued 3 Period on 14 Mar 12:00: unused small -92.33, small by the month 10.00 = 0.00, kept 82.33
        SubscriptionRenewed 14 Mar 12:00 to 14 Apr 13:00"#]]);
}

#[test]
fn a_change_at_the_end_of_the_period_is_visible_replaced_and_revoked() {
    let scheduled = paid()
        .does(change("big", Effective::PeriodEnd))
        .tells(expect!["ChangeScheduled big by the month on 28 Feb 12:00"]);
    assert!(scheduled.answer().scheduled.is_some());
    let again = scheduled.clone().does(change("big", Effective::PeriodEnd)).tells(expect![]);
    again
        .does(change("free", Effective::PeriodEnd))
        .tells(expect!["ChangeScheduled free by the month on 28 Feb 12:00"]);
    scheduled.clone().settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        PlanChanged small to big by the month at 20.00 on 28 Feb 12:00
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: big by the month 20.00 = 20.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
    scheduled.does(Command::RevokeScheduledChange).settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        ScheduledChangeRevoked big by the month
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: small by the month 10.00 = 10.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
}

#[test]
fn a_yearly_interval_at_the_end_of_a_month_is_counted_from_there() {
    paid().does(change_to_year("small", Effective::PeriodEnd)).quietly().settles("2026-02-28T12:00:00Z").tells(
        expect![[r#"
            PlanChanged small to small by the year at 100.00 on 28 Feb 12:00
            PeriodBegan 28 Feb 12:00 to 28 Feb 12:00
            InvoiceIssued 2 Period on 28 Feb 12:00: small by the year 100.00 = 100.00
            SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]],
    );
}

#[test]
fn a_trial_changes_its_plan_and_keeps_its_end() {
    let trial = Life::in_shop().does(attach()).does(start("tried")).quietly();
    trial.does(change("big", Effective::Now)).settles("2026-02-14T12:00:00Z").tells(expect![[r#"
        PlanChanged tried to big by the month at 20.00 on 31 Jan 12:00
        TrialEnded on 14 Feb 12:00
        SubscriptionActivated 14 Feb 12:00 to 14 Mar 12:00
        InvoiceIssued 1 Period on 14 Feb 12:00: big by the month 20.00 = 20.00
        SubscriptionPastDue since 14 Feb 12:00, until 21 Feb 12:00, to the end on 06 Mar 12:00"#]]);
}

#[test]
fn what_awaits_its_first_payment_is_replaced() {
    let awaiting = || Life::in_shop().does(start("small")).quietly();
    awaiting().does(change("big", Effective::Now)).tells(expect![[r#"
        InvoiceVoided 1 10.00
        PlanChanged small to big by the month at 20.00 on 31 Jan 12:00
        InvoiceIssued 2 First on 31 Jan 12:00: big by the month 20.00 = 20.00"#]]);
    // What was paid of it pays the other one.
    awaiting().does(pay("4")).does(change("big", Effective::Now)).does(pay("16")).tells(expect![[r#"
        PaymentRecorded 4.00 (net 4.00) of 1, due 6.00
        CreditNoteIssued 10.00 (net 10.00) of 1: due less 6.00, to balance 4.00, to refund 0.00
        PlanChanged small to big by the month at 20.00 on 31 Jan 12:00
        InvoiceIssued 2 First on 31 Jan 12:00: big by the month 20.00 = 20.00
        PaymentRecorded 4.00 (net 4.00) of 2 from the balance, due 16.00
        PaymentRecorded 16.00 (net 16.00) of 2, due 0.00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
    awaiting().does(change("free", Effective::Now)).tells(expect![[r#"
        InvoiceVoided 1 10.00
        PlanChanged small to free by the month at 0.00 on 31 Jan 12:00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
}

#[test]
fn without_proration_nothing_is_reckoned_before_the_next_period() {
    let none = catalog(&SHOP.replace("[dunning]", "proration = \"none\"\n[dunning]"));
    let life = Life::under(none).does(start("small")).does(pay("10")).quietly();
    life.at(HALF).does(change_to_year("big", Effective::Now)).settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        PlanChanged small to big by the year at 200.00 on 14 Feb 12:00
        PeriodBegan 28 Feb 12:00 to 28 Feb 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: big by the year 200.00 = 200.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
}

#[test]
fn past_due_it_may_change_and_the_open_invoice_stays() {
    let due = paid().settles("2026-03-02T12:00:00Z").quietly();
    due.does(change("free", Effective::Now)).tells(expect![[r#"
        PlanChanged small to free by the month at 0.00 on 02 Mar 12:00
        InvoiceIssued 3 Change on 02 Mar 12:00: unused small -9.35 = 0.00, kept 9.35
        PaymentRecorded 9.35 (net 9.35) of 2 from the balance, due 0.65"#]]);
}

#[test]
fn what_was_taken_back_or_credited_of_an_invoice_is_not_credited_once_more_by_a_change() {
    let due = paid().settles("2026-03-02T12:00:00Z").quietly();
    let void = Command::VoidInvoice { invoice: due.invoice(2), reason: id("a mistake") };
    due.does(void).does(change("free", Effective::Now)).tells(expect![[r#"
        InvoiceVoided 2 10.00
        SubscriptionRecovered on 02 Mar 12:00
        PlanChanged small to free by the month at 0.00 on 02 Mar 12:00"#]]);
    let life = paid();
    let note = Command::IssueCreditNote {
        invoice: life.invoice(1),
        amount: usd("4"),
        credit: CreditUnused::Balance,
        reason: id("an outage"),
    };
    life.at(HALF).does(note).does(change("free", Effective::Now)).tells(expect![[r#"
        CreditNoteIssued 4.00 (net 4.00) of 1: due less 0.00, to balance 4.00, to refund 0.00
        PlanChanged small to free by the month at 0.00 on 14 Feb 12:00
        InvoiceIssued 2 Change on 14 Feb 12:00: unused small -3.00 = 0.00, kept 3.00"#]]);
}

#[test]
fn a_change_whose_invoice_was_taken_back_leaves_what_it_had_credited() {
    let life = paid().at(HALF).does(change("big", Effective::Now)).quietly();
    let void = Command::VoidInvoice { invoice: life.invoice(2), reason: id("a present") };
    life.does(void).does(change("free", Effective::Now)).tells(expect![[r#"
        InvoiceVoided 2 5.00
        SubscriptionRecovered on 14 Feb 12:00
        PlanChanged big to free by the month at 0.00 on 14 Feb 12:00
        InvoiceIssued 3 Change on 14 Feb 12:00: unused big -5.00 = 0.00, kept 5.00"#]]);
}
