//! Test clocks: one instant for a sandbox and all it refers, which goes on step by step.

use axum::Json;
use axum::extract::State;
use domain::organization::{Below, Command, Rejection, TestClock as Clock};
use domain::stream::Owner;
use domain::{ActorId, Kind, OrganizationId};
use event_store::Failure;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::registration;
use crate::request::{CommandName, Customer, OrganizationPath, Payload, instant};

/// A test clock that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTestClock {
    /// What it shows. Not before the instant it is for the organization, and at most ten years ahead.
    #[serde(deserialize_with = "instant::instant")]
    #[schema(value_type = String, format = DateTime, example = "2031-01-01T03:00:00Z")]
    instant: Timestamp,
    /// Who starts it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "tester_1")]
    actor: Option<ActorId>,
}

/// How far a test clock is to go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advance {
    /// Where it is to go. Not before what it shows, and at most ten years ahead.
    #[serde(deserialize_with = "instant::instant")]
    #[schema(value_type = String, format = DateTime, example = "2031-04-01T03:00:00Z")]
    to: Timestamp,
    /// Who lets it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "tester_1")]
    actor: Option<ActorId>,
}

/// A test clock that was started.
#[derive(Serialize, ToSchema)]
pub(crate) struct StartedTestClock {
    /// Whose clock it is.
    #[schema(value_type = String, example = "ana")]
    organization: OrganizationId,
    /// What it shows.
    #[schema(value_type = String, format = DateTime, example = "2031-01-01T03:00:00Z")]
    instant: Timestamp,
}

/// A test clock that goes on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Advancing {
    /// Whose clock it is.
    #[schema(value_type = String, example = "ana")]
    organization: OrganizationId,
    /// Where it goes.
    #[schema(value_type = String, format = DateTime, example = "2031-04-01T03:00:00Z")]
    to: Timestamp,
}

/// A test clock.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestClock {
    /// Whose clock it is.
    #[schema(value_type = String, example = "ana")]
    organization: OrganizationId,
    /// What it shows: all that was due before has happened.
    #[schema(value_type = String, format = DateTime, example = "2031-01-01T03:00:00Z")]
    instant: Timestamp,
    /// `ready`, or `advancing`: then more is to happen before it stands still.
    #[schema(example = "ready")]
    status: &'static str,
    /// Where it is going.
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-04-01T03:00:00Z")]
    to: Option<Timestamp>,
    /// Who is on it, in the order of registration.
    #[schema(value_type = Vec<String>, example = json!(["ana", "eva"]))]
    members: Vec<OrganizationId>,
}

/// Put a sandbox organization, and with it all that it refers, on a test clock. A live organization among them refuses it.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/test-clock", tag = "organizations",
    params(OrganizationPath), request_body = NewTestClock,
    responses((status = 201, description = "Started", body = Answered<StartedTestClock>))
)]
pub(crate) async fn start_test_clock(
    State(gate): State<Gate>,
    customer: Customer,
    caller: Actor,
    name: CommandName,
    Payload(NewTestClock { instant, actor }): Payload<NewTestClock>,
) -> Result<Answer<StartedTestClock>, Problem> {
    let below = below(&gate, &customer.0).await.map_err(|failure| customer.problem(failure))?;
    let members: Vec<OrganizationId> = below.iter().map(|member| member.organization.clone()).collect();
    let request_id = name.request_id.clone();
    let command = Command::StartTestClock { instant, actor: caller.decider(actor), below };
    let applied = gate.decide(&customer, name, command).await?;
    // So that their next commands are decided at it. The processor `advance_clocks` does the same where this was
    // interrupted.
    if !applied.repeated {
        for member in &members {
            let followed = registration::follow_clock(&gate, member, &customer.0, instant, request_id.clone()).await;
            followed.map_err(|failure| customer.problem(failure))?;
        }
    }
    Ok(Answer::created(&applied, StartedTestClock { organization: customer.0, instant }))
}

/// Let a test clock go on to an instant. All that is due on the way happens in order, a step at a time; the clock is
/// `advancing` until it has.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/test-clock/advance", tag = "organizations",
    params(OrganizationPath), request_body = Advance,
    responses((status = 202, description = "It goes on", body = Answered<Advancing>))
)]
pub(crate) async fn advance_test_clock(
    State(gate): State<Gate>,
    customer: Customer,
    caller: Actor,
    name: CommandName,
    Payload(Advance { to, actor }): Payload<Advance>,
) -> Result<Answer<Advancing>, Problem> {
    let command = Command::AdvanceTestClock { to, actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await.map_err(|problem| problem.renamed("instant", "to"))?;
    Ok(Answer::begun(&applied, Advancing { organization: customer.0, to }))
}

/// The test clock of its holder, as the log has it now.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/test-clock", tag = "organizations", params(OrganizationPath),
    responses((status = 200, description = "The clock", body = TestClock))
)]
pub(crate) async fn get_test_clock(State(gate): State<Gate>, customer: Customer) -> Result<Json<TestClock>, Problem> {
    let look = |state: &domain::State| {
        let domain::State::Organization(organization) = state else { return (None, None) };
        (organization.test_clock().cloned(), organization.follows().cloned())
    };
    let (clock, follows) = gate.inspect(Kind::Organization, customer.owner(), look).await?;
    match clock {
        Some(clock) => Ok(Json(TestClock::of(customer.0, &clock))),
        None => {
            gate.registered(&customer.0).await?;
            let organization = customer.0.clone();
            Err(customer.problem(Failure::from(domain::Rejection::Organization(match follows {
                Some(holder) => Rejection::OnTestClock { organization, holder },
                None => Rejection::NoTestClock { organization },
            }))))
        }
    }
}

impl TestClock {
    fn of(organization: OrganizationId, clock: &Clock) -> Self {
        Self {
            organization,
            instant: clock.instant(),
            status: if clock.going_to().is_some() { "advancing" } else { "ready" },
            to: clock.going_to(),
            members: clock.members().cloned().collect(),
        }
    }
}

/// Who is below an organization in its product's tree, and what the streams of each say.
async fn below(gate: &Gate, organization: &OrganizationId) -> Result<Vec<Below>, Failure> {
    let Some(registered) = registration::find(gate, organization).await? else { return Ok(Vec::new()) };
    let above = organization.clone();
    let walk = move |state: &domain::State| {
        let domain::State::ReferralTree(tree) = state else { return Vec::new() };
        tree.below(&above)
    };
    let mut found = Vec::new();
    for (member, _) in gate.inspect(Kind::ReferralTree, Owner::Product(registered.product), walk).await? {
        let look = |state: &domain::State| {
            let domain::State::Organization(organization) = state else { return None };
            let registered = organization.registered()?;
            Some(Below {
                organization: registered.organization.clone(),
                environment: registered.environment,
                registered_at: registered.registered_at,
                follows: organization.follows().cloned(),
            })
        };
        found.extend(gate.inspect(Kind::Organization, Owner::Organization(member), look).await?);
    }
    Ok(found)
}
