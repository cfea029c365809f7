//! What is held of organizations, with a bound, spread over several locks.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::mem;
use std::sync::{PoisonError, RwLock};

use domain::OrganizationId;

/// Locks among which organizations are spread, so that readers and the partition's task seldom meet.
pub(super) const SHARDS: usize = 16;

/// Something that is held of an organization.
pub(super) trait Held: Clone {
    /// What one generation of one shard may weigh. Two generations are kept.
    const SHARD_WEIGHT_MAX: usize;

    /// What it weighs.
    fn weight(&self) -> usize;
}

/// What is held, by organization.
pub(super) struct Shards<T> {
    hasher: RandomState,
    shards: Vec<RwLock<Shard<T>>>,
}

struct Shard<T> {
    young: HashMap<OrganizationId, T>,
    old: HashMap<OrganizationId, T>,
    /// What the young ones weigh.
    weight: usize,
}

impl<T> Default for Shards<T> {
    fn default() -> Self {
        let empty = || RwLock::new(Shard { young: HashMap::new(), old: HashMap::new(), weight: 0 });
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| empty()).collect() }
    }
}

impl<T: Held> Shards<T> {
    pub(super) fn find(&self, organization: &OrganizationId) -> Option<T> {
        self.shard(organization).read().unwrap_or_else(PoisonError::into_inner).find(organization)
    }

    pub(super) fn hold(&self, organization: &OrganizationId, held: T) {
        let mut shard = self.shard(organization).write().unwrap_or_else(PoisonError::into_inner);
        shard.insert(organization.clone(), held);
    }

    pub(super) fn forget(&self, organization: &OrganizationId) {
        self.shard(organization).write().unwrap_or_else(PoisonError::into_inner).remove(organization);
    }

    fn shard(&self, organization: &OrganizationId) -> &RwLock<Shard<T>> {
        let hash = usize::try_from(self.hasher.hash_one(organization) % (SHARDS as u64)).unwrap_or_default();
        self.shards.get(hash).unwrap_or_else(|| unreachable!("a remainder is below its divisor"))
    }
}

impl<T: Held> Shard<T> {
    fn find(&self, organization: &OrganizationId) -> Option<T> {
        self.young.get(organization).or_else(|| self.old.get(organization)).cloned()
    }

    /// When the young generation is full, the old one is forgotten. What is read again after that is asked for again.
    fn insert(&mut self, organization: OrganizationId, held: T) {
        self.remove(&organization);
        if self.weight >= T::SHARD_WEIGHT_MAX {
            self.old = mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight += held.weight();
        self.young.insert(organization, held);
    }

    fn remove(&mut self, organization: &OrganizationId) {
        self.old.remove(organization);
        if let Some(gone) = self.young.remove(organization) {
            self.weight -= gone.weight();
        }
    }
}
