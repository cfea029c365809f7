//! Test clocks: what is due happens in order, whatever the timing, and the same whoever dies on the way.

use domain::organization::{Command, TestClock};
use domain::{Event, Kind, State};
use event_store::Recorded;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;
use testkit::{of, send, until};

use crate::scene::{Running, Scene, ops};

/// When everything begins, in a year nobody waits for.
const BEGINS: &str = "2030-01-31T12:00:00Z";

fn begins() -> Timestamp {
    BEGINS.parse().unwrap()
}

fn after(days: i64) -> Timestamp {
    begins() + (24 * days).hours()
}

/// Agencia, where partners may try for ten days and commissions wait for two weeks.
fn waiting() -> domain::Command {
    let text = include_str!("../../../catalogs/agencia.toml")
        .replace("rates = [\"0.20\", \"0.05\"]", "rates = [\"0.20\", \"0.05\"]\nhold_days = 14")
        .replace("price = { month = \"199\" }", "price = { month = \"199\" }\ntrial = { days = 10 }");
    let definition = domain::catalog::source::read("waiting.toml", &text).unwrap();
    domain::catalog::Command::Publish { definition: Box::new(definition) }.into()
}

/// Ana referred Eva, Eva referred Ivo: all of them sandboxes, on Ana's clock.
async fn on_a_clock() -> (Scene, Running) {
    let scene = Scene::selling(waiting(), testkit::partitions()).await;
    let running = scene.process();
    scene.register_sandbox("ana").await;
    scene.register_sandbox_below("eva", "ana").await;
    scene.register_sandbox_below("ivo", "eva").await;
    scene.settles().await;
    let start = Command::StartTestClock { instant: begins(), actor: ops(), below: Vec::new() };
    send(&scene.executor, of("ana"), start).await.unwrap();
    scene.settles().await;
    (scene, running)
}

/// Ana tries a plan and has credits for twenty days, Eva and Ivo have paid for a month.
async fn in_business() -> (Scene, Running) {
    let (scene, running) = on_a_clock().await;
    scene.subscribe("ana", "partner").await;
    scene.grant("ana", 5, None, Some(after(20))).await;
    for id in ["eva", "ivo"] {
        scene.subscribe(id, "starter").await;
        scene.pay(id, "15").await;
        // Payments of two that are not waited for may be shared in either order.
        scene.settles().await;
    }
    (scene, running)
}

async fn advance(scene: &Scene, to: Timestamp) {
    send(&scene.executor, of("ana"), Command::AdvanceTestClock { to, actor: ops() }).await.unwrap();
}

async fn clock(scene: &Scene) -> TestClock {
    let look = |state: &State| {
        let State::Organization(organization) = state else { return None };
        organization.test_clock().cloned()
    };
    scene.executor.inspect(Kind::Organization, of("ana"), look).await.unwrap().unwrap()
}

async fn stands_still(scene: &Scene) {
    until("the clock to be there", || async { clock(scene).await.going_to().is_none().then_some(()) }).await;
}

async fn members(scene: &Scene) -> Vec<String> {
    clock(scene).await.members().map(ToString::to_string).collect()
}

async fn instant_of(scene: &Scene, id: &str) -> Option<Timestamp> {
    let look = |state: &State| {
        let State::Organization(organization) = state else { return None };
        organization.instant()
    };
    scene.executor.inspect(Kind::Organization, of(id), look).await.unwrap()
}

/// What happened in business: whose, what, and all it says, but for ids that are fresh in each log. Clocks and
/// registrations are left out, they differ by how it was asked.
fn told(recorded: &Recorded) -> Option<String> {
    let payload = match &recorded.event {
        Event::Subscription(event) => serde_json::to_value(event),
        Event::CreditLedger(event) => serde_json::to_value(event),
        Event::ReferralTree(event) => serde_json::to_value(event),
        Event::Organization(_) | Event::Catalog(_) | Event::InvoiceBook(_) | Event::DiscountBook(_) => return None,
    };
    let payload = without_ids(&payload.unwrap());
    (!payload.contains("Enrolled") && !payload.contains("Attributed"))
        .then(|| format!("{} {payload}", recorded.stream.owner.as_str()))
}

/// Ids end in 32 hexadecimal digits.
fn without_ids(payload: &Value) -> String {
    let text = payload.to_string();
    let pieces = text.split_inclusive(|c: char| !c.is_ascii_hexdigit());
    pieces.map(|piece| if piece.len() > 32 { piece[piece.len() - 1..].to_owned() } else { piece.to_owned() }).collect()
}

async fn business(scene: &Scene) -> Vec<String> {
    scene.log().await.iter().filter_map(told).collect()
}

async fn three_months_at_once() -> Vec<String> {
    let (scene, running) = in_business().await;
    advance(&scene, after(90)).await;
    stands_still(&scene).await;
    scene.settles().await;
    running.stop().await;
    assert_eq!(scene.todos("failed").await, 0);
    business(&scene).await
}

#[tokio::test]
async fn whoever_is_below_the_holder_is_on_its_clock_at_its_instant() {
    let (scene, running) = on_a_clock().await;
    assert_eq!(members(&scene).await, ["ana", "eva", "ivo"]);
    scene.register_sandbox_below("leo", "ivo").await;
    scene.register("live", Some("ana")).await;
    until("leo to join", || async { (members(&scene).await.len() == 4).then_some(()) }).await;
    scene.settles().await;
    advance(&scene, after(1)).await;
    stands_still(&scene).await;
    running.stop().await;
    assert_eq!(members(&scene).await, ["ana", "eva", "ivo", "leo"]);
    for id in ["ana", "eva", "ivo", "leo"] {
        assert_eq!(instant_of(&scene, id).await, Some(after(1)), "{id}");
    }
    assert_eq!(instant_of(&scene, "live").await, None, "a live organization stays outside");
}

#[tokio::test]
async fn everything_due_happens_in_order() {
    let (scene, running) = in_business().await;
    advance(&scene, after(90)).await;
    stands_still(&scene).await;
    scene.settles().await;
    running.stop().await;
    let steps = scene.log().await.into_iter().filter_map(|recorded| match recorded.event {
        Event::Organization(domain::organization::Event::TestClockStepped { instant }) => Some(instant),
        Event::Organization(_)
        | Event::Subscription(_)
        | Event::CreditLedger(_)
        | Event::ReferralTree(_)
        | Event::Catalog(_)
        | Event::InvoiceBook(_)
        | Event::DiscountBook(_) => None,
    });
    let steps: Vec<Timestamp> = steps.collect();
    assert!(steps.is_sorted(), "{steps:?}");
    assert_eq!(steps.last(), Some(&after(90)));
    for expected in [10, 14, 20] {
        assert!(steps.contains(&after(expected)), "day {expected} is not in {steps:?}");
    }
    assert_eq!(scene.happened("TrialEnded").await, ["ana"]);
    assert_eq!(scene.happened("LotExpired").await, ["ana"]);
    assert_eq!(scene.happened("SubscriptionSuspended").await.len(), 2);
    assert_eq!(scene.happened("SubscriptionCanceled").await.len(), 2);
    let granted = scene.commissions_granted().await.into_iter().map(|(who, credits)| format!("{who} {credits}"));
    let mut granted: Vec<String> = granted.collect();
    granted.sort();
    assert_eq!(granted, ["ana 0.75", "ana 3.00", "eva 3.00"]);
}

#[tokio::test]
async fn many_small_steps_come_to_the_same_as_a_large_one() {
    let at_once = three_months_at_once().await;
    let (scene, running) = in_business().await;
    for days in (5..=90).step_by(5) {
        advance(&scene, after(days)).await;
        stands_still(&scene).await;
    }
    scene.settles().await;
    running.stop().await;
    same_events(&business(&scene).await, &at_once);
}

#[tokio::test]
async fn a_worker_that_is_killed_half_way_changes_nothing() {
    let at_once = three_months_at_once().await;
    let (scene, mut running) = in_business().await;
    advance(&scene, after(90)).await;
    for steps in [2, 6, 9] {
        until("some steps", || async {
            let stepped = scene.happened("TestClockStepped").await.len();
            (stepped >= steps || clock(&scene).await.going_to().is_none()).then_some(())
        })
        .await;
        running.kill();
        // The dead worker's lease holds; nobody waits for it in a test.
        sqlx::query("UPDATE proc.todos SET leased_until = now()").execute(&scene.pool).await.unwrap();
        running = scene.process();
    }
    stands_still(&scene).await;
    scene.settles().await;
    running.stop().await;
    same_events(&business(&scene).await, &at_once);
}

/// Compares line by line, so that the first difference is what is shown.
#[track_caller]
fn same_events(found: &[String], expected: &[String]) {
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found, expected, "event {index}");
    }
    assert_eq!(found.len(), expected.len());
}
