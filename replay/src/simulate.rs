//! `tollgate-replay simulate`: what another catalog would have come to, decided from the log.
//!
//! ```text
//! the log, checked ──> decisions ──> what was wanted ──> the domain, as recorded  ──> does it come out the same?
//!                                          └───────────> the domain, under FILE   ──> tally ──> report, CSV, SVG
//! ```
//!
//! It writes nothing to the log or to any table. Start reading at [`ask`], then at `simulation`.

mod account;
mod chart;
mod csv;
mod decisions;
mod intention;
mod payments;
mod recorded;
mod referrals;
pub mod refusals;
pub mod report;
mod simulated;
mod simulation;
mod tally;
mod text;
mod unanswered;
mod versions;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use domain::catalog::{Definition, source};
use domain::{Event, ProductCode};
use jiff::Timestamp;

use self::decisions::Decisions;
use self::refusals::Asked;
pub use self::report::Report;
use self::simulation::Simulation;
pub use self::simulation::{Otherwise, Reproduced};
pub use self::tally::{Count, Figures, RefusalTold, Row};
pub use self::unanswered::Unanswered;
use crate::connect::Audit;

/// Decide recorded history again under another catalog, and tell what would have come out otherwise
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The catalog, a TOML file of a product of the log
    #[arg(long, value_name = "FILE")]
    catalog: PathBuf,
    /// Where the time begins, such as 2026-10-01T00:00:00Z
    #[arg(long, value_name = "INSTANT")]
    from: Timestamp,
    /// Where it ends; what happened at this instant does not count
    #[arg(long, value_name = "INSTANT")]
    to: Timestamp,
    /// What was refused, which the log does not keep: a file of organization,feature,quantity,instant
    #[arg(long, value_name = "FILE")]
    refusals: Option<PathBuf>,
    /// Write the figures to a file, a line each
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draw revenue and refusals by plan
    #[arg(long, value_name = "FILE.svg")]
    chart: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The name of the catalog's file.
    pub catalog: String,
    /// What it says.
    pub definition: Definition,
    /// Where the time begins.
    pub from: Timestamp,
    /// Where it ends.
    pub to: Timestamp,
    /// What was refused in it, in the order of the instants.
    pub refusals: Vec<Asked>,
    /// Was a file of refusals handed in?
    pub has_refusals: bool,
}

/// Which of both worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    /// As it was recorded.
    Recorded,
    /// Under the file.
    Simulated,
}

impl World {
    const ALL: [Self; 2] = [Self::Recorded, Self::Simulated];

    fn index(self) -> usize {
        match self {
            Self::Recorded => 0,
            Self::Simulated => 1,
        }
    }
}

/// Tells what would have come out, and writes the files that were asked for.
pub async fn run(audit: &Audit, arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let Arguments { catalog, from, to, refusals, .. } = arguments;
    let question = Question::read(catalog, *from, *to, refusals.as_deref())?;
    let report = ask(audit, &question).await?;
    if let Some(path) = &arguments.csv {
        write(path, &report.csv())?;
    }
    if let Some(path) = &arguments.chart {
        write(path, &report.chart())?;
    }
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    Ok(ExitCode::SUCCESS)
}

impl Question {
    /// Reads the catalog, and the refusals if there are any.
    pub fn read(catalog: &Path, from: Timestamp, to: Timestamp, refusals: Option<&Path>) -> Result<Self, Unanswered> {
        let name = catalog.display().to_string();
        let definition = source::read(&name, &read(catalog)?)?;
        let asked = match refusals {
            Some(path) => refusals::read(&read(path)?, from, to)
                .map_err(|source| Unanswered::NotRefusals { path: path.to_owned(), source })?,
            None => Vec::new(),
        };
        Ok(Self { catalog: name, definition, from, to, refusals: asked, has_refusals: refusals.is_some() })
    }
}

fn read(path: &Path) -> Result<String, Unanswered> {
    fs::read_to_string(path).map_err(|source| Unanswered::Unreadable { path: path.to_owned(), source })
}

fn write(path: &Path, text: &str) -> Result<(), Unanswered> {
    fs::write(path, text).map_err(|source| Unanswered::Unwritable { path: path.to_owned(), source })
}

/// Decides the history of a time again, as it was recorded and under the file. Every event it rests on was checked
/// against its Merkle root and the chain.
pub async fn ask(audit: &Audit, question: &Question) -> Result<Report, Unanswered> {
    let (from, to, now) = (question.from, question.to, Timestamp::now());
    if from >= to {
        return Err(Unanswered::NoTime { from, to });
    }
    if to > now {
        return Err(Unanswered::InFuture { to, now });
    }
    let mut simulation = Simulation::of(question);
    let mut decisions = Decisions::of(audit).await?;
    let mut known: Vec<ProductCode> = Vec::new();
    while let Some(decision) = decisions.next().await? {
        if decision.recorded_at >= to {
            break;
        }
        known.extend(decision.events.iter().filter_map(|(_, event)| product_of(event)));
        simulation.take_in(&decision);
    }
    known.sort();
    known.dedup();
    let product = question.definition.product.clone();
    if !known.contains(&product) {
        return Err(Unanswered::UnknownProduct { product, to, known });
    }
    simulation.end(to);
    Ok(simulation.report(question.catalog.clone(), to, question.has_refusals))
}

/// The product of a catalog that was published.
fn product_of(event: &Event) -> Option<ProductCode> {
    match event {
        Event::Catalog(domain::catalog::Event::CatalogPublished { definition, .. }) => Some(definition.product.clone()),
        Event::Organization(_)
        | Event::Subscription(_)
        | Event::CreditLedger(_)
        | Event::ReferralTree(_)
        | Event::InvoiceBook(_)
        | Event::DiscountBook(_) => None,
    }
}
