//! `tollgate-replay balance`: what a ledger held at an instant, folded from the log.

use std::error::Error;
use std::process::ExitCode;

use domain::credit_ledger::CreditLedger;
use domain::stream::{Owner, StreamId};
use domain::{Aggregate, Credits, Event, Kind, OrganizationId};
use event_store::executor::partition_of;
use jiff::Timestamp;

use crate::connect::Audit;

/// Tell an organization's credits at an instant, and the lots they are in
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The organization's id
    #[arg(value_parser = |text: &str| OrganizationId::new(text))]
    organization: OrganizationId,
    /// The instant, such as 2026-11-21T12:00:00Z; what was decided at it counts
    #[arg(long, value_name = "INSTANT")]
    at: Timestamp,
}

/// Tells the balance.
pub async fn run(audit: &Audit, arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let owner = Owner::Organization(arguments.organization.clone());
    let partition = partition_of(&owner, audit.database.partitions().await?);
    let registration = StreamId { kind: Kind::Organization, owner: owner.clone() };
    if audit.log.stream(partition, &registration).await?.is_empty() {
        return Err(format!("organization {} was never registered", arguments.organization).into());
    }

    let events = audit.log.stream(partition, &StreamId { kind: Kind::CreditLedger, owner }).await?;
    let mut ledger = CreditLedger::default();
    let mut newest = None;
    for recorded in events.iter().take_while(|recorded| recorded.recorded_at <= arguments.at) {
        if let Event::CreditLedger(event) = &recorded.event {
            ledger.evolve(event);
            newest = Some(recorded.position);
        }
    }
    // What fell due meanwhile is in no event until somebody decides something.
    let (_, ledger) = ledger.settled(arguments.at);
    println!("{} credits of {} at {}", ledger.balance(), arguments.organization, arguments.at);
    for lot in ledger.lots() {
        let held = if lot.held > Credits::ZERO { format!(" and {} held", lot.held) } else { String::new() };
        println!("  {} left{held} of {} lot {}", lot.left, lot.kind.as_str(), lot.id);
    }
    match newest {
        Some(position) => println!("folded up to position {partition}:{position}"),
        None => println!("the ledger had no events yet"),
    }
    Ok(ExitCode::SUCCESS)
}
