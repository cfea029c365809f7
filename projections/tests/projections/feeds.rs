//! Feeds that make trouble on purpose.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use event_store::feed::shared;
use event_store::log::Fault;
use event_store::{Feed, Log, LogError, PolledFeed, Stretch};
use sqlx::postgres::PgPool;
use tokio::sync::watch;

const PAUSE: Duration = Duration::from_millis(5);

pub fn polled(log: Log) -> PolledFeed {
    PolledFeed::new(log, PAUSE)
}

/// Gives three events at a time, so that there is a middle in which to be interrupted.
pub struct Sparing(pub PolledFeed);

#[async_trait]
impl Feed for Sparing {
    async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError> {
        let mut events = self.0.after(partition, position).await?;
        events.truncate(3);
        Ok(events)
    }
}

/// Gives everything from the first event on, every time.
pub struct Repeating {
    pub log: Log,
    pub feed: PolledFeed,
}

#[async_trait]
impl Feed for Repeating {
    async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError> {
        self.feed.after(partition, position).await?;
        Ok(shared(self.log.after(partition, 0, i64::from(i32::MAX)).await?))
    }
}

/// Tells the first who asks for news that the log is corrupt; everybody else gets them.
pub struct CorruptOnce {
    pub feed: PolledFeed,
    pub told: AtomicBool,
}

#[async_trait]
impl Feed for CorruptOnce {
    async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError> {
        if self.told.swap(true, Ordering::SeqCst) {
            return self.feed.after(partition, position).await;
        }
        Err(LogError::Corrupt { partition, after: position, fault: Fault::Missing { position: position + 1 } })
    }
}

/// Leaves an event out.
pub struct Skipping(pub PolledFeed);

#[async_trait]
impl Feed for Skipping {
    async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError> {
        self.0.after(partition, position + 1).await
    }
}

/// Holds a partition back until the gate opens.
pub struct Gated {
    pub feed: PolledFeed,
    pub held: i32,
    pub open: watch::Receiver<bool>,
}

#[async_trait]
impl Feed for Gated {
    async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError> {
        if partition == self.held {
            let _ = self.open.clone().wait_for(|open| *open).await;
        }
        self.feed.after(partition, position).await
    }
}

/// Takes the newest fold of `usage` back when its follower first asks for what comes after it, as a server does that
/// dies before it has written an asynchronous commit.
pub struct Forgetting {
    pub feed: PolledFeed,
    pub pool: PgPool,
    pub head: i64,
    pub forgot: Arc<AtomicBool>,
}

#[async_trait]
impl Feed for Forgetting {
    async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError> {
        if position == self.head && !self.forgot.load(Ordering::SeqCst) {
            let back =
                "UPDATE read.checkpoints SET position = position - 1 WHERE projection = 'usage' AND position = $1";
            let lost = sqlx::query(back).bind(self.head).execute(&self.pool).await?;
            self.forgot.fetch_or(lost.rows_affected() == 1, Ordering::SeqCst);
        }
        self.feed.after(partition, position).await
    }
}
