//! Registration, as the business tells it.

use expect_test::expect;

use super::{Command, Event, Organization, Rejection, Sponsorship};
use crate::id::ReferralCode;
use crate::scenario::{Scenario, codes, id, replaying_in_two_halves_equals_replaying_at_once, seed};

fn given<const N: usize>(history: [Event; N]) -> Scenario<Organization> {
    Scenario::given(history)
}

fn by_juan() -> Option<Sponsorship> {
    Some(Sponsorship { sponsor: id("juan"), code: id("7KQ2M9XWRA") })
}

fn register(sponsor: Option<Sponsorship>) -> Command {
    let (organization, product) = (id("maria"), id("agencia"));
    Command::Register { organization, product, time_zone: id("America/Bogota"), sponsor }
}

/// Registered by the first command of a scenario.
fn registered(sponsor: Option<Sponsorship>) -> Event {
    Event::OrganizationRegistered {
        organization: id("maria"),
        product: id("agencia"),
        time_zone: id("America/Bogota"),
        referral_code: ReferralCode::fresh(seed(1).as_u128()),
        sponsor,
    }
}

#[test]
fn a_registered_organization_gets_a_referral_code_of_its_own() {
    let answer = given([]).when(register(None)).then([registered(None)]);
    assert_eq!(answer.unwrap().referral_code.as_str(), "3222222222");
}

#[test]
fn who_referred_an_organization_is_kept_with_its_registration() {
    given([]).when(register(by_juan())).then([registered(by_juan())]);
}

#[test]
fn an_organization_registers_once() {
    given([registered(None)])
        .when(register(None))
        .then_rejected(expect!["organization maria is registered already, with product agencia"]);
}

#[test]
fn a_product_without_a_catalog_takes_no_customers() {
    given([]).without_catalog().when(register(None)).then_rejected(expect!["product agencia has no published catalog"]);
}

#[test]
fn each_refusal_is_reached_and_an_earlier_one_goes_first() {
    let reached = [
        given([registered(None)]).without_catalog().when(register(None)).code(),
        given([]).without_catalog().when(register(None)).code(),
    ];
    assert_eq!(reached.to_vec(), codes::<Rejection>());
}

#[test]
fn a_registration_replays_from_a_snapshot() {
    for middle in [0, 1] {
        replaying_in_two_halves_equals_replaying_at_once::<Organization>(&[registered(by_juan())], middle);
    }
}
