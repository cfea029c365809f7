//! The catalogs decisions are bound by. A published version never changes, so what was read once is kept; which one
//! is the newest is asked again for every round that needs it.

use std::collections::HashMap;
use std::sync::Arc;

use domain::catalog::{Catalog, CatalogVersion};
use domain::stream::{Owner, StreamId};
use domain::{Aggregate, Event, Kind, ProductCode};
use sqlx::postgres::PgPool;
use tokio::sync::Mutex;

use super::partition_of;
use crate::log::{LogError, read_stream};

/// All products' catalogs, shared by the partitions.
#[derive(Clone)]
pub(super) struct Catalogs {
    pool: PgPool,
    partitions: i32,
    known: Arc<Mutex<HashMap<ProductCode, Known>>>,
}

#[derive(Clone, Default)]
struct Known {
    catalog: Catalog,
    sequence: i64,
}

impl Catalogs {
    pub(super) fn new(pool: PgPool, partitions: i32) -> Self {
        Self { pool, partitions, known: Arc::default() }
    }

    /// The newest version of a product, as durable now.
    pub(super) async fn latest(&self, product: &ProductCode) -> Result<Option<Arc<CatalogVersion>>, LogError> {
        let stream = StreamId { kind: Kind::Catalog, owner: Owner::Product(product.clone()) };
        let partition = partition_of(&stream.owner, self.partitions);
        let mut connection = self.pool.acquire().await?;
        let newest: Option<i64> = sqlx::query_scalar(
            "SELECT max(sequence) FROM es.events WHERE partition = $1 AND aggregate_type = $2 AND aggregate_id = $3",
        )
        .bind(partition)
        .bind(stream.kind.as_str())
        .bind(product.as_str())
        .fetch_one(&mut *connection)
        .await?;
        let mut all = self.known.lock().await;
        let known = all.entry(product.clone()).or_default();
        if newest.unwrap_or_default() > known.sequence {
            let events = read_stream(&mut connection, partition, &stream).await?;
            *known = Known { sequence: events.last().map_or(0, |last| last.sequence), catalog: Catalog::default() };
            for recorded in &events {
                if let Event::Catalog(event) = &recorded.event {
                    known.catalog.evolve(event);
                }
            }
        }
        Ok(known.catalog.latest().cloned())
    }

    /// A version of a product by its number.
    pub(super) async fn version(
        &self,
        product: &ProductCode,
        version: u32,
    ) -> Result<Option<Arc<CatalogVersion>>, LogError> {
        if let Some(known) = self.known.lock().await.get(product)
            && let Some(found) = known.catalog.version(version)
        {
            return Ok(Some(found.clone()));
        }
        self.latest(product).await?;
        Ok(self.known.lock().await.get(product).and_then(|known| known.catalog.version(version).cloned()))
    }
}
