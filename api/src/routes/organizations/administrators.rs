//! Administrators: who uses the features of an organization without limit, and without being counted.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use domain::ActorId;
use domain::organization::Command;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::look::Look;
use crate::answer::{Answer, Answered, Receipt};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::request::{
    AdministratorPath, CommandName, Customer, DeciderParams, DeciderQuery, Freshness, FreshnessParams, OrganizationPath,
};

/// An administrator, or somebody who was one.
#[derive(Serialize, ToSchema)]
pub(crate) struct Administrator {
    /// By the caller's id.
    #[schema(value_type = String, example = "user_17")]
    administrator: ActorId,
}

/// The administrators of an organization: at most 100.
#[derive(Serialize, ToSchema)]
pub(crate) struct Administrators {
    /// By the caller's ids.
    #[schema(value_type = Vec<String>, example = json!(["user_17"]))]
    administrators: BTreeSet<ActorId>,
    /// The position of the log that was seen.
    as_of: Receipt,
}

/// Let somebody use features without limit: whoever is named as `actor` where something is used.
#[utoipa::path(
    put, path = "/v1/organizations/{organization}/administrators/{administrator}", tag = "organizations",
    params(AdministratorPath, DeciderParams),
    responses((status = 200, description = "It is one", body = Answered<Administrator>))
)]
pub(crate) async fn appoint_administrator(
    State(gate): State<Gate>,
    path: AdministratorPath,
    caller: Actor,
    name: CommandName,
    DeciderQuery(actor): DeciderQuery,
) -> Result<Answer<Administrator>, Problem> {
    let (customer, administrator) = path.parts();
    let told = Administrator { administrator: administrator.clone() };
    let command = Command::AppointAdministrator { administrator, actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, told))
}

/// Limit somebody's use as everybody's.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization}/administrators/{administrator}", tag = "organizations",
    params(AdministratorPath, DeciderParams),
    responses((status = 200, description = "It is none", body = Answered<Administrator>))
)]
pub(crate) async fn dismiss_administrator(
    State(gate): State<Gate>,
    path: AdministratorPath,
    caller: Actor,
    name: CommandName,
    DeciderQuery(actor): DeciderQuery,
) -> Result<Answer<Administrator>, Problem> {
    let (customer, administrator) = path.parts();
    let told = Administrator { administrator: administrator.clone() };
    let command = Command::DismissAdministrator { administrator, actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, told))
}

/// Who uses features without limit, from the log itself.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/administrators", tag = "organizations",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "The administrators", body = Administrators))
)]
pub(crate) async fn list_administrators(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<Administrators>, Problem> {
    let look = Look::at(&gate, &customer, freshness).await?;
    let administrators = look.terms().administrators.as_ref().clone();
    Ok(Json(Administrators { administrators, as_of: look.as_of() }))
}
