//! `tollgate serve`, `relay`, `project`, `process`: one role in a process of its own, on servers that run already.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use engine::address::Addresses;
use engine::checkpoints::{Checkpoints, Settings};
use engine::rates::Rates;
use engine::roles::Process;
use engine::shutdown::Shutdown;
use event_store::{Database, Log, Role};
use tokio::sync::watch;

/// Serve the API
#[derive(Debug, clap::Args)]
pub struct Serve {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", env = "TOLLGATE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[command(flatten)]
    rates: Rates,
}

/// Keep the projections, or fold one of them anew
#[derive(Debug, clap::Args)]
pub struct Project {
    /// Fold this projection anew beside the live one, then exchange them
    #[arg(long, value_name = "NAME")]
    rebuild: Option<String>,
}

/// Sign the newest position of every partition, and write it to a file outside the database
#[derive(Debug, clap::Args)]
pub struct Checkpoint {
    #[command(flatten)]
    settings: Settings,
    /// Go on, and sign again after so many minutes
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u64).range(1..))]
    every: Option<u64>,
}

pub async fn serve(arguments: Serve, addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let mut process = connect(&addresses).await?;
    let executor = process.executor().await?;
    let address = process.serve(&executor, arguments.listen, &arguments.rates.limits()).await?;
    tracing::info!(%address, "the API listens");
    until_stopped(process).await
}

pub async fn relay(addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let mut process = connect(&addresses).await?;
    process.relay(None);
    until_stopped(process).await
}

pub async fn project(arguments: Project, addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(name) = arguments.rebuild {
        let pool = Database::at(&addresses.database()?)?.pool(Role::Engine, 4);
        let report = projections::rebuild(&pool, &Log::new(pool.clone()), &name).await?;
        println!("{}: folded {} events into {} rows, and exchanged", report.projection, report.events, report.rows);
        return Ok(ExitCode::SUCCESS);
    }
    let mut process = connect(&addresses).await?;
    process.project();
    until_stopped(process).await
}

pub async fn process(addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let mut process = connect(&addresses).await?;
    let executor = process.executor().await?;
    process.process(&executor);
    until_stopped(process).await
}

pub async fn checkpoint(arguments: Checkpoint, addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let database = Database::at(&addresses.database()?)?;
    let log = Log::new(database.pool(Role::Engine, 2));
    let partitions = database.partitions().await?;
    let mut checkpoints = Checkpoints::open(log, partitions, &addresses.data, &arguments.settings)?;
    let written = checkpoints.write().await?;
    for path in &written {
        println!("{}", path.display());
    }
    if written.is_empty() {
        println!("nothing was appended since the newest checkpoint");
    }
    if let Some(minutes) = arguments.every {
        let (stop, stopped) = watch::channel(false);
        let kept = tokio::spawn(checkpoints.keep(Duration::from_mins(minutes), stopped));
        Shutdown::listen()?.requested().await;
        stop.send_replace(true);
        kept.await?.write().await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn connect(addresses: &Addresses) -> Result<Process, Box<dyn Error>> {
    Ok(Process::connect(&addresses.database()?, &addresses.nats()?).await?)
}

async fn until_stopped(process: Process) -> Result<ExitCode, Box<dyn Error>> {
    let signal = Shutdown::listen()?.requested().await;
    tracing::info!(%signal, "stopping");
    process.stop().await;
    Ok(ExitCode::SUCCESS)
}
