//! What the routes work with: where commands go, where read models are, and what health and metrics report.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::catalog::CatalogVersion;
use domain::organization::Registered;
use domain::stream::Owner;
use domain::{Command, Kind, OrganizationId, Rejection, State, credit_ledger};
use event_store::{Applied, Billing, Executor, Failure, Sight, Submission, Verdict};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Map, Value};
use sqlx::postgres::PgPool;
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};

use crate::problem::{Fault, Problem};
use crate::rate::RateLimits;
use crate::registration;
use crate::request::{CommandName, Customer};

/// How long a caller waits for the log. A command takes milliseconds; a Postgres that hangs must not hold every
/// connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// The state behind the router. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    /// Where commands go.
    pub executor: Executor,
    /// Read models and keys, as [`event_store::Role::Engine`].
    pub pool: PgPool,
    /// What `/v1/health` asks, in the order in which it tells.
    pub checks: Vec<Arc<dyn HealthCheck>>,
    /// How often callers may ask.
    pub rates: RateLimits,
    /// What `/metrics` renders.
    pub metrics: PrometheusHandle,
}

impl Gate {
    /// Has a command applied. The command lives in the executor: giving up on the answer cancels nothing, and the
    /// same key tells it later.
    pub(crate) async fn execute(&self, submission: Submission) -> Result<Applied, Failure> {
        self.execute_by(Self::deadline(), submission).await
    }

    /// Has a command of an organization applied, or says why not, naming the organization.
    pub(crate) async fn decide(
        &self,
        customer: &Customer,
        name: CommandName,
        command: impl Into<Command>,
    ) -> Result<Applied, Problem> {
        let applied = self.execute(name.submit(customer.owner(), command)).await;
        applied.map_err(|failure| customer.problem(failure))
    }

    /// Until when a request that begins now waits.
    pub(crate) fn deadline() -> Instant {
        Instant::now() + PATIENCE
    }

    /// Has a command applied that is one of many of a request. Once its time is over, no more of them are sent.
    pub(crate) async fn execute_by(&self, deadline: Instant, submission: Submission) -> Result<Applied, Failure> {
        if Instant::now() >= deadline {
            return Err(Failure::Unavailable { reason: format!("it was not reached within {PATIENCE:?}") });
        }
        timeout_at(deadline, self.executor.execute(submission)).await.unwrap_or(Err(Failure::Unknown))
    }

    /// Has a command applied or refused, either for good ([`Executor::execute_for_good`]).
    pub(crate) async fn execute_for_good(&self, submission: Submission, instead: Command) -> Result<Verdict, Failure> {
        let decided = self.executor.execute_for_good(submission, instead);
        timeout(PATIENCE, decided).await.unwrap_or(Err(Failure::Unknown))
    }

    /// Looks at an aggregate as the log has it now.
    pub(crate) async fn inspect<T: Send + 'static>(
        &self,
        kind: Kind,
        owner: Owner,
        view: impl Fn(&State) -> T + Send + Sync + 'static,
    ) -> Result<T, Failure> {
        heard(timeout(PATIENCE, self.executor.inspect(kind, owner, view)).await)
    }

    /// What an organization's entitlements rest on, as the log has it now.
    pub(crate) async fn account(&self, organization: &OrganizationId) -> Result<Sight, Failure> {
        heard(timeout(PATIENCE, self.executor.account(organization)).await)
    }

    /// What a command to an organization's subscription would be decided on, as the log has it now.
    pub(crate) async fn billing(&self, organization: &OrganizationId) -> Result<Billing, Failure> {
        heard(timeout(PATIENCE, self.executor.billing(organization)).await)
    }

    /// The catalog version that binds what an organization uses; `None` where it has none. From memory, unless nobody
    /// has asked since the organization's plan has changed.
    pub(crate) async fn binding(&self, organization: &OrganizationId) -> Result<Option<Arc<CatalogVersion>>, Failure> {
        match self.executor.held_binding(organization) {
            Some(binding) => Ok(binding.catalog),
            None => Ok(self.account(organization).await?.account.context.catalog.clone()),
        }
    }

    /// An organization as the log knows it. A read model that holds nothing of it asks here whether there is one.
    pub(crate) async fn registered(&self, organization: &OrganizationId) -> Result<Registered, Problem> {
        let found = registration::find(self, organization).await?;
        found.ok_or_else(|| {
            let unknown = Rejection::CreditLedger(credit_ledger::Rejection::NotRegistered);
            Problem::from(unknown).with("organization", organization.as_str())
        })
    }

    /// Why a read model holds nothing of an organization: there is none, or it was registered this moment.
    pub(crate) async fn missing(&self, projection: &'static str, organization: &OrganizationId) -> Problem {
        if let Err(problem) = self.registered(organization).await {
            return problem;
        }
        let partition = self.executor.partition_of(&Owner::Organization(organization.clone()));
        let position = self.executor.head(partition).map_or(0, |head| *head.borrow());
        Fault::ProjectionBehind { projection, partition, position }.into()
    }
}

/// To a reader nothing is unknown: it asks again.
fn heard<T>(seen: Result<Result<T, Failure>, Elapsed>) -> Result<T, Failure> {
    match seen {
        Ok(Err(Failure::Unknown)) | Err(_) => Err(Failure::Unavailable { reason: "it gave no answer".to_owned() }),
        Ok(seen) => seen,
    }
}

/// What a healthy part of the system says about itself: `{"events_behind": 0}`. Anybody may read it, so it holds
/// neither addresses nor names of customers.
pub type Facts = Map<String, Value>;

/// One thing that must work. Whoever wires the system knows which there are.
#[async_trait]
pub trait HealthCheck: Send + Sync {
    /// A short name: `postgres`, `nats`, `relay`, `projections`.
    fn name(&self) -> &str;

    /// Looks once. The text of an error goes to the log, not to the caller.
    async fn check(&self) -> Result<Facts, String>;
}
