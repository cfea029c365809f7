//! How readers follow the log: they keep their own position and ask for what comes after it.
//!
//! A feed may be told by a doorbell that there is news, but what it gives was always read from the log and checked.

mod recent;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::sleep;

pub use self::recent::{Recent, shared};
use crate::log::{Log, LogError, Recorded};

/// Events read at a time: large enough to be fast, small enough to stay in the processor's cache.
pub const CHUNK_EVENTS: i64 = 5_000;

/// Events in order and without a gap, shared with others who read them too.
pub type Stretch = Vec<Arc<Recorded>>;

/// Follows the log.
#[async_trait]
pub trait Feed: Send + Sync + 'static {
    /// The events of a partition after a position: at least one, in order, without a gap. Waits for them.
    async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError>;
}

/// A feed without a doorbell: it looks at the log again and again.
#[derive(Debug)]
pub struct PolledFeed {
    recent: Recent,
    pause: Duration,
}

impl PolledFeed {
    /// Looks every `pause` while there is nothing new.
    #[must_use]
    pub fn new(log: Log, pause: Duration) -> Self {
        Self { recent: Recent::of(log), pause }
    }
}

#[async_trait]
impl Feed for PolledFeed {
    async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError> {
        loop {
            let events = self.recent.after(partition, position).await?;
            if !events.is_empty() {
                return Ok(events);
            }
            sleep(self.pause).await;
        }
    }
}
