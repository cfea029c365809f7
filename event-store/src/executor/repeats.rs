//! Which commands may have been applied before. A repeated command that is decided like a new one makes its statement
//! fail and everybody beside it wait, so those that look like it have their receipts looked up first. Never a source of
//! truth: what slips through is caught by the receipts' key.

use std::collections::HashSet;
use std::mem;

use super::job::Mark;

/// Commands in one generation; two are kept, two to four megabytes in all. At full load that is some seconds, and
/// whoever did not get an answer asks again within them.
const GENERATION_MARKS_MAX: usize = 100_000;

/// Rounds in which every command is looked up after one of them was a repetition: whoever sends one again after a
/// restart sends many.
const WARY_ROUNDS: u32 = 100;

/// The commands of the last two generations.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    young: HashSet<Mark>,
    old: HashSet<Mark>,
    wary: u32,
}

impl Repeats {
    /// May this command have been applied before?
    pub(super) fn suspects(&self, mark: Mark) -> bool {
        self.wary > 0 || self.young.contains(&mark) || self.old.contains(&mark)
    }

    /// Takes in the commands of a round that is durable.
    pub(super) fn remember(&mut self, marks: impl IntoIterator<Item = Mark>) {
        if self.young.len() >= GENERATION_MARKS_MAX {
            self.old = mem::take(&mut self.young);
        }
        self.young.extend(marks);
        self.wary = self.wary.saturating_sub(1);
    }

    /// A command was a repetition.
    pub(super) fn beware(&mut self) {
        self.wary = WARY_ROUNDS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_applied_lately_is_suspected_and_what_was_long_ago_is_forgotten() {
        let mut repeats = Repeats::default();
        let generation = u64::try_from(GENERATION_MARKS_MAX).unwrap();
        repeats.remember([1]);
        assert!(repeats.suspects(1) && !repeats.suspects(2));
        repeats.remember(10..10 + generation);
        repeats.remember([2]);
        assert!(repeats.suspects(1) && repeats.suspects(2), "one generation later it is known still");
        repeats.remember(generation * 2..generation * 3);
        repeats.remember([3]);
        assert!(!repeats.suspects(1) && repeats.suspects(2));
    }

    #[test]
    fn one_repetition_makes_wary_of_all_for_a_while() {
        let mut repeats = Repeats::default();
        repeats.beware();
        for _ in 0..WARY_ROUNDS {
            assert!(repeats.suspects(7));
            repeats.remember([]);
        }
        assert!(!repeats.suspects(7));
    }
}
