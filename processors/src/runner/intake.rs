//! Taking events in: to-do rows and checkpoint in one statement.

use std::sync::Arc;
use std::time::Duration;

use event_store::{Feed, LogError, faults};
use sqlx::postgres::PgPool;
use tokio::sync::{Notify, watch};
use tokio::time::sleep;

use super::stopped;
use crate::processor::Processor;
use crate::todos::{self, Asked};

/// The pause after Postgres was away. The feed waits by itself, so this is the only loop here.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Intake {
    pub(super) processor: Arc<dyn Processor>,
    pub(super) pool: PgPool,
    pub(super) feed: Arc<dyn Feed>,
    pub(super) partition: i32,
    pub(super) news: Arc<Notify>,
}

impl Intake {
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            // Dropping it anywhere is safe: each statement is done whole or not at all.
            let failed = tokio::select! {
                () = stopped(&mut stop) => return,
                failed = self.follow() => failed,
            };
            let (processor, partition) = (self.processor.name(), self.partition);
            match failed {
                fault @ LogError::Corrupt { .. } => {
                    tracing::error!(processor, partition, %fault, "the history cannot be read; the processor takes nothing more in");
                    return;
                }
                LogError::Unavailable(fault) => {
                    tracing::warn!(processor, partition, %fault, "the processor waits for postgres");
                }
            }
            tokio::select! {
                () = stopped(&mut stop) => return,
                () = sleep(PAUSE) => {}
            }
        }
    }

    /// Takes events in until something fails.
    async fn follow(&self) -> LogError {
        loop {
            let taken_in = async {
                let mut position = todos::checkpoint(&self.pool, self.processor.name(), self.partition).await?;
                while let Some(next) = self.take_in(position).await? {
                    position = next;
                }
                Ok(())
            };
            // Where another process was faster, its checkpoint is read again.
            if let Err(fault) = taken_in.await {
                return fault;
            }
        }
    }

    /// Takes the next events in; `None` if another process did so first.
    async fn take_in(&self, after: i64) -> Result<Option<i64>, LogError> {
        let events = self.feed.after(self.partition, after).await?;
        let asked = Asked::of(&*self.processor, &events);
        faults::point("intake.fed");
        if !todos::take_in(&self.pool, self.processor.name(), after, &events, &asked).await? {
            return Ok(None);
        }
        faults::point("intake.committed");
        if !asked.is_empty() {
            self.news.notify_one();
        }
        Ok(events.last().map(|event| event.position))
    }
}
