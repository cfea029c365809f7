//! The rule by which credits are bought: below so many buy so many, at most so often a month.

use std::num::NonZeroU16;

use axum::Json;
use axum::extract::State;
use domain::credit_ledger::{Command, TopUpRule};
use domain::{ActorId, Credits};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::look::Look;
use crate::answer::{Answer, Answered, Receipt};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation::AmountShape;
use crate::request::{
    CommandName, Customer, DeciderParams, DeciderQuery, Freshness, FreshnessParams, OrganizationPath, Payload, amount,
};

/// When credits are to be bought.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRule {
    /// When the balance is below so many.
    #[serde(deserialize_with = "amount::credits")]
    #[schema(value_type = AmountShape, example = "10")]
    below: Credits,
    /// So many are to be bought.
    #[serde(deserialize_with = "amount::credits")]
    #[schema(value_type = AmountShape, example = "50")]
    amount: Credits,
    /// At most so many times in a calendar month of the organization's time zone; above zero.
    #[schema(value_type = u16, minimum = 1, example = 3)]
    monthly_max: NonZeroU16,
    /// Who decides it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
}

/// A rule.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rule {
    /// When the balance is below so many.
    #[schema(value_type = String, example = "10.00")]
    below: Credits,
    /// So many are to be bought.
    #[schema(value_type = String, example = "50.00")]
    amount: Credits,
    /// At most so many times a month.
    #[schema(example = 3)]
    monthly_max: u16,
}

impl From<TopUpRule> for Rule {
    fn from(rule: TopUpRule) -> Self {
        Self { below: rule.below, amount: rule.amount, monthly_max: rule.monthly_max.get() }
    }
}

/// The rule in force after a command.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleInForce {
    /// The rule; null if there is none.
    rule: Option<Rule>,
}

/// The rule in force now.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleSeen {
    /// The rule; null if there is none.
    rule: Option<Rule>,
    /// The position of the log that was seen.
    as_of: Receipt,
}

/// Have credits bought whenever the balance falls too low. Tollgate asks for the purchase (`TopUpRequested`); whoever
/// takes the money adds the credits.
#[utoipa::path(
    put, path = "/v1/organizations/{organization}/credits/top-up-rule", tag = "credits",
    params(OrganizationPath), request_body = NewRule,
    responses((status = 200, description = "In force", body = Answered<RuleInForce>))
)]
pub(crate) async fn set_top_up_rule(
    State(gate): State<Gate>,
    customer: Customer,
    caller: Actor,
    name: CommandName,
    Payload(NewRule { below, amount, monthly_max, actor }): Payload<NewRule>,
) -> Result<Answer<RuleInForce>, Problem> {
    let rule = TopUpRule { below, amount, monthly_max };
    let command = Command::SetTopUpRule { rule, actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, RuleInForce { rule: Some(rule.into()) }))
}

/// Have no credits bought by rule any more.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization}/credits/top-up-rule", tag = "credits",
    params(OrganizationPath, DeciderParams),
    responses((status = 200, description = "There is none", body = Answered<RuleInForce>))
)]
pub(crate) async fn remove_top_up_rule(
    State(gate): State<Gate>,
    customer: Customer,
    caller: Actor,
    name: CommandName,
    DeciderQuery(actor): DeciderQuery,
) -> Result<Answer<RuleInForce>, Problem> {
    let command = Command::RemoveTopUpRule { actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, RuleInForce { rule: None }))
}

/// The rule by which credits are bought, from the log itself.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/credits/top-up-rule", tag = "credits",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "The rule, if there is one", body = RuleSeen))
)]
pub(crate) async fn get_top_up_rule(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<RuleSeen>, Problem> {
    let look = Look::at(&gate, &customer, freshness).await?;
    let rule = look.ledger().top_up_rule().map(Rule::from);
    Ok(Json(RuleSeen { rule, as_of: look.as_of() }))
}
