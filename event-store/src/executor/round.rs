//! One round of decisions: the commands that go into one statement, and what becomes of them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use domain::catalog::CatalogVersion;
use domain::stream::{Owner, StreamId};
use domain::{Command, Context, Kind, OrganizationId, ProductCode, State, Terms, organization, subscription};
use jiff::Timestamp;
use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::partition::Partition;
use super::{Applied, CommandKey, Failure, Reply, Submission};
use crate::append::{Batch, NewEvent};
use crate::log::{LogError, Metadata, stream_id};
use crate::receipt::Receipt;

/// A command that has no answer yet.
pub(super) struct Pending {
    submission: Submission,
    fingerprint: Vec<u8>,
    reply: Reply<Applied>,
    /// May it have been applied already? Then its receipt is looked for before it is decided.
    pub(super) suspect: bool,
}

impl Pending {
    pub(super) fn new(submission: Submission, fingerprint: Vec<u8>, reply: Reply<Applied>) -> Self {
        Self { submission, fingerprint, reply, suspect: false }
    }

    pub(super) fn key(&self) -> CommandKey {
        self.submission.key.clone()
    }

    /// Gives the first answer again.
    pub(super) fn repeat(self, partition: i32, receipt: &Receipt) {
        if receipt.fingerprint != self.fingerprint {
            let command_id = self.submission.key.command_id.clone();
            return self.send(Err(Failure::KeyReused { command_id }));
        }
        let (position, answer) = (receipt.position, receipt.answer.clone());
        self.send(Ok(Applied { partition, position, answer, repeated: true }));
    }

    pub(super) fn fail(self, failure: &Failure) {
        self.send(Err(failure.clone()));
    }

    fn send(self, answer: Result<Applied, Failure>) {
        metrics::counter!("tollgate_commands_total", "outcome" => outcome(&answer)).increment(1);
        // A caller that went away needs no answer; the receipt keeps it.
        let _ = self.reply.send(answer);
    }

    /// The stream the command is for.
    fn stream(&self) -> StreamId {
        StreamId { kind: self.submission.command.kind(), owner: self.submission.owner.clone() }
    }

    /// The streams its decision rests on: its own, and those that say what its organization is entitled to.
    fn streams(&self) -> Vec<StreamId> {
        let own = self.stream();
        match &self.submission.owner {
            Owner::Organization(organization) => {
                vec![own, sibling(organization, Kind::Organization), sibling(organization, Kind::Subscription)]
            }
            Owner::Product(_) => vec![own],
        }
    }
}

fn outcome(answer: &Result<Applied, Failure>) -> &'static str {
    match answer {
        Ok(Applied { repeated: false, .. }) => "applied",
        Ok(Applied { repeated: true, .. }) => "repeated",
        Err(Failure::Rejected(_)) => "rejected",
        Err(Failure::KeyReused { .. }) => "key_reused",
        Err(Failure::Overloaded) => "overloaded",
        Err(Failure::Unavailable { .. }) => "unavailable",
        Err(Failure::Unknown) => "unknown",
        Err(Failure::Corrupt { .. }) => "corrupt",
    }
}

fn sibling(organization: &OrganizationId, kind: Kind) -> StreamId {
    StreamId { kind, owner: Owner::Organization(organization.clone()) }
}

/// What is decided together.
pub(super) struct Round {
    /// The newest catalog of every product a command belongs to, as asked when the round began.
    newest: HashMap<ProductCode, Option<Arc<CatalogVersion>>>,
    /// Older versions that subscriptions are on.
    versions: HashMap<(ProductCode, u32), Option<Arc<CatalogVersion>>>,
    batch: Batch,
    keys: HashSet<CommandKey>,
    touched: HashSet<StreamId>,
    accepted: Vec<(Pending, Receipt)>,
    refused: Vec<(Pending, Failure)>,
    /// Commands for the next round: their key is in this one already, or a decision of this round changed the catalog
    /// version that binds them.
    deferred: Vec<Pending>,
}

impl Round {
    /// Loads all that the decisions rest on.
    pub(super) async fn prepare(partition: &mut Partition, waiting: &[Pending]) -> Result<Self, LogError> {
        partition.load(waiting.iter().flat_map(Pending::streams).collect()).await?;
        let mut round = Self {
            newest: HashMap::new(),
            versions: HashMap::new(),
            batch: Batch::default(),
            keys: HashSet::new(),
            touched: HashSet::new(),
            accepted: Vec::new(),
            refused: Vec::new(),
            deferred: Vec::new(),
        };
        for pending in waiting {
            round.find_catalog(partition, pending).await?;
        }
        Ok(round)
    }

    async fn find_catalog(&mut self, partition: &mut Partition, pending: &Pending) -> Result<(), LogError> {
        let Some((product, version)) = binding(partition, &pending.submission) else { return Ok(()) };
        match version {
            Some(version) => {
                if let Entry::Vacant(unknown) = self.versions.entry((product.clone(), version)) {
                    unknown.insert(partition.catalogs.version(&product, version).await?);
                }
            }
            None => {
                if let Entry::Vacant(unknown) = self.newest.entry(product.clone()) {
                    unknown.insert(partition.catalogs.latest(&product).await?);
                }
            }
        }
        Ok(())
    }

    /// Decides one command on the newest state, durable or not.
    pub(super) fn decide(&mut self, partition: &mut Partition, pending: Pending) {
        if !self.keys.insert(pending.key()) || !self.has_catalog(partition, &pending.submission) {
            self.deferred.push(pending);
            return;
        }
        partition.newest = partition.newest.max(now());
        let context = self.context(partition, &pending.submission);
        let stream = pending.stream();
        let Some(cached) = partition.streams.get(&stream) else {
            self.deferred.push(pending);
            return;
        };
        let decision = match cached.state.execute(&pending.submission.command, &context) {
            Ok(decision) => decision,
            Err(rejection) => return self.refused.push((pending, rejection.into())),
        };
        let metadata = metadata(&pending.submission, &context);
        for event in decision.events {
            cached.sequence += 1;
            self.batch.events.push(NewEvent {
                stream: stream.clone(),
                sequence: cached.sequence,
                organization: match &stream.owner {
                    Owner::Organization(organization) => Some(organization.to_string()),
                    Owner::Product(_) => None,
                },
                event_id: Uuid::now_v7(),
                recorded_at: context.now,
                event,
                metadata: metadata.clone(),
            });
        }
        let written = i64::try_from(self.batch.events.len()).unwrap_or(i64::MAX);
        let receipt = Receipt {
            fingerprint: pending.fingerprint.clone(),
            position: partition.head + written,
            answer: decision.answer,
        };
        self.batch.receipts.push((pending.key(), receipt.clone()));
        self.touched.insert(stream);
        self.accepted.push((pending, receipt));
    }

    fn has_catalog(&self, partition: &mut Partition, submission: &Submission) -> bool {
        match binding(partition, submission) {
            Some((product, Some(version))) => self.versions.contains_key(&(product, version)),
            Some((product, None)) => self.newest.contains_key(&product),
            None => true,
        }
    }

    fn context(&self, partition: &mut Partition, submission: &Submission) -> Context {
        let terms = terms(partition, &submission.owner);
        let catalog = binding(partition, submission).and_then(|(product, version)| match version {
            Some(version) => self.versions.get(&(product, version)).cloned().flatten(),
            None => self.newest.get(&product).cloned().flatten(),
        });
        Context { now: partition.newest, seed: Uuid::now_v7(), terms, catalog }
    }

    pub(super) fn writes_nothing(&self) -> bool {
        self.batch.receipts.is_empty()
    }

    pub(super) fn take_batch(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    /// The streams that were changed in memory.
    pub(super) fn touched(&self) -> impl Iterator<Item = &StreamId> {
        self.touched.iter()
    }

    /// Replies what is durable now. Gives back what was refused and what waits for another round.
    pub(super) fn reply_applied(self, partition: i32, head: i64) -> (Vec<(Pending, Failure)>, Vec<Pending>) {
        metrics::gauge!("tollgate_log_position", "partition" => partition.to_string()).set(as_gauge(head));
        for (pending, receipt) in self.accepted {
            let (position, answer) = (receipt.position, receipt.answer);
            pending.send(Ok(Applied { partition, position, answer, repeated: false }));
        }
        (self.refused, self.deferred)
    }

    pub(super) fn into_refused(self) -> (Vec<(Pending, Failure)>, Vec<Pending>) {
        (self.refused, self.deferred)
    }

    /// All commands of the round, to be decided again or to be failed.
    pub(super) fn into_pending(self) -> Vec<Pending> {
        let accepted = self.accepted.into_iter().map(|(pending, _)| pending);
        let refused = self.refused.into_iter().map(|(pending, _)| pending);
        accepted.chain(refused).chain(self.deferred).collect()
    }
}

/// Metrics are floats; positions are exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a gauge is for looking at, not for deciding")]
fn as_gauge(position: i64) -> f64 {
    position as f64
}

fn now() -> Timestamp {
    // Postgres keeps microseconds; what is decided must be what is read again.
    Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or_default()
}

fn terms(partition: &mut Partition, owner: &Owner) -> Option<Terms> {
    let Owner::Organization(organization) = owner else { return None };
    let organization_state = match partition.streams.get(&sibling(organization, Kind::Organization)).map(|c| &c.state) {
        Some(State::Organization(state)) => state.clone(),
        _ => organization::Organization::default(),
    };
    match partition.streams.get(&sibling(organization, Kind::Subscription)).map(|cached| &cached.state) {
        Some(State::Subscription(subscription)) => Terms::of(&organization_state, subscription),
        _ => Terms::of(&organization_state, &subscription::Subscription::default()),
    }
}

/// Which catalog binds a command: the version its plan was sold under, or the newest (`None`) of its product.
fn binding(partition: &mut Partition, submission: &Submission) -> Option<(ProductCode, Option<u32>)> {
    match &submission.command {
        Command::Organization(organization::Command::Register { product, .. }) => Some((product.clone(), None)),
        Command::Subscription(_) => Some((terms(partition, &submission.owner)?.product, None)),
        Command::CreditLedger(_) => {
            let terms = terms(partition, &submission.owner)?;
            Some((terms.product, terms.plan.map(|plan| plan.catalog_version)))
        }
        Command::ReferralTree(_) => match &submission.owner {
            Owner::Product(product) => Some((product.clone(), None)),
            Owner::Organization(_) => None,
        },
        Command::Catalog(_) => None,
    }
}

fn metadata(submission: &Submission, context: &Context) -> Metadata {
    let product = match (&submission.owner, &submission.command) {
        (Owner::Product(product), _) => Some(product.to_string()),
        (_, Command::Organization(organization::Command::Register { product, .. })) => Some(product.to_string()),
        _ => context.terms.as_ref().map(|terms| terms.product.to_string()),
    };
    let entries = [
        ("caller", Some(submission.key.caller.clone())),
        ("command", Some(submission.key.command_id.clone())),
        ("request", Some(submission.request_id.clone())),
        ("product", product),
        ("catalog_version", context.catalog.as_ref().map(|catalog| catalog.version.to_string())),
    ];
    let known = entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Metadata(known.collect::<BTreeMap<_, _>>())
}

/// The streams that were changed after a position.
pub(super) async fn changed_streams(
    connection: &mut PgConnection,
    partition: i32,
    after: i64,
) -> Result<Vec<StreamId>, LogError> {
    let rows = sqlx::query(
        "SELECT aggregate_type, aggregate_id, min(position) AS position FROM es.events
         WHERE partition = $1 AND position > $2 GROUP BY aggregate_type, aggregate_id",
    )
    .bind(partition)
    .bind(after)
    .fetch_all(connection)
    .await?;
    let mut streams = Vec::with_capacity(rows.len());
    for row in rows {
        let stream = stream_id(row.try_get("position")?, row.try_get("aggregate_type")?, row.try_get("aggregate_id")?);
        streams.push(stream.map_err(|fault| LogError::Corrupt { partition, after, fault })?);
    }
    Ok(streams)
}
