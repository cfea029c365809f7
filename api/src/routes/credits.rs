//! Adding credits, and reading where they went.

pub(crate) mod invoices;
pub(crate) mod lots;
pub(crate) mod top_up_rule;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use domain::credit_ledger::Command;
use domain::{Credits, Reference};
use projections::credit_statement::{self, Entry as EntryRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation::{self, AmountShape};
use crate::request::{
    CommandName, Customer, Freshness, FreshnessParams, OrganizationPath, Payload, QueryParams, amount,
};

/// Credits that were bought.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopUp {
    /// How many: above zero, at most six decimals.
    #[serde(deserialize_with = "amount::credits")]
    #[schema(value_type = AmountShape, example = "10")]
    amount: Credits,
    /// What the purchase is called where it was made.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "order-7")]
    reference: Option<Reference>,
}

/// What a top-up did.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct ToppedUp {
    /// Credits left.
    #[schema(example = "10.00")]
    balance: String,
}

/// The credits of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct Balance {
    /// The organization.
    #[schema(example = "pedro")]
    organization: String,
    /// Credits left.
    #[schema(example = "9.95")]
    balance: String,
    /// Credits that ever came in.
    #[schema(example = "10.00")]
    granted: String,
    /// Credits that ever went out.
    #[schema(example = "0.05")]
    spent: String,
    /// When they last changed; null if they never did.
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

/// A page of a statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct Statement {
    /// The entries, oldest first.
    entries: Vec<StatementEntry>,
    /// The `after` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 17)]
    next_after: Option<i64>,
}

/// One line of a statement.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatementEntry {
    /// Its position in the log.
    #[schema(example = 17)]
    position: i64,
    /// When it was decided.
    #[schema(format = DateTime)]
    at: String,
    /// Where credits came from: `purchased`, `granted`, `commission`, `refund`; or what became of them: `charge`, `held`,
    /// `captured`, `released` from a hold, `returned` for a consumption, `expired`, `revoked`, `deducted`, `clawed_back`,
    /// `invoice` that they paid, `invoice_returned`.
    #[schema(example = "charge")]
    kind: String,
    /// Credits: positive in, negative out; nothing for a capture, because what it spent was held.
    #[schema(example = "-0.05")]
    amount: String,
    /// Credits left behind it.
    #[schema(example = "9.95")]
    balance_after: String,
    /// The feature that was charged.
    #[schema(example = "whatsapp_messages")]
    feature: Option<String>,
    /// How much of it was charged.
    #[schema(example = "1")]
    quantity: Option<String>,
    /// The commission that was granted.
    commission: Option<String>,
    /// What the purchase is called elsewhere, or the invoice that was paid.
    #[schema(example = "order-7")]
    reference: Option<String>,
    /// Credits that were spent, of a charge or a capture.
    #[schema(example = "0.05")]
    charged: Option<String>,
    /// The lot that came or went.
    lot: Option<String>,
    /// The hold.
    hold: Option<String>,
    /// Why, if by hand.
    reason: Option<String>,
    /// Who, if by hand.
    actor: Option<String>,
}

impl From<EntryRow> for StatementEntry {
    fn from(row: EntryRow) -> Self {
        Self {
            position: row.position,
            at: row.at.to_string(),
            kind: row.kind,
            amount: representation::credits(row.amount),
            balance_after: representation::credits(row.balance_after),
            feature: row.feature,
            quantity: row.quantity.map(representation::plain),
            commission: row.commission,
            reference: row.reference,
            charged: row.charged.map(representation::credits),
            lot: row.lot,
            hold: row.hold,
            reason: row.reason,
            actor: row.actor,
        }
    }
}

/// Add credits that were bought.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/credits", tag = "credits",
    params(OrganizationPath), request_body = TopUp,
    responses((status = 201, description = "Added", body = Answered<ToppedUp>))
)]
pub(crate) async fn top_up(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(bought): Payload<TopUp>,
) -> Result<Answer<ToppedUp>, Problem> {
    let command = Command::TopUp { amount: bought.amount, reference: bought.reference };
    let applied = gate.execute(name.submit(customer.owner(), command)).await;
    let applied = applied.map_err(|failure| customer.problem(failure))?;
    Ok(Answer::created(&applied, told(&applied)?))
}

/// The credits an organization has.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/credits", tag = "credits",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "Its credits", body = Balance))
)]
pub(crate) async fn get_balance(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<Balance>, Problem> {
    freshness.wait(&gate, "balance", &customer.owner()).await?;
    let row = projections::balance::find(&gate.pool, &customer.0).await?;
    if row.is_none() {
        gate.registered(&customer.0).await?;
    }
    let credits = |amount: Option<_>| representation::credits(amount.unwrap_or_default());
    Ok(Json(Balance {
        organization: customer.0.to_string(),
        balance: credits(row.as_ref().map(|row| row.balance)),
        granted: credits(row.as_ref().map(|row| row.granted)),
        spent: credits(row.as_ref().map(|row| row.spent)),
        updated_at: row.map(|row| row.updated_at.to_string()),
    }))
}

/// Every credit that came in or went out.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/credits/statement", tag = "credits",
    params(OrganizationPath, StatementQuery, FreshnessParams),
    responses((status = 200, description = "A page of it, oldest first", body = Statement))
)]
pub(crate) async fn get_statement(
    State(gate): State<Gate>,
    customer: Customer,
    query: StatementQuery,
) -> Result<Json<Statement>, Problem> {
    query.freshness.wait(&gate, "credit_statement", &customer.owner()).await?;
    let rows = credit_statement::list(&gate.pool, &customer.0, query.after, query.limit).await?;
    if rows.is_empty() {
        gate.registered(&customer.0).await?;
    }
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == query.limit);
    let next_after = rows.last().filter(|_| is_full).map(|row| row.position);
    Ok(Json(Statement { entries: rows.into_iter().map(StatementEntry::from).collect(), next_after }))
}

/// Which entries.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementQuery {
    /// Only those after this position.
    #[param(required = false, default = 0)]
    after: i64,
    /// How many at most.
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    limit: i64,
    #[param(ignore)]
    freshness: Freshness,
}

impl<S: Send + Sync> FromRequestParts<S> for StatementQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let read = Self {
            after: query.take("after")?.unwrap_or_default(),
            limit: query.limit()?,
            freshness: Freshness::take(&mut query)?,
        };
        query.finish()?;
        Ok(read)
    }
}
