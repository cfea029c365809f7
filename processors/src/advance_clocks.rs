//! Puts sandboxes on test clocks, and lets these go on, one step at a time.
//!
//! ```text
//! test_clock_started            -> every sandbox below the holder joins, at the instant the clock shows
//! referral_attributed           -> so does one that is referred by somebody on a clock
//! test_clock_advance_requested
//! test_clock_stepped            -> what is due happens, its consequences are waited for, then StepTestClock again
//! ```
//!
//! A step is one instant. Every member, in the order of registration, is set to it, has its subscription settled, then
//! its ledger, and all that other processors do because of that is done before it is the next one's turn. Then the
//! commissions that have waited long enough mature. So one history gives the same events whatever the timing. The clock's
//! next event asks for the next step: whoever dies, the row of that event goes on.
//!
//! It asks nothing that a decision rests on of anybody but streams. What it waits for are the to-dos of the other
//! processors, which is about timing only.

mod consequences;
mod members;

use async_trait::async_trait;
use domain::organization::TestClock;
use domain::stream::Owner;
use domain::{Command, Event, OrganizationId, ProductCode};
use domain::{credit_ledger, organization, referral_tree, subscription};
use event_store::executor::CommandKey;
use event_store::{Executor, Recorded, Submission};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPool;

use self::consequences::Consequences;
use crate::processor::{ActError, Done, Processor, Todo, Wanted};

/// Its name.
const NAME: &str = "advance_clocks";

/// The processor.
#[derive(Debug, Clone)]
pub struct AdvanceClocks {
    consequences: Consequences,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do")]
enum Task {
    /// Put whoever is below a holder on its clock.
    Gather { holder: OrganizationId },
    /// Put one on the clock of its sponsor, if that is on one, and whoever is below it.
    Join { product: ProductCode, organization: OrganizationId, sponsor: OrganizationId },
    /// Let what is due happen, then let the clock go on.
    Step { holder: OrganizationId },
}

impl AdvanceClocks {
    /// One that waits for the to-dos of a database.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { consequences: Consequences::new(pool) }
    }

    async fn gather(&self, holder: &OrganizationId, act: &Act<'_>) -> Result<(), ActError> {
        let product = act.organization(holder).await?.product;
        // Who joins the tree while this walks it was attributed before its sponsor was on the clock: it is found by the
        // next walk. Later ones find their sponsor on it by themselves.
        while self.join_all_below(&product, holder, holder, act).await? > 0 {}
        self.settle(holder, act).await
    }

    async fn join(&self, product: &ProductCode, joining: [&OrganizationId; 2], act: &Act<'_>) -> Result<(), ActError> {
        let [organization, sponsor] = joining;
        let Some(holder) = act.organization(sponsor).await?.follows else { return Ok(()) };
        if self.put_on_clock(organization, &holder, act).await? {
            self.join_all_below(product, organization, &holder, act).await?;
        }
        Ok(())
    }

    /// A live organization stays outside, and whoever is below it.
    async fn join_all_below(
        &self,
        product: &ProductCode,
        organization: &OrganizationId,
        holder: &OrganizationId,
        act: &Act<'_>,
    ) -> Result<usize, ActError> {
        let mut outside: Vec<OrganizationId> = Vec::new();
        let mut joined = 0;
        for (below, sponsor) in act.below(product, organization).await? {
            let is_on = act.organization(&below).await?.follows.as_ref() == Some(holder);
            if outside.contains(&sponsor) || !self.put_on_clock(&below, holder, act).await? {
                outside.push(below);
            } else if !is_on {
                joined += 1;
            }
        }
        Ok(joined)
    }

    /// `false` if it goes by another clock: the world's, or another holder's.
    async fn put_on_clock(
        &self,
        organization: &OrganizationId,
        holder: &OrganizationId,
        act: &Act<'_>,
    ) -> Result<bool, ActError> {
        let joining = act.organization(organization).await?;
        if joining.environment.is_live() || joining.follows.as_ref().is_some_and(|other| other != holder) {
            return Ok(false);
        }
        let (member, registered_at) = (organization.clone(), joining.registered_at);
        let admit = organization::Command::AdmitToTestClock { member, registered_at };
        act.send(holder, format!("admit-{organization}"), admit).await?;
        if let Some(clock) = act.clock(holder).await? {
            self.follow(organization, holder, clock.instant(), act).await?;
        }
        Ok(true)
    }

    /// Time goes forward on the member's own stream; what is so already is no event.
    async fn follow(
        &self,
        member: &OrganizationId,
        holder: &OrganizationId,
        instant: Timestamp,
        act: &Act<'_>,
    ) -> Result<(), ActError> {
        let follow = organization::Command::FollowTestClock { holder: holder.clone(), instant };
        act.send(member, format!("follow-{member}-{holder}@{instant}"), follow).await
    }

    async fn step(&self, holder: &OrganizationId, act: &Act<'_>) -> Result<(), ActError> {
        self.settle(holder, act).await?;
        let Some(clock) = act.clock(holder).await? else { return Ok(()) };
        let Some(to) = clock.going_to() else { return Ok(()) };
        if clock.instant() == to {
            let end = organization::Command::EndTestClockAdvance { to };
            return act.send(holder, format!("end-{holder}@{to}"), end).await;
        }
        let instant = self.next_due(&clock, act).await?.map_or(to, |due| due.min(to));
        let step = organization::Command::StepTestClock { instant };
        act.send(holder, format!("step-{holder}@{instant}"), step).await
    }

    /// Lets all happen that is due of the members at the instant of their clock.
    async fn settle(&self, holder: &OrganizationId, act: &Act<'_>) -> Result<(), ActError> {
        let Some(clock) = act.clock(holder).await? else { return Ok(()) };
        let members: Vec<OrganizationId> = clock.members().cloned().collect();
        // What was asked for before, by people or by the step before, comes first.
        self.consequences.wait(&members).await?;
        for member in &members {
            self.follow(member, holder, clock.instant(), act).await?;
            let is_due = |due: Option<Timestamp>| due.is_some_and(|due| due <= clock.instant());
            let due = act.due(member).await?;
            if is_due(due.subscription) {
                act.send_anew(member, "subscription", subscription::Command::Settle).await?;
            }
            if is_due(due.ledger) {
                act.send_anew(member, "ledger", credit_ledger::Command::Settle).await?;
            }
            if is_due(due.subscription) || is_due(due.ledger) {
                self.consequences.wait(&members).await?;
            }
        }
        self.mature(holder, &clock, &members, act).await
    }

    /// Lets commissions among the members mature that have waited long enough.
    async fn mature(
        &self,
        holder: &OrganizationId,
        clock: &TestClock,
        members: &[OrganizationId],
        act: &Act<'_>,
    ) -> Result<(), ActError> {
        let product = act.organization(holder).await?.product;
        let now = clock.instant();
        // One command matures a number of them.
        for part in 0.. {
            if act.maturity(&product, members).await?.is_none_or(|due| due > now) {
                break;
            }
            let settle = referral_tree::Command::SettleSimulated { members: members.to_vec(), now };
            let key = format!("{}/commissions-{part}", act.todo.event_id);
            act.submit(Owner::Product(product.clone()), key, settle.into()).await?;
            self.consequences.wait(members).await?;
        }
        Ok(())
    }

    /// When something is due next after what the clock shows.
    async fn next_due(&self, clock: &TestClock, act: &Act<'_>) -> Result<Option<Timestamp>, ActError> {
        let members: Vec<OrganizationId> = clock.members().cloned().collect();
        let mut instants = Vec::new();
        for member in &members {
            let due = act.due(member).await?;
            instants.extend([due.subscription, due.ledger]);
        }
        if let Some(first) = members.first() {
            let product = act.organization(first).await?.product;
            instants.push(act.maturity(&product, &members).await?);
        }
        Ok(instants.into_iter().flatten().filter(|due| *due > clock.instant()).min())
    }
}

#[async_trait]
impl Processor for AdvanceClocks {
    fn name(&self) -> &'static str {
        NAME
    }

    fn todo(&self, recorded: &Recorded) -> Option<Wanted> {
        match (&recorded.event, &recorded.stream.owner) {
            (Event::Organization(event), Owner::Organization(holder)) => of_holder(event, holder),
            (
                Event::ReferralTree(referral_tree::Event::ReferralAttributed { organization, sponsor, .. }),
                Owner::Product(product),
            ) => {
                let (organization, sponsor) = (organization.clone(), sponsor.clone());
                let task = Task::Join { product: product.clone(), organization, sponsor: sponsor.clone() };
                // Whoever refers is on the clock before whom it refers.
                Some(Wanted::new(sponsor, &task))
            }
            (
                Event::ReferralTree(
                    referral_tree::Event::ReferralAttributed { .. }
                    | referral_tree::Event::OrganizationEnrolled { .. }
                    | referral_tree::Event::FirstPaymentMade { .. }
                    | referral_tree::Event::PayerSimulated { .. }
                    | referral_tree::Event::CommissionAccrued { .. }
                    | referral_tree::Event::CommissionMatured { .. }
                    | referral_tree::Event::CommissionClawedBack { .. },
                )
                | Event::Organization(_)
                | Event::Subscription(_)
                | Event::CreditLedger(_)
                | Event::Catalog(_)
                | Event::InvoiceBook(_)
                | Event::DiscountBook(_),
                _,
            ) => None,
        }
    }

    async fn act(&self, todo: &Todo, executor: &Executor) -> Result<Done, ActError> {
        let act = Act { todo, executor };
        match todo.task()? {
            Task::Gather { holder } => self.gather(&holder, &act).await?,
            Task::Join { product, organization, sponsor } => {
                self.join(&product, [&organization, &sponsor], &act).await?;
            }
            Task::Step { holder } => self.step(&holder, &act).await?,
        }
        Ok(Done::Now)
    }
}

/// What the events of a clock ask for. One lane: a clock does one thing at a time.
fn of_holder(event: &organization::Event, holder: &OrganizationId) -> Option<Wanted> {
    use organization::Event as Of;
    let task = match event {
        Of::TestClockStarted { .. } => Task::Gather { holder: holder.clone() },
        Of::TestClockAdvanceRequested { .. } | Of::TestClockStepped { .. } => Task::Step { holder: holder.clone() },
        Of::OrganizationRegistered { .. }
        | Of::FeatureOverridden { .. }
        | Of::OverrideRemoved { .. }
        | Of::OrganizationSuspended { .. }
        | Of::OrganizationResumed { .. }
        | Of::AdministratorAppointed { .. }
        | Of::AdministratorDismissed { .. }
        | Of::BillingProfileSet { .. }
        | Of::InstantSet { .. }
        | Of::TestClockJoined { .. }
        | Of::TestClockAdvanced { .. }
        | Of::TestClockFollowed { .. } => return None,
    };
    Some(Wanted::new(holder, &task))
}

/// One try at one row.
struct Act<'a> {
    todo: &'a Todo,
    executor: &'a Executor,
}

impl Act<'_> {
    async fn send(
        &self,
        organization: &OrganizationId,
        command_id: String,
        command: impl Into<Command>,
    ) -> Result<(), ActError> {
        self.submit(Owner::Organization(organization.clone()), command_id, command.into()).await
    }

    /// Once for this row.
    async fn send_anew(
        &self,
        organization: &OrganizationId,
        what: &str,
        command: impl Into<Command>,
    ) -> Result<(), ActError> {
        self.send(organization, format!("{}/{what}-{organization}", self.todo.event_id), command).await
    }

    async fn submit(&self, owner: Owner, command_id: String, command: Command) -> Result<(), ActError> {
        let key = CommandKey { caller: format!("processor:{NAME}"), command_id };
        let submission = Submission { owner, command, key, request_id: self.todo.event_id.to_string() };
        self.executor.execute(submission).await?;
        Ok(())
    }
}
