//! `tollgate catalog`: what an operator does about what is sold.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use domain::catalog::{self, Definition, compare};
use domain::{OrganizationId, PlanCode, ProductCode};
use engine::address::Addresses;
use engine::catalogs::named::{self, Named};
use engine::catalogs::{self, Published, table};
use engine::migration::tally::Tally;
use engine::migration::{Migration, Selection};
use event_store::{Database, Executor, Role};
use projections::organizations;

/// Check, publish, show and compare catalogs
#[derive(Debug, clap::Subcommand)]
pub enum Catalog {
    /// Name every fault of catalog files, without a database
    Check {
        /// Catalog files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Publish catalog files, if none has a fault; one that did not change stays as it is
    Publish {
        /// Catalog files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    Show(Show),
    Diff(Diff),
    Migrate(Migrate),
}

/// Show the plans of a published catalog as a table
#[derive(Debug, clap::Args)]
pub struct Show {
    /// The product
    #[arg(value_parser = |text: &str| ProductCode::new(text))]
    product: ProductCode,
    /// A version of it; without it, the newest
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    /// All of it, as JSON
    #[arg(long)]
    json: bool,
}

/// Tell what differs between two catalogs, in words: nothing if they are the same
///
/// A catalog is a FILE, a PRODUCT (its newest published version) or a PRODUCT@VERSION. A line begins with + if customers
/// gain by it, with - if they lose, with ~ if it is only different.
#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The earlier catalog; a file alone is compared with what is published, a version alone with the newest one
    #[arg(value_name = "CATALOG")]
    one: Named,
    /// The later catalog
    #[arg(value_name = "LATER")]
    other: Option<Named>,
    /// End with exit code 1 if there are differences
    #[arg(long)]
    exit_code: bool,
}

/// Move subscriptions that were sold under older versions to a newer one, on the same plan
///
/// What the plan allows changes at once, what it costs from the next period on. Whoever was moved is not moved again, so
/// it is safe to repeat. Ends with exit code 1 if an organization was refused.
#[derive(Debug, clap::Args)]
pub struct Migrate {
    /// The product
    #[arg(value_parser = |text: &str| ProductCode::new(text))]
    product: ProductCode,
    /// The version to move to; without it, the newest
    #[arg(long, value_name = "VERSION")]
    to: Option<u32>,
    /// Move only this organization; may be given several times
    #[arg(long = "organization", value_name = "ID", value_parser = |text: &str| OrganizationId::new(text))]
    organizations: Vec<OrganizationId>,
    /// Move only subscriptions of this plan
    #[arg(long, value_parser = |text: &str| PlanCode::new(text))]
    plan: Option<PlanCode>,
    /// Write nothing: tell for each version and plan how many organizations would be moved, what they would gain or lose,
    /// and who would be refused
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(command: Catalog, addresses: Addresses) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Catalog::Check { files } => Ok(check(&files)),
        Catalog::Publish { files } => publish(&files, &addresses).await,
        Catalog::Show(arguments) => show(&arguments, &addresses).await,
        Catalog::Diff(arguments) => diff(&arguments, &addresses).await,
        Catalog::Migrate(arguments) => migrate(arguments, &addresses).await,
    }
}

fn check(files: &[PathBuf]) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in files {
        match catalogs::read(file) {
            Ok(Definition { product, plans, features, .. }) => {
                let (plans, features) = (counted(plans.len(), "plan"), counted(features.len(), "feature"));
                say(&format!("{}: sound, {product} with {plans} and {features}\n", file.display()));
            }
            Err(error) => {
                eprintln!("{error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

/// All files, or nothing once every fault of every one was named.
fn read_all(files: &[PathBuf]) -> Option<Vec<Definition>> {
    let read = files.iter().map(|file| catalogs::read(file).inspect_err(|error| eprintln!("{error}")));
    // Every file is read before the first fault decides.
    read.collect::<Vec<_>>().into_iter().collect::<Result<_, _>>().ok()
}

async fn publish(files: &[PathBuf], addresses: &Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let Some(read) = read_all(files) else {
        eprintln!("nothing was published");
        return Ok(ExitCode::FAILURE);
    };
    let database = Database::at(&addresses.database()?)?;
    let (executor, pool) = (Executor::start(&database).await?, database.pool(Role::Engine, 1));
    for (file, definition) in files.iter().zip(read) {
        let product = definition.product.clone();
        let published = catalogs::publish_definition(&executor, file, definition).await?;
        // As far as the projection has come: whoever migrates is told exactly.
        let behind = organizations::on_older_versions(&pool, &product, published.version).await?;
        say(&format!("{}: {}\n{}", file.display(), in_force(&published), left_behind(&published, behind)));
    }
    Ok(ExitCode::SUCCESS)
}

fn left_behind(Published { product, .. }: &Published, organizations: i64) -> String {
    let told = match organizations {
        0 => return String::new(),
        1 => "1 organization is on an older version".to_owned(),
        _ => format!("{organizations} organizations are on older versions"),
    };
    format!("  {told}: `tollgate catalog migrate {product} --dry-run` tells what moving them would change\n")
}

fn in_force(Published { product, version, before }: &Published) -> String {
    let in_force = format!("{product} version {version} is in force");
    match before {
        None => in_force,
        Some(before) if before == version => format!("{in_force}, as before"),
        Some(before) => format!(
            "{in_force} for whoever subscribes from now on\n  \
             `tollgate catalog diff {product}@{before} {product}@{version}` tells what changed"
        ),
    }
}

async fn show(arguments: &Show, addresses: &Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let Show { product, version, json } = arguments;
    let catalog = published(product, addresses).await?;
    let wanted = named::version(&catalog, product, *version)?;
    if *json {
        say(&format!("{}\n", serde_json::to_string_pretty(&*wanted)?));
    } else {
        let newest = catalog.latest().map_or(wanted.version, |latest| latest.version);
        say(&table::text(&wanted, newest));
    }
    Ok(ExitCode::SUCCESS)
}

async fn diff(arguments: &Diff, addresses: &Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let find =
        async |named: &Named| named::definition(named, async |product| published(product, addresses).await).await;
    let newest = |product: &ProductCode| Named::Published { product: product.clone(), version: None };
    let one = find(&arguments.one).await?;
    let (before, after) = match (&arguments.other, &arguments.one) {
        (Some(other), _) => (one, find(other).await?),
        // A file is what comes next; a version is what came before.
        (None, Named::File(_)) => (find(&newest(&one.product)).await?, one),
        (None, Named::Published { product, .. }) => {
            let newest = find(&newest(product)).await?;
            (one, newest)
        }
    };
    if before.product != after.product {
        let (one, other) = (before.product, after.product);
        return Err(format!("{one} and {other} are two products; name two catalogs of one").into());
    }
    let compared = compare(&before, &after);
    say(&compared.to_string());
    let differ = arguments.exit_code && !compared.is_empty();
    Ok(if differ { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn migrate(arguments: Migrate, addresses: &Addresses) -> Result<ExitCode, Box<dyn Error>> {
    let Migrate { product, to, organizations, plan, dry_run } = arguments;
    let database = Database::at(&addresses.database()?)?;
    let selection = Selection { organizations: organizations.into_iter().collect(), plan };
    let migration = Migration::prepare(&database, product, to, selection).await?;
    if dry_run {
        say(&format!("{}nothing was written\n", migration.foresee().await?));
        return Ok(ExitCode::SUCCESS);
    }
    let mut tally = Tally::default();
    let ended = migration.carry_out(&mut tally).await;
    // Also if it stopped half way: what was done is done.
    say(&tally.told(migration.version()));
    ended?;
    Ok(if tally.refused() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn published(product: &ProductCode, addresses: &Addresses) -> Result<catalog::Catalog, Box<dyn Error>> {
    Ok(catalogs::published(&Database::at(&addresses.database()?)?, product).await?)
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Prints; that nobody reads on, as behind `head`, is no fault.
fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
