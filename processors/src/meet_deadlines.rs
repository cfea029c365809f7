//! Has done what falls due by itself: holds and lots end, lots begin.
//!
//! Each deadline is an event's own instant, and its command is decided by the aggregate at its own instant: one that
//! comes for nothing decides nothing. A command that comes too early by that clock is not decided at all and is sent
//! again later ([`Executor::execute_due`]): the processor may not have read yet that a sandbox has a clock of its own.
//!
//! **To add a deadline**: a variant of [`Due`] with its name and its command, and the events that set and clear it.

mod ledger;

use async_trait::async_trait;
use domain::stream::Owner;
use domain::{Command, Event, HoldId, LotId, OrganizationId};
use domain::{credit_ledger, organization};
use event_store::executor::CommandKey;
use event_store::{Executor, Recorded, Submission};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::deadline::{Change, Deadline, lane};
use crate::processor::{ActError, Done, Processor, Todo, Wanted};

/// The processor.
#[derive(Debug, Clone, Copy)]
pub struct MeetDeadlines;

/// What falls due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "due", rename_all = "snake_case")]
enum Due {
    /// A hold lets go.
    HoldExpires { organization: OrganizationId, hold: HoldId },
    /// The credits of a lot can be spent.
    LotBegins { organization: OrganizationId, lot: LotId },
    /// What is left of a lot is lost.
    LotExpires { organization: OrganizationId, lot: LotId },
}

#[derive(Debug, Serialize, Deserialize)]
struct Task {
    #[serde(flatten)]
    due: Due,
    due_at: Timestamp,
}

impl Due {
    /// What it is called among the deadlines of its owner.
    fn name(&self) -> String {
        match self {
            Self::HoldExpires { hold, .. } => format!("hold_expires:{hold}"),
            Self::LotBegins { lot, .. } => format!("lot_begins:{lot}"),
            Self::LotExpires { lot, .. } => format!("lot_expires:{lot}"),
        }
    }

    fn set(self, due_at: Timestamp) -> Change {
        let name = self.name();
        Change::Set(Deadline::new(name, due_at, &Task { due: self, due_at }))
    }

    fn clear(&self) -> Change {
        Change::Clear(self.name())
    }

    /// What meets it. A ledger settles whatever of it is due: for all that end at one instant, the first command does it.
    fn command(self) -> (Owner, Command) {
        match self {
            Self::HoldExpires { organization, .. }
            | Self::LotBegins { organization, .. }
            | Self::LotExpires { organization, .. } => {
                (Owner::Organization(organization), credit_ledger::Command::Settle.into())
            }
        }
    }
}

#[async_trait]
impl Processor for MeetDeadlines {
    fn name(&self) -> &'static str {
        "meet_deadlines"
    }

    fn todo(&self, _recorded: &Recorded) -> Option<Wanted> {
        None
    }

    fn deadlines(&self, recorded: &Recorded) -> Vec<Change> {
        match (&recorded.event, &recorded.stream.owner) {
            (Event::CreditLedger(event), Owner::Organization(organization)) => ledger::changes(organization, event),
            (Event::Organization(event), _) => clock(event).into_iter().collect(),
            (Event::CreditLedger(_), Owner::Product(_))
            | (Event::Subscription(_) | Event::ReferralTree(_) | Event::Catalog(_), _) => Vec::new(),
        }
    }

    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError> {
        let Task { due, due_at } = todo.task()?;
        let name = due.name();
        let (owner, command) = due.command();
        let command_id = format!("{}/{name}@{due_at}", lane(&owner));
        let key = CommandKey { caller: format!("processor:{}", self.name()), command_id };
        let submission = Submission { owner, command, key, request_id: todo.event_id.to_string() };
        let applied = executor.execute_due(submission, due_at).await?;
        Ok(if applied.repeated { Done::Before } else { Done::Now })
    }
}

/// A sandbox goes by the instant that was set for it, from the first time one was.
fn clock(event: &organization::Event) -> Option<Change> {
    match event {
        organization::Event::InstantSet { instant, .. } => Some(Change::SetClock(*instant)),
        organization::Event::OrganizationRegistered { .. }
        | organization::Event::FeatureOverridden { .. }
        | organization::Event::OverrideRemoved { .. }
        | organization::Event::OrganizationSuspended { .. }
        | organization::Event::OrganizationResumed { .. }
        | organization::Event::AdministratorAppointed { .. }
        | organization::Event::AdministratorDismissed { .. }
        | organization::Event::BillingProfileSet { .. } => None,
    }
}
