//! Registering organizations, and reading them.

pub(crate) mod administrators;
pub(crate) mod overrides;
pub(crate) mod standing;
pub(crate) mod test_clock;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use domain::calendar::Zone;
use domain::organization::{Environment, Registered};
use domain::stream::Owner;
use domain::{OrganizationId, ProductCode, ReferralCode};
use projections::organizations::{self, OrganizationRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered};
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::registration::{self, Registration};
use crate::representation::{self, Money};
use crate::request::{CommandName, Customer, Freshness, FreshnessParams, OrganizationPath, Payload, QueryParams};

/// The projection behind these reads.
const PROJECTION: &str = "organizations";

/// An organization that wants in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrganization {
    /// Its id; made by Tollgate if it is left out. Put no personal data in it: the log is for ever.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "pedro")]
    id: Option<OrganizationId>,
    /// The product it buys.
    #[schema(value_type = String, example = "agencia")]
    product: ProductCode,
    /// Where its days begin and end: an IANA name.
    #[schema(value_type = String, example = "America/Santiago")]
    time_zone: Zone,
    /// The code of whoever referred it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "7KQ2M9XWRA")]
    referral_code: Option<ReferralCode>,
    /// Is it a test? Of a sandbox it can be said what instant it is; nothing else is different.
    #[serde(default)]
    #[schema(default = false)]
    sandbox: bool,
}

/// What registration fixed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisteredOrganization {
    /// Its id.
    #[schema(example = "pedro")]
    organization: String,
    /// Its product.
    #[schema(example = "agencia")]
    product: String,
    /// Where its days begin and end.
    #[schema(example = "America/Santiago")]
    time_zone: String,
    /// The code it can hand to others.
    #[schema(example = "9HT4XW2MKA")]
    referral_code: String,
    /// The organization that referred it.
    #[schema(example = "maria")]
    sponsor: Option<String>,
    /// `live` or `sandbox`.
    #[schema(example = "live")]
    environment: &'static str,
}

impl From<Registered> for RegisteredOrganization {
    fn from(registered: Registered) -> Self {
        Self {
            organization: registered.organization.to_string(),
            product: registered.product.to_string(),
            time_zone: registered.time_zone.name().to_owned(),
            referral_code: registered.referral_code.to_string(),
            sponsor: registered.sponsor.map(|sponsorship| sponsorship.sponsor.to_string()),
            environment: registered.environment.as_str(),
        }
    }
}

/// An organization and where its subscription stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Organization {
    /// Its id.
    #[schema(example = "pedro")]
    organization: String,
    /// Its product.
    #[schema(example = "agencia")]
    product: String,
    /// Where its days begin and end.
    #[schema(example = "America/Santiago")]
    time_zone: String,
    /// The code it can hand to others.
    #[schema(example = "9HT4XW2MKA")]
    referral_code: String,
    /// The organization that referred it.
    #[schema(example = "maria")]
    sponsor: Option<String>,
    /// `live` or `sandbox`.
    #[schema(example = "live")]
    environment: String,
    /// `active`, or `suspended`: then it may read and pay, and use nothing.
    #[schema(example = "active")]
    status: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    registered_at: String,
    /// Where its subscription stands: `none`, `awaiting_payment`, `active`.
    #[schema(example = "active")]
    subscription: String,
    /// Its plan.
    #[schema(example = "starter")]
    plan: Option<String>,
    /// The catalog version the plan was sold under.
    #[schema(example = 1)]
    catalog_version: Option<i64>,
    /// How often the plan is paid.
    #[schema(example = "month")]
    interval: Option<String>,
    /// What each period costs.
    price: Option<Money>,
    /// What is still to pay of the period being paid.
    still_due: Option<Money>,
    /// The end of the newest period that is paid.
    #[schema(format = DateTime)]
    paid_until: Option<String>,
}

impl From<OrganizationRow> for Organization {
    fn from(row: OrganizationRow) -> Self {
        let currency = row.price_currency.as_deref();
        Self {
            price: representation::money(row.price_amount, currency),
            still_due: representation::money(row.still_due, currency),
            organization: row.organization,
            product: row.product,
            time_zone: row.time_zone,
            referral_code: row.referral_code,
            sponsor: row.sponsor,
            environment: row.environment,
            status: row.status,
            registered_at: row.registered_at.to_string(),
            subscription: row.subscription,
            plan: row.plan,
            catalog_version: row.catalog_version,
            interval: row.interval,
            paid_until: row.paid_until.map(|instant| instant.to_string()),
        }
    }
}

/// A page of organizations.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrganizationPage {
    /// The organizations, by id.
    organizations: Vec<Organization>,
    /// The `after` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "pedro")]
    next_after: Option<String>,
}

/// Register an organization, with the code of whoever referred it.
#[utoipa::path(
    post, path = "/v1/organizations", tag = "organizations", request_body = NewOrganization,
    responses((status = 201, description = "Registered", body = Answered<RegisteredOrganization>))
)]
pub(crate) async fn register_organization(
    State(gate): State<Gate>,
    name: CommandName,
    Payload(new): Payload<NewOrganization>,
) -> Result<Answer<RegisteredOrganization>, Problem> {
    let organization = match new.id {
        Some(id) => id,
        None => registration::organization_of(&name.key),
    };
    let environment = if new.sandbox { Environment::Sandbox } else { Environment::Live };
    let NewOrganization { product, time_zone, referral_code, .. } = new;
    let wanted = Registration { organization, product, time_zone, referral_code, environment };
    let (applied, registered) = wanted.carry_out(&gate, name.key, name.request_id).await?;
    Ok(Answer::created(&applied, registered.into()))
}

/// One organization.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}", tag = "organizations",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "The organization", body = Organization))
)]
pub(crate) async fn get_organization(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<Organization>, Problem> {
    freshness.wait(&gate, PROJECTION, &customer.owner()).await?;
    match organizations::find(&gate.pool, &customer.0).await? {
        Some(row) => Ok(Json(row.into())),
        None => Err(gate.missing(PROJECTION, &customer.0).await),
    }
}

/// The organizations of a product.
#[utoipa::path(
    get, path = "/v1/organizations", tag = "organizations",
    params(ListQuery, FreshnessParams),
    responses((status = 200, description = "A page of them, by id", body = OrganizationPage))
)]
pub(crate) async fn list_organizations(
    State(gate): State<Gate>,
    query: ListQuery,
) -> Result<Json<OrganizationPage>, Problem> {
    query.freshness.wait(&gate, PROJECTION, &Owner::Product(query.product.clone())).await?;
    let after = query.after.as_ref().map_or("", OrganizationId::as_str);
    let rows = organizations::list(&gate.pool, &query.product, after, query.limit).await?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == query.limit);
    let next_after = rows.last().filter(|_| is_full).map(|row| row.organization.clone());
    Ok(Json(OrganizationPage { organizations: rows.into_iter().map(Organization::from).collect(), next_after }))
}

/// Which organizations.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// The product.
    #[param(value_type = String, example = "agencia")]
    product: ProductCode,
    /// Only those after this id.
    #[param(value_type = Option<String>, example = "maria")]
    after: Option<OrganizationId>,
    /// How many at most.
    #[param(required = false, minimum = 1, maximum = 1000, default = 100)]
    limit: i64,
    #[param(ignore)]
    freshness: Freshness,
}

impl<S: Send + Sync> FromRequestParts<S> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let missing = || Fault::InvalidField { field: "product".to_owned(), text: "say which product".to_owned() };
        let read = Self {
            product: query.token("product")?.ok_or_else(missing)?,
            after: query.token("after")?,
            limit: query.limit()?,
            freshness: Freshness::take(&mut query)?,
        };
        query.finish()?;
        Ok(read)
    }
}
