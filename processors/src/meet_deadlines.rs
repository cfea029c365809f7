//! Has done what falls due by itself: holds and lots end, lots begin, trials and periods end, unpaid plans are suspended,
//! commissions mature.
//!
//! Each deadline is an event's own instant, and its command is decided by the aggregate at its own instant: one that
//! comes for nothing decides nothing. A command that comes too early by that clock is not decided at all and is sent
//! again later ([`Executor::execute_due`]): the processor may not have read yet that a sandbox has a clock of its own.
//!
//! **To add a deadline**: a variant of [`Due`] with its name and its command, and the events that set and clear it.

mod ledger;
mod subscription;
mod tree;

use async_trait::async_trait;
use domain::stream::Owner;
use domain::{Command, CommissionId, Event, HoldId, LotId, OrganizationId, ProductCode};
use domain::{credit_ledger, organization, referral_tree};
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
    /// A subscription comes to its next step.
    Subscription { organization: OrganizationId, step: Step },
    /// A commission has waited long enough.
    CommissionMatures { product: ProductCode, commission: CommissionId },
}

/// What a subscription comes to by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    /// The trial is over.
    TrialEnds,
    /// The period is over: what was scheduled happens, or the next one begins.
    PeriodEnds,
    /// What is unpaid is tried again.
    Retry { attempt: u32 },
    /// What is unpaid entitles no more.
    Suspends,
    /// What is unpaid ends.
    Cancels,
    /// A rest is over.
    Resumes,
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
            Self::CommissionMatures { commission, .. } => format!("commission_matures:{commission}"),
            Self::Subscription { step, .. } => match step {
                Step::TrialEnds => "trial_ends".to_owned(),
                Step::PeriodEnds => "period_ends".to_owned(),
                Step::Retry { attempt } => format!("payment_retry:{attempt}"),
                Step::Suspends => "subscription_suspends".to_owned(),
                Step::Cancels => "subscription_cancels".to_owned(),
                Step::Resumes => "subscription_resumes".to_owned(),
            },
        }
    }

    fn set(self, due_at: Timestamp) -> Change {
        let name = self.name();
        Change::Set(Deadline::new(name, due_at, &Task { due: self, due_at }))
    }

    fn clear(&self) -> Change {
        Change::Clear(self.name())
    }

    /// What meets it. An aggregate settles whatever of it is due: for all that end at one instant, the first command does
    /// it.
    fn command(self) -> (Owner, Command) {
        match self {
            Self::HoldExpires { organization, .. }
            | Self::LotBegins { organization, .. }
            | Self::LotExpires { organization, .. } => {
                (Owner::Organization(organization), credit_ledger::Command::Settle.into())
            }
            Self::Subscription { organization, .. } => {
                (Owner::Organization(organization), domain::subscription::Command::Settle.into())
            }
            Self::CommissionMatures { product, .. } => (Owner::Product(product), referral_tree::Command::Settle.into()),
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
            (Event::ReferralTree(event), Owner::Product(product)) => tree::changes(product, event),
            (Event::CreditLedger(event), Owner::Organization(organization)) => ledger::changes(organization, event),
            (Event::Organization(event), _) => clock(event).into_iter().collect(),
            (Event::Subscription(event), Owner::Organization(organization)) => {
                subscription::changes(organization, event)
            }
            (Event::CreditLedger(_) | Event::Subscription(_), Owner::Product(_))
            | (Event::ReferralTree(_), Owner::Organization(_))
            | (Event::Catalog(_) | Event::InvoiceBook(_) | Event::DiscountBook(_), _) => Vec::new(),
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

/// A sandbox goes by the instant that was set for it, from the first time one was. On a test clock nothing rings by itself:
/// whoever lets the clock go on asks what is due, in an order of its own ([`crate::advance_clocks`]).
fn clock(event: &organization::Event) -> Option<Change> {
    match event {
        organization::Event::InstantSet { instant, .. } => Some(Change::SetClock(*instant)),
        // Nothing is due that early.
        organization::Event::TestClockFollowed { .. } => Some(Change::SetClock(Timestamp::UNIX_EPOCH)),
        organization::Event::OrganizationRegistered { .. }
        | organization::Event::FeatureOverridden { .. }
        | organization::Event::OverrideRemoved { .. }
        | organization::Event::OrganizationSuspended { .. }
        | organization::Event::OrganizationResumed { .. }
        | organization::Event::AdministratorAppointed { .. }
        | organization::Event::AdministratorDismissed { .. }
        | organization::Event::BillingProfileSet { .. }
        | organization::Event::TestClockStarted { .. }
        | organization::Event::TestClockJoined { .. }
        | organization::Event::TestClockAdvanceRequested { .. }
        | organization::Event::TestClockStepped { .. }
        | organization::Event::TestClockAdvanced { .. } => None,
    }
}
