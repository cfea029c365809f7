//! Moving subscriptions to another version of their catalog: who would gain or lose what, and doing it.
//!
//! Organizations are listed by a projection that has caught up with the log, page by page, in the order of their ids.
//! The list decides nothing: each is asked of the executor, on its own streams, before anything is said or done about it.

pub mod foresight;

use std::sync::Arc;
use std::time::Duration;

use domain::catalog::{Catalog, CatalogVersion};
use domain::stream::Owner;
use domain::{Kind, OrganizationId, PlanCode, ProductCode, State};
use event_store::{Database, DatabaseError, Executor, Failure, Log, LogError, Role, Sight};
use futures::{StreamExt, TryStreamExt, stream};
use projections::projection::Projection;
use projections::{checkpoint, organizations};
use sqlx::postgres::PgPool;

use crate::catalogs::{self, CatalogError, named};
use foresight::{Foresight, Seen};

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
    /// It ended at an organization; those before it were done.
    #[error("it stopped at organization {organization}; run it again, it goes on where it stopped")]
    Stopped {
        /// The organization.
        organization: OrganizationId,
        /// Why.
        source: Failure,
    },
}

/// A move of a product's subscriptions to a version of its catalog.
pub struct Migration {
    executor: Executor,
    pool: PgPool,
    catalog: Catalog,
    to: Arc<CatalogVersion>,
    product: ProductCode,
    only: Option<OrganizationId>,
}

impl Migration {
    /// Prepares a move to a version, the newest if `None`: of one organization, or of all.
    pub async fn prepare(
        database: &Database,
        product: ProductCode,
        to: Option<u32>,
        only: Option<OrganizationId>,
    ) -> Result<Self, MigrationError> {
        let catalog = catalogs::published(database, &product).await?;
        let to = named::version(&catalog, &product, to)?;
        let executor = Executor::start(database).await?;
        let pool = database.pool(Role::Engine, 2);
        let migration = Self { executor, pool, catalog, to, product, only };
        migration.wait_for_the_list().await?;
        Ok(migration)
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

    /// What the move would change, without moving anybody.
    pub async fn foresee(&self) -> Result<Foresight<'_>, MigrationError> {
        let mut foresight = Foresight::new(&self.catalog, &self.to);
        let look = async |organization: &OrganizationId| self.look(organization).await;
        self.for_each(look, |organization, seen| foresight.take_in(&organization, seen)).await?;
        Ok(foresight)
    }

    /// What an organization has, as the log has it now.
    async fn look(&self, organization: &OrganizationId) -> Result<Seen, Failure> {
        let Sight { account, .. } = self.executor.account(organization).await?;
        let plan = account.context.terms.as_ref().and_then(|terms| terms.plan.as_ref());
        let sold = match plan {
            Some(plan) => Some((plan.code.clone(), plan.catalog_version)),
            // One that is not in force, perhaps.
            None => self.sold(organization).await?,
        };
        Ok(match sold {
            None => Seen::NoPlan,
            Some((_, version)) if version == self.to.version => Seen::There,
            Some((_, version)) if version > self.to.version => Seen::Newer,
            Some((plan, version)) => Seen::Older { plan, version, beyond: foresight::beyond(&account, &self.to) },
        })
    }

    /// The plan of a subscription, in force or not, and the version it was sold under.
    async fn sold(&self, organization: &OrganizationId) -> Result<Option<(PlanCode, u32)>, Failure> {
        let owner = Owner::Organization(organization.clone());
        let sold = |state: &State| match state {
            State::Subscription(subscription) => subscription.sold(),
            State::Organization(_)
            | State::CreditLedger(_)
            | State::ReferralTree(_)
            | State::Catalog(_)
            | State::InvoiceBook(_)
            | State::DiscountBook(_) => None,
        };
        self.executor.inspect(Kind::Subscription, owner, sold).await
    }

    async fn first_page(&self) -> Result<Vec<OrganizationId>, MigrationError> {
        let Some(only) = &self.only else { return self.page("").await };
        let found = organizations::find(&self.pool, only).await?;
        if found.is_none_or(|found| found.product != self.product.as_str()) {
            let (organization, product) = (only.clone(), self.product.clone());
            return Err(MigrationError::UnknownOrganization { organization, product });
        }
        Ok(vec![only.clone()])
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
                Err(source) => Err(MigrationError::Stopped { organization, source }),
            });
            let mut done = stream::iter(working).buffered(AT_ONCE);
            while let Some((organization, done)) = done.try_next().await? {
                take(organization, done);
            }
            page = if self.only.is_some() { Vec::new() } else { self.page(last.as_str()).await? };
        }
        Ok(())
    }
}
