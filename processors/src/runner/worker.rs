//! Doing what to-do rows ask for, several at a time, each lane in order.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use event_store::{Executor, faults};
use sqlx::postgres::PgPool;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::stopped;
use crate::processor::{ActError, Done, Processor, Todo};
use crate::todos::{self, Outcome};

/// How long a row is a worker's after it last said so, which it does while it acts. A worker that died keeps a lane
/// waiting for as long; one that was frozen for longer finds its row taken, which is harmless but done twice.
pub const LEASE: Duration = Duration::from_secs(2);

/// How often a worker that acts says that it still does: twice may go wrong before the lease ends.
const RENEW: Duration = Duration::from_millis(600);

/// The pause before an outcome that could not be noted is noted again.
const NOTE_PAUSE: Duration = Duration::from_millis(50);

/// Rows a process works on at a time, per processor: enough to fill the executor's batches.
const CONCURRENT_MAX: usize = 64;

/// How often a worker looks for rows whose pause or lease has ended, or which another process has taken in.
const LOOK: Duration = Duration::from_millis(250);

/// The first and the longest pause before a row is tried again.
const RETRY_PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(60));

#[derive(Clone)]
pub(super) struct Worker {
    pub(super) processor: Arc<dyn Processor>,
    pub(super) pool: PgPool,
    pub(super) executor: Executor,
    pub(super) news: Arc<Notify>,
}

impl Worker {
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut acts = JoinSet::new();
        while !*stop.borrow() && stop.has_changed().is_ok() {
            let is_busy = self.take_up(&mut acts).await;
            tokio::select! {
                () = stopped(&mut stop) => break,
                // A row that ends makes room, and its lane's next one free.
                Some(_) = acts.join_next() => {}
                () = self.news.notified(), if !is_busy => {}
                () = sleep(LOOK) => {}
            }
        }
        // Not aborted: what was begun is finished, so that the next start does not wait for leases to end.
        while acts.join_next().await.is_some() {}
    }

    /// Takes up as many rows as there is room for. `true` if there is no room for more.
    async fn take_up(&self, acts: &mut JoinSet<()>) -> bool {
        while acts.try_join_next().is_some() {}
        let room = CONCURRENT_MAX.saturating_sub(acts.len());
        if room == 0 {
            return true;
        }
        match todos::take_up(&self.pool, self.processor.name(), room, LEASE).await {
            Ok(todos) => {
                for todo in todos {
                    let worker = self.clone();
                    acts.spawn(async move { worker.act(&todo).await });
                }
            }
            Err(fault) => {
                tracing::warn!(processor = self.processor.name(), %fault, "the processor waits for postgres");
            }
        }
        acts.len() >= CONCURRENT_MAX
    }

    /// Keeps the lease for as long as it is asked.
    async fn keep(&self, todo: &Todo) -> Infallible {
        loop {
            sleep(RENEW).await;
            // What cannot be kept now is kept the next time, or another worker takes the row up.
            let _ = todos::renew(&self.pool, self.processor.name(), todo, LEASE).await;
        }
    }

    async fn act(&self, todo: &Todo) {
        let processor = self.processor.name();
        faults::point("todo.before_act");
        let acted = tokio::select! {
            acted = self.processor.act(todo, &self.executor) => acted,
            never = self.keep(todo) => match never {},
        };
        faults::point("todo.acted");
        let (name, outcome) = match &acted {
            Ok(Done::Now) => ("done", Outcome::Done),
            Ok(Done::Before) => ("done_before", Outcome::Done),
            Err(ActError::Impossible { reason }) => ("failed", Outcome::Failed(reason)),
            Err(ActError::Later { reason }) => ("later", Outcome::Later(reason, pause_after(todo.attempt))),
        };
        metrics::counter!("tollgate_processor_todos_total", "processor" => processor, "outcome" => name).increment(1);
        if let Err(fault) = &acted {
            let (event, attempt) = (todo.event_id, todo.attempt);
            tracing::warn!(processor, %event, attempt, outcome = name, %fault, "a to-do was not done");
        }
        match self.note(todo, outcome).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!(processor, event = %todo.event_id, "the to-do was noted before, or another worker has it")
            }
            // Its lease ends, somebody takes it up again, and the command's key tells that it was done.
            Err(fault) => tracing::warn!(processor, event = %todo.event_id, %fault, "a to-do was done but not noted"),
        }
    }

    /// Notes the outcome; if Postgres is away, again and again for as long as the lease keeps others from the row anyway.
    async fn note(&self, todo: &Todo, outcome: Outcome<'_>) -> Result<bool, sqlx::Error> {
        let deadline = Instant::now() + LEASE;
        loop {
            match todos::finish(&self.pool, self.processor.name(), todo, outcome).await {
                Err(_) if Instant::now() < deadline => sleep(NOTE_PAUSE).await,
                noted => return noted,
            }
        }
    }
}

/// Doubles with every attempt.
fn pause_after(attempt: i32) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(1)).unwrap_or_default().min(16);
    RETRY_PAUSES.0.saturating_mul(2_u32.pow(doublings)).min(RETRY_PAUSES.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        for (attempt, milliseconds) in [(1, 200), (2, 400), (5, 3_200), (9, 51_200), (10, 60_000), (1_000, 60_000)] {
            assert_eq!(pause_after(attempt), Duration::from_millis(milliseconds), "attempt {attempt}");
        }
    }
}
