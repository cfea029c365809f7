//! Invoices paid from credits. A credit is worth 0.27 USD: 3.7 of them pay 1 USD.

use super::*;
use crate::context::OpenInvoice;
use crate::credit_ledger::ReturnedPayment;
use crate::id::InvoiceId;
use crate::money::Money;
use crate::scenario::usd;

fn invoice() -> InvoiceId {
    id("inv_1-1")
}

fn worth(per_unit: &str) -> Arc<CatalogVersion> {
    let text = include_str!("../../../../catalogs/agencia.toml");
    catalog(&format!("{text}\n[credits]\nper_unit = {{ USD = \"{per_unit}\" }}\n"))
}

/// Pedro owes 15 USD, and a credit is worth something.
pub(super) fn owing<const N: usize>(history: [Event; N]) -> Scenario<CreditLedger> {
    let open = vec![OpenInvoice { invoice: invoice(), open: usd("15") }];
    given(history).under(worth("3.7")).with(move |context| context.terms.as_mut().unwrap().open_invoices = open)
}

pub(super) fn pay(amount: Option<&str>) -> Command {
    Command::PayInvoice { invoice: invoice(), amount: amount.map(usd) }
}

/// So much of an invoice.
pub(super) fn pay_of(invoice: &str, amount: &str, currency: &str) -> Command {
    let amount = Money::rounded(decimal(amount), id(currency));
    Command::PayInvoice { invoice: id(invoice), amount: Some(amount) }
}

fn draws(draws: &[(u128, &str)]) -> Vec<Draw> {
    draws.iter().map(|(number, amount)| Draw { lot: lot(*number), amount: credits(amount) }).collect()
}

fn paid(amount: &str, charge: &str, drawn: &[(u128, &str)]) -> Event {
    let (invoice, amount, credits) = (invoice(), usd(amount), credits(charge));
    Event::InvoicePaidFromCredits { invoice, amount, credits, draws: draws(drawn), catalog_version: 1 }
}

fn give_back(amount: &str, drawn: &[(u128, &str)]) -> Command {
    Command::ReturnInvoicePayment(ReturnedPayment { invoice: invoice(), amount: usd(amount), draws: draws(drawn) })
}

fn returned(amount: &str, all: &str, back: &[(u128, &str)]) -> Event {
    let (invoice, amount, credits) = (invoice(), usd(amount), credits(all));
    Event::InvoicePaymentReturned { invoice, amount, credits, draws: draws(back) }
}

#[test]
fn an_invoice_is_paid_from_credits_in_burn_down_order() {
    let answer = owing([topped_up(8, "50"), earned(9, "10")]).when(pay(None)).then([paid(
        "15",
        "55.50",
        &[(9, "10"), (8, "45.50")],
    )]);
    assert_eq!((answer.balance, answer.charged), (credits("4.50"), credits("55.50")));
}

#[test]
fn never_less_is_paid_than_the_amount_is_worth() {
    for (per_unit, amount, charge) in
        [("3.7", "0.01", "0.037"), ("0.333333", "0.01", "0.003334"), ("0.000001", "0.01", "0.000001"), ("1", "5", "5")]
    {
        let owing = owing([topped_up(8, "50")]).under(worth(per_unit));
        owing.when(pay(Some(amount))).then([paid(amount, charge, &[(8, charge)])]);
    }
}

#[test]
fn whoever_may_use_nothing_may_pay_still() {
    let suspended = owing([topped_up(8, "50")]).with(|context| {
        let (since, reason, actor) = (instant(START), id("chargeback under review"), id("operator-7"));
        context.terms.as_mut().unwrap().status = crate::organization::Status::Suspended { since, reason, actor };
    });
    assert!(suspended.accepts(pay(Some("1"))));
}

#[test]
fn what_would_not_be_taken_is_refused_and_nothing_is_drawn() {
    let rich = || owing([topped_up(8, "100")]);
    let other = Command::PayInvoice { invoice: id("inv_1-2"), amount: None };
    rich().when(other).then_rejected_in_full(expect![[r#"
        invoice inv_1-2 is not open
        hint: name an invoice of which something is due
        invoice = "inv_1-2""#]]);
    rich().when(pay_of("inv_1-1", "900", "CLP")).then_rejected_in_full(expect![[r#"
        the invoice is in USD, not in CLP
        hint: pay it in USD
        expected = "USD"
        found = "CLP""#]]);
    rich()
        .when(pay(Some("15.01")))
        .then_rejected(expect!["a payment of 15.01 USD exceeds the 15.00 USD that are open of invoice inv_1-1"]);
    let agencia = rich().under(crate::scenario::agencia());
    agencia.when(pay(None)).then_rejected(expect!["the catalog does not say what credits are worth in USD"]);
    let poor = owing([topped_up(8, "55")]).when(pay(None));
    poor.then_rejected(expect!["a balance of 55.00 credits does not pay for 55.50"]);
}

#[test]
fn a_payment_that_was_not_taken_goes_back_to_the_lots_it_came_from() {
    let history = [topped_up(8, "50"), earned(9, "10"), paid("5", "18.50", &[(9, "10"), (8, "8.50")])];
    // Of the commission's lot nothing was left, so it is there no more.
    let answer = owing(history).when(give_back("5", &[(9, "10"), (8, "8.50")])).then([
        returned("5", "18.50", &[(8, "8.50")]),
        Event::CreditsGranted {
            lot: lot(1),
            kind: LotKind::Refund,
            amount: credits("10"),
            priority: 10,
            effective_from: instant(START),
            expires_at: None,
            commission: None,
            reference: None,
            reason: None,
            actor: None,
        },
    ]);
    assert_eq!(answer.balance, credits("60"));
}
