//! The way to pay that makes a trial go on by itself: what a provider keeps, by the provider's name for it.

use axum::extract::State;
use domain::subscription::Command;
use domain::{ProviderCode, Reference};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Subscription;
use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::request::{CommandName, Customer, OrganizationPath, Payload};

/// A way to pay that a provider keeps.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentMethod {
    /// The provider.
    #[schema(value_type = String, example = "stripe")]
    provider: ProviderCode,
    /// What it is called there; never a card's number.
    #[schema(value_type = String, example = "pm_1NqX")]
    reference: Reference,
}

/// Note a way to pay. It may be noted before a plan is started; then the answer holds nothing but the receipt.
#[utoipa::path(
    put, path = "/v1/organizations/{organization}/subscription/payment-method", tag = "subscriptions",
    params(OrganizationPath), request_body = PaymentMethod,
    responses((status = 200, description = "It is known", body = Answered<Option<Subscription>>))
)]
pub(crate) async fn attach_payment_method(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(PaymentMethod { provider, reference }): Payload<PaymentMethod>,
) -> Result<Answer<Option<Subscription>>, Problem> {
    let applied = gate.decide(&customer, name, Command::AttachPaymentMethod { provider, reference }).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}

/// Forget the way to pay.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization}/subscription/payment-method", tag = "subscriptions",
    params(OrganizationPath),
    responses((status = 200, description = "None is known", body = Answered<Option<Subscription>>))
)]
pub(crate) async fn detach_payment_method(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
) -> Result<Answer<Option<Subscription>>, Problem> {
    let applied = gate.decide(&customer, name, Command::DetachPaymentMethod).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}
