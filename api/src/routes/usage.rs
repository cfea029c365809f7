//! Consuming features, one by one or many at once, and reading what was consumed.

pub(crate) mod batch;
mod item;

use axum::Json;
use axum::extract::State;
use domain::credit_ledger::{Command, Consume};
use domain::{FeatureCode, Quantity};
use projections::compliance_alerts::{self, Alert as AlertRow};
use projections::usage::{self, Usage as UsageRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::rate::Admission;
use crate::representation::{self, AmountShape, plain};
use crate::request::{CommandName, Customer, Freshness, FreshnessParams, OrganizationPath, Payload, amount};

/// What is to be used.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Consumption {
    /// A quota of the plan.
    #[schema(value_type = String, example = "whatsapp_messages")]
    feature: FeatureCode,
    /// How much: above zero, at most six decimals.
    #[serde(deserialize_with = "amount::quantity")]
    #[schema(value_type = AmountShape, example = "1")]
    quantity: Quantity,
}

/// What a consumption did.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Consumed {
    /// Credits left.
    #[schema(example = "9.95")]
    balance: String,
    /// Credits this consumption cost.
    #[schema(example = "0.05")]
    charged: String,
    /// The feature as it stands now.
    usage: Option<FeatureUse>,
}

/// A feature in its window.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct FeatureUse {
    /// The feature.
    #[schema(example = "whatsapp_messages")]
    feature: String,
    /// All that was used, included and past it.
    #[schema(example = "2001")]
    used: String,
    /// What is included; null if unlimited.
    #[schema(example = "2000")]
    limit: Option<String>,
    /// What is left of it; null if unlimited.
    #[schema(example = "0")]
    remaining: Option<String>,
    /// When the window turns over.
    #[schema(format = DateTime, example = "2031-04-01T03:00:00Z")]
    resets_at: String,
}

/// What was used, window by window, newest first, 1,000 at most.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageList {
    /// The windows.
    usage: Vec<WindowUse>,
}

/// What was used of a feature in one window.
#[derive(Serialize, ToSchema)]
pub(crate) struct WindowUse {
    /// The feature.
    #[schema(example = "whatsapp_messages")]
    feature: String,
    /// When the window began.
    #[schema(format = DateTime)]
    window_start: String,
    /// When it ends.
    #[schema(format = DateTime)]
    window_end: String,
    /// All that was used.
    #[schema(example = "2001")]
    used: String,
    /// What of it was included.
    #[schema(example = "2000")]
    included: String,
    /// What of it was past the limit.
    #[schema(example = "1")]
    overage: String,
    /// Credits that cost.
    #[schema(example = "0.05")]
    charged: String,
    /// What is included; null if unlimited.
    #[schema(example = "2000")]
    limit: Option<String>,
    /// How many times something was used.
    #[schema(example = 2001)]
    consumptions: i64,
}

impl From<UsageRow> for WindowUse {
    fn from(row: UsageRow) -> Self {
        Self {
            feature: row.feature,
            window_start: row.window_start.to_string(),
            window_end: row.window_end.to_string(),
            used: plain(row.used),
            included: plain(row.included),
            overage: plain(row.overage),
            charged: representation::credits(row.charged),
            limit: row.limit_quantity.map(plain),
            consumptions: row.consumptions,
        }
    }
}

/// Thresholds that were crossed, newest first, 1,000 at most.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlertList {
    /// The alerts.
    alerts: Vec<Alert>,
}

/// A threshold of an allowance that was crossed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Alert {
    /// The feature.
    #[schema(example = "whatsapp_messages")]
    feature: String,
    /// When the window began.
    #[schema(format = DateTime)]
    window_start: String,
    /// When it ends.
    #[schema(format = DateTime)]
    window_end: String,
    /// Percent of the allowance.
    #[schema(example = 85)]
    threshold: i16,
    /// What was used when it was crossed.
    #[schema(example = "1700")]
    used: String,
    /// What is included.
    #[schema(example = "2000")]
    limit: String,
    /// When it was crossed.
    #[schema(format = DateTime)]
    raised_at: String,
}

impl Alert {
    /// That of an allowance; capacities and balances have no window.
    fn of(row: AlertRow) -> Option<Self> {
        Some(Self {
            feature: row.feature?,
            window_start: row.window_start?.to_string(),
            window_end: row.window_end?.to_string(),
            threshold: row.threshold,
            used: plain(row.used),
            limit: plain(row.limit_quantity),
            raised_at: row.raised_at.to_string(),
        })
    }
}

/// Use some of a feature: from the plan's allowance, then from credits, else not at all.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/usage", tag = "usage",
    params(OrganizationPath), request_body = Consumption,
    responses(
        (status = 200, description = "Used", body = Answered<Consumed>),
        (status = 402, description = "Credits are short"),
        (status = 429, description = "The allowance is used up, or the feature is asked for too often"),
    )
)]
pub(crate) async fn consume_feature(
    State(gate): State<Gate>,
    customer: Customer,
    admission: Admission,
    name: CommandName,
    Payload(wanted): Payload<Consumption>,
) -> Result<Answer<Consumed>, Problem> {
    admission.ask(&gate, &customer.0, &wanted.feature).await?;
    let command = Command::from(Consume::of(wanted.feature, wanted.quantity));
    let applied = gate.execute(name.submit(customer.owner(), command)).await;
    let applied = applied.map_err(|failure| customer.problem(failure))?;
    Ok(Answer::done(&applied, told(&applied)?))
}

/// What an organization used.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/usage", tag = "usage",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "Window by window", body = UsageList))
)]
pub(crate) async fn list_usage(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<UsageList>, Problem> {
    freshness.wait(&gate, "usage", &customer.owner()).await?;
    let rows = usage::list(&gate.pool, &customer.0).await?;
    if rows.is_empty() {
        gate.registered(&customer.0).await?;
    }
    Ok(Json(UsageList { usage: rows.into_iter().map(WindowUse::from).collect() }))
}

/// The thresholds an organization crossed: each once in a window.
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
    Ok(Json(AlertList { alerts: rows.into_iter().filter_map(Alert::of).collect() }))
}
