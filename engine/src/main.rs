//! The binary `tollgate`: reads the command line, calls the library, and turns an error into one line and an exit code.

mod catalog;
mod parts;
mod servers;
mod setup;
mod todo;
mod up;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use engine::address::Addresses;
use engine::logging::{self, LogFormat};
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Decides what an organization may use, what it has used, what it owes, and whom that pays.
#[derive(Debug, Parser)]
#[command(name = "tollgate", version)]
struct Arguments {
    #[command(flatten)]
    addresses: Addresses,
    /// Shape of log lines; RUST_LOG says which
    #[arg(long, value_enum, env = "TOLLGATE_LOG_FORMAT", default_value = "pretty", global = true)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Up(up::Arguments),
    Serve(parts::Serve),
    /// Publish the log to NATS
    Relay,
    Project(parts::Project),
    /// Run the processors
    Process,
    Checkpoint(parts::Checkpoint),
    Migrate(setup::Migrate),
    #[command(subcommand)]
    Catalog(catalog::Catalog),
    #[command(subcommand)]
    Todo(todo::Todo),
    Servers(servers::Arguments),
}

impl Command {
    /// What is logged unless `RUST_LOG` says otherwise: services tell what they do, commands only what is wrong.
    fn log_level(&self) -> &'static str {
        match self {
            Self::Up(_) | Self::Serve(_) | Self::Relay | Self::Project(_) | Self::Process => "info",
            Self::Checkpoint(_) | Self::Migrate(_) | Self::Catalog(_) | Self::Todo(_) | Self::Servers(_) => "warn",
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { addresses, log_format, command } = Arguments::parse();
    logging::init(log_format, command.log_level());
    let result = match command {
        Command::Up(arguments) => up::run(arguments, addresses).await,
        Command::Serve(arguments) => parts::serve(arguments, addresses).await,
        Command::Relay => parts::relay(addresses).await,
        Command::Project(arguments) => parts::project(arguments, addresses).await,
        Command::Process => parts::process(addresses).await,
        Command::Checkpoint(arguments) => parts::checkpoint(arguments, addresses).await,
        Command::Migrate(arguments) => setup::migrate(arguments, addresses).await,
        Command::Catalog(command) => catalog::run(command, addresses).await,
        Command::Todo(command) => todo::run(command, addresses).await,
        Command::Servers(arguments) => servers::run(arguments).await,
    };
    result.unwrap_or_else(|error| {
        eprintln!("tollgate: {}", chain(&*error));
        ExitCode::FAILURE
    })
}

/// The error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
