//! The event store on a real Postgres: what it promises, and what it refuses.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails and names the place")]

mod by_hand;
mod cqrs_es_framework;
mod database;
mod executor;
mod log;
mod proof;
mod races;
mod sandbox;
mod snapshots;
mod view;

use domain::organization::Command as OrganizationCommand;
use domain::subscription::Command as SubscriptionCommand;
use domain::{Credits, PlanCode, ProductCode, Quantity, credit_ledger};
use event_store::{Applied, Executor, Failure};
use rust_decimal::Decimal;
use testkit::{of, organization, product, send};

fn register(id: &str) -> OrganizationCommand {
    OrganizationCommand::Register {
        organization: organization(id),
        product: ProductCode::new("agencia").unwrap(),
        time_zone: "America/Bogota".to_owned().try_into().unwrap(),
        sponsor: None,
        environment: domain::organization::Environment::Live,
    }
}

fn top_up(amount: i64) -> credit_ledger::Command {
    credit_ledger::Command::TopUp { amount: Credits::positive(Decimal::from(amount)).unwrap(), reference: None }
}

fn consume(feature: &str, quantity: i64) -> credit_ledger::Command {
    let quantity = Quantity::positive(Decimal::from(quantity)).unwrap();
    credit_ledger::Consume::of(feature.to_owned().try_into().unwrap(), quantity).into()
}

fn start(plan: &str) -> SubscriptionCommand {
    SubscriptionCommand::Start { plan: PlanCode::new(plan).unwrap(), interval: domain::calendar::Interval::Month }
}

/// Publishes agencia and registers an organization on plan gratis.
async fn on_gratis(executor: &Executor, id: &str) {
    send(executor, product("agencia"), testkit::agencia()).await.unwrap();
    send(executor, of(id), register(id)).await.unwrap();
    send(executor, of(id), start("gratis")).await.unwrap();
}

fn ledger(applied: &Applied) -> credit_ledger::Answer {
    serde_json::from_str(&applied.answer).unwrap()
}

fn refusal(answer: Result<Applied, Failure>) -> String {
    answer.expect_err("a refusal").to_string()
}
