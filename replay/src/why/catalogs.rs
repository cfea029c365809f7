//! The catalog versions of a product, as they were published, and the one that binds.

use std::borrow::Cow;
use std::sync::Arc;

use domain::catalog::{CatalogVersion, Event as CatalogEvent};
use domain::stream::Owner;
use domain::subscription::Subscription;
use domain::{Event, ProductCode, SoldUnder, Terms};
use event_store::executor::partition_of;
use serde::Serialize;

use super::history::{CHUNK_EVENTS, History, Place};
use super::{Question, Unanswered};
use crate::connect::Audit;

/// What was published, in the order in which it was.
#[derive(Clone, Default)]
pub(super) struct Published(Vec<(ProductCode, Binding)>);

/// A catalog version that binds.
#[derive(Clone)]
pub(super) struct Binding {
    pub(super) catalog: Arc<CatalogVersion>,
    pub(super) published: Place,
    pub(super) because: Bound,
}

/// Why this version and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The plan in force was sold under it, or has moved to it.
    SoldUnder,
    /// No plan is in force, and it was the newest.
    Newest,
    /// It was asked for.
    Asked,
}

impl Published {
    pub(super) fn take_in(&mut self, owner: &Owner, event: &CatalogEvent, published: Place) {
        let Owner::Product(product) = owner else { return };
        match event {
            CatalogEvent::CatalogPublished { version, definition } => {
                let catalog = CatalogVersion { version: *version, definition: definition.as_ref().clone() };
                let binding = Binding { catalog: Arc::new(catalog), published, because: Bound::Newest };
                self.0.push((product.clone(), binding));
            }
        }
    }

    /// The versions a subscription rests on.
    pub(super) fn under(&self, product: &ProductCode, subscription: &Subscription) -> SoldUnder {
        let (plan, scheduled) = subscription.versions();
        let version = |version: Option<u32>| {
            let named = |binding: &&Binding| Some(binding.catalog.version) == version;
            self.of(product).find(named).map(|binding| binding.catalog.clone())
        };
        SoldUnder { plan: version(plan), scheduled: version(scheduled) }
    }

    fn of<'a>(&'a self, product: &'a ProductCode) -> impl DoubleEndedIterator<Item = &'a Binding> {
        self.0.iter().filter(move |(of, _)| of == product).map(|(_, binding)| binding)
    }
}

/// All that was published in the partition of a product: that of the organization, which was read, or another.
pub(super) async fn of_product<'a>(
    audit: &Audit,
    history: &'a History,
    product: &ProductCode,
) -> Result<Cow<'a, Published>, Unanswered> {
    let partition = partition_of(&Owner::Product(product.clone()), audit.database.partitions().await?);
    if partition == history.as_of.partition {
        return Ok(Cow::Borrowed(&history.published));
    }
    Ok(Cow::Owned(read(audit, partition).await?))
}

/// Finds the version that binds the ledger, as the engine does: the one the plan was sold under, else the newest.
pub(super) fn bind(published: &Published, terms: &Terms, question: &Question) -> Result<Option<Binding>, Unanswered> {
    let product = &terms.product;
    // A version never changes. Which one was the newest, another partition says by the instant alone.
    let newest = published.of(product).rev().find(|binding| binding.published.recorded_at <= question.at);
    let (version, because) = match (question.catalog_version, terms.bound_to()) {
        (Some(asked), bound) if bound != Some(asked) => (asked, Bound::Asked),
        (_, Some(sold_under)) => (sold_under, Bound::SoldUnder),
        (_, None) => return Ok(newest.cloned()),
    };
    let found = published.of(product).find(|binding| binding.catalog.version == version);
    match found {
        None if because == Bound::Asked => {
            let newest = newest.map(|binding| binding.catalog.version);
            Err(Unanswered::UnknownCatalogVersion { product: product.clone(), version, newest })
        }
        found => Ok(found.map(|binding| Binding { because, ..binding.clone() })),
    }
}

/// All that was published in a partition.
async fn read(audit: &Audit, partition: i32) -> Result<Published, Unanswered> {
    let mut published = Published::default();
    let mut scan = audit.log.scan(partition, 0, CHUNK_EVENTS);
    while let Some(chunk) = scan.next().await? {
        for recorded in &chunk.events {
            if let Event::Catalog(event) = &recorded.event {
                published.take_in(&recorded.stream.owner, event, Place::from(recorded));
            }
        }
    }
    Ok(published)
}
