//! A sponsor is named once, soon after registration and before the first payment.

use super::*;

/// So late that agencia would take no sponsor any more: 30 days after a registration on 1 January. Ana refers too.
pub(super) fn late(scenario: Scenario<ReferralTree>) -> Scenario<ReferralTree> {
    scenario.after(enroll("ana", None)).under(within_30_days()).at("2026-01-31T00:00:00Z")
}

fn within_30_days() -> Arc<CatalogVersion> {
    agencia_with("[referrals]\nrates = [\"0.20\", \"0.05\"]\nattribution_days = 30")
}

fn alone() -> Scenario<ReferralTree> {
    given([enrolled("juan"), enrolled("ana")]).under(within_30_days())
}

#[test]
fn whoever_has_paid_can_name_no_sponsor_any_more() {
    given([enrolled("juan"), enrolled("ana")])
        .after(accrue("ana", usd("15")))
        .when(attribute("ana", "juan"))
        .then_rejected_in_full(expect![[r#"
            organization ana has paid already
            hint: name the sponsor before the first payment
            organization = "ana""#]]);
}

#[test]
fn the_first_payment_is_noted_once_even_if_it_earns_nobody_anything() {
    let alone = given([enrolled("ana")]);
    alone.clone().when(accrue("ana", usd("15"))).then([paid("ana")]);
    alone.after(accrue("ana", usd("15"))).when(accrue("ana", usd("15"))).then_nothing();
}

#[test]
fn whoever_earned_somebody_something_before_that_was_noted_has_paid() {
    // A log of an earlier release has the commission, and nothing of a first payment.
    let tree = given([enrolled("juan"), enrolled("ana"), accrued("ana", usd("15"), 1, "juan", "0.20", "3")]).state();
    assert!(tree.has_paid(&id("ana")));
    assert!(!tree.has_paid(&id("juan")));
}

#[test]
fn a_sponsor_is_named_within_the_days_the_catalog_gives() {
    let last = alone().at("2026-01-30T23:59:59.999999Z").when(attribute("ana", "juan")).events();
    assert_eq!(last.len(), 1);
    alone().at("2026-01-31T00:00:00Z").when(attribute("ana", "juan")).then_rejected_in_full(expect![[r#"
        a sponsor of organization ana could be named until 2026-01-31T00:00:00Z
        hint: name the sponsor at registration, or soon after it
        organization = "ana"
        ended_at = "2026-01-31T00:00:00Z""#]]);
}

#[test]
fn where_the_catalog_sets_no_days_or_nobody_knows_since_when_there_is_no_end() {
    let of_old = |command| match command {
        Command::Attribute { organization, referred_with, .. } => {
            Command::Attribute { organization, referred_with, registered_at: None }
        }
        other => other,
    };
    assert!(alone().at("2036-01-31T00:00:00Z").accepts(of_old(attribute("ana", "juan"))));
    assert!(alone().under(agencia()).at("2036-01-31T00:00:00Z").accepts(attribute("ana", "juan")));
    assert!(alone().without_catalog().at("2036-01-31T00:00:00Z").accepts(attribute("ana", "juan")));
}

#[test]
fn the_tree_as_it_was_at_the_payment_decides() {
    let paid_at = |paid_at: &str| Command::AccrueCommissions {
        payment: id("pay_2"),
        payer: id("ana"),
        amount: usd("15"),
        paid_at: Some(instant(paid_at)),
        catalog_version: None,
    };
    // Named at noon; the payment of a moment before comes here later.
    let named = || given([enrolled("juan"), enrolled("ana"), paid("ana"), referred_later("ana", "juan")]);
    named().when(paid_at("2026-01-31T11:59:59Z")).then_nothing();
    assert_eq!(named().when(paid_at("2026-01-31T12:00:00Z")).events().len(), 2);
}

#[test]
fn a_sponsor_of_the_sponsor_that_came_later_earns_of_later_payments() {
    let line = given([enrolled("juan"), enrolled("maria"), enrolled("pedro"), referred("pedro", "maria")]);
    let line = line.after(attribute("maria", "juan"));
    let pay = |at: &str| Command::AccrueCommissions {
        payment: id("pay_2"),
        payer: id("pedro"),
        amount: usd("15"),
        paid_at: Some(instant(at)),
        catalog_version: None,
    };
    let earners = |at: &str| {
        let events = line.clone().when(pay(at)).events();
        let earners = events.iter().filter_map(|event| match event {
            Event::CommissionAccrued { beneficiary, .. } => Some(beneficiary.to_string()),
            _ => None,
        });
        earners.collect::<Vec<_>>()
    };
    assert_eq!(earners("2026-01-31T11:00:00Z"), ["maria"]);
    assert_eq!(earners("2026-01-31T13:00:00Z"), ["maria", "juan"]);
}

#[test]
fn a_product_may_pay_as_many_levels_as_it_likes() {
    let rates = "[referrals]\nrates = [\"0.10\", \"0.05\", \"0.03\", \"0.02\", \"0.01\"]";
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let line = names.windows(2).fold(given([enrolled("a")]).under(agencia_with(rates)), |line, pair| {
        line.after(enroll(pair[1], Some(pair[0])))
    });
    let events = line.when(accrue("g", usd("100"))).events();
    let earned = events.iter().filter_map(|event| match event {
        Event::CommissionAccrued { beneficiary, level, amount, .. } => Some(format!("{level} {beneficiary} {amount}")),
        _ => None,
    });
    assert_eq!(earned.collect::<Vec<_>>(), ["1 f 10.00", "2 e 5.00", "3 d 3.00", "4 c 2.00", "5 b 1.00"]);
}
