//! Registration, and what operators decide by hand, as the business tells it.

mod clocks;

use expect_test::expect;
use jiff::Timestamp;

use super::decide::ADMINISTRATORS_MAX;
use super::{BillingProfile, Command, Environment, Event, Organization, OverrideValue, Rejection, Sponsorship};
use crate::catalog::Limit;
use crate::id::ReferralCode;
use crate::money::Quantity;
use crate::scenario::{
    START, Scenario, codes, fold, id, instant, replaying_in_two_halves_equals_replaying_at_once, seed,
};

fn given<const N: usize>(history: [Event; N]) -> Scenario<Organization> {
    Scenario::given(history)
}

fn by_juan() -> Option<Sponsorship> {
    Some(Sponsorship { sponsor: id("juan"), code: id("7KQ2M9XWRA") })
}

fn register_as(environment: Environment, sponsor: Option<Sponsorship>) -> Command {
    let (organization, product) = (id("maria"), id("agencia"));
    Command::Register { organization, product, time_zone: id("America/Bogota"), sponsor, environment }
}

fn register(sponsor: Option<Sponsorship>) -> Command {
    register_as(Environment::Live, sponsor)
}

fn registered_as(environment: Environment, sponsor: Option<Sponsorship>) -> Event {
    Event::OrganizationRegistered {
        organization: id("maria"),
        product: id("agencia"),
        time_zone: id("America/Bogota"),
        referral_code: ReferralCode::fresh(seed(1).as_u128()),
        sponsor,
        environment,
        registered_at: Some(instant(START)),
    }
}

/// Registered by the first command of a scenario.
fn registered(sponsor: Option<Sponsorship>) -> Event {
    registered_as(Environment::Live, sponsor)
}

fn sandbox() -> Event {
    registered_as(Environment::Sandbox, None)
}

fn up_to(limit: u32) -> OverrideValue {
    OverrideValue::Limit(Limit::UpTo(Quantity::of(limit.into())))
}

fn override_until(feature: &str, value: OverrideValue, until: Option<&str>) -> Command {
    let (reason, actor) = (id("goodwill"), id("operator-7"));
    Command::OverrideFeature { feature: id(feature), value, reason, actor, until: until.map(instant) }
}

fn override_by(feature: &str, value: OverrideValue) -> Command {
    override_until(feature, value, None)
}

fn overridden(feature: &str, value: OverrideValue, until: Option<&str>) -> Event {
    let (reason, actor) = (id("goodwill"), id("operator-7"));
    Event::FeatureOverridden { feature: id(feature), value, reason, actor, until: until.map(instant) }
}

fn suspend() -> Command {
    Command::Suspend { reason: id("chargeback"), actor: id("operator-7") }
}

fn suspended() -> Event {
    Event::OrganizationSuspended { since: instant(START), reason: id("chargeback"), actor: id("operator-7") }
}

fn resume() -> Command {
    Command::Resume { reason: id("paid"), actor: id("operator-7") }
}

fn resumed() -> Event {
    Event::OrganizationResumed { reason: id("paid"), actor: id("operator-7") }
}

fn appoint(administrator: &str) -> Command {
    Command::AppointAdministrator { administrator: id(administrator), actor: id("operator-7") }
}

fn appointed(administrator: &str) -> Event {
    Event::AdministratorAppointed { administrator: id(administrator), actor: id("operator-7") }
}

fn dismiss(administrator: &str) -> Command {
    Command::DismissAdministrator { administrator: id(administrator), actor: id("operator-7") }
}

fn set(now: &str) -> Command {
    Command::SetInstant { instant: instant(now), actor: id("operator-7") }
}

fn was_set(now: &str) -> Event {
    Event::InstantSet { instant: instant(now), actor: id("operator-7") }
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
fn a_feature_of_any_kind_is_overridden_by_what_fits_it() {
    let fitting = [
        ("white_label", OverrideValue::On),
        ("white_label", OverrideValue::Off),
        ("whatsapp_messages", OverrideValue::Off),
        ("whatsapp_messages", up_to(3_000)),
        ("ai_runs", OverrideValue::Limit(Limit::Unlimited)),
        ("whatsapp_instances", up_to(0)),
    ];
    for (feature, value) in fitting {
        let decided = overridden(feature, value.clone(), None);
        given([registered(None)]).when(override_by(feature, value)).then([decided]);
    }
    for (feature, value) in [
        ("white_label", up_to(1)),
        ("white_label", OverrideValue::Value("on".into())),
        ("whatsapp_messages", OverrideValue::On),
        ("whatsapp_instances", OverrideValue::Value(3.into())),
    ] {
        let code = given([registered(None)]).when(override_by(feature, value)).code();
        assert_eq!(code, "organization.override_of_other_kind", "{feature}");
    }
}

/// A catalog with a config.
fn with_support() -> std::sync::Arc<crate::catalog::CatalogVersion> {
    crate::scenario::catalog(
        "product = \"agencia\"\ncurrency = \"USD\"\nfeatures.support = { kind = \"config\" }\n\
         [[plans]]\ncode = \"starter\"\nprice = { month = \"15\" }\n",
    )
}

#[test]
fn a_config_is_overridden_by_a_short_value() {
    let set_to = |value: serde_json::Value| {
        given([registered(None)]).under(with_support()).when(override_by("support", OverrideValue::Value(value)))
    };
    for value in [serde_json::json!("phone"), 3.into(), true.into()] {
        set_to(value.clone()).then([overridden("support", OverrideValue::Value(value), None)]);
    }
    for value in [serde_json::json!([1]), serde_json::Value::Null, serde_json::json!(0.5), "x".repeat(129).into()] {
        set_to(value).then_rejected(expect!["config support cannot have such a value"]);
    }
}

#[test]
fn the_same_override_again_is_already_so_and_another_replaces_it() {
    let one = || given([registered(None), overridden("ai_runs", up_to(3), None)]);
    one().when(override_by("ai_runs", up_to(3))).then_nothing();
    one().when(override_by("ai_runs", up_to(4))).then([overridden("ai_runs", up_to(4), None)]);
    let until = Some("2026-03-01T00:00:00Z");
    one().when(override_until("ai_runs", up_to(3), until)).then([overridden("ai_runs", up_to(3), until)]);
}

#[test]
fn an_override_is_removed_once() {
    let (reason, actor) = (id("pilot-over"), id("operator-7"));
    let remove =
        || Command::RemoveOverride { feature: id("ai_runs"), reason: id("pilot-over"), actor: id("operator-7") };
    given([registered(None), overridden("ai_runs", up_to(3), None)]).when(remove()).then([Event::OverrideRemoved {
        feature: id("ai_runs"),
        reason,
        actor,
    }]);
    given([registered(None)]).when(remove()).then_nothing();
}

#[test]
fn a_suspension_ends_when_it_is_lifted() {
    given([registered(None)]).when(suspend()).then([suspended()]);
    given([registered(None), suspended()]).when(suspend()).then_nothing();
    given([registered(None), suspended()]).when(resume()).then([resumed()]);
    given([registered(None), suspended(), resumed()]).when(resume()).then_nothing();
}

#[test]
fn administrators_are_appointed_and_dismissed_once() {
    given([registered(None)]).when(appoint("user-1")).then([appointed("user-1")]);
    given([registered(None), appointed("user-1")]).when(appoint("user-1")).then_nothing();
    given([registered(None), appointed("user-1")])
        .when(dismiss("user-1"))
        .then([Event::AdministratorDismissed { administrator: id("user-1"), actor: id("operator-7") }]);
    given([registered(None)]).when(dismiss("user-1")).then_nothing();
}

/// As many administrators as there may be.
fn full() -> Scenario<Organization> {
    let administrators = (0..ADMINISTRATORS_MAX).map(|number| appointed(&format!("user-{number}")));
    Scenario::given(std::iter::once(registered(None)).chain(administrators))
}

#[test]
fn a_billing_profile_is_set_once_and_replaced_by_another() {
    let profile = |name: &str| BillingProfile { id: id(name), hash: id("a1b2"), country: id("CL") };
    let set = |name: &str| Command::SetBillingProfile { profile: profile(name) };
    let was_set = |name: &str| Event::BillingProfileSet { profile: profile(name) };
    given([registered(None)]).when(set("bp_1")).then([was_set("bp_1")]);
    given([registered(None), was_set("bp_1")]).when(set("bp_1")).then_nothing();
    given([registered(None), was_set("bp_1")]).when(set("bp_2")).then([was_set("bp_2")]);
}

#[test]
fn the_instant_of_a_sandbox_moves_forward_only() {
    let march = "2026-03-01T00:00:00Z";
    given([sandbox()]).when(set(march)).then([was_set(march)]);
    let at_march = || {
        given([sandbox(), was_set(march)]).with(|context| {
            context.now = instant(march);
            context.terms.as_mut().unwrap().instant = Some(instant(march));
        })
    };
    at_march().when(set(march)).then_nothing();
    at_march().when(set("2026-02-28T23:59:59Z")).then_rejected(expect![
        "instant 2026-02-28T23:59:59Z is not between 2026-03-01T00:00:00Z and 2036-03-01T00:00:00Z"
    ]);
    at_march().when(set("2036-03-01T00:00:00Z")).then([was_set("2036-03-01T00:00:00Z")]);
    assert!(fold::<Organization>(&[sandbox()]).is_sandbox());
}

#[test]
fn the_instant_of_a_live_organization_is_that_of_the_world() {
    given([registered(None)])
        .when(set("2026-03-01T00:00:00Z"))
        .then_rejected(expect!["organization maria is live, its instant cannot be set"]);
}

#[test]
fn each_refusal_is_reached_and_an_earlier_one_goes_first() {
    let ended = Some("2026-01-31T12:00:00Z");
    let value = || OverrideValue::Value(serde_json::Value::Null);
    let reached = [
        given([registered(None)]).without_catalog().when(register(None)).code(),
        given([]).without_catalog().when(register(None)).code(),
        given([]).without_catalog().when(override_until("nothing", up_to(1), ended)).code(),
        given([registered(None)]).when(override_until("nothing", up_to(1), ended)).code(),
        given([registered(None)]).when(override_until("white_label", value(), ended)).code(),
        given([registered(None)]).under(with_support()).when(override_until("support", value(), ended)).code(),
        given([registered(None)]).when(override_until("white_label", OverrideValue::On, ended)).code(),
        full().when(appoint("one-more")).code(),
        given([registered(None)]).when(Command::SetInstant { instant: Timestamp::MIN, actor: id("a") }).code(),
        given([sandbox()]).when(Command::SetInstant { instant: Timestamp::MIN, actor: id("a") }).code(),
    ];
    assert_eq!([&reached[..], &clocks::reached()[..]].concat(), codes::<Rejection>());
}

#[test]
fn an_organization_replays_from_a_snapshot() {
    let history = [
        sandbox(),
        overridden("ai_runs", up_to(3), Some("2026-03-01T00:00:00Z")),
        appointed("user-1"),
        suspended(),
        Event::BillingProfileSet { profile: BillingProfile { id: id("bp_1"), hash: id("a1b2"), country: id("CL") } },
        was_set("2026-03-01T00:00:00Z"),
        clocks::started(),
        clocks::joined("maria", START),
        clocks::followed("maria", clocks::MARCH),
        clocks::going_to(clocks::MAY),
        clocks::stepped(clocks::APRIL),
        resumed(),
    ];
    for middle in 0..=history.len() {
        replaying_in_two_halves_equals_replaying_at_once::<Organization>(&history, middle);
    }
}

#[test]
fn an_organization_that_registered_before_instants_were_kept_is_live_since_nobody_knows_when() {
    let written = r#"{"OrganizationRegistered": {"organization": "maria", "product": "agencia",
        "time_zone": "America/Bogota", "referral_code": "ABC", "sponsor": null}}"#;
    let read = crate::Event::decode(crate::Kind::Organization, "OrganizationRegistered", "1", written).unwrap();
    let crate::Event::Organization(event) = read else { panic!("another event") };
    let organization: Organization = fold(&[event]);
    let registered = organization.registered().unwrap();
    assert_eq!((registered.environment, registered.registered_at), (Environment::Live, None));
}
