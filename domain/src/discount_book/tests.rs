//! Codes that are made, redeemed, used up and over, as the business tells it.

use std::num::NonZeroU32;

use expect_test::expect;

use super::{Command, DiscountBook, Event, Rejection};
use crate::discount::{DiscountTerms, Lasts, Off};
use crate::scenario::{START, Scenario, codes, decimal, id, instant, usd};

fn given<const N: usize>(history: [Event; N]) -> Scenario<DiscountBook> {
    Scenario::given(history)
}

/// A fifth off, for three periods.
fn a_fifth(plans: &[&str]) -> DiscountTerms {
    terms(Off::Percent(decimal("0.20")), Lasts::Periods(3), plans)
}

fn terms(off: Off, lasts: Lasts, plans: &[&str]) -> DiscountTerms {
    DiscountTerms { off, lasts, plans: plans.iter().map(|plan| id(plan)).collect() }
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
        discount code SPRING20 is used up: redeemed 2 of 2 times
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
fn a_code_gives_something_and_never_more_than_there_is() {
    let of = |off, lasts| {
        let create = create(Limits::default());
        let Command::CreateCode { code, redemptions_max, ends_at, actor, .. } = create else { panic!("{create:?}") };
        Command::CreateCode { code, terms: terms(off, lasts, &[]), redemptions_max, ends_at, actor }
    };
    let percent = |share: &str| Off::Percent(decimal(share));
    for good in [percent("0.0001"), percent("0.3333"), percent("1"), Off::Amount(usd("0.01"))] {
        assert!(given([]).accepts(of(good, Lasts::Periods(1))), "{good:?}");
    }
    for bad in [percent("0"), percent("-0.1"), percent("1.01"), percent("0.33333"), Off::Amount(usd("0"))] {
        assert_eq!(given([]).when(of(bad, Lasts::ForEver)).code(), "discount.terms_impossible", "{bad:?}");
    }
    given([])
        .when(of(percent("1.01"), Lasts::ForEver))
        .then_rejected(expect!["1.01 is not a share above 0 and up to 1, with at most four decimals"]);
    given([])
        .when(of(percent("1"), Lasts::Periods(0)))
        .then_rejected(expect!["a discount for no period takes nothing off"]);
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
    let nothing = |limits: Limits| match create(limits) {
        Command::CreateCode { code, redemptions_max, ends_at, actor, .. } => {
            let terms = terms(Off::Amount(usd("0")), Lasts::ForEver, limits.plans);
            Command::CreateCode { code, terms, redemptions_max, ends_at, actor }
        }
        other => other,
    };
    let reached = [
        open().when(nothing(ended)).code(),
        full().when(nothing(ended)).code(),
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
