//! What holds whatever is paid, whenever.

use jiff::ToSpan;
use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Command, Event, Rejection, Subscription};
use crate::aggregate::Aggregate;
use crate::calendar::{Interval, Period};
use crate::money::Money;
use crate::scenario::{id, replaying_in_two_halves_equals_replaying_at_once, seed, surroundings};

/// A command, some hours after the one before.
type Step = (Command, i64);

fn histories() -> impl Strategy<Value = Vec<Step>> {
    let plans = prop_oneof![Just("gratis"), Just("starter"), Just("partner"), Just("nothing")];
    let start = plans.prop_map(|plan| Command::Start { plan: id(plan), interval: Interval::Month });
    let cents = prop_oneof![2 => Just(1_500_i64), 2 => Just(19_900), 3 => 1_i64..2_500];
    let pay = cents.prop_map(|cents| Command::RecordPayment {
        amount: Money::rounded(Decimal::new(cents, 2), id("USD")),
        reference: None,
    });
    // Up to 40 days each, so that payments come early, late and periods late.
    vec((prop_oneof![1 => start, 5 => pay], 0_i64..960), 0..40)
}

/// Decides a history and shows each decision to `look`, with the state before and after it.
fn run(
    history: &[Step],
    mut look: impl FnMut(&Subscription, &Result<Vec<Event>, Rejection>, &Subscription),
) -> Vec<Event> {
    let mut context = surroundings();
    let mut subscription = Subscription::default();
    let mut log = Vec::new();
    for (number, (command, hours_later)) in (1..).zip(history) {
        context.now += hours_later.hours();
        context.seed = seed(number);
        let before = subscription.clone();
        let decided = subscription.decide(command, &context);
        decided.iter().flatten().for_each(|event| subscription.evolve(event));
        look(&before, &decided, &subscription);
        log.extend(decided.into_iter().flatten());
    }
    log
}

/// The periods of a history, the price of each and all that was paid.
fn accounts(log: &[Event]) -> (Vec<Period>, Decimal, Decimal) {
    let (mut periods, mut price_each, mut paid) = (Vec::new(), Decimal::ZERO, Decimal::ZERO);
    for event in log {
        match event {
            Event::SubscriptionStarted { price, .. } => price_each = price.amount,
            Event::PaymentRecorded { amount, .. } => paid += amount.amount,
            Event::SubscriptionActivated { period, .. } | Event::SubscriptionRenewed { period } => {
                periods.push(*period);
            }
            Event::CatalogMigrated { .. } => {}
        }
    }
    (periods, price_each, paid)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn paid_periods_follow_each_other_without_gap_or_overlap(history in histories()) {
        let (periods, _, _) = accounts(&run(&history, |_, _, _| {}));
        for pair in periods.windows(2) {
            prop_assert_eq!(pair[0].end, pair[1].start);
        }
    }

    #[test]
    fn every_paid_period_cost_its_price_and_the_rest_is_part_of_the_next(history in histories()) {
        let (periods, price, paid) = accounts(&run(&history, |_, _, _| {}));
        let rest = paid - price * Decimal::from(periods.len());
        prop_assert!(rest.is_zero() || (rest > Decimal::ZERO && rest < price), "{} of {}", rest, price);
    }

    #[test]
    fn a_plan_is_started_once_and_never_changes(history in histories()) {
        let log = run(&history, |_, _, _| {});
        let starts = log.iter().filter(|event| matches!(event, Event::SubscriptionStarted { .. }));
        prop_assert!(starts.count() <= 1);
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
    fn a_subscription_replays_from_a_snapshot(history in histories(), middle in 0_usize..40) {
        let log = run(&history, |_, _, _| {});
        replaying_in_two_halves_equals_replaying_at_once::<Subscription>(&log, middle);
    }
}
