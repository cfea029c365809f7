//! Who referred whom and what it pays, as the business tells it. Juan referred Maria, Maria referred Pedro.

mod clawback;
mod family;
mod maturity;
mod simulated;
mod sponsors;

use std::sync::Arc;

use expect_test::expect;

use super::{Command, Event, ReferralTree, Rejection};
use crate::catalog::CatalogVersion;
use crate::id::CommissionId;
use crate::money::Money;
use crate::scenario::{START, Scenario, agencia, catalog, codes, credits, decimal, id, instant, usd};

fn given<const N: usize>(history: [Event; N]) -> Scenario<ReferralTree> {
    Scenario::given(history)
}

/// Everyone's code is the name with `-code` behind it.
fn enroll(organization: &str, sponsor: Option<&str>) -> Command {
    let code = id(&format!("{organization}-code"));
    let referred_with = sponsor.map(|sponsor| id(&format!("{sponsor}-code")));
    Command::Enroll { organization: id(organization), code, referred_with }
}

fn attribute(organization: &str, sponsor: &str) -> Command {
    let (organization, referred_with) = (id(organization), id(&format!("{sponsor}-code")));
    Command::Attribute { organization, referred_with, registered_at: Some(instant("2026-01-01T00:00:00Z")) }
}

fn accrue(payer: &str, amount: Money) -> Command {
    let (payment, payer) = (id("pay_1"), id(payer));
    Command::AccrueCommissions { payment, payer, amount, paid_at: None, catalog_version: None }
}

fn enrolled(organization: &str) -> Event {
    Event::OrganizationEnrolled { organization: id(organization), code: id(&format!("{organization}-code")) }
}

fn referred(organization: &str, sponsor: &str) -> Event {
    let code = id(&format!("{sponsor}-code"));
    Event::ReferralAttributed { organization: id(organization), sponsor: id(sponsor), code, since: None }
}

/// Referred by a command of its own, when the scenario began.
fn referred_later(organization: &str, sponsor: &str) -> Event {
    let code = id(&format!("{sponsor}-code"));
    let since = Some(instant(START));
    Event::ReferralAttributed { organization: id(organization), sponsor: id(sponsor), code, since }
}

fn paid(payer: &str) -> Event {
    Event::FirstPaymentMade { payer: id(payer), payment: id("pay_1"), paid_at: instant(START) }
}

/// Without waiting.
fn accrued(payer: &str, base: Money, level: u8, beneficiary: &str, rate: &str, amount: &str) -> Event {
    Event::CommissionAccrued {
        commission: CommissionId::of(&id("pay_1"), level),
        payment: id("pay_1"),
        payer: id(payer),
        beneficiary: id(beneficiary),
        level,
        rate: decimal(rate),
        base,
        amount: credits(amount),
        catalog_version: 1,
        matures_at: Some(instant(START)),
    }
}

/// Of the payment `pay_1`, when the scenario began.
fn matured(payer: &str, level: u8, beneficiary: &str, amount: &str) -> Event {
    Event::CommissionMatured {
        commission: CommissionId::of(&id("pay_1"), level),
        payer: id(payer),
        beneficiary: id(beneficiary),
        amount: credits(amount),
        matured_at: instant(START),
    }
}

/// None of them has paid yet.
fn newcomers() -> Scenario<ReferralTree> {
    given([
        enrolled("juan"),
        enrolled("maria"),
        referred("maria", "juan"),
        enrolled("pedro"),
        referred("pedro", "maria"),
    ])
}

/// All of them have paid before.
fn the_three() -> Scenario<ReferralTree> {
    given([
        enrolled("juan"),
        enrolled("maria"),
        referred("maria", "juan"),
        enrolled("pedro"),
        referred("pedro", "maria"),
        paid("juan"),
        paid("maria"),
        paid("pedro"),
    ])
}

/// Agencia with other referral terms, or with none.
fn agencia_with(referrals: &str) -> Arc<CatalogVersion> {
    catalog(&format!(
        "product = \"agencia\"\ncurrency = \"USD\"\n{referrals}\n[[plans]]\ncode = \"pro\"\nprice = {{ month = \"45\" }}"
    ))
}

#[test]
fn an_organization_without_a_referrer_begins_a_tree_of_its_own() {
    given([]).when(enroll("juan", None)).then([enrolled("juan")]);
}

#[test]
fn whoever_gives_a_code_is_placed_below_its_owner() {
    let answer = given([enrolled("juan")])
        .when(enroll("maria", Some("juan")))
        .then([enrolled("maria"), referred("maria", "juan")]);
    assert_eq!(answer.sponsor, Some(id("juan")));
}

#[test]
fn enrolling_again_with_the_same_code_is_already_so() {
    the_three().when(enroll("maria", Some("juan"))).then_nothing();
}

#[test]
fn an_organization_without_a_sponsor_can_name_one_later() {
    given([enrolled("juan"), enrolled("ana")]).when(attribute("ana", "juan")).then([referred_later("ana", "juan")]);
}

#[test]
fn naming_the_same_sponsor_again_is_already_so() {
    the_three().when(attribute("maria", "juan")).then_nothing();
}

#[test]
fn a_second_sponsor_is_refused() {
    the_three()
        .after(enroll("ana", None))
        .when(attribute("pedro", "ana"))
        .then_rejected(expect!["organization pedro was referred by maria already"]);
}

#[test]
fn nobody_refers_itself() {
    the_three().when(attribute("juan", "juan")).then_rejected(expect!["organization juan cannot refer itself"]);
    // At enrolment the own code is not handed out yet.
    given([]).when(enroll("juan", Some("juan"))).then_rejected(expect!["referral code juan-code belongs to nobody"]);
}

#[test]
fn a_cycle_of_three_is_refused() {
    newcomers().when(attribute("juan", "pedro")).then_rejected_in_full(expect![[r#"
        organization pedro stands below juan in the referral tree
        hint: give a code from outside the organization's own network
        organization = "juan"
        sponsor = "pedro""#]]);
}

#[test]
fn a_cycle_of_two_is_refused() {
    the_three()
        .when(attribute("juan", "maria"))
        .then_rejected(expect!["organization maria stands below juan in the referral tree"]);
}

#[test]
fn an_unknown_code_is_refused_and_nobody_is_enrolled() {
    given([])
        .when(enroll("maria", Some("nobody")))
        .then_rejected(expect!["referral code nobody-code belongs to nobody"]);
}

#[test]
fn a_code_belongs_to_one_organization_and_an_organization_has_one_code() {
    let taken = Command::Enroll { organization: id("ana"), code: id("juan-code"), referred_with: None };
    the_three().when(taken).then_rejected(expect!["referral code juan-code is taken"]);
    let second = Command::Enroll { organization: id("juan"), code: id("juan-code-2"), referred_with: None };
    the_three().when(second).then_rejected(expect!["referral code juan-code-2 is taken"]);
}

#[test]
fn when_maria_pays_199_juan_earns_39_80() {
    let base = usd("199");
    the_three()
        .when(accrue("maria", base))
        .then([accrued("maria", base, 1, "juan", "0.20", "39.80"), matured("maria", 1, "juan", "39.80")]);
}

#[test]
fn when_pedro_pays_15_maria_earns_3_and_juan_0_75() {
    let base = usd("15");
    the_three().when(accrue("pedro", base)).then([
        accrued("pedro", base, 1, "maria", "0.20", "3.00"),
        accrued("pedro", base, 2, "juan", "0.05", "0.75"),
        matured("pedro", 1, "maria", "3.00"),
        matured("pedro", 2, "juan", "0.75"),
    ]);
}

#[test]
fn of_marias_45_juan_earns_9() {
    let base = usd("45");
    let catalog = agencia_with("[referrals]\nrates = [\"0.20\", \"0.05\"]");
    the_three()
        .under(catalog)
        .when(accrue("maria", base))
        .then([accrued("maria", base, 1, "juan", "0.20", "9"), matured("maria", 1, "juan", "9")]);
}

#[test]
fn whoever_has_no_referrer_earns_nobody_anything() {
    the_three().when(accrue("juan", usd("199"))).then_nothing();
}

#[test]
fn a_chain_longer_than_the_rates_stops_where_they_end() {
    let base = usd("15");
    the_three().after(enroll("ana", Some("pedro"))).when(accrue("ana", base)).then([
        paid("ana"),
        accrued("ana", base, 1, "pedro", "0.20", "3.00"),
        accrued("ana", base, 2, "maria", "0.05", "0.75"),
        matured("ana", 1, "pedro", "3.00"),
        matured("ana", 2, "maria", "0.75"),
    ]);
}

#[test]
fn commissions_are_exact_to_a_millionth_of_a_credit() {
    let cases = [
        ("0.01", "[\"0.20\"]", "1", Some("0.002")),
        ("0.01", "[\"0.000050\"]", "1", Some("0.000001")),
        ("0.01", "[\"0.000049\"]", "1", None),
        ("15", "[\"0.20\"]", "100", Some("300")),
    ];
    for (paid, rates, credits_per_unit, earned) in cases {
        let base = usd(paid);
        let terms = format!("[referrals]\nrates = {rates}\ncredits_per_unit = \"{credits_per_unit}\"");
        let rate = rates.trim_matches(['[', ']', '"']);
        let outcome = the_three().under(agencia_with(&terms)).when(accrue("maria", base));
        match earned {
            Some(earned) => drop(
                outcome.then([accrued("maria", base, 1, "juan", rate, earned), matured("maria", 1, "juan", earned)]),
            ),
            None => outcome.then_nothing(),
        }
    }
}

#[test]
fn a_product_without_referral_terms_pays_no_commissions() {
    the_three().under(agencia_with("")).when(accrue("pedro", usd("15"))).then_nothing();
    the_three().without_catalog().when(accrue("pedro", usd("15"))).then_nothing();
    assert!(agencia().definition.referrals.is_some());
}

#[test]
fn a_payment_of_a_stranger_is_refused() {
    the_three().when(accrue("ana", usd("15"))).then_rejected(expect!["organization ana is not in the referral tree"]);
}

#[test]
fn each_refusal_is_reached_and_an_earlier_one_goes_first() {
    let taken = Command::Enroll { organization: id("ana"), code: id("juan-code"), referred_with: Some(id("nobody")) };
    let reached = [
        the_three().when(taken).code(),
        the_three().when(attribute("ana", "nobody")).code(),
        the_three().when(attribute("pedro", "nobody")).code(),
        the_three().when(attribute("pedro", "pedro")).code(),
        the_three().when(attribute("pedro", "juan")).code(),
        the_three().when(attribute("juan", "pedro")).code(),
        sponsors::late(the_three()).when(attribute("juan", "ana")).code(),
        sponsors::late(newcomers()).when(attribute("juan", "ana")).code(),
        clawback::after_many_payments().when(clawback::refund("pay_0", "pedro", "16", "15")).code(),
        clawback::after_many_payments().when(clawback::refund("pay_0", "pedro", "15", "15")).code(),
    ];
    assert_eq!(reached.to_vec(), codes::<Rejection>());
}
