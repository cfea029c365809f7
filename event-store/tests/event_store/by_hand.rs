//! What is decided on one stream of an organization counts on another from its next decision on.

use domain::catalog::{self, Definition};
use domain::organization::{Command as OrganizationCommand, OverrideValue};
use domain::stream::Owner;
use domain::subscription::Command as SubscriptionCommand;
use domain::{Command, credit_ledger};
use event_store::Executor;
use testkit::{TestDatabase, of, product, send};

use super::{consume, on_gratis, refusal, top_up};

/// Anything that is made from its text.
fn id<T: TryFrom<String, Error: std::fmt::Debug>>(text: &str) -> T {
    T::try_from(text.to_owned()).unwrap()
}

fn override_runs(value: OverrideValue) -> OrganizationCommand {
    let (reason, actor) = (id("pilot"), id("operator-7"));
    OrganizationCommand::OverrideFeature { feature: id("ai_runs"), value, reason, actor, until: None }
}

#[tokio::test]
async fn an_override_counts_from_the_next_consumption_on() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    send(&executor, of("pedro"), consume("ai_runs", 1)).await.unwrap();
    let limit = serde_json::from_str(r#"{"limit": {"up_to": "3"}}"#).unwrap();
    send(&executor, of("pedro"), override_runs(limit)).await.unwrap();
    send(&executor, of("pedro"), consume("ai_runs", 2)).await.unwrap();
    send(&executor, of("pedro"), override_runs(OverrideValue::Off)).await.unwrap();
    let refused = refusal(send(&executor, of("pedro"), consume("ai_runs", 1)).await);
    assert_eq!(refused, "feature ai_runs was switched off for the organization: pilot");
    let unknown = refusal(send(&executor, of("pedro"), override_runs(OverrideValue::On)).await);
    assert_eq!(unknown, "feature ai_runs is a quota, it cannot be overridden by on");
}

#[tokio::test]
async fn a_suspended_organization_pays_and_uses_nothing_until_it_is_resumed() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    let suspend = OrganizationCommand::Suspend { reason: id("chargeback"), actor: id("operator-7") };
    send(&executor, of("pedro"), suspend).await.unwrap();
    let refused = refusal(send(&executor, of("pedro"), consume("ai_runs", 1)).await);
    assert!(refused.starts_with("the organization is suspended since"), "{refused}");
    send(&executor, of("pedro"), top_up(5)).await.unwrap();
    let resume = OrganizationCommand::Resume { reason: id("paid"), actor: id("operator-7") };
    send(&executor, of("pedro"), resume).await.unwrap();
    send(&executor, of("pedro"), consume("ai_runs", 1)).await.unwrap();
}

/// Agencia with three runs on `gratis`.
fn generous() -> Definition {
    let Command::Catalog(catalog::Command::Publish { definition }) = testkit::agencia() else { panic!() };
    let mut definition = *definition;
    let limit = catalog::Limit::UpTo(domain::Quantity::positive(3.into()).unwrap());
    let overage = catalog::Overage::Refuse;
    let grant = catalog::Grant::Quota { limit, overage, rollover: None, settle_above: false };
    definition.plans[0].grants.insert(id("ai_runs"), grant);
    definition
}

async fn migrate(
    executor: &Executor,
    owner: Owner,
    version: u32,
) -> Result<event_store::Applied, event_store::Failure> {
    send(executor, owner, SubscriptionCommand::MoveToCatalogVersion { version }).await
}

#[tokio::test]
async fn a_subscription_is_bound_by_the_version_it_was_moved_to() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    let publish = catalog::Command::Publish { definition: Box::new(generous()) };
    send(&executor, product("agencia"), publish).await.unwrap();
    send(&executor, of("pedro"), consume("ai_runs", 1)).await.unwrap();
    let refused = refusal(send(&executor, of("pedro"), consume("ai_runs", 1)).await);
    assert!(refused.starts_with("1 of ai_runs exceed the 0 left of 1"), "it stays on its version: {refused}");

    assert_eq!(refusal(migrate(&executor, of("pedro"), 3).await), "product agencia has no version 3 of its catalog");
    migrate(&executor, of("pedro"), 2).await.unwrap();
    send(&executor, of("pedro"), consume("ai_runs", 2)).await.unwrap();
    let refused = refusal(migrate(&executor, of("pedro"), 1).await);
    assert_eq!(refused, "version 1 of the catalog is older than 2, which binds");
}

#[tokio::test]
async fn a_version_that_was_asked_for_too_early_binds_once_it_is_published() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    assert_eq!(refusal(migrate(&executor, of("pedro"), 2).await), "product agencia has no version 2 of its catalog");
    let publish = catalog::Command::Publish { definition: Box::new(generous()) };
    send(&executor, product("agencia"), publish).await.unwrap();
    migrate(&executor, of("pedro"), 2).await.unwrap();
    send(&executor, of("pedro"), consume("ai_runs", 3)).await.unwrap();
}

#[tokio::test]
async fn of_64_holds_at_once_exactly_as_many_are_placed_as_there_is_to_hold() {
    let test = TestDatabase::create().await;
    let executor = test.executor().await;
    on_gratis(&executor, "pedro").await;
    let expires_at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let hold = || {
        let (feature, quantity) = (id("whatsapp_messages"), domain::Quantity::positive(5.into()).unwrap());
        credit_ledger::Command::Hold(credit_ledger::Hold { feature, quantity, expires_at, actor: None })
    };
    let sent = (0..64).map(|_| send(&executor, of("pedro"), hold()));
    let answers = futures::future::join_all(sent).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10, "of 50 included");
}
