//! Every named point, with whatever may die while a process stands there.
//!
//! One test for each part of the house, because each has a system of its own and they run beside one another.

use std::collections::BTreeSet;

use tests::faults::trial::Cause::{Load, PostgresDied, Rebuild, StreamSpoiled};
use tests::faults::trial::Victim::{Itself, Nats, Postgres};
use tests::faults::trial::{Cause, Row, Stage, Victim};

const fn row(point: &'static str, nth: u32, cause: Cause, victims: &'static [Victim]) -> Row {
    Row { point, nth, cause, victims }
}

const APPEND: &[Row] = &[
    row("executor.decided", 5, Load, &[Itself]),
    row("append.before", 5, Load, &[Itself, Postgres]),
    row("append.sent", 5, Load, &[Itself, Postgres, Nats]),
    row("append.answered", 5, Load, &[Itself, Postgres]),
    row("executor.replied", 5, Load, &[Itself]),
];

const RECOVERY: &[Row] = &[
    row("recovery.begun", 1, PostgresDied, &[Itself, Postgres]),
    row("recovery.refreshed", 1, PostgresDied, &[Itself, Postgres]),
    row("receipts.asked", 2, Load, &[Itself, Postgres]),
    row("receipts.found", 2, Load, &[Itself]),
];

const RELAY: &[Row] = &[
    row("relay.found", 1, Load, &[Itself, Nats]),
    row("relay.read", 3, Load, &[Itself]),
    row("relay.before_publish", 20, Load, &[Itself, Nats]),
    row("relay.published", 20, Load, &[Itself, Nats, Postgres]),
    row("relay.acknowledged", 20, Load, &[Itself, Nats]),
    row("relay.refill", 1, StreamSpoiled, &[Itself, Nats]),
];

const PROJECTION: &[Row] = &[
    row("projection.resumed", 3, Load, &[Itself]),
    row("projection.fed", 20, Load, &[Itself]),
    row("projection.loaded", 10, Load, &[Itself, Postgres]),
    row("projection.written", 10, Load, &[Itself]),
    row("projection.before_commit", 20, Load, &[Itself, Postgres]),
    row("projection.committed", 20, Load, &[Itself]),
];

const PROCESSOR: &[Row] = &[
    row("intake.fed", 5, Load, &[Itself, Postgres]),
    row("intake.committed", 5, Load, &[Itself, Postgres]),
    row("todo.claimed", 3, Load, &[Itself, Postgres]),
    row("todo.before_act", 3, Load, &[Itself]),
    row("todo.acted", 3, Load, &[Itself, Postgres, Nats]),
    row("todo.done", 3, Load, &[Itself, Postgres]),
];

const REBUILD: &[Row] = &[
    row("rebuild.folded", 1, Rebuild, &[Itself, Postgres]),
    row("rebuild.before_exchange", 1, Rebuild, &[Itself, Postgres]),
    row("rebuild.exchanged", 1, Rebuild, &[Itself, Postgres]),
];

#[test]
fn every_point_has_a_trial() {
    let tried = [APPEND, RECOVERY, RELAY, PROJECTION, PROCESSOR, REBUILD].concat();
    let tried: BTreeSet<&str> = tried.iter().map(|row| row.point).collect();
    assert_eq!(tried, event_store::faults::POINTS.iter().copied().collect());
}

async fn play(rows: &[Row]) {
    let mut stage = Stage::set().await;
    stage.play(rows).await;
    stage.system.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_appending() {
    play(APPEND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_finding_out_what_was_written() {
    play(RECOVERY).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_relaying() {
    play(RELAY).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_projecting() {
    play(PROJECTION).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_processing() {
    play(PROCESSOR).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_exchanging_a_rebuilt_table() {
    play(REBUILD).await;
}
