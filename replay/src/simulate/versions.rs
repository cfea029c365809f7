//! The catalog versions of the product as they were published, and the file as the newest one that binds.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::SoldUnder;
use domain::catalog::{CatalogVersion, Definition};
use domain::subscription::Subscription;

use super::World;

/// The version the file stands for: newer than any that was published.
pub(super) const FILE_VERSION: u32 = u32::MAX;

pub(super) struct Versions {
    published: BTreeMap<u32, Arc<CatalogVersion>>,
    file: Arc<CatalogVersion>,
}

impl Versions {
    pub(super) fn with(definition: Definition) -> Self {
        let file = Arc::new(CatalogVersion { version: FILE_VERSION, definition });
        Self { published: BTreeMap::new(), file }
    }

    pub(super) fn publish(&mut self, version: u32, definition: &Definition) {
        let definition = definition.clone();
        self.published.insert(version, Arc::new(CatalogVersion { version, definition }));
    }

    pub(super) fn get(&self, version: u32) -> Option<Arc<CatalogVersion>> {
        if version == FILE_VERSION { Some(self.file.clone()) } else { self.published.get(&version).cloned() }
    }

    pub(super) fn newest(&self, world: World) -> Option<Arc<CatalogVersion>> {
        match world {
            World::Recorded => self.published.values().next_back().cloned(),
            World::Simulated => Some(self.file.clone()),
        }
    }

    /// The versions a subscription rests on.
    pub(super) fn under(&self, subscription: &Subscription) -> SoldUnder {
        let (plan, scheduled) = subscription.versions();
        SoldUnder {
            plan: plan.and_then(|version| self.get(version)),
            scheduled: scheduled.and_then(|version| self.get(version)),
        }
    }
}
