//! Which streams and consumers there are, and what they are called.
//!
//! One stream per partition, so that a message's sequence equals the event's position. The relay publishes to an
//! entrance of its own per partition; the stream files the message under its public subject, which does not tell the
//! partition and so never changes with their number:
//!
//! ```text
//! relay -> tollgate_in.0.agencia.maria.credit_ledger.credits_granted      (only the engine may publish here)
//!           stream TOLLGATE_0, sequence 17 = position 17 of partition 0
//!            -> tollgate.agencia.maria.credit_ledger.credits_granted      (what consumers and subscribers see)
//! ```

use std::fmt::Debug;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::context::{ConsumerInfoErrorKind, GetStreamErrorKind};
use async_nats::jetstream::stream::{
    Config, DiscardPolicy, Republish, RetentionPolicy, StorageType, Stream, SubjectTransform,
};
use async_nats::jetstream::{Context, ErrorCode};

use crate::link::{NatsError, failed};

/// The durable consumer made for automations in every stream; `nats/server.conf` lets their user read only from it.
pub const AUTOMATION: &str = "automation";

/// How long the server remembers message ids. The expected sequence keeps duplicates out by itself; the window only
/// turns the usual race of two relays into a quiet answer, and every id in it costs the server memory.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(10);

/// How long an automation has for a message before it gets it again, each time. The first must outlast a workflow,
/// because n8n says "still working" only once.
const AUTOMATION_BACKOFF: [Duration; 4] =
    [Duration::from_secs(120), Duration::from_secs(300), Duration::from_secs(900), Duration::from_secs(3600)];

/// One more than the pauses, as the server demands. n8n hands a failed message back at once, so a small number ends a
/// hot loop.
const AUTOMATION_DELIVERIES_MAX: i64 = 5;

/// Messages an automation may hold at a time.
const AUTOMATION_PENDING_MAX: i64 = 100;

/// The names of streams and subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// What stream names begin with.
    pub prefix: String,
    /// The first token of every public subject.
    pub root: String,
}

impl Default for Topology {
    fn default() -> Self {
        Self { prefix: "TOLLGATE".to_owned(), root: "tollgate".to_owned() }
    }
}

impl Topology {
    /// The stream of a partition.
    #[must_use]
    pub fn stream(&self, partition: i32) -> String {
        format!("{}_{partition}", self.prefix)
    }

    /// The public subject of an event whose tokens are `<product>.<organization>.<aggregate>.<event>`.
    #[must_use]
    pub fn subject(&self, tokens: &str) -> String {
        format!("{}.{tokens}", self.root)
    }

    /// Where the relay publishes an event with those tokens.
    #[must_use]
    pub fn entrance(&self, partition: i32, tokens: &str) -> String {
        format!("{}_in.{partition}.{tokens}", self.root)
    }

    /// The settings that a partition's stream must have. An operator may add limits, replicas or compression.
    fn wanted(&self, partition: i32) -> Config {
        Config {
            name: self.stream(partition),
            description: Some(format!("Tollgate's events, partition {partition}; sequence = position in the log")),
            subjects: vec![self.entrance(partition, ">")],
            subject_transform: Some(SubjectTransform {
                source: self.entrance(partition, ">"),
                destination: self.subject(">"),
            }),
            // Plain subscribers, MQTT among them, hear the public subject too.
            republish: Some(Republish {
                source: self.subject(">"),
                destination: self.subject(">"),
                headers_only: false,
            }),
            storage: StorageType::File,
            retention: RetentionPolicy::Limits,
            // Should an operator set a limit, the oldest leave: refusing new ones would stop the bell.
            discard: DiscardPolicy::Old,
            duplicate_window: DUPLICATE_WINDOW,
            // A hole in the middle could not be filled again.
            deny_delete: true,
            deny_purge: true,
            allow_direct: true,
            num_replicas: 1,
            ..Config::default()
        }
    }

    /// Makes the stream of a partition if it is missing, and brings its settings back if somebody changed them.
    pub(crate) async fn ensure_stream(&self, jetstream: &Context, partition: i32) -> Result<Stream, NatsError> {
        let wanted = self.wanted(partition);
        let stream = match jetstream.get_stream(&wanted.name).await {
            Ok(stream) => stream,
            Err(fault) if is_missing(&fault.kind()) => {
                tracing::info!(stream = wanted.name, "the stream is made");
                let stream = jetstream.create_stream(&wanted).await.map_err(failed("make a stream"))?;
                // A server drops what it does not know without a word, so what it made is compared with what was asked.
                compare(&wanted, &stream.cached_info().config)?;
                return Ok(stream);
            }
            Err(fault) => return Err(failed("look up a stream")(fault)),
        };
        if let Err(difference) = compare(&wanted, &stream.cached_info().config) {
            tracing::warn!(%difference, "a stream's settings are put right");
            let config = repaired(&wanted, &stream.cached_info().config);
            let info = jetstream.update_stream(&config).await.map_err(failed("update a stream"))?;
            compare(&wanted, &info.config)?;
        }
        Ok(stream)
    }

    /// Does the stream have its consumer for automations? One that shows other subjects is an error: its filter is the
    /// border of what outsiders may see.
    pub(crate) async fn has_automation(&self, stream: &Stream) -> Result<bool, NatsError> {
        let found = match stream.consumer_info(AUTOMATION).await {
            Ok(info) => info.config.filter_subject,
            Err(fault) if fault.kind() == ConsumerInfoErrorKind::NotFound => return Ok(false),
            Err(fault) => return Err(failed("look up the consumer of automations")(fault)),
        };
        let name = &stream.cached_info().config.name;
        same(name, "filter of consumer automation", &self.subject(">"), &found).map(|()| true)
    }

    /// Makes the consumer for automations; it begins at a position.
    pub(crate) async fn make_automation(&self, stream: &Stream, first_position: i64) -> Result<(), NatsError> {
        let start_sequence = u64::try_from(first_position).unwrap_or(1).max(1);
        let wanted = pull::Config {
            durable_name: Some(AUTOMATION.to_owned()),
            description: Some("For automations such as n8n".to_owned()),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence },
            ack_policy: AckPolicy::Explicit,
            ack_wait: AUTOMATION_BACKOFF[0],
            max_deliver: AUTOMATION_DELIVERIES_MAX,
            backoff: AUTOMATION_BACKOFF.to_vec(),
            max_ack_pending: AUTOMATION_PENDING_MAX,
            // One subject, not a list: every server respects this form.
            filter_subject: self.subject(">"),
            ..pull::Config::default()
        };
        tracing::info!(
            stream = stream.cached_info().config.name,
            first_position,
            "the consumer for automations is made"
        );
        stream.create_consumer(wanted).await.map(|_| ()).map_err(failed("make the consumer of automations"))
    }
}

fn is_missing(kind: &GetStreamErrorKind) -> bool {
    matches!(kind, GetStreamErrorKind::JetStream(fault) if fault.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

/// Is every setting that matters as it must be? What operators may choose themselves is not looked at.
fn compare(wanted: &Config, found: &Config) -> Result<(), NatsError> {
    let name = &wanted.name;
    same(name, "subjects", &wanted.subjects, &found.subjects)?;
    same(name, "subject transform", &wanted.subject_transform, &found.subject_transform)?;
    same(name, "republish", &wanted.republish, &found.republish)?;
    same(name, "storage", &wanted.storage, &found.storage)?;
    same(name, "retention", &wanted.retention, &found.retention)?;
    same(name, "discard policy", &wanted.discard, &found.discard)?;
    same(name, "duplicate window", &wanted.duplicate_window, &found.duplicate_window)?;
    same(name, "deny delete", &wanted.deny_delete, &found.deny_delete)?;
    same(name, "deny purge", &wanted.deny_purge, &found.deny_purge)?;
    same(name, "direct access", &wanted.allow_direct, &found.allow_direct)
}

fn same<T: PartialEq + Debug>(stream: &str, setting: &'static str, wanted: &T, found: &T) -> Result<(), NatsError> {
    if wanted == found {
        return Ok(());
    }
    let (found, wanted) = (format!("{found:?}"), format!("{wanted:?}"));
    Err(NatsError::Differs { stream: stream.to_owned(), setting, found, wanted })
}

/// What was found, with every setting that matters put right.
fn repaired(wanted: &Config, found: &Config) -> Config {
    Config {
        subjects: wanted.subjects.clone(),
        subject_transform: wanted.subject_transform.clone(),
        republish: wanted.republish.clone(),
        storage: wanted.storage,
        retention: wanted.retention,
        discard: wanted.discard,
        duplicate_window: wanted.duplicate_window,
        deny_delete: wanted.deny_delete,
        deny_purge: wanted.deny_purge,
        allow_direct: wanted.allow_direct,
        ..found.clone()
    }
}
