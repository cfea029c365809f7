//! How often one may ask, and what is told to whoever asks more often.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use api::{RateLimits, auth};
use axum::body::Body;
use domain::calendar::Interval;
use domain::catalog::{Command, RateLimit, source};
use event_store::Clock;
use futures::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};
use testkit::{product, send, unique};

use crate::house::{House, Reply};

/// Five songs, three of them at once; talks as fast as one likes.
const RADIO: &str = r#"
    product = "radio"
    currency = "USD"
    [features.songs]
    kind = "quota"
    window = "billing_period"
    rate_limit = { requests = 60, per = "minute", burst = 3 }
    [features.talks]
    kind = "quota"
    window = "billing_period"
    [[plans]]
    code = "free"
    price = { month = "0" }
    [plans.features]
    songs = { limit = 5 }
    talks = { limit = 1_000 }
"#;

/// A house with the radio, whose rates are told by a clock that stands still until it is moved.
struct Radio {
    house: House,
    rates: RateLimits,
    passed_ms: Arc<AtomicU64>,
}

impl Radio {
    async fn build(admin_requests_per_minute: u32) -> Self {
        let (begun, passed_ms) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let passed = passed_ms.clone();
        let clock = Clock::by(move || begun + Duration::from_millis(passed.load(Ordering::SeqCst)));
        let rates = RateLimits::by(admin_requests_per_minute, clock);
        let radio = Self { house: House::with_rates(rates.clone()).await, rates, passed_ms };
        radio.publish(|_| {}).await;
        radio
    }

    /// Publishes the radio's catalog with another rate of songs.
    async fn publish(&self, change: impl FnOnce(&mut Option<RateLimit>)) {
        let mut definition = source::read("radio.toml", RADIO).unwrap();
        change(&mut definition.features.get_mut(&"songs".to_owned().try_into().unwrap()).unwrap().rate_limit);
        send(&self.house.executor, product("radio"), Command::Publish { definition: Box::new(definition) })
            .await
            .unwrap();
    }

    /// Registers an organization on the free plan, in the log itself: no request is counted for it.
    async fn listener(&self, id: &str) {
        let register = domain::organization::Command::Register {
            organization: testkit::organization(id),
            product: "radio".to_owned().try_into().unwrap(),
            time_zone: "America/Bogota".to_owned().try_into().unwrap(),
            sponsor: None,
            environment: domain::organization::Environment::Live,
        };
        let plan = "free".to_owned().try_into().unwrap();
        let start = domain::subscription::Command::Start { plan, interval: Interval::Month };
        send(&self.house.executor, testkit::of(id), register).await.unwrap();
        send(&self.house.executor, testkit::of(id), start).await.unwrap();
    }

    fn pass(&self, time: Duration) {
        self.passed_ms.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    async fn play(&self, id: &str, feature: &str) -> Reply {
        self.play_as(&unique("key"), id, feature).await
    }

    async fn play_as(&self, command_id: &str, id: &str, feature: &str) -> Reply {
        let route = format!("POST /v1/organizations/{id}/usage");
        self.house.command_as(command_id, &route, json!({ "feature": feature, "quantity": 1 })).await
    }

    /// How much of a feature is used, as the log has it.
    async fn used(&self, id: &str, feature: &str) -> Value {
        let account = self.house.executor.account(&testkit::organization(id)).await.unwrap().account;
        let feature = feature.to_owned().try_into().unwrap();
        let found = domain::entitlement::check(&account.ledger, &feature, domain::Quantity::ONE, &account.context);
        json!(found.unwrap().used.unwrap().to_string())
    }
}

/// Limit, what remains, and after how many seconds there is more.
fn headers(reply: &Reply) -> Option<(&str, &str, &str)> {
    Some((reply.header("ratelimit-limit")?, reply.header("ratelimit-remaining")?, reply.header("ratelimit-reset")?))
}

fn told(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn a_feature_is_asked_for_as_often_as_its_catalog_says() {
    let radio = Radio::build(0).await;
    radio.listener("pedro").await;
    radio.listener("maria").await;
    for expected in [("3", "2", "1"), ("3", "1", "2"), ("3", "0", "3")] {
        let reply = radio.play("pedro", "songs").await;
        assert_eq!((reply.status.as_u16(), headers(&reply)), (200, Some(expected)));
        assert_eq!(reply.header("retry-after"), None);
    }
    let written = radio.house.events().await;
    let refused = radio.play("pedro", "songs").await;
    assert_eq!(refused.problem(), told(429, "rate_limit_exceeded"));
    assert_eq!((headers(&refused), refused.header("retry-after")), (Some(("3", "0", "1")), Some("1")));
    assert_eq!(radio.house.events().await, written, "something was written");
    assert_eq!(radio.used("pedro", "songs").await, "3");

    assert_eq!(headers(&radio.play("maria", "songs").await), Some(("3", "2", "1")), "she has a bucket of her own");
    let talk = radio.play("pedro", "talks").await;
    assert_eq!((talk.status.as_u16(), headers(&talk)), (200, None), "talks have no limit");

    radio.pass(Duration::from_millis(999));
    assert_eq!(radio.play("pedro", "songs").await.problem(), told(429, "rate_limit_exceeded"));
    radio.pass(Duration::from_millis(1));
    assert_eq!(radio.play("pedro", "songs").await.accepted()["usage"]["used"], "4");
}

#[tokio::test]
async fn the_refusal_says_how_often_one_may_ask_and_when_again() {
    let radio = Radio::build(0).await;
    radio.listener("pedro").await;
    join_all((0..3).map(|_| radio.play("pedro", "songs"))).await;
    let before = Timestamp::now();
    let body = radio.play("pedro", "songs").await.json();
    let resets_at: Timestamp = body["resets_at"].as_str().unwrap().parse().unwrap();
    let wait = resets_at.duration_since(before);
    assert!((1.0..10.0).contains(&wait.as_secs_f64()), "{wait:?}");
    let expected = json!({
        "type": "docs/reference/problems.md#rate_limit_exceeded",
        "title": "Rate limit exceeded",
        "status": 429,
        "detail": "pedro asks for songs more often than 60 times a minute, 3 at once",
        "code": "rate_limit_exceeded",
        "error": "rate_limit_exceeded",
        "hint": "nothing was written; send it again after Retry-After",
        "kind": "feature_rate",
        "limit": 3,
        "requests": 60,
        "per": "minute",
        "organization": "pedro",
        "feature": "songs",
        "resets_at": body["resets_at"],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_quota_is_another_thing_and_its_refusals_are_counted_as_requests() {
    let radio = Radio::build(0).await;
    radio.listener("pedro").await;
    for _ in 0..5 {
        radio.play("pedro", "songs").await.accepted();
        radio.pass(Duration::from_secs(1));
    }
    radio.pass(Duration::from_secs(60));
    for expected in ["2", "1", "0"] {
        let refused = radio.play("pedro", "songs").await;
        assert_eq!(refused.problem(), told(429, "QUOTA_EXCEEDED"));
        assert_eq!(refused.json()["kind"], "quota");
        assert_eq!(headers(&refused).map(|(_, remaining, _)| remaining), Some(expected));
        let days = refused.header("retry-after").unwrap().parse::<u64>().unwrap() / 86_400;
        assert!((27..=31).contains(&days), "{days}");
    }
    assert_eq!(radio.play("pedro", "songs").await.problem(), told(429, "rate_limit_exceeded"));
    assert_eq!(radio.used("pedro", "songs").await, "5");
}

#[tokio::test]
async fn a_retry_is_a_request_like_any_other_and_gets_its_answer_once_it_is_let_through() {
    let radio = Radio::build(0).await;
    radio.listener("pedro").await;
    let first = radio.play_as("song-1", "pedro", "songs").await;
    for expected in ["1", "0"] {
        let again = radio.play_as("song-1", "pedro", "songs").await;
        assert_eq!((&again.bytes, again.header("idempotent-replayed")), (&first.bytes, Some("true")));
        assert_eq!(again.header("ratelimit-remaining"), Some(expected));
    }
    assert_eq!(radio.play_as("song-1", "pedro", "songs").await.problem(), told(429, "rate_limit_exceeded"));
    radio.pass(Duration::from_secs(1));
    assert_eq!(radio.play_as("song-1", "pedro", "songs").await.bytes, first.bytes);
    assert_eq!(radio.used("pedro", "songs").await, "1");
}

#[tokio::test]
async fn in_a_batch_every_item_is_counted_and_those_within_the_rate_go_on() {
    let radio = Radio::build(100).await;
    radio.listener("pedro").await;
    radio.listener("maria").await;
    let item = |organization: &str, feature: &str| json!({ "id": unique("id"), "organization": organization, "feature": feature, "quantity": 1 });
    let items = [
        item("pedro", "songs"),
        item("pedro", "songs"),
        item("maria", "songs"),
        item("pedro", "songs"),
        item("pedro", "songs"),
        item("pedro", "talks"),
        item("nobody", "songs"),
        item("pedro", "songs"),
        item("maria", "songs"),
    ];
    let request = radio.house.request("POST /v1/usage/batch").body(Body::from(json!({ "items": items }).to_string()));
    let reply = radio.house.send(request.unwrap()).await;
    assert_eq!(headers(&reply), Some(("100", "99", "1")), "to its key it is one request");
    let answer = reply.accepted();
    let statuses: Vec<_> =
        answer["items"].as_array().unwrap().iter().map(|it| it["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 429, 200, 404, 429, 200]);
    assert_eq!((&answer["accepted"], &answer["refused"]), (&json!(6), &json!(3)));
    let refused = &answer["items"][4]["problem"];
    assert_eq!((&refused["code"], &refused["kind"]), (&json!("rate_limit_exceeded"), &json!("feature_rate")));
    assert_eq!((&refused["retry_after_seconds"], &refused["organization"]), (&json!(1), &json!("pedro")));
    assert_eq!((radio.used("pedro", "songs").await, radio.used("maria", "songs").await), (json!("3"), json!("2")));
    assert_eq!(
        radio.play("pedro", "songs").await.problem(),
        told(429, "rate_limit_exceeded"),
        "the bucket is the same"
    );
}

#[tokio::test]
async fn of_many_requests_at_once_exactly_as_many_are_let_through_as_the_bucket_holds() {
    let radio = Radio::build(0).await;
    radio.listener("pedro").await;
    let replies = join_all((0..64).map(|_| radio.play("pedro", "songs"))).await;
    let accepted = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(accepted, 3);
    assert!(replies.iter().filter(|reply| reply.status != 200).all(|reply| reply.problem().1 == "rate_limit_exceeded"));
    assert_eq!(radio.used("pedro", "songs").await, "3");
}

#[tokio::test]
async fn a_key_asks_as_often_as_its_rate_says_whatever_it_asks_for() {
    let radio = Radio::build(3).await;
    let house = &radio.house;
    let plans = house.read("/v1/products/radio/plans").await;
    assert_eq!((plans.status.as_u16(), headers(&plans)), (200, Some(("3", "2", "20"))));
    let unknown = house.read("/v1/organizations/nobody/usage").await;
    assert_eq!((unknown.status.as_u16(), headers(&unknown)), (404, Some(("3", "1", "40"))), "a no is counted, too");
    assert_eq!(headers(&house.read("/v1/products/radio/plans").await), Some(("3", "0", "60")));

    let refused = house.command("POST /v1/organizations", json!({ "product": "radio", "time_zone": "UTC" })).await;
    assert_eq!(refused.problem(), told(429, "rate_limit_exceeded"));
    assert_eq!((headers(&refused), refused.header("retry-after")), (Some(("3", "0", "20")), Some("20")));
    let body = refused.json();
    assert_eq!((&body["kind"], &body["requests"], &body["per"]), (&json!("key_rate"), &json!(3), &json!("minute")));
    let key_id = house.key.split('_').nth(2).unwrap();
    assert_eq!(body["detail"], format!("key admin:{key_id} asks more often than 3 times a minute, 3 at once"));

    let other = auth::create_admin_key(&house.pool).await.unwrap();
    let mut request = house.request("GET /v1/products/radio/plans").body(Body::empty()).unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {other}").parse().unwrap());
    assert_eq!(headers(&house.send(request).await), Some(("3", "2", "20")), "another key has a bucket of its own");
    let mut request = house.request("GET /v1/products/radio/plans").body(Body::empty()).unwrap();
    request.headers_mut().remove("authorization");
    let stranger = house.send(request).await;
    assert_eq!((stranger.status.as_u16(), headers(&stranger)), (401, None));
    let health = house.read("/v1/health").await;
    assert_eq!((health.status.as_u16(), headers(&health)), (200, None), "it is open, also to whoever asks too often");

    radio.pass(Duration::from_secs(20));
    assert_eq!(headers(&house.read("/v1/products/radio/plans").await), Some(("3", "0", "60")));
}

#[tokio::test]
async fn where_two_limits_apply_the_tighter_one_is_told() {
    let radio = Radio::build(5).await;
    radio.listener("pedro").await;
    for (feature, expected) in [
        ("songs", ("3", "2", "1")),
        ("talks", ("5", "3", "24")),
        ("songs", ("3", "1", "2")),
        // The key has one left, the songs have none.
        ("songs", ("3", "0", "3")),
        // Both have none.
        ("songs", ("3", "0", "1")),
    ] {
        assert_eq!(headers(&radio.play("pedro", feature).await), Some(expected));
    }
    radio.pass(Duration::from_secs(10));
    let refused = radio.play("pedro", "songs").await;
    assert_eq!((refused.json()["kind"].clone(), headers(&refused)), (json!("key_rate"), Some(("5", "0", "2"))));
}

#[tokio::test]
async fn the_limit_is_that_of_the_catalog_version_the_plan_was_sold_under() {
    let radio = Radio::build(0).await;
    radio.listener("pedro").await;
    assert_eq!(headers(&radio.play("pedro", "songs").await), Some(("3", "2", "1")));
    radio.publish(|rate| rate.as_mut().unwrap().burst = 1).await;
    radio.listener("maria").await;
    radio.publish(|rate| *rate = None).await;
    radio.listener("juan").await;
    assert_eq!(headers(&radio.play("maria", "songs").await), Some(("1", "0", "1")));
    assert_eq!(radio.play("maria", "songs").await.problem(), told(429, "rate_limit_exceeded"));
    assert_eq!(headers(&radio.play("juan", "songs").await), None);
    assert_eq!(headers(&radio.play("pedro", "songs").await), Some(("3", "1", "2")));
}

#[tokio::test]
async fn whoever_is_unknown_or_has_no_plan_hears_so_and_not_of_rates() {
    let radio = Radio::build(0).await;
    for _ in 0..5 {
        assert_eq!(radio.play("nobody", "songs").await.problem(), told(404, "organization.unknown"));
    }
    radio.listener("pedro").await;
    assert_eq!(radio.play("pedro", "films").await.problem(), told(404, "ledger.unknown_feature"));
    assert_eq!(radio.rates.buckets(), 0, "what cannot be asked for has no bucket");
}

#[tokio::test]
async fn buckets_that_are_full_again_are_forgotten() {
    let radio = Radio::build(600).await;
    for id in ["pedro", "maria"] {
        radio.listener(id).await;
        radio.play(id, "songs").await.accepted();
    }
    assert_eq!(radio.rates.buckets(), 3, "the key and two listeners");
    radio.rates.forget_full();
    assert_eq!(radio.rates.buckets(), 3);
    radio.pass(Duration::from_secs(3));
    radio.rates.forget_full();
    assert_eq!(radio.rates.buckets(), 0);
    assert_eq!(headers(&radio.play("pedro", "songs").await), Some(("3", "2", "1")));
}
