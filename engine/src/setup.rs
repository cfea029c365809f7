//! `tollgate migrate`: what an operator does once for each release.

use std::error::Error;
use std::process::ExitCode;

use engine::address::Addresses;
use event_store::Database;

/// Bring the database's schema up to date
#[derive(Debug, clap::Args)]
pub struct Migrate {
    /// Partitions of the log; fixed when it is made
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=1024))]
    partitions: i32,
}

pub async fn migrate(arguments: Migrate, addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    Database::at(&addresses.database()?)?.migrate(arguments.partitions).await?;
    println!("the schema is up to date");
    Ok(ExitCode::SUCCESS)
}
