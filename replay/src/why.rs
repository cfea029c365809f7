//! `tollgate-replay why`: why an organization was allowed something or not, decided again from the log.
//!
//! ```text
//! the log, checked ──> history: its three streams, the catalogs ──> Context and ledger, as the engine makes them
//!                                  │ where each fact stands                │ the rule that decides consumptions
//!                                  └──────────────> facts      verdict <───┘
//! ```
//!
//! What it says rests on the events up to a position and on an instant, and on nothing else. Start reading at [`ask`].

mod catalogs;
mod facts;
mod history;
mod tally;
mod text;
mod unanswered;
mod verdict;

use std::error::Error;
use std::process::ExitCode;
use std::str::FromStr;

use domain::credit_ledger::CreditLedger;
use domain::{ActorId, Context, FeatureCode, OrganizationId, Quantity, Terms};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use self::catalogs::Binding;
pub use self::facts::Facts;
use self::history::History;
pub use self::unanswered::Unanswered;
pub use self::verdict::{Refusal, Verdict};
use crate::connect::Audit;

/// Decide again whether an organization may use a feature at an instant, and tell the facts that rests on
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    question: Question,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is asked.
#[derive(Debug, Clone, clap::Args)]
pub struct Question {
    /// The organization's id
    #[arg(value_parser = |text: &str| OrganizationId::new(text))]
    pub organization: OrganizationId,
    /// The feature's code
    #[arg(value_parser = |text: &str| FeatureCode::new(text))]
    pub feature: FeatureCode,
    /// The instant, such as 2026-11-21T12:00:00Z; what was recorded at it counts
    #[arg(long, value_name = "INSTANT")]
    pub at: Timestamp,
    /// How much of a quota or a capacity
    #[arg(long, default_value = "1", value_parser = quantity)]
    pub quantity: Quantity,
    /// Who would use it; administrators are not limited
    #[arg(long, value_name = "ACTOR", value_parser = |text: &str| ActorId::new(text))]
    pub actor: Option<ActorId>,
    /// The position a decision receipt names as `decided_on`, such as 17 or 0:17; without it, the newest at the instant
    #[arg(long, value_name = "POSITION")]
    pub position: Option<Position>,
    /// The version a decision receipt names as `catalog_version`; without it, the one that bound at the position
    #[arg(long, value_name = "VERSION")]
    pub catalog_version: Option<u32>,
}

/// A position, with or without its partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The partition; that of the organization, if it is not named.
    pub partition: Option<i32>,
    /// The position in it.
    pub position: i64,
}

impl FromStr for Position {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (partition, position) = match text.split_once(':') {
            Some((partition, position)) => (Some(partition.parse().ok()), position),
            None => (None, text),
        };
        match (partition, position.parse()) {
            (None, Ok(position)) => Ok(Self { partition: None, position }),
            (Some(Some(partition)), Ok(position)) => Ok(Self { partition: Some(partition), position }),
            (Some(None), _) | (_, Err(_)) => Err("write a position such as 17, or 0:17 with its partition"),
        }
    }
}

fn quantity(text: &str) -> Result<Quantity, String> {
    let amount: Decimal = text.parse().map_err(|_| "it is not a number".to_owned())?;
    Quantity::positive(amount).map_err(|fault| fault.to_string())
}

/// A verdict, and what it rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Because {
    /// The organization.
    pub organization: OrganizationId,
    /// Its plan in force.
    pub plan: Option<domain::PlanCode>,
    /// The catalog version it was decided by.
    pub catalog_version: Option<u32>,
    /// The newest event it was decided on.
    pub as_of: AsOf,
    /// The instant it was decided at: the one that was asked for, or the one that was set for a sandbox.
    pub decided_at: Timestamp,
    /// What an entitlement check answers.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What it rests on.
    pub facts: Facts,
}

/// How far the log was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// The partition.
    pub partition: i32,
    /// The position.
    pub position: i64,
}

/// All that is decided with: what the engine hands to a decision, and the ledger it is made on.
struct Account<'a> {
    context: Context,
    terms: &'a Terms,
    ledger: &'a CreditLedger,
    binding: Option<&'a Binding>,
}

/// Tells a verdict and its facts.
pub async fn run(audit: &Audit, arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let because = ask(audit, &arguments.question).await.map_err(|unanswered| match unanswered.hint() {
        Some(hint) => format!("{unanswered}\nhint: {hint}").into(),
        None => Box::<dyn Error>::from(unanswered),
    })?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&because)?);
    } else {
        print!("{because}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Decides again. Every event it rests on was checked against its Merkle root and the chain.
pub async fn ask(audit: &Audit, question: &Question) -> Result<Because, Unanswered> {
    let history = history::read(audit, question).await?;
    let Some(registered) = history.organization.registered() else {
        return Err(history::why_not_registered(audit, question, history.as_of).await?);
    };
    let published = catalogs::of_product(audit, &history, &registered.product).await?;
    let sold_under = published.under(&registered.product, &history.subscription);
    let now = history.organization.instant().unwrap_or(question.at);
    let terms = Terms::of(&history.organization, &history.subscription, &history.ledger, now, &sold_under);
    let Some(terms) = terms else {
        return Err(history::why_not_registered(audit, question, history.as_of).await?);
    };
    let binding = catalogs::bind(&published, &terms, question)?;
    Because::of(question, &history, &terms, binding.as_ref())
}

impl Because {
    fn of(
        question: &Question,
        history: &History,
        terms: &Terms,
        binding: Option<&Binding>,
    ) -> Result<Self, Unanswered> {
        let catalog = binding.map(|binding| binding.catalog.clone());
        // A sandbox lives at the instant that was set for it. `--at` says which events were there, as everywhere.
        let now = terms.instant.unwrap_or(question.at);
        let context = Context {
            now,
            seed: Uuid::nil(),
            terms: Some(terms.clone()),
            catalog,
            // Nothing is decided here of the subscription itself.
            sold_under: None,
            scheduled_under: None,
        };
        let account = Account { context, terms, ledger: &history.ledger, binding };
        let verdict = Verdict::of(question, &account)?;
        let facts = Facts::of(question, history, &account);
        Ok(Self {
            organization: terms.organization.clone(),
            plan: terms.plan.as_ref().map(|plan| plan.code.clone()),
            catalog_version: binding.map(|binding| binding.catalog.version),
            as_of: history.as_of,
            decided_at: now,
            verdict,
            facts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_a_number_with_or_without_its_partition() {
        let read = |text: &str| text.parse::<Position>().ok().map(|read| (read.partition, read.position));
        assert_eq!((read("17"), read("3:0")), (Some((None, 17)), Some((Some(3), 0))));
        for bad in ["", ":", "1:", ":1", "a", "1:2:3"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_quantity_is_above_zero_and_has_six_decimals_at_most() {
        assert_eq!(quantity("1.50").map(|quantity| quantity.to_string()), Ok("1.5".to_owned()));
        for bad in ["0", "-1", "x", "0.0000001"] {
            assert!(quantity(bad).is_err(), "{bad}");
        }
    }
}
