//! Why an organization may say no.

use serde_json::{Value, json};

use crate::id::{OrganizationId, ProductCode};
use crate::refusal::{Refusal, RefusalClass, sample};

/// A refusal of an organization.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It is a customer already.
    #[error("organization {organization} is registered already, with product {product}")]
    AlreadyRegistered {
        /// The organization.
        organization: OrganizationId,
        /// Its product.
        product: ProductCode,
    },
    /// No catalog was published for the product.
    #[error("product {product} has no published catalog")]
    UnknownProduct {
        /// The product that was named.
        product: ProductCode,
    },
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::AlreadyRegistered { .. } => "organization.already_registered",
            Self::UnknownProduct { .. } => "organization.unknown_product",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::AlreadyRegistered { .. } => RefusalClass::Conflict,
            Self::UnknownProduct { .. } => RefusalClass::Unknown,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::AlreadyRegistered { .. } => "use it as it is, or register another id".to_owned(),
            Self::UnknownProduct { .. } => "publish a catalog for the product first".to_owned(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::AlreadyRegistered { organization, product } => {
                vec![("organization", json!(organization)), ("product", json!(product))]
            }
            Self::UnknownProduct { product } => vec![("product", json!(product))],
        }
    }

    fn samples() -> Vec<Self> {
        vec![
            Self::AlreadyRegistered { organization: sample("juan"), product: sample("agencia") },
            Self::UnknownProduct { product: sample("agencia") },
        ]
    }
}
