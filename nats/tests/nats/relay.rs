//! What the relay does to streams.

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::message::PublishMessage;
use futures::StreamExt;
use testkit::until;

use crate::scene::Scene;

#[tokio::test]
async fn a_message_lies_where_its_event_lies() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 1_500).await;
            let running = scene.relay();
            scene.top_up("maria", 1_500).await;
            scene.stream_equals_log(0).await;
            running.catches_up(&scene).await;
            running.stop().await;
        })
        .await;
}

#[tokio::test]
async fn a_relay_that_nobody_rings_finds_news_by_itself() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            let running = scene.relay_rung_by(|_| None);
            scene.stream(0).await;
            scene.register("maria", 5).await;
            running.catches_up(&scene).await;
            scene.stream_equals_log(0).await;
        })
        .await;
}

#[tokio::test]
async fn a_lost_stream_is_filled_again_while_commands_go_on() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 300).await;
            let running = scene.relay();
            running.catches_up(&scene).await;
            for _ in 0..3 {
                scene.delete_stream(0).await;
                scene.top_up("maria", 200).await;
            }
            assert_eq!(scene.top_ups(0).await, 900);
            scene.stream_equals_log(0).await;
        })
        .await;
}

#[tokio::test]
async fn a_stream_lost_in_the_quiet_is_filled_again_too() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 10).await;
            let running = scene.relay();
            running.catches_up(&scene).await;
            scene.delete_stream(0).await;
            scene.stream_equals_log(0).await;
        })
        .await;
}

#[tokio::test]
async fn a_stopped_relay_goes_on_where_the_stream_ends() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 50).await;
            let first = scene.relay();
            first.catches_up(&scene).await;
            first.stop().await;
            scene.top_up("maria", 50).await;
            let second = scene.relay();
            second.catches_up(&scene).await;
            scene.stream_equals_log(0).await;
        })
        .await;
}

#[tokio::test]
async fn two_relays_publish_every_event_once() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 500).await;
            let relays = (scene.relay(), scene.relay());
            scene.top_up("maria", 500).await;
            scene.delete_stream(0).await;
            scene.top_up("maria", 500).await;
            scene.stream_equals_log(0).await;
            relays.0.catches_up(&scene).await;
            relays.1.catches_up(&scene).await;
        })
        .await;
}

#[tokio::test]
async fn a_stream_ahead_of_the_log_is_replaced() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 3).await;
            scene.relay_once().await;
            scene.publish_foreign().await;
            let running = scene.relay();
            running.catches_up(&scene).await;
            scene.stream_equals_log(0).await;
        })
        .await;
}

#[tokio::test]
async fn a_stream_of_another_log_is_replaced() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 3).await;
            scene.relay_once().await;
            scene.publish_foreign().await;
            // Now the log is as long as the stream, yet what lies at position 6 is not the same.
            scene.top_up("maria", 3).await;
            let running = scene.relay();
            running.catches_up(&scene).await;
            scene.stream_equals_log(0).await;
        })
        .await;
}

#[tokio::test]
async fn changed_settings_are_put_right_and_an_operators_own_are_kept() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 3).await;
            scene.relay_once().await;
            let mut config = scene.stream(0).await.cached_info().config.clone();
            config.republish = None;
            config.max_bytes = 1_000_000_000;
            scene.jetstream.update_stream(&config).await.unwrap();
            scene.relay_once().await;
            let config = scene.stream(0).await.cached_info().config.clone();
            assert!(config.republish.is_some());
            assert_eq!(config.max_bytes, 1_000_000_000);
        })
        .await;
}

#[tokio::test]
async fn nobody_can_make_holes_into_a_stream() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 3).await;
            scene.relay_once().await;
            let stream = scene.stream(0).await;
            assert!(stream.delete_message(2).await.is_err());
            assert!(stream.purge().await.is_err());
        })
        .await;
}

#[tokio::test]
async fn each_partition_has_its_stream_and_the_subjects_do_not_tell() {
    let scene = Scene::with_partitions(3).await;
    scene
        .play(async |scene| {
            let running = scene.relay();
            for organization in ["juan", "maria", "pedro", "luz", "ana", "teo"] {
                scene.register(organization, 4).await;
            }
            for partition in 0..3 {
                scene.stream_equals_log(partition).await;
            }
            running.stop().await;
        })
        .await;
}

#[tokio::test]
async fn a_plain_subscriber_hears_the_public_subject() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            let subject = format!("{}.agencia.maria.>", scene.topology.root);
            let mut heard = scene.link.client().subscribe(subject).await.unwrap();
            let _running = scene.relay();
            scene.register("maria", 1).await;
            let events = [heard.next().await.unwrap(), heard.next().await.unwrap()];
            let subjects = events.map(|message| message.subject.to_string());
            let root = &scene.topology.root;
            assert_eq!(
                subjects,
                [
                    format!("{root}.agencia.maria.organization.organization_registered"),
                    format!("{root}.agencia.maria.credit_ledger.credits_granted"),
                ]
            );
        })
        .await;
}

#[tokio::test]
async fn an_automation_gets_every_event_even_after_the_stream_was_lost() {
    let scene = Scene::begin().await;
    scene
        .play(async |scene| {
            scene.register("maria", 3).await;
            let running = scene.relay();
            running.catches_up(&scene).await;
            assert_eq!(scene.automation_gets(5).await, (1..=5).collect());
            scene.delete_stream(0).await;
            scene.top_up("maria", 2).await;
            running.catches_up(&scene).await;
            scene.stream_equals_log(0).await;
            // Its place was lost with the stream: it hears the last day again, and knows the events by their ids.
            assert_eq!(scene.automation_gets(7).await, (1..=7).collect());
        })
        .await;
}

impl Scene {
    /// Relays up to the head, then stops.
    async fn relay_once(&self) {
        let running = self.relay();
        running.catches_up(self).await;
        running.stop().await;
    }

    /// Something else publishes into the stream.
    async fn publish_foreign(&self) {
        let subject = self.topology.entrance(0, "agencia.maria.foreign.event");
        let message = PublishMessage::build().payload("{}".into()).message_id("foreign");
        self.jetstream.send_publish(subject, message).await.unwrap().await.unwrap();
    }

    /// The positions that the consumer of automations delivers, acknowledged.
    async fn automation_gets(&self, count: usize) -> BTreeSet<u64> {
        let stream = &self.stream(0).await;
        let name = nats::topology::AUTOMATION;
        let get = || async move { stream.get_consumer::<pull::Config>(name).await.ok() };
        let consumer = until("the consumer of automations", get).await;
        assert_eq!(consumer.cached_info().config.ack_policy, AckPolicy::Explicit);
        let messages = consumer.fetch().max_messages(count).expires(Duration::from_secs(5)).messages().await.unwrap();
        let mut messages = messages.take(count);
        let mut positions = BTreeSet::new();
        while let Some(message) = messages.next().await {
            let message = message.unwrap();
            message.ack().await.unwrap();
            positions.insert(message.info().unwrap().stream_sequence);
        }
        positions
    }
}
