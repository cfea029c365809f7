//! Everybody below an organization, and what they earned it.

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use projections::referral_network::{self, Member as MemberRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::representation;
use crate::request::{Customer, Freshness, FreshnessParams, OrganizationPath, QueryParams};

/// Everybody below an organization, the nearest first, 1,000 at most.
#[derive(Serialize, ToSchema)]
pub(crate) struct Network {
    /// The organization.
    #[schema(example = "juan")]
    organization: String,
    /// Those below it.
    members: Vec<Member>,
}

/// An organization below another one.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    /// The organization.
    #[schema(example = "pedro")]
    organization: String,
    /// Who referred it.
    #[schema(example = "maria")]
    sponsor: String,
    /// 1 for a direct referral, 2 for a referral's referral.
    #[schema(example = 2)]
    level: i32,
    /// Since when it is below.
    #[schema(format = DateTime)]
    since: String,
    /// How many of its payments earned something.
    #[schema(example = 3)]
    payments: i64,
    /// Credits they earned.
    #[schema(example = "2.25")]
    earned: String,
    /// Credits of that which were taken back.
    #[schema(example = "0.375")]
    clawed_back: String,
}

impl From<MemberRow> for Member {
    fn from(row: MemberRow) -> Self {
        Self {
            organization: row.member,
            sponsor: row.sponsor,
            level: row.level,
            since: row.since.to_string(),
            payments: row.payments,
            earned: representation::credits(row.earned),
            clawed_back: representation::credits(row.clawed_back),
        }
    }
}

/// Levels that are walked down, unless asked otherwise.
const LEVELS_DEFAULT: i32 = 10;

/// Levels that are walked down at most.
const LEVELS_MAX: i32 = 100;

/// How deep.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct NetworkQuery {
    /// Down to which level.
    #[param(required = false, minimum = 1, maximum = 100, default = 10)]
    levels: i32,
    #[param(ignore)]
    freshness: Freshness,
}

impl<S: Send + Sync> FromRequestParts<S> for NetworkQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParams::of(parts, state).await?;
        let levels = query.take("levels")?.unwrap_or(LEVELS_DEFAULT);
        if !(1..=LEVELS_MAX).contains(&levels) {
            let text = format!("{levels} is not between 1 and {LEVELS_MAX}");
            return Err(Fault::InvalidField { field: "levels".to_owned(), text }.into());
        }
        let read = Self { levels, freshness: Freshness::take(&mut query)? };
        query.finish()?;
        Ok(read)
    }
}

/// Everybody below an organization, level by level, and what they earned it. Decided in the product's partition: behind a
/// payment, `min_position` names that one.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/referrals/network", tag = "referrals",
    params(OrganizationPath, NetworkQuery, FreshnessParams),
    responses((status = 200, description = "Its network", body = Network))
)]
pub(crate) async fn get_network(
    State(gate): State<Gate>,
    customer: Customer,
    query: NetworkQuery,
) -> Result<Json<Network>, Problem> {
    query.freshness.wait(&gate, "referral_network", &customer.owner()).await?;
    let rows = referral_network::below(&gate.pool, &customer.0, query.levels).await?;
    if rows.is_empty() {
        gate.registered(&customer.0).await?;
    }
    let members = rows.into_iter().map(Member::from).collect();
    Ok(Json(Network { organization: customer.0.to_string(), members }))
}
