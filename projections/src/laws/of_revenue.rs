//! Laws of the tables of revenue, over whatever a subscription may decide: movements come to what it is worth, documents
//! to its invoices, trials to what became of them.

mod customer;

use std::collections::BTreeMap;

use domain::Money;
use domain::calendar::Interval;
use domain::discount::{DiscountTerms, Lasts, Off};
use domain::organization::Environment;
use domain::subscription::{Command, CreditUnused, Effective, Invoice, RefundKind, Standing, Subscription};
use event_store::Recorded;
use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;

use self::customer::{Customer, code, usd};
use super::{decimal, fold, table};
use crate::mrr_movements::Movement;
use crate::plan_conversions::Conversion;
use crate::projection::Projection;
use crate::revenue::Entry;
use crate::row::{Row, Rows};
use crate::{mrr_movements, plan_conversions, revenue};

fn start(plan: &str) -> Command {
    Command::Start { plan: code(plan), interval: Interval::Month }
}

fn change(plan: &str, interval: Interval, when: Effective) -> Command {
    Command::ChangePlan { plan: code(plan), interval, when }
}

fn cancel(when: Effective) -> Command {
    Command::Cancel { when, credit: CreditUnused::Balance, reason: code("enough") }
}

fn discount(name: &str, off: Off, lasts: Lasts) -> Command {
    Command::ApplyDiscount { code: code(name), terms: DiscountTerms { off, lasts, plans: [].into() } }
}

/// The movements, one a line: day, kind, plans, how much, what it comes to.
fn moves(events: &[Recorded]) -> Vec<String> {
    let line = |row: &Movement| {
        let (day, kind) = (row.day?, row.kind.as_deref()?);
        let plan = |plan: &Option<String>| plan.clone().unwrap_or_else(|| "-".to_owned());
        let (before, after) = (plan(&row.plan_before), plan(&row.plan_after));
        Some(format!("{day} {kind} {before} -> {after}: {} to {}", row.amount, row.mrr_after))
    };
    table::<mrr_movements::Projection>(events).iter().filter_map(line).collect()
}

fn conversions(events: &[Recorded]) -> Vec<String> {
    let line = |row: &Conversion| {
        let plan = |plan: &Option<String>| plan.clone().unwrap_or_else(|| "-".to_owned());
        let (day, kind, from, to) = (row.day?, row.kind.as_deref()?, plan(&row.plan_from), plan(&row.plan_to));
        Some(format!("{day} {kind} {from} -> {to}"))
    };
    table::<plan_conversions::Projection>(events).iter().filter_map(line).collect()
}

/// The table of `docs/domain/revenue.md`.
#[test]
fn an_organization_month_by_month() {
    let mut customer = Customer::of(Environment::Live);
    customer.at("2031-01-10").ask(start("tried")).at("2031-01-24").pay("10").at("2031-02-25").pay("10");
    customer.at("2031-03-02").ask(change("big", Interval::Month, Effective::Now)).pay_percent(100);
    customer.at("2031-03-25").pay("20");
    customer.at("2031-04-02").ask(change("tried", Interval::Month, Effective::Now));
    customer.at("2031-04-25").pay_percent(100);
    customer.at("2031-05-02").ask(change("tried", Interval::Year, Effective::Now)).pay_percent(100);
    customer.at("2031-06-02").ask(cancel(Effective::Now));
    customer.at("2031-08-02").ask(start("tried")).pay_percent(100);
    assert_eq!(
        moves(customer.events()),
        [
            "2031-01-24 new - -> tried: 10.00 to 10.00",
            "2031-03-02 expansion tried -> big: 10.00 to 20.00",
            "2031-04-02 contraction big -> tried: -10.00 to 10.00",
            "2031-06-02 churn tried -> -: -10.00 to 0.00",
            "2031-08-02 reactivation - -> tried: 10.00 to 10.00",
        ]
    );
    assert_eq!(
        conversions(customer.events()),
        [
            "2031-01-10 trial_started - -> tried",
            "2031-01-24 trial_converted tried -> tried",
            "2031-03-02 upgraded tried -> big",
            "2031-04-02 downgraded big -> tried",
            "2031-05-02 interval_changed tried -> tried",
            "2031-06-02 canceled tried -> -",
            "2031-08-02 restarted - -> tried",
        ]
    );
}

#[test]
fn whoever_rests_or_does_not_pay_is_worth_nothing_meanwhile() {
    let mut customer = Customer::of(Environment::Live);
    customer.at("2031-01-10").ask(start("small")).pay("10");
    customer.at("2031-01-12").ask(Command::Pause { when: Effective::Now, resumes_at: None });
    customer.at("2031-01-14").ask(Command::Resume);
    // The second period is not paid: past due it counts, suspended it does not.
    customer.at("2031-02-12").ask(Command::Settle).at("2031-02-25").ask(Command::Settle);
    customer.at("2031-02-26").pay("10");
    assert_eq!(
        moves(customer.events()),
        [
            "2031-01-10 new - -> small: 10.00 to 10.00",
            "2031-01-12 churn small -> -: -10.00 to 0.00",
            "2031-01-14 reactivation - -> small: 10.00 to 10.00",
            "2031-02-17 churn small -> -: -10.00 to 0.00",
            "2031-02-26 reactivation - -> small: 10.00 to 10.00",
        ]
    );
}

#[test]
fn a_discount_that_lasts_counts_and_one_of_a_single_period_does_not() {
    let mut customer = Customer::of(Environment::Live);
    customer.at("2031-01-10").ask(discount("ONCE", Off::Percent(decimal("0.5")), Lasts::Periods(1)));
    customer.ask(discount("TWICE", Off::Percent(decimal("0.1")), Lasts::Periods(2)));
    customer.ask(start("small")).pay("4.50").at("2031-02-11").ask(Command::Settle).pay("9");
    customer.at("2031-03-11").ask(discount("EVER", Off::Amount(usd("4")), Lasts::ForEver));
    customer.ask(Command::RemoveDiscount { code: code("EVER") });
    assert_eq!(
        moves(customer.events()),
        [
            "2031-01-10 new - -> small: 9.00 to 9.00",
            "2031-03-10 expansion small -> small: 1.00 to 10.00",
            "2031-03-11 contraction small -> small: -4.00 to 6.00",
            "2031-03-11 expansion small -> small: 4.00 to 10.00",
        ]
    );
}

#[test]
fn a_new_price_counts_from_the_period_it_is_paid_for() {
    let mut customer = Customer::of(Environment::Live);
    customer.at("2031-01-10").ask(start("small")).pay("10");
    customer.at("2031-01-20").publish().ask(Command::MoveToCatalogVersion { version: 2 });
    customer.at("2031-02-12").ask(Command::Settle);
    let expected = ["2031-01-10 new - -> small: 10.00 to 10.00", "2031-02-10 expansion small -> small: 2.00 to 12.00"];
    assert_eq!(moves(customer.events()), expected);
}

#[test]
fn a_twelfth_of_a_year_is_rounded_once() {
    let mut customer = Customer::of(Environment::Sandbox);
    customer.at("2031-01-10").ask(Command::Start { plan: code("small"), interval: Interval::Year }).pay("100");
    assert_eq!(moves(customer.events()), ["2031-01-10 new - -> small: 8.33 to 8.33"]);
    let rows = table::<mrr_movements::Projection>(customer.events());
    assert!(rows.iter().skip(1).all(|row| row.environment.as_deref() == Some("sandbox")));
}

/// Net of tax, since 19 % are added to prices.
#[test]
fn documents_are_told_with_their_plan_their_day_and_their_net() {
    let mut customer = Customer::taxed();
    customer.at("2031-01-10").ask(start("small")).pay("11.90");
    customer.at("2031-01-12").refund("1.19");
    customer.at("2031-02-11").ask(Command::Settle).void("a mistake");
    let line = |row: &Entry| {
        let (day, kind, plan) = (row.day?, row.kind.as_deref()?, row.plan.as_deref()?);
        Some(format!("{day} {kind} {plan}: {} net {}", row.amount, row.net))
    };
    let mut told: Vec<String> = table::<revenue::Projection>(customer.events()).iter().filter_map(line).collect();
    told.sort();
    assert_eq!(
        told,
        [
            "2031-01-10 collected small: 11.90 net 10.00",
            "2031-01-10 invoiced small: 11.90 net 10.00",
            "2031-01-12 credited small: 1.19 net 1.00",
            "2031-01-12 refunded small: 1.19 net 1.00",
            "2031-02-10 invoiced small: 11.90 net 10.00",
            "2031-02-11 voided small: 11.90 net 10.00",
        ]
    );
}

#[derive(Debug, Clone)]
enum Asked {
    Plain(Command),
    Pay(u32),
    Refund(u32, RefundKind),
    Credit(u32, CreditUnused),
    Void,
}

fn steps() -> impl Strategy<Value = Vec<(i64, Asked)>> {
    let plan = || prop_oneof![Just("free"), Just("small"), Just("big"), Just("tried"), Just("carded")];
    let interval = || prop_oneof![4 => Just(Interval::Month), 1 => Just(Interval::Year)];
    let when = || prop_oneof![Just(Effective::Now), Just(Effective::PeriodEnd)];
    let lasts = || prop_oneof![(1_u16..4).prop_map(Lasts::Periods), Just(Lasts::ForEver)];
    let off = || prop_oneof![Just(Off::Percent(decimal("0.333"))), Just(Off::Amount(usd("3.33")))];
    let attach = Command::AttachPaymentMethod { provider: code("bank"), reference: code("card-1") };
    let plain = prop_oneof![
        6 => (plan(), interval()).prop_map(|(plan, interval)| Command::Start { plan: code(plan), interval }),
        5 => (plan(), interval(), when()).prop_map(|(plan, interval, when)| change(plan, interval, when)),
        2 => when().prop_map(cancel),
        2 => (0_u8..3, off(), lasts()).prop_map(|(name, off, lasts)| discount(&format!("CODE{name}"), off, lasts)),
        1 => (0_u8..3).prop_map(|name| Command::RemoveDiscount { code: code(&format!("CODE{name}")) }),
        2 => when().prop_map(|when| Command::Pause { when, resumes_at: None }),
        2 => Just(Command::Resume),
        1 => Just(Command::EndTrial),
        2 => Just(attach),
        2 => Just(Command::Settle),
    ];
    let asked = prop_oneof![
        12 => plain.prop_map(Asked::Plain),
        6 => prop_oneof![3 => Just(100_u32), 1 => 1_u32..130].prop_map(Asked::Pay),
        1 => (1_u32..=100, prop_oneof![Just(RefundKind::Refund), Just(RefundKind::Chargeback)])
            .prop_map(|(part, kind)| Asked::Refund(part, kind)),
        1 => (1_u32..=100, prop_oneof![Just(CreditUnused::Nothing), Just(CreditUnused::Balance)])
            .prop_map(|(part, kept)| Asked::Credit(part, kept)),
        1 => Just(Asked::Void),
    ];
    vec((prop_oneof![3 => 0_i64..600, 1 => 600_i64..2_400], asked), 0..30)
}

fn lived(steps: &[(i64, Asked)]) -> Customer {
    let mut customer = Customer::taxed();
    for (hours, asked) in steps {
        customer.hours_later(*hours);
        match asked {
            Asked::Plain(command) => customer.ask(command.clone()),
            Asked::Pay(percent) => customer.pay_percent(*percent),
            Asked::Refund(percent, kind) => customer.refund_percent(*percent, *kind),
            Asked::Credit(percent, kept) => customer.credit_percent(*percent, *kept),
            Asked::Void => customer.void("a mistake"),
        };
    }
    customer
}

/// What it is worth a month, reckoned from its state and from nothing that the projection knows.
fn worth(subscription: &Subscription) -> Decimal {
    let state = serde_json::to_value(subscription).unwrap();
    let is_paid = matches!(subscription.standing(), Some(Standing::Active | Standing::PastDue));
    let Some(started) = state.get("started").filter(|started| is_paid && !started.is_null()) else {
        return Decimal::ZERO;
    };
    let price: Money = serde_json::from_value(started["price"].clone()).unwrap();
    let mut left = price.amount;
    for discount in subscription.discounts().iter().filter(|discount| discount.terms.lasts != Lasts::Periods(1)) {
        let off = match discount.terms.off {
            Off::Percent(share) => domain::money::round(left * share, 2),
            Off::Amount(off) => off.amount.min(left),
        };
        left -= off;
    }
    let months = if started["interval"] == "year" { 12 } else { 1 };
    domain::money::round(left / Decimal::from(months), 2)
}

fn movements_come_to_what_it_is_worth(customer: &Customer) {
    let mut sum = Decimal::ZERO;
    let mut ever = false;
    for row in table::<mrr_movements::Projection>(customer.events()).iter().skip(1) {
        let before = sum;
        sum += row.amount;
        assert_eq!(row.mrr_after, sum, "{row:?}");
        assert!(sum >= Decimal::ZERO, "{row:?}");
        let expected = match (before.is_zero(), sum.is_zero()) {
            _ if before == sum => None,
            (true, _) if ever => Some("reactivation"),
            (true, _) => Some("new"),
            (_, true) => Some("churn"),
            _ if sum > before => Some("expansion"),
            _ => Some("contraction"),
        };
        assert_eq!(row.kind.as_deref(), expected, "{row:?}");
        ever |= !sum.is_zero();
    }
    assert_eq!(sum, worth(customer.subscription()));
}

fn documents_come_to_their_invoices(customer: &Customer) {
    let mut sums: BTreeMap<(String, String), (Decimal, Decimal)> = BTreeMap::new();
    for row in table::<revenue::Projection>(customer.events()) {
        let (Some(invoice), Some(kind)) = (row.invoice, row.kind) else { continue };
        let sum = sums.entry((invoice, kind)).or_default();
        *sum = (sum.0 + row.amount, sum.1 + row.net);
    }
    let of = |invoice: &Invoice, kinds: &[&str]| {
        let found = kinds.iter().filter_map(|kind| sums.get(&(invoice.id.to_string(), (*kind).to_owned())));
        found.fold((Decimal::ZERO, Decimal::ZERO), |all, sum| (all.0 + sum.0, all.1 + sum.1))
    };
    for invoice in customer.subscription().invoices() {
        let paid_net: Decimal = invoice.payments.iter().map(|payment| payment.net.amount).sum();
        let paid = of(invoice, &["collected", "from_balance", "from_credits"]);
        assert_eq!(paid, (invoice.paid().amount, paid_net), "{invoice:?}");
        assert_eq!(of(invoice, &["refunded", "charged_back"]).0, invoice.refunded().amount, "{invoice:?}");
        assert_eq!(of(invoice, &["credited"]).0, invoice.credited.amount, "{invoice:?}");
        assert_eq!(of(invoice, &["invoiced"]).1, invoice.net.amount, "{invoice:?}");
        if invoice.is_void {
            let (issued, credited, voided) =
                (of(invoice, &["invoiced"]), of(invoice, &["credited"]), of(invoice, &["voided"]));
            assert_eq!(issued, (credited.0 + voided.0, credited.1 + voided.1), "{invoice:?}");
        }
    }
}

fn trials_come_to_an_end_once(customer: &Customer) {
    let rows = table::<plan_conversions::Projection>(customer.events());
    let count = |kind: &str| rows.iter().filter(|row| row.kind.as_deref() == Some(kind)).count();
    let (began, ended) = (count("trial_started"), count("trial_converted") + count("trial_lost"));
    assert!(began <= 1 && ended <= began);
    let begun = rows.iter().find(|row| row.kind.as_deref() == Some("trial_started")).and_then(|row| row.day);
    assert!(rows.iter().filter_map(|row| row.trial_day).all(|day| Some(day) == begun));
    // Plans follow each other: each begins with the one before.
    let mut plan: Option<String> = None;
    for row in rows.iter().filter(|row| row.kind.is_some()) {
        let is_known =
            row.plan_from.is_some() && !matches!(row.kind.as_deref(), Some("trial_converted" | "trial_lost"));
        assert!(!is_known || row.plan_from == plan, "{plan:?} before {row:?}");
        plan.clone_from(&row.plan_to);
    }
}

fn batches_come_to_the_same<P: Projection>(events: &[Recorded], size: usize) {
    let mut stored: BTreeMap<_, P::Row> = BTreeMap::new();
    for batch in events.chunks(size) {
        let touched = fold::<P>(batch).into_changed_keys();
        let mut rows: Rows<P::Row> = touched.iter().filter_map(|key| stored.get(key)).cloned().collect();
        batch.iter().for_each(|recorded| P::apply(&mut rows, recorded));
        stored.extend(rows.into_changed().into_iter().map(|row| (row.key(), row)));
    }
    assert_eq!(stored.into_values().collect::<Vec<_>>(), table::<P>(events), "{size} events a batch");
}

proptest! {
    #[test]
    fn tables_of_revenue_come_to_what_the_subscription_says(steps in steps(), size in 1_usize..20) {
        let customer = lived(&steps);
        movements_come_to_what_it_is_worth(&customer);
        documents_come_to_their_invoices(&customer);
        trials_come_to_an_end_once(&customer);
        batches_come_to_the_same::<mrr_movements::Projection>(customer.events(), size);
        batches_come_to_the_same::<revenue::Projection>(customer.events(), size);
        batches_come_to_the_same::<plan_conversions::Projection>(customer.events(), size);
    }
}
