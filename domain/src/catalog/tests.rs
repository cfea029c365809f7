//! Publication, as the business tells it.

use expect_test::expect;

use super::{Catalog, Command, Definition, Event, Rejection, Rollover, Tax, TaxedPrices};
use crate::money::Quantity;
use crate::scenario::{Scenario, agencia, codes, decimal, id, replaying_in_two_halves_equals_replaying_at_once};

fn given<const N: usize>(history: [Event; N]) -> Scenario<Catalog> {
    Scenario::given(history)
}

fn definition() -> Definition {
    agencia().definition.clone()
}

/// Agencia with another price for `starter`.
fn dearer() -> Definition {
    let mut dearer = definition();
    let prices = dearer.plans[1].prices.get_mut(&crate::calendar::Interval::Month).unwrap();
    prices.insert(id("USD"), decimal("18.00"));
    dearer
}

/// Agencia without `starter`.
fn without_starter() -> Definition {
    let mut smaller = definition();
    smaller.plans.remove(1);
    smaller
}

fn publish(definition: Definition) -> Command {
    Command::Publish { definition: Box::new(definition) }
}

fn published(version: u32, definition: Definition) -> Event {
    Event::CatalogPublished { version, definition: Box::new(definition) }
}

#[test]
fn the_first_publication_is_version_1() {
    let answer = given([]).when(publish(definition())).then([published(1, definition())]);
    assert_eq!(answer.version, 1);
}

#[test]
fn publishing_the_same_definition_again_is_already_so() {
    given([published(1, definition())]).when(publish(definition())).then_nothing();
}

#[test]
fn a_changed_price_is_a_new_version_beside_the_old_one() {
    given([published(1, definition())]).when(publish(dearer())).then([published(2, dearer())]);

    let catalog: Catalog = crate::scenario::fold(&[published(1, definition()), published(2, dearer())]);
    assert_eq!(catalog.latest().unwrap().version, 2);
    assert_eq!(catalog.version(1).unwrap().definition, definition());
    assert_eq!(catalog.version(3), None);
}

#[test]
fn going_back_to_an_old_price_is_a_third_version() {
    given([published(1, definition()), published(2, dearer())])
        .when(publish(definition()))
        .then([published(3, definition())]);
}

#[test]
fn a_plan_that_was_sold_cannot_be_removed() {
    given([published(1, definition())])
        .when(publish(without_starter()))
        .then_rejected(expect!["plan starter of version 1 is missing from the new catalog"]);
}

#[test]
fn a_plan_may_be_added() {
    given([published(1, without_starter())]).when(publish(definition())).then([published(2, definition())]);
}

#[test]
fn a_plan_that_is_retired_is_published_and_offered_to_nobody() {
    let mut smaller = definition();
    smaller.plans[1].retired = true;
    given([published(1, definition())]).when(publish(smaller.clone())).then([published(2, smaller.clone())]);

    let offered = |definition: &Definition| {
        let larger = definition.larger_plan(&id("gratis"), &id("whatsapp_messages"), Quantity::ONE);
        larger.unwrap().code.to_string()
    };
    assert_eq!((offered(&definition()).as_str(), offered(&smaller).as_str()), ("starter", "partner"));
    smaller.plans[0].retired = true;
    assert_eq!(smaller.first_plan_with(&id("whatsapp_messages")).unwrap().code, id("partner"));
}

#[test]
fn what_is_carried_over_is_between_its_bounds() {
    let quantity = |amount: u32| Quantity::of(amount.into());
    let rollover = Rollover { minimum: quantity(10), maximum: quantity(50) };
    for (left, carried) in [(0, 10), (10, 10), (30, 30), (50, 50), (51, 50)] {
        assert_eq!(rollover.carried(quantity(left)), quantity(carried), "{left}");
    }
}

#[test]
fn what_a_feature_costs_in_credits_is_told_plan_by_plan() {
    let definition = definition();
    let costs = definition.credit_costs().map(|(plan, costs)| format!("{plan}: {costs:?}"));
    let expected = ["gratis", "starter", "partner"].map(|plan| format!("{plan}: {{whatsapp_messages: 0.05}}"));
    assert_eq!(costs.collect::<Vec<_>>(), expected);
}

#[test]
fn the_newest_tax_of_each_name_applies_from_its_day_on() {
    let tax = |country, name: &str, rate, from: &str| Tax {
        country: id(country),
        name: name.to_owned(),
        rate: decimal(rate),
        prices: TaxedPrices::Exclusive,
        from: from.parse().unwrap(),
    };
    let mut taxed = definition();
    taxed.taxes = vec![
        tax("CL", "IVA", "0.19", "2003-10-01"),
        tax("CL", "IVA", "0.18", "1998-01-01"),
        tax("CL", "FEE", "0.01", "2020-01-01"),
        tax("CL", "FEE", "0", "2021-01-01"),
        tax("CO", "IVA", "0.16", "1998-01-01"),
    ];
    let cases = [
        ("CL", "1997-12-31", ""),
        ("CL", "2003-09-30", "IVA 0.18"),
        ("CL", "2003-10-01", "IVA 0.19"),
        ("CL", "2020-06-01", "FEE 0.01, IVA 0.19"),
        ("CL", "2021-01-01", "IVA 0.19"),
        ("PE", "2021-01-01", ""),
    ];
    for (country, day, expected) in cases {
        let taxes = taxed.taxes_on(id(country), day.parse().unwrap());
        let told: Vec<String> = taxes.iter().map(|tax| format!("{} {}", tax.name, tax.rate)).collect();
        assert_eq!(told.join(", "), expected, "{country} on {day}");
    }
}

#[test]
fn each_refusal_is_reached_and_an_earlier_one_goes_first() {
    let mut of_kipu = without_starter();
    of_kipu.product = id("kipu");
    let reached = [
        given([published(1, definition())]).when(publish(of_kipu)).code(),
        given([published(1, definition())]).when(publish(without_starter())).code(),
    ];
    assert_eq!(reached.to_vec(), codes::<Rejection>());
}

#[test]
fn publications_replay_from_a_snapshot() {
    let history = [published(1, definition()), published(2, dearer())];
    for middle in 0..=history.len() {
        replaying_in_two_halves_equals_replaying_at_once::<Catalog>(&history, middle);
    }
}
