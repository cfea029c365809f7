//! What holds whatever is asked of a discount book, in any order.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use jiff::ToSpan;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Command, DiscountBook, Event, Rejection};
use crate::aggregate::Aggregate;
use crate::discount::{DiscountTerms, Lasts, Off};
use crate::id::DiscountCode;
use crate::scenario::{id, replaying_in_two_halves_equals_replaying_at_once, surroundings};

fn commands() -> impl Strategy<Value = Command> {
    let code = || proptest::sample::select(["A", "B", "C"].as_slice()).prop_map(id::<DiscountCode>);
    let plan = || proptest::sample::select(["gratis", "starter", "partner"].as_slice());
    let terms = (1_u32..=100, any::<bool>(), vec(plan(), 0..2)).prop_map(|(percent, is_once, plans)| DiscountTerms {
        off: Off::Percent(Decimal::new(percent.into(), 2)),
        lasts: if is_once { Lasts::Periods(1) } else { Lasts::ForEver },
        plans: plans.into_iter().map(id).collect(),
    });
    let create =
        (code(), terms, option::of(1_u32..4), option::of(-5_i64..100)).prop_map(|(code, terms, max, hours)| {
            Command::CreateCode {
                code,
                terms,
                redemptions_max: max.and_then(NonZeroU32::new),
                ends_at: hours.map(|hours| surroundings().now + hours.hours()),
                actor: id("operator-7"),
            }
        });
    let retire = code().prop_map(|code| Command::RetireCode { code, actor: id("operator-7") });
    let redeem =
        (code(), plan()).prop_map(|(code, plan)| Command::Redeem { code, organization: id("pedro"), plan: id(plan) });
    let give_back = code().prop_map(|code| Command::ReturnRedemption { code, organization: id("pedro") });
    prop_oneof![3 => create, 1 => retire, 8 => redeem, 2 => give_back]
}

fn run(
    history: &[Command],
    mut look: impl FnMut(&DiscountBook, &Result<Vec<Event>, Rejection>, &DiscountBook),
) -> Vec<Event> {
    let (mut book, mut log, mut context) = (DiscountBook::default(), Vec::new(), surroundings());
    for command in history {
        context.now += 1.hour();
        let before = book.clone();
        let decided = book.decide(command, &context);
        decided.iter().flatten().for_each(|event| book.evolve(event));
        look(&before, &decided, &book);
        log.extend(decided.into_iter().flatten());
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_more_redemptions_are_out_than_a_code_allows(history in vec(commands(), 0..80)) {
        let mut out: BTreeMap<DiscountCode, (Option<u32>, u32)> = BTreeMap::new();
        for event in run(&history, |_, _, _| {}) {
            match event {
                Event::CodeCreated { code, redemptions_max, .. } => {
                    let known = out.insert(code, (redemptions_max.map(NonZeroU32::get), 0));
                    prop_assert_eq!(known, None, "a code means one thing for ever");
                }
                Event::CodeRetired { .. } => {}
                Event::CodeRedeemed { code, .. } => {
                    let (max, redemptions) = out.get_mut(&code).unwrap();
                    *redemptions += 1;
                    prop_assert!(max.is_none_or(|max| *redemptions <= max));
                }
                Event::RedemptionReturned { code, .. } => {
                    let (_, redemptions) = out.get_mut(&code).unwrap();
                    prop_assert!(*redemptions > 0);
                    *redemptions -= 1;
                }
            }
        }
    }

    #[test]
    fn a_code_gives_everybody_what_it_was_made_for(history in vec(commands(), 0..80)) {
        run(&history, |before, decided, _| {
            for event in decided.iter().flatten() {
                if let Event::CodeRedeemed { code, plan, terms, .. } = event {
                    let known = before.code(code).unwrap();
                    assert!(known.terms == *terms && terms.is_for(plan) && !known.retired);
                }
            }
        });
    }

    #[test]
    fn a_refused_command_changes_nothing(history in vec(commands(), 0..80)) {
        run(&history, |before, decided, after| {
            if decided.is_err() {
                assert_eq!(before, after);
            }
        });
    }

    #[test]
    fn a_book_replays_from_a_snapshot(history in vec(commands(), 0..80), middle in 0_usize..80) {
        let log = run(&history, |_, _, _| {});
        replaying_in_two_halves_equals_replaying_at_once::<DiscountBook>(&log, middle);
    }
}
