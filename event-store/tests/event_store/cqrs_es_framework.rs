//! cqrs-es's own framework writes to this log, and postgres-es's own repository reads it.

use std::sync::Arc;

use cqrs_es::persist::PersistedEventRepository;
use cqrs_es::{Aggregate, AggregateError, CqrsFramework, EventStore};
use domain::catalog::Catalog;
use domain::credit_ledger::CreditLedger;
use domain::organization::Organization;
use domain::subscription::Subscription;
use domain::{Context, Terms};
use event_store::Role;
use event_store::cqrs::CqrsStore;
use postgres_es::PostgresEventRepository;
use testkit::{TestDatabase, of, product, send};

use super::{consume, on_gratis, register, start, top_up};

fn context() -> Context {
    let definition = match testkit::agencia() {
        domain::Command::Catalog(domain::catalog::Command::Publish { definition }) => *definition,
        other => panic!("{other:?}"),
    };
    Context {
        now: "2026-11-21T12:00:00Z".parse().unwrap(),
        seed: uuid::Uuid::now_v7(),
        terms: Some(Terms {
            organization: testkit::organization("juan"),
            product: "agencia".to_owned().try_into().unwrap(),
            zone: "UTC".to_owned().try_into().unwrap(),
            plan: None,
            registered_at: None,
            status: domain::organization::Status::Active,
            overrides: Arc::default(),
            administrators: Arc::default(),
            instant: None,
            metered: Default::default(),
            billing: None,
            open_invoices: Vec::new(),
            until: None,
        }),
        catalog: Some(Arc::new(domain::catalog::CatalogVersion { version: 1, definition })),
        sold_under: None,
        scheduled_under: None,
    }
}

#[tokio::test]
async fn the_framework_runs_on_this_log_beside_the_executor() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    send(&executor, product("agencia"), testkit::agencia()).await.unwrap();

    let store = CqrsStore::new(test.pool(Role::Engine), executor.partitions());
    let organizations = CqrsFramework::<Organization, _>::new(store.clone(), vec![], ());
    organizations.execute("juan", (register("juan"), context())).await.unwrap();
    let again = organizations.execute("juan", (register("juan"), context())).await;
    assert!(matches!(again, Err(AggregateError::UserError(_))), "{again:?}");

    // The executor decides on what the framework wrote, and the framework on what the executor wrote.
    send(&executor, of("juan"), start("gratis")).await.unwrap();
    send(&executor, of("juan"), top_up(5)).await.unwrap();
    let ledgers = CqrsFramework::<CreditLedger, _>::new(store.clone(), vec![], ());
    ledgers.execute("juan", (top_up(3), context())).await.unwrap();
    let paid = send(&executor, of("juan"), consume("whatsapp_messages", 70)).await.unwrap();
    assert_eq!(super::ledger(&paid).balance.to_string(), "7.00");

    let ledger: event_store::cqrs::CqrsContext<CreditLedger> = store.load_aggregate("juan").await.unwrap();
    let events = EventStore::<CreditLedger>::load_events(&store, "juan").await.unwrap();
    let stale =
        store.commit(events.into_iter().map(|event| event.payload).take(1).collect(), ledger, Default::default());
    stale.await.expect("the newest state may be added to");
}

#[tokio::test]
async fn a_stale_commit_of_the_framework_is_a_conflict() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "juan").await;
    let store = CqrsStore::new(test.pool(Role::Engine), executor.partitions());
    let stale: event_store::cqrs::CqrsContext<CreditLedger> = store.load_aggregate("juan").await.unwrap();
    send(&executor, of("juan"), top_up(1)).await.unwrap();
    let granted = EventStore::<CreditLedger>::load_events(&store, "juan").await.unwrap().remove(0).payload;
    let refused = store.commit(vec![granted], stale, Default::default()).await;
    assert!(matches!(refused, Err(AggregateError::AggregateConflict)), "{refused:?}");
}

#[tokio::test]
async fn the_repository_of_postgres_es_reads_the_same_streams() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "juan").await;
    send(&executor, of("juan"), top_up(2)).await.unwrap();
    send(&executor, of("juan"), consume("whatsapp_messages", 60)).await.unwrap();

    let store = CqrsStore::new(test.pool(Role::Engine), executor.partitions());
    same_events::<Organization>(&test, &store, "juan", 1).await;
    same_events::<Subscription>(&test, &store, "juan", 2).await;
    same_events::<CreditLedger>(&test, &store, "juan", 3).await;
    same_events::<Catalog>(&test, &store, "agencia", 1).await;
}

async fn same_events<A>(test: &TestDatabase, store: &CqrsStore, id: &str, count: usize)
where
    A: Aggregate,
    A::Event: TryFrom<domain::Event> + Into<domain::Event>,
    CqrsStore: EventStore<A>,
{
    let repository = PostgresEventRepository::new(test.pool(Role::Auditor)).with_tables("es.events", "es.snapshots");
    let theirs = repository.get_events::<A>(id).await.unwrap();
    let ours = EventStore::<A>::load_events(store, id).await.unwrap();
    assert_eq!(ours.len(), count);
    assert_eq!(theirs.len(), count);
    for (theirs, ours) in theirs.into_iter().zip(ours) {
        let payload: A::Event = serde_json::from_value(theirs.payload).unwrap();
        assert_eq!((payload, theirs.sequence), (ours.payload, ours.sequence));
        assert_eq!(theirs.metadata, serde_json::to_value(ours.metadata).unwrap());
    }
}
