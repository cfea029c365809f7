//! What a path names.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use domain::stream::Owner;
use domain::{FeatureCode, OrganizationId, ProductCode};
use event_store::Failure;
use utoipa::IntoParams;

use crate::problem::{Fault, Problem};

/// The path of an organization, for the OpenAPI document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes what `Customer` reads by hand")]
pub(crate) struct OrganizationPath {
    /// The organization: 1 to 64 letters, digits, `-` and `_`.
    #[param(example = "pedro")]
    organization: String,
}

/// The organization in the path.
#[derive(Debug, Clone)]
pub(crate) struct Customer(pub(crate) OrganizationId);

impl Customer {
    /// As the owner of its streams.
    pub(crate) fn owner(&self) -> Owner {
        Owner::Organization(self.0.clone())
    }

    /// Why a command to it was not applied, naming it.
    pub(crate) fn problem(&self, failure: Failure) -> Problem {
        Problem::from(failure).with("organization", self.0.as_str())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Customer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        read(parts, state, "organization").await.map(Self)
    }
}

/// The path of a feature of an organization.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct FeaturePath {
    /// The organization: 1 to 64 letters, digits, `-` and `_`.
    #[param(value_type = String, example = "pedro")]
    pub(crate) organization: OrganizationId,
    /// A feature of its product.
    #[param(value_type = String, example = "whatsapp_messages")]
    pub(crate) feature: FeatureCode,
}

impl<S: Send + Sync> FromRequestParts<S> for FeaturePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let organization = read(parts, state, "organization").await?;
        Ok(Self { organization, feature: read(parts, state, "feature").await? })
    }
}

/// The product in the path.
#[derive(Debug, Clone)]
pub(crate) struct Product(pub(crate) ProductCode);

impl<S: Send + Sync> FromRequestParts<S> for Product {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        read(parts, state, "product").await.map(Self)
    }
}

async fn read<S, T>(parts: &mut Parts, state: &S, name: &'static str) -> Result<T, Problem>
where
    S: Send + Sync,
    T: TryFrom<String, Error: std::fmt::Display>,
{
    let invalid = |text: String| Problem::from(Fault::InvalidField { field: name.to_owned(), text });
    let named = RawPathParams::from_request_parts(parts, state).await;
    let named = named.map_err(|_| invalid("it is not UTF-8 text".to_owned()))?;
    let value = named.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value);
    T::try_from(value.to_owned()).map_err(|fault| invalid(fault.to_string()))
}
