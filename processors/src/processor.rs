//! What a processor is: a pure look at an event, and an act.

use async_trait::async_trait;
use domain::OrganizationId;
use event_store::executor::CommandKey;
use event_store::{Executor, Failure, Recorded, Submission};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::deadline::Change;

/// Something that is done because of what happened.
#[async_trait]
pub trait Processor: Send + Sync + 'static {
    /// Its name in the database: a verb phrase that never changes.
    fn name(&self) -> &'static str;

    /// What an event asks of it. Pure: the same event always asks the same.
    fn todo(&self, recorded: &Recorded) -> Option<Wanted>;

    /// What an event changes about deadlines of its stream's owner. As pure.
    fn deadlines(&self, _recorded: &Recorded) -> Vec<Change> {
        Vec::new()
    }

    /// Does it. May be called again for the same to-do, after a failure or when a worker was lost on the way, and
    /// must have its effect once all the same: commands go under a key derived from the event.
    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError>;
}

/// What an event asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// To-dos of one lane and partition are done one after another, in the order of the log. Where order does not
    /// matter, the id of whatever the task is about.
    pub lane: String,
    /// The processor's own description of what to do.
    pub task: Value,
}

impl Wanted {
    /// A task in a lane.
    ///
    /// # Panics
    /// If the task has no JSON form: processors describe theirs in this crate.
    #[must_use]
    pub fn new(lane: impl ToString, task: &impl Serialize) -> Self {
        Self { lane: lane.to_string(), task: serde_json::to_value(task).expect("a task is plain data") }
    }
}

/// A to-do row that a worker has taken up.
#[derive(Debug, Clone, PartialEq)]
pub struct Todo {
    /// The event that asked for it.
    pub event_id: Uuid,
    /// Where that event is.
    pub partition: i32,
    /// And at which position.
    pub position: i64,
    /// Whose event it is, if an organization's.
    pub organization: Option<OrganizationId>,
    /// What to do.
    pub task: Value,
    /// What the deadline is called that it is to meet; empty if it is none.
    pub deadline: String,
    /// How often it was tried, this time included.
    pub attempt: i32,
    /// Drawn when it was taken up. An effect outside can carry it, so that an older attempt cannot come after a newer.
    pub fence: i64,
}

impl Todo {
    /// The task in the processor's own words.
    pub fn task<T: DeserializeOwned>(&self) -> Result<T, ActError> {
        serde_json::from_value(self.task.clone()).map_err(|fault| ActError::Impossible { reason: fault.to_string() })
    }

    /// The key of the command a processor reports back with: its own name and the event's id.
    #[must_use]
    pub fn key(&self, processor: &str) -> CommandKey {
        CommandKey { caller: format!("processor:{processor}"), command_id: self.event_id.to_string() }
    }
}

/// It is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Just now.
    Now,
    /// It had been done before: by an attempt whose worker was lost, or by somebody else under the same key.
    Before,
}

/// Why it is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// It will never be done: the domain said no, or the task makes no sense. A person has to look.
    #[error("{reason}")]
    Impossible {
        /// The fact that stands against it.
        reason: String,
    },
    /// Not now: try again later.
    #[error("{reason}")]
    Later {
        /// What is missing.
        reason: String,
    },
}

impl From<Failure> for ActError {
    fn from(failure: Failure) -> Self {
        let reason = failure.to_string();
        match failure {
            Failure::Rejected { .. } | Failure::KeyReused { .. } => Self::Impossible { reason },
            // A corrupt history is no reason to give up on a to-do: people mend it, and then it is done.
            Failure::TooEarly { .. }
            | Failure::Overloaded
            | Failure::Unavailable { .. }
            | Failure::Unknown
            | Failure::Corrupt { .. } => Self::Later { reason },
        }
    }
}

/// Sends a command back.
pub(crate) async fn submit(executor: &Executor, submission: Submission) -> Result<Done, Failure> {
    let applied = executor.execute(submission).await?;
    Ok(if applied.repeated { Done::Before } else { Done::Now })
}
