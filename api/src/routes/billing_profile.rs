//! What invoices say of an organization: set in versions, told, erased.

use axum::Json;
use axum::extract::State;
use domain::catalog::Country;
use domain::organization::{BillingProfile, Command};
use domain::stream::Owner;
use domain::{BillingProfileId, Kind, OrganizationId, Reference};
use event_store::executor::CommandKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::answer::{Answer, Answered};
use crate::billing_profile::{self, Says, Told};
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::request::{CommandName, Customer, OrganizationPath, Payload};

/// What invoices are to say of an organization. It is kept outside the log, and can be erased.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProfile {
    /// The name of the company or person.
    #[schema(example = "Constructora Ñuble Ltda.")]
    name: String,
    /// How the tax office knows it; a RUT is checked by its check digit.
    #[serde(default)]
    #[schema(example = "76.086.428-5")]
    tax_id: Option<String>,
    /// The address, line by line, without the country; six lines at most.
    #[serde(default)]
    #[schema(example = json!(["Calle Riquelme 455", "Chillán"]))]
    address: Vec<String>,
    /// Where invoices are sent.
    #[serde(default)]
    #[schema(example = "facturas@example.com")]
    email: Option<String>,
    /// ISO 3166: the country whose taxes apply.
    #[schema(value_type = String, example = "CL")]
    country: Country,
    /// The language of its invoices: `es` or `en`.
    #[serde(default)]
    #[schema(example = "es")]
    language: Option<String>,
}

/// Which version invoices name from now on.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProfileSet {
    /// The organization.
    #[schema(value_type = String, example = "pedro")]
    organization: OrganizationId,
    /// The version.
    #[schema(value_type = String, example = "bp_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    profile: BillingProfileId,
    /// The SHA-256 of what it says, as the log has it.
    #[schema(value_type = String, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    hash: Reference,
}

/// What an invoice says of its customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Profile {
    /// The version; absent where none was set.
    #[schema(example = "bp_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    pub(super) profile: Option<String>,
    /// `known`, `none` (none was set), `erased`, or `differs`: it is not what the log has the hash of, and is not told.
    #[schema(example = "known")]
    pub(super) status: &'static str,
    /// The country whose taxes apply.
    #[schema(example = "CL")]
    pub(super) country: Option<String>,
    /// The name of the company or person.
    #[schema(example = "Constructora Ñuble Ltda.")]
    pub(super) name: Option<String>,
    /// How the tax office knows it.
    #[schema(example = "76.086.428-5")]
    pub(super) tax_id: Option<String>,
    /// The address, line by line, without the country.
    pub(super) address: Vec<String>,
    /// Where invoices are sent.
    #[schema(example = "facturas@example.com")]
    pub(super) email: Option<String>,
    /// The language of its invoices.
    #[schema(example = "es")]
    pub(super) language: Option<String>,
}

/// How much was erased.
#[derive(Serialize, ToSchema)]
pub(crate) struct Erased {
    /// The organization.
    #[schema(value_type = String, example = "pedro")]
    organization: OrganizationId,
    /// Of how many versions what they said is gone.
    #[schema(example = 2)]
    versions: u64,
}

impl Profile {
    fn bare(status: &'static str, profile: Option<String>, country: Option<String>) -> Self {
        let (name, tax_id, address, email, language) = (None, None, Vec::new(), None, None);
        Self { profile, status, country, name, tax_id, address, email, language }
    }

    pub(super) fn none() -> Self {
        Self::bare("none", None, None)
    }

    fn told(told: Told, profile: String, country: String) -> Self {
        let bare = |status| Self::bare(status, Some(profile.clone()), Some(country.clone()));
        match told {
            Told::Known(Says { name, tax_id, address, email, country: _, language }) => {
                Self { name: Some(name), tax_id, address, email, language, ..bare("known") }
            }
            Told::Erased => bare("erased"),
            Told::Differs => bare("differs"),
        }
    }
}

/// What is known of a version that the log names.
pub(super) async fn look_up(
    gate: &Gate,
    organization: &OrganizationId,
    profile: &str,
    hash: &str,
    country: String,
) -> Result<Profile, Problem> {
    let kept = match BillingProfileId::new(profile) {
        Ok(id) => billing_profile::find(&gate.pool, organization, &id).await?,
        Err(_) => None,
    };
    // A database that was restored without the profiles has none: that is as if they had been erased.
    let told = kept.map_or(Told::Erased, |kept| kept.told(hash));
    Ok(Profile::told(told, profile.to_owned(), country))
}

/// Set what invoices say of the organization from now on. Those that were issued keep what they say.
#[utoipa::path(
    put, path = "/v1/organizations/{organization}/billing-profile", tag = "invoices",
    params(OrganizationPath), request_body = NewProfile,
    responses((status = 200, description = "Set", body = Answered<ProfileSet>))
)]
pub(crate) async fn set_billing_profile(
    State(gate): State<Gate>,
    customer: Customer,
    name: CommandName,
    Payload(new): Payload<NewProfile>,
) -> Result<Answer<ProfileSet>, Problem> {
    let NewProfile { name: called, tax_id, address, email, country, language } = new;
    let says = Says { name: called, tax_id, address, email, country, language }.check();
    let says = says.map_err(|(field, text)| Fault::InvalidField { field: field.to_owned(), text })?;
    gate.registered(&customer.0).await?;

    let id = version_of(&customer.0, &name.key);
    let salt = billing_profile::salt().map_err(|_| Fault::Internal)?;
    let kept = billing_profile::keep(&gate.pool, &customer.0, &id, &says, &salt).await?;
    // Under the same key something else may have been said: then the log refuses the key.
    let hash = match &kept.says {
        Some((_, salt)) => says.hash(salt),
        None => kept.hash,
    };
    let hash = Reference::new(hash).map_err(|_| Fault::Internal)?;
    let profile = BillingProfile { id: id.clone(), hash: hash.clone(), country };
    let applied = gate.decide(&customer, name, Command::SetBillingProfile { profile }).await?;
    Ok(Answer::done(&applied, ProfileSet { organization: customer.0, profile: id, hash }))
}

/// The version that a command sets: the same for every retry of it.
///
/// # Panics
/// Never: `bp_` and 32 hexadecimal digits are a token.
fn version_of(organization: &OrganizationId, key: &CommandKey) -> BillingProfileId {
    let hash = Sha256::new()
        .chain_update(organization.as_str())
        .chain_update([0])
        .chain_update(&key.caller)
        .chain_update([0])
        .chain_update(&key.command_id)
        .finalize();
    let half: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    BillingProfileId::new(format!("bp_{half}")).expect("a token")
}

/// What invoices say of the organization from now on.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/billing-profile", tag = "invoices",
    params(OrganizationPath),
    responses((status = 200, description = "The newest version", body = Profile))
)]
pub(crate) async fn get_billing_profile(
    State(gate): State<Gate>,
    customer: Customer,
) -> Result<Json<Profile>, Problem> {
    gate.registered(&customer.0).await?;
    let look = |state: &domain::State| {
        let domain::State::Organization(organization) = state else { return None };
        organization.billing().cloned()
    };
    let owner = Owner::Organization(customer.0.clone());
    let Some(set) = gate.inspect(Kind::Organization, owner, look).await? else { return Ok(Json(Profile::none())) };
    let country = set.country.to_string();
    Ok(Json(look_up(&gate, &customer.0, set.id.as_str(), set.hash.as_str(), country).await?))
}

/// Erase what all versions say of the organization, for ever: invoices that name them say so. The log keeps their ids,
/// hashes and countries. Sent again, it erases nothing more.
#[utoipa::path(
    delete, path = "/v1/organizations/{organization}/billing-profile", tag = "invoices",
    params(OrganizationPath),
    responses((status = 200, description = "Erased", body = Erased))
)]
pub(crate) async fn erase_billing_profile(
    State(gate): State<Gate>,
    customer: Customer,
    _name: CommandName,
) -> Result<Json<Erased>, Problem> {
    gate.registered(&customer.0).await?;
    let versions = billing_profile::erase(&gate.pool, &customer.0).await?;
    Ok(Json(Erased { organization: customer.0, versions }))
}
