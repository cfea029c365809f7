//! One organization: how it would fare, and moving it. Both are decided by the domain, on the organization's own streams.

use std::cmp::Ordering;

use domain::catalog::CatalogVersion;
use domain::organization::{FeatureOverride, Status};
use domain::stream::Owner;
use domain::subscription::{Command, Rejection as Refused};
use domain::{Context, FeatureCode, Kind, OrganizationId, PlanCode, Rejection, State};
use event_store::executor::CommandKey;
use event_store::{Account, Failure, Sight, Submission};

use super::Migration;
use super::foresight::{Seen, beyond};
use super::tally::Fate;

/// The caller under which receipts of moves are kept, as of all that is done from the command line.
const CALLER: &str = "operator";

impl Migration {
    /// How an organization would fare, as the log has it now: the command is decided, and nothing comes of it.
    pub(super) async fn foresee_one(&self, organization: &OrganizationId) -> Result<Seen, Failure> {
        let Sight { account, .. } = self.executor.account(organization).await?;
        let context = Context { catalog: Some(self.to.clone()), ..account.context.clone() };
        let command = domain::Command::from(self.command());
        let decide = move |state: &State| (sold(state), state.clone().execute(&command, &context).err());
        let owner = Owner::Organization(organization.clone());
        let (sold, rejection) = self.executor.inspect(Kind::Subscription, owner, decide).await?;
        Ok(match (self.on_older_version(sold), rejection) {
            (Err(fate), _) => Seen::Fate(fate),
            (Ok(_), Some(rejection)) => Seen::Fate(refused(rejection)),
            (Ok((plan, version)), None) => {
                Seen::Older { plan, version, beyond: beyond(&account, &self.to), by_hand: by_hand(&account) }
            }
        })
    }

    /// Moves an organization, unless nothing would come of it.
    pub(super) async fn move_one(&self, organization: &OrganizationId) -> Result<Fate, Failure> {
        let owner = Owner::Organization(organization.clone());
        let sold = self.executor.inspect(Kind::Subscription, owner.clone(), sold).await?;
        if let Err(fate) = self.on_older_version(sold) {
            return Ok(fate);
        }
        let command_id = format!("migrate-{organization}-{}", self.to.version);
        let key = CommandKey { caller: CALLER.to_owned(), command_id: command_id.clone() };
        let submission = Submission { owner, command: self.command().into(), key, request_id: command_id };
        match self.executor.execute(submission).await {
            // Somebody else migrates too, and was first.
            Ok(applied) if applied.repeated => Ok(Fate::There),
            Ok(_) => Ok(Fate::Moved),
            Err(Failure::Rejected { rejection, .. }) => Ok(refused(rejection)),
            Err(failure) => Err(failure),
        }
    }

    /// What was sold, if it is meant and of an older version; else how its organization fares without being asked.
    fn on_older_version(&self, sold: Option<(PlanCode, u32)>) -> Result<(PlanCode, u32), Fate> {
        if !self.selection.wants(sold.as_ref().map(|(plan, _)| plan)) {
            return Err(Fate::NotMeant);
        }
        let (plan, version) = sold.ok_or(Fate::WithoutPlan)?;
        match version.cmp(&self.to.version) {
            Ordering::Less => Ok((plan, version)),
            Ordering::Equal => Err(Fate::There),
            Ordering::Greater => Err(Fate::Newer),
        }
    }

    fn command(&self) -> Command {
        Command::MoveToCatalogVersion { version: self.to.version }
    }
}

/// The plan of a subscription, in force or not, and the version it was sold under.
fn sold(state: &State) -> Option<(PlanCode, u32)> {
    match state {
        State::Subscription(subscription) => subscription.sold(),
        State::Organization(_)
        | State::CreditLedger(_)
        | State::ReferralTree(_)
        | State::Catalog(_)
        | State::InvoiceBook(_)
        | State::DiscountBook(_) => None,
    }
}

/// Some refusals only say that there is nothing to do.
fn refused(rejection: Rejection) -> Fate {
    match rejection {
        Rejection::Subscription(Refused::NotStarted { .. }) => Fate::WithoutPlan,
        Rejection::Subscription(Refused::OlderCatalogVersion { .. }) => Fate::Newer,
        rejection => Fate::Refused(Box::new(rejection)),
    }
}

/// What was decided by hand of an organization's features, and is in force.
fn by_hand(account: &Account) -> Vec<(FeatureCode, FeatureOverride)> {
    let Some(terms) = &account.context.terms else { return Vec::new() };
    let in_force = |feature: &FeatureCode| terms.override_of(feature, account.context.now).cloned();
    terms.overrides.keys().filter_map(|feature| Some((feature.clone(), in_force(feature)?))).collect()
}

/// The surroundings of an account as they are, or once it has moved to a version; a suspension, which ends some day, is
/// left out.
pub(super) fn surroundings(account: &Account, moved_to: Option<&CatalogVersion>) -> Context {
    let mut context = account.context.clone();
    if let Some(terms) = &mut context.terms {
        terms.status = Status::Active;
    }
    if let Some(to) = moved_to {
        context.catalog = Some(to.clone().into());
        if let Some(plan) = context.terms.as_mut().and_then(|terms| terms.plan.as_mut()) {
            plan.catalog_version = to.version;
        }
    }
    context
}
