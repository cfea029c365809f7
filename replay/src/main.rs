//! The auditor's own binary: it reads the log, checks it, and folds it again.
//!
//! It cannot do more: it links neither the API nor processors, providers or NATS, works with a role that may only
//! read, and refuses to run with one that may write. Start reading at [`verify`].

mod balance;
mod connect;
mod verify;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Audit a Tollgate log: check it, and tell what was true when
#[derive(Debug, Parser)]
#[command(name = "tollgate-replay", version)]
struct Arguments {
    #[command(flatten)]
    source: connect::Source,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check positions, hashes and events, and compare every projection with a fresh fold of the log
    Verify,
    Balance(balance::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tollgate-replay: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let audit = connect::open(&arguments.source).await?;
    match arguments.command {
        Command::Verify => verify::run(&audit).await,
        Command::Balance(arguments) => balance::run(&audit, &arguments).await,
    }
}

/// The error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
