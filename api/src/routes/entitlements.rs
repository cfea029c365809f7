//! What an organization may use, asked without using it: checks, from the log itself and mostly from memory.
//!
//! A check is no promise: whoever consumes first has it. Its answer names the catalog version and the position of the
//! log it was found on.

pub(crate) mod check;
mod shape;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use domain::credit_ledger::Upgrade;
use domain::entitlement::{self, PlanGate};
use domain::{ActorId, FeatureCode, PlanCode, Quantity, Rejection};
use event_store::Failure;

use super::look::Look;
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::registration;
use crate::request::amount::AskedQuantity;
use crate::request::{Customer, FeaturePath, Freshness, FreshnessParams, OrganizationPath, QueryParams};
use shape::{CheckedFeature, Entitlements, Found, GateAnswer};

impl Look {
    fn check(
        &self,
        actor: Option<&ActorId>,
        feature: &FeatureCode,
        quantity: Quantity,
    ) -> Result<shape::Entitlement, Problem> {
        let found = entitlement::check_for(actor, &self.sight.account.ledger, feature, quantity, &self.context);
        Ok(found.map_err(|refused| self.refused(self.catalog_version(), Rejection::CreditLedger(refused)))?.into())
    }

    fn require(&self, query: &CheckQuery, feature: &FeatureCode) -> Result<(), Failure> {
        let ledger = &self.sight.account.ledger;
        let allowed = entitlement::require(query.actor.as_ref(), ledger, feature, query.quantity, &self.context);
        allowed.map_err(|refused| self.refused(self.catalog_version(), Rejection::CreditLedger(refused)))
    }

    fn gate(&self, plan: &PlanCode, catalog: &domain::catalog::CatalogVersion) -> Result<PlanGate, Rejection> {
        entitlement::at_least(plan, self.terms(), catalog).map_err(Rejection::Subscription)
    }
}

/// What an organization may use: every feature of its product, asked for one of each.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/entitlements", tag = "entitlements",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "Every feature, by code", body = Entitlements))
)]
pub(crate) async fn list_entitlements(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<Entitlements>, Problem> {
    let look = Look::at(&gate, &customer, freshness).await?;
    let all = entitlement::check_all(&look.sight.account.ledger, &look.context);
    let all = all.map_err(|refused| look.refused(look.catalog_version(), Rejection::CreditLedger(refused)))?;
    let entitlements = all.into_iter().map(Into::into).collect();
    Ok(Json(Entitlements { found: Found::of(&look), entitlements }))
}

/// May so much of a feature be used? Allowed or not, it is 200, unless `require=true`; nothing is used or reserved.
///
/// Of a quota it says what a consumption would be told at that moment.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/entitlements/{feature}", tag = "entitlements",
    params(FeaturePath, CheckQuery, FreshnessParams),
    responses(
        (status = 200, description = "Allowed or not, and why", body = CheckedFeature),
        (status = 402, description = "It is required, and credits are short"),
    )
)]
pub(crate) async fn get_entitlement(
    State(gate): State<Gate>,
    path: FeaturePath,
    query: CheckQuery,
) -> Result<Json<CheckedFeature>, Problem> {
    let (customer, feature) = path.parts();
    let look = Look::at(&gate, &customer, query.freshness).await?;
    if query.require {
        look.require(&query, &feature).map_err(|refused| customer.problem(refused))?;
    }
    let entitlement = look.check(query.actor.as_ref(), &feature, query.quantity);
    let entitlement = entitlement.map_err(|problem| problem.with("organization", customer.0.as_str()))?;
    Ok(Json(CheckedFeature { found: Found::of(&look), entitlement }))
}

/// Is the plan of an organization at least this one? Open or shut, it is 200, unless `require=true`.
///
/// Plans are ordered by their place in the catalog the plan was sold under; a plan that came later, by its place in the
/// newest one.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/gate", tag = "entitlements",
    params(OrganizationPath, GateQuery, FreshnessParams),
    responses((status = 200, description = "Open or shut, and why", body = GateAnswer))
)]
pub(crate) async fn get_gate(
    State(gate): State<Gate>,
    customer: Customer,
    query: GateQuery,
) -> Result<Json<GateAnswer>, Problem> {
    let look = Look::at(&gate, &customer, query.freshness).await?;
    let bound = look.context.catalog.clone();
    let mut answer = bound.as_deref().map(|catalog| (look.gate(&query.plan, catalog), catalog.version));
    if let Some((Err(_), _)) | None = &answer {
        let newest = registration::catalog(&gate, &look.terms().product).await?;
        let asked = newest.as_deref().map(|catalog| (look.gate(&query.plan, catalog), catalog.version));
        answer = asked.or(answer);
    }
    let (found, version) = answer.ok_or(Fault::Internal)?;
    let found = found.map_err(|unknown| customer.problem(look.refused(Some(version), unknown)))?;
    match found.upgrade {
        Some(way) if query.require => {
            let Upgrade { plan, url } = *way;
            let (current_plan, plan_needed, upgrade_url) = (found.current_plan, plan, url);
            let shut = Problem::from(Fault::PlanNotReached { current_plan, plan_needed, upgrade_url });
            Err(shut.with("organization", customer.0.as_str()).decided_on(&look.grounds()))
        }
        _ => Ok(Json(GateAnswer::of(&look, query.plan, found, version))),
    }
}

/// How much is asked about.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CheckQuery {
    /// How much of a quota or a capacity: above zero, at most six decimals. One, unless given.
    #[param(value_type = Option<String>, example = "1")]
    quantity: Quantity,
    /// Who would use it; administrators are not limited.
    #[param(value_type = Option<String>, example = "user_17")]
    actor: Option<ActorId>,
    /// `true` to be refused where it is not allowed, with the problem that a use of it would get.
    #[param(value_type = Option<bool>, example = true)]
    require: bool,
    #[param(ignore)]
    freshness: Freshness,
}

impl<S: Send + Sync> FromRequestParts<S> for CheckQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let quantity = query.take("quantity")?.map_or(Quantity::ONE, |AskedQuantity(quantity)| quantity);
        let (actor, require) = (query.token("actor")?, query.take("require")?.unwrap_or(false));
        let read = Self { quantity, actor, require, freshness: Freshness::take(&mut query)? };
        query.finish()?;
        Ok(read)
    }
}

/// Which plan is asked for.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct GateQuery {
    /// The smallest plan that is let through.
    #[param(value_type = String, example = "starter")]
    plan: PlanCode,
    /// `true` to be refused where the gate is shut.
    #[param(value_type = Option<bool>, example = true)]
    require: bool,
    #[param(ignore)]
    freshness: Freshness,
}

impl<S: Send + Sync> FromRequestParts<S> for GateQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let missing = || Fault::InvalidField { field: "plan".to_owned(), text: "say which plan".to_owned() };
        let plan = query.token("plan")?.ok_or_else(missing)?;
        let require = query.take("require")?.unwrap_or(false);
        let read = Self { plan, require, freshness: Freshness::take(&mut query)? };
        query.finish()?;
        Ok(read)
    }
}
