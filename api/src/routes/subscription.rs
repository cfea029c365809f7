//! Starting a plan, and recording what was paid for it.

use axum::extract::State;
use domain::calendar::Interval;
use domain::subscription::Command;
use domain::{Currency, Money, PlanCode, Reference};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::representation::{self, AmountShape, Period};
use crate::request::amount::Amount;
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
    /// `awaiting_payment` or `active`.
    #[schema(example = "active")]
    standing: String,
    /// What each period costs.
    price: representation::Money,
    /// What is still to pay of the period being paid.
    still_due: representation::Money,
    /// The newest period that is paid.
    paid_period: Option<Period>,
    /// The payment, if one was recorded.
    #[schema(example = "pay_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    payment: Option<String>,
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
    let Amount(amount) = payment.amount;
    let amount = Money::positive(amount, payment.currency)
        .map_err(|fault| Fault::InvalidField { field: "amount".to_owned(), text: fault.to_string() })?;
    let command = Command::pay_by_hand(amount, payment.reference);
    let applied = gate.execute(name.submit(customer.owner(), command)).await;
    let applied = applied.map_err(|failure| customer.problem(failure))?;
    Ok(Answer::created(&applied, told(&applied)?))
}
