//! Commands: applied once, decided on what is durable, whoever else appends.

use std::collections::BTreeSet;

use event_store::{Applied, Executor, Failure, Grounds};
use futures::future::join_all;
use sqlx::postgres::PgPoolOptions;
use testkit::{TestDatabase, of, product, send, send_as, unique};

use super::{consume, ledger, on_gratis, refusal, register, start, top_up};

#[tokio::test]
async fn an_unregistered_organization_is_refused_everything() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    assert_eq!(refusal(send(&executor, of("juan"), top_up(10)).await), "the organization is not registered");
    assert_eq!(
        refusal(send(&executor, of("juan"), register("juan")).await),
        "product agencia has no published catalog"
    );
    let written: i64 =
        sqlx::query_scalar("SELECT (SELECT count(*) FROM es.events) + (SELECT count(*) FROM es.receipts)")
            .fetch_one(&test.pool(event_store::Role::Engine))
            .await
            .unwrap();
    assert_eq!(written, 0, "a refused command leaves nothing");
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer_again_and_charges_once() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    send(&executor, of("pedro"), top_up(10)).await.unwrap();
    send(&executor, of("pedro"), consume("whatsapp_messages", 50)).await.unwrap();

    let key = unique("key");
    let sent = (0..10).map(|_| send_as(&executor, &key, of("pedro"), consume("whatsapp_messages", 1)));
    let answers: Vec<_> = join_all(sent).await.into_iter().map(Result::unwrap).collect();
    let distinct: BTreeSet<_> = answers.iter().map(|applied| (applied.position, applied.answer.clone())).collect();
    assert_eq!(distinct.len(), 1, "ten equal answers");
    assert_eq!(answers.iter().filter(|applied| !applied.repeated).count(), 1, "one charge");
    assert_eq!(ledger(&answers[0]).balance.to_string(), "9.95");

    let other = send_as(&executor, &key, of("pedro"), consume("whatsapp_messages", 2)).await;
    assert!(matches!(other, Err(Failure::KeyReused { .. })), "{other:?}");
}

#[tokio::test]
async fn what_is_accepted_names_what_it_was_decided_on_the_first_time_and_every_other() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    let before = test.log().head(executor.partition_of(&of("pedro"))).await.unwrap().position;
    let first = send_as(&executor, "k", of("pedro"), consume("ai_runs", 1)).await.unwrap();
    let grounds = Grounds { partition: first.partition, position: before, catalog_version: Some(1) };
    assert_eq!((first.grounds, first.position), (Some(grounds), before + 2), "used, and thresholds crossed");
    send(&executor, of("pedro"), top_up(1)).await.unwrap();
    for engine in [&executor, &test.executor().await] {
        let again = send_as(engine, "k", of("pedro"), consume("ai_runs", 1)).await.unwrap();
        assert_eq!(again, Applied { repeated: true, ..first.clone() });
    }
}

#[tokio::test]
async fn a_retry_gets_its_first_answer_even_when_it_would_be_refused_now() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    let first = send_as(&executor, "last-run", of("pedro"), consume("ai_runs", 1)).await.unwrap();
    assert!(
        refusal(send(&executor, of("pedro"), consume("ai_runs", 1)).await)
            .starts_with("1 of ai_runs exceed the 0 left")
    );

    let after_a_restart = test.executor().await;
    for executor in [&executor, &after_a_restart] {
        let again = send_as(executor, "last-run", of("pedro"), consume("ai_runs", 1)).await.unwrap();
        assert_eq!((again.position, &again.answer, again.repeated), (first.position, &first.answer, true));
    }
}

#[tokio::test]
async fn of_64_at_once_exactly_as_many_are_accepted_as_the_ledger_pays_for() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    send(&executor, of("pedro"), consume("whatsapp_messages", 50)).await.unwrap();
    // Ten messages at 0.05.
    let half = domain::Credits::positive("0.50".parse().unwrap()).unwrap();
    let half = domain::credit_ledger::Command::TopUp { amount: half, reference: None };
    send(&executor, of("pedro"), half).await.unwrap();

    let sent = (0..64).map(|_| send(&executor, of("pedro"), consume("whatsapp_messages", 1)));
    let (accepted, refused): (Vec<_>, Vec<_>) = join_all(sent).await.into_iter().partition(Result::is_ok);
    assert_eq!((accepted.len(), refused.len()), (10, 54));
    for refused in refused {
        assert_eq!(refusal(refused), "a balance of 0.00 credits does not pay for 0.05");
    }
}

#[tokio::test]
async fn several_engines_on_one_database_never_double_or_lose_a_command() {
    let test = TestDatabase::create().await;
    let engines = [test.executor().await, test.executor().await, test.executor().await];
    on_gratis(&engines[0], "pedro").await;
    send(&engines[0], of("pedro"), top_up(100)).await.unwrap();

    // Each key goes to two engines at once.
    let sent = (0..150).map(|index| {
        let engine = &engines[index % 3];
        let key = format!("message-{}", index / 2);
        async move { send_as(engine, &key, of("pedro"), consume("whatsapp_messages", 1)).await.unwrap() }
    });
    let answers = join_all(sent).await;
    assert_eq!(answers.iter().filter(|applied| !applied.repeated).count(), 75);

    // 50 included, 25 charged at 0.05: every engine sees it.
    for engine in &engines {
        assert_eq!(balance(engine, "pedro").await, "98.75");
    }
    let history = test.log().after(0, 0, 1_000).await;
    assert!(history.is_ok(), "{history:?}");
}

#[tokio::test]
async fn a_refusal_never_rests_on_what_another_engine_has_changed() {
    let test = TestDatabase::create().await;
    let (here, there) = (test.executor().await, test.executor().await);
    on_gratis(&here, "pedro").await;
    send(&here, of("pedro"), consume("whatsapp_messages", 50)).await.unwrap();
    assert!(send(&here, of("pedro"), consume("whatsapp_messages", 1)).await.is_err());

    send(&there, of("pedro"), top_up(1)).await.unwrap();
    let paid = send(&here, of("pedro"), consume("whatsapp_messages", 1)).await.unwrap();
    assert_eq!(ledger(&paid).balance.to_string(), "0.95");
}

#[tokio::test]
async fn a_plan_started_and_used_in_one_breath_counts() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    send(&executor, product("agencia"), testkit::agencia()).await.unwrap();
    let (registered, started, consumed) = tokio::join!(
        send(&executor, of("pedro"), register("pedro")),
        send(&executor, of("pedro"), start("gratis")),
        send(&executor, of("pedro"), consume("whatsapp_messages", 1)),
    );
    registered.unwrap();
    started.unwrap();
    assert_eq!(ledger(&consumed.unwrap()).usage.unwrap().remaining.unwrap().to_string(), "49");
}

#[tokio::test]
async fn the_caller_that_goes_away_cancels_nothing() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    for index in 0..200 {
        let command = send_as(&executor, "walk-away", of("pedro"), top_up(1));
        // The first poll hands the command over; dropping the future is what a disconnecting client does.
        let _ = tokio::time::timeout(std::time::Duration::ZERO, command).await;
        let _ = send_as(&executor, &format!("stay-{index}"), of("pedro"), top_up(1)).await.unwrap();
    }
    assert_eq!(balance(&executor, "pedro").await, "201.00");
}

#[tokio::test]
async fn postgres_refusing_to_write_changes_nothing_and_says_so() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    set_writable(&test, false).await;
    let failure = send_as(&executor, "once", of("pedro"), top_up(1)).await.unwrap_err();
    assert!(matches!(&failure, Failure::Unavailable { reason } if reason.contains("permission denied")), "{failure:?}");

    set_writable(&test, true).await;
    assert!(!send_as(&executor, "once", of("pedro"), top_up(1)).await.unwrap().repeated);
    assert_eq!(balance(&executor, "pedro").await, "1.00");
}

#[tokio::test]
async fn a_connection_lost_under_load_loses_and_doubles_nothing() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    // One connection, so that it does not end itself.
    let administrator = PgPoolOptions::new().max_connections(1).connect(&test.url).await.unwrap();
    let sent = (0..300).map(|index| {
        let (executor, administrator) = (&executor, &administrator);
        async move {
            if index % 100 == 50 {
                sqlx::query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()",
                )
                .execute(administrator)
                .await
                .unwrap();
            }
            let key = format!("top-up-{index}");
            let mut answer = send_as(executor, &key, of("pedro"), top_up(1)).await;
            // What is unknown or was not written is sent again under its key, as a client does.
            while matches!(answer, Err(Failure::Unavailable { .. } | Failure::Unknown)) {
                answer = send_as(executor, &key, of("pedro"), top_up(1)).await;
            }
            answer.unwrap();
        }
    });
    join_all(sent).await;
    assert_eq!(balance(&executor, "pedro").await, "300.00");
}

#[tokio::test]
async fn with_four_partitions_every_organization_keeps_its_own_order() {
    let test = TestDatabase::with_partitions(4).await;
    let executor = test.executor().await;
    let ids: Vec<String> = (0..12).map(|index| format!("org-{index}")).collect();
    for id in &ids {
        on_gratis(&executor, id).await;
    }
    let sent = ids.iter().flat_map(|id| (0..20).map(|_| send(&executor, of(id), top_up(1))));
    assert!(join_all(sent).await.iter().all(Result::is_ok));
    let used: BTreeSet<i32> = ids.iter().map(|id| executor.partition_of(&of(id))).collect();
    assert!(used.len() > 1, "the organizations are spread");
    for id in &ids {
        assert_eq!(balance(&executor, id).await, "20.00");
    }
    for partition in 0..4 {
        let events = test.log().after(partition, 0, 10_000).await.unwrap();
        assert!((1..).zip(&events).all(|(position, event)| event.position == position), "gapless");
        assert!(events.is_sorted_by_key(|event| event.recorded_at), "time never goes back");
    }
}

async fn balance(executor: &Executor, id: &str) -> String {
    let view = |state: &domain::State| match state {
        domain::State::CreditLedger(ledger) => ledger.balance().to_string(),
        other => panic!("{other:?}"),
    };
    executor.inspect(domain::Kind::CreditLedger, of(id), view).await.unwrap()
}

async fn set_writable(test: &TestDatabase, writable: bool) {
    let statement = match writable {
        true => "GRANT INSERT ON es.events TO tollgate_engine",
        false => "REVOKE INSERT ON es.events FROM tollgate_engine",
    };
    let administrator = sqlx::PgPool::connect(&test.url).await.unwrap();
    sqlx::query(statement).execute(&administrator).await.unwrap();
}
