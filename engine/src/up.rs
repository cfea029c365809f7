//! `tollgate up`: everything in one process, with a private PostgreSQL and NATS unless others are named.

use std::error::Error;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use engine::address::{Addresses, write_private};
use engine::checkpoints::Settings;
use engine::embedded::{Durability, Options, Servers};
use engine::rates::Rates;
use engine::roles::{Process, RoleError};
use engine::shutdown::Shutdown;
use engine::{catalogs, welcome};
use event_store::{Database, Executor};
use sqlx::postgres::PgPool;

/// Run everything: PostgreSQL, NATS, the API, the relay, projections and processors
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Folder in which a nats-server lies, if none is on PATH
    #[arg(long, value_name = "DIR", default_value = ".tollgate/tools")]
    tools: PathBuf,
    /// Folder of catalogs to publish at the start; one that did not change stays as it is
    #[arg(long, value_name = "DIR")]
    catalogs: Option<PathBuf>,
    /// Address of the API; without it that of the last start, else 127.0.0.1:8080, else a free port
    #[arg(long, value_name = "ADDRESS", env = "TOLLGATE_LISTEN")]
    listen: Option<SocketAddr>,
    /// Partitions of the log; fixed when it is made
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=1024))]
    partitions: i32,
    #[command(flatten)]
    checkpoints: Settings,
    /// Minutes from one signed checkpoint to the next
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_minutes: u64,
    #[command(flatten)]
    rates: Rates,
}

/// Where the API listens if nobody says otherwise.
const LISTEN_USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);

pub async fn run(arguments: Arguments, addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let mut shutdown = Shutdown::listen()?;
    let options = Options {
        data: addresses.data,
        tools: arguments.tools.clone(),
        database_url: addresses.database_url,
        nats_url: addresses.nats_url,
        durability: Durability::Full,
    };
    let servers = tokio::select! {
        servers = Servers::start(&options) => servers?,
        signal = shutdown.requested() => return Ok(exit_code(signal)),
    };
    let begun = tokio::select! {
        begun = begin(&arguments, &options.data, &servers) => begun,
        signal = shutdown.requested() => {
            servers.stop().await;
            return Ok(exit_code(signal));
        }
    };
    let code = match begun {
        Ok(process) => {
            let signal = shutdown.requested().await;
            tracing::info!(%signal, "stopping");
            process.stop().await;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(error),
    };
    servers.stop().await;
    code
}

async fn begin(arguments: &Arguments, data: &Path, servers: &Servers) -> Result<Process, Box<dyn Error>> {
    let database = Database::at(servers.database_url())?;
    database.migrate(arguments.partitions).await?;
    write_private(&data.join("database.url"), servers.database_url().as_bytes())?;
    write_private(&data.join("nats.url"), servers.nats_url().as_bytes())?;
    if servers.postgres_pid().is_some() {
        let audit_url = engine::auditor::login(servers.database_url()).await?;
        write_private(&data.join("audit.url"), audit_url.as_bytes())?;
    }

    let mut process = Process::connect(servers.database_url(), servers.nats_url()).await?;
    let executor = process.executor().await?;
    publish_all(&executor, arguments.catalogs.as_deref()).await?;
    // Before the roles: on a busy machine their tasks take all connections for a while, and a start must not fail of that.
    let key = admin_key(data, process.pool()).await?;
    process.relay(Some(&executor));
    process.project();
    process.process(&executor);
    let period = Duration::from_mins(arguments.checkpoint_minutes);
    process.checkpoints(data, &arguments.checkpoints, period)?;
    let address = listen(&mut process, &executor, arguments, data).await?;
    welcome::leave_environment(data, address, &key)?;
    println!("{}", welcome::text(data, address, &key));
    Ok(process)
}

/// The key an earlier start has left, or a new one.
async fn admin_key(data: &Path, pool: &PgPool) -> Result<String, Box<dyn Error>> {
    if let Some(key) = welcome::known_key(data)? {
        api::auth::accept_admin_key(pool, &key).await?;
        return Ok(key);
    }
    let key = api::auth::create_admin_key(pool).await?;
    welcome::leave_key(data, &key)?;
    Ok(key)
}

async fn publish_all(executor: &Executor, folder: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let Some(folder) = folder else { return Ok(()) };
    for file in catalogs::in_folder(folder)? {
        let published = catalogs::publish(executor, &file).await?;
        tracing::info!(product = published.product, version = published.version, "catalog in force");
    }
    Ok(())
}

/// Listens where it was told to; if nobody said where, where it listened before, else at the usual place, else on any
/// free port.
async fn listen(
    process: &mut Process,
    executor: &Executor,
    arguments: &Arguments,
    data: &Path,
) -> Result<SocketAddr, RoleError> {
    let rates = arguments.rates.limits();
    if let Some(address) = arguments.listen {
        return process.serve(executor, address, &rates).await;
    }
    for address in welcome::known_address(data).into_iter().chain([LISTEN_USUAL]) {
        match process.serve(executor, address, &rates).await {
            Err(RoleError::Listen { source, .. }) if source.kind() == ErrorKind::AddrInUse => {}
            served => return served,
        }
    }
    process.serve(executor, SocketAddr::new(LISTEN_USUAL.ip(), 0), &rates).await
}

fn exit_code(signal: nix::sys::signal::Signal) -> ExitCode {
    u8::try_from(128 + signal as i32).map_or(ExitCode::FAILURE, ExitCode::from)
}
