//! Organizations to measure with: customers of `agencia` on its largest plan, paid up.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::ValueEnum;
use domain::calendar::{Interval, Zone};
use domain::catalog::{self, CatalogVersion, Definition};
use domain::credit_ledger::Consume;
use domain::organization::{Environment, Status};
use domain::stream::Owner;
use domain::{
    Command, Context, Credits, Currency, FeatureCode, Money, OrganizationId, PlanCode, PlanInForce, ProductCode,
    Quantity, Terms, credit_ledger, organization, subscription,
};
use event_store::executor::CommandKey;
use event_store::{Executor, Failure, Submission};
use futures::future::try_join_all;
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::measure::Fault;

const CATALOG: &str = include_str!("../../catalogs/agencia.toml");

/// Customers that are set up at a time: fewer commands than an executor's queue takes.
const WAVE: usize = 1_000;

/// What is asked of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Work {
    /// Use one of a feature without a limit: what a metering product sends all day. The ledger stays small.
    Consume,
    /// Buy a credit: every one is a lot of its own, so the ledger grows.
    TopUp,
}

impl Work {
    /// The command.
    pub fn command(self) -> Result<credit_ledger::Command, Fault> {
        Ok(match self {
            Self::Consume => Consume::of(FeatureCode::new("ai_runs")?, Quantity::positive(Decimal::ONE)?).into(),
            Self::TopUp => credit_ledger::Command::TopUp { amount: Credits::positive(Decimal::ONE)?, reference: None },
        })
    }
}

/// The id of a customer by its number.
pub fn id(number: usize) -> Result<OrganizationId, Fault> {
    Ok(OrganizationId::new(format!("org-{number:05}"))?)
}

/// A command under a fresh name.
pub fn submission(owner: Owner, command: impl Into<Command>) -> Submission {
    let command_id = fresh_name();
    let request_id = command_id.clone();
    let key = CommandKey { caller: "admin:bench".to_owned(), command_id };
    Submission { owner, command: command.into(), key, request_id }
}

/// A name as long as a UUID and in the order of time as one of version 7, but without asking the system for randomness:
/// that would be most of what the load costs.
pub fn fresh_name() -> String {
    static NAMES: AtomicU64 = AtomicU64::new(1);
    format!("019aa0c1-7d2e-7000-8000-{:012x}", NAMES.fetch_add(1, Ordering::Relaxed))
}

/// Publishes the catalog, registers so many customers, and has them pay for plan `partner`.
pub async fn settle(executor: &Executor, count: usize) -> Result<Arc<[Owner]>, Fault> {
    let publish = catalog::Command::Publish { definition: Box::new(definition()?) };
    executor.execute(submission(Owner::Product(product()?), publish)).await?;
    let owners = (0..count).map(|number| Ok(Owner::Organization(id(number)?))).collect::<Result<Vec<_>, Fault>>()?;
    for wave in owners.chunks(WAVE) {
        try_join_all(wave.iter().map(|owner| join(executor, owner))).await?;
    }
    Ok(owners.into())
}

/// Registers customers by their numbers; they have no plan.
pub async fn register(executor: &Executor, numbers: Range<usize>) -> Result<Vec<Owner>, Fault> {
    let owners = numbers.map(|number| Ok(Owner::Organization(id(number)?))).collect::<Result<Vec<_>, Fault>>()?;
    for wave in owners.chunks(WAVE) {
        let registered = wave.iter().map(|owner| async {
            executor.execute(submission(owner.clone(), registration(owner)?)).await?;
            Ok::<_, Fault>(())
        });
        try_join_all(registered).await?;
    }
    Ok(owners)
}

fn registration(owner: &Owner) -> Result<organization::Command, Fault> {
    Ok(organization::Command::Register {
        organization: OrganizationId::new(owner.as_str())?,
        product: product()?,
        time_zone: Zone::new("America/Bogota")?,
        sponsor: None,
        environment: Environment::Live,
    })
}

async fn join(executor: &Executor, owner: &Owner) -> Result<(), Fault> {
    let register = registration(owner)?;
    let start = subscription::Command::Start { plan: plan()?, interval: Interval::Month };
    let amount = Money::positive(Decimal::from(199), Currency::new("USD")?)?;
    let pay = subscription::Command::pay_by_hand(amount, None);
    for command in [Command::from(register), start.into(), pay.into()] {
        send(executor, submission(owner.clone(), command)).await?;
    }
    Ok(())
}

async fn send(executor: &Executor, submission: Submission) -> Result<(), Failure> {
    executor.execute(submission).await.map(|_| ())
}

/// What the executor would let a ledger's decision know, for those who decide without an executor.
pub fn context() -> Result<Context, Fault> {
    let anchor = Timestamp::now();
    Ok(Context {
        now: Timestamp::from_microsecond(anchor.as_microsecond())?,
        seed: Uuid::now_v7(),
        terms: Some(Terms {
            organization: id(0)?,
            product: product()?,
            zone: Zone::new("America/Bogota")?,
            plan: Some(PlanInForce { code: plan()?, catalog_version: 1, anchor, currency: Currency::new("USD")? }),
            registered_at: None,
            status: Status::Active,
            overrides: Arc::default(),
            administrators: Arc::default(),
            instant: None,
            metered: Default::default(),
            billing: None,
            open_invoices: Vec::new(),
            until: None,
        }),
        catalog: Some(Arc::new(CatalogVersion { version: 1, definition: definition()? })),
        sold_under: None,
        scheduled_under: None,
    })
}

fn definition() -> Result<Definition, Fault> {
    Ok(catalog::source::read("catalogs/agencia.toml", CATALOG)?)
}

fn product() -> Result<ProductCode, Fault> {
    Ok(ProductCode::new("agencia")?)
}

fn plan() -> Result<PlanCode, Fault> {
    Ok(PlanCode::new("partner")?)
}
