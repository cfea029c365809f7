//! Consuming features, one by one or many at once, and reading what was consumed.

pub(crate) mod batch;
mod item;
pub(crate) mod reversal;
pub(crate) mod summary;

use axum::Json;
use axum::extract::State;
use domain::credit_ledger::{Command, Consume};
use domain::{ActorId, Attributes, FeatureCode, Quantity};
use jiff::Timestamp;
use projections::usage::{self, Usage as UsageRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::rate::Admission;
use crate::representation::{self, AmountShape, Money, plain};
use crate::request::{CommandName, Customer, Freshness, FreshnessParams, OrganizationPath, Payload, amount, instant};

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
    /// When it happened, if not now; since the organization was registered. It is recorded; what is counted is counted
    /// now.
    #[serde(default, deserialize_with = "instant::instant_if_given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-03-01T03:00:00Z")]
    occurred_at: Option<Timestamp>,
    /// Who used it, by an opaque id: the log is for ever. Administrators are not limited.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
    /// What the caller tells such consumptions apart by: at most 16 texts of at most 128 characters.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({ "campaign": "autumn" }))]
    attributes: Attributes,
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
    /// What it put on the next invoice; null if nothing.
    #[serde(default)]
    price: Option<Money>,
    /// The feature as it stands now.
    usage: Option<FeatureUse>,
}

/// A feature in its window.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct FeatureUse {
    /// The feature.
    #[schema(example = "whatsapp_messages")]
    feature: String,
    /// All that was used or is held, included and past it.
    #[schema(example = "2001")]
    used: String,
    /// What is included, with what was carried into the window; null if unlimited.
    #[schema(example = "2000")]
    limit: Option<String>,
    /// What was carried into the window.
    #[serde(default = "nothing")]
    #[schema(example = "0")]
    carried: String,
    /// What is left of it; null if unlimited.
    #[schema(example = "0")]
    remaining: Option<String>,
    /// When the window turns over.
    #[schema(format = DateTime, example = "2031-04-01T03:00:00Z")]
    resets_at: String,
}

/// Answers of an earlier release do not say what was carried over: there was no such thing.
fn nothing() -> String {
    "0".to_owned()
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
    let Consumption { feature, quantity, occurred_at, actor, attributes } = wanted;
    let command = Command::Consume(Consume { feature, quantity, occurred_at, actor, attributes });
    let applied = gate.decide(&customer, name, command).await?;
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
