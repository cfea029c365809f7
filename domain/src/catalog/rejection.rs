//! Why a catalog may say no, in the order of the checks.

use serde_json::{Value, json};

use crate::id::{PlanCode, ProductCode};
use crate::refusal::{Refusal, RefusalClass, sample};

/// A refusal of a product's catalog. Faults of the file itself are found before, by [`super::source::read`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The definition is for another product than the stream.
    #[error("the catalog is for product {found}, not for {expected}")]
    OtherProduct {
        /// The product of the stream.
        expected: ProductCode,
        /// The product in the definition.
        found: ProductCode,
    },
    /// A plan of the newest version is gone; subscriptions may be on it.
    #[error("plan {plan} of version {version} is missing from the new catalog")]
    PlanRemoved {
        /// The plan that is gone.
        plan: PlanCode,
        /// The version that still has it.
        version: u32,
    },
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::OtherProduct { .. } => "catalog.other_product",
            Self::PlanRemoved { .. } => "catalog.plan_removed",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::OtherProduct { .. } => RefusalClass::Invalid,
            Self::PlanRemoved { .. } => RefusalClass::Conflict,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::OtherProduct { expected, .. } => format!("publish a file that says product = \"{expected}\""),
            Self::PlanRemoved { plan, .. } => {
                format!(
                    "keep plan {plan} in the file, with retired = true if it is no longer sold: subscriptions may be on it"
                )
            }
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::OtherProduct { expected, found } => vec![("expected", json!(expected)), ("found", json!(found))],
            Self::PlanRemoved { plan, version } => vec![("plan", json!(plan)), ("version", json!(version))],
        }
    }

    fn samples() -> Vec<Self> {
        vec![
            Self::OtherProduct { expected: sample("agencia"), found: sample("kipu") },
            Self::PlanRemoved { plan: sample("starter"), version: 3 },
        ]
    }
}
