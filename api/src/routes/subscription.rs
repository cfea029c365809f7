//! Starting a plan, and recording what was paid for it.

pub(crate) mod changes;
pub(crate) mod payment_method;

use axum::extract::State;
use domain::calendar::Interval;
use domain::subscription::{Command, Received};
use domain::{Currency, InvoiceId, PlanCode, Reference};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation::{self, AmountShape, Period};
use crate::request::amount::{Amount, money};
use crate::request::{CommandName, Customer, OrganizationPath, Payload};

/// A plan to start.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanStart {
    /// A plan of the newest catalog version.
    #[schema(value_type = String, example = "starter")]
    plan: PlanCode,
    /// How often it is paid: `month` or `year`.
    #[serde(default = "every_month")]
    #[schema(value_type = String, example = "month", default = "month")]
    interval: Interval,
}

fn every_month() -> Interval {
    Interval::Month
}

/// Money that was received by hand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payment {
    /// How much, with at most the currency's decimals.
    #[schema(value_type = AmountShape, example = "15.00")]
    amount: Amount,
    /// ISO 4217; the plan's own currency.
    #[schema(value_type = String, example = "USD")]
    currency: Currency,
    /// The invoice it pays; without one, the oldest that are open.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "inv_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1")]
    invoice: Option<InvoiceId>,
    /// What the payment is called where it was received.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "transfer-2041")]
    reference: Option<Reference>,
}

/// Where a subscription stands.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Subscription {
    /// The plan.
    #[schema(example = "starter")]
    plan: String,
    /// The catalog version it was sold under.
    #[schema(example = 1)]
    catalog_version: u32,
    /// `awaiting_payment`, `trialing`, `active`, `past_due` (it still entitles), `suspended`, `paused` or `canceled`.
    #[schema(example = "active")]
    standing: String,
    /// What each period costs.
    price: representation::Money,
    /// What is still to pay in all.
    still_due: representation::Money,
    /// The newest period that is paid.
    paid_period: Option<Period>,
    /// The payment, if one was recorded.
    #[schema(example = "pay_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    payment: Option<String>,
    /// The period it is in.
    #[serde(default)]
    period: Option<Period>,
    /// When the trial ends.
    #[serde(default)]
    #[schema(example = "2031-03-01T12:00:00Z")]
    trial_ends_at: Option<String>,
    /// What happens when the period is over: `plan`, `cancellation` or `pause`, with what was decided about it.
    #[serde(default)]
    #[schema(value_type = Option<Object>, example = json!({ "cancellation": { "reason": "moves to another tool" } }))]
    scheduled: Option<serde_json::Value>,
    /// Money that was paid and pays the next invoices.
    #[serde(default)]
    balance: Option<representation::Money>,
    /// The newest invoice that was issued with the command.
    #[serde(default)]
    #[schema(example = "inv_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1")]
    invoice: Option<String>,
    /// The refund, if one was recorded.
    #[serde(default)]
    #[schema(example = "ref_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    refund: Option<String>,
}

/// Start a plan. A paid one entitles once its first period is paid.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/subscription", tag = "subscriptions",
    params(OrganizationPath), request_body = PlanStart,
    responses((status = 201, description = "Started", body = Answered<Subscription>))
)]
pub(crate) async fn start_subscription(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(start): Payload<PlanStart>,
) -> Result<Answer<Subscription>, Problem> {
    let command = Command::Start { plan: start.plan, interval: start.interval };
    let applied = gate.execute(name.submit(customer.owner(), command)).await;
    let applied = applied.map_err(|failure| customer.problem(failure))?;
    Ok(Answer::created(&applied, told(&applied)?))
}

/// Record a payment that was received by hand: cash, a bank transfer.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/payments", tag = "subscriptions",
    params(OrganizationPath), request_body = Payment,
    responses((status = 201, description = "Recorded", body = Answered<Subscription>))
)]
pub(crate) async fn record_payment(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(payment): Payload<Payment>,
) -> Result<Answer<Subscription>, Problem> {
    let Payment { amount, currency, invoice, reference } = payment;
    let (amount, method) = (money(amount, currency)?, Received::ByHand);
    let applied = gate.decide(&customer, name, Command::RecordPayment { amount, invoice, method, reference }).await?;
    Ok(Answer::created(&applied, told(&applied)?))
}
