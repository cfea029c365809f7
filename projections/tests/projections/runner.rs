//! Live folding when things go wrong: every event counts once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use projections::{State, balance, checkpoint};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor as _};
use testkit::{organization, until};

use crate::feeds::{CorruptOnce, Forgetting, Repeating, Skipping, Sparing, polled};
use crate::world::{World, decimal};

/// Thirty top-ups of one credit each.
async fn thirty_credits(world: &World) {
    world.register("juan").await;
    for _ in 0..30 {
        world.top_up("juan", "1").await;
    }
}

async fn assert_thirty_credits(world: &World) {
    world.all_caught_up().await;
    let row = balance::find(&world.pool, &organization("juan")).await.unwrap().unwrap();
    assert_eq!(row.balance, decimal("30"));
    assert_eq!(world.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn events_given_again_count_once() {
    let world = World::new().await;
    let live = world.fold(Repeating { log: world.test.log(), feed: polled(world.test.log()) });
    thirty_credits(&world).await;
    assert_thirty_credits(&world).await;
    live.stop().await;
}

#[tokio::test]
async fn two_processes_that_fold_the_same_log_count_every_event_once() {
    let world = World::new().await;
    let one = world.fold(Sparing(polled(world.test.log())));
    let other = world.live();
    thirty_credits(&world).await;
    assert_thirty_credits(&world).await;
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn what_a_server_forgot_is_folded_again_though_nothing_follows() {
    let world = World::new().await;
    thirty_credits(&world).await;
    let home = world.executor.partition_of(&testkit::of("juan"));
    let head = world.test.log().head(home).await.unwrap().position;
    let forgot = Arc::new(AtomicBool::new(false));
    let feed =
        Forgetting { feed: polled(world.test.log()), pool: world.pool.clone(), head, forgot: Arc::clone(&forgot) };
    let live = world.fold(feed);
    until("the checkpoint to be set back", || async { forgot.load(Ordering::SeqCst).then_some(()) }).await;
    assert_thirty_credits(&world).await;
    live.stop().await;
}

#[tokio::test]
async fn a_runner_killed_half_way_is_continued_by_the_next_one() {
    let world = World::new().await;
    thirty_credits(&world).await;
    let home = world.executor.partition_of(&testkit::of("juan"));
    for wanted in [3, 12, 21] {
        let live = world.fold(Sparing(polled(world.test.log())));
        until("some of the events", || async {
            let position = checkpoint::position(&world.pool, "balance", home).await.unwrap();
            (position >= wanted).then_some(())
        })
        .await;
        live.kill().await;
    }
    let live = world.live();
    assert_thirty_credits(&world).await;
    live.stop().await;
}

#[tokio::test]
async fn a_runner_goes_on_once_postgres_is_back() {
    let world = World::new().await;
    thirty_credits(&world).await;
    let live = world.fold(Sparing(polled(world.test.log())));
    let mut administrator = PgConnection::connect(&world.test.url).await.unwrap();
    for _ in 0..5 {
        let away = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        administrator.execute(away).await.unwrap();
    }
    assert_thirty_credits(&world).await;
    assert!(live.board.all().iter().all(|status| status.state == State::Running));
    live.stop().await;
}

#[tokio::test]
async fn a_projection_that_meets_a_corrupt_log_stops_alone_and_says_why() {
    let world = World::new().await;
    let live = world.fold(CorruptOnce { feed: polled(world.test.log()), told: AtomicBool::new(false) });
    thirty_credits(&world).await;
    let stopped = until("one projection to stop", || async {
        live.board.all().into_iter().find(|status| status.state != State::Running)
    })
    .await;
    let reason = format!("partition {} cannot be read on: position 1 is missing", stopped.partition);
    assert_eq!(stopped.state, State::Stopped { reason });

    for name in projections::names().filter(|name| *name != stopped.projection) {
        world.caught_up(name).await;
    }
    let states = live.board.all();
    assert_eq!(states.iter().filter(|status| status.state != State::Running).count(), 1);
    live.stop().await;
}

#[tokio::test]
async fn a_projection_stops_rather_than_leave_an_event_out() {
    let world = World::new().await;
    // Not before: a reader that skips what is not there yet stands past the end of the log, which is another fault.
    thirty_credits(&world).await;
    let live = world.fold(Skipping(polled(world.test.log())));
    let home = world.executor.partition_of(&testkit::of("juan"));
    let reason = "the feed was asked for what follows position 0 and gave position 2".to_owned();
    until("all to stop", || async {
        let states = live.board.all();
        let stopped = State::Stopped { reason: reason.clone() };
        states.iter().filter(|status| status.partition == home).all(|status| status.state == stopped).then_some(())
    })
    .await;
    assert_eq!(checkpoint::position(&world.pool, "balance", home).await.unwrap(), 0);
    live.stop().await;
}

#[tokio::test]
async fn a_projection_whose_rows_postgres_refuses_stops_alone() {
    let world = World::new().await;
    let mut administrator = PgConnection::connect(&world.test.url).await.unwrap();
    administrator.execute("ALTER TABLE read.balance ADD CONSTRAINT poor CHECK (balance < 20)").await.unwrap();
    let live = world.fold(Sparing(polled(world.test.log())));
    thirty_credits(&world).await;
    let stopped = until("balance to stop", || async {
        live.board.all().into_iter().find(|status| status.state != State::Running)
    })
    .await;
    assert_eq!(stopped.projection, "balance");
    assert!(matches!(stopped.state, State::Stopped { reason } if reason.contains("poor")));
    world.caught_up("credit_statement").await;
    assert_eq!(world.differences().await, Vec::<String>::new(), "what it wrote before is right");
    live.stop().await;
}
