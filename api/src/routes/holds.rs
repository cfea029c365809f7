//! Holds: reserving what is going to be used, before its size is known.
//!
//! ```text
//! hold 10 ──► capture 4 ──► capture 5, release the rest
//!        └──► release, or nothing: it lets go by itself when it expires
//! ```

use axum::Json;
use axum::extract::State;
use domain::credit_ledger::hold::HeldPast;
use domain::credit_ledger::{Capture, Command, Hold, OpenHold, Rest};
use domain::{ActorId, Attributes, Credits, FeatureCode, HoldId, Quantity};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::look::Look;
use super::usage::FeatureUse;
use crate::answer::{Answer, Answered, Receipt, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::rate::Admission;
use crate::representation::{AmountShape, Money, Period};
use crate::request::{
    CommandName, Customer, Freshness, FreshnessParams, HoldPath, OrganizationPath, Payload, amount, instant,
};

/// What is to be reserved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHold {
    /// A quota of the plan.
    #[schema(value_type = String, example = "ai_runs")]
    feature: FeatureCode,
    /// How much, an estimate: above zero, at most six decimals.
    #[serde(deserialize_with = "amount::quantity")]
    #[schema(value_type = AmountShape, example = "10")]
    quantity: Quantity,
    /// When it lets go by itself: at most 31 days from now.
    #[serde(deserialize_with = "instant::instant")]
    #[schema(value_type = String, format = DateTime, example = "2031-03-01T03:10:00Z")]
    expires_at: Timestamp,
    /// Who will have used it, by an opaque id. Administrators are not limited.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
}

/// What was used of a hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCapture {
    /// How much: above zero, at most six decimals. More than the hold has left only where the plan settles above holds.
    #[serde(deserialize_with = "amount::quantity")]
    #[schema(value_type = AmountShape, example = "4")]
    quantity: Quantity,
    /// What becomes of the rest: `release` it, because the true size is known, or `keep` it for another capture.
    #[serde(default = "release")]
    #[schema(value_type = String, example = "keep", default = "release")]
    rest: Rest,
    /// When it happened, if not now.
    #[serde(default, deserialize_with = "instant::instant_if_given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-03-01T03:00:00Z")]
    occurred_at: Option<Timestamp>,
    /// What the caller tells such consumptions apart by: at most 16 texts of at most 128 characters.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>, example = json!({ "model": "large" }))]
    attributes: Attributes,
}

fn release() -> Rest {
    Rest::Release
}

/// How long a hold is to last.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extension {
    /// When it lets go by itself: later than it does now, and at most 31 days from now.
    #[serde(deserialize_with = "instant::instant")]
    #[schema(value_type = String, format = DateTime, example = "2031-03-01T03:20:00Z")]
    expires_at: Timestamp,
}

/// What became of a hold.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Held {
    /// The hold as it stands now.
    hold: Option<HoldStanding>,
    /// Credits that can be spent: what holds reserve is not among them.
    #[schema(example = "9.50")]
    balance: String,
    /// Credits that what was used cost.
    #[schema(example = "0.20")]
    charged: String,
    /// What it put on the next invoice; null if nothing.
    price: Option<Money>,
    /// The feature as it stands now.
    usage: Option<FeatureUse>,
}

/// A hold after a command.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct HoldStanding {
    /// What it is called.
    #[schema(example = "hold_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    hold: String,
    /// How much it still reserves; nothing once it is resolved.
    #[schema(example = "6")]
    left: String,
    /// When it lets go by itself; null once it is resolved.
    #[schema(format = DateTime, example = "2031-03-01T03:10:00Z")]
    expires_at: Option<String>,
}

/// The holds of an organization that are not resolved, by id: at most 1,000.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenHolds {
    /// The holds.
    holds: Vec<HoldShown>,
    /// The position of the log that was seen.
    as_of: Receipt,
}

/// A hold that is not resolved.
#[derive(Serialize, ToSchema)]
pub(crate) struct HoldShown {
    /// What it is called.
    #[schema(value_type = String, example = "hold_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    hold: HoldId,
    /// The feature.
    #[schema(value_type = String, example = "ai_runs")]
    feature: FeatureCode,
    /// How much it reserved in all.
    #[schema(value_type = String, example = "10")]
    quantity: Quantity,
    /// How much of that was captured.
    #[schema(value_type = String, example = "4")]
    captured: Quantity,
    /// How much it still reserves.
    #[schema(value_type = String, example = "6")]
    left: Quantity,
    /// How much of it the plan's allowance gave.
    #[schema(value_type = String, example = "10")]
    included: Quantity,
    /// Credits it still reserves.
    #[schema(value_type = String, example = "0.00")]
    credits: Credits,
    /// The window whose allowance it takes from.
    window: Period,
    /// When it lets go by itself.
    #[schema(value_type = String, format = DateTime, example = "2031-03-01T03:10:00Z")]
    expires_at: Timestamp,
    /// Who will have used it.
    #[schema(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
}

impl HoldShown {
    fn of((hold, open): (&HoldId, &OpenHold)) -> Self {
        let credits = match &open.past {
            HeldPast::Credits { draws, .. } => draws.iter().map(|draw| draw.amount).sum(),
            HeldPast::Later | HeldPast::Waived => Credits::ZERO,
        };
        Self {
            hold: hold.clone(),
            feature: open.feature.clone(),
            quantity: open.quantity,
            captured: open.captured,
            left: open.left(),
            included: open.included,
            credits,
            window: open.window.into(),
            expires_at: open.expires_at,
            actor: open.actor.clone(),
        }
    }
}

/// Reserve some of a feature: what a consumption would take now is nobody else's until it is captured or let go of.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/holds", tag = "usage",
    params(OrganizationPath), request_body = NewHold,
    responses(
        (status = 201, description = "Reserved", body = Answered<Held>),
        (status = 402, description = "Credits are short"),
    )
)]
pub(crate) async fn place_hold(
    State(gate): State<Gate>,
    customer: Customer,
    admission: Admission,
    name: CommandName,
    Payload(wanted): Payload<NewHold>,
) -> Result<Answer<Held>, Problem> {
    admission.ask(&gate, &customer.0, &wanted.feature).await?;
    let NewHold { feature, quantity, expires_at, actor } = wanted;
    let command = Command::Hold(Hold { feature, quantity, expires_at, actor });
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::created(&applied, told(&applied)?))
}

/// Use what a hold reserves: less than that, all of it, or more where the plan settles above holds.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/holds/{hold}/capture", tag = "usage",
    params(HoldPath), request_body = NewCapture,
    responses(
        (status = 200, description = "Used", body = Answered<Held>),
        (status = 402, description = "Credits are short for what is above the hold"),
    )
)]
pub(crate) async fn capture_hold(
    State(gate): State<Gate>,
    path: HoldPath,
    name: CommandName,
    Payload(used): Payload<NewCapture>,
) -> Result<Answer<Held>, Problem> {
    let (customer, hold) = path.parts();
    let NewCapture { quantity, rest, occurred_at, attributes } = used;
    let command = Command::Capture(Capture { hold, quantity, rest, occurred_at, attributes });
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}

/// Let go of what a hold still reserves.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/holds/{hold}/release", tag = "usage", params(HoldPath),
    responses((status = 200, description = "Free again", body = Answered<Held>))
)]
pub(crate) async fn release_hold(
    State(gate): State<Gate>,
    path: HoldPath,
    name: CommandName,
) -> Result<Answer<Held>, Problem> {
    let (customer, hold) = path.parts();
    let applied = gate.decide(&customer, name, Command::Release { hold }).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}

/// Let a hold last longer.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/holds/{hold}/extend", tag = "usage",
    params(HoldPath), request_body = Extension,
    responses((status = 200, description = "It lasts so long", body = Answered<Held>))
)]
pub(crate) async fn extend_hold(
    State(gate): State<Gate>,
    path: HoldPath,
    name: CommandName,
    Payload(Extension { expires_at }): Payload<Extension>,
) -> Result<Answer<Held>, Problem> {
    let (customer, hold) = path.parts();
    let applied = gate.decide(&customer, name, Command::Extend { hold, expires_at }).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}

/// The holds that are open now, from the log itself.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/holds", tag = "usage",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "The holds", body = OpenHolds))
)]
pub(crate) async fn list_holds(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<OpenHolds>, Problem> {
    let look = Look::at(&gate, &customer, freshness).await?;
    let holds = look.ledger().holds().map(HoldShown::of).collect();
    Ok(Json(OpenHolds { holds, as_of: look.as_of() }))
}
