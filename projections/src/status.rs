//! How the projections of this process are doing, for whoever asks after its health.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// Is a projection being folded?
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// It follows the log, or waits for Postgres to come back.
    Running,
    /// It stopped for good; the others go on.
    Stopped {
        /// Why.
        reason: String,
    },
}

/// How a projection is doing in a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The projection.
    pub projection: &'static str,
    /// The partition of the log.
    pub partition: i32,
    /// The newest position this process knows to be folded.
    pub position: i64,
    /// Is it being folded?
    #[serde(flatten)]
    pub state: State,
}

/// Where the runner notes how its projections are doing. Clones show the same.
#[derive(Debug, Clone, Default)]
pub struct Board(Arc<Mutex<BTreeMap<(&'static str, i32), Status>>>);

impl Board {
    /// Every projection and partition that was started, by name and partition.
    #[must_use]
    pub fn all(&self) -> Vec<Status> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn at(&self, projection: &'static str, partition: i32, position: i64) {
        let running = Status { projection, partition, position, state: State::Running };
        self.lock().insert((projection, partition), running);
    }

    pub(crate) fn stopped(&self, projection: &'static str, partition: i32, reason: String) {
        let mut board = self.lock();
        let fresh = Status { projection, partition, position: 0, state: State::Running };
        board.entry((projection, partition)).or_insert(fresh).state = State::Stopped { reason };
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(&'static str, i32), Status>> {
        // Whoever panicked meanwhile left whole entries behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
