//! A log with an executor, and streams of its own on the test NATS server.

use std::future::Future;

use async_nats::jetstream::{self, Context, stream::Stream};
use domain::calendar::Zone;
use domain::{Credits, Event, credit_ledger, organization};
use event_store::{Executor, Log};
use nats::{Link, Relay, Topology};
use testkit::{TestDatabase, nats_url, of, send, unique, until};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A log, an executor, and the names of streams that may or may not exist yet.
pub struct Scene {
    pub database: TestDatabase,
    pub executor: Executor,
    pub link: Link,
    pub topology: Topology,
    pub jetstream: Context,
}

/// A relay at work.
pub struct Running {
    pub relay: Relay,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Scene {
    /// One partition; position 1 is the catalog of `agencia`.
    pub async fn begin() -> Self {
        Self::with_partitions(1).await
    }

    pub async fn with_partitions(partitions: i32) -> Self {
        let database = TestDatabase::with_partitions(partitions).await;
        let executor = database.executor().await;
        send(&executor, testkit::product("agencia"), testkit::agencia()).await.expect("published");
        let link = Link::open(&nats_url(), "test").await.expect("the test nats");
        let topology = Topology { prefix: unique("TEST"), root: unique("test") };
        let jetstream = jetstream::new(link.client().clone());
        Self { database, executor, link, topology, jetstream }
    }

    pub fn log(&self) -> Log {
        self.database.log()
    }

    /// The position of the newest event.
    pub async fn head(&self, partition: i32) -> i64 {
        self.log().head(partition).await.expect("the log").position
    }

    /// Registers an organization, with so many top-ups behind: one event each.
    pub async fn register(&self, id: &str, top_ups: usize) {
        let register = organization::Command::Register {
            organization: testkit::organization(id),
            product: domain::ProductCode::new("agencia").unwrap(),
            time_zone: Zone::new("America/Santiago").unwrap(),
            sponsor: None,
            environment: organization::Environment::Live,
        };
        send(&self.executor, of(id), register).await.expect("registered");
        self.top_up(id, top_ups).await;
    }

    pub async fn top_up(&self, id: &str, times: usize) {
        let amount = Credits::positive("1.00".parse().unwrap()).unwrap();
        let top_ups =
            (0..times).map(|_| send(&self.executor, of(id), credit_ledger::Command::TopUp { amount, reference: None }));
        for topped_up in futures::future::join_all(top_ups).await {
            topped_up.expect("topped up");
        }
    }

    /// Starts a relay that is rung by this scene's executor.
    pub fn relay(&self) -> Running {
        let executor = self.executor.clone();
        self.relay_rung_by(move |partition| executor.head(partition))
    }

    pub fn relay_rung_by(
        &self,
        heads: impl Fn(i32) -> Option<watch::Receiver<i64>> + Send + Sync + 'static,
    ) -> Running {
        let relay = Relay::new(self.link.clone(), self.topology.clone(), self.log(), self.executor.partitions());
        let (stop, stopped) = watch::channel(false);
        let running = relay.clone();
        let task = tokio::spawn(async move { running.run(heads, stopped).await });
        Running { relay, stop, task }
    }

    /// A partition's stream, once it is there.
    pub async fn stream(&self, partition: i32) -> Stream {
        let name = &self.topology.stream(partition);
        until("the stream", || async move { self.jetstream.get_stream(name).await.ok() }).await
    }

    /// Waits until the stream holds the log up to its head, and checks every message against its event.
    pub async fn stream_equals_log(&self, partition: i32) {
        let events = self.log().after(partition, 0, 1_000_000).await.expect("the log");
        let head = u64::try_from(events.len()).unwrap();
        let name = &self.topology.stream(partition);
        let stream = until("the stream to reach the head", || async move {
            let stream = self.jetstream.get_stream(name).await.ok()?;
            (stream.cached_info().state.last_sequence >= head).then_some(stream)
        })
        .await;
        let state = &stream.cached_info().state;
        assert_eq!((state.messages, state.last_sequence), (head, head));
        for event in &events {
            let message = stream.direct_get(u64::try_from(event.position).unwrap()).await.expect("a message");
            let id = message.headers.get("Nats-Msg-Id").map(ToString::to_string);
            assert_eq!(id, Some(event.event_id.to_string()), "position {}", event.position);
            let subject = message.subject.as_str();
            assert!(subject.starts_with(&format!("{}.agencia.", self.topology.root)), "{subject}");
        }
    }

    /// Deletes a partition's stream, once it is there.
    pub async fn delete_stream(&self, partition: i32) {
        self.stream(partition).await;
        self.jetstream.delete_stream(self.topology.stream(partition)).await.expect("deleted");
    }

    /// How many top-ups the log holds.
    pub async fn top_ups(&self, partition: i32) -> usize {
        let events = self.log().after(partition, 0, 1_000_000).await.expect("the log");
        let is_top_up = |event: &Event| matches!(event, Event::CreditLedger(_));
        events.iter().filter(|recorded| is_top_up(&recorded.event)).count()
    }

    /// Runs a test and takes its streams away again, whatever became of it.
    pub async fn play<F: Future<Output = ()>>(self, test: impl FnOnce(std::sync::Arc<Self>) -> F) {
        let scene = std::sync::Arc::new(self);
        let played = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(test(scene.clone()))).await;
        for partition in 0..scene.executor.partitions() {
            let _ = scene.jetstream.delete_stream(scene.topology.stream(partition)).await;
        }
        if let Err(panic) = played {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Running {
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.expect("the relay ends");
    }

    /// Waits until the relay knows the whole log to be in the streams.
    pub async fn catches_up(&self, scene: &Scene) {
        for partition in 0..scene.executor.partitions() {
            self.reaches(partition, scene.head(partition).await).await;
        }
    }

    /// Waits until the relay knows a position to be in the stream.
    async fn reaches(&self, partition: i32, position: i64) {
        let mut published = self.relay.published(partition).expect("a partition");
        let reached = published.wait_for(|published| *published >= position);
        let reached = tokio::time::timeout(testkit::PATIENCE, reached).await;
        reached.expect("the position in time").expect("a relay");
    }
}
