//! What an engine takes of memory while its log grows: nothing it keeps may grow with the log.

use std::time::Duration;

use async_trait::async_trait;

use super::{Bench, Field, IN_FLIGHT, LEDGERS};
use crate::customers::settle;
use crate::ground::Ground;
use crate::machine;
use crate::measure::{Fault, Measured, Sample, Side};
use crate::report::{Finding, counted};
use crate::stores::Tollgate;

/// Events in the end, unless somebody chose. The target speaks of ten million: `--events 10000000`.
const EVENTS: i64 = 200_000;

/// How often it is looked: after each tenth of the events.
const LOOKS: i64 = 10;

/// How long commands are sent before it is looked how far the log is.
const TURN: Duration = Duration::from_millis(500);

pub struct Memory;

#[async_trait(?Send)]
impl Bench for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let executor = ground.executor().await?;
        let ledgers = settle(&executor, LEDGERS).await?;
        let head = executor.head(0).ok_or("the log has no partition")?;
        let events = field.events.unwrap_or(EVENTS);
        let mut side = Tollgate::begin("tollgate, 1,024 in flight", &executor, &ledgers, IN_FLIGHT, field.work)?;
        let (mut samples, mut resident) = (Vec::new(), Vec::new());
        for tenth in 1..=LOOKS {
            let mut sample = Sample::default();
            while *head.borrow() < events * tenth / LOOKS {
                // Without the latencies, which would grow with the log themselves.
                let Sample { count, elapsed, .. } = side.round(TURN).await?;
                sample.count += count;
                sample.elapsed += elapsed;
            }
            samples.push(sample);
            resident.push(machine::resident_mib().ok_or("the system does not tell how much memory is in use")?);
        }
        drop(executor);
        ground.clear().await?;
        Ok(Finding {
            bench: self.name(),
            what: format!("a log that grows to {} events", counted(events)),
            unit: Some("commands"),
            sides: vec![Measured::of(side.name(), samples)],
            notes: notes(&resident),
            ..Finding::default()
        })
    }
}

/// The first tenth fills what is kept; what comes later is growth.
fn notes(resident: &[u64]) -> Vec<String> {
    let tenths: Vec<String> = resident.iter().map(u64::to_string).collect();
    let mut notes = vec![format!("resident after each tenth: {} MiB", tenths.join(", "))];
    if let (Some(second), Some(last)) = (resident.get(1), resident.last()) {
        let growth = *last as f64 / (*second).max(1) as f64;
        notes.push(format!("last tenth / second tenth: {growth:.2}   target: flat"));
    }
    notes
}
