//! Overrides: what is decided by hand of a feature, whatever the plan says.

use axum::Json;
use axum::extract::State;
use domain::catalog::Limit;
use domain::organization::{Command, FeatureOverride, OverrideValue};
use domain::{ActorId, FeatureCode, ReasonText};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::super::look::Look;
use crate::answer::{Answer, Answered, Receipt};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::request::{
    CommandName, Customer, FeaturePath, Freshness, FreshnessParams, OrganizationPath, Payload, RemovalQuery, amount,
    instant,
};

/// What is decided of a feature: exactly one of `enabled`, `limit` and `value`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOverride {
    /// `false`: a feature of any kind may not be used. `true`: a flag is on.
    #[serde(default)]
    #[schema(example = true)]
    enabled: Option<bool>,
    /// Of a quota what each window includes, of a capacity the highest level: a quantity, or `unlimited`.
    #[serde(default, deserialize_with = "amount::limit_if_given")]
    #[schema(value_type = Option<String>)]
    limit: Option<Limit>,
    /// The value of a config: a text, a whole number, true or false.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    value: Option<Value>,
    /// Why: 1 to 200 characters on one line.
    #[schema(value_type = String, example = "trial of the white label")]
    reason: ReasonText,
    /// Who decides it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "support_3")]
    actor: Option<ActorId>,
    /// When it ends; never, unless given.
    #[serde(default, deserialize_with = "instant::instant_if_given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-04-01T03:00:00Z")]
    until: Option<Timestamp>,
}

impl NewOverride {
    fn decided(&self) -> Result<OverrideValue, Fault> {
        match (self.enabled, self.limit, &self.value) {
            (Some(true), None, None) => Ok(OverrideValue::On),
            (Some(false), None, None) => Ok(OverrideValue::Off),
            (None, Some(limit), None) => Ok(OverrideValue::Limit(limit)),
            (None, None, Some(value)) => Ok(OverrideValue::Value(value.clone())),
            _ => {
                let text = "give exactly one of enabled, limit and value".to_owned();
                Err(Fault::InvalidField { field: "value".to_owned(), text })
            }
        }
    }
}

/// What was decided of a feature. Of `enabled`, `limit` and `value` one is there.
#[derive(Serialize, ToSchema)]
pub(crate) struct Override {
    /// The feature.
    #[schema(value_type = String, example = "white_label")]
    feature: FeatureCode,
    /// Whether it may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true)]
    enabled: Option<bool>,
    /// What is included, or the highest level: a quantity, or `unlimited`.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    /// The value of a config.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    value: Option<Value>,
    /// Why.
    #[schema(value_type = String, example = "trial of the white label")]
    reason: ReasonText,
    /// Who decided it.
    #[schema(value_type = String, example = "support_3")]
    actor: ActorId,
    /// When it ends; null is never.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

impl Override {
    fn of(feature: &FeatureCode, by_hand: &FeatureOverride) -> Self {
        let (mut enabled, mut limit, mut value) = (None, None, None);
        match &by_hand.value {
            OverrideValue::On => enabled = Some(true),
            OverrideValue::Off => enabled = Some(false),
            OverrideValue::Limit(decided) => limit = Some(decided.to_string()),
            OverrideValue::Value(decided) => value = Some(decided.clone()),
        }
        let (reason, actor, until) = (by_hand.reason.clone(), by_hand.actor.clone(), by_hand.until);
        Self { feature: feature.clone(), enabled, limit, value, reason, actor, until }
    }
}

/// A feature of which nothing is decided by hand any more.
#[derive(Serialize, ToSchema)]
pub(crate) struct Removed {
    /// The feature.
    #[schema(value_type = String, example = "white_label")]
    feature: FeatureCode,
}

/// What is in force of an organization by hand.
#[derive(Serialize, ToSchema)]
pub(crate) struct Overrides {
    /// The overrides that have not ended, by feature.
    overrides: Vec<Override>,
    /// The position of the log that was seen.
    as_of: Receipt,
}

/// Decide by hand what of a feature an organization may use, whatever its plan says.
#[utoipa::path(
    put, path = "/v1/organizations/{organization}/overrides/{feature}", tag = "organizations",
    params(FeaturePath), request_body = NewOverride,
    responses((status = 200, description = "Decided", body = Answered<Override>))
)]
pub(crate) async fn override_feature(
    State(gate): State<Gate>,
    path: FeaturePath,
    caller: Actor,
    name: CommandName,
    Payload(new): Payload<NewOverride>,
) -> Result<Answer<Override>, Problem> {
    let (customer, feature) = path.parts();
    let value = new.decided()?;
    let NewOverride { reason, until, actor, .. } = new;
    let by_hand = FeatureOverride { value, reason, actor: caller.decider(actor), until };
    let told = Override::of(&feature, &by_hand);
    let FeatureOverride { value, reason, actor, until } = by_hand;
    let command = Command::OverrideFeature { feature, value, reason, actor, until };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, told))
}

/// Let the plan say again what of a feature may be used.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization}/overrides/{feature}", tag = "organizations",
    params(FeaturePath, RemovalQuery),
    responses((status = 200, description = "The plan decides", body = Answered<Removed>))
)]
pub(crate) async fn remove_override(
    State(gate): State<Gate>,
    path: FeaturePath,
    caller: Actor,
    name: CommandName,
    RemovalQuery { reason, actor }: RemovalQuery,
) -> Result<Answer<Removed>, Problem> {
    let (customer, feature) = path.parts();
    let told = Removed { feature: feature.clone() };
    let command = Command::RemoveOverride { feature, reason, actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, told))
}

/// What is decided by hand and in force now, from the log itself.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/overrides", tag = "organizations",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "The overrides, by feature", body = Overrides))
)]
pub(crate) async fn list_overrides(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<Overrides>, Problem> {
    let look = Look::at(&gate, &customer, freshness).await?;
    let (terms, now) = (look.terms(), look.context.now);
    let in_force = terms.overrides.keys().filter_map(|feature| Some((feature, terms.override_of(feature, now)?)));
    let overrides = in_force.map(|(feature, by_hand)| Override::of(feature, by_hand)).collect();
    Ok(Json(Overrides { overrides, as_of: look.as_of() }))
}
