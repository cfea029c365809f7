//! What holds whatever is asked of a ledger, in any order, on any plan, over months.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan};
use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Command, CreditLedger, Event};
use crate::aggregate::Aggregate;
use crate::catalog::Limit;
use crate::context::{Context, Terms};
use crate::id::{CommissionId, FeatureCode};
use crate::money::{Credits, Quantity};
use crate::scenario::{id, plan_in_force, replaying_in_two_halves_equals_replaying_at_once, seed, surroundings};

/// A command, on a plan, some time after the one before.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) command: Command,
    plan: Option<&'static str>,
    minutes_later: i64,
}

/// Amounts with all the decimals credits have, so that rounding is put to the test.
fn credits() -> impl Strategy<Value = Credits> {
    (1_i64..50_000_000).prop_map(|millionths| Credits::positive(Decimal::new(millionths, 6)).unwrap())
}

/// Whole messages mostly, with some fractions between them.
pub(crate) fn quantities() -> impl Strategy<Value = Quantity> {
    let whole = (1_i64..900).prop_map(Decimal::from);
    let fraction = (1_i64..3_000_000).prop_map(|millionths| Decimal::new(millionths, 6));
    prop_oneof![3 => whole, 1 => fraction].prop_map(|amount| Quantity::positive(amount).unwrap())
}

fn commands() -> impl Strategy<Value = Command> {
    let features = prop_oneof![
        6 => Just("whatsapp_messages"),
        2 => Just("ai_runs"),
        1 => Just("white_label"),
        1 => Just("faxes"),
    ];
    let top_up = credits().prop_map(|amount| Command::TopUp { amount, reference: None });
    let commission = CommissionId::of(&id("pay_1"), 1);
    let earn = credits().prop_map(move |amount| Command::GrantCommission { commission: commission.clone(), amount });
    let consume =
        (features, quantities()).prop_map(|(feature, quantity)| Command::Consume { feature: id(feature), quantity });
    prop_oneof![1 => top_up, 1 => earn, 4 => consume]
}

pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    let plans = prop_oneof![1 => Just(None), 3 => Just(Some("gratis")), 9 => Just(Some("starter"))];
    // Up to four days each: a history of 60 steps turns its windows over three or four times.
    let step = (commands(), plans, 0_i64..5_760);
    vec(step.prop_map(|(command, plan, minutes_later)| Step { command, plan, minutes_later }), 0..60)
}

/// Decides a history step by step and shows each decision to `look`, with the state before and after it.
fn run(
    history: &[Step],
    mut look: impl FnMut(&CreditLedger, &Result<Vec<Event>, super::Rejection>, &CreditLedger),
) -> Vec<Event> {
    let mut context = surroundings();
    let mut ledger = CreditLedger::default();
    let mut log = Vec::new();
    for (number, step) in (1..).zip(history) {
        turn(&mut context, step, number);
        let before = ledger.clone();
        let decided = ledger.decide(&step.command, &context);
        decided.iter().flatten().for_each(|event| ledger.evolve(event));
        look(&before, &decided, &ledger);
        log.extend(decided.into_iter().flatten());
    }
    log
}

/// Moves on to a step: its plan, its instant.
pub(crate) fn turn(context: &mut Context, step: &Step, number: u128) {
    context.now += step.minutes_later.minutes();
    context.seed = seed(number);
    let terms = context.terms.take();
    context.terms = terms.map(|terms| Terms { plan: step.plan.map(plan_in_force), ..terms });
}

fn granted(event: &Event) -> Credits {
    match event {
        Event::CreditsGranted { amount, .. } => *amount,
        Event::FeatureConsumed { .. } | Event::ThresholdsCrossed { .. } => Credits::ZERO,
    }
}

fn charged(event: &Event) -> Credits {
    match event {
        Event::FeatureConsumed { overage: Some(overage), .. } => overage.charge,
        Event::FeatureConsumed { overage: None, .. }
        | Event::CreditsGranted { .. }
        | Event::ThresholdsCrossed { .. } => Credits::ZERO,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_balance_is_what_was_granted_less_what_was_charged_and_never_negative(history in histories()) {
        let mut expected = Credits::ZERO;
        run(&history, |_, decided, after| {
            for event in decided.iter().flatten() {
                expected = expected + granted(event) - charged(event);
            }
            assert_eq!(after.balance(), expected);
            assert!(after.balance() >= Credits::ZERO);
            assert!(after.lots().iter().all(|lot| lot.left > Credits::ZERO), "{:?}", after.lots());
        });
    }

    #[test]
    fn a_charge_is_quantity_times_rate_and_equals_what_was_drawn(history in histories()) {
        for event in run(&history, |_, _, _| {}) {
            if let Event::FeatureConsumed { quantity, included, overage: Some(overage), .. } = event {
                prop_assert_eq!(overage.charge, Credits::rounded(overage.quantity.amount() * overage.rate));
                prop_assert_eq!(overage.draws.iter().map(|draw| draw.amount).sum::<Credits>(), overage.charge);
                prop_assert_eq!(included + overage.quantity, quantity);
            }
        }
    }

    #[test]
    fn what_is_included_is_never_used_beyond_its_limit(history in histories()) {
        let mut used: BTreeMap<(FeatureCode, Timestamp), Quantity> = BTreeMap::new();
        for event in run(&history, |_, _, _| {}) {
            if let Event::FeatureConsumed { feature, window, included, limit, .. } = event {
                let used = used.entry((feature, window.start)).or_insert(Quantity::ZERO);
                *used = *used + included;
                if let Limit::UpTo(limit) = limit {
                    // On a smaller plan than before nothing more is included, however much was.
                    prop_assert!(*used <= limit || included.is_zero(), "{} of {}", used, limit);
                }
            }
        }
    }

    #[test]
    fn each_threshold_of_a_window_is_crossed_once_and_only_once_reached(history in histories()) {
        let mut crossed: Vec<(FeatureCode, Timestamp, u8)> = Vec::new();
        for event in run(&history, |_, _, _| {}) {
            if let Event::ThresholdsCrossed { feature, window, thresholds, used, limit } = event {
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
    fn a_refused_command_changes_nothing(history in histories()) {
        run(&history, |before, decided, after| {
            if decided.is_err() {
                assert_eq!(before, after);
            }
        });
    }

    #[test]
    fn the_same_history_is_always_decided_the_same(history in histories()) {
        prop_assert_eq!(run(&history, |_, _, _| {}), run(&history, |_, _, _| {}));
    }

    #[test]
    fn a_ledger_replays_from_a_snapshot(history in histories(), middle in 0_usize..60) {
        let log = run(&history, |_, _, _| {});
        replaying_in_two_halves_equals_replaying_at_once::<CreditLedger>(&log, middle);
    }
}
