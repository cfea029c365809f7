//! Folds live: one task per projection and partition follows the feed from its checkpoint.
//!
//! Postgres away: the task backs off and goes on. Anything that another try would not change (a corrupt log, a row
//! Postgres refuses, a fault of our own) stops that one task, and its [`Status`](crate::Status) says why; the others
//! go on. Several processes may run it on one database: a batch that no longer follows from the checkpoint is thrown
//! away and read again from where the checkpoint is.

use std::sync::Arc;
use std::time::Duration;

use event_store::{Feed, LogError, Recorded, faults};
use sqlx::postgres::PgPool;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::ALL;
use crate::checkpoint;
use crate::projection::{AnyProjection, Outcome, Schema};
use crate::status::Board;

/// First and longest pause before another try. The longest is what people wait once Postgres is back.
const PAUSE_MIN: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// When what was folded is durable. Its transactions do not wait for the disk, and are lost if Postgres dies within three
/// rounds of its writer, 0.6 seconds: an idle connection does not notice, and there may be no next event to show it.
const DURABLE_AFTER: Duration = Duration::from_secs(1);

/// Folds every projection over every partition until `stop` says true or its sender is gone. `board` shows how it goes.
pub async fn run(pool: PgPool, feed: Arc<dyn Feed>, partitions: i32, stop: watch::Receiver<bool>, board: Board) {
    let mut tasks = JoinSet::new();
    for projection in ALL.iter().copied() {
        for partition in 0..partitions {
            board.at(projection.name(), partition, 0);
            let follower = Follower { projection, partition, pool: pool.clone(), feed: Arc::clone(&feed) };
            tasks.spawn(supervise(follower, stop.clone(), board.clone()));
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Why a projection stops.
#[derive(Debug, thiserror::Error)]
enum Fault {
    /// The history cannot be read.
    #[error(transparent)]
    Log(LogError),
    /// The feed gave events that do not follow from what was asked.
    #[error("the feed was asked for what follows position {asked} and gave position {given}")]
    Feed { asked: i64, given: i64 },
    /// Postgres refuses.
    #[error("the rows cannot be written: {0}")]
    Rows(sqlx::Error),
}

/// What a try came to.
enum Trouble {
    /// Postgres is away; try again.
    Away(sqlx::Error),
    /// Another try would change nothing.
    Fault(Fault),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        if may_pass(&error) { Self::Away(error) } else { Self::Fault(Fault::Rows(error)) }
    }
}

impl From<LogError> for Trouble {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Unavailable(source) => Self::Away(source),
            corrupt @ LogError::Corrupt { .. } => Self::Fault(Fault::Log(corrupt)),
        }
    }
}

/// Is it the connection, the server or the moment, rather than what was asked? Classes of SQLSTATE: 08 connection,
/// 25 transaction state (it idled too long, the server is read-only), 40 rolled back, 53 resources, 55 not available,
/// 57 stopped by the operator, 58 system.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => {
            let code = refusal.code().unwrap_or_default();
            ["08", "25", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class))
        }
        error => matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
        ),
    }
}

/// Where a projection is, as far as its follower knows.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Only the checkpoint says.
    Unknown,
    /// There, unless Postgres dies in this moment.
    Folded(i64),
    /// There, as the checkpoint said.
    Read(i64),
}

struct Follower {
    projection: &'static dyn AnyProjection,
    partition: i32,
    pool: PgPool,
    feed: Arc<dyn Feed>,
}

/// Follows until told to stop; a panic stops this task alone.
async fn supervise(follower: Follower, mut stop: watch::Receiver<bool>, board: Board) {
    let (projection, partition) = (follower.projection.name(), follower.partition);
    let outcome = {
        let board = board.clone();
        JoinSet::from_iter([async move { follower.follow(&mut stop, &board).await }]).join_next().await
    };
    let reason = match outcome {
        Some(Err(panic)) => panic.to_string(),
        Some(Ok(Err(fault))) => fault.to_string(),
        Some(Ok(Ok(()))) | None => return,
    };
    tracing::error!(projection, partition, reason, "projection stopped");
    board.stopped(projection, partition, reason);
}

impl Follower {
    /// Ends when told to stop, or with the fault that stops it.
    async fn follow(&self, stop: &mut watch::Receiver<bool>, board: &Board) -> Result<(), Fault> {
        let (projection, partition) = (self.projection.name(), self.partition);
        let mut pause = PAUSE_MIN;
        let mut place = Place::Unknown;
        while !*stop.borrow() {
            let trouble = match self.step(place, stop).await {
                Ok(Some(next)) => {
                    if let Place::Folded(position) | Place::Read(position) = next {
                        board.at(projection, partition, position);
                    }
                    (place, pause) = (next, PAUSE_MIN);
                    continue;
                }
                Ok(None) => return Ok(()),
                Err(trouble) => trouble,
            };
            match trouble {
                Trouble::Fault(fault) => return Err(fault),
                Trouble::Away(error) => {
                    tracing::warn!(projection, partition, %error, "projection waits for Postgres");
                }
            }
            // What became of the last transaction is only known by the checkpoint.
            place = Place::Unknown;
            tokio::select! {
                () = sleep(pause) => {}
                () = stopped(stop) => {}
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
        Ok(())
    }

    /// Takes in what follows the checkpoint and says where it is then; `None` if told to stop while waiting for it.
    /// Only the waiting is ever given up: a transaction runs to its end.
    async fn step(&self, place: Place, stop: &mut watch::Receiver<bool>) -> Result<Option<Place>, Trouble> {
        let (position, is_read) = match place {
            Place::Unknown => return self.resume().await.map(|position| Some(Place::Read(position))),
            Place::Folded(position) => (position, false),
            Place::Read(position) => (position, true),
        };
        let events = tokio::select! {
            events = self.feed.after(self.partition, position) => events?,
            () = sleep(DURABLE_AFTER), if !is_read => return Ok(Some(Place::Unknown)),
            () = stopped(stop) => return Ok(None),
        };
        faults::point("projection.fed");
        // A feed may give some events again, but not leave any out.
        let news = events.partition_point(|recorded| recorded.position <= position);
        let news = events.get(news..).unwrap_or_default();
        self.take_in(position, news).await.map(|position| Some(Place::Folded(position)))
    }

    /// Where the checkpoint is; makes it if there is none.
    async fn resume(&self) -> Result<i64, Trouble> {
        let mut connection = self.pool.acquire().await?;
        let schema = Schema::Live.name();
        checkpoint::ensure(&mut connection, schema, self.projection.name(), &[self.partition]).await?;
        drop(connection);
        faults::point("projection.resumed");
        Ok(checkpoint::position(&self.pool, self.projection.name(), self.partition).await?)
    }

    async fn take_in(&self, position: i64, events: &[Arc<Recorded>]) -> Result<i64, Trouble> {
        let Some((first, last)) = events.first().zip(events.last()) else { return Ok(position) };
        if first.position != position + 1 {
            return Err(Trouble::Fault(Fault::Feed { asked: position, given: first.position }));
        }
        let mut connection = self.pool.acquire().await?;
        match self.projection.fold(&mut connection, Schema::Live, self.partition, events).await? {
            Outcome::Folded => {
                faults::point("projection.committed");
                self.count(events.len(), last.position);
                Ok(last.position)
            }
            Outcome::Elsewhere { checkpoint } => Ok(checkpoint),
        }
    }

    fn count(&self, events: usize, position: i64) {
        let labels = [("projection", self.projection.name().to_owned()), ("partition", self.partition.to_string())];
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        metrics::counter!("tollgate_projection_events_total", &labels).increment(events);
        // A gauge is a float, exact up to 2^53.
        metrics::gauge!("tollgate_projection_position", &labels).set(position as f64);
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone will never say true.
    let _ = stop.wait_for(|stopped| *stopped).await;
}
