//! The laws of events over a log that need not fit into memory.
//!
//! The log is read twice, in one snapshot: the events that are facts for all partitions (catalogs, registrations,
//! payments, refunds, clocks that were set), which are kept, and then every event, a chunk at a time. What the laws keep
//! is the newest of each stream, each lot, hold and consumption, each commission, document and payment: no events.
//! Whether each command has its receipt is seen by whoever reads the log before.

use sqlx::postgres::PgPool;

use super::facts::{self, Facts};
use super::{Clocks, Event, Law, Log, Violation, Work, of_events};

/// Events read at a time.
const CHUNK_EVENTS: i64 = 10_000;

/// What a law says of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The law.
    pub law: &'static str,
    /// How much it has looked at.
    pub seen: String,
    /// What is wrong, each with its position; nothing, if all is sound.
    pub violations: Vec<Violation>,
}

/// Reads a log and asks each law. Processors may still owe something.
pub async fn check(pool: &PgPool) -> Result<Vec<Verdict>, sqlx::Error> {
    let mut reading = pool.begin().await?;
    // What is appended meanwhile is in neither reading.
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *reading).await?;
    let rows = sqlx::query(
        "SELECT partition, position, aggregate_type, aggregate_id, sequence, event_type, payload::text,
                metadata::text, (extract(epoch FROM recorded_at) * 1000000)::bigint AS at_micros
           FROM es.events WHERE event_type = ANY($1) ORDER BY partition, position",
    )
    .bind(facts::EVENTS.as_slice())
    .fetch_all(&mut *reading)
    .await?;
    let mut clocks = Clocks::default();
    let mut known = Log::default();
    for row in &rows {
        known.events.push(clocks.tell(Event::of_row(row)?));
    }
    drop(rows);
    let facts = Facts::of(&known);
    let mut laws = of_events(&facts).map(|law| (law, Vec::new()));
    let (mut clocks, mut after) = (Clocks::default(), (-1, 0));
    loop {
        let rows = sqlx::query(
            "SELECT partition, position, aggregate_type, aggregate_id, sequence, event_type, payload::text,
                    metadata::text, (extract(epoch FROM recorded_at) * 1000000)::bigint AS at_micros
               FROM es.events WHERE (partition, position) > ($1, $2) ORDER BY partition, position LIMIT $3",
        )
        .bind(after.0)
        .bind(after.1)
        .bind(CHUNK_EVENTS)
        .fetch_all(&mut *reading)
        .await?;
        for row in &rows {
            let event = clocks.tell(Event::of_row(row)?);
            after = (event.partition, event.position);
            for (law, violations) in &mut laws {
                violations.extend(Violation::of(&mut **law, &event));
            }
        }
        if rows.is_empty() {
            return Ok(laws.map(|(law, violations)| verdict(law, violations)).into());
        }
    }
}

fn verdict(mut law: Box<dyn Law + '_>, mut violations: Vec<Violation>) -> Verdict {
    let name = law.name();
    let late = law.close(&Log::default(), Work::Open).into_iter();
    violations.extend(late.map(|text| Violation { law: name, text }));
    Verdict { law: name, seen: law.seen(), violations }
}
