//! Codes that are made, redeemed, used up and over, as the business tells it.

use std::num::{NonZeroU16, NonZeroU32};

use expect_test::expect;

use super::{Command, Discount, DiscountBook, DiscountTerms, Duration, Event, Percent, Rejection};
use crate::money::Money;
use crate::scenario::{START, Scenario, codes, decimal, id, instant, usd};

fn given<const N: usize>(history: [Event; N]) -> Scenario<DiscountBook> {
    Scenario::given(history)
}

/// A fifth off, for three periods.
fn a_fifth(plans: &[&str]) -> DiscountTerms {
    DiscountTerms {
        discount: Discount::Percent(Percent::new(decimal("20")).unwrap()),
        duration: Duration::Periods(NonZeroU16::new(3).unwrap()),
        plans: plans.iter().map(|plan| id(plan)).collect(),
    }
}

/// What a scenario's code may be limited by.
#[derive(Clone, Copy, Default)]
struct Limits {
    redemptions: Option<u32>,
    ends_at: Option<&'static str>,
    plans: &'static [&'static str],
}

fn create(limits: Limits) -> Command {
    Command::CreateCode {
        code: id("SPRING20"),
        terms: a_fifth(limits.plans),
        redemptions_max: limits.redemptions.and_then(NonZeroU32::new),
        ends_at: limits.ends_at.map(instant),
        actor: id("operator-7"),
    }
}

fn created(limits: Limits) -> Event {
    Event::CodeCreated {
        code: id("SPRING20"),
        terms: a_fifth(limits.plans),
        redemptions_max: limits.redemptions.and_then(NonZeroU32::new),
        ends_at: limits.ends_at.map(instant),
        actor: id("operator-7"),
    }
}

fn redeem(organization: &str, plan: &str) -> Command {
    Command::Redeem { code: id("SPRING20"), organization: id(organization), plan: id(plan) }
}

fn redeemed(organization: &str, plan: &str) -> Event {
    let (organization, plan) = (id(organization), id(plan));
    Event::CodeRedeemed { code: id("SPRING20"), organization, plan, terms: a_fifth(&[]) }
}

fn retire() -> Command {
    Command::RetireCode { code: id("SPRING20"), actor: id("operator-7") }
}

fn give_back(organization: &str) -> Command {
    Command::ReturnRedemption { code: id("SPRING20"), organization: id(organization) }
}

fn open() -> Scenario<DiscountBook> {
    given([created(Limits::default())])
}

#[test]
fn a_code_is_created_and_creating_the_same_again_is_already_so() {
    let limits = Limits { redemptions: Some(2), ends_at: Some("2026-06-01T00:00:00Z"), plans: &["starter"] };
    given([]).when(create(limits)).then([created(limits)]);
    given([created(limits)]).when(create(limits)).then_nothing();
}

#[test]
fn a_code_means_one_thing_for_ever() {
    open()
        .when(create(Limits { redemptions: Some(1), ..Limits::default() }))
        .then_rejected(expect!["discount code SPRING20 exists already"]);
    assert_eq!(open().after(retire()).when(create(Limits::default())).code(), "discount.code_exists");
}

#[test]
fn whoever_redeems_a_code_is_told_what_it_gives() {
    let answer = open().when(redeem("pedro", "starter")).then([redeemed("pedro", "starter")]);
    assert_eq!(answer.terms, Some(a_fifth(&[])));
}

#[test]
fn a_retired_code_cannot_be_redeemed_and_retiring_twice_is_already_so() {
    let retired = || open().after(retire());
    open().when(retire()).then([Event::CodeRetired { code: id("SPRING20"), actor: id("operator-7") }]);
    retired().when(retire()).then_nothing();
    retired().when(redeem("pedro", "starter")).then_rejected(expect!["discount code SPRING20 was retired"]);
}

#[test]
fn a_code_ends_at_its_instant() {
    let ends = || given([created(Limits { ends_at: Some("2026-06-01T00:00:00Z"), ..Limits::default() })]);
    assert!(ends().at("2026-05-31T23:59:59Z").accepts(redeem("pedro", "starter")));
    ends()
        .at("2026-06-01T00:00:00Z")
        .when(redeem("pedro", "starter"))
        .then_rejected(expect!["discount code SPRING20 ended at 2026-06-01T00:00:00Z"]);
}

#[test]
fn a_code_is_used_up_until_a_redemption_is_returned() {
    let used_up = || {
        let twice = given([created(Limits { redemptions: Some(2), ..Limits::default() })]);
        twice.after(redeem("pedro", "starter")).after(redeem("maria", "partner"))
    };
    used_up().when(redeem("juan", "starter")).then_rejected_in_full(expect![[r#"
        discount code SPRING20 was redeemed 2 times, and may not be more often
        hint: ask for another code
        discount_code = "SPRING20"
        redemptions_max = 2"#]]);
    let returned = used_up().when(give_back("maria"));
    returned.then([Event::RedemptionReturned { code: id("SPRING20"), organization: id("maria") }]);
    assert!(used_up().after(give_back("maria")).accepts(redeem("juan", "starter")));
}

#[test]
fn a_redemption_can_be_returned_after_the_code_was_retired() {
    assert!(open().after(redeem("pedro", "starter")).after(retire()).accepts(give_back("pedro")));
}

#[test]
fn a_code_for_some_plans_names_them() {
    let partners = given([created(Limits { plans: &["partner"], ..Limits::default() })]);
    partners.clone().when(redeem("pedro", "starter")).then_rejected_in_full(expect![[r#"
        discount code SPRING20 is not good for plan starter
        hint: it is good for partner
        discount_code = "SPRING20"
        plan = "starter"
        plans = ["partner"]"#]]);
    assert!(partners.accepts(redeem("pedro", "partner")));
}

#[test]
fn a_code_is_made_for_plans_there_are() {
    given([])
        .when(create(Limits { plans: &["platinum", "starter"], ..Limits::default() }))
        .then_rejected(expect!["there is no plan platinum that a discount code could be good for"]);
    assert_eq!(
        given([]).without_catalog().when(create(Limits { plans: &["starter"], ..Limits::default() })).code(),
        "discount.unknown_plan"
    );
    assert!(given([]).without_catalog().accepts(create(Limits::default())));
}

#[test]
fn what_a_discount_takes_off_is_rounded_once_and_never_above_the_price() {
    let percent = |text: &str| Discount::Percent(Percent::new(decimal(text)).unwrap());
    let pesos = |amount: &str| Money::rounded(decimal(amount), id("CLP"));
    let cases = [
        (percent("20"), usd("15"), Some(usd("3"))),
        (percent("33.33"), usd("0.10"), Some(usd("0.03"))),
        (percent("50"), pesos("4_991"), Some(pesos("2_496"))),
        (percent("100"), usd("15"), Some(usd("15"))),
        (Discount::Amount(usd("5")), usd("15"), Some(usd("5"))),
        (Discount::Amount(usd("50")), usd("15"), Some(usd("15"))),
        (Discount::Amount(usd("5")), pesos("4_990"), None),
    ];
    for (discount, price, off) in cases {
        assert_eq!(discount.off(price), off, "{discount:?} of {price}");
    }
}

#[test]
fn a_percentage_is_above_nothing_up_to_a_hundred_with_two_decimals() {
    for good in ["0.01", "20", "33.33", "100", "100.00", "5.500"] {
        assert!(Percent::new(decimal(good)).is_ok(), "{good}");
    }
    for bad in ["0", "-1", "100.01", "33.333"] {
        let refusal = Percent::new(decimal(bad)).unwrap_err().to_string();
        assert!(refusal.starts_with(&format!("{bad} is not a percentage")), "{refusal}");
        assert!(serde_json::from_str::<Percent>(&format!("\"{bad}\"")).is_err(), "{bad}");
    }
}

#[test]
fn each_refusal_is_reached_and_an_earlier_one_goes_first() {
    let full = || {
        let history = (0..super::CODES_MAX).map(|number| match created(Limits::default()) {
            Event::CodeCreated { terms, redemptions_max, ends_at, actor, .. } => {
                Event::CodeCreated { code: id(&format!("C{number}")), terms, redemptions_max, ends_at, actor }
            }
            other => other,
        });
        Scenario::<DiscountBook>::given(history)
    };
    let over = Limits { redemptions: Some(1), ends_at: Some("2026-06-01T00:00:00Z"), plans: &["partner"] };
    let late = |scenario: Scenario<DiscountBook>| scenario.at("2026-06-01T00:00:00Z");
    let used_up = || given([created(over)]).after(redeem("maria", "partner"));
    let ended = Limits { ends_at: Some(START), plans: &["platinum"], ..Limits::default() };
    let reached = [
        open().when(create(ended)).code(),
        full().when(create(ended)).code(),
        full().when(create(Limits { plans: &["platinum"], ..Limits::default() })).code(),
        full().when(create(Limits::default())).code(),
        given([]).when(redeem("pedro", "starter")).code(),
        late(used_up().after(retire())).when(redeem("pedro", "starter")).code(),
        late(used_up()).when(redeem("pedro", "starter")).code(),
        used_up().when(redeem("pedro", "starter")).code(),
        given([created(over)]).when(redeem("pedro", "starter")).code(),
        open().when(give_back("pedro")).code(),
    ];
    assert_eq!(reached.to_vec(), codes::<Rejection>());
}
