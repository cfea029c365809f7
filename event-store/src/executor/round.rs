//! One round of decisions: the jobs that are answered when one statement is durable.

use std::collections::HashSet;

use domain::stream::StreamId;
use jiff::Timestamp;
use uuid::Uuid;

use super::job::{Asked, Job, Question, Reading, Seen, organization, streams_of};
use super::known::{Known, metadata};
use super::view::Sight;
use super::{Applied, CommandKey, Failure};
use crate::append::{Batch, NewEvent};
use crate::receipt::Receipt;

/// Jobs answered together: one statement of about a megabyte.
pub(super) const ROUND_JOBS_MAX: usize = 1_000;

/// Commands in one statement, as JSON. One command may be larger by itself.
const ROUND_BYTES_MAX: usize = 4 << 20;

#[derive(Default)]
pub(super) struct Round {
    batch: Batch,
    bytes: usize,
    keys: HashSet<CommandKey>,
    touched: HashSet<StreamId>,
    accepted: Vec<(Box<Asked>, Receipt)>,
    refused: Vec<(Box<Asked>, Failure)>,
    read: Vec<(Reading, Seen)>,
    /// For a later round: their key is taken in this one or the one in flight, or a decision of this round changed the
    /// catalog version that binds them.
    deferred: Vec<Job>,
}

impl Round {
    /// Decides one job on the newest state, durable or not. What it writes comes behind position `tail` and what the
    /// round writes already.
    pub(super) fn decide(&mut self, known: &mut Known, job: Job, tail: i64, in_flight: Option<&Round>) {
        match job {
            Job::Reading(reading) => match known.look(&reading.question, tail + self.events()) {
                Some(seen) => self.read.push((reading, seen)),
                None => self.deferred.push(Job::Reading(reading)),
            },
            Job::Command(asked) => self.decide_command(known, asked, tail, in_flight),
        }
    }

    fn decide_command(&mut self, known: &mut Known, asked: Box<Asked>, tail: i64, in_flight: Option<&Round>) {
        let taken = self.keys.contains(asked.key()) || in_flight.is_some_and(|round| round.keys.contains(asked.key()));
        let stream = asked.stream();
        let context = if taken { None } else { known.context(&asked.submission) };
        let (Some(context), Some(cached)) = (context, known.streams.get(&stream)) else {
            return self.deferred.push(Job::Command(asked));
        };
        self.keys.insert(asked.key().clone());
        let decision = match cached.state.execute(&asked.submission.command, &context) {
            Ok(decision) => decision,
            Err(rejection) => return self.refused.push((asked, rejection.into())),
        };
        self.bytes += asked.size;
        let metadata = metadata(&asked, &context);
        for event in decision.events {
            cached.sequence += 1;
            self.batch.events.push(NewEvent {
                stream: stream.clone(),
                sequence: cached.sequence,
                organization: organization(&stream.owner).map(ToString::to_string),
                event_id: Uuid::now_v7(),
                recorded_at: context.now,
                event,
                metadata: metadata.clone(),
            });
        }
        let receipt =
            Receipt { fingerprint: asked.fingerprint.clone(), position: tail + self.events(), answer: decision.answer };
        self.batch.receipts.push((asked.key().clone(), receipt.clone()));
        self.touched.insert(stream);
        self.accepted.push((asked, receipt));
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

    /// Events to be appended.
    pub(super) fn events(&self) -> i64 {
        i64::try_from(self.batch.events.len()).unwrap_or(i64::MAX)
    }

    pub(super) fn writes_nothing(&self) -> bool {
        self.batch.receipts.is_empty()
    }

    pub(super) fn take_batch(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
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
            Question::Account(_) | Question::State { .. } => None,
        })
    }

    /// Answers what is durable now. Gives back the refusals, which need a look at the receipts, and what was deferred.
    pub(super) fn answer(self, partition: i32) -> (Vec<(Box<Asked>, Failure)>, Vec<Job>) {
        for (asked, receipt) in self.accepted {
            let (position, answer) = (receipt.position, receipt.answer);
            asked.answer(Ok(Applied { partition, position, answer, repeated: false }));
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

    /// The instant of the newest event; the head's if there is none.
    pub(super) fn instant(&self, otherwise: Timestamp) -> Timestamp {
        self.batch.events.last().map_or(otherwise, |last| last.recorded_at)
    }
}
