//! `tollgate migrate` and `tollgate catalog`: what an operator does once, or now and then.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use engine::address::Addresses;
use engine::catalogs;
use event_store::{Database, Executor};

/// Bring the database's schema up to date
#[derive(Debug, clap::Args)]
pub struct Migrate {
    /// Partitions of the log; fixed when it is made
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=1024))]
    partitions: i32,
}

/// Check or publish catalogs
#[derive(Debug, clap::Subcommand)]
pub enum Catalog {
    /// Name every fault of catalog files, without publishing them
    Check {
        /// Catalog files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Publish catalog files; one that did not change stays as it is
    Publish {
        /// Catalog files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

pub async fn migrate(arguments: Migrate, addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    Database::at(&addresses.database()?)?.migrate(arguments.partitions).await?;
    println!("the schema is up to date");
    Ok(ExitCode::SUCCESS)
}

pub async fn catalog(command: Catalog, addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Catalog::Check { files } => Ok(check(&files)),
        Catalog::Publish { files } => {
            let executor = Executor::start(&Database::at(&addresses.database()?)?).await?;
            for file in files {
                let published = catalogs::publish(&executor, &file).await?;
                println!("{}: {} version {} is in force", file.display(), published.product, published.version);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(files: &[PathBuf]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        match catalogs::read(file) {
            Ok(definition) => println!("{}: sound, {} plans", file.display(), definition.plans.len()),
            Err(error) => {
                eprintln!("{error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}
