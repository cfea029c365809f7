//! Who referred whom, and what that earned.

pub(super) mod network;
pub(super) mod statement;

use axum::Json;
use axum::extract::State;
use domain::ReferralCode;
use domain::referral_tree::{self, Command};
use domain::stream::Owner;
use projections::commissions::{self, Commission as CommissionRow};
use projections::organizations;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::registration;
use crate::representation::{self, Money};
use crate::request::{CommandName, Customer, Freshness, FreshnessParams, OrganizationPath, Payload};

/// Who referred an organization.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SponsorCode {
    /// The sponsor's code.
    #[schema(value_type = String, example = "7KQ2M9XWRA")]
    referral_code: ReferralCode,
}

/// The sponsor of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sponsored {
    /// The organization.
    #[schema(example = "pedro")]
    organization: String,
    /// Its sponsor, for ever.
    #[schema(example = "maria")]
    sponsor: Option<String>,
}

/// The network around an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct Referrals {
    /// The organization.
    #[schema(example = "maria")]
    organization: String,
    /// The code it can hand to others.
    #[schema(example = "7KQ2M9XWRA")]
    referral_code: String,
    /// Who referred it.
    #[schema(example = "juan")]
    sponsor: Option<String>,
    /// Whom it referred, newest first, 1,000 at most.
    referred: Vec<Referred>,
}

/// An organization that was referred.
#[derive(Serialize, ToSchema)]
pub(crate) struct Referred {
    /// The organization.
    #[schema(example = "pedro")]
    organization: String,
    /// When it was registered.
    #[schema(format = DateTime)]
    registered_at: String,
    /// Its plan.
    #[schema(example = "starter")]
    plan: Option<String>,
}

/// What an organization earned by referring, newest first, 1,000 at most.
#[derive(Serialize, ToSchema)]
pub(crate) struct Commissions {
    /// The commissions.
    commissions: Vec<Commission>,
}

/// What one payment earned.
#[derive(Serialize, ToSchema)]
pub(crate) struct Commission {
    /// Its id.
    #[schema(example = "pay_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1")]
    commission: String,
    /// The payment.
    #[schema(example = "pay_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    payment: String,
    /// Who paid.
    #[schema(example = "pedro")]
    payer: String,
    /// 1 if the payer was referred directly, 2 if by someone who was.
    #[schema(example = 1)]
    level: i16,
    /// The share: `0.2` is 20 %.
    #[schema(example = "0.2")]
    rate: String,
    /// What was paid.
    base: Option<Money>,
    /// Credits earned.
    #[schema(example = "3.00")]
    amount: String,
    /// `accrued`, `matured`, `granted` once the credits are in the ledger or paid what was owed, or `clawed_back` once
    /// nothing of it is left.
    #[schema(example = "granted")]
    status: String,
    /// When it matures, or did.
    #[schema(format = DateTime)]
    matures_at: String,
    /// Credits that matured: what was earned less what was taken back before.
    #[schema(example = "3.00")]
    matured: String,
    /// Credits that came into the ledger.
    #[schema(example = "3.00")]
    granted: String,
    /// Credits of it that paid what was owed of earlier commissions.
    #[schema(example = "0.00")]
    netted: String,
    /// Credits that were taken back of it, before it matured or after.
    #[schema(example = "0.00")]
    clawed_back: String,
    /// When it was earned.
    #[schema(format = DateTime)]
    accrued_at: String,
    /// When it came into the ledger.
    #[schema(format = DateTime)]
    granted_at: Option<String>,
}

impl From<CommissionRow> for Commission {
    fn from(row: CommissionRow) -> Self {
        Self {
            commission: row.commission,
            payment: row.payment,
            payer: row.payer,
            level: row.level,
            rate: representation::plain(row.rate),
            base: representation::money(Some(row.base_amount), Some(&row.base_currency)),
            amount: representation::credits(row.amount),
            status: row.status,
            matures_at: row.matures_at.to_string(),
            matured: representation::credits(row.matured),
            granted: representation::credits(row.granted),
            netted: representation::credits(row.netted),
            clawed_back: representation::credits(row.clawed_back),
            accrued_at: row.accrued_at.to_string(),
            granted_at: row.granted_at.map(|instant| instant.to_string()),
        }
    }
}

/// Name the sponsor of an organization that has none yet and has not paid, within the days the catalog gives. A sponsor
/// is for ever.
#[utoipa::path(
    put, path = "/v1/organizations/{organization}/sponsor", tag = "referrals",
    params(OrganizationPath), request_body = SponsorCode,
    responses((status = 200, description = "It has this sponsor", body = Answered<Sponsored>))
)]
pub(crate) async fn name_sponsor(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(body): Payload<SponsorCode>,
) -> Result<Answer<Sponsored>, Problem> {
    let registered = gate.registered(&customer.0).await?;
    // Registration enrolled it, unless the engine stopped in between.
    registration::enroll(&gate, &registered, name.request_id.clone()).await?;
    let refused = |failure| customer.problem(failure).with("referral_code", body.referral_code.as_str());
    registration::refuse_payers(&gate, &registered).await.map_err(refused)?;
    let command = Command::Attribute {
        organization: customer.0.clone(),
        referred_with: body.referral_code.clone(),
        registered_at: registered.registered_at,
    };
    let applied = gate.execute(name.submit(Owner::Product(registered.product), command)).await;
    let applied = applied.map_err(refused)?;
    let referral_tree::Answer { sponsor } = told(&applied)?;
    let sponsor = sponsor.map(|sponsor| sponsor.to_string());
    Ok(Answer::done(&applied, Sponsored { organization: customer.0.to_string(), sponsor }))
}

/// Who referred an organization, and whom it referred.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/referrals", tag = "referrals",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "Its network", body = Referrals))
)]
pub(crate) async fn get_referrals(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<Referrals>, Problem> {
    freshness.wait(&gate, "organizations", &customer.owner()).await?;
    let Some(own) = organizations::find(&gate.pool, &customer.0).await? else {
        return Err(gate.missing("organizations", &customer.0).await);
    };
    let referred = organizations::referred_by(&gate.pool, &customer.0).await?;
    let referred = referred.into_iter().map(|row| Referred {
        organization: row.organization,
        registered_at: row.registered_at.to_string(),
        plan: row.plan,
    });
    Ok(Json(Referrals {
        organization: own.organization,
        referral_code: own.referral_code,
        sponsor: own.sponsor,
        referred: referred.collect(),
    }))
}

/// What an organization earned by referring. Commissions are decided in the product's partition: behind a payment,
/// `min_position` names that one.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/commissions", tag = "referrals",
    params(OrganizationPath, FreshnessParams),
    responses((status = 200, description = "Its commissions", body = Commissions))
)]
pub(crate) async fn list_commissions(
    State(gate): State<Gate>,
    customer: Customer,
    freshness: Freshness,
) -> Result<Json<Commissions>, Problem> {
    freshness.wait(&gate, "commissions", &customer.owner()).await?;
    let rows = commissions::of_beneficiary(&gate.pool, &customer.0).await?;
    if rows.is_empty() {
        gate.registered(&customer.0).await?;
    }
    Ok(Json(Commissions { commissions: rows.into_iter().map(Commission::from).collect() }))
}
