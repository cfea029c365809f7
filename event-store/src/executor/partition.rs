//! The writer of one partition: it decides while a statement is in flight, and appends when that has landed.
//!
//! ```text
//! decide A | decide B ........ | decide C ........
//!          | append A -> reply | append B -> reply
//! ```
//!
//! B is decided on states that contain A, before A is durable. If A's statement fails, A and B are decided again; no
//! reply was given for either.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep};
use tracing::{error, info, warn};

use super::catalogs::Catalogs;
use super::job::{Asked, Job};
use super::known::Known;
use super::reader::{Reader, connect, open};
use super::repeats::Repeats;
use super::round::{ROUND_JOBS_MAX, Round};
use super::snapshots::{self, Taken};
use super::view::View;
use super::{CommandKey, Failure};
use crate::append::{Appended, append};
use crate::database::{Database, DatabaseError, Role};
use crate::faults;
use crate::log::read_head;

/// How long a lost connection is tried again before a written command is reported as unknown.
const RECOVERY_MAX: Duration = Duration::from_secs(5);

pub(super) struct Partition {
    database: Database,
    number: i32,
    reader: Reader,
    /// Away while a statement is in flight.
    writer: Option<PgConnection>,
    /// The position up to which everything is durable and known.
    head: i64,
    known: Known,
    /// What is read beside this task.
    view: Arc<View>,
    repeats: Repeats,
    /// What is decided while the statement before it is in flight.
    next: Round,
    flight: Option<Flight>,
    /// Decided before anything new: what must be decided again.
    backlog: Vec<Job>,
    snapshots: mpsc::Sender<Taken>,
    bell: watch::Sender<i64>,
}

type Landed = Result<(PgConnection, Result<Appended, sqlx::Error>), JoinError>;

/// A statement on its way, and the round that is answered when it lands.
struct Flight {
    round: Round,
    launched: std::time::Instant,
    /// States as they are once it has landed.
    snapshots: Vec<Taken>,
    /// A task of its own: it goes on while other streams are loaded.
    statement: JoinHandle<(PgConnection, Result<Appended, sqlx::Error>)>,
}

impl Partition {
    pub(super) async fn open(
        database: Database,
        number: i32,
        catalogs: Catalogs,
        view: Arc<View>,
    ) -> Result<Self, DatabaseError> {
        let mut writer = open(&database).await?;
        let head = read_head(&mut writer, number).await?;
        Ok(Self {
            reader: Reader::new(database.clone(), number),
            snapshots: snapshots::writer(database.pool(Role::Engine, 1), number),
            database,
            number,
            writer: Some(writer),
            head: head.position,
            known: Known::new(catalogs, head.recorded_at, view.clone()),
            view,
            repeats: Repeats::default(),
            next: Round::behind(number, head.position),
            flight: None,
            backlog: Vec::new(),
            bell: watch::Sender::new(head.position),
        })
    }

    /// Rings with the position of the head after every append.
    pub(super) fn head(&self) -> watch::Receiver<i64> {
        self.bell.subscribe()
    }

    /// Works until nobody can ask any more and everything is answered.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut open = true;
        while open || self.flight.is_some() || !self.next.is_empty() || !self.backlog.is_empty() {
            if !self.backlog.is_empty() && self.next.room() > 0 {
                let count = self.backlog.len().min(self.next.room());
                let jobs = self.backlog.drain(..count).collect();
                self.take_up(jobs).await;
            }
            self.launch().await;
            let room = if self.backlog.is_empty() { self.next.room() } else { 0 };
            if room == 0 && self.flight.is_none() {
                continue;
            }
            let mut jobs = Vec::new();
            tokio::select! {
                landed = landing(&mut self.flight) => self.settle(landed).await,
                count = queue.recv_many(&mut jobs, room.min(ROUND_JOBS_MAX)), if open && room > 0 => {
                    open = count > 0;
                    self.take_up(jobs).await;
                }
            }
        }
        info!(partition = self.number, "the executor of the partition has ended");
    }

    /// Decides jobs into the next round.
    async fn take_up(&mut self, jobs: Vec<Job>) {
        let jobs = self.answer_repeated(jobs).await;
        if let Err(failure) = self.known.load(&mut self.reader, &jobs).await {
            return jobs.into_iter().for_each(|job| job.fail(&failure));
        }
        if self.next.is_empty() {
            self.next = self.fresh_round();
        }
        let in_flight = self.flight.as_ref().map(|flight| &flight.round);
        for job in jobs {
            self.next.decide(&mut self.known, job, in_flight);
        }
    }

    /// An empty round behind the statement in flight, or behind the head.
    fn fresh_round(&self) -> Round {
        Round::behind(self.number, self.flight.as_ref().map_or(self.head, |flight| flight.round.tail()))
    }

    /// Answers commands that were applied before, as far as they were sent twice or their outcome is not known.
    async fn answer_repeated(&mut self, jobs: Vec<Job>) -> Vec<Job> {
        let suspect = |job: &Job| match job {
            Job::Command(asked) if asked.suspect || self.repeats.suspects(asked.mark) => Some(asked.key().clone()),
            Job::Command(_) | Job::Reading(_) => None,
        };
        let suspects: Vec<CommandKey> = jobs.iter().filter_map(suspect).collect();
        let receipts = match self.reader.receipts(&suspects).await {
            Ok(receipts) => receipts,
            Err(failure) => {
                jobs.into_iter().for_each(|job| job.fail(&failure));
                return Vec::new();
            }
        };
        if !receipts.is_empty() {
            self.repeats.beware();
        }
        let unanswered = jobs.into_iter().filter_map(|job| match job {
            Job::Command(asked) => match receipts.get(asked.key()) {
                Some(receipt) => {
                    asked.repeat(self.number, receipt);
                    None
                }
                None => Some(Job::Command(asked)),
            },
            Job::Reading(_) => Some(job),
        });
        unanswered.collect()
    }

    /// Sends what was decided on its way, if nothing is.
    async fn launch(&mut self) {
        if self.flight.is_some() || self.next.is_empty() {
            return;
        }
        self.known.streams.age();
        let mut round = self.take_next();
        if round.writes_nothing() {
            return self.answer_unwritten(round).await;
        }
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => match connect(&self.database).await {
                Ok(writer) => writer,
                Err(failure) => return self.give_up(round, &failure),
            },
        };
        let (batch, newest) = (round.take_batch(), self.known.newest);
        let snapshots = self.known.take_snapshots(round.touched());
        let launched = self.view.now();
        faults::point("executor.decided");
        let statement = tokio::spawn(async move {
            let appended = append(&mut writer, batch, newest).await;
            (writer, appended)
        });
        self.flight = Some(Flight { round, launched, snapshots, statement });
    }

    fn take_next(&mut self) -> Round {
        let fresh = self.fresh_round();
        mem::replace(&mut self.next, fresh)
    }

    /// A statement came back: answer what it made durable, or decide again what rested on it.
    async fn settle(&mut self, landed: Landed) {
        let Some(Flight { round, launched, snapshots, .. }) = self.flight.take() else { return };
        let appended = match landed {
            Ok((writer, appended)) => {
                self.writer = Some(writer);
                appended
            }
            Err(panic) => {
                error!(partition = self.number, %panic, "an append broke off");
                return self.recover(round).await;
            }
        };
        match appended {
            Ok(Appended::Done { position }) => {
                self.head = position;
                self.view.forget(round.touched());
                self.view.confirm(position, launched);
                round.accounts().for_each(|seen| self.view.hold(seen));
                self.bell.send_replace(position);
                metrics::gauge!("tollgate_log_position", "partition" => self.number.to_string()).set(gauge(position));
                self.repeats.remember(round.marks());
                // The next statement is on its way while callers are answered.
                self.launch().await;
                self.answer(round).await;
                // Full means busy: they are taken again when the next are due.
                snapshots.into_iter().for_each(|taken| drop(self.snapshots.try_send(taken)));
                faults::point("executor.replied");
            }
            Ok(Appended::Stale) => self.decide_again([round]).await,
            Err(error) => {
                warn!(partition = self.number, %error, "an append failed");
                if wrote_nothing(&error) {
                    return self.fail(round, &Failure::Unavailable { reason: error.to_string() }).await;
                }
                self.writer = None;
                self.recover(round).await;
            }
        }
    }

    /// A round that only refused and read: its answers hold if nobody else has appended meanwhile.
    async fn answer_unwritten(&mut self, round: Round) {
        match self.refresh().await {
            Ok(true) => {
                round.accounts().for_each(|seen| self.view.hold(seen));
                self.answer(round).await;
            }
            Ok(false) => self.backlog.extend(round.into_jobs().filter_map(Job::again)),
            Err(failure) => round.into_jobs().for_each(|job| job.fail(&failure)),
        }
    }

    async fn answer(&mut self, round: Round) {
        let (refused, deferred) = round.answer(self.number);
        self.backlog.extend(deferred.into_iter().filter_map(Job::again));
        self.refuse(refused).await;
    }

    /// Refuses, unless the command was applied when it was sent before.
    async fn refuse(&mut self, refused: Vec<(Box<Asked>, Failure)>) {
        let keys: Vec<CommandKey> = refused.iter().map(|(asked, _)| asked.key().clone()).collect();
        let receipts = self.reader.receipts(&keys).await;
        for (asked, refusal) in refused {
            match &receipts {
                Ok(receipts) => match receipts.get(asked.key()) {
                    Some(receipt) => asked.repeat(self.number, receipt),
                    None => asked.answer(Err(refusal)),
                },
                Err(failure) => asked.answer(Err(failure.clone())),
            }
        }
    }

    /// Forgets what rounds have decided, and what was decided on top of them, and begins anew from what is durable.
    async fn decide_again<const N: usize>(&mut self, rounds: [Round; N]) {
        let rounds: Vec<Round> = rounds.into_iter().chain([self.take_next()]).collect();
        for stream in rounds.iter().flat_map(Round::touched) {
            self.known.streams.forget(stream);
        }
        let jobs = rounds.into_iter().flat_map(Round::into_jobs);
        match self.refresh().await {
            Ok(_) => self.backlog.extend(jobs.filter_map(Job::again)),
            Err(failure) => jobs.for_each(|job| job.fail(&failure)),
        }
    }

    /// Nothing of a round was written: its jobs fail, and what was decided on top of it is decided again.
    async fn fail(&mut self, round: Round, failure: &Failure) {
        self.give_up(round, failure);
        self.decide_again([]).await;
    }

    fn give_up(&mut self, round: Round, failure: &Failure) {
        round.touched().for_each(|stream| self.known.streams.forget(stream));
        round.into_jobs().for_each(|job| job.fail(failure));
    }

    /// The connection broke while a statement ran, and nobody knows what became of it.
    async fn recover(&mut self, round: Round) {
        let deadline = Instant::now() + RECOVERY_MAX;
        faults::point("recovery.begun");
        while Instant::now() < deadline {
            if self.reader.head().await.is_ok() {
                faults::point("recovery.refreshed");
                // Whatever became of the old statement, the head row decides: it came before this read and has left
                // receipts, or it comes after the next append and finds the head moved.
                return self.decide_again([round]).await;
            }
            sleep(Duration::from_millis(100)).await;
        }
        let unavailable = Failure::Unavailable { reason: "postgres is away".to_owned() };
        self.give_up(round, &Failure::Unknown);
        let next = self.take_next();
        self.give_up(next, &unavailable);
    }

    /// Takes in how far the log goes. Answers whether nobody else has appended; if so, forgets what they changed.
    /// Only between flights: a statement of our own moves the head too.
    async fn refresh(&mut self) -> Result<bool, Failure> {
        let asked = self.view.now();
        let head = self.reader.head().await?;
        if head.position == self.head {
            self.view.confirm(head.position, asked);
            return Ok(true);
        }
        let changed = self.reader.changed(self.head).await?;
        changed.iter().for_each(|stream| self.known.streams.forget(stream));
        self.view.forget(&changed);
        self.view.confirm(head.position, asked);
        self.known.newest = self.known.newest.max(head.recorded_at);
        self.head = head.position;
        self.bell.send_replace(head.position);
        Ok(false)
    }
}

/// Waits for the statement in flight; for ever, if there is none.
async fn landing(flight: &mut Option<Flight>) -> Landed {
    match flight {
        Some(flight) => (&mut flight.statement).await,
        None => std::future::pending().await,
    }
}

/// Metrics are floats; positions are exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a gauge is for looking at, not for deciding")]
fn gauge(position: i64) -> f64 {
    position as f64
}

/// Did the server itself say that the statement failed? Class 57 (it is being shut down) may come after the commit.
fn wrote_nothing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => !refusal.code().is_some_and(|code| code.starts_with("57")),
        _ => false,
    }
}
