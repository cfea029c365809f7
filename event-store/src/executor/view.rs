//! Accounts that are read without asking the partition's task: what a check of an entitlement rests on.
//!
//! ```text
//! check ── held, and the head was confirmed a moment ago ──────────────> answered from memory
//!       └─ else ──> the partition's task: reads the state, confirms the head ──> answered, and held from now on
//! command ── appended ──> its organization is let go of here ──> answered
//! ```
//!
//! Only what is durable is ever held, put in and let go of by the partition's task in its own order. A caller who was
//! answered reads its own write: the account is let go of before the answer is given. What another engine appends is
//! seen after [`CONFIRMED_AGE_MAX`]: from memory nothing is answered unless the head was confirmed, by an append of our
//! own or a look at Postgres, less than that ago. Nothing is decided by what is held here.
//!
//! Of an account, the catalog version that binds it ([`Binding`]) is held by itself, too: an organization that consumes
//! changes its ledger all the time and its plan once in a while.

mod shards;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::catalog::CatalogVersion;
use domain::credit_ledger::CreditLedger;
use domain::stream::{Owner, StreamId};
use domain::subscription::Subscription;
use domain::{Aggregate, Context, Kind, OrganizationId};
use jiff::Timestamp;

use shards::{Held, SHARDS, Shards};

/// How old the news of other engines may be in what is answered from memory.
pub const CONFIRMED_AGE_MAX: Duration = Duration::from_millis(100);

/// How old the news of other engines may be in a binding. It says how fast somebody may ask, never what is allowed, so
/// that an engine with little to do need not look at Postgres for every consumption.
pub const BINDING_AGE_MAX: Duration = Duration::from_secs(5);

/// Bindings in one generation of one shard: both together are 200,000 of a partition, or some 25 MB.
const SHARD_BINDINGS_MAX: usize = 100_000 / SHARDS;

/// About how many bytes the accounts in one generation of one shard may take. Two generations are kept, as in the cache;
/// both together are 100 MB of a partition, or some 80,000 accounts.
const SHARD_BYTES_MAX: usize = (50 << 20) / SHARDS;

/// What an account takes beside its ledger: its terms, and its place in the table.
const ACCOUNT_BYTES: usize = 768;

/// An account whose ledger takes more bytes is asked of the partition's task each time: it would be copied anew after
/// each change. So many bytes are about 1,200 lots, or 600 open holds.
const HELD_BYTES_MAX: usize = 192 << 10;

/// Where the time comes from by which the age of a confirmation is told. A test holds it still.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    /// A clock that shows what `now` gives.
    pub fn by(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time it shows.
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::by(Instant::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a clock")
    }
}

/// What an organization's entitlements rest on.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its terms, and the catalog version that binds it. The instant is never earlier than what was decided of it.
    pub context: Context,
    /// Its ledger.
    pub ledger: CreditLedger,
    /// When the newest catalog was asked for, if that is the one that binds.
    pub(super) newest_catalog: Option<Asked>,
}

impl Account {
    /// Is its plan still the same, as far as time makes another one of it? Of a sandbox whose instant was set it is: no
    /// time goes by for it.
    fn holds_at(&self, now: Timestamp) -> bool {
        let terms = self.context.terms.as_ref();
        terms.is_none_or(|terms| terms.instant.is_some() || terms.until.is_none_or(|until| now < until))
    }
}

/// The catalog version that binds what an organization uses: the one its plan was sold under, else the newest.
#[derive(Debug, Clone)]
pub struct Binding {
    /// It; `None` where no catalog was published.
    pub catalog: Option<Arc<CatalogVersion>>,
    /// When the newest catalog was asked for, if that is the one that binds.
    newest_catalog: Option<Asked>,
}

/// When a partition asked for the newest catalogs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    at: Instant,
    publications: u64,
}

/// An account as of a position.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The partition.
    pub partition: i32,
    /// The position of it that was seen.
    pub position: i64,
    /// What was seen.
    pub account: Arc<Account>,
}

/// How many catalogs were published, as far as this engine knows: shared by all its partitions.
#[derive(Debug, Clone, Default)]
pub(super) struct Publications(Arc<AtomicU64>);

/// An organization's subscription as of a position, and the surroundings in which a command to it would be decided. It is
/// never held: previews are rare.
#[derive(Debug, Clone)]
pub struct Billing {
    /// The partition.
    pub partition: i32,
    /// The position of it that was seen.
    pub position: i64,
    /// Its terms, the newest catalog, the versions it was sold under, and the instant.
    pub context: Context,
    /// The subscription, as of the last thing that was written.
    pub subscription: Subscription,
}

/// The accounts of one partition that are held.
pub(super) struct View {
    partition: i32,
    clock: Clock,
    begun: Instant,
    publications: Publications,
    /// The newest position that was confirmed.
    position: AtomicI64,
    /// Before when it was asked for, in nanoseconds since the beginning and one more; 0 if never.
    confirmed: AtomicU64,
    /// Has a reader gone to have it confirmed anew?
    renewing: AtomicBool,
    accounts: Shards<Sight>,
    bindings: Shards<Binding>,
}

impl Held for Sight {
    const SHARD_WEIGHT_MAX: usize = SHARD_BYTES_MAX;

    fn weight(&self) -> usize {
        ACCOUNT_BYTES + self.account.ledger.weight()
    }
}

impl Held for Binding {
    const SHARD_WEIGHT_MAX: usize = SHARD_BINDINGS_MAX;

    fn weight(&self) -> usize {
        1
    }
}

impl View {
    pub(super) fn new(partition: i32, clock: Clock, publications: Publications) -> Self {
        Self {
            partition,
            begun: clock.now(),
            clock,
            publications,
            position: AtomicI64::new(0),
            confirmed: AtomicU64::new(0),
            renewing: AtomicBool::new(false),
            accounts: Shards::default(),
            bindings: Shards::default(),
        }
    }

    /// The account of an organization, if it is held and known to be true at `min_position` and a moment ago.
    pub(super) fn find(&self, organization: &OrganizationId, min_position: i64) -> Option<Sight> {
        let now = self.clock.now();
        let age = self.age(now).filter(|age| *age < CONFIRMED_AGE_MAX)?;
        // Half way through one reader goes and has it confirmed, so that not all of them have to at once.
        if age >= CONFIRMED_AGE_MAX / 2 && !self.renewing.swap(true, Ordering::Relaxed) {
            return None;
        }
        // What is held was not changed up to here: it would have been let go of before the position was noted.
        let position = self.position.load(Ordering::Acquire);
        let held = self.accounts.find(organization)?;
        let position = position.max(held.position);
        let is_new_enough = position >= min_position;
        let is_bound = self.is_newest(held.account.newest_catalog, now, CONFIRMED_AGE_MAX);
        (is_new_enough && is_bound && held.account.holds_at(Timestamp::now())).then_some(Sight { position, ..held })
    }

    /// What binds an organization, if it is held and known to be true a few seconds ago.
    pub(super) fn find_binding(&self, organization: &OrganizationId) -> Option<Binding> {
        let now = self.clock.now();
        self.age(now).filter(|age| *age < BINDING_AGE_MAX)?;
        let held = self.bindings.find(organization)?;
        self.is_newest(held.newest_catalog, now, BINDING_AGE_MAX).then_some(held)
    }

    /// How long ago the confirmation of the head was asked for; `None` if it never was.
    fn age(&self, now: Instant) -> Option<Duration> {
        let confirmed = self.confirmed.load(Ordering::Acquire).checked_sub(1)?;
        Some(now.duration_since(self.begun).saturating_sub(Duration::from_nanos(confirmed)))
    }

    /// Is what was the newest catalog then, if it matters, the newest still?
    fn is_newest(&self, asked: Option<Asked>, now: Instant, age_max: Duration) -> bool {
        asked.is_none_or(|asked| {
            asked.publications == self.publications.count() && now.duration_since(asked.at) < age_max
        })
    }

    /// The time, before something is asked of Postgres that will confirm the head.
    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The moment before the newest catalogs are asked for.
    pub(super) fn asking(&self) -> Asked {
        Asked { at: self.clock.now(), publications: self.publications.count() }
    }

    pub(super) fn partition(&self) -> i32 {
        self.partition
    }

    /// An account as the partition's task sees it.
    pub(super) fn sight(&self, position: i64, account: Account) -> Sight {
        Sight { partition: self.partition, position, account: Arc::new(account) }
    }

    /// Nobody has appended behind this position, as it was asked for at that instant. Whatever changed up to it must
    /// have been let go of.
    pub(super) fn confirm(&self, position: i64, asked: Instant) {
        self.position.store(position, Ordering::Release);
        let confirmed = nanoseconds(asked.duration_since(self.begun)) + 1;
        self.confirmed.fetch_max(confirmed, Ordering::AcqRel);
        self.renewing.store(false, Ordering::Relaxed);
    }

    /// Lets go of what rests on streams that were changed.
    pub(super) fn forget<'a>(&self, changed: impl IntoIterator<Item = &'a StreamId>) {
        for stream in changed {
            match &stream.owner {
                Owner::Organization(organization) => {
                    self.accounts.forget(organization);
                    // What was consumed changes no plan.
                    if stream.kind != Kind::CreditLedger {
                        self.bindings.forget(organization);
                    }
                }
                Owner::Product(_) if stream.kind == Kind::Catalog => self.publications.one_more(),
                Owner::Product(_) => {}
            }
        }
    }

    /// Holds an account from now on, and what binds it. It must be durable, and not changed by anything that is.
    pub(super) fn hold(&self, sight: &Sight) {
        let Account { context, ledger, newest_catalog } = &*sight.account;
        let Some(terms) = &context.terms else { return };
        let binding = Binding { catalog: context.catalog.clone(), newest_catalog: *newest_catalog };
        self.bindings.hold(&terms.organization, binding);
        if ledger.weight() <= HELD_BYTES_MAX {
            self.accounts.hold(&terms.organization, sight.clone());
        }
    }
}

impl Publications {
    fn count(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX - 1)
}
