//! Accounts read beside the partition's task: from memory, and never older than promised.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::catalog::{Feature, FeatureKind};
use domain::credit_ledger::hold::HOLDS_MAX;
use domain::{Command, Credits, Quantity, catalog, credit_ledger};
use event_store::executor::view::{BINDING_AGE_MAX, CONFIRMED_AGE_MAX};
use event_store::{Clock, Executor, Failure, Sight};
use futures::future::join_all;
use rust_decimal::Decimal;
use testkit::{TestDatabase, of, organization, product, send};

use super::{consume, on_gratis, register, start, top_up};

/// A clock that stands still until it is moved.
#[derive(Clone, Default)]
struct Stopped(Arc<AtomicU64>);

impl Stopped {
    fn clock(&self) -> Clock {
        let (begun, passed) = (Instant::now(), self.0.clone());
        Clock::by(move || begun + Duration::from_millis(passed.load(Ordering::SeqCst)))
    }

    fn pass(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

/// An engine whose time stands still, with pedro on plan gratis.
async fn standing_still(test: &TestDatabase) -> (Executor, Stopped) {
    let time = Stopped::default();
    let executor = Executor::start_by(&test.database, time.clock()).await.unwrap();
    on_gratis(&executor, "pedro").await;
    (executor, time)
}

fn held(executor: &Executor, id: &str) -> Option<Sight> {
    executor.held_account(&organization(id), 0)
}

/// Reads as a caller does: from memory, else from the log.
async fn read(executor: &Executor, id: &str) -> Sight {
    match held(executor, id) {
        Some(sight) => sight,
        None => executor.account(&organization(id)).await.unwrap(),
    }
}

/// The number of the version that binds, if what binds is in memory.
fn bound_by(executor: &Executor, id: &str) -> Option<u32> {
    executor.held_binding(&organization(id))?.catalog.map(|catalog| catalog.version)
}

fn balance(sight: &Sight) -> String {
    sight.account.ledger.balance().to_string()
}

#[tokio::test]
async fn what_was_read_is_in_memory_until_it_changes() {
    let test = TestDatabase::create().await;
    let (executor, _time) = standing_still(&test).await;
    assert!(held(&executor, "pedro").is_none(), "nobody has read it yet");
    let read = executor.account(&organization("pedro")).await.unwrap();
    let again = held(&executor, "pedro").unwrap();
    assert!(Arc::ptr_eq(&read.account, &again.account));
    let head = test.log().head(read.partition).await.unwrap().position;
    assert_eq!((read.position, again.position), (head, head));
    assert_eq!(again.account.context.catalog.as_ref().map(|catalog| catalog.version), Some(1));

    on_gratis(&executor, "maria").await;
    let partition = |id: &str| executor.partition_of(&of(id));
    if partition("maria") == partition("pedro") {
        let later = held(&executor, "pedro").unwrap();
        assert!(later.position > head, "what others do is known not to touch it");
    }
    send(&executor, of("pedro"), top_up(1)).await.unwrap();
    assert!(held(&executor, "pedro").is_none());
    assert!(held(&executor, "nobody").is_none());
}

#[tokio::test]
async fn whoever_was_answered_reads_its_own_write() {
    let test = TestDatabase::create().await;
    let executor = &test.executor().await;
    let ids: Vec<String> = (0..8).map(|number| format!("org-{number}")).collect();
    for id in &ids {
        on_gratis(executor, id).await;
    }
    // Eight callers write and read in turn, each beside a reader who keeps all of them in memory.
    let callers = ids.iter().map(|id| async move {
        for expected in 1_i64..=50 {
            let applied = send(executor, of(id), top_up(1)).await.unwrap();
            let seen = read(executor, id).await;
            assert_eq!(seen.account.ledger.balance(), Credits::rounded(expected.into()), "{id}");
            assert!(seen.position >= applied.position, "{} {}", seen.position, applied.position);
        }
    });
    let readers = ids.iter().map(|id| async move {
        let mut newest = Credits::ZERO;
        while newest < Credits::rounded(50.into()) {
            let seen = read(executor, id).await.account.ledger.balance();
            assert!(seen >= newest, "{id} went back from {newest} to {seen}");
            newest = seen;
            tokio::task::yield_now().await;
        }
    });
    tokio::join!(join_all(callers), join_all(readers));
}

#[tokio::test]
async fn an_account_with_too_many_open_holds_is_not_kept_in_memory_and_what_binds_it_is() {
    let test = TestDatabase::create().await;
    let (executor, _time) = standing_still(&test).await;
    let hold = |_| send(&executor, of("pedro"), small_hold());
    join_all((0..300).map(hold)).await.into_iter().for_each(|placed| drop(placed.unwrap()));
    executor.account(&organization("pedro")).await.unwrap();
    assert!(held(&executor, "pedro").is_some(), "calls in flight are no reason");
    join_all((300..HOLDS_MAX).map(hold)).await.into_iter().for_each(|placed| drop(placed.unwrap()));
    executor.account(&organization("pedro")).await.unwrap();
    assert!(held(&executor, "pedro").is_none(), "it would be copied anew after each change");
    assert_eq!(bound_by(&executor, "pedro"), Some(1));
}

/// A hold so small that a thousand of them are one run.
fn small_hold() -> credit_ledger::Command {
    credit_ledger::Command::Hold(credit_ledger::Hold {
        feature: "ai_runs".to_owned().try_into().unwrap(),
        quantity: Quantity::positive(Decimal::new(1, 3)).unwrap(),
        expires_at: jiff::Timestamp::now() + jiff::ToSpan::hours(1),
        actor: None,
    })
}

#[tokio::test]
async fn what_another_engine_writes_is_seen_once_the_head_must_be_confirmed_anew() {
    let test = TestDatabase::create().await;
    let (here, time) = standing_still(&test).await;
    let there = test.executor().await;
    assert_eq!(balance(&read(&here, "pedro").await), "0.00");
    let applied = send(&there, of("pedro"), top_up(3)).await.unwrap();

    time.pass(CONFIRMED_AGE_MAX / 2 - Duration::from_millis(1));
    assert_eq!(balance(&read(&here, "pedro").await), "0.00", "from memory: the clock is held within the bound");
    let known = here.held_account(&organization("pedro"), applied.position);
    assert!(known.is_none(), "it is not known to be as new as that position");

    time.pass(CONFIRMED_AGE_MAX / 2 + Duration::from_millis(1));
    assert!(held(&here, "pedro").is_none());
    let seen = read(&here, "pedro").await;
    assert_eq!(balance(&seen), "3.00");
    assert!(seen.position >= applied.position);
    assert!(here.held_account(&organization("pedro"), applied.position).is_some());
}

#[tokio::test]
async fn half_way_through_one_reader_has_the_head_confirmed_for_all() {
    let test = TestDatabase::create().await;
    let (executor, time) = standing_still(&test).await;
    read(&executor, "pedro").await;
    time.pass(CONFIRMED_AGE_MAX / 2);
    assert!(held(&executor, "pedro").is_none(), "the first one goes");
    assert!(held(&executor, "pedro").is_some(), "the others need not");
    executor.account(&organization("pedro")).await.unwrap();
    time.pass(CONFIRMED_AGE_MAX / 2 - Duration::from_millis(1));
    assert!(held(&executor, "pedro").is_some(), "confirmed when it went");
    time.pass(CONFIRMED_AGE_MAX);
    assert!((0..3).all(|_| held(&executor, "pedro").is_none()), "nobody is answered from memory when it is too old");
}

#[tokio::test]
async fn an_append_that_failed_never_shows() {
    let test = TestDatabase::create().await;
    let (executor, _time) = standing_still(&test).await;
    send(&executor, of("pedro"), consume("ai_runs", 1)).await.unwrap();
    let before = read(&executor, "pedro").await;

    // A refusal changes nothing, and what is held stays.
    assert!(send(&executor, of("pedro"), consume("ai_runs", 1)).await.is_err());
    assert!(Arc::ptr_eq(&before.account, &held(&executor, "pedro").unwrap().account));

    // Decided, seen by a reader on top of it, and then refused by Postgres.
    let administrator = sqlx::PgPool::connect(&test.url).await.unwrap();
    sqlx::query("REVOKE INSERT ON es.events FROM tollgate_engine").execute(&administrator).await.unwrap();
    let pedro = organization("pedro");
    let (failed, seen) = tokio::join!(send(&executor, of("pedro"), top_up(7)), executor.account(&pedro));
    assert!(matches!(failed, Err(Failure::Unavailable { .. })), "{failed:?}");
    if let Ok(seen) = seen {
        assert_eq!(balance(&seen), "0.00");
    }
    assert_eq!(balance(&read(&executor, "pedro").await), "0.00");
    sqlx::query("GRANT INSERT ON es.events TO tollgate_engine").execute(&administrator).await.unwrap();
    assert_eq!(balance(&read(&executor, "pedro").await), "0.00");
    send(&executor, of("pedro"), top_up(7)).await.unwrap();
    assert_eq!(balance(&read(&executor, "pedro").await), "7.00");
}

#[tokio::test]
async fn whoever_has_no_plan_is_bound_by_the_newest_catalog() {
    let test = TestDatabase::create().await;
    let (here, time) = standing_still(&test).await;
    let there = test.executor().await;
    send(&here, of("juan"), register("juan")).await.unwrap();
    let features = |sight: &Sight| sight.account.context.catalog.as_ref().unwrap().definition.features.len();
    let first = features(&read(&here, "juan").await);
    assert!(held(&here, "juan").is_some());

    send(&here, product("agencia"), with_feature("faxes")).await.unwrap();
    assert!(held(&here, "juan").is_none(), "a newer one was published here");
    assert_eq!(features(&read(&here, "juan").await), first + 1);
    assert_eq!(features(&read(&here, "pedro").await), first, "a plan stays on the version it was sold under");

    let published = send(&there, product("agencia"), with_feature("telex")).await.unwrap();
    assert_eq!(published.answer, "{\"version\":3}");
    time.pass(CONFIRMED_AGE_MAX);
    assert_eq!(read(&here, "juan").await.account.context.catalog.as_ref().unwrap().version, 3);
}

/// Catalog agencia with one more feature.
fn with_feature(code: &str) -> Command {
    let Command::Catalog(catalog::Command::Publish { mut definition }) = testkit::agencia() else { unreachable!() };
    let flag = Feature { kind: FeatureKind::Flag, name: None, unit: None, rate_limit: None };
    definition.features.insert(code.to_owned().try_into().unwrap(), flag);
    catalog::Command::Publish { definition }.into()
}

#[tokio::test]
async fn an_organization_that_is_not_registered_is_never_in_memory() {
    let test = TestDatabase::create().await;
    let (executor, _time) = standing_still(&test).await;
    let nobody = executor.account(&organization("nobody")).await.unwrap();
    assert!(nobody.account.context.terms.is_none());
    assert!(held(&executor, "nobody").is_none());
    on_gratis(&executor, "nobody").await;
    assert!(read(&executor, "nobody").await.account.context.terms.is_some());
}

#[tokio::test]
async fn what_binds_an_organization_stays_in_memory_while_it_consumes() {
    let test = TestDatabase::create().await;
    let (executor, time) = standing_still(&test).await;
    assert_eq!(bound_by(&executor, "pedro"), None, "nobody has read it yet");
    executor.account(&organization("pedro")).await.unwrap();
    for _ in 0..3 {
        send(&executor, of("pedro"), consume("whatsapp_messages", 1)).await.unwrap();
        assert!(held(&executor, "pedro").is_none());
        assert_eq!(bound_by(&executor, "pedro"), Some(1));
    }

    time.pass(BINDING_AGE_MAX - Duration::from_millis(1));
    assert_eq!(bound_by(&executor, "pedro"), Some(1));
    time.pass(Duration::from_millis(1));
    assert_eq!(bound_by(&executor, "pedro"), None, "another engine may have changed it since");
    send(&executor, of("pedro"), consume("whatsapp_messages", 1)).await.unwrap();
    assert_eq!(bound_by(&executor, "pedro"), Some(1), "whoever appends knows that nobody else has");
}

#[tokio::test]
async fn what_binds_an_organization_is_let_go_of_when_its_plan_or_the_newest_catalog_changes() {
    let test = TestDatabase::create().await;
    let (here, _time) = standing_still(&test).await;
    let there = test.executor().await;
    for id in ["juan", "maria"] {
        send(&here, of(id), register(id)).await.unwrap();
        here.account(&organization(id)).await.unwrap();
        assert_eq!(bound_by(&here, id), Some(1));
    }

    send(&here, product("agencia"), with_feature("faxes")).await.unwrap();
    assert_eq!(bound_by(&here, "juan"), None, "without a plan the newest one binds");
    here.account(&organization("juan")).await.unwrap();
    assert_eq!(bound_by(&here, "juan"), Some(2));
    send(&here, of("juan"), start("gratis")).await.unwrap();
    assert_eq!(bound_by(&here, "juan"), None);

    // Another engine starts a plan: the next append, or the next look at the head, shows it.
    here.account(&organization("maria")).await.unwrap();
    send(&there, of("maria"), start("gratis")).await.unwrap();
    assert_eq!(bound_by(&here, "maria"), Some(2));
    send(&here, of("maria"), top_up(1)).await.unwrap();
    assert_eq!(bound_by(&here, "maria"), None);
}
