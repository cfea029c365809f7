//! One item of a batch: read, sent and answered by itself, whatever becomes of the others.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use domain::catalog::CatalogVersion;
use domain::credit_ledger::{Command, Consume};
use domain::stream::Owner;
use domain::{ActorId, Attributes, FeatureCode, OrganizationId, Quantity};
use event_store::Failure;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::Consumed;
use crate::answer::{Answered, told};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::openapi::ProblemBody;
use crate::problem::{Fault, Problem};
use crate::rate::RateLimits;
use crate::representation::AmountShape;
use crate::request::{CommandId, CommandName, RawItem, RequestId, amount, instant};

/// What one organization is to use of one feature.
#[derive(Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchItem {
    /// What the caller calls it, 1 to 200 visible ASCII characters: its `Idempotency-Key`.
    #[schema(value_type = String, example = "message-2001")]
    id: CommandId,
    /// Whose usage it is.
    #[schema(value_type = String, example = "pedro")]
    organization: OrganizationId,
    /// A quota of the plan.
    #[schema(value_type = String, example = "whatsapp_messages")]
    feature: FeatureCode,
    /// How much: above zero, at most six decimals.
    #[serde(deserialize_with = "amount::quantity")]
    #[schema(value_type = AmountShape, example = "1")]
    quantity: Quantity,
    /// When it happened, if not now; since the organization was registered.
    #[serde(default, deserialize_with = "instant::instant_if_given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-03-01T03:00:00Z")]
    occurred_at: Option<Timestamp>,
    /// Who used it, by an opaque id.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
    /// What the caller tells such consumptions apart by: at most 16 texts of at most 128 characters.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({ "campaign": "autumn" }))]
    attributes: Attributes,
}

/// What became of an item.
#[derive(Serialize, ToSchema)]
pub(crate) struct Verdict {
    /// The item's id; null if it has none.
    #[schema(example = "message-2001")]
    id: Option<String>,
    /// The status the item would have been answered with alone.
    #[schema(example = 200)]
    status: u16,
    /// One of the two.
    #[serde(flatten)]
    outcome: Outcome,
    #[serde(skip)]
    repeated: bool,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// Used.
    Result(Box<Answered<Consumed>>),
    /// Not used, and why. What a header would say stands in it as `retry_after_seconds`.
    #[schema(value_type = ProblemBody)]
    Problem(Value),
}

impl Verdict {
    /// Was the item applied, now or before?
    pub(super) fn is_accepted(&self) -> bool {
        matches!(self.outcome, Outcome::Result(_))
    }

    /// Is it the first answer, given again?
    pub(super) fn is_repeated(&self) -> bool {
        self.repeated
    }
}

/// Whose batch it is, where it goes, and until when.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) gate: Gate,
    pub(super) actor: Actor,
    pub(super) request_id: RequestId,
    pub(super) deadline: Instant,
}

/// The catalog version that binds each organization of a batch, as far as it could be found out.
pub(super) type Bindings = HashMap<OrganizationId, Result<Option<Arc<CatalogVersion>>, Failure>>;

/// An item on its way, or why it goes nowhere.
pub(super) struct Item {
    place: String,
    id: Option<String>,
    wanted: Result<BatchItem, Problem>,
}

/// Reads every item by itself. Of items with one id the first counts; those that say the same are its retries.
pub(super) fn read_all(raw: Vec<RawItem>) -> Vec<Item> {
    let mut first: HashMap<CommandId, BatchItem> = HashMap::new();
    let items = raw.into_iter().map(|raw| {
        let wanted = raw.read::<BatchItem>().map_err(Problem::from).and_then(|wanted| {
            let first = first.entry(wanted.id.clone()).or_insert_with(|| wanted.clone());
            if *first == wanted { Ok(wanted) } else { Err(reused(&wanted.id).inside(&raw.place)) }
        });
        Item { id: id_of(&raw), place: raw.place, wanted }
    });
    items.collect()
}

/// The log would say the same, but only where both items are of one partition.
fn reused(id: &CommandId) -> Problem {
    Fault::IdempotencyKeyReused { key: id.to_string() }.into()
}

/// The id as it was sent, also if the item is of no use otherwise: the caller wants to know which one it was.
fn id_of(raw: &RawItem) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    raw.read().ok().map(|Named { id }| id)
}

impl Item {
    /// Whose usage it is, if it could be read.
    pub(super) fn organization(&self) -> Option<&OrganizationId> {
        self.wanted.as_ref().ok().map(|wanted| &wanted.organization)
    }

    /// Counts the item, and lets it go on unless its feature is asked for too often.
    pub(super) fn admit(self, rates: &RateLimits, bindings: &Bindings) -> Self {
        let Self { place, id, wanted } = self;
        let wanted = wanted.and_then(|wanted| {
            let admitted = wanted.admit(rates, bindings).map_err(|problem| problem.inside(&place));
            admitted.map(|()| wanted)
        });
        Self { place, id, wanted }
    }

    /// Has the item applied, and says what became of it.
    pub(super) async fn send(self, sender: Sender) -> Verdict {
        let Self { place, id, wanted } = self;
        let outcome = match wanted {
            Ok(wanted) => wanted.consume(sender).await.map_err(|problem| problem.inside(&place)),
            Err(problem) => Err(problem),
        };
        match outcome {
            Ok((result, repeated)) => {
                Verdict { id, status: StatusCode::OK.as_u16(), outcome: Outcome::Result(Box::new(result)), repeated }
            }
            Err(problem) => {
                let status = problem.status().as_u16();
                Verdict { id, status, outcome: Outcome::Problem(problem.body()), repeated: false }
            }
        }
    }
}

impl BatchItem {
    fn admit(&self, rates: &RateLimits, bindings: &Bindings) -> Result<(), Problem> {
        let catalog = match bindings.get(&self.organization) {
            Some(Ok(catalog)) => catalog.as_deref(),
            Some(Err(failure)) => {
                return Err(Problem::from(failure.clone()).with("organization", self.organization.as_str()));
            }
            None => None,
        };
        rates.take_feature(&self.organization, &self.feature, catalog).map_err(Fault::RateLimitExceeded)?;
        Ok(())
    }

    async fn consume(self, sender: Sender) -> Result<(Answered<Consumed>, bool), Problem> {
        let Sender { gate, actor, request_id, deadline } = sender;
        let name = CommandName::of(&actor, self.id, request_id);
        let Self { organization, feature, quantity, occurred_at, actor, attributes, .. } = self;
        let owner = Owner::Organization(organization.clone());
        let command = Command::Consume(Consume { feature, quantity, occurred_at, actor, attributes });
        let submission = name.submit(owner, command);
        let applied = gate.execute_by(deadline, submission).await;
        let applied = applied.map_err(|failure| Problem::from(failure).with("organization", organization.as_str()))?;
        Ok((Answered::of(&applied, told(&applied)?), applied.repeated))
    }
}
