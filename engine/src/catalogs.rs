//! Publishing catalog files.

use std::path::{Path, PathBuf};

use domain::catalog::source::{self, Faults};
use domain::catalog::{self, Definition};
use domain::stream::Owner;
use event_store::executor::CommandKey;
use event_store::{Executor, Failure, Submission};
use uuid::Uuid;

/// Why a catalog was not published.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file cannot be read.
    #[error("catalog {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file has faults; all of them are named.
    #[error("{0}")]
    Faulty(#[from] Faults),
    /// The log said no.
    #[error("catalog {} was not published: {failure}", path.display())]
    NotPublished {
        /// The file.
        path: PathBuf,
        /// Why not.
        failure: Box<Failure>,
    },
}

/// A published catalog.
pub struct Published {
    /// The product.
    pub product: String,
    /// The version in force; the same as before if nothing changed.
    pub version: u32,
}

/// Reads a catalog file.
pub fn read(path: &Path) -> Result<Definition, CatalogError> {
    let unreadable = |source| CatalogError::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    Ok(source::read(&path.display().to_string(), &text)?)
}

/// The catalog files of a folder, by name.
pub fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let unreadable = |source| CatalogError::Unreadable { path: folder.to_owned(), source };
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
    let definition = read(path)?;
    let product = definition.product.clone();
    let not_published = |failure| CatalogError::NotPublished { path: path.to_owned(), failure: Box::new(failure) };
    // A key of its own every time: publishing is not retried, and what is published twice is the same version.
    let command_id = format!("publish-{}", Uuid::now_v7().simple());
    let applied = executor
        .execute(Submission {
            owner: Owner::Product(product.clone()),
            command: catalog::Command::Publish { definition: Box::new(definition) }.into(),
            key: CommandKey { caller: "operator".to_owned(), command_id: command_id.clone() },
            request_id: command_id,
        })
        .await
        .map_err(not_published)?;
    let answer: catalog::Answer = serde_json::from_str(&applied.answer)
        .map_err(|fault| not_published(Failure::Corrupt { reason: fault.to_string() }))?;
    Ok(Published { product: product.to_string(), version: answer.version })
}
