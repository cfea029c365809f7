//! Following the log with and without the bell.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::Feed;
use nats::{JetStreamFeed, Link};
use testkit::until;

use crate::scene::Scene;

/// A reader that keeps its own position, as projections do.
async fn read_until(feed: &JetStreamFeed, position: i64) -> Vec<i64> {
    let mut positions = Vec::new();
    while positions.last().copied().unwrap_or(0) < position {
        let last = positions.last().copied().unwrap_or(0);
        let events = tokio::time::timeout(testkit::PATIENCE, feed.after(0, last)).await.expect("news in time");
        positions.extend(events.expect("the log").iter().map(|event| event.position));
    }
    positions
}

#[tokio::test]
async fn readers_get_every_event_once_and_in_order_while_the_stream_comes_and_goes() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            let feed = Arc::new(JetStreamFeed::start(&scene.link, &scene.topology, scene.log(), 1));
            let _running = scene.relay();
            let readers = [0, 1].map(|_| {
                let feed = feed.clone();
                tokio::spawn(async move { read_until(&feed, 602).await })
            });
            scene.register("maria", 200).await;
            scene.delete_stream(0).await;
            scene.top_up("maria", 200).await;
            scene.delete_stream(0).await;
            scene.top_up("maria", 200).await;
            for reader in readers {
                assert_eq!(reader.await.unwrap(), (1..=602).collect::<Vec<_>>());
            }
        })
        .await;
}

#[tokio::test]
async fn the_bell_wakes_a_reader_at_once() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            let feed = JetStreamFeed::start(&scene.link, &scene.topology, scene.log(), 1);
            let running = scene.relay();
            scene.register("maria", 1).await;
            running.catches_up(&scene).await;
            scene.is_rung(0).await;
            let mut slowest = Duration::ZERO;
            for position in 4..9 {
                let reader = async {
                    let events = feed.after(0, position - 1).await.unwrap();
                    (events.len(), Instant::now())
                };
                let ((count, woken), begun) = tokio::join!(reader, async {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    let begun = Instant::now();
                    scene.top_up("maria", 1).await;
                    begun
                });
                assert_eq!(count, 1);
                slowest = slowest.max(woken.duration_since(begun));
            }
            // Without the bell a reader looks once a second.
            assert!(slowest < Duration::from_millis(800), "{slowest:?}");
        })
        .await;
}

#[tokio::test]
async fn readers_go_on_without_nats() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            // Nobody listens on the discard port.
            let link = Link::open("nats://127.0.0.1:9", "test").await.expect("an absent server is no error");
            let feed = JetStreamFeed::start(&link, &scene.topology, scene.log(), 1);
            let reader = tokio::spawn(async move { read_until(&feed, 6).await });
            scene.register("maria", 4).await;
            assert_eq!(reader.await.unwrap(), [1, 2, 3, 4, 5, 6]);
            assert!(nats::health::measure(&link).await.is_err());
        })
        .await;
}

#[tokio::test]
async fn health_tells_both_latencies() {
    let scene = Scene::begin().await;
    let latency = nats::health::measure(&scene.link).await.expect("nats is well");
    assert!(latency.round_trip > Duration::ZERO && latency.jetstream > Duration::ZERO, "{latency:?}");
}

impl Scene {
    /// Waits until a feed listens to the stream.
    async fn is_rung(&self, partition: i32) {
        let stream = &self.stream(partition).await;
        until("a doorbell on the stream", || async move {
            let info = stream.get_info().await.ok()?;
            // One consumer is that of the automations.
            (info.state.consumer_count >= 2).then_some(())
        })
        .await;
    }
}
