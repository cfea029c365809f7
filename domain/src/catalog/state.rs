//! What is known of a catalog: its newest version, and how many there were.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{CatalogVersion, Event};

/// A product's catalog.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    versions: Vec<Arc<CatalogVersion>>,
}

/// What a publisher is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The version in force now.
    pub version: u32,
}

impl Catalog {
    /// The newest version.
    #[must_use]
    pub fn latest(&self) -> Option<&Arc<CatalogVersion>> {
        self.versions.last()
    }

    /// A version by its number.
    #[must_use]
    pub fn version(&self, version: u32) -> Option<&Arc<CatalogVersion>> {
        self.versions.iter().find(|published| published.version == version)
    }

    /// How many versions were published.
    pub(super) fn published(&self) -> usize {
        self.versions.len()
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::CatalogPublished { version, definition } => {
                let published = CatalogVersion { version: *version, definition: definition.as_ref().clone() };
                self.versions.push(Arc::new(published));
            }
        }
    }
}
