//! What holds whatever is asked of a ledger, in any order, on any plan, over months. The laws keep books of their own,
//! from the events alone.

mod books;
mod histories;

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{CreditLedger, Event, OverageCharge, lot};
use crate::aggregate::Aggregate;
use crate::id::FeatureCode;
use crate::money::{Credits, Money, Quantity};
use crate::scenario::{fold, id, replaying_in_two_halves_equals_replaying_at_once};
use books::Books;
pub(crate) use histories::{Play, Step, histories, quantities};

/// Plays a history and shows each decision to `look`, with the state before and after it.
fn run(
    history: &[Step],
    mut look: impl FnMut(&CreditLedger, &Result<Vec<Event>, super::Rejection>, &Play),
) -> Vec<Event> {
    let mut play = Play::default();
    let mut log = Vec::new();
    for step in history {
        let before = play.ledger.clone();
        let decided = play.step(step);
        look(&before, &decided, &play);
        log.extend(decided.into_iter().flatten());
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn at_every_moment_the_books_agree_with_the_ledger(history in histories()) {
        let mut books = Books::default();
        run(&history, |_, decided, play| {
            for event in decided.iter().flatten() {
                books.enter(event);
            }
            books.agree_with(&play.ledger);
        });
    }

    #[test]
    fn a_charge_is_quantity_times_rate_and_equals_what_was_drawn(history in histories()) {
        for event in run(&history, |_, _, _| {}) {
            if let Event::FeatureConsumed { quantity, included, overage, waived, .. } = event {
                let past = overage.as_ref().map_or(Quantity::ZERO, OverageCharge::quantity);
                prop_assert_eq!(included + past + waived, quantity);
                if let Some(OverageCharge::Credits(charged)) = overage {
                    prop_assert_eq!(charged.charge, Credits::rounded(charged.quantity.amount() * charged.rate));
                    prop_assert_eq!(lot::sum(&charged.draws), charged.charge);
                }
            }
        }
    }

    #[test]
    fn all_that_is_captured_of_a_hold_costs_what_its_whole_would(history in histories()) {
        let mut captured: BTreeMap<crate::HoldId, (Decimal, Decimal)> = BTreeMap::new();
        for event in run(&history, |_, _, _| {}) {
            if let Event::HoldCaptured { hold, credits: Some(charged), .. } = event {
                prop_assert_eq!(lot::sum(&charged.draws), charged.charge);
                let (quantity, cost) = captured.entry(hold).or_default();
                *quantity += charged.quantity.amount();
                *cost += charged.charge.amount();
                prop_assert_eq!(Credits::rounded(*cost), Credits::rounded(*quantity * charged.rate));
            }
        }
    }

    #[test]
    fn what_is_put_on_the_invoice_of_a_window_costs_what_its_sum_costs(history in histories()) {
        let mut priced: BTreeMap<Timestamp, (Quantity, Money)> = BTreeMap::new();
        let catalog = Play::default().context.catalog.unwrap();
        let starter = catalog.definition.plan(&id("starter")).unwrap();
        let grant = &starter.grants[&id::<FeatureCode>("minutes")];
        let crate::catalog::Grant::Quota { overage: crate::catalog::Overage::Invoice { pricing }, .. } = grant else {
            panic!("{grant:?}")
        };
        for event in run(&history, |_, _, _| {}) {
            if let Event::FeatureConsumed { window, overage: Some(OverageCharge::Invoice(charge)), .. } = event {
                let currency = charge.price.currency;
                let (quantity, sum) = priced.entry(window.start).or_insert((Quantity::ZERO, Money::rounded(Decimal::ZERO, currency)));
                *quantity = *quantity + charge.quantity;
                sum.amount += charge.price.amount;
                prop_assert_eq!(*sum, pricing[&currency].line(*quantity, currency));
            }
        }
    }

    #[test]
    fn each_threshold_of_a_window_is_crossed_once_and_only_once_reached(history in histories()) {
        let mut crossed: Vec<(FeatureCode, Timestamp, u8)> = Vec::new();
        for event in run(&history, |_, _, _| {}) {
            if let Event::ThresholdsCrossed { feature, window, thresholds, used, limit, .. } = event {
                for percent in thresholds {
                    prop_assert!(used.amount() * Decimal::ONE_HUNDRED >= limit.amount() * Decimal::from(percent));
                    let crossing = (feature.clone(), window.start, percent);
                    prop_assert!(!crossed.contains(&crossing), "{:?} twice", crossing);
                    crossed.push(crossing);
                }
            }
        }
    }

    #[test]
    fn a_refused_command_changes_nothing_and_a_decision_leaves_nothing_due(history in histories()) {
        run(&history, |before, decided, play| match decided {
            Err(_) => assert_eq!(*before, play.ledger),
            Ok(_) => assert_eq!(play.ledger.settled(play.context.now).0, []),
        });
    }

    #[test]
    fn settling_first_or_with_a_decision_comes_to_the_same(history in histories()) {
        let mut play = Play::default();
        for step in &history {
            let command = play.turn(step);
            let at_once = play.ledger.decide(&command, &play.context);
            let mut settled = play.ledger.clone();
            let due = settled.decide(&super::Command::Settle, &play.context).unwrap();
            due.iter().for_each(|event| settled.evolve(event));
            let after = |events: &[Event], ledger: &CreditLedger| {
                let mut ledger = ledger.clone();
                events.iter().for_each(|event| ledger.evolve(event));
                (ledger.lots, ledger.windows, ledger.holds, ledger.levels, ledger.owed)
            };
            if let (Ok(at_once), Ok(then)) = (&at_once, settled.decide(&command, &play.context)) {
                prop_assert_eq!(after(at_once, &play.ledger), after(&then, &settled));
            }
            play.take_in(&at_once);
        }
    }

    #[test]
    fn the_same_history_is_always_decided_the_same(history in histories()) {
        prop_assert_eq!(run(&history, |_, _, _| {}), run(&history, |_, _, _| {}));
    }

    #[test]
    fn a_ledger_replays_from_a_snapshot_wherever_it_was_taken(history in histories()) {
        let mut play = Play::default();
        let mut log = Vec::new();
        for step in &history {
            log.extend(play.step(step).into_iter().flatten());
        }
        prop_assert_eq!(&fold::<CreditLedger>(&log), &play.ledger);
        for middle in 0..=log.len() {
            replaying_in_two_halves_equals_replaying_at_once::<CreditLedger>(&log, middle);
        }
    }
}

#[test]
fn random_histories_come_to_every_event() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..200 {
        let history = histories().new_tree(&mut runner).unwrap().current();
        for event in run(&history, |_, _, _| {}) {
            *counts.entry(cqrs_es::DomainEvent::event_type(&event)).or_default() += 1;
        }
    }
    for (name, _) in Event::VERSIONS {
        assert!(counts.contains_key(*name), "{name} is not in {counts:?}");
    }
}
