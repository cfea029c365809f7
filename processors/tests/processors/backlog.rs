//! Very many deadlines that are due at one instant.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::credit_ledger;
use event_store::{Executor, Failure};
use jiff::{SignedDuration, Timestamp};
use processors::meet_deadlines::MeetDeadlines;
use testkit::{of, send, until};
use tokio::task::JoinSet;

use crate::scene::{Scene, grant};

const ORGANIZATIONS: usize = 2_000;
const LOTS_EACH: usize = 10;

/// Commands on their way at a time, when the ground is prepared: fewer than a partition's queue takes.
const WAVE: usize = 1_000;

/// Nobody may wait longer for an answer beside the backlog. A machine that is busy with other tests is slow; one that is
/// stalled is not to be seen for the whole of it.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// Grants every organization a lot that ends at an instant; in waves, so that lots of one organization are apart.
async fn grant_all(executor: &Executor, organizations: &[String], until: Timestamp) {
    for wave in organizations.chunks(WAVE) {
        let mut granting = JoinSet::new();
        for organization in wave {
            let (executor, owner) = (executor.clone(), of(organization));
            granting.spawn(async move { send(&executor, owner, grant(1, None, Some(until))).await });
        }
        for granted in granting.join_all().await {
            granted.unwrap();
        }
    }
}

/// Buys credits for somebody else again and again until told to stop. Answers how often, and the longest wait.
async fn buy(executor: Executor, stop: tokio::sync::watch::Receiver<bool>) -> Result<(u32, Duration), Failure> {
    let (mut bought, mut longest) = (0, Duration::ZERO);
    while !*stop.borrow() {
        let begun = Instant::now();
        let amount = domain::Credits::positive(1.into()).unwrap();
        send(&executor, of("bystander"), credit_ledger::Command::TopUp { amount, reference: None }).await?;
        (bought, longest) = (bought + 1, longest.max(begun.elapsed()));
    }
    Ok((bought, longest))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_due_at_one_instant_is_worked_off_while_others_are_answered() {
    let scene = Scene::begin().await;
    let organizations: Vec<String> = (0..ORGANIZATIONS).map(|number| format!("org{number}")).collect();
    scene.register("bystander", None).await;
    futures::future::join_all(organizations.iter().map(|organization| scene.register(organization, None))).await;
    // Far enough away, as fast as this machine is.
    let begun = Instant::now();
    grant_all(&scene.executor, &organizations, Timestamp::from_second(4_000_000_000).unwrap()).await;
    let needed = begun.elapsed() * u32::try_from(LOTS_EACH).unwrap();
    let due_at = Timestamp::now() + SignedDuration::from_secs(2) + SignedDuration::try_from(needed * 3 / 2).unwrap();
    for _ in 0..LOTS_EACH {
        grant_all(&scene.executor, &organizations, due_at).await;
    }
    let running = scene.process_these(vec![Arc::new(MeetDeadlines)]);
    until("the instant", || async { (Timestamp::now() > due_at).then_some(()) }).await;

    let (stop, stopped) = tokio::sync::watch::channel(false);
    let buying = tokio::spawn(buy(scene.executor.clone(), stopped));
    until("the backlog to be worked off", || async {
        let expired: i64 = sqlx::query_scalar("SELECT count(*) FROM es.events WHERE event_type = 'LotExpired'")
            .fetch_one(&scene.pool)
            .await
            .unwrap();
        (expired >= i64::try_from(ORGANIZATIONS * LOTS_EACH).unwrap()).then_some(())
    })
    .await;
    until("nothing to ring", || async {
        let open = "SELECT count(*) FROM proc.todos WHERE status = 'pending' AND opens_at <= now()";
        let open: i64 = sqlx::query_scalar(open).fetch_one(&scene.pool).await.unwrap();
        (open == 0).then_some(())
    })
    .await;
    stop.send_replace(true);
    let (bought, longest) = buying.await.unwrap().unwrap();
    running.stop().await;

    let mut expired: BTreeMap<String, usize> = BTreeMap::new();
    for organization in scene.happened("LotExpired").await {
        *expired.entry(organization).or_default() += 1;
    }
    assert_eq!(expired.len(), ORGANIZATIONS);
    assert!(expired.values().all(|count| *count == LOTS_EACH), "each lot is lost once");
    assert_eq!(scene.todos("failed").await, 0);
    assert!(bought > 100 && longest < ANSWERED_WITHIN, "{bought} answered, the slowest after {longest:?}");
}
