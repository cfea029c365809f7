//! Whether an organization may use anything, and what instant it is for it.

use axum::extract::State;
use domain::organization::Command;
use domain::{ActorId, OrganizationId, ReasonText};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::request::{CommandName, Customer, OrganizationPath, Payload, instant};

/// Why an organization may use nothing any more, or may again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grounds {
    /// 1 to 200 characters on one line.
    #[schema(value_type = String, example = "chargeback under review")]
    reason: ReasonText,
    /// Who decides it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "support_3")]
    actor: Option<ActorId>,
}

/// Whether an organization may use anything.
#[derive(Serialize, ToSchema)]
pub(crate) struct Standing {
    /// The organization.
    #[schema(value_type = String, example = "pedro")]
    organization: OrganizationId,
    /// `active` or `suspended`.
    #[schema(example = "suspended")]
    status: &'static str,
}

/// What instant it is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInstant {
    /// Not before the one it is now, and at most ten years ahead.
    #[serde(deserialize_with = "instant::instant")]
    #[schema(value_type = String, format = DateTime, example = "2031-04-01T03:00:00Z")]
    instant: Timestamp,
    /// Who sets it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "tester_1")]
    actor: Option<ActorId>,
}

/// What instant it is for a sandbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct Instant {
    /// The organization.
    #[schema(value_type = String, example = "ana")]
    organization: OrganizationId,
    /// The instant, until another one is set.
    #[schema(value_type = String, format = DateTime, example = "2031-04-01T03:00:00Z")]
    instant: Timestamp,
}

/// Let an organization use nothing any more. It may read and pay; what it holds can be captured and released.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/suspend", tag = "organizations",
    params(OrganizationPath), request_body = Grounds,
    responses((status = 200, description = "Suspended", body = Answered<Standing>))
)]
pub(crate) async fn suspend_organization(
    State(gate): State<Gate>,
    customer: Customer,
    caller: Actor,
    name: CommandName,
    Payload(Grounds { reason, actor }): Payload<Grounds>,
) -> Result<Answer<Standing>, Problem> {
    let command = Command::Suspend { reason, actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, Standing { organization: customer.0, status: "suspended" }))
}

/// Let an organization use things again.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/resume", tag = "organizations",
    params(OrganizationPath), request_body = Grounds,
    responses((status = 200, description = "Active", body = Answered<Standing>))
)]
pub(crate) async fn resume_organization(
    State(gate): State<Gate>,
    customer: Customer,
    caller: Actor,
    name: CommandName,
    Payload(Grounds { reason, actor }): Payload<Grounds>,
) -> Result<Answer<Standing>, Problem> {
    let command = Command::Resume { reason, actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, Standing { organization: customer.0, status: "active" }))
}

/// Say what instant it is for a sandbox organization. All that is decided of it and read of its entitlements is at that
/// instant, until another one is set.
#[utoipa::path(
    put, path = "/v1/organizations/{organization}/instant", tag = "organizations",
    params(OrganizationPath), request_body = NewInstant,
    responses((status = 200, description = "It is that instant", body = Answered<Instant>))
)]
pub(crate) async fn set_instant(
    State(gate): State<Gate>,
    customer: Customer,
    caller: Actor,
    name: CommandName,
    Payload(NewInstant { instant, actor }): Payload<NewInstant>,
) -> Result<Answer<Instant>, Problem> {
    let command = Command::SetInstant { instant, actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, Instant { organization: customer.0, instant }))
}
