//! The newest part of the log, kept for all readers of a process: each event is read, checked and decoded once, however
//! many projections and processors follow.
//!
//! ```text
//! kept:         4711 ................ 9400      a reader asks for what follows ...
//!                     ^ ... here: given from memory
//!                                        ^ ... the end: read for all, and kept
//!       ^ ... here: read for this one alone
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, PoisonError};

use tokio::sync::Mutex;

use super::{CHUNK_EVENTS, Stretch};
use crate::log::{Log, LogError, Recorded};

/// Events kept of a partition, about a kilobyte each: how far readers of one process lie apart, and no more.
const KEPT_EVENTS_MAX: usize = 20_000;

/// The log, as all readers of a process share it.
#[derive(Debug)]
pub struct Recent {
    log: Log,
    partitions: std::sync::Mutex<BTreeMap<i32, Arc<Mutex<Kept>>>>,
}

impl Recent {
    /// Nothing is kept yet.
    #[must_use]
    pub fn of(log: Log) -> Self {
        Self { log, partitions: std::sync::Mutex::default() }
    }

    /// The events of a partition after a position, in order and without a gap; none at the head.
    ///
    /// # Errors
    /// If Postgres is away or the history is wrong.
    pub async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError> {
        let kept = self.partition(partition);
        // Held while the log is read: who asks for the same meanwhile finds it when it is there.
        let mut kept = kept.lock().await;
        if kept.begins_behind(position) {
            drop(kept);
            return Ok(shared(self.log.after(partition, position, CHUNK_EVENTS).await?));
        }
        let known = kept.after(position);
        if !known.is_empty() {
            return Ok(known);
        }
        let news = shared(self.log.after(partition, position, CHUNK_EVENTS).await?);
        kept.keep(position, &news);
        Ok(news)
    }

    fn partition(&self, partition: i32) -> Arc<Mutex<Kept>> {
        let mut partitions = self.partitions.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(partitions.entry(partition).or_default())
    }
}

/// Events that others may read too.
#[must_use]
pub fn shared(events: Vec<Recorded>) -> Stretch {
    events.into_iter().map(Arc::new).collect()
}

/// What is kept of one partition: the events after a position, without a gap.
#[derive(Debug, Default)]
struct Kept {
    begin: i64,
    events: VecDeque<Arc<Recorded>>,
}

impl Kept {
    /// Does what is kept begin later than a reader at this position needs?
    fn begins_behind(&self, position: i64) -> bool {
        !self.events.is_empty() && position < self.begin
    }

    fn after(&self, position: i64) -> Stretch {
        let known = usize::try_from(position - self.begin).unwrap_or(usize::MAX);
        let limit = usize::try_from(CHUNK_EVENTS).unwrap_or(usize::MAX);
        self.events.iter().skip(known).take(limit).cloned().collect()
    }

    /// Keeps what follows a position. Where it does not follow what is kept, the log was set back: it begins anew.
    fn keep(&mut self, position: i64, news: &[Arc<Recorded>]) {
        if self.events.back().is_none_or(|last| last.position != position) {
            *self = Self { begin: position, events: VecDeque::new() };
        }
        self.events.extend(news.iter().cloned());
        while self.events.len() > KEPT_EVENTS_MAX {
            self.events.pop_front();
            self.begin += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::stream::{Owner, StreamId};
    use domain::{Kind, ProductCode, samples};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::log::Metadata;

    fn events(positions: std::ops::RangeInclusive<i64>) -> Stretch {
        let event = samples::events().into_iter().next().unwrap();
        let owner = Owner::Product(ProductCode::new("agencia").unwrap());
        let recorded = |position| Recorded {
            partition: 0,
            position,
            event_id: Uuid::nil(),
            recorded_at: Timestamp::UNIX_EPOCH,
            organization: None,
            stream: StreamId { kind: Kind::Catalog, owner: owner.clone() },
            sequence: position,
            event: event.clone(),
            metadata: Metadata::default(),
        };
        shared(positions.map(recorded).collect())
    }

    fn positions(stretch: &Stretch) -> Vec<i64> {
        stretch.iter().map(|recorded| recorded.position).collect()
    }

    #[test]
    fn whoever_lags_is_given_all_that_followed_at_once() {
        let mut kept = Kept::default();
        kept.keep(4, &events(5..=6));
        kept.keep(6, &events(7..=7));
        assert_eq!(positions(&kept.after(4)), [5, 6, 7]);
        assert_eq!(positions(&kept.after(6)), [7]);
        assert!(kept.after(7).is_empty() && kept.after(9).is_empty());
        assert!(kept.begins_behind(3) && !kept.begins_behind(4));
    }

    #[test]
    fn only_the_newest_are_kept() {
        let mut kept = Kept::default();
        let many = i64::try_from(KEPT_EVENTS_MAX).unwrap();
        kept.keep(0, &events(1..=many));
        kept.keep(many, &events(many + 1..=many + 2));
        assert!(kept.begins_behind(1));
        assert_eq!(positions(&kept.after(2)).first(), Some(&3));
        assert_eq!(i64::try_from(kept.after(2).len()).unwrap(), CHUNK_EVENTS);
    }

    #[test]
    fn what_does_not_follow_begins_anew() {
        let mut kept = Kept::default();
        kept.keep(0, &events(1..=9));
        kept.keep(3, &events(4..=5));
        assert_eq!(positions(&kept.after(3)), [4, 5]);
        assert!(kept.begins_behind(2));
    }

    #[test]
    fn nothing_new_changes_nothing() {
        let mut kept = Kept::default();
        kept.keep(0, &events(1..=2));
        kept.keep(2, &Stretch::new());
        assert_eq!(positions(&kept.after(0)), [1, 2]);
    }
}
