//! Every refusal is reached; nothing of what is refused is written ([`Life::decide`] looks at that each time).

use super::life::{Life, SHOP, attach, cancel, change, pay, pay_in, start};
use crate::calendar::Interval;
use crate::catalog::Definition;
use crate::discount::{DiscountTerms, Lasts, Off};
use crate::scenario::{catalog, codes, decimal, id, instant, usd};
use crate::subscription::{Command, CreditUnused, Effective, Received, RefundKind, Rejection};

const NOW: Effective = Effective::Now;

fn shop() -> Definition {
    catalog(SHOP).definition.clone()
}

fn paid() -> Life {
    Life::in_shop().does(start("small")).does(pay("10"))
}

fn migrate(version: u32) -> Command {
    Command::MoveToCatalogVersion { version }
}

fn pause() -> Command {
    Command::Pause { when: NOW, resumes_at: None }
}

fn apply(code: &str, off: Off) -> Command {
    Command::ApplyDiscount { code: id(code), terms: DiscountTerms { off, lasts: Lasts::ForEver, plans: [].into() } }
}

fn percent(code: &str) -> Command {
    apply(code, Off::Percent(decimal("0.5")))
}

fn pay_invoice(invoice: &str) -> Command {
    let (amount, method) = (usd("1"), Received::ByHand);
    Command::RecordPayment { amount, invoice: Some(id(invoice)), method, reference: None }
}

fn pay_number(life: &Life, number: usize) -> Command {
    pay_invoice(life.invoice(number).as_str())
}

fn refund(payment: &str, amount: &str) -> Command {
    let (payment, amount, kind) = (id(payment), usd(amount), RefundKind::Refund);
    Command::RefundPayment { payment, amount, kind, reason: id("a mistake"), reference: None }
}

fn void(life: &Life, number: usize) -> Command {
    Command::VoidInvoice { invoice: life.invoice(number), reason: id("a mistake") }
}

/// Its definition with something else in it.
fn without(change: impl FnOnce(&mut Definition)) -> Definition {
    let mut definition = shop();
    change(&mut definition);
    definition
}

fn months_go_by(mut life: Life, months: usize) -> Life {
    for _ in 0..months {
        let due = life.state.next_due().unwrap();
        life = life.with(|context| context.now = due).does(Command::Settle).does(pay("10"));
    }
    life
}

/// A payment of 5 came from the account balance.
fn paid_from_the_balance() -> (Life, crate::id::PaymentId) {
    let life = Life::in_shop().does(start("big")).does(pay("20"));
    let life = life.at("2026-02-14T12:00:00Z").does(change("small", NOW)).settles("2026-02-28T12:00:00Z");
    let payment = life.state.invoices()[2].payments[0].id.clone();
    (life, payment)
}

fn of_what_it_is() -> Vec<&'static str> {
    let yearly = Command::Start { plan: id("tried"), interval: Interval::Year };
    let awaiting = || Life::in_shop().does(start("small"));
    let cheaper = || paid().publish(without(|definition| definition.plans[1].trial = None));
    vec![
        paid().with(|context| context.terms = None).code(&start("nothing")),
        paid().code(&start("nothing")),
        Life::in_shop().code(&Command::Start { plan: id("nothing"), interval: Interval::Year }),
        Life::in_shop().code(&yearly),
        Life::in_shop().code(&pay_in("20", "CLP")),
        paid().code(&pay_in("20", "CLP")),
        paid().code(&pay("20")),
        awaiting().code(&pay_with_credits("20")),
        cheaper().code(&migrate(7)),
        cheaper().does(migrate(2)).code(&migrate(1)),
        paid().publish(without(|definition| drop(definition.plans.remove(1)))).code(&migrate(2)),
        paid()
            .publish(without(|definition| drop(definition.plans[1].prices.remove(&Interval::Month))))
            .code(&migrate(2)),
    ]
}

fn pay_with_credits(amount: &str) -> Command {
    super::life::pay_with(amount, Received::Credits)
}

fn of_where_it_stands() -> Vec<&'static str> {
    let suspended = || paid().settles("2026-03-08T12:00:00Z");
    let clp = || {
        without(|definition| {
            let prices = definition.plans[2].prices.get_mut(&Interval::Month).unwrap();
            prices.clear();
            prices.insert(id("CLP"), decimal("5000"));
        })
    };
    let early = Command::Pause { when: NOW, resumes_at: Some(instant("2026-01-31T12:00:00Z")) };
    let trial = || Life::in_shop().does(start("tried"));
    vec![
        paid().does(cancel(NOW, CreditUnused::Nothing)).code(&change("nothing", NOW)),
        paid().does(pause()).code(&change("nothing", NOW)),
        suspended().code(&change("nothing", NOW)),
        paid().code(&change("old", NOW)),
        paid().publish(clp()).code(&change("big", NOW)),
        paid().settles("2026-12-01T12:00:00Z").code(&start("carded")),
        Life::in_shop().code(&start("carded")),
        paid().code(&change("small", NOW)),
        Life::in_shop().does(start("small")).code(&change("big", Effective::PeriodEnd)),
        paid().code(&Command::RevokeScheduledChange),
        paid().code(&Command::EndTrial),
        trial().code(&early),
        paid().settles("2026-03-01T12:00:00Z").code(&early),
        paid().code(&early),
        paid().code(&Command::Resume),
    ]
}

fn of_what_is_billed() -> Vec<&'static str> {
    let old = months_go_by(paid(), 40);
    let first = Life::in_shop().does(start("small")).invoice(1);
    let voided = Life::in_shop().does(start("small"));
    let command = void(&voided, 1);
    let voided = voided.does(command);
    let mut in_parts = Life::in_shop().does(start("small"));
    for _ in 0..super::super::payment::PAYMENTS_MAX {
        in_parts = in_parts.does(pay("0.01"));
    }
    let (balance, from_balance) = paid_from_the_balance();
    let payment = paid().state.invoices()[0].payments[0].id.clone();
    let from_credits = Life::in_shop().does(start("small")).does(pay_with_credits("10"));
    let credits_payment = from_credits.state.invoices()[0].payments[0].id.clone();
    let credit = |life: &Life| Command::IssueCreditNote {
        invoice: life.invoice(1),
        amount: usd("10.01"),
        credit: CreditUnused::Balance,
        reason: id("a mistake"),
    };
    let mut discounted = paid();
    for number in 0..10 {
        discounted = discounted.does(percent(&format!("CODE{number}")));
    }
    let pesos = crate::money::Money::rounded(decimal("500"), id("CLP"));
    vec![
        paid().code(&pay_invoice("inv_other-1")),
        old.code(&pay_invoice(first.as_str())),
        voided.code(&pay_number(&voided, 1)),
        paid().code(&pay_number(&paid(), 1)),
        in_parts.code(&pay("0.01")),
        paid().code(&refund("pay_other", "1")),
        balance.code(&refund(from_balance.as_str(), "1")),
        from_credits.code(&refund(credits_payment.as_str(), "1")),
        paid().code(&refund(payment.as_str(), "10.01")),
        paid().code(&credit(&paid())),
        paid().code(&void(&paid(), 1)),
        too_many_open().code(&change("big", NOW)),
        paid().does(percent("SPRING")).code(&percent("SPRING")),
        paid().code(&apply("PESOS", Off::Amount(pesos))),
        discounted.code(&percent("ONE-MORE")),
        paid().code(&Command::RemoveDiscount { code: id("SPRING") }),
    ]
}

/// Changes up and up by a cent, at the same instant: each leaves an invoice open.
fn too_many_open() -> Life {
    let mut plans = String::new();
    for number in 0..21 {
        plans += &format!("[[plans]]\ncode = \"p{number}\"\nprice = {{ month = {} }}\n", number + 1);
    }
    let text = format!("product = \"agencia\"\ncurrency = \"USD\"\n{plans}");
    let mut life = Life::under(catalog(&text)).does(start("p0")).does(pay("1"));
    for number in 1..=20 {
        life = life.does(change(&format!("p{number}"), NOW));
    }
    life.publish(shop())
}

#[test]
fn each_refusal_is_reached() {
    let reached = [of_what_it_is(), of_where_it_stands(), of_what_is_billed()].concat();
    assert_eq!(reached, codes::<Rejection>());
}

#[test]
fn a_plan_of_another_product_is_unknown() {
    assert_eq!(paid().refuses(&change("PROFESSIONAL", NOW)), "product agencia has no plan PROFESSIONAL");
    assert_eq!(attach_then_start().refuses(&start("PROFESSIONAL")), "product agencia has no plan PROFESSIONAL");
}

fn attach_then_start() -> Life {
    Life::in_shop().does(attach())
}
