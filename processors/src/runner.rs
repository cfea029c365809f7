//! Runs processors: one task per processor and partition takes events in, one per processor does what they ask for.
//!
//! Any of it may be killed at any time, and several processes may run the same processors on one database. Taking in
//! is one statement that only one can win. A row that was taken up is leased; if its worker dies, the lease ends and
//! another worker takes it up with a higher fence, and what the first one did is found again under the command's key.

mod intake;
mod worker;

use std::sync::Arc;

use event_store::{Executor, Feed};
use sqlx::postgres::PgPool;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::processor::Processor;
use intake::Intake;
pub use worker::LEASE;
use worker::Worker;

/// Runs these processors until `stop` turns true or its sender is gone; what was taken up is finished first.
pub async fn run(
    processors: Vec<Arc<dyn Processor>>,
    pool: PgPool,
    feed: Arc<dyn Feed>,
    executor: Executor,
    stop: watch::Receiver<bool>,
) {
    let mut tasks = JoinSet::new();
    for processor in processors {
        // Rung when rows were taken in, so that the worker need not look again and again.
        let news = Arc::new(Notify::new());
        for partition in 0..executor.partitions() {
            let (processor, pool, feed, news) = (processor.clone(), pool.clone(), feed.clone(), news.clone());
            tasks.spawn(Intake { processor, pool, feed, partition, news }.run(stop.clone()));
        }
        let (pool, executor) = (pool.clone(), executor.clone());
        tasks.spawn(Worker { processor, pool, executor, news }.run(stop.clone()));
    }
    tasks.join_all().await;
}

/// Ends when the stop is given.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and with it whoever could stop us later.
    let _ = stop.wait_for(|stop| *stop).await;
}
