//! What waits for a partition: commands, and questions about a state.

use std::any::Any;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use domain::State;
use domain::stream::{Owner, StreamId};
use domain::{Kind, OrganizationId};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{Applied, CommandKey, Failure, Submission};
use crate::receipt::{Fingerprint, Receipt, fingerprint};

/// How often a job is decided again because other engines append to the same partition.
const DECISIONS_MAX: u32 = 100;

/// A keyed hash of a command's key, so that nobody can make many keys share one.
pub(super) type Mark = u64;

static MARKS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

pub(super) type Reply<T> = oneshot::Sender<Result<T, Failure>>;

/// What a view has seen, until whoever asked takes it.
pub(super) type Seen = Box<dyn Any + Send>;

/// A command without its answer.
pub(super) struct Asked {
    pub(super) submission: Submission,
    /// The instant before which it is not decided.
    pub(super) due_at: Option<Timestamp>,
    pub(super) fingerprint: Fingerprint,
    /// Its key in short. Two keys may share one: what is decided by it must be harmless then.
    pub(super) mark: Mark,
    /// The length of the command as JSON, in bytes.
    pub(super) size: usize,
    /// May it have been applied already? Then its receipt is looked for before it is decided.
    pub(super) suspect: bool,
    decisions: u32,
    reply: Reply<Applied>,
}

/// A question about a state. It may be asked again, if what it saw did not become durable.
pub(super) struct Reading {
    pub(super) question: Question,
    decisions: u32,
    reply: Reply<Seen>,
}

/// What is looked at.
pub(super) enum Question {
    /// One stream.
    State { stream: StreamId, view: Box<dyn Fn(&State) -> Seen + Send + Sync> },
    /// All that an organization's entitlements rest on: a [`Sight`](super::view::Sight).
    Account(OrganizationId),
    /// What a command to its subscription would be decided on: a [`Billing`](super::view::Billing).
    Billing(OrganizationId),
}

pub(super) enum Job {
    Command(Box<Asked>),
    Reading(Reading),
}

impl Asked {
    pub(super) fn new(submission: Submission, due_at: Option<Timestamp>, reply: Reply<Applied>) -> Self {
        let (fingerprint, size) = fingerprint(&submission.owner, &submission.command);
        let mark = MARKS.hash_one(&submission.key);
        Self { submission, due_at, fingerprint, mark, size, suspect: false, decisions: 0, reply }
    }

    /// Gives the first answer again.
    pub(super) fn repeat(self, partition: i32, receipt: &Receipt) {
        if receipt.fingerprint != self.fingerprint {
            let command_id = self.submission.key.command_id.clone();
            return self.answer(Err(Failure::KeyReused { command_id }));
        }
        self.answer(Ok(receipt.clone().told(partition, true)));
    }

    pub(super) fn answer(self, answer: Result<Applied, Failure>) {
        metrics::counter!("tollgate_commands_total", "outcome" => outcome(&answer)).increment(1);
        // A caller that went away needs no answer; the receipt keeps it.
        let _ = self.reply.send(answer);
    }

    pub(super) fn key(&self) -> &CommandKey {
        &self.submission.key
    }

    /// The stream the command is for.
    pub(super) fn stream(&self) -> StreamId {
        StreamId { kind: self.submission.command.kind(), owner: self.submission.owner.clone() }
    }
}

impl Reading {
    pub(super) fn new(question: Question, reply: Reply<Seen>) -> Self {
        Self { question, decisions: 0, reply }
    }

    pub(super) fn answer(self, answer: Result<Seen, Failure>) {
        let _ = self.reply.send(answer);
    }
}

impl Job {
    /// The streams it rests on: its own, and those that say what its organization is entitled to.
    pub(super) fn streams(&self) -> impl Iterator<Item = StreamId> {
        let (own, organization) = match self {
            Self::Reading(Reading { question: Question::State { stream, .. }, .. }) => (stream.clone(), None),
            Self::Reading(Reading { question: Question::Account(organization), .. }) => {
                (sibling(organization, Kind::CreditLedger), Some(organization))
            }
            Self::Reading(Reading { question: Question::Billing(organization), .. }) => {
                (sibling(organization, Kind::Subscription), Some(organization))
            }
            Self::Command(asked) => (asked.stream(), organization(&asked.submission.owner)),
        };
        // Its own is often one of them; whoever loads them takes each once.
        let siblings: Vec<StreamId> = organization.into_iter().flat_map(streams_of).collect();
        std::iter::once(own).chain(siblings)
    }

    /// Whose catalogs it rests on; `None` of a look at one stream.
    pub(super) fn owner(&self) -> Option<Owner> {
        match self {
            Self::Command(asked) => Some(asked.submission.owner.clone()),
            Self::Reading(Reading {
                question: Question::Account(organization) | Question::Billing(organization),
                ..
            }) => Some(Owner::Organization(organization.clone())),
            Self::Reading(Reading { question: Question::State { .. }, .. }) => None,
        }
    }

    pub(super) fn fail(self, failure: &Failure) {
        match self {
            Self::Command(asked) => asked.answer(Err(failure.clone())),
            Self::Reading(reading) => reading.answer(Err(failure.clone())),
        }
    }

    /// The job to be decided again, unless it was too often already; then it has failed.
    pub(super) fn again(mut self) -> Option<Self> {
        let decisions = match &mut self {
            Self::Command(asked) => {
                asked.suspect = true;
                &mut asked.decisions
            }
            Self::Reading(reading) => &mut reading.decisions,
        };
        *decisions += 1;
        if *decisions < DECISIONS_MAX {
            return Some(self);
        }
        let reason = format!("other writers of the partition came first {DECISIONS_MAX} times");
        self.fail(&Failure::Unavailable { reason });
        None
    }
}

pub(super) fn organization(owner: &Owner) -> Option<&OrganizationId> {
    match owner {
        Owner::Organization(organization) => Some(organization),
        Owner::Product(_) => None,
    }
}

/// The streams an organization's entitlements rest on.
pub(super) fn streams_of(organization: &OrganizationId) -> [StreamId; 3] {
    [Kind::Organization, Kind::Subscription, Kind::CreditLedger].map(|kind| sibling(organization, kind))
}

pub(super) fn sibling(organization: &OrganizationId, kind: Kind) -> StreamId {
    StreamId { kind, owner: Owner::Organization(organization.clone()) }
}

fn outcome(answer: &Result<Applied, Failure>) -> &'static str {
    match answer {
        Ok(Applied { repeated: false, .. }) => "applied",
        Ok(Applied { repeated: true, .. }) => "repeated",
        Err(Failure::Rejected { .. }) => "rejected",
        Err(Failure::KeyReused { .. }) => "key_reused",
        Err(Failure::TooEarly { .. }) => "too_early",
        Err(Failure::Overloaded) => "overloaded",
        Err(Failure::Unavailable { .. }) => "unavailable",
        Err(Failure::Unknown) => "unknown",
        Err(Failure::Corrupt { .. }) => "corrupt",
    }
}
