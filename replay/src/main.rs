//! The auditor's own binary: it reads the log, checks it, and folds it again.

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use replay::{balance, check_proof, connect, prove, simulate, verify, why};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
    Verify(verify::Arguments),
    Balance(balance::Arguments),
    Why(why::Arguments),
    Simulate(simulate::Arguments),
    Prove(prove::Arguments),
    CheckProof(check_proof::Arguments),
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

async fn run(Arguments { source, command }: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Verify(arguments) => verify::run(&source, &arguments).await,
        Command::Balance(arguments) => balance::run(&connect::open(&source).await?, &arguments).await,
        Command::Why(arguments) => why::run(&connect::open(&source).await?, &arguments).await,
        Command::Simulate(arguments) => simulate::run(&connect::open(&source).await?, &arguments).await,
        Command::Prove(arguments) => prove::run(&source, &arguments).await,
        // The only one that needs no log: nothing is connected to.
        Command::CheckProof(arguments) => check_proof::run(&arguments),
    }
}

/// The error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
