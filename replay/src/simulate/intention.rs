//! From what happened back to what was asked for.
//!
//! An event carries what was decided, and with it what somebody wanted. What fell due before a decision is written in
//! front of it ([`split`]); what is left are the command's own events.

mod ledger;
mod seed;
mod subscription;

use domain::Event;

pub(super) use self::ledger::{Wanted, credits_of, wanted};
pub(super) use self::seed::seed;
pub(super) use self::subscription::{command, is_payment};

/// The events of one aggregate.
pub(super) fn of<E: TryFrom<Event, Error = Event>>(events: &[(i64, Event)]) -> Vec<(i64, E)> {
    let own = |(position, event): &(i64, Event)| Some((*position, E::try_from(event.clone()).ok()?));
    events.iter().filter_map(own).collect()
}

/// What a command decided, behind what fell due before it.
pub(super) fn split<E: PartialEq>(events: &[(i64, E)], due: usize) -> &[(i64, E)] {
    events.get(due..).unwrap_or_default()
}
