//! Laws every `apply` keeps, over a history in two partitions: the product's and the organizations'.

mod history;
mod of_invoices;
mod of_revenue;
mod of_usage;

use std::collections::BTreeSet;

use event_store::Recorded;
use proptest::prelude::*;

use crate::projection::{Projection, Writers};
use crate::row::{Row, Rows};
use crate::{
    balance, commission_statement, commissions, compliance_alerts, consumptions, credit_notes, credit_statement,
    discount_codes, invoices, mrr_movements, organizations, payments, plan_conversions, referral_network, revenue, usage,
};
use history::{decimal, of_the_organizations, of_the_product};

fn fold<P: Projection>(events: &[Recorded]) -> Rows<P::Row> {
    let mut rows = Rows::default();
    for recorded in events {
        P::apply(&mut rows, recorded);
    }
    rows
}

fn table<P: Projection>(events: &[Recorded]) -> Vec<P::Row> {
    fold::<P>(events).iter().cloned().collect()
}

/// Loading relies on it: rows are loaded for the keys that a fold on no rows touched.
fn touches_rows_because_of_events_alone<P: Projection>() {
    let history = [of_the_product(), of_the_organizations()].concat();
    let keys: BTreeSet<_> = fold::<P>(&history).into_changed_keys();
    assert!(!keys.is_empty(), "{} has rows", P::NAME);
    for recorded in &history {
        let alone = fold::<P>(std::slice::from_ref(recorded)).into_changed_keys();
        let mut rows = fold::<P>(&history);
        rows.forget_changes();
        P::apply(&mut rows, recorded);
        assert_eq!(rows.into_changed_keys(), alone, "{} of {:?}", P::NAME, recorded.event);
    }
}

#[test]
fn every_projection_touches_rows_because_of_events_alone() {
    touches_rows_because_of_events_alone::<balance::Projection>();
    touches_rows_because_of_events_alone::<credit_statement::Projection>();
    touches_rows_because_of_events_alone::<usage::Projection>();
    touches_rows_because_of_events_alone::<consumptions::Projection>();
    touches_rows_because_of_events_alone::<compliance_alerts::Projection>();
    touches_rows_because_of_events_alone::<commissions::Projection>();
    touches_rows_because_of_events_alone::<commission_statement::Projection>();
    touches_rows_because_of_events_alone::<referral_network::Projection>();
    touches_rows_because_of_events_alone::<organizations::Projection>();
    touches_rows_because_of_events_alone::<mrr_movements::Projection>();
    touches_rows_because_of_events_alone::<revenue::Projection>();
    touches_rows_because_of_events_alone::<plan_conversions::Projection>();
    touches_rows_because_of_events_alone::<invoices::Projection>();
    touches_rows_because_of_events_alone::<credit_notes::Projection>();
    touches_rows_because_of_events_alone::<payments::Projection>();
    touches_rows_because_of_events_alone::<discount_codes::Projection>();
}

/// Partitions keep their own order and nothing more.
fn merged(product_next: &[bool]) -> Vec<Recorded> {
    let (mut product, mut organizations) = (of_the_product().into_iter(), of_the_organizations().into_iter());
    let mut events = Vec::new();
    for product_next in product_next {
        events.extend(if *product_next { product.next() } else { organizations.next() });
    }
    events.extend(product);
    events.extend(organizations);
    events
}

/// The rows of any order are those of product first; a projection with one writing partition needs no such law.
fn gives_the_same_rows_in_any_order<P: Projection>(product_next: &[bool]) {
    assert_eq!(P::WRITERS, Writers::SeveralPartitions, "{}", P::NAME);
    assert_eq!(table::<P>(&merged(product_next)), table::<P>(&merged(&[])));
}

proptest! {
    #[test]
    fn rows_of_several_partitions_are_the_same_in_any_order(product_next in prop::collection::vec(any::<bool>(), 24)) {
        gives_the_same_rows_in_any_order::<commissions::Projection>(&product_next);
        gives_the_same_rows_in_any_order::<organizations::Projection>(&product_next);
        gives_the_same_rows_in_any_order::<invoices::Projection>(&product_next);
        gives_the_same_rows_in_any_order::<credit_notes::Projection>(&product_next);
    }
}

#[test]
fn a_statement_runs_on_for_each_organization_by_itself() {
    let entries = table::<credit_statement::Projection>(&of_the_organizations());
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} {} {} -> {}", entry.organization, entry.kind, entry.amount, entry.balance_after))
        .collect();
    assert_eq!(
        lines,
        [
            "juan commission 3.00 -> 3.00",
            "juan purchased 10.00 -> 13.00",
            "juan charge -0.10 -> 12.90",
            "juan held -0.10 -> 12.80",
            "juan captured 0.00 -> 12.80",
            "juan released 0.05 -> 12.85",
            "juan returned 0.10 -> 12.95",
            "juan expired -2.95 -> 10.00",
            "maria purchased 5.00 -> 5.00",
        ]
    );
}

#[test]
fn differences_name_the_column_and_both_values() {
    let expected = &table::<balance::Projection>(&of_the_organizations())[0];
    let found = balance::Balance { balance: decimal("99"), ..expected.clone() };
    assert_eq!(expected.differences(expected), []);
    assert_eq!(found.differences(expected), [("balance", "99".to_owned(), "10.00".to_owned())]);
}

#[test]
fn every_credit_is_in_one_account_of_the_balance() {
    let juan = &table::<balance::Projection>(&of_the_organizations())[0];
    let told =
        [juan.granted, juan.balance, juan.held, juan.spent, juan.expired, juan.revoked].map(|sum| sum.to_string());
    assert_eq!(told, ["13.00", "10.00", "0.00", "0.05", "2.95", "0.00"]);
}

#[test]
fn a_commission_says_what_became_of_it() {
    let rows = table::<commissions::Projection>(&merged(&[]));
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let status = row.status.as_deref().unwrap_or_default();
            let commissions::Known { matured, granted, netted, clawed_back, taken_back, .. } = row;
            format!("{status}: {matured} matured, {granted} granted, {netted} netted, {clawed_back} clawed back, {taken_back} taken")
        })
        .collect();
    assert_eq!(
        told,
        [
            "granted: 3.00 matured, 3.00 granted, 0 netted, 1.00 clawed back, 0.00 taken",
            "granted: 0 matured, 0 granted, 1.00 netted, 0 clawed back, 0 taken",
        ]
    );
}

#[test]
fn the_network_and_the_statement_say_what_was_earned_and_taken_back() {
    let network = table::<referral_network::Projection>(&of_the_product());
    let told: Vec<String> = network
        .iter()
        .map(|pair| {
            let referral_network::Pair { organization, member, level, payments, earned, clawed_back, .. } = pair;
            format!("{organization} above {member} at {level}: {earned} of {payments}, {clawed_back} taken back")
        })
        .collect();
    assert_eq!(told, ["juan above maria at 1: 3.00 of 1, 1.00 taken back"]);
    let statement = table::<commission_statement::Projection>(&merged(&[]));
    let told: Vec<String> = statement.iter().map(|line| format!("{} {}", line.kind, line.amount)).collect();
    let expected =
        ["accrued 3.00", "matured 3.00", "clawed_back 1.00", "granted 3.00", "taken_back 0.00", "netted 1.00"];
    assert_eq!(told, expected);
}

#[test]
fn an_alert_that_somebody_has_seen_says_so_of_all_its_thresholds() {
    let rows = table::<compliance_alerts::Projection>(&of_the_organizations());
    let told: Vec<_> = rows.iter().map(|row| (row.threshold, row.acknowledged_by.as_deref())).collect();
    assert_eq!(told, [(70, Some("user-1")), (85, Some("user-1"))]);
}

#[test]
fn a_code_counts_the_redemptions_that_are_out() {
    let rows = table::<discount_codes::Projection>(&of_the_product());
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let discount_codes::Code { code, share, periods, plans, redemptions, redemptions_max, .. } = row;
            let share = share.map(|share| share.to_string()).unwrap_or_default();
            format!(
                "{code}: {share} for {periods:?} of {plans}, {redemptions} of {redemptions_max:?}, retired by {:?}",
                row.retired_by
            )
        })
        .collect();
    assert_eq!(told, [r#"SPRING20: 0.2 for Some(3) of starter, 1 of Some(2), retired by Some("operator-7")"#]);
}
