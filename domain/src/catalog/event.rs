//! What may have happened to a catalog.

use serde::{Deserialize, Serialize};

use super::Definition;
use crate::aggregate::domain_event;

/// An event of a product's catalog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// A version was published; it never changes.
    CatalogPublished {
        /// Its number: 1, 2, 3 and so on.
        version: u32,
        /// All of it.
        definition: Box<Definition>,
    },
}

domain_event!(
    Event { CatalogPublished => "2" }
    upcast { CatalogPublished "1" => "2" by super::upcast::price_per_currency }
);
