//! Moving subscriptions to another version of their catalog: who would gain or lose what, and doing it.
//!
//! Organizations are listed by a projection that has caught up with the log, page by page, in the order of their ids.
//! The list decides nothing: each is asked of the executor, on its own streams, before anything is said or done about it.
//! Any number of engines may be at work on the same database meanwhile.
//!
//! Each move is a command under a key made of the organization and the version. Whoever runs a migration again, after it
//! broke off or for no reason, moves nobody twice.

mod by_hand;
pub mod foresight;
mod organization;
pub mod tally;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::catalog::{Catalog, CatalogVersion};
use domain::{OrganizationId, PlanCode, ProductCode};
use event_store::{Database, DatabaseError, Executor, Failure, Log, LogError, Role};
use futures::{StreamExt, TryStreamExt, stream};
use projections::projection::Projection;
use projections::{checkpoint, organizations};
use sqlx::postgres::PgPool;

use crate::catalogs::{self, CatalogError, named};
use foresight::Foresight;
use tally::Tally;

/// Organizations that are listed at a time: what is in memory, whatever their number.
const PAGE_ORGANIZATIONS: i64 = 500;

/// Organizations that are asked at once: one round takes many, and the partition's queue of 4,096 has room for others.
const AT_ONCE: usize = 256;

/// How long the list may take to catch up with the log.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why subscriptions cannot be moved, or no further.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// There is no such version.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Postgres cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Organizations cannot be listed.
    #[error("organizations cannot be listed")]
    List(#[from] sqlx::Error),
    /// The list is not as new as the log.
    #[error(
        "the list of organizations has not reached position {partition}:{position} of the log, so some might be left \
         out; look at the projection `organizations`"
    )]
    Behind {
        /// The partition.
        partition: i32,
        /// Its newest position when it was asked.
        position: i64,
    },
    /// The organization belongs to another product, or to none.
    #[error("product {product} has no organization {organization}")]
    UnknownOrganization {
        /// The organization.
        organization: OrganizationId,
        /// The product.
        product: ProductCode,
    },
    /// The catalog never had such a plan.
    #[error("catalog {product} has no plan {plan}; it has {}", sold.join(", "))]
    UnknownPlan {
        /// The product.
        product: ProductCode,
        /// The plan.
        plan: PlanCode,
        /// The plans it has.
        sold: Vec<String>,
    },
    /// It ended at an organization; those before it were done.
    #[error("it stopped at organization {organization}; run it again, it goes on where it stopped")]
    Stopped {
        /// The organization.
        organization: OrganizationId,
        /// Why.
        source: Box<Failure>,
    },
}

/// Which subscriptions are meant.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Of these organizations; of all, if none is named.
    pub organizations: BTreeSet<OrganizationId>,
    /// On this plan; on any, if `None`.
    pub plan: Option<PlanCode>,
}

impl Selection {
    /// Is a subscription of this plan meant, or an organization without one?
    fn wants(&self, plan: Option<&PlanCode>) -> bool {
        self.plan.is_none() || self.plan.as_ref() == plan
    }
}

/// A move of a product's subscriptions to a version of its catalog.
pub struct Migration {
    executor: Executor,
    pool: PgPool,
    catalog: Catalog,
    to: Arc<CatalogVersion>,
    product: ProductCode,
    selection: Selection,
}

impl Migration {
    /// Prepares a move to a version, the newest if `None`.
    pub async fn prepare(
        database: &Database,
        product: ProductCode,
        to: Option<u32>,
        selection: Selection,
    ) -> Result<Self, MigrationError> {
        let catalog = catalogs::published(database, &product).await?;
        let to = named::version(&catalog, &product, to)?;
        let executor = Executor::start(database).await?;
        let pool = database.pool(Role::Engine, 2);
        let migration = Self { executor, pool, catalog, to, product, selection };
        migration.check_plan()?;
        migration.wait_for_the_list().await?;
        migration.check_organizations().await?;
        Ok(migration)
    }

    /// The version it moves to.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.to.version
    }

    /// A plan of any version is in the newest one: none is ever taken away.
    fn check_plan(&self) -> Result<(), MigrationError> {
        let (Some(plan), Some(newest)) = (&self.selection.plan, self.catalog.latest()) else { return Ok(()) };
        if newest.definition.plan(plan).is_some() {
            return Ok(());
        }
        let sold = newest.definition.plans.iter().map(|plan| plan.code.to_string()).collect();
        Err(MigrationError::UnknownPlan { product: self.product.clone(), plan: plan.clone(), sold })
    }

    /// Every organization that is in the log now is in the list from here on.
    async fn wait_for_the_list(&self) -> Result<(), MigrationError> {
        let log = Log::new(self.pool.clone());
        for partition in 0..self.executor.partitions() {
            let position = log.head(partition).await?.position;
            let projection = organizations::Projection::NAME;
            if !checkpoint::wait_for(&self.pool, projection, partition, position, PATIENCE).await? {
                return Err(MigrationError::Behind { partition, position });
            }
        }
        Ok(())
    }

    /// Every organization that was named is there, before the first is moved.
    async fn check_organizations(&self) -> Result<(), MigrationError> {
        for organization in &self.selection.organizations {
            let found = organizations::find(&self.pool, organization).await?;
            if found.is_none_or(|found| found.product != self.product.as_str()) {
                let (organization, product) = (organization.clone(), self.product.clone());
                return Err(MigrationError::UnknownOrganization { organization, product });
            }
        }
        Ok(())
    }

    /// What the move would change, without moving anybody.
    pub async fn foresee(&self) -> Result<Foresight<'_>, MigrationError> {
        let mut foresight = Foresight::new(&self.catalog, &self.to);
        let foresee = async |organization: &OrganizationId| self.foresee_one(organization).await;
        self.for_each(foresee, |organization, seen| foresight.take_in(organization, seen)).await?;
        Ok(foresight)
    }

    /// Moves everybody who is meant, and counts how they fared; also those before it stopped, if it did.
    pub async fn carry_out(&self, tally: &mut Tally) -> Result<(), MigrationError> {
        let carry_out = async |organization: &OrganizationId| self.move_one(organization).await;
        self.for_each(carry_out, |organization, fate| tally.count(organization, fate)).await
    }

    async fn first_page(&self) -> Result<Vec<OrganizationId>, MigrationError> {
        let named = &self.selection.organizations;
        if named.is_empty() { self.page("").await } else { Ok(named.iter().cloned().collect()) }
    }

    async fn page_after(&self, last: &OrganizationId) -> Result<Vec<OrganizationId>, MigrationError> {
        if self.selection.organizations.is_empty() { self.page(last.as_str()).await } else { Ok(Vec::new()) }
    }

    async fn page(&self, after: &str) -> Result<Vec<OrganizationId>, MigrationError> {
        let rows = organizations::list(&self.pool, &self.product, after, PAGE_ORGANIZATIONS).await?;
        // Only ids are ever written.
        Ok(rows.into_iter().filter_map(|row| OrganizationId::new(row.organization).ok()).collect())
    }

    /// Does something about each organization, several at a time, and takes what came of it in the order of their ids.
    async fn for_each<T>(
        &self,
        work: impl AsyncFn(&OrganizationId) -> Result<T, Failure>,
        mut take: impl FnMut(OrganizationId, T),
    ) -> Result<(), MigrationError> {
        let mut page = self.first_page().await?;
        while let Some(last) = page.last().cloned() {
            let work = &work;
            let working = page.into_iter().map(async |organization| match work(&organization).await {
                Ok(done) => Ok((organization, done)),
                Err(failure) => {
                    let source = Box::new(failure);
                    Err(MigrationError::Stopped { organization, source })
                }
            });
            let mut done = stream::iter(working).buffered(AT_ONCE);
            while let Some((organization, done)) = done.try_next().await? {
                take(organization, done);
            }
            page = self.page_after(&last).await?;
        }
        Ok(())
    }
}
