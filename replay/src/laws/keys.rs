//! One key, one effect, one receipt.

use std::collections::HashMap;

use super::{Event, Law, Log, Work};

/// Partition, caller and what the caller calls the command.
type Key = (i32, String, String);

/// Where a command's events are.
struct Effect {
    last: i64,
    stream: (String, String),
}

#[derive(Default)]
pub(super) struct Keys {
    effects: HashMap<Key, Effect>,
    heads: HashMap<i32, i64>,
}

impl Law for Keys {
    fn name(&self) -> &'static str {
        "keys"
    }

    fn seen(&self) -> String {
        format!("{} commands with their receipts", self.effects.len())
    }

    fn take_in(&mut self, event: &Event) -> Result<(), String> {
        let (caller, command) = (event.caller.clone(), event.command.clone());
        if caller.is_empty() || command.is_empty() {
            return Err(format!("{} does not say which command it comes from", event.name));
        }
        self.heads.insert(event.partition, event.position);
        let stream = (event.kind.clone(), event.owner.clone());
        let before = self.effects.insert((event.partition, caller, command), Effect { last: event.position, stream });
        match before {
            Some(before) if before.last != event.position - 1 => {
                Err(format!("command {} acted before, at position {}", event.command, before.last))
            }
            Some(before) if before.stream != (event.kind.clone(), event.owner.clone()) => {
                Err(format!("command {} writes {} {} too", event.command, before.stream.0, before.stream.1))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn close(&mut self, log: &Log, _work: Work) -> Vec<String> {
        let mut violations = Vec::new();
        let mut receipts: HashMap<Key, i64> = HashMap::new();
        for receipt in &log.receipts {
            let key = (receipt.partition, receipt.caller.clone(), receipt.command.clone());
            let head = self.heads.get(&receipt.partition).copied().unwrap_or_default();
            if receipt.position > head {
                violations.push(format!("the receipt of {} is past the log's end at {head}", receipt.command));
            }
            if receipts.insert(key, receipt.position).is_some() {
                violations.push(format!("command {} has two receipts", receipt.command));
            }
        }
        // A receipt without an event is of a command that found all to be so already.
        for (key, effect) in &self.effects {
            let (command, last) = (&key.2, effect.last);
            match receipts.get(key) {
                None => violations.push(format!("command {command} acted up to position {last} and has no receipt")),
                Some(position) if *position != last => {
                    violations.push(format!("command {command} ends at position {last}, its receipt says {position}"));
                }
                Some(_) => {}
            }
        }
        violations.sort();
        violations
    }
}
