//! What the routes work with: where commands go, where read models are, and what health and metrics report.

use std::sync::Arc;

use async_trait::async_trait;
use domain::organization::Registered;
use domain::stream::Owner;
use domain::{OrganizationId, Rejection, credit_ledger};
use event_store::Executor;
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::{Map, Value};
use sqlx::postgres::PgPool;

use crate::problem::{Fault, Problem};
use crate::registration;

/// The state behind the router. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    /// Where commands go.
    pub executor: Executor,
    /// Read models and keys, as [`event_store::Role::Engine`].
    pub pool: PgPool,
    /// What `/v1/health` asks, in the order in which it tells.
    pub checks: Vec<Arc<dyn HealthCheck>>,
    /// What `/metrics` renders.
    pub metrics: PrometheusHandle,
}

impl Gate {
    /// An organization as the log knows it. A read model that holds nothing of it asks here whether there is one.
    pub(crate) async fn registered(&self, organization: &OrganizationId) -> Result<Registered, Problem> {
        let found = registration::find(&self.executor, organization).await?;
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
