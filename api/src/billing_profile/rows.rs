//! The versions in Postgres.

use domain::{BillingProfileId, OrganizationId};
use sqlx::FromRow as _;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::types::Json;

use super::{Kept, Says};

impl<'r> sqlx::FromRow<'r, PgRow> for Kept {
    fn from_row(row: &'r PgRow) -> Result<Self, sqlx::Error> {
        use sqlx::Row as _;
        let (says, salt): (Option<Json<Says>>, Option<String>) = (row.try_get("says")?, row.try_get("salt")?);
        Ok(Self { hash: row.try_get("hash")?, says: says.map(|Json(says)| says).zip(salt) })
    }
}

/// Keeps a version, and gives it as it is kept: by that id there may be one already, and that one stays.
pub(crate) async fn keep(
    pool: &PgPool,
    organization: &OrganizationId,
    profile: &BillingProfileId,
    says: &Says,
    salt: &str,
) -> Result<Kept, sqlx::Error> {
    sqlx::query(
        "INSERT INTO auth.billing_profiles (organization, profile, hash, country, says, salt)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (profile) DO NOTHING",
    )
    .bind(organization.as_str())
    .bind(profile.as_str())
    .bind(says.hash(salt))
    .bind(says.country.to_string())
    .bind(Json(says))
    .bind(salt)
    .execute(pool)
    .await?;
    find(pool, organization, profile).await?.ok_or(sqlx::Error::RowNotFound)
}

/// A version of an organization's; `None` if nobody has kept it.
pub(crate) async fn find(
    pool: &PgPool,
    organization: &OrganizationId,
    profile: &BillingProfileId,
) -> Result<Option<Kept>, sqlx::Error> {
    let row =
        sqlx::query("SELECT hash, says, salt FROM auth.billing_profiles WHERE organization = $1 AND profile = $2")
            .bind(organization.as_str())
            .bind(profile.as_str())
            .fetch_optional(pool)
            .await?;
    row.as_ref().map(Kept::from_row).transpose()
}

/// Erases what all versions of an organization say; says of how many.
pub(crate) async fn erase(pool: &PgPool, organization: &OrganizationId) -> Result<u64, sqlx::Error> {
    let erased = sqlx::query(
        "UPDATE auth.billing_profiles SET says = NULL, salt = NULL, erased_at = now()
         WHERE organization = $1 AND erased_at IS NULL",
    )
    .bind(organization.as_str())
    .execute(pool)
    .await?;
    Ok(erased.rows_affected())
}
