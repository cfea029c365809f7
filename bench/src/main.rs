//! Measures: ours against what one would use otherwise, in the same run, on the same Postgres, on this machine.
//!
//! A [bench](benches) has sides that do the same work; [`measure`] lets them take turns, so that what else the machine
//! does hits all of them alike, and takes medians. Numbers mean something only beside the others of their run.
//! `docs/bench.md` explains every bench.
//!
//! Must not: judge. There is no threshold here that could turn a slow machine into a failed test.

mod benches;
mod customers;
mod ground;
mod history;
mod http;
mod load;
mod machine;
mod measure;
mod postgres_es;
mod raw;
mod report;
mod service;
mod stores;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use engine::embedded::{Durability, Options, Servers};
use engine::shutdown::Shutdown;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use mimalloc::MiMalloc;

use benches::{Bench, Field};
use customers::Work;
use measure::Fault;
use report::{Finding, Report};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How often metrics are tidied up, as the engine does: histograms keep every sample until then.
const METRICS_PERIOD: Duration = Duration::from_secs(10);

/// Measure ours against what one would use otherwise, side by side on this machine
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// One bench; without it, all of them
    #[arg(value_parser = PossibleValuesParser::new(benches::names()))]
    name: Option<String>,
    /// Also write everything that was measured to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// About how long a bench measures, all its sides and rounds together; a turn has a second at least
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How often every side has its turn
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Events that a log or ledger has before it is measured; every bench has a number of its own
    #[arg(long, value_parser = clap::value_parser!(u32).range(1_000..))]
    events: Option<u32>,
    /// Only our own side, without anything to compare it with: for a profiler
    #[arg(long)]
    alone: bool,
    /// What is asked of ledgers in the store benches
    #[arg(long, value_enum, default_value = "consume")]
    command: Work,
    /// Folder of the private servers' data; deleted before and after
    #[arg(long, value_name = "DIR", default_value = ".tollgate/bench")]
    data: PathBuf,
    /// Folder in which a nats-server lies, if none is on PATH
    #[arg(long, value_name = "DIR", default_value = ".tollgate/tools")]
    tools: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(code) => code,
        Err(fault) => {
            eprintln!("bench: {}", chain(&*fault));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Fault> {
    let mut shutdown = Shutdown::listen()?;
    let metrics = observe()?;
    let options = Options {
        data: arguments.data.clone(),
        tools: arguments.tools.clone(),
        database_url: None,
        nats_url: None,
        durability: Durability::Full,
    };
    Servers::erase(&options.data).await?;
    let servers = Servers::start(&options).await?;
    let ended = tokio::select! {
        measured = measure_all(&arguments, &servers, metrics) => measured.map(|()| ExitCode::SUCCESS),
        signal = shutdown.requested() => Ok(ExitCode::from(u8::try_from(128 + signal as i32).unwrap_or(1))),
    };
    servers.stop().await;
    Servers::erase(&options.data).await?;
    ended
}

/// Metrics are recorded and log lines are made as in the engine, so that both cost what they cost there; only the
/// writing of the lines is left out.
fn observe() -> Result<PrometheusHandle, Fault> {
    let filter = tracing_subscriber::EnvFilter::new("info,sqlx=warn,async_nats=warn");
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(io::sink).init();
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let tidied = metrics.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(METRICS_PERIOD);
        loop {
            ticks.tick().await;
            tidied.run_upkeep();
        }
    });
    Ok(metrics)
}

async fn measure_all(arguments: &Arguments, servers: &Servers, metrics: PrometheusHandle) -> Result<(), Fault> {
    let field = Field {
        database_url: servers.database_url().to_owned(),
        nats_url: servers.nats_url().to_owned(),
        metrics,
        span: Duration::from_secs(arguments.seconds),
        rounds: arguments.rounds,
        events: arguments.events.map(i64::from),
        alone: arguments.alone,
        work: arguments.command,
    };
    let mut report = Report::begin(&field).await?;
    println!("{}", report.headline());
    let chosen = |bench: &&&dyn Bench| arguments.name.as_deref().is_none_or(|name| name == bench.name());
    for bench in benches::ALL.iter().filter(chosen) {
        let finding = measure_one(*bench, &field).await?;
        println!("\n{finding}");
        report.findings.push(finding);
    }
    if let Some(file) = &arguments.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(())
}

async fn measure_one(bench: &dyn Bench, field: &Field) -> Result<Finding, Fault> {
    let load_average = machine::load_average();
    let was_reset = machine::reset_peak();
    let finding = bench.run(field).await.map_err(|fault| format!("{}: {}", bench.name(), chain(&*fault)))?;
    Ok(Finding { load_average, memory: machine::peak(was_reset), ..finding })
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
