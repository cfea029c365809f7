//! The connection to NATS, and what a server must be able to do.
//!
//! NATS may be away when Tollgate starts and at any time later: the connection comes back by itself, and whoever uses
//! it asks [`Link::check`] first.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use tokio::time::{Instant, sleep};

/// The oldest server that is supported: 2.9 ignores subject transforms and filters without a word.
pub const SERVER_VERSION_MIN: (u32, u32) = (2, 10);

/// How long [`Link::open`] waits for a server before it leaves the connecting to the background.
const OPEN_MAX: Duration = Duration::from_secs(2);

/// How long a request may take. A server that needs longer is as good as away.
const REQUEST_MAX: Duration = Duration::from_secs(5);

/// The longest pause between two attempts to connect: a server that is back is found within this time.
const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(1);

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why NATS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// The address cannot be read.
    #[error("the address of nats cannot be read")]
    BadAddress(#[source] Cause),
    /// Nobody answers; the connection is tried again in the background.
    #[error("nats at {address} is away")]
    Away {
        /// Host and port.
        address: String,
    },
    /// The server lacks what the streams need.
    #[error("nats-server {found} at {address} is older than {}.{}", SERVER_VERSION_MIN.0, SERVER_VERSION_MIN.1)]
    TooOld {
        /// What the server says it is.
        found: String,
        /// Host and port.
        address: String,
    },
    /// The server runs without JetStream, or this user's account does.
    #[error("nats-server at {address} does not offer jetstream to this user: {reason}")]
    NoJetStream {
        /// Host and port.
        address: String,
        /// What the server said.
        reason: String,
    },
    /// The server made something else than what it was asked for.
    #[error("stream {stream} has another {setting} than it must have: {found} instead of {wanted}")]
    Differs {
        /// The stream.
        stream: String,
        /// Which setting.
        setting: &'static str,
        /// What the server says.
        found: String,
        /// What it was asked for.
        wanted: String,
    },
    /// JetStream refused, or did not answer in time.
    #[error("nats could not {action}")]
    Request {
        /// What was asked of it.
        action: &'static str,
        /// What came back.
        #[source]
        cause: Cause,
    },
}

/// Names what was asked of NATS in the error.
pub(crate) fn failed<E: Into<Cause>>(action: &'static str) -> impl FnOnce(E) -> NatsError {
    move |cause| NatsError::Request { action, cause: cause.into() }
}

/// A connection that heals by itself.
#[derive(Debug, Clone)]
pub struct Link {
    client: Client,
    /// Host and port: the address as configured may hold a password.
    address: String,
}

impl Link {
    /// Connects to an address such as `nats://user:password@host:4222`, under a name the server lists.
    ///
    /// A server that is away is not an error: the connection is tried again in the background. One that is there but
    /// too old, or without JetStream, is.
    pub async fn open(url: &str, name: &str) -> Result<Self, NatsError> {
        let server: ServerAddr = url.parse().map_err(|fault| NatsError::BadAddress(Box::new(fault)))?;
        let address = format!("{}:{}", server.host(), server.port());
        // The client ignores the user and password of an address, so they are handed over.
        let options = match (server.username(), server.password()) {
            (Some(user), Some(password)) => {
                ConnectOptions::with_user_and_password(user.to_owned(), password.to_owned())
            }
            _ => ConnectOptions::new(),
        };
        let client = options
            .name(name)
            .retry_on_initial_connect()
            .request_timeout(Some(REQUEST_MAX))
            .reconnect_delay_callback(|attempts| {
                let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
                Duration::from_millis(50).saturating_mul(attempts).min(RECONNECT_PAUSE_MAX)
            })
            .event_callback(|event| async move { log_event(&event) })
            .connect(server)
            .await
            .map_err(failed("open a connection"))?;
        let link = Self { client, address };
        link.settle().await?;
        Ok(link)
    }

    /// Gives the server a moment to answer, then judges it; silence is left to the background.
    async fn settle(&self) -> Result<(), NatsError> {
        let deadline = Instant::now() + OPEN_MAX;
        while !self.is_connected() && Instant::now() < deadline {
            sleep(Duration::from_millis(10)).await;
        }
        match self.check().await {
            Err(NatsError::Away { address }) => {
                tracing::warn!(%address, "nats is away; events are relayed once it is back");
                Ok(())
            }
            judged => judged,
        }
    }

    /// Is the connection up at this moment? The client says so a moment before it has taken in what the server says of
    /// itself; a server whose version is not known yet is no server so far.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected && self.client.try_server_info().is_some()
    }

    /// How many connections there were so far. What was under way on an earlier one is lost.
    pub(crate) fn connections(&self) -> u64 {
        self.client.statistics().connects.load(Ordering::Relaxed)
    }

    /// Says that NATS is away if it is, or was since there were so many connections.
    pub(crate) fn check_unbroken(&self, connections: u64) -> Result<(), NatsError> {
        self.check_connected()?;
        if self.connections() == connections { Ok(()) } else { Err(NatsError::Away { address: self.address.clone() }) }
    }

    /// Says that NATS is away if it is, without waiting for it.
    pub(crate) fn check_connected(&self) -> Result<(), NatsError> {
        if self.is_connected() { Ok(()) } else { Err(NatsError::Away { address: self.address.clone() }) }
    }

    /// Is there a server, and can it do what is needed? Costs one round trip.
    pub async fn check(&self) -> Result<(), NatsError> {
        self.check_connected()?;
        let address = || self.address.clone();
        let found = self.client.server_info().version;
        if !is_new_enough(&found) {
            return Err(NatsError::TooOld { found, address: address() });
        }
        let refused = |fault: jetstream::context::AccountError| match fault.kind() {
            jetstream::context::AccountErrorKind::TimedOut => NatsError::Away { address: address() },
            jetstream::context::AccountErrorKind::JetStream(_)
            | jetstream::context::AccountErrorKind::JetStreamUnavailable
            | jetstream::context::AccountErrorKind::Other => {
                NatsError::NoJetStream { address: address(), reason: fault.to_string() }
            }
        };
        self.jetstream(1).query_account().await.map(|_| ()).map_err(refused)
    }

    /// A handle for requests, and for publishing with so many acks outstanding.
    pub(crate) fn jetstream(&self, acks_max: usize) -> Context {
        jetstream::context::ContextBuilder::new()
            .timeout(REQUEST_MAX)
            .max_ack_inflight(acks_max)
            .backpressure_on_inflight(true)
            .build(self.client.clone())
    }

    /// The connection itself.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split(['.', '-']).map_while(|number| number.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    found >= SERVER_VERSION_MIN
}

fn log_event(event: &Event) {
    match event {
        Event::Connected => tracing::info!("nats is connected"),
        Event::Disconnected => tracing::warn!("nats is disconnected"),
        Event::LameDuckMode | Event::Draining | Event::Closed => tracing::info!(%event, "nats is leaving"),
        Event::SlowConsumer(_) | Event::ServerError(_) | Event::ClientError(_) => tracing::warn!(%event, "nats"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_before_2_10_are_too_old() {
        for (version, expected) in [
            ("2.9.10", false),
            ("2.10.0", true),
            ("2.15.1", true),
            ("2.10.0-beta.1", true),
            ("3.0.0", true),
            ("", false),
        ] {
            assert_eq!(is_new_enough(version), expected, "{version}");
        }
    }
}
