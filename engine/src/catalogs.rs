//! Catalogs on the command line: publishing files, finding what was published, showing it.

pub mod named;
pub mod table;

use std::path::{Path, PathBuf};

use domain::catalog::source::{self, Faults};
use domain::catalog::{self, Catalog, Definition};
use domain::stream::{Owner, StreamId};
use domain::{Aggregate, Event, Kind, ProductCode, Refusal, State};
use event_store::executor::{CommandKey, partition_of};
use event_store::{Database, DatabaseError, Executor, Failure, Log, LogError, Role, Submission};
use uuid::Uuid;

/// Why a catalog was not published.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file cannot be read.
    #[error("catalog {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        reason: std::io::Error,
    },
    /// The file has faults; all of them are named.
    #[error("{0}")]
    Faulty(#[from] Faults),
    /// The log said no.
    #[error("catalog {} was not published: {failure}{}", path.display(), hint(failure))]
    NotPublished {
        /// The file.
        path: PathBuf,
        /// Why not.
        failure: Box<Failure>,
    },
    /// Nobody has published a catalog of the product.
    #[error("product {product} has no published catalog; `tollgate catalog publish FILE` publishes one")]
    NeverPublished {
        /// The product.
        product: ProductCode,
    },
    /// The product has no such version.
    #[error("catalog {product} has no version {version}; the newest is {newest}")]
    UnknownVersion {
        /// The product.
        product: ProductCode,
        /// The version that was asked for.
        version: u32,
        /// The newest there is.
        newest: u32,
    },
    /// Postgres cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// What was published cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// What can be done about it, if the domain refused.
fn hint(failure: &Failure) -> String {
    match failure {
        Failure::Rejected { rejection, .. } => format!("; {}", rejection.hint()),
        Failure::KeyReused { .. }
        | Failure::TooEarly { .. }
        | Failure::Overloaded
        | Failure::Unavailable { .. }
        | Failure::Unknown
        | Failure::Corrupt { .. } => String::new(),
    }
}

/// A published catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The product.
    pub product: String,
    /// The version in force; the same as before if nothing changed.
    pub version: u32,
    /// The version that was the newest before, if there was one.
    pub before: Option<u32>,
}

/// Reads a catalog file.
pub fn read(path: &Path) -> Result<Definition, CatalogError> {
    let unreadable = |reason| CatalogError::Unreadable { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok(source::read(&path.display().to_string(), &text)?)
}

/// The catalog files of a folder, by name.
pub fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let unreadable = |reason| CatalogError::Unreadable { path: folder.to_owned(), reason };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Publishes a catalog file; the same definition again changes nothing.
pub async fn publish(executor: &Executor, path: &Path) -> Result<Published, CatalogError> {
    publish_definition(executor, path, read(path)?).await
}

/// Publishes what was read from a file.
pub async fn publish_definition(
    executor: &Executor,
    path: &Path,
    definition: Definition,
) -> Result<Published, CatalogError> {
    let product = definition.product.clone();
    let owner = Owner::Product(product.clone());
    let not_published = |failure| CatalogError::NotPublished { path: path.to_owned(), failure: Box::new(failure) };
    let before = executor.inspect(Kind::Catalog, owner.clone(), newest).await.map_err(not_published)?;
    // A key of its own every time: publishing is not retried, and what is published twice is the same version.
    let command_id = format!("publish-{}", Uuid::now_v7().simple());
    let applied = executor
        .execute(Submission {
            owner,
            command: catalog::Command::Publish { definition: Box::new(definition) }.into(),
            key: CommandKey { caller: "operator".to_owned(), command_id: command_id.clone() },
            request_id: command_id,
        })
        .await
        .map_err(not_published)?;
    let answer: catalog::Answer = serde_json::from_str(&applied.answer)
        .map_err(|fault| not_published(Failure::Corrupt { reason: fault.to_string() }))?;
    Ok(Published { product: product.to_string(), version: answer.version, before })
}

fn newest(state: &State) -> Option<u32> {
    match state {
        State::Catalog(catalog) => catalog.latest().map(|latest| latest.version),
        State::Organization(_)
        | State::Subscription(_)
        | State::CreditLedger(_)
        | State::ReferralTree(_)
        | State::InvoiceBook(_)
        | State::DiscountBook(_) => None,
    }
}

/// All that was published of a product, read from the log.
pub async fn published(database: &Database, product: &ProductCode) -> Result<Catalog, CatalogError> {
    let stream = StreamId { kind: Kind::Catalog, owner: Owner::Product(product.clone()) };
    let partition = partition_of(&stream.owner, database.partitions().await?);
    let mut catalog = Catalog::default();
    for recorded in Log::new(database.pool(Role::Engine, 1)).stream(partition, &stream).await? {
        if let Event::Catalog(event) = &recorded.event {
            catalog.evolve(event);
        }
    }
    if catalog.latest().is_none() {
        return Err(CatalogError::NeverPublished { product: product.clone() });
    }
    Ok(catalog)
}
