//! What was decided, one decision after another: the events of one command, of all partitions, in the order of their
//! instants.

use std::collections::VecDeque;

use domain::Event;
use domain::stream::StreamId;
use event_store::log::Scan;
use event_store::{DatabaseError, LogError, Recorded};
use jiff::Timestamp;

use crate::connect::Audit;

/// Events read at a time.
const CHUNK_EVENTS: i64 = 10_000;

/// The events of one command.
pub(super) struct Decision {
    pub(super) partition: i32,
    pub(super) recorded_at: Timestamp,
    pub(super) stream: StreamId,
    /// The version that bound it.
    pub(super) catalog_version: Option<u32>,
    /// Each with its position.
    pub(super) events: Vec<(i64, Event)>,
}

/// The log, checked as it is read.
pub(super) struct Decisions {
    partitions: Vec<Reading>,
}

struct Reading {
    scan: Scan,
    waiting: VecDeque<Recorded>,
    is_over: bool,
}

impl Decisions {
    pub(super) async fn of(audit: &Audit) -> Result<Self, DatabaseError> {
        let begin = |partition: i32| Reading {
            scan: audit.log.scan(partition, 0, CHUNK_EVENTS),
            waiting: VecDeque::new(),
            is_over: false,
        };
        Ok(Self { partitions: (0..audit.database.partitions().await?).map(begin).collect() })
    }

    /// The next one; `None` at the end of the log.
    pub(super) async fn next(&mut self) -> Result<Option<Decision>, LogError> {
        for reading in &mut self.partitions {
            reading.fill().await?;
        }
        let instant = |reading: &&mut Reading| reading.waiting.front().map(|front| front.recorded_at);
        let earliest = self.partitions.iter_mut().filter(|reading| instant(reading).is_some()).min_by_key(instant);
        Ok(earliest.and_then(Reading::take))
    }
}

impl Reading {
    async fn fill(&mut self) -> Result<(), LogError> {
        while self.waiting.is_empty() && !self.is_over {
            match self.scan.next().await? {
                Some(chunk) => self.waiting.extend(chunk.events),
                None => self.is_over = true,
            }
        }
        Ok(())
    }

    /// What one command wrote stands together, in one batch; a chunk is whole batches.
    fn take(&mut self) -> Option<Decision> {
        let first = self.waiting.pop_front()?;
        let (caller, command) = (first.metadata.get("caller"), first.metadata.get("command"));
        let is_of_it = |next: &Recorded| {
            next.stream == first.stream
                && next.recorded_at == first.recorded_at
                && next.metadata.get("caller") == caller
                && next.metadata.get("command") == command
        };
        let mut events = vec![(first.position, first.event.clone())];
        while let Some(next) = self.waiting.pop_front_if(|next| is_of_it(next)) {
            events.push((next.position, next.event));
        }
        Some(Decision {
            partition: first.partition,
            recorded_at: first.recorded_at,
            catalog_version: first.metadata.get("catalog_version").and_then(|text| text.parse().ok()),
            stream: first.stream.clone(),
            events,
        })
    }
}
