//! What a partition knows when it decides: aggregates, catalogs, the instant.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use domain::catalog::CatalogVersion;
use domain::credit_ledger::CreditLedger;
use domain::organization::Organization;
use domain::stream::{Owner, StreamId};
use domain::subscription::Subscription;
use domain::{
    Command, Context, Event, Kind, OrganizationId, ProductCode, SoldUnder, State, Terms, credit_ledger, organization,
    referral_tree, subscription,
};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::cache::{Cache, Cached};
use super::catalogs::Catalogs;
use super::job::{Asked, Job, Question, Reading, Seen, organization, sibling, streams_of};
use super::reader::Reader;
use super::snapshots::{SNAPSHOT_EVENTS, Snapshot, Taken, next_due};
use super::view::{self, Account, Billing, View};
use super::{Failure, Submission};

/// Catalog versions that were looked up; `None` for a product nobody published.
type Versions<K> = HashMap<K, Option<Arc<CatalogVersion>>>;

/// A product, and which of its catalog's versions; the newest, if `None`.
type Binding = (ProductCode, Option<u32>);

/// A version of a product's catalog.
type CatalogOf = (ProductCode, u32);

pub(super) struct Known {
    pub(super) streams: Cache,
    catalogs: Catalogs,
    /// What is read beside the partition's task.
    view: Arc<View>,
    /// The newest catalog of every product, as asked for the jobs that are decided together.
    newest_catalogs: Versions<ProductCode>,
    newest_asked: view::Asked,
    /// Versions that subscriptions are on; `None` of those that were not published yet when they were asked for.
    versions: Versions<CatalogOf>,
    /// When the newest decision was made; the next one is not earlier, even if the machine's clock steps back. Events are
    /// recorded at this instant, also those of a sandbox.
    pub(super) newest: Timestamp,
}

impl Known {
    pub(super) fn new(catalogs: Catalogs, newest: Timestamp, view: Arc<View>) -> Self {
        let (newest_catalogs, versions, newest_asked) = (HashMap::new(), HashMap::new(), view.asking());
        Self { streams: Cache::default(), catalogs, view, newest_catalogs, newest_asked, versions, newest }
    }

    /// Loads all that the decisions on some jobs rest on.
    pub(super) async fn load(&mut self, reader: &mut Reader, jobs: &[Job]) -> Result<(), Failure> {
        self.load_streams(reader, jobs).await?;
        self.newest_catalogs.clear();
        self.newest_asked = self.view.asking();
        for (product, version) in jobs.iter().flat_map(|job| self.resting_on(job)).collect::<Vec<_>>() {
            self.load_catalog(product, Some(version)).await?;
        }
        self.newest = self.newest.max(now());
        for job in jobs {
            if let Some((product, version)) = self.binding(job) {
                self.load_catalog(product, version).await?;
            }
        }
        Ok(())
    }

    async fn load_streams(&mut self, reader: &mut Reader, jobs: &[Job]) -> Result<(), Failure> {
        let missing = jobs.iter().flat_map(Job::streams).filter(|stream| !self.streams.contains(stream));
        let mut missing: Vec<StreamId> = missing.collect();
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort();
        missing.dedup();
        let mut loaded: Vec<_> = missing.iter().map(Cached::new).collect();
        for snapshot in reader.snapshots(&missing).await? {
            if let Ok(index) = missing.binary_search(&snapshot.stream)
                && let Some(cached) = loaded.get_mut(index)
            {
                *cached = Cached::restored(snapshot);
            }
        }
        let wanted = missing.iter().cloned().zip(loaded.iter().map(|cached| cached.sequence));
        for recorded in reader.streams(&wanted.collect::<Vec<_>>()).await? {
            if let Ok(index) = missing.binary_search(&recorded.stream)
                && let Some(cached) = loaded.get_mut(index)
            {
                cached.take_in(&recorded.event);
            }
        }
        missing.into_iter().zip(loaded).for_each(|(stream, cached)| self.streams.insert(stream, cached));
        Ok(())
    }

    async fn load_catalog(&mut self, product: ProductCode, version: Option<u32>) -> Result<(), Failure> {
        match version {
            Some(version) => {
                let version = (product, version);
                // A version never changes; one that was asked for before it was published must be found afterwards.
                if !matches!(self.versions.get(&version), Some(Some(_))) {
                    let found = self.catalogs.version(&version.0, version.1).await?;
                    self.versions.insert(version, found);
                }
            }
            None => {
                if let Entry::Vacant(unknown) = self.newest_catalogs.entry(product.clone()) {
                    unknown.insert(self.catalogs.latest(&product).await?);
                }
            }
        }
        Ok(())
    }

    /// The states that have grown long since their last snapshot.
    pub(super) fn take_snapshots<'a>(&mut self, touched: impl Iterator<Item = &'a StreamId>) -> Vec<Taken> {
        let mut taken = Vec::new();
        for stream in touched {
            let Some(cached) = self.streams.get(stream).filter(|cached| cached.sequence >= cached.snapshot_due) else {
                continue;
            };
            if let Ok(state) = cached.state.snapshot() {
                cached.snapshot_due = next_due(cached.sequence, state.len());
                taken.push(Taken { stream: stream.clone(), sequence: cached.sequence, state });
            }
        }
        taken
    }

    /// The surroundings of a decision now; `None` if the catalog that binds it was not loaded.
    pub(super) fn context(&mut self, submission: &Submission) -> Option<Context> {
        self.newest = self.newest.max(now());
        let (mut terms, sold_under) = self.terms(&submission.owner)?;
        if let Command::CreditLedger(credit_ledger::Command::PayInvoice { .. }) = &submission.command {
            terms = self.with_open_invoices(&submission.owner, terms, &sold_under);
        }
        let binding = self.binding_under(submission, terms.as_ref());
        self.surroundings(terms, binding, sold_under)
    }

    fn surroundings(
        &mut self,
        terms: Option<Terms>,
        binding: Option<Binding>,
        sold_under: SoldUnder,
    ) -> Option<Context> {
        // What is decided of a sandbox is decided at the instant that was set for it; it is recorded now all the same.
        let set = terms.as_ref().and_then(|terms| terms.instant);
        let catalog = match binding {
            Some((product, Some(version))) => self.versions.get(&(product, version))?.clone(),
            Some((product, None)) => self.newest_catalogs.get(&product)?.clone(),
            None => None,
        };
        Some(Context {
            now: set.unwrap_or(self.newest),
            seed: Uuid::now_v7(),
            terms,
            catalog,
            sold_under: sold_under.plan,
            scheduled_under: sold_under.scheduled,
        })
    }

    /// Answers a question on the newest state, durable or not, which is that of a position; `None` if something it
    /// rests on was not loaded.
    pub(super) fn look(&mut self, question: &Question, position: i64) -> Option<Seen> {
        match question {
            Question::State { stream, view } => Some(view(&self.streams.get(stream)?.state)),
            Question::Account(organization) => {
                let account = self.account(organization)?;
                Some(Box::new(self.view.sight(position, account)))
            }
            Question::Billing(organization) => Some(Box::new(self.billing(organization, position)?)),
        }
    }

    /// The subscription of an organization, in the surroundings in which a command to it would be decided.
    fn billing(&mut self, organization: &OrganizationId, position: i64) -> Option<Billing> {
        self.newest = self.newest.max(now());
        let (terms, sold_under) = self.terms(&Owner::Organization(organization.clone()))?;
        let binding = newest_of(terms.as_ref());
        let context = self.surroundings(terms, binding, sold_under)?;
        let State::Subscription(subscription) = &self.streams.get(&sibling(organization, Kind::Subscription))?.state
        else {
            return None;
        };
        Some(Billing { partition: self.view.partition(), position, context, subscription: subscription.clone() })
    }

    fn account(&mut self, organization: &OrganizationId) -> Option<Account> {
        self.newest = self.newest.max(now());
        let (terms, sold_under) = self.terms(&Owner::Organization(organization.clone()))?;
        let binding = binding_of_ledger(terms.as_ref());
        let newest_catalog = matches!(binding, Some((_, None))).then_some(self.newest_asked);
        let context = self.surroundings(terms, binding, sold_under)?;
        match &self.streams.get(&sibling(organization, Kind::CreditLedger))?.state {
            State::CreditLedger(ledger) => Some(Account { context, ledger: ledger.clone(), newest_catalog }),
            State::Organization(_)
            | State::Subscription(_)
            | State::ReferralTree(_)
            | State::Catalog(_)
            | State::InvoiceBook(_)
            | State::DiscountBook(_) => None,
        }
    }

    /// What an organization's streams say of it at the newest instant, or at the one that was set for it, and the catalog
    /// versions that its subscription rests on; `None` if one of these was not loaded.
    fn terms(&mut self, owner: &Owner) -> Option<(Option<Terms>, SoldUnder)> {
        let Some((registered, subscription, ledger)) = streams(&mut self.streams, owner) else {
            return Some((None, SoldUnder::default()));
        };
        let (plan, scheduled) = versions_of(registered, subscription);
        let version = |version: Option<CatalogOf>| match version {
            Some(version) => self.versions.get(&version).cloned(),
            None => Some(None),
        };
        let sold_under = SoldUnder { plan: version(plan)?, scheduled: version(scheduled)? };
        let now = registered.instant().unwrap_or(self.newest);
        Some((Terms::of(registered, subscription, ledger, now, &sold_under), sold_under))
    }

    fn with_open_invoices(&mut self, owner: &Owner, terms: Option<Terms>, sold_under: &SoldUnder) -> Option<Terms> {
        let (registered, subscription, _) = streams(&mut self.streams, owner)?;
        let now = registered.instant().unwrap_or(self.newest);
        Some(terms?.with_open_invoices(subscription, now, sold_under))
    }

    /// The catalog versions that the subscription of a job's organization rests on.
    fn resting_on(&mut self, job: &Job) -> impl Iterator<Item = CatalogOf> + use<> {
        let owner = job.owner();
        let streams = owner.as_ref().and_then(|owner| streams(&mut self.streams, owner));
        let (plan, scheduled) = streams.map_or((None, None), |(registered, sold, _)| versions_of(registered, sold));
        plan.into_iter().chain(scheduled)
    }

    fn binding(&mut self, job: &Job) -> Option<Binding> {
        let (terms, _) = self.terms(&job.owner()?)?;
        match job {
            Job::Command(asked) => self.binding_under(&asked.submission, terms.as_ref()),
            Job::Reading(Reading { question: Question::Billing(_), .. }) => newest_of(terms.as_ref()),
            Job::Reading(_) => binding_of_ledger(terms.as_ref()),
        }
    }

    /// Which catalog binds a command: the version its plan was sold under, or the newest (`None`) of its product.
    fn binding_under(&self, submission: &Submission, terms: Option<&Terms>) -> Option<Binding> {
        match (&submission.command, &submission.owner) {
            (Command::Organization(organization::Command::Register { product, .. }), _) => {
                Some((product.clone(), None))
            }
            (Command::Subscription(subscription::Command::MoveToCatalogVersion { version }), _) => {
                Some((terms?.product.clone(), Some(*version)))
            }
            (Command::Subscription(_), _) => newest_of(terms),
            // What is decided by hand of a feature is checked against the version that binds the ledger.
            (Command::Organization(_) | Command::CreditLedger(_), _) => binding_of_ledger(terms),
            // A payment is shared by the rates of its own moment, however late that is done.
            (
                Command::ReferralTree(
                    referral_tree::Command::AccrueCommissions { catalog_version: Some(version), .. }
                    | referral_tree::Command::ShareSimulated { catalog_version: Some(version), .. },
                ),
                Owner::Product(product),
            ) => Some((product.clone(), Some(*version))),
            (Command::ReferralTree(_) | Command::DiscountBook(_), Owner::Product(product)) => {
                Some((product.clone(), None))
            }
            (Command::ReferralTree(_) | Command::DiscountBook(_), Owner::Organization(_))
            | (Command::Catalog(_) | Command::InvoiceBook(_), _) => None,
        }
    }
}

/// The streams that an organization's entitlements rest on, if they are in memory.
fn streams<'a>(cache: &'a mut Cache, owner: &Owner) -> Option<(&'a Organization, &'a Subscription, &'a CreditLedger)> {
    match cache.states(&streams_of(organization(owner)?)) {
        [
            Some(State::Organization(organization)),
            Some(State::Subscription(subscription)),
            Some(State::CreditLedger(ledger)),
        ] => Some((organization, subscription, ledger)),
        _ => None,
    }
}

/// The catalog versions of a plan and of a scheduled change of it.
fn versions_of(registered: &Organization, subscription: &Subscription) -> (Option<CatalogOf>, Option<CatalogOf>) {
    let Some(registered) = registered.registered() else { return (None, None) };
    let (plan, scheduled) = subscription.versions();
    let of_product = |version: u32| (registered.product.clone(), version);
    (plan.map(of_product), scheduled.map(of_product))
}

/// What binds a command to a subscription: the newest catalog of its product.
fn newest_of(terms: Option<&Terms>) -> Option<Binding> {
    Some((terms?.product.clone(), None))
}

fn binding_of_ledger(terms: Option<&Terms>) -> Option<Binding> {
    let terms = terms?;
    Some((terms.product.clone(), terms.bound_to()))
}

impl Cached {
    fn new(stream: &StreamId) -> Self {
        Self { state: State::initial(stream.kind), sequence: 0, snapshot_due: SNAPSHOT_EVENTS }
    }

    fn restored(snapshot: Snapshot) -> Self {
        let Snapshot { state, sequence, size, .. } = snapshot;
        Self { state, sequence, snapshot_due: next_due(sequence, size) }
    }

    fn take_in(&mut self, event: &Event) {
        self.state.evolve(event);
        self.sequence += 1;
    }
}

fn now() -> Timestamp {
    // Postgres keeps microseconds; what is decided must be what is read again.
    Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or_default()
}

/// Who asked for an event, and under which catalog it was decided: [`Metadata`](crate::log::Metadata) as JSON.
pub(super) fn metadata(asked: &Asked, context: &Context) -> String {
    let submission = &asked.submission;
    let product = match (&submission.owner, &submission.command) {
        (Owner::Product(product), _) => Some(product),
        (_, Command::Organization(organization::Command::Register { product, .. })) => Some(product),
        _ => context.terms.as_ref().map(|terms| &terms.product),
    };
    let described = Described {
        caller: &submission.key.caller,
        catalog_version: context.catalog.as_ref().map(|catalog| catalog.version.to_string()),
        command: &submission.key.command_id,
        product: product.map(ProductCode::as_str),
        request: &submission.request_id,
    };
    serde_json::to_string(&described).unwrap_or_default()
}

/// The entries in the order of their names, as every writer of the log has them.
#[derive(Serialize)]
struct Described<'a> {
    caller: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_version: Option<String>,
    command: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a str>,
    request: &'a str,
}
