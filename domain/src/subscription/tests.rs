//! Plans and payments, as the business tells them. Scenarios begin on 31 January 2026, 12:00 UTC (9:00 in Santiago).

use std::sync::Arc;

use expect_test::expect;

use super::{Command, Event, Rejection, Standing, Subscription};
use crate::calendar::{Interval, Period};
use crate::catalog::{CatalogVersion, Definition};
use crate::id::PaymentId;
use crate::money::Money;
use crate::scenario::{START, Scenario, agencia, codes, decimal, id, instant, seed, usd};

fn given<const N: usize>(history: [Event; N]) -> Scenario<Subscription> {
    Scenario::given(history)
}

fn start(plan: &str) -> Command {
    Command::Start { plan: id(plan), interval: Interval::Month }
}

fn pay(amount: &str) -> Command {
    Command::RecordPayment { amount: usd(amount), reference: Some(id("transfer-7")) }
}

fn pay_in_pesos(amount: &str) -> Command {
    let amount = Money::rounded(decimal(amount), id("CLP"));
    Command::RecordPayment { amount, reference: None }
}

fn started(plan: &str, price: &str) -> Event {
    Event::SubscriptionStarted { plan: id(plan), catalog_version: 1, interval: Interval::Month, price: usd(price) }
}

/// Paid by the command of this number.
fn paid(number: u128, amount: &str, still_due: &str) -> Event {
    Event::PaymentRecorded {
        payment: PaymentId::fresh(&seed(number).simple().to_string()),
        amount: usd(amount),
        reference: Some(id("transfer-7")),
        still_due: usd(still_due),
    }
}

fn period(start: &str, end: &str) -> Period {
    Period { start: instant(start), end: instant(end) }
}

/// 31 January to 28 February, both at 9:00 in Santiago.
fn february() -> Period {
    period(START, "2026-02-28T12:00:00Z")
}

/// 28 February to 31 March: the anchor comes back to the 31st.
fn march() -> Period {
    period("2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z")
}

/// 31 March to 30 April; the clocks of Santiago go back on 5 April, so 9:00 is then 13:00 UTC.
fn april() -> Period {
    period("2026-03-31T12:00:00Z", "2026-04-30T13:00:00Z")
}

fn activated(period: Period) -> Event {
    Event::SubscriptionActivated { anchor: period.start, period }
}

fn renewed(period: Period) -> Event {
    Event::SubscriptionRenewed { period }
}

/// Pedro started `starter` and paid its first period.
fn pedro_on_starter() -> Scenario<Subscription> {
    given([started("starter", "15"), paid(9, "15", "0"), activated(february())])
}

#[test]
fn a_free_plan_is_in_force_at_once() {
    let answer = given([]).when(start("gratis")).then([started("gratis", "0"), activated(february())]);
    assert_eq!(answer.unwrap().standing, Standing::Active);
}

#[test]
fn a_paid_plan_awaits_its_first_payment() {
    let answer = given([]).when(start("starter")).then([started("starter", "15")]).unwrap();
    assert_eq!((answer.standing, answer.still_due, answer.paid_period), (Standing::AwaitingPayment, usd("15"), None));
}

#[test]
fn the_first_full_payment_puts_the_plan_in_force() {
    let answer = given([started("starter", "15")]).when(pay("15")).then([paid(1, "15", "0"), activated(february())]);
    let answer = answer.unwrap();
    assert_eq!((answer.standing, answer.paid_period), (Standing::Active, Some(february())));
    assert!(answer.payment.is_some());
}

#[test]
fn periods_count_from_the_payment_not_from_the_choice_of_the_plan() {
    let later = period("2026-02-10T08:00:00Z", "2026-03-10T08:00:00Z");
    given([started("starter", "15")])
        .at("2026-02-10T08:00:00Z")
        .when(pay("15"))
        .then([paid(1, "15", "0"), activated(later)]);
}

#[test]
fn part_payments_add_up_to_the_price() {
    given([started("starter", "15")]).when(pay("10")).then([paid(1, "10", "5")]);
    given([started("starter", "15")]).after(pay("10")).when(pay("5")).then([paid(2, "5", "0"), activated(february())]);
}

#[test]
fn a_subscription_awaiting_payment_puts_no_plan_in_force() {
    let of = |history: &[Event]| crate::scenario::fold::<Subscription>(history).plan_in_force().map(|plan| plan.code);
    assert_eq!(of(&[started("starter", "15")]), None);
    assert_eq!(of(&[started("starter", "15"), paid(1, "10", "5")]), None);
    assert_eq!(of(&[started("starter", "15"), paid(1, "15", "0"), activated(february())]), Some(id("starter")));
}

#[test]
fn an_over_payment_is_refused_with_what_is_due() {
    given([started("starter", "15")]).after(pay("10")).when(pay("5.01")).then_rejected_in_full(expect![[r#"
        a payment of 5.01 USD exceeds the 5.00 USD due
        hint: record 5.00 USD as the payment and top up credits with the rest
        due = {"amount":"5.00","currency":"USD"}
        payment = {"amount":"5.01","currency":"USD"}"#]]);
}

#[test]
fn a_payment_in_another_currency_is_refused() {
    given([started("starter", "15")])
        .when(pay_in_pesos("15"))
        .then_rejected(expect!["the plan is priced in USD, the payment is in CLP"]);
}

#[test]
fn nothing_is_due_within_a_paid_period() {
    pedro_on_starter()
        .at("2026-02-28T11:59:59Z")
        .when(pay("15"))
        .then_rejected(expect!["nothing is due on plan starter until 2026-02-28T12:00:00Z"]);
}

#[test]
fn nothing_is_ever_due_on_a_free_plan() {
    given([])
        .after(start("gratis"))
        .at("2027-01-01T00:00:00Z")
        .when(pay("15"))
        .then_rejected(expect!["nothing is due on plan gratis"]);
}

#[test]
fn a_payment_at_the_end_of_the_period_renews_it() {
    pedro_on_starter().at("2026-02-28T12:00:00Z").when(pay("15")).then([paid(1, "15", "0"), renewed(march())]);
}

#[test]
fn a_payment_on_day_40_renews_the_second_period_without_a_gap() {
    pedro_on_starter().at("2026-03-12T12:00:00Z").when(pay("15")).then([paid(1, "15", "0"), renewed(march())]);
}

#[test]
fn a_renewal_may_be_paid_in_parts() {
    let half_renewed = || pedro_on_starter().at("2026-03-12T12:00:00Z").after(pay("7.50"));
    half_renewed().when(pay("7.50")).then([paid(2, "7.50", "0"), renewed(march())]);
    half_renewed().when(pay("8")).then_rejected(expect!["a payment of 8.00 USD exceeds the 7.50 USD due"]);
}

#[test]
fn whoever_is_two_periods_behind_pays_one_after_the_other() {
    pedro_on_starter()
        .at("2026-04-20T12:00:00Z")
        .after(pay("15"))
        .when(pay("15"))
        .then([paid(2, "15", "0"), renewed(april())]);
}

#[test]
fn a_yearly_plan_is_paid_by_the_year() {
    let yearly = crate::scenario::catalog(YEARLY);
    let start = Command::Start { plan: id("pro"), interval: Interval::Year };
    let pay = Command::RecordPayment { amount: usd("100"), reference: None };
    let answer = given([]).under(yearly).after(start).after(pay).at("2026-06-01T00:00:00Z");
    answer.when(self::pay("100")).then_rejected(expect!["nothing is due on plan pro until 2027-01-31T12:00:00Z"]);
}

#[test]
fn each_refusal_is_reached_and_an_earlier_one_goes_first() {
    let yearly = || Command::Start { plan: id("starter"), interval: Interval::Year };
    let reached = [
        given([started("starter", "15")]).not_registered().when(start("nothing")).code(),
        given([started("starter", "15")]).when(start("nothing")).code(),
        given([]).when(Command::Start { plan: id("nothing"), interval: Interval::Year }).code(),
        given([]).when(yearly()).code(),
        given([]).when(pay_in_pesos("20")).code(),
        pedro_on_starter().when(pay_in_pesos("20")).code(),
        pedro_on_starter().when(pay("20")).code(),
        given([started("starter", "15")]).when(pay("20")).code(),
        pedro_on_starter().under(version(2, &agencia().definition)).when(migrate(1)).code(),
        pedro_on_version_2().under(version(1, &without_starter())).when(migrate(1)).code(),
        pedro_on_starter().under(version(2, &without_starter())).when(migrate(2)).code(),
        pedro_on_starter().under(version(2, &by_the_year())).when(migrate(2)).code(),
    ];
    assert_eq!(reached.to_vec(), codes::<Rejection>());
}

fn migrate(version: u32) -> Command {
    Command::MoveToCatalogVersion { version }
}

fn version(version: u32, definition: &Definition) -> Arc<CatalogVersion> {
    Arc::new(CatalogVersion { version, definition: definition.clone() })
}

/// Agencia with `starter` at 18.
fn dearer() -> Definition {
    let mut dearer = agencia().definition.clone();
    dearer.plans[1].prices.get_mut(&Interval::Month).unwrap().insert(id("USD"), decimal("18"));
    dearer
}

fn without_starter() -> Definition {
    let mut smaller = agencia().definition.clone();
    smaller.plans.remove(1);
    smaller
}

/// Agencia with `starter` by the year only.
fn by_the_year() -> Definition {
    let mut yearly = agencia().definition.clone();
    let prices = yearly.plans[1].prices.remove(&Interval::Month).unwrap();
    yearly.plans[1].prices.insert(Interval::Year, prices);
    yearly
}

fn migrated(from: u32, to: u32, price: &str) -> Event {
    Event::CatalogMigrated { plan: id("starter"), from, to, price: usd(price) }
}

fn pedro_on_version_2() -> Scenario<Subscription> {
    given([started("starter", "15"), paid(9, "15", "0"), activated(february()), migrated(1, 2, "18")])
}

#[test]
fn a_subscription_moves_to_a_newer_version_of_its_catalog_once() {
    let newer = || version(2, &dearer());
    let answer = pedro_on_starter().under(newer()).when(migrate(2)).then([migrated(1, 2, "18")]).unwrap();
    assert_eq!((answer.catalog_version, answer.price), (2, usd("18")));
    pedro_on_version_2().under(newer()).when(migrate(2)).then_nothing();
    pedro_on_version_2()
        .under(version(1, &agencia().definition))
        .when(migrate(1))
        .then_rejected(expect!["version 1 of the catalog is older than 2, which binds"]);
}

#[test]
fn the_period_being_paid_stays_at_its_price_and_the_next_one_costs_the_new_one() {
    let half_paid = given([started("starter", "15")]).after(pay("10")).under(version(2, &dearer())).after(migrate(2));
    half_paid.when(pay("5")).then([paid(3, "5", "0"), activated(february())]);
    pedro_on_version_2()
        .under(version(2, &dearer()))
        .at("2026-02-28T12:00:00Z")
        .when(pay("18"))
        .then([paid(1, "18", "0"), renewed(march())]);
}

#[test]
fn a_plan_of_a_product_without_catalog_is_unknown() {
    given([]).without_catalog().when(start("starter")).then_rejected(expect!["product agencia has no plan starter"]);
}

const YEARLY: &str = r#"
product = "agencia"
currency = "USD"
[[plans]]
code = "pro"
price = { year = "100" }
"#;
