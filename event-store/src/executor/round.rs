//! One round of decisions: the jobs that are answered when one statement is durable.

use std::collections::HashSet;
use std::mem;

use domain::stream::StreamId;
use domain::{Context, Event};
use jiff::Timestamp;
use uuid::Uuid;

use super::job::{Asked, Job, Mark, Question, Reading, Seen, streams_of};
use super::known::{Known, metadata};
use super::view::Sight;
use super::{Failure, Grounds};
use crate::append::{Batch, NewEvent};
use crate::receipt::Receipt;

/// Jobs answered together: one statement of about a megabyte.
pub(super) const ROUND_JOBS_MAX: usize = 1_000;

/// Commands in one statement, as JSON. One command may be larger by itself.
const ROUND_BYTES_MAX: usize = 4 << 20;

pub(super) struct Round {
    batch: Batch,
    bytes: usize,
    marks: HashSet<Mark>,
    touched: HashSet<StreamId>,
    accepted: Vec<(Box<Asked>, Receipt)>,
    refused: Vec<(Box<Asked>, Failure)>,
    read: Vec<(Reading, Seen)>,
    /// For a later round: their key is taken in this one or the one in flight, or a decision of this round changed the
    /// catalog version that binds them.
    deferred: Vec<Job>,
}

impl Round {
    /// An empty one: what it writes comes behind this position of its partition.
    pub(super) fn behind(partition: i32, tail: i64) -> Self {
        Self {
            batch: Batch::behind(partition, tail),
            bytes: 0,
            marks: HashSet::new(),
            touched: HashSet::new(),
            accepted: Vec::new(),
            refused: Vec::new(),
            read: Vec::new(),
            deferred: Vec::new(),
        }
    }

    /// Decides one job on the newest state, durable or not.
    pub(super) fn decide(&mut self, known: &mut Known, job: Job, in_flight: Option<&Round>) {
        match job {
            Job::Reading(reading) => match known.look(&reading.question, self.batch.tail()) {
                Some(seen) => self.read.push((reading, seen)),
                None => self.deferred.push(Job::Reading(reading)),
            },
            Job::Command(asked) => self.decide_command(known, asked, in_flight),
        }
    }

    fn decide_command(&mut self, known: &mut Known, asked: Box<Asked>, in_flight: Option<&Round>) {
        let mark = asked.mark;
        let taken = self.marks.contains(&mark) || in_flight.is_some_and(|round| round.marks.contains(&mark));
        let stream = asked.stream();
        let context = if taken { None } else { known.context(&asked.submission) };
        let recorded_at = known.newest;
        let (Some(context), Some(cached)) = (context, known.streams.get(&stream)) else {
            return self.deferred.push(Job::Command(asked));
        };
        self.marks.insert(mark);
        if let Some(due_at) = asked.due_at.filter(|due_at| context.now < *due_at) {
            return self.refused.push((asked, Failure::TooEarly { due_at, now: context.now }));
        }
        let weight = cached.state.weight();
        let grounds = self.grounds(&context);
        let decision = match cached.state.execute(&asked.submission.command, &context) {
            Ok(decision) => decision,
            Err(rejection) => {
                let grounds = Some(Box::new(grounds));
                return self.refused.push((asked, Failure::Rejected { rejection, grounds }));
            }
        };
        let first = cached.sequence + 1;
        cached.sequence += i64::try_from(decision.events.len()).unwrap_or(i64::MAX);
        let grown = cached.state.weight().saturating_sub(weight);
        known.streams.grow(grown);
        if let Err(fault) = self.write(&stream, first, &decision.events, &metadata(&asked, &context), recorded_at) {
            known.streams.forget(&stream);
            return self.refused.push((asked, Failure::Corrupt { reason: fault.to_string() }));
        }
        self.bytes += asked.size;
        let (fingerprint, position, answer) = (asked.fingerprint, self.batch.tail(), decision.answer);
        let receipt = Receipt { fingerprint, position, grounds: Some(grounds), answer };
        self.batch.acknowledge(asked.key(), &receipt);
        self.touched.insert(stream);
        self.accepted.push((asked, receipt));
    }

    /// What is decided now rests on all that was decided before it.
    fn grounds(&self, context: &Context) -> Grounds {
        Grounds {
            partition: self.batch.partition(),
            position: self.batch.tail(),
            catalog_version: context.catalog.as_ref().map(|catalog| catalog.version),
        }
    }

    fn write(
        &mut self,
        stream: &StreamId,
        first: i64,
        events: &[Event],
        metadata: &str,
        recorded_at: Timestamp,
    ) -> Result<(), serde_json::Error> {
        let new = (first..).zip(events).map(|(sequence, event)| {
            let event_id = Uuid::now_v7();
            NewEvent { stream, sequence, event_id, recorded_at, event, metadata }
        });
        self.batch.push(&new.collect::<Vec<_>>())
    }

    /// How many more jobs may be decided in this round.
    pub(super) fn room(&self) -> usize {
        if self.bytes >= ROUND_BYTES_MAX {
            return 0;
        }
        ROUND_JOBS_MAX.saturating_sub(self.jobs())
    }

    fn jobs(&self) -> usize {
        self.accepted.len() + self.refused.len() + self.read.len() + self.deferred.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.jobs() == 0
    }

    pub(super) fn writes_nothing(&self) -> bool {
        self.batch.writes_nothing()
    }

    /// The position of its last event.
    pub(super) fn tail(&self) -> i64 {
        self.batch.tail()
    }

    /// What is to be written; afterwards the round only knows whom to answer.
    pub(super) fn take_batch(&mut self) -> Batch {
        let behind = Batch::behind(self.batch.partition(), self.batch.tail());
        mem::replace(&mut self.batch, behind)
    }

    /// The commands that were decided.
    pub(super) fn marks(&self) -> impl Iterator<Item = Mark> {
        self.marks.iter().copied()
    }

    /// The streams that were changed in memory.
    pub(super) fn touched(&self) -> impl Iterator<Item = &StreamId> {
        self.touched.iter()
    }

    /// The accounts that were looked at and that nothing in the round has changed.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &Sight> {
        let is_unchanged = |organization| !streams_of(organization).iter().any(|stream| self.touched.contains(stream));
        self.read.iter().filter_map(move |(reading, seen)| match &reading.question {
            Question::Account(organization) if is_unchanged(organization) => seen.downcast_ref(),
            Question::Account(_) | Question::Billing(_) | Question::State { .. } => None,
        })
    }

    /// Answers what is durable now. Gives back the refusals, which need a look at the receipts, and what was deferred.
    pub(super) fn answer(self, partition: i32) -> (Vec<(Box<Asked>, Failure)>, Vec<Job>) {
        for (asked, receipt) in self.accepted {
            asked.answer(Ok(receipt.told(partition, false)));
        }
        for (reading, seen) in self.read {
            reading.answer(Ok(seen));
        }
        (self.refused, self.deferred)
    }

    /// All jobs of the round, to be decided again or to be failed.
    pub(super) fn into_jobs(self) -> impl Iterator<Item = Job> {
        let accepted = self.accepted.into_iter().map(|(asked, _)| Job::Command(asked));
        let refused = self.refused.into_iter().map(|(asked, _)| Job::Command(asked));
        let read = self.read.into_iter().map(|(reading, _)| Job::Reading(reading));
        accepted.chain(refused).chain(read).chain(self.deferred)
    }
}
