//! What the tour prints of partitions and positions. The README has a log of one partition; in a log of several the same
//! events stand in other places, and everything else must be the same.

use serde_json::{Value, json};

/// What is typed, with the place of the newest receipt instead of the README's: whoever follows the tour on several
/// partitions types what was printed.
pub fn retyped(typed: &str, printed: &str) -> String {
    let mut receipts =
        printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()?.get("receipt").cloned());
    let Some(newest) = receipts.next_back() else { return typed.to_owned() };
    let place = format!("min_position={}:{}", newest["partition"], newest["position"]);
    let mut pieces = typed.split("min_position=");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + &place + piece.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// What is printed, without places; what is said of each partition is said of all together.
pub fn without(printed: &str) -> String {
    let (mut lines, mut partitions) = (Vec::new(), Verified::default());
    for line in printed.lines() {
        if partitions.take_in(line).is_some() {
            continue;
        }
        lines.extend(partitions.told());
        lines.push(match (serde_json::from_str(line), line.split_once("folded up to position ")) {
            (Ok(mut body), _) => {
                hide(&mut body);
                body.to_string()
            }
            (Err(_), Some(_)) => "folded up to <place>".to_owned(),
            (Err(_), None) => line.to_owned(),
        });
    }
    lines.extend(partitions.told());
    lines.join("\n")
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if matches!(name.as_str(), "partition" | "position") {
                    *member = json!("<place>")
                } else {
                    hide(member)
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Lines such as "partition 0: 9 events in 5 streams up to position 9: all is well", added up.
#[derive(Default)]
struct Verified {
    events: u64,
    streams: u64,
    rest: Option<String>,
}

impl Verified {
    fn take_in(&mut self, line: &str) -> Option<()> {
        let (_, said) = line.strip_prefix("partition ")?.split_once(": ")?;
        let (counts, said) = said.split_once(" up to position ")?;
        let (events, streams) = counts.strip_suffix(" streams")?.split_once(" events in ")?;
        let (_, rest) = said.split_once(": ")?;
        self.events += events.parse::<u64>().ok()?;
        self.streams += streams.parse::<u64>().ok()?;
        assert_eq!(self.rest.get_or_insert_with(|| rest.to_owned()), rest, "one partition is not as the others");
        Some(())
    }

    fn told(&mut self) -> Option<String> {
        let Self { events, streams, rest } = std::mem::take(self);
        rest.map(|rest| format!("partitions: {events} events in {streams} streams: {rest}"))
    }
}
