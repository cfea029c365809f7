//! The writer of one partition: it owns the hot aggregates and the connection that appends.

use std::time::Duration;

use domain::stream::StreamId;
use domain::{Event, State};
use jiff::Timestamp;
use sqlx::postgres::PgConnection;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::cache::{Cache, Cached};
use super::catalogs::Catalogs;
use super::round::{Pending, Round};
use super::{Failure, Job, View};
use crate::append::{AppendError, Appended, append};
use crate::database::{Database, DatabaseError, Role};
use crate::log::{LogError, read_head};
use crate::receipt;

/// Commands decided and appended together: one statement of about a megabyte.
const ROUND_COMMANDS_MAX: usize = 1_000;

/// How often a command is decided again because other engines append to the same partition.
const DECISIONS_MAX: usize = 100;

/// How long a lost connection is tried again before a written command is reported as unknown.
const RECOVERY_MAX: Duration = Duration::from_secs(5);

/// How long one attempt to connect may take.
const CONNECT_MAX: Duration = Duration::from_secs(3);

pub(super) struct Partition {
    database: Database,
    pub(super) number: i32,
    connection: Option<PgConnection>,
    /// The position everything in the cache is known up to.
    pub(super) head: i64,
    /// The instant of the newest decision; the next one is not earlier, even if the machine's clock steps back.
    pub(super) newest: Timestamp,
    pub(super) streams: Cache,
    pub(super) catalogs: Catalogs,
    bell: watch::Sender<i64>,
}

impl Partition {
    pub(super) async fn open(database: Database, number: i32, catalogs: Catalogs) -> Result<Self, DatabaseError> {
        let mut connection = database.connect(Role::Engine).await?;
        let head = read_head(&mut connection, number).await?;
        Ok(Self {
            database,
            number,
            connection: Some(connection),
            head: head.position,
            newest: head.recorded_at,
            streams: Cache::default(),
            catalogs,
            bell: watch::Sender::new(head.position),
        })
    }

    /// Rings with the position of the head after every append.
    pub(super) fn head(&self) -> watch::Receiver<i64> {
        self.bell.subscribe()
    }

    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(ROUND_COMMANDS_MAX);
        while queue.recv_many(&mut jobs, ROUND_COMMANDS_MAX).await > 0 {
            let (mut commands, mut views) = (Vec::new(), Vec::new());
            for job in jobs.drain(..) {
                match job {
                    Job::Command { submission, fingerprint, reply } => {
                        commands.push(Pending::new(*submission, fingerprint, reply));
                    }
                    Job::Inspect { stream, view } => views.push((stream, view)),
                }
            }
            self.apply(commands).await;
            self.show(views).await;
            self.streams.age();
        }
        info!(partition = self.number, "the executor of the partition has ended");
    }

    /// Decides and appends until every command has its answer.
    async fn apply(&mut self, mut waiting: Vec<Pending>) {
        for _ in 0..DECISIONS_MAX {
            if waiting.is_empty() {
                return;
            }
            waiting = self.decide_and_append(waiting).await;
        }
        let reason = format!("other writers of partition {} came first {DECISIONS_MAX} times", self.number);
        waiting.into_iter().for_each(|pending| pending.fail(&Failure::Unavailable { reason: reason.clone() }));
    }

    /// One round. Gives back the commands that must be decided again.
    async fn decide_and_append(&mut self, waiting: Vec<Pending>) -> Vec<Pending> {
        let waiting = match self.answer_repeated(waiting).await {
            Ok(waiting) => waiting,
            Err((waiting, failure)) => return fail_all(waiting, &failure),
        };
        let mut round = match Round::prepare(self, &waiting).await {
            Ok(round) => round,
            Err(error) => return fail_all(waiting, &error.into()),
        };
        for pending in waiting {
            round.decide(self, pending);
        }
        if round.writes_nothing() {
            return self.confirm_refusals(round).await;
        }
        let (head, now, batch) = (self.head, self.newest, round.take_batch());
        let number = self.number;
        let appended = match self.connection().await {
            Ok(connection) => append(connection, number, head, now, batch).await,
            Err(failure) => {
                self.forget(&round);
                return fail_all(round.into_pending(), &failure);
            }
        };
        match appended {
            Ok(Appended::Done { position }) => {
                self.head = position;
                self.bell.send_replace(position);
                let refused = round.reply_applied(number, position);
                self.reply_refused(refused).await
            }
            Ok(Appended::Stale) => self.start_again(round).await,
            Err(AppendError::Unencodable(error)) => {
                self.forget(&round);
                fail_all(round.into_pending(), &Failure::Corrupt { reason: error.to_string() })
            }
            Err(AppendError::Postgres(error)) => self.recover(round, error).await,
        }
    }

    /// Answers commands that were applied before, as far as they were sent twice or their outcome is not known.
    async fn answer_repeated(&mut self, waiting: Vec<Pending>) -> Result<Vec<Pending>, (Vec<Pending>, Failure)> {
        let suspects: Vec<_> = waiting.iter().filter(|pending| pending.suspect).map(Pending::key).collect();
        if suspects.is_empty() {
            return Ok(waiting);
        }
        let number = self.number;
        let found = match self.connection().await {
            Ok(connection) => receipt::find(connection, number, &suspects).await,
            Err(failure) => return Err((waiting, failure)),
        };
        let receipts = match found {
            Ok(receipts) => receipts,
            Err(error) => return Err((waiting, self.lost(error))),
        };
        let unanswered = waiting.into_iter().filter_map(|pending| match receipts.get(&pending.key()) {
            Some(receipt) => {
                pending.repeat(number, receipt);
                None
            }
            None => Some(pending),
        });
        Ok(unanswered.collect())
    }

    /// A round that only refused: the refusals hold if nobody else has appended meanwhile.
    async fn confirm_refusals(&mut self, round: Round) -> Vec<Pending> {
        match self.refresh().await {
            Ok(true) => self.reply_refused(round.into_refused()).await,
            Ok(false) => suspect_all(round.into_pending()),
            Err(failure) => fail_all(round.into_pending(), &failure),
        }
    }

    /// Replies refusals, unless the command was applied when it was sent before.
    async fn reply_refused(&mut self, (refused, deferred): (Vec<(Pending, Failure)>, Vec<Pending>)) -> Vec<Pending> {
        let keys: Vec<_> = refused.iter().map(|(pending, _)| pending.key()).collect();
        let number = self.number;
        let receipts = match self.connection().await {
            _ if keys.is_empty() => Ok(Default::default()),
            Ok(connection) => receipt::find(connection, number, &keys).await.map_err(|error| self.lost(error)),
            Err(failure) => Err(failure),
        };
        for (pending, refusal) in refused {
            match &receipts {
                Ok(receipts) => match receipts.get(&pending.key()) {
                    Some(receipt) => pending.repeat(number, receipt),
                    None => pending.fail(&refusal),
                },
                Err(failure) => pending.fail(failure),
            }
        }
        suspect_all(deferred)
    }

    /// Somebody else has appended, or a command has a receipt: forget what was decided, and decide again.
    async fn start_again(&mut self, round: Round) -> Vec<Pending> {
        self.forget(&round);
        match self.refresh().await {
            Ok(_) => suspect_all(round.into_pending()),
            Err(failure) => fail_all(round.into_pending(), &failure),
        }
    }

    /// Postgres refused the statement, or the connection broke while it ran and nobody knows what became of it.
    async fn recover(&mut self, round: Round, error: sqlx::Error) -> Vec<Pending> {
        warn!(partition = self.number, error = %error, "an append failed");
        self.forget(&round);
        if wrote_nothing(&error) {
            let failure = self.lost(error);
            return fail_all(round.into_pending(), &failure);
        }
        self.connection = None;
        let deadline = Instant::now() + RECOVERY_MAX;
        while Instant::now() < deadline {
            if self.refresh().await.is_ok() {
                // Whatever became of the old statement, the head row decides: it came before this read and has left
                // receipts, or it comes after the next append and finds the head moved.
                return suspect_all(round.into_pending());
            }
            sleep(Duration::from_millis(100)).await;
        }
        fail_all(round.into_pending(), &Failure::Unknown)
    }

    /// Shows states to whoever asked, as they are durable now.
    async fn show(&mut self, views: Vec<(StreamId, View)>) {
        if views.is_empty() {
            return;
        }
        let streams: Vec<_> = views.iter().map(|(stream, _)| stream.clone()).collect();
        let loaded = match self.refresh().await {
            Ok(_) => self.load(streams).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        for (stream, view) in views {
            let state = match &loaded {
                Ok(()) => self.streams.get(&stream).map(|cached| &cached.state).ok_or(Failure::Unknown),
                Err(failure) => Err(failure.clone()),
            };
            view(state);
        }
    }

    /// Takes in how far the log goes. Answers whether nobody else has appended; if so, forgets what they changed.
    async fn refresh(&mut self) -> Result<bool, Failure> {
        let (number, known) = (self.number, self.head);
        let connection = self.connection().await?;
        let head = match read_head(connection, number).await {
            Ok(head) => head,
            Err(error) => return Err(self.lost(error)),
        };
        if head.position == known {
            return Ok(true);
        }
        let changed = match super::round::changed_streams(self.connection().await?, number, known).await {
            Ok(changed) => changed,
            Err(LogError::Unavailable(error)) => return Err(self.lost(error)),
            Err(corrupt @ LogError::Corrupt { .. }) => return Err(corrupt.into()),
        };
        changed.iter().for_each(|stream| self.streams.forget(stream));
        self.newest = self.newest.max(head.recorded_at);
        self.head = head.position;
        self.bell.send_replace(head.position);
        Ok(false)
    }

    /// Brings streams into the cache.
    pub(super) async fn load(&mut self, mut streams: Vec<StreamId>) -> Result<(), LogError> {
        streams.sort();
        streams.dedup();
        streams.retain(|stream| !self.streams.contains(stream));
        if streams.is_empty() {
            return Ok(());
        }
        let number = self.number;
        let connection = self
            .connection()
            .await
            .map_err(|failure| LogError::Unavailable(sqlx::Error::Io(std::io::Error::other(failure.to_string()))))?;
        let loaded = crate::log::read_streams(connection, number, &streams).await;
        if let Err(LogError::Unavailable(_)) = &loaded {
            self.connection = None;
        }
        let mut cached: Vec<_> = streams.iter().map(Cached::new).collect();
        for recorded in loaded? {
            if let Ok(index) = streams.binary_search(&recorded.stream)
                && let Some(cached) = cached.get_mut(index)
            {
                cached.take_in(&recorded.event);
            }
        }
        streams.into_iter().zip(cached).for_each(|(stream, cached)| self.streams.insert(stream, cached));
        Ok(())
    }

    fn forget(&mut self, round: &Round) {
        round.touched().for_each(|stream| self.streams.forget(stream));
    }

    async fn connection(&mut self) -> Result<&mut PgConnection, Failure> {
        if self.connection.is_none() {
            let unavailable = |reason: String| Failure::Unavailable { reason };
            let connecting = timeout(CONNECT_MAX, self.database.connect(Role::Engine)).await;
            let connected = connecting.map_err(|_| unavailable("postgres does not answer".to_owned()))?;
            self.connection = Some(connected.map_err(|error| unavailable(error.to_string()))?);
        }
        self.connection.as_mut().ok_or(Failure::Unknown)
    }

    /// Postgres did not answer a read, or refused a write.
    fn lost(&mut self, error: sqlx::Error) -> Failure {
        if !matches!(error, sqlx::Error::Database(_)) {
            self.connection = None;
        }
        Failure::Unavailable { reason: error.to_string() }
    }
}

impl Cached {
    fn new(stream: &StreamId) -> Self {
        Self { state: State::initial(stream.kind), sequence: 0 }
    }

    fn take_in(&mut self, event: &Event) {
        self.state.evolve(event);
        self.sequence += 1;
    }
}

/// Did the server itself say that the statement failed? Class 57 (it is being shut down) may come after the commit.
fn wrote_nothing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => !refusal.code().is_some_and(|code| code.starts_with("57")),
        _ => false,
    }
}

fn suspect_all(mut pending: Vec<Pending>) -> Vec<Pending> {
    pending.iter_mut().for_each(|pending| pending.suspect = true);
    pending
}

fn fail_all(pending: Vec<Pending>, failure: &Failure) -> Vec<Pending> {
    pending.into_iter().for_each(|pending| pending.fail(failure));
    Vec::new()
}
