//! Deadlines: to-dos for an instant.
//!
//! ```text
//! HoldPlaced --set--> row, opens at the hold's end ------------------> taken up, Settle --> HoldExpired
//! HoldExtended --move--> the same row, opens later
//! HoldReleased --clear--> no row
//! ```
//!
//! A row is an alarm clock and nothing else. It knows nothing of what it rings for; that is decided by the aggregate, at
//! the instant of the decision and on all that happened by then. So a row that rings for what is over already, or twice,
//! changes nothing.

use domain::stream::Owner;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Something is to be done at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Deadline {
    /// What it is called: of one owner there is one of a name at a time. Setting it again moves it.
    pub name: String,
    /// The instant, by the owner's clock.
    pub due_at: Timestamp,
    /// The processor's own description of what to do.
    pub task: Value,
}

/// What an event changes about the deadlines of its stream's owner.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// There is a deadline, or it is another one than before.
    Set(Deadline),
    /// Nothing is to be done any more under that name.
    Clear(String),
    /// The owner has a clock of its own from now on, which shows this until it is set again.
    SetClock(Timestamp),
}

impl Deadline {
    /// A deadline with its task.
    ///
    /// # Panics
    /// If the task has no JSON form: processors describe theirs in this crate.
    #[must_use]
    pub fn new(name: impl Into<String>, due_at: Timestamp, task: &impl Serialize) -> Self {
        let task = serde_json::to_value(task).expect("a task is plain data");
        Self { name: name.into(), due_at, task }
    }
}

/// The lane of an owner's deadlines. They go by one clock, and are met in the order of their instants.
#[must_use]
pub fn lane(owner: &Owner) -> String {
    match owner {
        Owner::Organization(organization) => organization.to_string(),
        // No organization has a colon in its id.
        Owner::Product(product) => format!("product:{product}"),
    }
}
