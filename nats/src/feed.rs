//! The doorbell: following the log with NATS telling when there is news.
//!
//! A message says only "there is a position like this". What a reader gets was read from the log, checked, from the
//! position the reader asked for; so messages lost, repeated or out of order change nothing, and a gap heals by itself.
//! While the bell is silent (NATS away, the stream deleted) readers look at the log every second on their own.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, push};
use async_trait::async_trait;
use event_store::{Feed, Log, LogError, Recent, Stretch};
use futures::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::link::{Link, NatsError, failed};
use crate::topology::Topology;

/// How long a reader trusts the silence.
const SILENCE_MAX: Duration = Duration::from_secs(1);

/// How often the server says that the consumer still stands; two missed ones mean that it does not.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// After how long the server forgets a consumer nobody listens to.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30);

/// The pause before a consumer is made again. Without a bell every step of a chain of events waits for its reader's next
/// look, so it is short.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// How often a silent bell looks whether its connection is still the same: the consumer is lost with a server that was
/// started again, and waiting for the missed heartbeats would take two seconds.
const CONNECTION_LOOK: Duration = Duration::from_millis(100);

/// Follows the log. One bell per partition and process, shared by all its readers.
#[derive(Debug)]
pub struct JetStreamFeed {
    recent: Recent,
    bells: Vec<watch::Receiver<i64>>,
    /// The listening tasks; they end with the feed.
    _listeners: JoinSet<()>,
}

impl JetStreamFeed {
    /// Starts listening. NATS may be away, and the streams may not be there yet.
    #[must_use]
    pub fn start(link: &Link, topology: &Topology, log: Log, partitions: i32) -> Self {
        let mut listeners = JoinSet::new();
        let ring = |partition| {
            let (bell, heard) = watch::channel(0);
            listeners.spawn(listen(link.clone(), topology.clone(), partition, Arc::new(bell)));
            heard
        };
        let bells = (0..partitions).map(ring).collect();
        Self { recent: Recent::of(log), bells, _listeners: listeners }
    }
}

#[async_trait]
impl Feed for JetStreamFeed {
    async fn after(&self, partition: i32, position: i64) -> Result<Stretch, LogError> {
        let bell = usize::try_from(partition).ok().and_then(|index| self.bells.get(index));
        let mut bell = bell.cloned();
        loop {
            // Marked as heard before the log is read: what rings later is newer than what is found.
            if let Some(bell) = &mut bell {
                bell.mark_unchanged();
            }
            let events = self.recent.after(partition, position).await?;
            if !events.is_empty() {
                return Ok(events);
            }
            match &mut bell {
                // Silence and a bell that is gone both mean: look again.
                Some(bell) => drop(timeout(SILENCE_MAX, bell.changed()).await),
                None => sleep(SILENCE_MAX).await,
            }
        }
    }
}

/// Keeps a consumer on a partition's stream and rings for what it delivers; makes it again when it is lost.
async fn listen(link: Link, topology: Topology, partition: i32, bell: Arc<watch::Sender<i64>>) {
    loop {
        if link.is_connected() {
            let Err(fault) = hear(&link, &topology, partition, &bell).await;
            tracing::debug!(partition, error = %fault, "the bell is silent; readers look by themselves");
        }
        sleep(RETRY_PAUSE).await;
    }
}

async fn hear(
    link: &Link,
    topology: &Topology,
    partition: i32,
    bell: &watch::Sender<i64>,
) -> Result<std::convert::Infallible, NatsError> {
    let connections = link.connections();
    let stream = link.jetstream(1).get_stream_no_info(topology.stream(partition)).await;
    let stream = stream.map_err(failed("look up a stream"))?;
    // Not ordered: an ordered consumer starts again at every gap, and a gap does not matter to a bell.
    let config = push::Config {
        deliver_subject: link.client().new_inbox(),
        description: Some("A doorbell of Tollgate".to_owned()),
        deliver_policy: DeliverPolicy::New,
        ack_policy: AckPolicy::None,
        headers_only: true,
        idle_heartbeat: HEARTBEAT,
        inactive_threshold: FORGOTTEN_AFTER,
        memory_storage: true,
        num_replicas: 1,
        ..push::Config::default()
    };
    let consumer = stream.create_consumer(config).await.map_err(failed("make a consumer"))?;
    let mut messages = consumer.messages().await.map_err(failed("subscribe to a consumer"))?;
    // What was published while nobody listened does not ring again.
    bell.send_modify(|_| {});
    loop {
        let Ok(message) = timeout(CONNECTION_LOOK, messages.next()).await else {
            link.check_unbroken(connections)?;
            continue;
        };
        let message = message.ok_or_else(|| failed("deliver on")("the subscription ended"))?;
        let message = message.map_err(failed("deliver on"))?;
        let sequence = message.info().map_err(failed("name a message's place"))?.stream_sequence;
        bell.send_replace(i64::try_from(sequence).unwrap_or(i64::MAX));
    }
}
