//! What holds whatever is asked of a referral tree, in any order.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Command, Event, ReferralTree, Rejection};
use crate::aggregate::Aggregate;
use crate::id::OrganizationId;
use crate::money::Credits;
use crate::scenario::{id, replaying_in_two_halves_equals_replaying_at_once, surroundings, usd};

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
    let attribute = (name(), name())
        .prop_map(move |(who, sponsor)| Command::Attribute { organization: id(who), referred_with: code(sponsor) });
    let accrue = (name(), 1_u32..1_000).prop_map(|(who, dollars)| Command::AccrueCommissions {
        payment: id("pay_1"),
        payer: id(who),
        amount: usd(&dollars.to_string()),
    });
    prop_oneof![3 => enroll, 3 => attribute, 2 => accrue]
}

/// Decides a history and shows each decision to `look`, with the state before and after it.
fn run(
    history: &[Command],
    mut look: impl FnMut(&ReferralTree, &Result<Vec<Event>, Rejection>, &ReferralTree),
) -> Vec<Event> {
    let context = surroundings();
    let mut tree = ReferralTree::default();
    let mut log = Vec::new();
    for command in history {
        let before = tree.clone();
        let decided = tree.decide(command, &context);
        decided.iter().flatten().for_each(|event| tree.evolve(event));
        look(&before, &decided, &tree);
        log.extend(decided.into_iter().flatten());
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_are_no_cycles(history in vec(commands(), 0..60)) {
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
    fn a_sponsor_is_for_ever_and_a_code_too(history in vec(commands(), 0..60)) {
        run(&history, |before, _, after| {
            for name in NAMES.map(id::<OrganizationId>) {
                assert!(before.sponsor_of(&name).is_none() || before.sponsor_of(&name) == after.sponsor_of(&name));
                assert!(before.code_of(&name).is_none() || before.code_of(&name) == after.code_of(&name));
            }
        });
    }

    #[test]
    fn every_code_leads_to_the_one_who_hands_it_out(history in vec(commands(), 0..60)) {
        run(&history, |_, _, tree| {
            for name in NAMES.map(id::<OrganizationId>) {
                if let Some(code) = tree.code_of(&name) {
                    assert_eq!(tree.owner_of(code), Some(&name));
                }
            }
        });
    }

    #[test]
    fn commissions_of_a_payment_stay_below_it_and_go_up_the_line(history in vec(commands(), 0..60)) {
        run(&history, |before, decided, _| {
            let mut sums: BTreeMap<OrganizationId, Credits> = BTreeMap::new();
            for event in decided.iter().flatten() {
                if let Event::CommissionAccrued { payer, beneficiary, level, base, amount, .. } = event {
                    assert_eq!(before.ancestors(payer).nth(usize::from(*level) - 1), Some(beneficiary));
                    let sum = sums.entry(payer.clone()).or_insert(Credits::ZERO);
                    *sum += *amount;
                    assert!(sum.amount() <= base.amount * Decimal::new(25, 2), "{sum} of {base}");
                }
            }
        });
    }

    #[test]
    fn a_refused_command_changes_nothing(history in vec(commands(), 0..60)) {
        run(&history, |before, decided, after| {
            if decided.is_err() {
                assert_eq!(before, after);
            }
        });
    }

    #[test]
    fn a_tree_replays_from_a_snapshot(history in vec(commands(), 0..60), middle in 0_usize..60) {
        let log = run(&history, |_, _, _| {});
        replaying_in_two_halves_equals_replaying_at_once::<ReferralTree>(&log, middle);
    }
}
