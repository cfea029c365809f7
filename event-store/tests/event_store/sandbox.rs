//! A sandbox lives at the instant that was set for it; what is decided of it is recorded when it is.

use domain::organization::{Command as OrganizationCommand, Environment};
use domain::{Event, credit_ledger};
use event_store::executor::CommandKey;
use event_store::{Executor, Failure, Submission};
use jiff::{Timestamp, ToSpan};
use testkit::{TestDatabase, of, organization, product, send};

use super::{consume, ledger, on_gratis, refusal, register, start};

/// Registers a sandbox organization on plan gratis.
async fn sandbox(executor: &Executor, id: &str) {
    send(executor, product("agencia"), testkit::agencia()).await.unwrap();
    let OrganizationCommand::Register { organization, product, time_zone, sponsor, .. } = register(id) else {
        unreachable!("it is a registration")
    };
    let environment = Environment::Sandbox;
    let register = OrganizationCommand::Register { organization, product, time_zone, sponsor, environment };
    send(executor, of(id), register).await.unwrap();
    send(executor, of(id), start("gratis")).await.unwrap();
}

fn set(instant: Timestamp) -> OrganizationCommand {
    OrganizationCommand::SetInstant { instant, actor: "ops".to_owned().try_into().unwrap() }
}

fn days_from_now(days: i64) -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap() + (days * 24).hours()
}

#[tokio::test]
async fn a_sandbox_decides_at_its_own_instant_and_is_recorded_by_the_clock() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    sandbox(&executor, "ana").await;
    on_gratis(&executor, "pedro").await;
    send(&executor, of("ana"), consume("ai_runs", 1)).await.unwrap();
    let exceeded = refusal(send(&executor, of("ana"), consume("ai_runs", 1)).await);
    assert!(exceeded.starts_with("1 of ai_runs exceed the 0 left of 1"), "{exceeded}");

    let instant = days_from_now(40);
    send(&executor, of("ana"), set(instant)).await.unwrap();
    let before = Timestamp::now();
    let used = send(&executor, of("ana"), consume("ai_runs", 1)).await.unwrap();
    let resets_at = ledger(&used).usage.unwrap().resets_at;
    assert!(resets_at > instant, "the next window is open: {resets_at}");
    let recorded = test.log().between(used.partition, used.position - 1, used.position).await.unwrap();
    let [consumed, alert] = recorded.as_slice() else { panic!("two events: {recorded:?}") };
    assert!(matches!(&consumed.event, Event::CreditLedger(credit_ledger::Event::FeatureConsumed { .. })));
    assert!(before - 1.second() <= consumed.recorded_at && alert.recorded_at <= Timestamp::now());

    let ana = executor.account(&organization("ana")).await.unwrap();
    assert_eq!(ana.account.context.now, instant);
    let pedro = executor.account(&organization("pedro")).await.unwrap();
    assert!(pedro.account.context.now < instant, "nobody else is taken along");
}

#[tokio::test]
async fn the_instant_of_a_sandbox_goes_forward_only_and_outlives_its_engine() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    sandbox(&executor, "ana").await;
    on_gratis(&executor, "pedro").await;
    let instant = days_from_now(1);
    send(&executor, of("ana"), set(instant)).await.unwrap();
    let earlier = refusal(send(&executor, of("ana"), set(instant - 1.second())).await);
    assert!(earlier.contains(&format!("is not between {instant} and ")), "{earlier}");
    let live = refusal(send(&executor, of("pedro"), set(instant)).await);
    assert_eq!(live, "organization pedro is live, its instant cannot be set");

    let other = test.executor().await;
    assert_eq!(other.account(&organization("ana")).await.unwrap().account.context.now, instant);
    send(&other, of("pedro"), consume("ai_runs", 1)).await.unwrap();
    let pedro = other.account(&organization("pedro")).await.unwrap();
    assert!(pedro.account.context.now < instant);
}

#[tokio::test]
async fn a_command_that_is_due_at_an_instant_is_not_decided_before_by_the_clock_it_goes_by() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    sandbox(&executor, "ana").await;
    let (tomorrow, in_a_week) = (days_from_now(1), days_from_now(7));
    send(&executor, of("ana"), set(tomorrow)).await.unwrap();
    let key = CommandKey { caller: "test".to_owned(), command_id: "once".to_owned() };
    let due = |at| {
        let (command, request_id) = (credit_ledger::Command::Settle.into(), "test".to_owned());
        executor.execute_due(Submission { owner: of("ana"), command, key: key.clone(), request_id }, at)
    };
    let early = due(in_a_week).await.unwrap_err();
    assert!(
        matches!(early, Failure::TooEarly { due_at, now } if (due_at, now) == (in_a_week, tomorrow)),
        "the clock of ana: {early}"
    );

    // Nothing was left of it: the same key is decided once the instant is reached, and only then answered again.
    send(&executor, of("ana"), set(in_a_week)).await.unwrap();
    assert!(!due(in_a_week).await.unwrap().repeated);
    assert!(due(in_a_week).await.unwrap().repeated);
}

#[tokio::test]
async fn a_refusal_names_the_position_and_the_catalog_version_it_was_decided_on() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    let newest = send(&executor, of("pedro"), consume("ai_runs", 1)).await.unwrap();
    let refused = send(&executor, of("pedro"), consume("ai_runs", 1)).await.unwrap_err();
    let Failure::Rejected { grounds: Some(grounds), .. } = refused else { panic!("{refused}") };
    assert_eq!((grounds.partition, grounds.catalog_version), (newest.partition, Some(1)));
    assert_eq!(grounds.position, test.log().head(newest.partition).await.unwrap().position);
}
