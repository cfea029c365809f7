//! Changing a subscription: to another plan, to an end, to a rest, and back.

use axum::extract::State;
use domain::calendar::Interval;
use domain::subscription::{Command, CreditUnused, Effective};
use domain::{PlanCode, ReasonText};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Subscription;
use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::request::{CommandName, Customer, OrganizationPath, Payload, instant};

/// Another plan, or another interval of the same one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanChange {
    /// A plan of the newest catalog version.
    #[schema(value_type = String, example = "partner")]
    pub(crate) plan: PlanCode,
    /// How often it is paid: `month` or `year`.
    #[serde(default = "super::every_month")]
    #[schema(value_type = String, example = "month", default = "month")]
    pub(crate) interval: Interval,
    /// `now`, with the unused part of what was charged given back, or `period_end`.
    #[schema(value_type = String, example = "now")]
    pub(crate) when: Effective,
}

/// An end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancellation {
    /// `now` or `period_end`.
    #[schema(value_type = String, example = "period_end")]
    when: Effective,
    /// What becomes of the unused part of what was paid, if it ends now: `nothing`, `balance` (it pays later invoices)
    /// or `refund`.
    #[serde(default = "nothing")]
    #[schema(value_type = String, example = "nothing", default = "nothing")]
    credit: CreditUnused,
    /// 1 to 200 characters on one line.
    #[schema(value_type = String, example = "moves to another tool")]
    reason: ReasonText,
}

fn nothing() -> CreditUnused {
    CreditUnused::Nothing
}

/// A rest, in which nothing may be used and nothing is billed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rest {
    /// `now` or `period_end`.
    #[schema(value_type = String, example = "now")]
    when: Effective,
    /// When it goes on by itself; when somebody resumes it, unless given.
    #[serde(default, deserialize_with = "instant::instant_if_given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-04-01T03:00:00Z")]
    resumes_at: Option<Timestamp>,
}

/// Change the plan, or how often it is paid. Now: what is unused of the old one is given back and the rest of the period
/// is charged at the new price, as the catalog prorates. At the period's end: it can be seen until then, and revoked.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/subscription/change", tag = "subscriptions",
    params(OrganizationPath), request_body = PlanChange,
    responses((status = 200, description = "Changed, or to be changed", body = Answered<Subscription>))
)]
pub(crate) async fn change_plan(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(PlanChange { plan, interval, when }): Payload<PlanChange>,
) -> Result<Answer<Subscription>, Problem> {
    decide(&gate, &customer, name, Command::ChangePlan { plan, interval, when }).await
}

/// Leave everything as it is at the period's end: no other plan, no end, no rest.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization}/subscription/scheduled-change", tag = "subscriptions",
    params(OrganizationPath),
    responses((status = 200, description = "Revoked", body = Answered<Subscription>))
)]
pub(crate) async fn revoke_scheduled_change(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
) -> Result<Answer<Subscription>, Problem> {
    decide(&gate, &customer, name, Command::RevokeScheduledChange).await
}

/// End the subscription, now or when its period is over.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/subscription/cancel", tag = "subscriptions",
    params(OrganizationPath), request_body = Cancellation,
    responses((status = 200, description = "Canceled, or to be canceled", body = Answered<Subscription>))
)]
pub(crate) async fn cancel_subscription(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(Cancellation { when, credit, reason }): Payload<Cancellation>,
) -> Result<Answer<Subscription>, Problem> {
    decide(&gate, &customer, name, Command::Cancel { when, credit, reason }).await
}

/// Let the subscription rest. No time is given back.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/subscription/pause", tag = "subscriptions",
    params(OrganizationPath), request_body = Rest,
    responses((status = 200, description = "Paused, or to be paused", body = Answered<Subscription>))
)]
pub(crate) async fn pause_subscription(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(Rest { when, resumes_at }): Payload<Rest>,
) -> Result<Answer<Subscription>, Problem> {
    decide(&gate, &customer, name, Command::Pause { when, resumes_at }).await
}

/// Let a paused subscription go on: in its paid period, or in a new one that is invoiced.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/subscription/resume", tag = "subscriptions",
    params(OrganizationPath),
    responses((status = 200, description = "It goes on", body = Answered<Subscription>))
)]
pub(crate) async fn resume_subscription(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
) -> Result<Answer<Subscription>, Problem> {
    decide(&gate, &customer, name, Command::Resume).await
}

/// End the trial now: the first period begins, or is to be paid.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/subscription/end-trial", tag = "subscriptions",
    params(OrganizationPath),
    responses((status = 200, description = "The trial is over", body = Answered<Subscription>))
)]
pub(crate) async fn end_trial(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
) -> Result<Answer<Subscription>, Problem> {
    decide(&gate, &customer, name, Command::EndTrial).await
}

async fn decide(
    gate: &Gate,
    customer: &Customer,
    name: CommandName,
    command: Command,
) -> Result<Answer<Subscription>, Problem> {
    let applied = gate.decide(customer, name, command).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}
