//! The relay over a log that is there already, against publishing the same messages from memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, StorageType};
use async_nats::jetstream::{self, Context};
use async_trait::async_trait;
use event_store::{Log, Recorded};
use futures::StreamExt;
use futures::stream::FuturesOrdered;
use nats::contract::{CONTENT_TYPE, CloudEvent, subject_tokens};
use nats::{Link, Relay, Topology};
use tokio::sync::watch;
use tokio::time::timeout;
use uuid::Uuid;

use super::{Bench, Field, LEDGERS};
use crate::ground::Ground;
use crate::history;
use crate::measure::{Fault, Sample, Side, take_turns};
use crate::report::{By, Finding, counted};

/// Events in the log, unless somebody chose: more than are relayed in a turn.
const EVENTS: i64 = 100_000;

/// Messages before the oldest is acknowledged, as many as the relay has.
const IN_FLIGHT_MAX: usize = 1_000;

pub struct RelayBench;

#[async_trait(?Send)]
impl Bench for RelayBench {
    fn name(&self) -> &'static str {
        "relay"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let head = history::write(&ground, LEDGERS, field.events.unwrap_or(EVENTS)).await?;
        let link = Link::open(&field.nats_url, "bench").await?;
        let settings = settings(&link, &ground.log()).await?;
        let messages: Arc<[Message]> = messages(&ground.log()).await?.into();
        let raw = |plain| Raw { link: link.clone(), settings: settings.clone(), plain, messages: messages.clone() };
        let sides: Vec<Box<dyn Side>> = vec![
            Box::new(Relayed { link: link.clone(), log: ground.log(), head }),
            Box::new(raw(false)),
            Box::new(raw(true)),
        ];
        let sides = take_turns(sides, field).await?;
        ground.clear().await?;
        let finding = Finding {
            bench: self.name(),
            what: format!("a log of {} events to JetStream, {} messages in flight", counted(head), IN_FLIGHT_MAX),
            unit: Some("events"),
            sides,
            ..Finding::default()
        };
        Ok(finding.compare(By::Rate, &[Some("at least 0.8")]))
    }
}

fn fresh_topology() -> Topology {
    let name = Uuid::now_v7().simple().to_string();
    Topology { prefix: format!("BENCH_{name}"), root: format!("bench_{name}") }
}

/// Relays the log for a while into a stream of its own; gives how many, how long that took, and the stream's settings.
async fn relay(link: &Link, log: &Log, until: i64, span: Duration) -> Result<(Sample, Config), Fault> {
    let topology = fresh_topology();
    let relay = Relay::new(link.clone(), topology.clone(), log.clone(), 1);
    let mut published = relay.published(0).ok_or("the relay has no partition")?;
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(async move { relay.run(|_| None, stopped).await });
    // Making the stream is not relaying.
    published.wait_for(|position| *position > 0).await?;
    let (begun, first) = (Instant::now(), *published.borrow());
    // An error means that the time is up.
    let _ = timeout(span, published.wait_for(|position| *position >= until)).await;
    let count = *published.borrow() - first;
    let sample = Sample::since(begun, u64::try_from(count)?);
    stop.send_replace(true);
    running.await?;
    let jetstream = jetstream::new(link.client().clone());
    let settings = jetstream.get_stream(topology.stream(0)).await?.cached_info().config.clone();
    jetstream.delete_stream(topology.stream(0)).await?;
    Ok((sample, settings))
}

/// The settings the relay gives its streams.
async fn settings(link: &Link, log: &Log) -> Result<Config, Fault> {
    Ok(relay(link, log, 1, Duration::ZERO).await?.1)
}

struct Relayed {
    link: Link,
    log: Log,
    head: i64,
}

#[async_trait]
impl Side for Relayed {
    fn name(&self) -> &str {
        "tollgate's relay"
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        Ok(relay(&self.link, &self.log, self.head, span).await?.0)
    }
}

/// A message as the relay would publish it, made beforehand.
struct Message {
    id: String,
    tokens: String,
    payload: Vec<u8>,
}

async fn messages(log: &Log) -> Result<Vec<Message>, Fault> {
    let (mut messages, mut head) = (Vec::new(), 0);
    loop {
        let chunk = log.after(0, head, 5_000).await?;
        let Some(last) = chunk.last() else { return Ok(messages) };
        head = last.position;
        for recorded in &chunk {
            messages.push(message(recorded)?);
        }
    }
}

fn message(recorded: &Recorded) -> Result<Message, Fault> {
    let payload = CloudEvent::of(recorded).to_json()?;
    Ok(Message { id: recorded.event_id.to_string(), tokens: subject_tokens(recorded), payload })
}

/// Publishes messages from memory, pipelined, with the same headers and expectations.
struct Raw {
    link: Link,
    settings: Config,
    /// A stream that only stores, or one with the relay's settings.
    plain: bool,
    messages: Arc<[Message]>,
}

impl Raw {
    fn stream(&self, topology: &Topology) -> Config {
        let entrance = topology.entrance(0, ">");
        let mut config = Config { name: topology.stream(0), subjects: vec![entrance.clone()], ..self.settings.clone() };
        if self.plain {
            return Config { subject_transform: None, republish: None, storage: StorageType::File, ..config };
        }
        if let Some(transform) = &mut config.subject_transform {
            *transform = jetstream::stream::SubjectTransform { source: entrance, destination: topology.subject(">") };
        }
        if let Some(republish) = &mut config.republish {
            republish.source = topology.subject(">");
            republish.destination = topology.subject(">");
        }
        config
    }

    async fn publish(&self, jetstream: &Context, topology: &Topology, span: Duration) -> Result<Sample, Fault> {
        let (begun, mut count) = (Instant::now(), 0);
        let mut in_flight = FuturesOrdered::new();
        let stream = topology.stream(0);
        for (sequence, message) in (0..).zip(self.messages.iter()) {
            if begun.elapsed() >= span {
                break;
            }
            if in_flight.len() >= IN_FLIGHT_MAX
                && let Some(ack) = in_flight.next().await
            {
                let _: jetstream::publish::PublishAck = ack?;
                count += 1;
            }
            let publish = PublishMessage::build()
                .payload(message.payload.clone().into())
                .header("Content-Type", CONTENT_TYPE)
                .message_id(&message.id)
                .expected_stream(&stream)
                .expected_last_sequence(sequence);
            let subject = topology.entrance(0, &message.tokens);
            in_flight.push_back(jetstream.send_publish(subject, publish).await?.into_future());
        }
        while let Some(ack) = in_flight.next().await {
            ack?;
            count += 1;
        }
        Ok(Sample::since(begun, count))
    }
}

#[async_trait]
impl Side for Raw {
    fn name(&self) -> &str {
        if self.plain { "raw publish to a plain stream" } else { "raw publish, same stream settings" }
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        let topology = fresh_topology();
        let jetstream = ContextBuilder::new()
            .max_ack_inflight(IN_FLIGHT_MAX)
            .backpressure_on_inflight(true)
            .build(self.link.client().clone());
        jetstream.create_stream(self.stream(&topology)).await?;
        let sample = self.publish(&jetstream, &topology, span).await;
        jetstream.delete_stream(topology.stream(0)).await?;
        sample
    }
}
