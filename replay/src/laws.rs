//! An auditor of its own mind: it reads the log alone and tests what must be true of it.
//!
//! It knows the events by their JSON and the rules by these files. It calls none of the domain's decisions and folds
//! nothing with the domain's `evolve`, so a mistake there does not hide itself here.
//!
//! All of it is checked in memory by [`check`], or as it is read by [`reading::check`].
//!
//! ```text
//! order         positions without a gap, sequences without a gap, an owner's streams in one partition
//! keys          one effect per key, and a receipt for it that names its last event
//! ledger        no overspend at any prefix, lots, draws and holds add up, allowances and levels hold, what is given back
//!               was taken, one alert per threshold
//! commissions   rate times payment for the ancestors of that moment, each once; waits as long as its catalog says; taken
//!               back in proportion to refunds; granted once, what was owed netted first
//! invoices      prices and taxes of the catalog, lines and taxes come to the total, payments, refunds and credit notes stay
//!               within what there is and add up, no balance below zero, numbers without gaps
//! periods       counted from their anchor, one after the other; each line of an invoice: the plan, what of a change is
//!               credited and charged, what discounts take off, what was used past allowances, once
//! ```
//!
//! An event it does not know of a stream it judges is a violation: what nobody checks must not pass for checked.

mod commissions;
mod facts;
mod invoices;
mod keys;
mod ledger;
mod order;
mod periods;
pub mod reading;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Connection, Row};

/// An event as the log has it.
#[derive(Debug, Clone)]
pub struct Event {
    partition: i32,
    position: i64,
    kind: String,
    owner: String,
    sequence: i64,
    name: String,
    /// What it says, without its name.
    body: Value,
    caller: String,
    command: String,
    /// The catalog version that was decided under, if any.
    version: Option<i64>,
    at_micros: i64,
    /// The instant it was decided at: that of its record, or what the clock of a sandbox was set to.
    decided_micros: i64,
}

/// A receipt as the log has it.
#[derive(Debug, Clone)]
pub struct Receipt {
    partition: i32,
    caller: String,
    command: String,
    position: i64,
}

/// A whole log, events by partition and position.
#[derive(Debug, Clone, Default)]
pub struct Log {
    events: Vec<Event>,
    receipts: Vec<Receipt>,
    /// What a forged log's next event is recorded at, if not at its position.
    #[cfg(test)]
    now: i64,
}

/// What the clocks of sandboxes were set to, in microseconds.
#[derive(Default)]
struct Clocks(HashMap<String, i64>);

impl Clocks {
    /// Says of the next event at which instant it was decided.
    fn tell(&mut self, mut event: Event) -> Event {
        if let Some(set) = self.0.get(&event.owner) {
            event.decided_micros = *set;
        }
        if let ("InstantSet" | "TestClockFollowed", Some(set)) = (event.name.as_str(), event.micros("/instant")) {
            self.0.insert(event.owner.clone(), set);
        }
        event
    }
}

/// Is all done that the events ask for?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Processors may still owe something.
    Open,
    /// They have said that they have nothing left to do.
    Settled,
}

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    law: &'static str,
    text: String,
}

impl Violation {
    /// What a law says against the next event.
    fn of(law: &mut dyn Law, event: &Event) -> Option<Self> {
        let text = law.take_in(event).err()?;
        let text = format!("position {} of partition {}: {text}", event.position, event.partition);
        Some(Self { law: law.name(), text })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.text)
    }
}

/// Something that must be true of every log.
trait Law {
    fn name(&self) -> &'static str;

    /// Looks at the next event.
    fn take_in(&mut self, event: &Event) -> Result<(), String>;

    /// Looks back, when all was seen.
    fn close(&mut self, log: &Log, work: Work) -> Vec<String>;

    /// How much it has looked at.
    fn seen(&self) -> String;
}

/// The laws that need nothing but events, and facts that were read before.
fn of_events<'a>(facts: &'a facts::Facts<'a>) -> [Box<dyn Law + 'a>; 5] {
    [
        Box::new(order::Order::default()),
        Box::new(ledger::Ledgers::new(facts)),
        Box::new(commissions::Commissions::new(facts)),
        Box::new(invoices::Invoices::new(facts)),
        Box::new(periods::Periods::new(facts)),
    ]
}

/// Everything that is wrong with a log; nothing, if it is sound.
#[must_use]
pub fn check(log: &Log, work: Work) -> Vec<Violation> {
    let facts = facts::Facts::of(log);
    let mut laws: Vec<Box<dyn Law + '_>> = of_events(&facts).into();
    // Where it stood before: its violations are told right after those of the order.
    laws.insert(1, Box::new(keys::Keys::default()));
    let mut violations = Vec::new();
    for law in &mut laws {
        let name = law.name();
        violations.extend(log.events.iter().filter_map(|event| Violation::of(&mut **law, event)));
        violations.extend(law.close(log, work).into_iter().map(|text| Violation { law: name, text }));
    }
    violations
}

impl Log {
    /// Reads a log.
    pub async fn read(database_url: &str) -> Result<Self, sqlx::Error> {
        let mut connection = PgConnection::connect(database_url).await?;
        // One snapshot: what is appended meanwhile is in neither.
        let mut reading = connection.begin().await?;
        sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *reading).await?;
        let events = sqlx::query(
            "SELECT partition, position, aggregate_type, aggregate_id, sequence, event_type, payload::text,
                    metadata::text, (extract(epoch FROM recorded_at) * 1000000)::bigint AS at_micros
               FROM es.events ORDER BY partition, position",
        )
        .fetch_all(&mut *reading)
        .await?;
        let mut clocks = Clocks::default();
        let receipts = sqlx::query("SELECT partition, caller, command_id, position FROM es.receipts")
            .fetch_all(&mut *reading)
            .await?;
        Ok(Self {
            events: events
                .iter()
                .map(|row| Ok(clocks.tell(Event::of_row(row)?)))
                .collect::<Result<_, sqlx::Error>>()?,
            receipts: receipts.iter().map(Receipt::of_row).collect::<Result<_, _>>()?,
            #[cfg(test)]
            now: 0,
        })
    }

    /// How many events it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Has it none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// How many receipts there are under each key, whoever sent it.
    #[must_use]
    pub fn receipts_by_key(&self) -> HashMap<&str, usize> {
        let mut counts = HashMap::new();
        for receipt in &self.receipts {
            *counts.entry(receipt.command.as_str()).or_default() += 1;
        }
        counts
    }
}

impl Event {
    fn of_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let json = |column| -> Result<Value, sqlx::Error> {
            let text: String = row.try_get(column)?;
            serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))
        };
        let (name, mut payload, metadata): (String, _, _) =
            (row.try_get("event_type")?, json("payload")?, json("metadata")?);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let at_micros = row.try_get("at_micros")?;
        Ok(Self {
            partition: row.try_get("partition")?,
            position: row.try_get("position")?,
            kind: row.try_get("aggregate_type")?,
            owner: row.try_get("aggregate_id")?,
            sequence: row.try_get("sequence")?,
            body: payload[&name].take(),
            name,
            caller: text(&metadata["caller"]),
            command: text(&metadata["command"]),
            version: text(&metadata["catalog_version"]).parse().ok(),
            at_micros,
            decided_micros: at_micros,
        })
    }

    fn text(&self, pointer: &str) -> Result<&str, String> {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.ok_or_else(|| format!("{} has no text at {pointer}", self.name))
    }

    /// A number that is left out where it is nothing.
    fn some(&self, pointer: &str) -> Decimal {
        number_at(&self.body, pointer).unwrap_or_default()
    }

    fn instant(&self, pointer: &str) -> Result<Timestamp, String> {
        self.text(pointer)?.parse().map_err(|_| format!("{} has no instant at {pointer}", self.name))
    }

    /// An instant that may be left out, in microseconds.
    fn micros(&self, pointer: &str) -> Option<i64> {
        self.instant(pointer).ok().map(Timestamp::as_microsecond)
    }

    fn number(&self, pointer: &str) -> Result<Decimal, String> {
        number_at(&self.body, pointer).ok_or_else(|| format!("{} has no number at {pointer}", self.name))
    }

    fn unknown(&self) -> Result<(), String> {
        Err(format!("nobody has told the checker what {} means", self.name))
    }
}

impl Receipt {
    fn of_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            partition: row.try_get("partition")?,
            caller: row.try_get("caller")?,
            command: row.try_get("command_id")?,
            position: row.try_get("position")?,
        })
    }
}

/// A number, which JSON has as a text where it must be exact.
fn number_at(value: &Value, pointer: &str) -> Option<Decimal> {
    match value.pointer(pointer)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        _ => None,
    }
}

/// Credits have six decimals; half goes away from zero.
fn credits(exact: Decimal) -> Decimal {
    exact.round_dp_with_strategy(6, rust_decimal::RoundingStrategy::MidpointAwayFromZero)
}
