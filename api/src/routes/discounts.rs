//! Discounts of an organization: redeeming a code, reading what is in force, ending it.

use axum::Json;
use axum::extract::State;
use domain::discount::DiscountTerms;
use domain::subscription::Command;
use domain::{DiscountCode, Kind, PlanCode, Rejection, State as Aggregate, subscription};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::discount_codes::Terms;
use super::look::Look;
use crate::answer::{Answer, Answered, Receipt};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::redemption::Redemption;
use crate::request::{CommandName, Customer, DiscountPath, Freshness, FreshnessParams, OrganizationPath, Payload};

/// A code to redeem.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeToRedeem {
    /// The code.
    #[schema(value_type = String, example = "SPRING20")]
    code: DiscountCode,
    /// The plan it is redeemed for, of an organization that has started none yet; its own, unless given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "starter")]
    plan: Option<PlanCode>,
}

/// A discount in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct Discount {
    /// The code that was redeemed.
    #[schema(value_type = String, example = "SPRING20")]
    code: DiscountCode,
    /// What it was worth when it was.
    #[serde(flatten)]
    terms: Terms,
    /// How many periods were billed less because of it.
    #[schema(example = 0)]
    periods_used: u16,
}

impl Discount {
    fn of(code: &DiscountCode, terms: &DiscountTerms, periods_used: u16) -> Self {
        Self { code: code.clone(), terms: Terms::of(terms), periods_used }
    }
}

/// The discounts of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct Discounts {
    /// Those in force, in the order in which they were redeemed.
    discounts: Vec<Discount>,
    /// The position of the log that was seen.
    as_of: Receipt,
}

/// A discount that takes nothing off any more.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndedDiscount {
    /// Its code.
    #[schema(value_type = String, example = "SPRING20")]
    code: DiscountCode,
}

/// Redeem a discount code. It takes something off what is billed from now on, by its terms of this moment.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/discounts", tag = "discounts",
    params(OrganizationPath), request_body = CodeToRedeem,
    responses((status = 201, description = "In force", body = Answered<Discount>))
)]
pub(crate) async fn redeem_code(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(CodeToRedeem { code, plan }): Payload<CodeToRedeem>,
) -> Result<Answer<Discount>, Problem> {
    let product = gate.registered(&customer.0).await?.product;
    let plan = match plan {
        Some(plan) => plan,
        None => plan_of(&gate, &customer).await?,
    };
    let redemption = Redemption { product, organization: customer.0.clone(), code: code.clone(), plan };
    let carried_out = redemption.carry_out(&gate, name.key, name.request_id).await;
    let (applied, terms) = carried_out
        .map_err(|problem| problem.with("organization", customer.0.as_str()).renamed("discount_code", "code"))?;
    Ok(Answer::created(&applied, Discount::of(&code, &terms, 0)))
}

/// The plan an organization has started.
async fn plan_of(gate: &Gate, customer: &Customer) -> Result<PlanCode, Problem> {
    let sold = |state: &Aggregate| {
        let Aggregate::Subscription(subscription) = state else { return None };
        subscription.sold()
    };
    let sold = gate.inspect(Kind::Subscription, customer.owner(), sold).await?;
    let (plan, _) = sold.ok_or_else(|| {
        let organization = customer.0.clone();
        Problem::from(Rejection::Subscription(subscription::Rejection::NotStarted { organization }))
    })?;
    Ok(plan)
}

/// The discounts in force, from the log itself.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/discounts", tag = "discounts",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "The discounts", body = Discounts))
)]
pub(crate) async fn list_discounts(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<Discounts>, Problem> {
    let as_of = Look::at(&gate, &customer, freshness).await?.as_of();
    let in_force = |state: &Aggregate| {
        let Aggregate::Subscription(subscription) = state else { return Vec::new() };
        subscription.discounts().to_vec()
    };
    let known = gate.inspect(Kind::Subscription, customer.owner(), in_force).await?;
    let discounts = known.iter().map(|known| Discount::of(&known.code, &known.terms, known.periods)).collect();
    Ok(Json(Discounts { discounts, as_of }))
}

/// End a discount: it takes nothing off what is billed from now on. The code stays redeemed.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization}/discounts/{code}", tag = "discounts", params(DiscountPath),
    responses((status = 200, description = "Ended", body = Answered<EndedDiscount>))
)]
pub(crate) async fn end_discount(
    State(gate): State<Gate>,
    path: DiscountPath,
    name: CommandName,
) -> Result<Answer<EndedDiscount>, Problem> {
    let (customer, code) = path.parts();
    let command = Command::RemoveDiscount { code: code.clone() };
    let applied =
        gate.decide(&customer, name, command).await.map_err(|problem| problem.renamed("discount_code", "code"))?;
    Ok(Answer::done(&applied, EndedDiscount { code }))
}
