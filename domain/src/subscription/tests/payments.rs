//! Payments, refunds, credit notes, what is kept, and taxes.

use expect_test::expect;

use super::life::{Life, SHOP, change, pay, pay_with, start};
use crate::id::PaymentId;
use crate::scenario::{catalog, id, usd};
use crate::subscription::{Command, CreditUnused, Effective, Received, RefundKind};

fn paid() -> Life {
    Life::in_shop().does(start("small")).does(pay("10")).quietly()
}

fn payment(life: &Life, invoice: usize) -> PaymentId {
    life.state.invoices()[invoice - 1].payments[0].id.clone()
}

fn refund(life: &Life, amount: &str, kind: RefundKind) -> Command {
    let (payment, amount) = (payment(life, 1), usd(amount));
    Command::RefundPayment { payment, amount, kind, reason: id("not delivered"), reference: None }
}

fn credit(life: &Life, invoice: usize, amount: &str, credit: CreditUnused) -> Command {
    let (invoice, amount) = (life.invoice(invoice), usd(amount));
    Command::IssueCreditNote { invoice, amount, credit, reason: id("an outage") }
}

#[test]
fn more_than_what_is_due_becomes_credits_where_the_catalog_says_what_they_are_worth() {
    Life::in_shop().does(start("small")).quietly().does(pay("12.50")).tells(expect![[r#"
        PaymentRecorded 10.00 (net 10.00) of 1, due 0.00
        OverpaymentKept 2.50 as 5.00 credits
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
    let none = catalog(&SHOP.replace("[credits]\nper_unit = { USD = \"2\" }\n", ""));
    let life = Life::under(none).does(start("small"));
    assert_eq!(life.refuses(&pay("12.50")), "a payment of 12.50 USD exceeds the 10.00 USD due");
}

#[test]
fn a_payment_comes_by_provider_or_from_credits() {
    let awaiting = Life::in_shop().does(start("small")).quietly();
    let by_card = Received::Provider { provider: id("stripe"), charge: id("ch_1") };
    awaiting.clone().does(pay_with("10", by_card)).tells(expect![[r#"
        PaymentRecorded 10.00 (net 10.00) of 1, due 0.00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
    // What credits pay is never more than what is due.
    assert_eq!(awaiting.code(&pay_with("11", Received::Credits)), "payment.exceeds_due");
    awaiting.does(pay_with("10", Received::Credits)).tells(expect![[r#"
        PaymentRecorded 10.00 (net 10.00) of 1, due 0.00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
}

#[test]
fn without_an_invoice_named_the_oldest_open_ones_are_paid() {
    let due = paid().settles("2026-02-28T12:00:00Z").does(change("big", Effective::Now)).quietly();
    due.clone().does(pay("15")).tells(expect![[r#"
        PaymentRecorded 10.00 (net 10.00) of 2, due 0.00
        PaymentRecorded 5.00 (net 5.00) of 3, due 5.00
        SubscriptionRenewed 28 Feb 12:00 to 31 Mar 12:00"#]]);
    let named = Command::RecordPayment {
        amount: usd("10"),
        invoice: Some(due.invoice(3)),
        method: Received::ByHand,
        reference: None,
    };
    due.does(named).tells(expect!["PaymentRecorded 10.00 (net 10.00) of 3, due 0.00"]);
}

#[test]
fn what_is_paid_back_is_not_owed_any_more() {
    let life = paid();
    let life = life.clone().does(refund(&life, "4", RefundKind::Refund)).tells(expect![[r#"
        CreditNoteIssued 4.00 (net 4.00) of 1: due less 0.00, to balance 0.00, to refund 4.00
        PaymentRefunded Refund 4.00 (net 4.00) of 1, 4.00 in all"#]]);
    let told = life.refuses(&refund(&life, "6.01", RefundKind::Refund));
    let refused = "a refund of 6.01 USD exceeds the 6.00 USD that are left of payment ";
    assert!(told.starts_with(refused), "{told}");
    let command = refund(&life, "6", RefundKind::Refund);
    life.does(command).tells(expect![[r#"
        CreditNoteIssued 6.00 (net 6.00) of 1: due less 0.00, to balance 0.00, to refund 6.00
        PaymentRefunded Refund 6.00 (net 6.00) of 1, 10.00 in all"#]]);
}

#[test]
fn what_the_bank_takes_back_is_owed_again() {
    let life = paid();
    let command = refund(&life, "10", RefundKind::Chargeback);
    life.at("2026-02-10T12:00:00Z")
        .does(command)
        .tells(expect![[r#"
        PaymentRefunded Chargeback 10.00 (net 10.00) of 1, 10.00 in all
        SubscriptionPastDue since 10 Feb 12:00, until 17 Feb 12:00, to the end on 02 Mar 12:00"#]])
        .does(pay("10"))
        .tells(expect![[r#"
        PaymentRecorded 10.00 (net 10.00) of 1, due 0.00
        SubscriptionRecovered on 10 Feb 12:00"#]]);
}

#[test]
fn a_credit_note_takes_off_what_is_due_first_and_the_rest_is_kept_or_paid_back() {
    let half = Life::in_shop().does(start("small")).does(pay("4")).quietly();
    let command = credit(&half, 1, "8", CreditUnused::Balance);
    half.does(command).tells(expect![[r#"
        CreditNoteIssued 8.00 (net 8.00) of 1: due less 6.00, to balance 2.00, to refund 0.00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
    let life = paid();
    let command = credit(&life, 1, "3", CreditUnused::Refund);
    let life = life
        .does(command)
        .tells(expect!["CreditNoteIssued 3.00 (net 3.00) of 1: due less 0.00, to balance 0.00, to refund 3.00"]);
    let told = life.refuses(&credit(&life, 1, "7.01", CreditUnused::Balance));
    assert!(told.starts_with("a credit note of 7.01 USD exceeds the 7.00 USD that are left of invoice"), "{told}");
    // What is to be paid back needs no second credit note.
    let command = refund(&life, "3", RefundKind::Refund);
    life.does(command).tells(expect!["PaymentRefunded Refund 3.00 (net 3.00) of 1, 3.00 in all"]);
}

#[test]
fn an_invoice_is_void_only_while_nothing_is_paid_of_it() {
    let void = |life: &Life, number| Command::VoidInvoice { invoice: life.invoice(number), reason: id("a mistake") };
    let awaiting = Life::in_shop().does(start("small")).quietly();
    let command = void(&awaiting, 1);
    awaiting
        .does(command.clone())
        .tells(expect![[r#"
        InvoiceVoided 1 10.00
        SubscriptionCanceled on 31 Jan 12:00: Voided"#]])
        .does(command)
        .tells(expect![]);
    let due = paid().settles("2026-02-28T12:00:00Z").quietly();
    assert_eq!(due.code(&void(&due, 1)), "invoice.paid");
    let command = void(&due, 2);
    due.does(command).tells(expect![[r#"
        InvoiceVoided 2 10.00
        SubscriptionRecovered on 28 Feb 12:00"#]]);
}

#[test]
fn iva_in_the_price_leaves_no_fraction_of_a_peso() {
    let text = include_str!("../../../../catalogs/compra-agil.toml");
    let life = Life::under(catalog(&text.replace("currency = \"CLP\"", "currency = \"CLP\"\n")));
    let life = life.with(|context| {
        let billing = crate::organization::BillingProfile { id: id("bp"), hash: id("ab"), country: id("CL") };
        context.terms.as_mut().unwrap().billing = Some(billing);
    });
    let life = life.does(start("profesional")).tells(expect![[r#"
        SubscriptionStarted profesional by the month at 19990
        InvoiceIssued 1 First on 31 Jan 12:00: profesional by the month 19990, IVA 3192 = 19990"#]]);
    // Parts of the net add up to the whole.
    life.does(super::life::pay_in("9995", "CLP")).does(super::life::pay_in("9995", "CLP")).tells(expect![[r#"
        PaymentRecorded 9995 (net 8399) of 1, due 9995
        PaymentRecorded 9995 (net 8399) of 1, due 0
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
}

#[test]
fn a_tax_on_top_of_prices_comes_back_with_what_is_credited() {
    let taxed = SHOP.to_owned().replace(
        "[dunning]",
        "[seller]\nname = \"Acme\"\ncountry = \"CO\"\n[[taxes]]\ncountry = \"CO\"\nname = \"IVA\"\nrate = \"0.19\"\n\
         prices = \"exclusive\"\nfrom = 2017-01-01\n[dunning]",
    );
    let life = Life::under(catalog(&taxed)).does(start("big")).does(pay("23.80")).tells(expect![[r#"
        SubscriptionStarted big by the month at 20.00
        InvoiceIssued 1 First on 31 Jan 12:00: big by the month 20.00, IVA 3.80 = 23.80
        PaymentRecorded 23.80 (net 20.00) of 1, due 0.00
        SubscriptionActivated 31 Jan 12:00 to 28 Feb 12:00"#]]);
    let life = life.at("2026-02-14T12:00:00Z").does(change("small", Effective::Now)).tells(expect![[r#"
        PlanChanged big to small by the month at 10.00 on 14 Feb 12:00
        InvoiceIssued 2 Change on 14 Feb 12:00: unused big -10.00, rest on small 5.00, IVA -0.95 = 0.00, kept 5.95"#]]);
    let command = credit(&life, 1, "11.90", CreditUnused::Refund);
    life.does(command)
        .tells(expect!["CreditNoteIssued 11.90 (net 10.00) of 1: due less 0.00, to balance 0.00, to refund 11.90"]);
}
