//! Credit lots: granting, revoking and correcting by hand, and what remains of each.

use axum::Json;
use axum::extract::State;
use domain::credit_ledger::{self, Adjustment, Command, Grant, LotKind, Scheduled};
use domain::{ActorId, Credits, LotId, ReasonText};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::look::Look;
use crate::answer::{Answer, Answered, Receipt, told};
use crate::auth::Actor;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation::AmountShape;
use crate::request::{
    CommandName, Customer, Freshness, FreshnessParams, LotPath, OrganizationPath, Payload, amount, instant,
};

/// Lots that are shown at most; an organization has a handful.
const SHOWN_MAX: usize = 1_000;

/// Where credits that are added by hand come from.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GrantKind {
    /// Given: a promotion, goodwill.
    #[default]
    Granted,
    /// Bought elsewhere.
    Purchased,
    /// Given back.
    Refund,
}

impl From<GrantKind> for LotKind {
    fn from(kind: GrantKind) -> Self {
        match kind {
            GrantKind::Granted => Self::Granted,
            GrantKind::Purchased => Self::Purchased,
            GrantKind::Refund => Self::Refund,
        }
    }
}

/// Credits to add by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGrant {
    /// How many: above zero, at most six decimals.
    #[serde(deserialize_with = "amount::credits")]
    #[schema(value_type = AmountShape, example = "25")]
    amount: Credits,
    /// Where they come from.
    #[serde(default)]
    kind: GrantKind,
    /// The lowest number burns down first: 0 to 255, 10 unless given.
    #[serde(default)]
    #[schema(example = 1)]
    priority: Option<u8>,
    /// From when on they can be spent; at once, unless given.
    #[serde(default, deserialize_with = "instant::instant_if_given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-03-01T03:00:00Z")]
    effective_from: Option<Timestamp>,
    /// When what is left of them is lost; never, unless given.
    #[serde(default, deserialize_with = "instant::instant_if_given")]
    #[schema(value_type = Option<String>, format = DateTime, example = "2031-04-01T03:00:00Z")]
    expires_at: Option<Timestamp>,
    /// Why: 1 to 200 characters on one line.
    #[schema(value_type = String, example = "goodwill for the outage of 3 May")]
    reason: ReasonText,
    /// Who decides it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "support_3")]
    actor: Option<ActorId>,
}

/// Credits of a lot to take away.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revocation {
    /// How many; all that is left and not held, unless given.
    #[serde(default, deserialize_with = "amount::credits_if_given")]
    #[schema(value_type = Option<AmountShape>, example = "5")]
    amount: Option<Credits>,
    /// Why: 1 to 200 characters on one line.
    #[schema(value_type = String, example = "granted by mistake")]
    reason: ReasonText,
    /// Who decides it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "support_3")]
    actor: Option<ActorId>,
}

/// A correction of the balance.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Correction {
    /// By how many credits: above zero to add, below zero to take away in burn-down order; at most six decimals.
    #[serde(deserialize_with = "amount::adjustment")]
    #[schema(value_type = AmountShape, example = "-1.5")]
    amount: Adjustment,
    /// Why: 1 to 200 characters on one line.
    #[schema(value_type = String, example = "counted twice on 3 May")]
    reason: ReasonText,
    /// Who decides it, by an opaque id; the key, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "support_3")]
    actor: Option<ActorId>,
}

/// What became of the credits.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct CreditsChanged {
    /// Credits that can be spent.
    #[schema(example = "35.00")]
    balance: String,
    /// The lot that was added, or will be; null if none was.
    #[serde(default)]
    #[schema(example = "lot_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    lot: Option<String>,
}

/// What remains.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lots {
    /// Credits that can be spent.
    #[schema(value_type = String, example = "35.00")]
    balance: Credits,
    /// The lots that are not spent, in the order in which they burn down; the first 1,000.
    lots: Vec<Lot>,
    /// Lots that will be there later, in the order in which they will; the first 1,000.
    scheduled: Vec<ScheduledLot>,
    /// The position of the log that was seen.
    as_of: Receipt,
}

/// What remains of a lot.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lot {
    /// What it is called.
    #[schema(value_type = String, example = "lot_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    lot: LotId,
    /// `purchased`, `granted`, `commission` or `refund`.
    #[schema(example = "granted")]
    kind: &'static str,
    /// The lowest number burns down first.
    #[schema(example = 10)]
    priority: u8,
    /// Since when its credits can be spent.
    #[schema(value_type = String, format = DateTime)]
    effective_from: Timestamp,
    /// When what is left of them is lost; null is never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Credits that can be spent.
    #[schema(value_type = String, example = "25.00")]
    left: Credits,
    /// Credits that open holds reserve.
    #[schema(value_type = String, example = "0.00")]
    held: Credits,
}

impl From<&credit_ledger::Lot> for Lot {
    fn from(lot: &credit_ledger::Lot) -> Self {
        Self {
            lot: lot.id.clone(),
            kind: lot.kind.as_str(),
            priority: lot.priority,
            effective_from: lot.effective_from,
            expires_at: lot.expires_at,
            left: lot.left,
            held: lot.held,
        }
    }
}

/// A lot that will be there later.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScheduledLot {
    /// What it will be called.
    #[schema(value_type = String, example = "lot_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    lot: LotId,
    /// `purchased`, `granted` or `refund`.
    #[schema(example = "granted")]
    kind: &'static str,
    /// The lowest number burns down first.
    #[schema(example = 10)]
    priority: u8,
    /// From when on its credits can be spent.
    #[schema(value_type = String, format = DateTime)]
    effective_from: Timestamp,
    /// When what is left of them is lost; null is never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// How many credits.
    #[schema(value_type = String, example = "25.00")]
    amount: Credits,
    /// Why it was granted.
    #[schema(value_type = String, example = "goodwill for the outage of 3 May")]
    reason: ReasonText,
    /// Who granted it.
    #[schema(value_type = String, example = "support_3")]
    actor: ActorId,
}

impl From<&Scheduled> for ScheduledLot {
    fn from(lot: &Scheduled) -> Self {
        Self {
            lot: lot.id.clone(),
            kind: lot.kind.as_str(),
            priority: lot.priority,
            effective_from: lot.effective_from,
            expires_at: lot.expires_at,
            amount: lot.amount,
            reason: lot.reason.clone(),
            actor: lot.actor.clone(),
        }
    }
}

/// Add credits by hand, now or later.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/credits/grants", tag = "credits",
    params(OrganizationPath), request_body = NewGrant,
    responses((status = 201, description = "Granted, or scheduled", body = Answered<CreditsChanged>))
)]
pub(crate) async fn grant_credits(
    State(gate): State<Gate>,
    customer: Customer,
    caller: Actor,
    name: CommandName,
    Payload(new): Payload<NewGrant>,
) -> Result<Answer<CreditsChanged>, Problem> {
    let NewGrant { amount, kind, priority, effective_from, expires_at, reason, actor } = new;
    let (kind, actor) = (kind.into(), caller.decider(actor));
    let command = Command::Grant(Grant { amount, kind, priority, effective_from, expires_at, reason, actor });
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::created(&applied, told(&applied)?))
}

/// Take credits of one lot away, or a grant that is not yet due.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/credits/lots/{lot}/revoke", tag = "credits",
    params(LotPath), request_body = Revocation,
    responses((status = 200, description = "Taken away", body = Answered<CreditsChanged>))
)]
pub(crate) async fn revoke_lot(
    State(gate): State<Gate>,
    path: LotPath,
    caller: Actor,
    name: CommandName,
    Payload(Revocation { amount, reason, actor }): Payload<Revocation>,
) -> Result<Answer<CreditsChanged>, Problem> {
    let (customer, lot) = path.parts();
    let command = Command::Revoke { lot, amount, reason, actor: caller.decider(actor) };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}

/// Correct the balance by hand, up or down.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/credits/adjustments", tag = "credits",
    params(OrganizationPath), request_body = Correction,
    responses(
        (status = 201, description = "Corrected", body = Answered<CreditsChanged>),
        (status = 402, description = "There are not so many credits to take away"),
    )
)]
pub(crate) async fn adjust_credits(
    State(gate): State<Gate>,
    customer: Customer,
    caller: Actor,
    name: CommandName,
    Payload(Correction { amount, reason, actor }): Payload<Correction>,
) -> Result<Answer<CreditsChanged>, Problem> {
    let command = Command::Adjust { change: amount, reason, actor: caller.decider(actor) };
    let applied =
        gate.decide(&customer, name, command).await.map_err(|problem| problem.renamed("quantity", "amount"))?;
    Ok(Answer::created(&applied, told(&applied)?))
}

/// What remains of each lot now, from the log itself.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/credits/lots", tag = "credits",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "The lots", body = Lots))
)]
pub(crate) async fn list_lots(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<Lots>, Problem> {
    let look = Look::at(&gate, &customer, freshness).await?;
    let ledger = look.ledger();
    Ok(Json(Lots {
        balance: ledger.balance(),
        lots: ledger.lots().iter().take(SHOWN_MAX).map(Lot::from).collect(),
        scheduled: ledger.scheduled().iter().take(SHOWN_MAX).map(ScheduledLot::from).collect(),
        as_of: look.as_of(),
    }))
}

/// Write down what fell due: lots and holds that expired, grants that are due. Every command does so for its own
/// organization; this is for one that nobody sends any.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/settle", tag = "credits", params(OrganizationPath),
    responses((status = 200, description = "Nothing is due any more", body = Answered<CreditsChanged>))
)]
pub(crate) async fn settle(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
) -> Result<Answer<CreditsChanged>, Problem> {
    let applied = gate.decide(&customer, name, Command::Settle).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}
