//! What holds whatever is asked of an invoice book, in any order.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Command, Event, InvoiceBook, Rejection};
use crate::aggregate::Aggregate;
use crate::id::Series;
use crate::scenario::{id, replaying_in_two_halves_equals_replaying_at_once, surroundings};

fn commands() -> impl Strategy<Value = Command> {
    // Both kinds of documents meet in these series.
    let series = || proptest::sample::select(["F", "G", "NC"].as_slice());
    let invoice = (series(), 0_u32..1_000).prop_map(|(series, number)| Command::Number {
        invoice: id(&format!("inv_{number}")),
        organization: id("pedro"),
        series: id(series),
    });
    let note = (series(), 0_u32..1_000).prop_map(|(series, number)| Command::NumberCreditNote {
        credit_note: id(&format!("cn_{number}")),
        organization: id("pedro"),
        series: id(series),
    });
    prop_oneof![3 => invoice, 1 => note]
}

fn run(
    history: &[Command],
    mut look: impl FnMut(&InvoiceBook, &Result<Vec<Event>, Rejection>, &InvoiceBook),
) -> Vec<Event> {
    let (mut book, mut log) = (InvoiceBook::default(), Vec::new());
    for command in history {
        let before = book.clone();
        let decided = book.decide(command, &surroundings());
        decided.iter().flatten().for_each(|event| book.evolve(event));
        look(&before, &decided, &book);
        log.extend(decided.into_iter().flatten());
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_numbers_of_a_series_have_no_gaps_and_are_of_one_kind(history in vec(commands(), 0..80)) {
        let mut series_seen: BTreeMap<Series, (bool, u64)> = BTreeMap::new();
        for event in run(&history, |_, _, _| {}) {
            let (series, is_invoice, number) = match event {
                Event::InvoiceNumbered { series, number, .. } => (series, true, number),
                Event::CreditNoteNumbered { series, number, .. } => (series, false, number),
            };
            let (known_kind, newest) = series_seen.entry(series).or_insert((is_invoice, 0));
            prop_assert_eq!(*known_kind, is_invoice);
            prop_assert_eq!(number, *newest + 1);
            *newest = number;
        }
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
        replaying_in_two_halves_equals_replaying_at_once::<InvoiceBook>(&log, middle);
    }
}
