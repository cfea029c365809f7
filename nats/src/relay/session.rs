//! One relay session of one partition: find out where the stream is, then publish from there until something fails.

use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{RawMessageErrorKind, State, Stream};
use event_store::{Log, Recorded, faults};
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use futures::{FutureExt, StreamExt};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::Ended;
use crate::contract::{self, CONTENT_TYPE, CloudEvent};
use crate::link::{Link, NatsError, failed};
use crate::topology::Topology;

/// Messages published before the oldest of them is acknowledged. A round trip on a loopback carries about a thousand.
const IN_FLIGHT_MAX: usize = 1_000;

/// Events read from the log at a time.
const CHUNK_EVENTS: i64 = 1_000;

/// How often the log's head is looked at where nobody rings, and where somebody does: other engines may append too.
const LOOKS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// How often a relay that waits for an ack looks whether the connection it was asked for on is still the same: an ack
/// that was under way when that broke never comes.
const ACK_LOOK: Duration = Duration::from_millis(100);

/// How often an idle relay looks whether its stream is still there.
const IDLE_CHECK: Duration = Duration::from_secs(2);

/// How far back automations hear events again when their consumer was lost with the stream. Shorter than an outage,
/// and they miss what happened meanwhile; for ever, and one lost disk repeats every message they ever sent.
const AUTOMATION_REPEAT_MAX: SignedDuration = SignedDuration::from_hours(24);

pub(super) struct Session {
    pub(super) link: Link,
    pub(super) topology: Topology,
    pub(super) log: Log,
    pub(super) partition: i32,
    pub(super) head: Option<watch::Receiver<i64>>,
    pub(super) published: watch::Sender<i64>,
    /// How many connections there were when the session began.
    pub(super) connections: u64,
}

/// Acks on their way, oldest first, each with the position it is for.
type InFlight = FuturesOrdered<BoxFuture<'static, (i64, Result<u64, PublishError>)>>;

impl Session {
    /// Relays until something fails.
    pub(super) async fn run(&mut self) -> Result<Infallible, Ended> {
        self.link.check().await?;
        self.connections = self.link.connections();
        // A context of its own for each session: acks that a failed one left behind do not count against this one.
        let jetstream = self.link.jetstream(IN_FLIGHT_MAX);
        let (stream, mut position) = self.find_stream(&jetstream).await?;
        self.find_automation(&stream).await?;
        self.publish_position(position);
        faults::point("relay.found");

        let mut in_flight = InFlight::new();
        loop {
            // The bell is marked as heard before the log is read: what rings later is newer than what is found.
            if let Some(head) = &mut self.head {
                head.mark_unchanged();
            }
            let mut scan = self.log.scan(self.partition, position, CHUNK_EVENTS);
            while let Some(chunk) = scan.next().await? {
                faults::point("relay.read");
                for recorded in &chunk.events {
                    while in_flight.len() >= IN_FLIGHT_MAX {
                        self.take_ack(&mut in_flight).await?;
                    }
                    in_flight.push_back(self.send(&jetstream, recorded).await?);
                    position = recorded.position;
                }
                self.take_acks_there(&mut in_flight)?;
            }
            while !in_flight.is_empty() {
                self.take_ack(&mut in_flight).await?;
            }
            self.wait_for_news(&jetstream, position).await?;
        }
    }

    /// The stream, and the position it is at; a stream that is not this log's is replaced.
    async fn find_stream(&self, jetstream: &Context) -> Result<(Stream, i64), Ended> {
        let stream = self.topology.ensure_stream(jetstream, self.partition).await?;
        let state = stream.get_info().await.map_err(failed("look at a stream"))?.state;
        let Some(fault) = self.fault_of(&stream, &state).await? else {
            return Ok((stream, i64::try_from(state.last_sequence).unwrap_or(i64::MAX)));
        };
        let name = self.topology.stream(self.partition);
        tracing::error!(stream = name, fault, "the stream is not this log's; it is deleted and filled again");
        metrics::counter!("tollgate_relay_refills_total", "partition" => self.partition.to_string()).increment(1);
        jetstream.delete_stream(&name).await.map_err(failed("delete a stream"))?;
        faults::point("relay.refill");
        Ok((self.topology.ensure_stream(jetstream, self.partition).await?, 0))
    }

    /// What shows that a stream does not hold the log up to its last sequence.
    async fn fault_of(&self, stream: &Stream, state: &State) -> Result<Option<&'static str>, Ended> {
        let config = &stream.cached_info().config;
        let is_limited = config.max_messages > 0 || config.max_bytes > 0 || !config.max_age.is_zero();
        if !is_limited && state.messages < state.last_sequence {
            return Ok(Some("messages are missing"));
        }
        let last = i64::try_from(state.last_sequence).unwrap_or(i64::MAX);
        // Read after the stream, so that a relay beside this one cannot make it look ahead.
        if last > self.log.head(self.partition).await?.position {
            return Ok(Some("it is ahead of the log"));
        }
        if state.messages == 0 {
            return Ok(None);
        }
        let message = match stream.get_raw_message(state.last_sequence).await {
            Ok(message) => message,
            // A limit took it this moment.
            Err(fault) if fault.kind() == RawMessageErrorKind::NoMessageFound => return Ok(None),
            Err(fault) => return Err(failed("read a message")(fault).into()),
        };
        let known = self.log.after(self.partition, last - 1, 1).await?.first().map(|event| event.event_id.to_string());
        let found = message.headers.get(async_nats::header::NATS_MESSAGE_ID).map(ToString::to_string);
        Ok((found != known).then_some("its last message is not the log's"))
    }

    /// Sees to it that the consumer of automations is there. When it was lost with its stream, so was its place.
    async fn find_automation(&self, stream: &Stream) -> Result<(), Ended> {
        if self.topology.has_automation(stream).await? {
            return Ok(());
        }
        let since = Timestamp::now().saturating_sub(AUTOMATION_REPEAT_MAX).unwrap_or(Timestamp::MIN);
        let first = self.first_position_since(since).await?;
        Ok(self.topology.make_automation(stream, first).await?)
    }

    /// The first position decided at or after an instant; instants never go back in a partition, so halving finds it.
    async fn first_position_since(&self, since: Timestamp) -> Result<i64, Ended> {
        let (mut low, mut high) = (1, self.log.head(self.partition).await?.position + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            let event = self.log.after(self.partition, middle - 1, 1).await?;
            if event.first().is_some_and(|event| event.recorded_at < since) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    async fn send(
        &self,
        jetstream: &Context,
        recorded: &Recorded,
    ) -> Result<BoxFuture<'static, (i64, Result<u64, PublishError>)>, Ended> {
        let position = recorded.position;
        let json = CloudEvent::of(recorded).to_json().map_err(failed("be told of an event"))?;
        let message = PublishMessage::build()
            .payload(json.into())
            .header("Content-Type", CONTENT_TYPE)
            .message_id(recorded.event_id.to_string())
            .expected_stream(self.topology.stream(self.partition))
            .expected_last_sequence(u64::try_from(position - 1).unwrap_or_default());
        let subject = self.topology.entrance(self.partition, &contract::subject_tokens(recorded));
        faults::point("relay.before_publish");
        let ack: PublishAckFuture = jetstream.send_publish(subject, message).await.map_err(failed("take a message"))?;
        faults::point("relay.published");
        Ok(async move { (position, ack.await.map(|ack| ack.sequence)) }.boxed())
    }

    /// Takes the acks that are there.
    fn take_acks_there(&self, in_flight: &mut InFlight) -> Result<(), Ended> {
        while let Some(Some((position, ack))) = in_flight.next().now_or_never() {
            self.judge(position, ack)?;
        }
        Ok(())
    }

    async fn take_ack(&self, in_flight: &mut InFlight) -> Result<(), Ended> {
        let mut oldest = in_flight.next();
        loop {
            match timeout(ACK_LOOK, &mut oldest).await {
                Ok(Some((position, ack))) => return self.judge(position, ack),
                Ok(None) => return Ok(()),
                Err(_) => self.link.check_unbroken(self.connections)?,
            }
        }
    }

    /// An ack counts only if the message lies where it must. One that another relay had published first is answered
    /// with its place, and that is right too.
    fn judge(&self, position: i64, ack: Result<u64, PublishError>) -> Result<(), Ended> {
        match ack {
            Ok(sequence) if i64::try_from(sequence) == Ok(position) => {
                faults::point("relay.acknowledged");
                self.publish_position(position);
                Ok(())
            }
            Ok(_) => Err(Ended::Overtaken { expected: position - 1 }),
            Err(fault) => match fault.kind() {
                PublishErrorKind::WrongLastSequence | PublishErrorKind::StreamNotFound => {
                    Err(Ended::Overtaken { expected: position - 1 })
                }
                PublishErrorKind::WrongLastMessageId
                | PublishErrorKind::TimedOut
                | PublishErrorKind::BrokenPipe
                | PublishErrorKind::MaxAckPending
                | PublishErrorKind::MaxPayloadExceeded
                | PublishErrorKind::Other => Err(failed("take a message")(fault).into()),
            },
        }
    }

    fn publish_position(&self, position: i64) {
        self.published.send_replace(position);
        metrics::gauge!("tollgate_relay_position", "partition" => self.partition.to_string()).set(as_gauge(position));
    }

    /// Waits until the log may have grown. While it waits, looks now and then whether the stream is still there: a
    /// lost one is refilled even if nothing happens.
    async fn wait_for_news(&mut self, jetstream: &Context, position: i64) -> Result<(), Ended> {
        let pause = if self.head.is_some() { LOOKS.1 } else { LOOKS.0 };
        let mut checked = Instant::now();
        loop {
            let rung = timeout(pause, rings(self.head.as_mut())).await.is_ok();
            if rung || self.log.head(self.partition).await?.position > position {
                return Ok(());
            }
            if checked.elapsed() >= IDLE_CHECK {
                self.check_stream(jetstream, position).await?;
                checked = Instant::now();
            }
        }
    }

    async fn check_stream(&self, jetstream: &Context, position: i64) -> Result<(), Ended> {
        self.link.check_connected()?;
        let stream = jetstream.get_stream(self.topology.stream(self.partition)).await;
        let stream: Result<Stream, NatsError> = stream.map_err(failed("look up a stream"));
        let last = stream?.cached_info().state.last_sequence;
        if i64::try_from(last) == Ok(position) { Ok(()) } else { Err(Ended::Overtaken { expected: position }) }
    }
}

/// Metrics are floats; positions are exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "a gauge is for looking at, not for deciding")]
fn as_gauge(position: i64) -> f64 {
    position as f64
}

/// Ends when the executor rings; never, if there is none or it is gone.
async fn rings(head: Option<&mut watch::Receiver<i64>>) {
    if let Some(head) = head
        && head.changed().await.is_ok()
    {
        return;
    }
    pending().await
}
