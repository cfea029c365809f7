//! What is given back of a payment takes back what it earned, in proportion.

use super::maturity::{DUE, waiting};
use super::*;
use crate::referral_tree::PAYMENTS_KEPT;

/// So much of what a payer paid was given back so far.
pub(super) fn refund(payment: &str, payer: &str, total: &str, paid: &str) -> Command {
    Command::ClawBack {
        payment: id(payment),
        payer: id(payer),
        refund: id("ref_1"),
        refunded_net_total: usd(total),
        paid_net: usd(paid),
    }
}

fn taken_back(level: u8, beneficiary: &str, amount: &str, total: &str, matured: bool) -> Event {
    Event::CommissionClawedBack {
        commission: CommissionId::of(&id("pay_1"), level),
        refund: id("ref_1"),
        payer: id("pedro"),
        beneficiary: id(beneficiary),
        amount: credits(amount),
        clawed_back_total: credits(total),
        matured,
    }
}

/// One payment of Pedro's more than are kept, `pay_0` first.
pub(super) fn after_many_payments() -> Scenario<ReferralTree> {
    pays(the_three(), PAYMENTS_KEPT + 1)
}

fn pays(scenario: Scenario<ReferralTree>, times: usize) -> Scenario<ReferralTree> {
    (0..times).fold(scenario, |scenario, number| {
        scenario.after(Command::AccrueCommissions {
            payment: id(&format!("pay_{number}")),
            payer: id("pedro"),
            amount: usd("15"),
            paid_at: None,
            catalog_version: None,
        })
    })
}

fn paid_15() -> Scenario<ReferralTree> {
    the_three().after(accrue("pedro", usd("15")))
}

#[test]
fn a_refund_takes_back_its_share_of_every_level() {
    paid_15()
        .when(refund("pay_1", "pedro", "7.50", "15"))
        .then([taken_back(1, "maria", "1.50", "1.50", true), taken_back(2, "juan", "0.375", "0.375", true)]);
}

#[test]
fn parts_add_up_to_what_the_whole_would() {
    // A third is not a number with an end, and 0.75 is not divisible by it either.
    let mut scenario = paid_15();
    let mut sums = [Money::rounded(decimal("0"), id("USD")).amount; 2];
    for total in ["3.33", "3.34", "7.01", "11.11", "15"] {
        let events = scenario.clone().when(refund("pay_1", "pedro", total, "15")).events();
        for event in &events {
            let Event::CommissionClawedBack { commission, amount, clawed_back_total, .. } = event else { panic!() };
            let sum = &mut sums[usize::from(*commission == CommissionId::of(&id("pay_1"), 2))];
            *sum += amount.amount();
            assert_eq!(*sum, clawed_back_total.amount());
        }
        scenario = scenario.after(refund("pay_1", "pedro", total, "15"));
    }
    assert_eq!(sums, [decimal("3"), decimal("0.75")]);
}

#[test]
fn the_same_total_again_takes_nothing_more() {
    let half = || refund("pay_1", "pedro", "7.50", "15");
    paid_15().after(half()).when(half()).then_nothing();
    // Told in another order: the smaller total is part of the larger one already.
    paid_15().after(half()).when(refund("pay_1", "pedro", "5", "15")).then_nothing();
}

#[test]
fn what_has_not_matured_matures_as_less() {
    let waits = the_three().under(waiting()).after(accrue("pedro", usd("15")));
    let events = waits.clone().when(refund("pay_1", "pedro", "7.50", "15")).events();
    assert_eq!(events, [taken_back(1, "maria", "1.50", "1.50", false), taken_back(2, "juan", "0.375", "0.375", false)]);
    let events = waits.after(refund("pay_1", "pedro", "7.50", "15")).at(DUE).when(Command::Settle).events();
    let amounts = events.iter().map(|event| match event {
        Event::CommissionMatured { amount, .. } => amount.to_string(),
        other => panic!("{other:?}"),
    });
    assert_eq!(amounts.collect::<Vec<_>>(), ["1.50", "0.375"]);
}

#[test]
fn what_was_given_back_whole_before_it_matured_never_matures() {
    let waits = the_three().under(waiting()).after(accrue("pedro", usd("15")));
    let gone = waits.after(refund("pay_1", "pedro", "15", "15")).at(DUE);
    assert_eq!(gone.clone().state().next_due(), None);
    gone.when(Command::Settle).then_nothing();
}

#[test]
fn what_fell_due_before_the_refund_matured_whole() {
    let waits = the_three().under(waiting()).after(accrue("pedro", usd("15")));
    let events = waits.at(DUE).when(refund("pay_1", "pedro", "15", "15")).events();
    let told: Vec<String> = events.iter().map(cqrs_es::DomainEvent::event_type).collect();
    assert_eq!(told, ["CommissionMatured", "CommissionMatured", "CommissionClawedBack", "CommissionClawedBack"]);
    assert_eq!(events[2], taken_back(1, "maria", "3", "3", true));
}

#[test]
fn a_payment_that_earned_nobody_anything_takes_nothing_back() {
    the_three().after(accrue("juan", usd("15"))).when(refund("pay_1", "juan", "15", "15")).then_nothing();
    // Paid without tax or with nothing else: there is nothing to share out.
    paid_15().when(refund("pay_1", "pedro", "0", "0")).then_nothing();
}

#[test]
fn more_than_was_paid_cannot_be_given_back_nor_another_currency() {
    paid_15().when(refund("pay_1", "pedro", "15.01", "15")).then_rejected_in_full(expect![[r#"
        refunds of 15.01 USD exceed the 15.00 USD of payment pay_1
        hint: give back at most what was paid, in the currency it was paid in
        payment = "pay_1"
        paid = {"amount":"15.00","currency":"USD"}
        refunded = {"amount":"15.01","currency":"USD"}"#]]);
    let pesos = Command::ClawBack {
        payment: id("pay_1"),
        payer: id("pedro"),
        refund: id("ref_1"),
        refunded_net_total: Money::rounded(decimal("5"), id("CLP")),
        paid_net: usd("15"),
    };
    assert_eq!(paid_15().when(pesos).code(), "referral.refund_exceeds_payment");
}

#[test]
fn the_newest_payments_are_kept_and_an_older_one_is_named() {
    let kept = || after_many_payments();
    assert_eq!(kept().when(refund("pay_1", "pedro", "15", "15")).events().len(), 2);
    kept().when(refund("pay_0", "pedro", "15", "15")).then_rejected_in_full(expect![[r#"
        payment pay_0 of pedro is not among the newest that earned commissions
        hint: correct the balances of those who earned of it by hand
        payment = "pay_0"
        payer = "pedro""#]]);
}

#[test]
fn no_payment_is_let_go_of_while_something_of_it_has_to_mature() {
    let waits = pays(the_three().under(waiting()), 2 * PAYMENTS_KEPT);
    assert_eq!(waits.clone().when(refund("pay_0", "pedro", "15", "15")).events().len(), 2);
    let settled = waits.at(DUE).after(Command::Settle);
    assert_eq!(settled.clone().when(refund("pay_23", "pedro", "15", "15")).code(), "referral.payment_forgotten");
    assert_eq!(settled.when(refund("pay_24", "pedro", "15", "15")).events().len(), 2);
}

#[test]
fn a_refund_of_a_stranger_is_refused() {
    the_three()
        .when(refund("pay_1", "ana", "15", "15"))
        .then_rejected(expect!["organization ana is not in the referral tree"]);
}
