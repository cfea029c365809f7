//! Nothing is missing, nothing came twice, nothing stands in two places.

use std::collections::HashMap;

use super::{Event, Law, Log, Work};

#[derive(Default)]
pub(super) struct Order {
    /// The newest position and instant of each partition.
    heads: HashMap<i32, (i64, i64)>,
    /// The newest sequence of each stream.
    streams: HashMap<(String, String), i64>,
    /// The partition of each owner's streams.
    owners: HashMap<String, i32>,
}

impl Law for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn seen(&self) -> String {
        format!("{} partitions and {} streams without a gap", self.heads.len(), self.streams.len())
    }

    fn take_in(&mut self, event: &Event) -> Result<(), String> {
        let (position, at) = self.heads.insert(event.partition, (event.position, event.at_micros)).unwrap_or((0, 0));
        if event.position != position + 1 {
            return Err(format!("follows position {position}"));
        }
        if event.at_micros < at {
            return Err("was recorded before the event in front of it".to_owned());
        }
        let stream = (event.kind.clone(), event.owner.clone());
        let sequence = self.streams.insert(stream, event.sequence).unwrap_or(0);
        if event.sequence != sequence + 1 {
            let (kind, owner) = (&event.kind, &event.owner);
            return Err(format!("{kind} {owner} goes from sequence {sequence} to {}", event.sequence));
        }
        let home = *self.owners.entry(event.owner.clone()).or_insert(event.partition);
        if home != event.partition {
            return Err(format!("streams of {} are in partition {home} too", event.owner));
        }
        Ok(())
    }

    fn close(&mut self, _log: &Log, _work: Work) -> Vec<String> {
        Vec::new()
    }
}
