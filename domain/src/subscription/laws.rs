//! What holds whatever is asked of a subscription, in any order, at whatever hour. The laws keep books of their own, from
//! the events alone.

mod books;
mod histories;

use proptest::prelude::*;

use super::preview::{preview, upcoming};
use super::tests::life::Life;
use super::{Command, Event, InvoiceTax, Subscription};
use crate::catalog::TaxedPrices;
use crate::context::{SoldUnder, Terms};
use crate::credit_ledger::CreditLedger;
use crate::money::Money;
use crate::scenario::{fold, replaying_in_two_halves_equals_replaying_at_once};
use books::Books;
use histories::{Step, begin, command, histories};

/// Plays a history and shows each state to `look`.
fn play(history: &[Step], mut look: impl FnMut(&Life)) -> Life {
    let mut life = begin();
    for step in history {
        life.context.now += step.pause();
        let command = command(step, &life);
        let _ = life.decide(&command);
        look(&life);
    }
    life
}

/// The same, with a look at every instant at which something falls due.
fn play_on_time(history: &[Step]) -> Life {
    let mut life = begin();
    for step in history {
        let then = life.context.now + step.pause();
        while let Some(due) = life.state.next_due().filter(|due| *due < then) {
            // Something may have fallen due at the very instant it was made.
            life.context.now = due.max(life.context.now);
            let before = life.log.len();
            life.settle_silently();
            assert!(life.log.len() > before, "nothing fell due at {due}");
        }
        life.context.now = then;
        // A command that is refused writes nothing of what fell due before it; somebody else has.
        life.settle_silently();
        let command = command(step, &life);
        let _ = life.decide(&command);
    }
    life
}

fn organization() -> crate::organization::Organization {
    let context = crate::scenario::surroundings();
    let command = crate::organization::Command::Register {
        organization: crate::scenario::id("pedro"),
        product: crate::scenario::id("agencia"),
        time_zone: crate::scenario::id("America/Santiago"),
        sponsor: None,
        environment: crate::organization::Environment::Live,
    };
    let decided = crate::Aggregate::decide(&crate::organization::Organization::default(), &command, &context);
    fold(&decided.unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn at_every_moment_the_books_agree_with_the_invoices(history in histories()) {
        let mut books = Books::default();
        let mut entered = 0;
        play(&history, |life| {
            life.log[entered..].iter().for_each(|event| books.enter(event));
            entered = life.log.len();
            books.agree_with(&life.state);
        });
    }

    #[test]
    fn an_invoice_comes_to_its_lines_and_taxes(history in histories()) {
        for event in play(&history, |_| {}).log {
            let Event::InvoiceIssued { lines, net, taxes, total, kept, .. } = event else { continue };
            let zero = Money::zero(total.currency);
            let sum = |taxes: &mut dyn Iterator<Item = &InvoiceTax>| taxes.fold(zero, |sum, tax| sum.plus(tax.amount));
            let of_lines = lines.iter().fold(zero, |sum, line| sum.plus(line.amount));
            let added = sum(&mut taxes.iter().filter(|tax| tax.prices == TaxedPrices::Exclusive));
            prop_assert_eq!(of_lines.plus(added), total.less(kept));
            prop_assert_eq!(net.plus(sum(&mut taxes.iter())), total.less(kept));
            prop_assert!(total.is_zero() || kept.is_zero());
        }
    }

    #[test]
    fn periods_follow_each_other_without_gap_or_overlap(history in histories()) {
        books::periods_follow_each_other(&play(&history, |_| {}).log);
    }

    #[test]
    fn no_more_is_credited_than_was_charged(history in histories()) {
        books::credits_stay_within_charges(&play(&history, |_| {}).log);
    }

    #[test]
    fn whenever_somebody_looks_the_same_has_happened(history in histories()) {
        let (mut late, on_time) = (play(&history, |_| {}), play_on_time(&history));
        late.settle_silently();
        prop_assert_eq!(&late.log, &on_time.log);
        prop_assert_eq!(late.state, on_time.state);
    }

    #[test]
    fn a_preview_is_what_then_happens(history in histories()) {
        let mut life = begin();
        for step in &history {
            life.context.now += step.pause();
            let command = command(step, &life);
            let seen = preview(&life.state, &command, &life.surroundings());
            let decided = life.decide(&command);
            match (seen, decided) {
                (Ok(seen), Ok(events)) => {
                    prop_assert_eq!(seen.events, events);
                    prop_assert_eq!(seen.due, life.state.still_due());
                    prop_assert_eq!(seen.balance, life.state.balance());
                    prop_assert_eq!(seen.next, upcoming(&life.state, &life.surroundings()));
                }
                (seen, decided) => prop_assert_eq!(seen.err(), decided.err()),
            }
        }
    }

    #[test]
    fn the_invoice_that_is_told_to_come_comes(history in histories()) {
        let mut life = play(&history, |_| {});
        life.settle_silently();
        // Twice: what recovers may begin a period that is due at once.
        while let Some(due) = life.state.still_due().filter(Money::is_positive) {
            life.decide(&Command::pay_by_hand(due, None)).unwrap();
        }
        let Some(bill) = upcoming(&life.state, &life.surroundings()) else { return Ok(()) };
        let before = life.log.len();
        life.context.now = bill.issued_at;
        life.settle_silently();
        let totals: Vec<_> = life.log[before..].iter().filter_map(|event| match event {
            Event::InvoiceIssued { lines, total, issued_at, .. } => Some((lines.clone(), *total, *issued_at)),
            _ => None,
        }).collect();
        prop_assert_eq!(totals.first(), Some(&(bill.lines, bill.total, bill.issued_at)));
    }

    #[test]
    fn a_plan_entitles_by_the_instant_whether_it_was_written_or_not(history in histories()) {
        let organization = organization();
        let mut life = begin();
        for step in &history {
            life.context.now += step.pause();
            let context = life.surroundings();
            let sold_under = SoldUnder { plan: context.sold_under, scheduled: context.scheduled_under };
            let ledger = CreditLedger::default();
            let told = Terms::of(&organization, &life.state, &ledger, life.context.now, &sold_under).unwrap();
            let mut settled = life.clone();
            settled.settle_silently();
            prop_assert_eq!(told.plan, settled.state.plan_in_force());
            prop_assert_eq!(told.until, settled.state.next_due());
            let command = command(step, &life);
            let _ = life.decide(&command);
        }
    }

    #[test]
    fn a_subscription_replays_from_a_snapshot(history in histories(), middle in 0_usize..80) {
        let life = play(&history, |_| {});
        prop_assert_eq!(&fold::<Subscription>(&life.log), &life.state);
        replaying_in_two_halves_equals_replaying_at_once::<Subscription>(&life.log, middle);
    }
}

#[test]
fn random_histories_come_to_every_event() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..1_000 {
        let history = histories().new_tree(&mut runner).unwrap().current();
        seen.extend(play(&history, |_| {}).log.iter().map(cqrs_es::DomainEvent::event_type));
    }
    for (name, _) in Event::VERSIONS.iter().filter(|(name, _)| *name != "CatalogMigrated") {
        assert!(seen.contains(*name), "{name} is not in {seen:?}");
    }
}
