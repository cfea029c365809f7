//! How often callers may ask: each key, and each organization for each feature whose catalog says so.
//!
//! ```text
//! request ── key's bucket ── the route: organization and feature's bucket ── executor
//!             └ empty: 429        └ empty: 429, nothing written
//! ```
//!
//! Apart from quotas: a quota is about what is used, and stands in the log; a rate is about requests, whatever becomes of
//! them, and is forgotten soon. Buckets are in the memory of this process. They are full when it starts, and several
//! engines have each their own.

mod admission;
mod bucket;
mod exceeded;

use std::sync::Arc;

use domain::catalog::{CatalogVersion, RateLimit, RateUnit};
use domain::{FeatureCode, OrganizationId};
use event_store::Clock;

pub(crate) use admission::{Admission, HEADERS, Standing};
use bucket::Buckets;
pub use exceeded::{Limited, RateExceeded};

use crate::auth::Actor;

/// The rate limits of a process. Cheap to clone; clones share their buckets.
#[derive(Clone, Debug)]
pub struct RateLimits {
    admin_keys: Option<RateLimit>,
    buckets: Arc<Buckets>,
}

impl RateLimits {
    /// Lets each admin key send so many requests a minute, all of them at once if it likes; 0 for as many as it likes.
    #[must_use]
    pub fn new(admin_requests_per_minute: u32) -> Self {
        Self::by(admin_requests_per_minute, Clock::default())
    }

    /// The same, with a clock of its own.
    #[must_use]
    pub fn by(admin_requests_per_minute: u32, clock: Clock) -> Self {
        Self { admin_keys: per_minute(admin_requests_per_minute), buckets: Arc::new(Buckets::by(clock)) }
    }

    /// How often an admin key may ask; `None` for as often as it likes.
    pub(crate) fn of_admin_keys(&self) -> Option<RateLimit> {
        self.admin_keys
    }

    /// Counts a request of a key.
    pub(crate) fn take_key(&self, actor: &Actor) -> Result<Option<Standing>, RateExceeded> {
        let Some(rate) = actor.rate else { return Ok(None) };
        self.buckets.take(rate, Limited::Key(actor.id.as_str().into())).map(Some)
    }

    /// Counts a request of an organization for a feature, if the catalog that binds it limits that.
    pub(crate) fn take_feature(
        &self,
        organization: &OrganizationId,
        feature: &FeatureCode,
        catalog: Option<&CatalogVersion>,
    ) -> Result<Option<Standing>, RateExceeded> {
        let limited = catalog.and_then(|catalog| catalog.definition.features.get(feature)?.rate_limit);
        let Some(rate) = limited else { return Ok(None) };
        let limited = Limited::Feature { organization: organization.clone(), feature: feature.clone() };
        self.buckets.take(rate, limited).map(Some)
    }

    /// Forgets the buckets that are full again: nobody could tell them from new ones. To be called now and then, for
    /// otherwise whoever asked once would be remembered for ever.
    pub fn forget_full(&self) {
        self.buckets.forget_full();
        let count = u32::try_from(self.buckets()).unwrap_or(u32::MAX);
        metrics::gauge!("tollgate_rate_buckets").set(f64::from(count));
    }

    /// How many buckets are in memory.
    #[must_use]
    pub fn buckets(&self) -> usize {
        self.buckets.count()
    }
}

/// Keys without a limit; features by their catalogs.
impl Default for RateLimits {
    fn default() -> Self {
        Self::new(0)
    }
}

fn per_minute(requests: u32) -> Option<RateLimit> {
    (requests > 0).then_some(RateLimit { requests, per: RateUnit::Minute, burst: requests })
}
