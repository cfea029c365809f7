//! From the log to the streams, in order, again and again until it is so.
//!
//! The events table is the outbox, and the stream's last sequence says how far it was relayed: there is no `published`
//! flag and no position kept anywhere else. Position p is published with "the last sequence must be p - 1", so a
//! stream's sequence equals the log's position whatever happens: a message lost on the way refuses all behind it, two
//! relays at once publish every position once, and the loser reads on from where the winner is.
//!
//! ```text
//! stream lost          a new one begins at sequence 0: refilled from position 1
//! stream ahead         or with a message the log does not know: it belongs to another log; deleted and refilled
//! messages missing     somebody deleted some: deleted and refilled
//! ```
//!
//! Commands never wait for any of this.

mod session;

use std::sync::Arc;
use std::time::Duration;

use event_store::{Log, LogError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::link::{Link, NatsError};
use crate::topology::Topology;
use session::Session;

/// The first and the longest pause after a failure.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    /// NATS is away or refuses.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The stream is not where this relay left it: another relay was faster, or the stream was replaced.
    #[error("the stream is not at position {expected}")]
    Overtaken {
        /// Where this relay thought it was.
        expected: i64,
    },
}

/// Publishes every partition of a log. Clones are the same relay.
#[derive(Debug, Clone)]
pub struct Relay {
    link: Link,
    topology: Topology,
    log: Log,
    /// Per partition, the newest position known to be in its stream.
    published: Arc<Vec<watch::Sender<i64>>>,
}

impl Relay {
    /// A relay for so many partitions; it begins with [`Relay::run`].
    #[must_use]
    pub fn new(link: Link, topology: Topology, log: Log, partitions: i32) -> Self {
        let published = (0..partitions).map(|_| watch::Sender::new(0)).collect();
        Self { link, topology, log, published: Arc::new(published) }
    }

    /// The newest position that is known to be in a partition's stream; 0 before the relay has looked.
    #[must_use]
    pub fn published(&self, partition: i32) -> Option<watch::Receiver<i64>> {
        Some(self.published.get(usize::try_from(partition).ok()?)?.subscribe())
    }

    /// Relays until `stop` turns true. `heads` ring when this process has appended to a partition (see
    /// `Executor::head`); without one the head is looked at every 100 ms.
    ///
    /// A partition whose history cannot be read is not relayed further, and says so in the log; the others go on.
    pub async fn run(&self, heads: impl Fn(i32) -> Option<watch::Receiver<i64>>, mut stop: watch::Receiver<bool>) {
        let mut partitions = JoinSet::new();
        for (partition, published) in (0..).zip(self.published.iter()) {
            let session = Session {
                link: self.link.clone(),
                topology: self.topology.clone(),
                log: self.log.clone(),
                partition,
                head: heads(partition),
                published: published.clone(),
                connections: 0,
            };
            partitions.spawn(keep(session));
        }
        // A relay can be stopped anywhere: the stream itself says where the next one goes on.
        let _ = stop.wait_for(|stop| *stop).await;
        partitions.shutdown().await;
    }
}

/// Begins a session again whenever it ends, with growing pauses while nothing is achieved.
async fn keep(mut session: Session) {
    let mut pause = PAUSES.0;
    loop {
        let before = *session.published.borrow();
        let Err(ended) = session.run().await;
        if *session.published.borrow() > before {
            pause = PAUSES.0;
        }
        let partition = session.partition;
        match ended {
            Ended::Log(fault @ LogError::Corrupt { .. }) => {
                tracing::error!(partition, %fault, "the history cannot be read; the relay of this partition has stopped");
                return;
            }
            Ended::Overtaken { expected } => tracing::debug!(partition, expected, "the stream is looked up again"),
            Ended::Nats(NatsError::Away { address }) => tracing::debug!(partition, address, "nats is away"),
            Ended::Nats(fault) => tracing::warn!(partition, fault = chain(&fault), "the relay waits for nats"),
            Ended::Log(fault) => tracing::warn!(partition, fault = chain(&fault), "the relay waits for postgres"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
