//! Alerts: what came close to its limit, and who has seen it.

use axum::Json;
use axum::extract::State;
use domain::ActorId;
use domain::credit_ledger::Command;
use projections::compliance_alerts::{self, Alert as AlertRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation::plain;
use crate::request::{AlertPath, CommandName, Customer, Freshness, FreshnessParams, OrganizationPath, Payload};

/// Alerts, newest first, 1,000 at most.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertList {
    /// The alerts.
    alerts: Vec<Alert>,
}

/// A threshold that was crossed, or a balance that ran low.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alert {
    /// What it is called. One that names several thresholds is several times in the list.
    #[schema(example = "alert_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-allowance")]
    alert: String,
    /// `allowance`, `capacity` or `credits_low`.
    #[schema(example = "allowance")]
    kind: String,
    /// The feature; null for a low balance.
    #[schema(example = "whatsapp_messages")]
    feature: Option<String>,
    /// When the window of an allowance began.
    #[schema(format = DateTime)]
    window_start: Option<String>,
    /// When it ends.
    #[schema(format = DateTime)]
    window_end: Option<String>,
    /// Percent of the allowance or the capacity; 0 for a low balance.
    #[schema(example = 85)]
    threshold: i16,
    /// What was used when it was crossed, the level, or the balance.
    #[schema(example = "1700")]
    used: String,
    /// What is included, the highest level, or the balance that is low.
    #[schema(example = "2000")]
    limit: String,
    /// When it was raised.
    #[schema(format = DateTime)]
    raised_at: String,
    /// When somebody had seen it; null if nobody has said so.
    #[schema(format = DateTime)]
    acknowledged_at: Option<String>,
    /// Who.
    #[schema(example = "user_17")]
    acknowledged_by: Option<String>,
}

impl From<AlertRow> for Alert {
    fn from(row: AlertRow) -> Self {
        Self {
            alert: row.alert,
            kind: row.kind,
            feature: row.feature,
            window_start: row.window_start.map(|instant| instant.to_string()),
            window_end: row.window_end.map(|instant| instant.to_string()),
            threshold: row.threshold,
            used: plain(row.used),
            limit: plain(row.limit_quantity),
            raised_at: row.raised_at.to_string(),
            acknowledged_at: row.acknowledged_at.map(|instant| instant.to_string()),
            acknowledged_by: row.acknowledged_by,
        }
    }
}

/// Who has seen an alert.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acknowledgement {
    /// By an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
}

/// An alert that somebody has seen.
#[derive(Serialize, ToSchema)]
pub(crate) struct Acknowledged {
    /// The alert.
    #[schema(example = "alert_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-allowance")]
    alert: String,
    /// Who has seen it.
    #[schema(example = "user_17")]
    acknowledged_by: String,
}

/// The alerts of an organization: each threshold of an allowance once in a window, those of a capacity and of the balance
/// each time they are crossed.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/alerts", tag = "usage",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "The alerts", body = AlertList))
)]
pub(crate) async fn list_alerts(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<AlertList>, Problem> {
    freshness.wait(&gate, "compliance_alerts", &customer.owner()).await?;
    let rows = compliance_alerts::list(&gate.pool, &customer.0).await?;
    if rows.is_empty() {
        gate.registered(&customer.0).await?;
    }
    Ok(Json(AlertList { alerts: rows.into_iter().map(Alert::from).collect() }))
}

/// Say that somebody has seen an alert, with all its thresholds. The newest 64 that nobody has seen can be.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/alerts/{alert}/acknowledge", tag = "usage",
    params(AlertPath), request_body = Acknowledgement,
    responses((status = 200, description = "Acknowledged", body = Answered<Acknowledged>))
)]
pub(crate) async fn acknowledge_alert(
    State(gate): State<Gate>,
    path: AlertPath,
    caller: Actor,
    name: CommandName,
    Payload(seen): Payload<Acknowledgement>,
) -> Result<Answer<Acknowledged>, Problem> {
    let ((customer, alert), actor) = (path.parts(), caller.decider(seen.actor));
    let told = Acknowledged { alert: alert.to_string(), acknowledged_by: actor.to_string() };
    let applied = gate.decide(&customer, name, Command::AcknowledgeAlert { alert, actor }).await?;
    Ok(Answer::done(&applied, told))
}
