//! What a part of the log asks of a processor, as it is written: of each deadline what is left of it in the end.

use std::collections::BTreeMap;
use std::sync::Arc;

use event_store::Recorded;
use jiff::Timestamp;
use serde_json::Value;

use crate::deadline::{Change, lane};
use crate::processor::Processor;

/// What is written of some events.
#[derive(Debug, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) rows: Vec<Row<'a>>,
    /// Deadlines that are no more: lane and name.
    pub(crate) cleared: Vec<(String, String)>,
    /// What the clocks of lanes show that have their own.
    pub(crate) clocks: BTreeMap<String, Timestamp>,
}

/// A to-do row.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) event: &'a Recorded,
    pub(crate) lane: String,
    pub(crate) task: Value,
    /// What the deadline is called, and when it is; empty and `None` if it is none.
    pub(crate) deadline: String,
    pub(crate) due_at: Option<Timestamp>,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(processor: &dyn Processor, events: &'a [Arc<Recorded>]) -> Self {
        let mut asked = Self::default();
        // By lane and name, so that a hold that was placed and captured leaves one word.
        let mut deadlines: BTreeMap<(String, String), Option<Row<'a>>> = BTreeMap::new();
        for event in events {
            if let Some(wanted) = processor.todo(event) {
                let (lane, task) = (wanted.lane, wanted.task);
                asked.rows.push(Row { event, lane, task, deadline: String::new(), due_at: None });
            }
            for change in processor.deadlines(event) {
                let lane = lane(&event.stream.owner);
                match change {
                    Change::Set(set) => {
                        let (deadline, due_at, task) = (set.name, Some(set.due_at), set.task);
                        let name = (lane.clone(), deadline.clone());
                        deadlines.insert(name, Some(Row { event, lane, task, deadline, due_at }));
                    }
                    Change::Clear(name) => {
                        deadlines.insert((lane, name), None);
                    }
                    Change::SetClock(instant) => {
                        asked.clocks.insert(lane, instant);
                    }
                }
            }
        }
        for (name, set) in deadlines {
            match set {
                Some(row) => asked.rows.push(row),
                None => asked.cleared.push(name),
            }
        }
        asked
    }

    /// Is nothing to be written that a worker could take up?
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.clocks.is_empty()
    }
}
