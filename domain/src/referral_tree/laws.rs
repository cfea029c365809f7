//! What holds whatever is asked of a referral tree, in any order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Command, Event, ReferralTree, Rejection};
use crate::aggregate::Aggregate;
use crate::id::{CommissionId, OrganizationId, PaymentId};
use crate::money::{Credits, Money};
use crate::scenario::{catalog, id, replaying_in_two_halves_equals_replaying_at_once, surroundings, usd};

/// Three days of waiting, in which a history of ninety commands has room.
const WAITING: &str = r#"
product = "agencia"
currency = "USD"
[referrals]
rates = ["0.20", "0.05"]
hold_days = 3
[[plans]]
code = "pro"
price = { month = "45" }
"#;

/// Few organizations, so that they meet often.
const NAMES: [&str; 7] = ["ana", "beto", "carla", "diego", "elisa", "fabio", "gloria"];

fn commands() -> impl Strategy<Value = Command> {
    let name = || proptest::sample::select(NAMES.as_slice());
    let code = |name: &str| id(&format!("{name}-code"));
    let enroll = (name(), name(), proptest::option::of(name())).prop_map(move |(who, owner, sponsor)| {
        // One in seven asks for the code of somebody else now and then.
        let code_of = if who < "c" { owner } else { who };
        Command::Enroll { organization: id(who), code: code(code_of), referred_with: sponsor.map(code) }
    });
    let attribute = (name(), name()).prop_map(move |(who, sponsor)| {
        let registered_at = Some(surroundings().now);
        Command::Attribute { organization: id(who), referred_with: code(sponsor), registered_at }
    });
    // Whoever pays has few payments of its own, so that what is refunded was often paid.
    let payment = |who: &str, number: u8| id(&format!("{who}_{number}"));
    let accrue = (name(), 0_u8..40, 0_i64..200).prop_map(move |(who, number, hours)| Command::AccrueCommissions {
        payment: payment(who, number),
        payer: id(who),
        amount: usd(&dollars(number)),
        paid_at: Some(surroundings().now + hours.hours()),
        catalog_version: None,
    });
    let refund = (name(), 0_u8..40, 0_u32..120).prop_map(move |(who, number, percent)| {
        let paid = usd(&dollars(number));
        let part = paid.amount * Decimal::from(percent) / Decimal::ONE_HUNDRED;
        let refunded_net_total = Money::rounded(part, paid.currency);
        let (payment, payer, refund) = (payment(who, number), id(who), id("ref_1"));
        Command::ClawBack { payment, payer, refund, refunded_net_total, paid_net: paid }
    });
    prop_oneof![3 => enroll, 3 => attribute, 6 => accrue, 4 => refund, 1 => Just(Command::Settle)]
}

/// What a payment of a number comes to, with all the decimals dollars have.
fn dollars(number: u8) -> String {
    format!("{}.{:02}", u32::from(number) * 7 + 1, (u32::from(number) * 37) % 100)
}

/// Three who refer each other, then anything. A payment is shared once: the receipt of its command sees to that, and here
/// the history. A refund is mostly one of a payment that was made.
fn histories() -> impl Strategy<Value = Vec<Command>> {
    let line = [("ana", None), ("beto", Some("ana")), ("carla", Some("beto"))].map(|(who, sponsor)| {
        let code = |name: &str| id(&format!("{name}-code"));
        Command::Enroll { organization: id(who), code: code(who), referred_with: sponsor.map(code) }
    });
    vec((commands(), 0_usize..100), 0..90).prop_map(move |random| {
        let mut paid: Vec<(PaymentId, OrganizationId, Money)> = Vec::new();
        let mut history = line.to_vec();
        for (command, which) in random {
            match command {
                Command::AccrueCommissions { payment, .. } if paid.iter().any(|(known, ..)| *known == payment) => {}
                Command::AccrueCommissions { ref payment, ref payer, amount, .. } => {
                    paid.push((payment.clone(), payer.clone(), amount));
                    history.push(command);
                }
                Command::ClawBack { refund, refunded_net_total, paid_net, .. } if which < 90 && !paid.is_empty() => {
                    let (payment, payer, amount) = paid[which % paid.len()].clone();
                    let share = refunded_net_total.amount / paid_net.amount;
                    let total = Money::rounded(amount.amount * share, amount.currency);
                    history.push(Command::ClawBack {
                        payment,
                        payer,
                        refund,
                        refunded_net_total: total,
                        paid_net: amount,
                    });
                }
                other => history.push(other),
            }
        }
        history
    })
}

/// Decides a history and shows each decision to `look`, with the state before and after it.
fn run(
    history: &[Command],
    mut look: impl FnMut(&ReferralTree, &Result<Vec<Event>, Rejection>, &ReferralTree),
) -> Vec<Event> {
    let mut context = surroundings();
    context.catalog = Some(catalog(WAITING));
    let mut tree = ReferralTree::default();
    let mut log = Vec::new();
    for command in history {
        context.now += 3.hours();
        let before = tree.clone();
        let decided = tree.decide(command, &context);
        decided.iter().flatten().for_each(|event| tree.evolve(event));
        look(&before, &decided, &tree);
        log.extend(decided.into_iter().flatten());
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_are_no_cycles(history in histories()) {
        run(&history, |_, _, tree| {
            for name in NAMES {
                // One step more than there are organizations would come by one of them twice.
                let organization = id(name);
                let above: Vec<&OrganizationId> = tree.ancestors(&organization).take(NAMES.len() + 1).collect();
                let distinct: BTreeSet<&OrganizationId> = above.iter().copied().collect();
                assert_eq!(distinct.len(), above.len(), "{name} stands below {above:?}");
                assert!(!distinct.contains(&organization));
            }
        });
    }

    #[test]
    fn a_sponsor_is_for_ever_and_a_code_too(history in histories()) {
        run(&history, |before, _, after| {
            for name in NAMES.map(id::<OrganizationId>) {
                assert!(before.sponsor_of(&name).is_none() || before.sponsor_of(&name) == after.sponsor_of(&name));
                assert!(before.code_of(&name).is_none() || before.code_of(&name) == after.code_of(&name));
            }
        });
    }

    #[test]
    fn every_code_leads_to_the_one_who_hands_it_out(history in histories()) {
        run(&history, |_, _, tree| {
            for name in NAMES.map(id::<OrganizationId>) {
                if let Some(code) = tree.code_of(&name) {
                    assert_eq!(tree.owner_of(code), Some(&name));
                }
            }
        });
    }

    #[test]
    fn commissions_of_a_payment_stay_below_it_and_go_up_the_line(history in histories()) {
        run(&history, |before, decided, _| {
            let mut sums: BTreeMap<OrganizationId, Credits> = BTreeMap::new();
            for event in decided.iter().flatten() {
                if let Event::CommissionAccrued { payer, beneficiary, level, base, amount, .. } = event {
                    // Those above it then are above it now, and nobody is above it whom it did not know then.
                    assert_eq!(before.ancestors(payer).nth(usize::from(*level) - 1), Some(beneficiary));
                    let sum = sums.entry(payer.clone()).or_insert(Credits::ZERO);
                    *sum += *amount;
                    assert!(sum.amount() <= base.amount * Decimal::new(25, 2), "{sum} of {base}");
                }
            }
        });
    }

    #[test]
    fn of_a_commission_no_more_is_taken_back_than_was_accrued(history in histories()) {
        let mut known: BTreeMap<CommissionId, (Credits, Credits)> = BTreeMap::new();
        for event in run(&history, |_, _, _| {}) {
            match event {
                Event::CommissionAccrued { commission, amount, .. } => {
                    known.insert(commission, (amount, Credits::ZERO));
                }
                Event::CommissionClawedBack { commission, amount, clawed_back_total, .. } => {
                    let (accrued, taken) = known.get_mut(&commission).unwrap();
                    *taken += amount;
                    assert!(amount > Credits::ZERO);
                    assert_eq!(*taken, clawed_back_total);
                    assert!(*taken <= *accrued, "{taken} of {accrued}");
                }
                _ => {}
            }
        }
    }

    #[test]
    fn a_commission_matures_once_at_its_instant_with_what_is_left_of_it(history in histories()) {
        let mut waits: BTreeMap<CommissionId, (Credits, jiff::Timestamp)> = BTreeMap::new();
        let log = run(&history, |_, _, tree| {
            assert!(tree.next_due().is_none() || tree.due.len() <= tree.commissions.len());
        });
        for event in log {
            match event {
                Event::CommissionAccrued { commission, amount, matures_at: Some(at), .. } => {
                    waits.insert(commission, (amount, at));
                }
                Event::CommissionClawedBack { commission, amount, matured, .. } => {
                    assert_eq!(matured, !waits.contains_key(&commission));
                    if let Some((left, _)) = waits.get_mut(&commission) {
                        *left -= amount;
                    }
                    waits.retain(|_, (left, _)| *left > Credits::ZERO);
                }
                Event::CommissionMatured { commission, amount, matured_at, .. } => {
                    assert_eq!(waits.remove(&commission), Some((amount, matured_at)));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn settling_first_or_with_a_decision_comes_to_the_same(history in histories()) {
        let mut context = surroundings();
        context.catalog = Some(catalog(WAITING));
        let mut tree = ReferralTree::default();
        for command in &history {
            context.now += 3.hours();
            let mut settled = tree.clone();
            let due = settled.decide(&Command::Settle, &context).unwrap();
            due.iter().for_each(|event| settled.evolve(event));
            let mut lazily = tree.clone();
            let (at_once, then) = (lazily.decide(command, &context), settled.decide(command, &context));
            assert_eq!(at_once.is_ok(), then.is_ok());
            at_once.iter().flatten().for_each(|event| lazily.evolve(event));
            then.iter().flatten().for_each(|event| settled.evolve(event));
            tree = lazily.clone();
            let due = lazily.decide(&Command::Settle, &context).unwrap();
            due.iter().for_each(|event| lazily.evolve(event));
            prop_assert_eq!(lazily, settled);
        }
    }

    #[test]
    fn whoever_has_paid_gets_no_sponsor(history in histories()) {
        run(&history, |before, _, after| {
            for name in NAMES.map(id::<OrganizationId>) {
                if before.has_paid(&name) {
                    assert_eq!(before.sponsor_of(&name), after.sponsor_of(&name));
                }
            }
        });
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
    fn a_tree_replays_from_a_snapshot(history in histories(), middle in 0_usize..150) {
        let log = run(&history, |_, _, _| {});
        replaying_in_two_halves_equals_replaying_at_once::<ReferralTree>(&log, middle);
    }
}

#[test]
fn random_histories_come_to_every_event() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..100 {
        let mut history = histories().new_tree(&mut runner).unwrap().current();
        history.push(Command::ShareSimulated {
            payment: id("carla_on_a_clock"),
            payer: id("carla"),
            amount: usd("15"),
            paid_at: surroundings().now,
            catalog_version: None,
        });
        for event in run(&history, |_, _, _| {}) {
            *counts.entry(cqrs_es::DomainEvent::event_type(&event)).or_default() += 1;
        }
    }
    for (name, _) in Event::VERSIONS {
        assert!(counts.contains_key(*name), "{name} is not in {counts:?}");
    }
}
