//! Capacities: levels that are acquired and released again, such as connected numbers.

use axum::extract::State;
use domain::credit_ledger::{Acquire, Command};
use domain::{ActorId, Quantity};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::rate::Admission;
use crate::representation::AmountShape;
use crate::request::{CommandName, FeaturePath, Payload, amount};

/// How much is to be acquired or released.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LevelChange {
    /// How much: above zero, at most six decimals.
    #[serde(deserialize_with = "amount::quantity")]
    #[schema(value_type = AmountShape, example = "1")]
    quantity: Quantity,
    /// Who does it, by an opaque id.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
}

/// What became of a capacity.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct LevelChanged {
    /// The capacity as it stands now.
    level: Option<Level>,
}

/// A capacity after a command.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Level {
    /// The feature.
    #[schema(example = "whatsapp_instances")]
    feature: String,
    /// Its level.
    #[schema(example = "1")]
    level: String,
    /// The highest there may be; null if unlimited, and after a release.
    #[schema(example = "10")]
    limit: Option<String>,
}

/// Raise the level of a capacity, up to what the plan allows.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/capacities/{feature}/acquire", tag = "usage",
    params(FeaturePath), request_body = LevelChange,
    responses((status = 200, description = "Acquired", body = Answered<LevelChanged>))
)]
pub(crate) async fn acquire_capacity(
    State(gate): State<Gate>,
    path: FeaturePath,
    admission: Admission,
    name: CommandName,
    Payload(LevelChange { quantity, actor }): Payload<LevelChange>,
) -> Result<Answer<LevelChanged>, Problem> {
    let (customer, feature) = path.parts();
    admission.ask(&gate, &customer.0, &feature).await?;
    let applied = gate.decide(&customer, name, Command::Acquire(Acquire { feature, quantity, actor })).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}

/// Lower the level of a capacity. What was acquired can be released whatever the plan says now.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/capacities/{feature}/release", tag = "usage",
    params(FeaturePath), request_body = LevelChange,
    responses((status = 200, description = "Released", body = Answered<LevelChanged>))
)]
pub(crate) async fn release_capacity(
    State(gate): State<Gate>,
    path: FeaturePath,
    name: CommandName,
    Payload(LevelChange { quantity, actor }): Payload<LevelChange>,
) -> Result<Answer<LevelChanged>, Problem> {
    let (customer, feature) = path.parts();
    let applied = gate.decide(&customer, name, Command::ReleaseCapacity(Acquire { feature, quantity, actor })).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}
