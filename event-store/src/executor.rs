//! How commands become events: one task per partition decides one command after another and appends what was decided.
//!
//! While a statement is in flight, the next commands are decided on states that contain it already; when it lands, all
//! of them go in one statement. A reply, a refusal too, is given only when everything it was decided on is durable. Commands live in the
//! partition's task, not in the caller's: a caller that goes away cancels nothing.

mod cache;
mod catalogs;
mod for_good;
mod job;
mod known;
mod partition;
mod reader;
mod repeats;
mod round;
mod snapshots;
pub mod view;

use std::sync::Arc;

use domain::stream::{Owner, StreamId};
use domain::{Command, Kind, OrganizationId, Rejection, State};
use jiff::Timestamp;
use job::{Asked, Job, Question, Reading};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot, watch};
use view::{Billing, Binding, Clock, Publications, Sight, View};

use crate::database::{Database, DatabaseError, Role};
use crate::log::LogError;
pub use crate::receipt::CommandKey;
pub use for_good::Verdict;

/// Commands that may wait for a partition before callers are told to come back later.
pub const QUEUE_COMMANDS_MAX: usize = 4_096;

/// A command on its way in.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Whose stream it is for.
    pub owner: Owner,
    /// What is asked.
    pub command: Command,
    /// Who asks, and what they call it; the same key never applies twice.
    pub key: CommandKey,
    /// The request it came with, for the metadata of its events.
    pub request_id: String,
}

/// A command that was applied, now or when it was first sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The partition it was written to.
    pub partition: i32,
    /// The position of its last event, or of the log when it changed nothing.
    pub position: i64,
    /// On what it was decided; `None` if an earlier release decided it, which did not write that down.
    pub grounds: Option<Grounds>,
    /// What the caller is told: the aggregate's `Answer`, as JSON.
    pub answer: String,
    /// Was this the first answer, given again?
    pub repeated: bool,
}

/// Why a command was not applied.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The domain said no; nothing was written.
    #[error("{rejection}")]
    Rejected {
        /// What it said.
        rejection: Rejection,
        /// On what it was decided; `None` if somebody refused before the command was sent.
        grounds: Option<Box<Grounds>>,
    },
    /// The key was used for another command; nothing was written.
    #[error("key {command_id} was used for another command")]
    KeyReused {
        /// The key.
        command_id: String,
    },
    /// The command was not to be decided before an instant, and that is not reached yet; nothing was written.
    #[error("it is {now} for whom the command is about, and it is not due before {due_at}")]
    TooEarly {
        /// The instant it is for.
        due_at: Timestamp,
        /// The instant of the decision.
        now: Timestamp,
    },
    /// The queue is full; nothing was written.
    #[error("{QUEUE_COMMANDS_MAX} commands are waiting already")]
    Overloaded,
    /// Postgres is away or refuses to write; nothing was written.
    #[error("the log cannot be written now: {reason}")]
    Unavailable {
        /// What Postgres or the network said.
        reason: String,
    },
    /// Postgres went away while writing. The same key tells, once it is back.
    #[error("the log went away while the command was written")]
    Unknown,
    /// The history cannot be read: stop and page a human.
    #[error("the history cannot be read: {reason}")]
    Corrupt {
        /// What is wrong, with its position.
        reason: String,
    },
}

/// What a verdict was decided on: whoever reads the log that far, and decides again by that catalog, decides the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grounds {
    /// The partition.
    pub partition: i32,
    /// The position of the newest event it knew of.
    pub position: i64,
    /// The catalog version that bound it, if one did.
    pub catalog_version: Option<u32>,
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected { rejection, grounds: None }
    }
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        match error {
            LogError::Unavailable(source) => Self::Unavailable { reason: source.to_string() },
            corrupt @ LogError::Corrupt { .. } => Self::Corrupt { reason: corrupt.to_string() },
        }
    }
}

/// The front door of the log.
#[derive(Clone)]
pub struct Executor {
    queues: Vec<mpsc::Sender<Job>>,
    heads: Vec<watch::Receiver<i64>>,
    views: Vec<Arc<View>>,
}

impl Executor {
    /// Starts one task per partition. They end when the last clone of the executor is gone.
    pub async fn start(database: &Database) -> Result<Self, DatabaseError> {
        Self::start_by(database, Clock::default()).await
    }

    /// The same, with a clock of its own.
    pub async fn start_by(database: &Database, clock: Clock) -> Result<Self, DatabaseError> {
        let partitions = database.partitions().await?;
        let catalogs = catalogs::Catalogs::new(database.pool(Role::Engine, 4), partitions);
        let publications = Publications::default();
        let (mut queues, mut heads, mut views) = (Vec::new(), Vec::new(), Vec::new());
        for partition in 0..partitions {
            let (sender, receiver) = mpsc::channel(QUEUE_COMMANDS_MAX);
            let view = Arc::new(View::new(partition, clock.clone(), publications.clone()));
            let writer =
                partition::Partition::open(database.clone(), partition, catalogs.clone(), view.clone()).await?;
            views.push(view);
            queues.push(sender);
            heads.push(writer.head());
            tokio::spawn(writer.run(receiver));
        }
        Ok(Self { queues, heads, views })
    }

    /// Applies a command, or says why not.
    pub async fn execute(&self, submission: Submission) -> Result<Applied, Failure> {
        self.send(submission, None).await
    }

    /// The same, for a command that is due at an instant. Before that, by the clock its decision goes by, it fails as
    /// [`Failure::TooEarly`] and leaves no receipt: the same key decides it anew later.
    pub async fn execute_due(&self, submission: Submission, due_at: Timestamp) -> Result<Applied, Failure> {
        self.send(submission, Some(due_at)).await
    }

    async fn send(&self, submission: Submission, due_at: Option<Timestamp>) -> Result<Applied, Failure> {
        let queue = self.queue(&submission.owner)?;
        let (reply, answer) = oneshot::channel();
        let job = Job::Command(Box::new(Asked::new(submission, due_at, reply)));
        queue.try_send(job).map_err(|_| Failure::Overloaded)?;
        answer.await.unwrap_or(Err(Failure::Unknown))
    }

    /// Looks at the newest state of an aggregate; answers once that is durable. The view may look more than once, if
    /// what it saw did not become durable.
    pub async fn inspect<T: Send + 'static>(
        &self,
        kind: Kind,
        owner: Owner,
        view: impl Fn(&State) -> T + Send + Sync + 'static,
    ) -> Result<T, Failure> {
        let queue = self.queue(&owner)?;
        let view = Box::new(move |state: &State| -> job::Seen { Box::new(view(state)) });
        ask(queue, Question::State { stream: StreamId { kind, owner }, view }).await
    }

    /// What an organization's entitlements rest on, if it is in memory: at least as new as `min_position` and as all
    /// this executor has answered, and no more than [`CONFIRMED_AGE_MAX`](view::CONFIRMED_AGE_MAX) behind other engines.
    #[must_use]
    pub fn held_account(&self, organization: &OrganizationId, min_position: i64) -> Option<Sight> {
        let partition = self.partition_of(&Owner::Organization(organization.clone()));
        self.views.get(usize::try_from(partition).ok()?)?.find(organization, min_position)
    }

    /// The catalog version that binds what an organization uses, if it is in memory: as all this executor has answered,
    /// and no more than [`BINDING_AGE_MAX`](view::BINDING_AGE_MAX) behind other engines. It comes with
    /// [`account`](Self::account), and stays while the organization consumes.
    #[must_use]
    pub fn held_binding(&self, organization: &OrganizationId) -> Option<Binding> {
        let partition = self.partition_of(&Owner::Organization(organization.clone()));
        self.views.get(usize::try_from(partition).ok()?)?.find_binding(organization)
    }

    /// What an organization's entitlements rest on, as the log has it now.
    pub async fn account(&self, organization: &OrganizationId) -> Result<Sight, Failure> {
        let queue = self.queue(&Owner::Organization(organization.clone()))?;
        ask(queue, Question::Account(organization.clone())).await
    }

    /// What a command to an organization's subscription would be decided on, as the log has it now.
    pub async fn billing(&self, organization: &OrganizationId) -> Result<Billing, Failure> {
        let queue = self.queue(&Owner::Organization(organization.clone()))?;
        ask(queue, Question::Billing(organization.clone())).await
    }

    /// How many partitions the log has.
    #[must_use]
    pub fn partitions(&self) -> i32 {
        i32::try_from(self.queues.len()).unwrap_or(i32::MAX)
    }

    /// The partition of an owner's streams.
    #[must_use]
    pub fn partition_of(&self, owner: &Owner) -> i32 {
        partition_of(owner, self.partitions())
    }

    /// Rings whenever this executor has appended to a partition, with the position of its head.
    #[must_use]
    pub fn head(&self, partition: i32) -> Option<watch::Receiver<i64>> {
        self.heads.get(usize::try_from(partition).ok()?).cloned()
    }

    fn queue(&self, owner: &Owner) -> Result<&mpsc::Sender<Job>, Failure> {
        let partition = usize::try_from(self.partition_of(owner)).unwrap_or_default();
        self.queues.get(partition).ok_or(Failure::Unknown)
    }
}

async fn ask<T: 'static>(queue: &mpsc::Sender<Job>, question: Question) -> Result<T, Failure> {
    let (reply, answer) = oneshot::channel();
    queue.try_send(Job::Reading(Reading::new(question, reply))).map_err(|_| Failure::Overloaded)?;
    let seen = answer.await.unwrap_or(Err(Failure::Unknown))?;
    seen.downcast().map(|seen| *seen).map_err(|_| Failure::Unknown)
}

/// The partition of an owner's streams: the first eight bytes of SHA-256 of its id, modulo the number of partitions.
/// Written down here because it may never change: it says where every stream of the log is.
#[must_use]
pub fn partition_of(owner: &Owner, partitions: i32) -> i32 {
    if partitions <= 1 {
        return 0;
    }
    let hash = Sha256::digest(owner.as_str());
    let first = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let partitions = u64::try_from(partitions).unwrap_or(1);
    i32::try_from(first % partitions).unwrap_or_default()
}
