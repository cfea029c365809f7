//! Why nothing can be simulated.

use std::path::PathBuf;

use domain::ProductCode;
use domain::catalog::source::Faults;
use event_store::{DatabaseError, LogError};
use jiff::Timestamp;

use super::refusals::BadLine;

/// Why nothing can be simulated.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Postgres cannot be used.
    #[error(transparent)]
    Unusable(#[from] DatabaseError),
    /// Postgres is away, or the log is not what was appended.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is no catalog.
    #[error("the file is no catalog\n{0}")]
    NotACatalog(#[from] Faults),
    /// A line of the refusals cannot be read.
    #[error("{}: {source}", path.display())]
    NotRefusals {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BadLine,
    },
    /// The time ends before it begins.
    #[error("the time from {from} to {to} is none: it ends before it begins")]
    NoTime {
        /// Where it begins.
        from: Timestamp,
        /// Where it ends.
        to: Timestamp,
    },
    /// Nobody knows yet what will have been decided by then.
    #[error("{to} is in the future, it is {now}")]
    InFuture {
        /// Where the time ends.
        to: Timestamp,
        /// The instant it is.
        now: Timestamp,
    },
    /// Nothing was ever published of the file's product.
    #[error("the log knows no product {product} before {to}; it knows {}", listed(known))]
    UnknownProduct {
        /// The product of the file.
        product: ProductCode,
        /// Where the time ends.
        to: Timestamp,
        /// Those that were published.
        known: Vec<ProductCode>,
    },
}

fn listed(products: &[ProductCode]) -> String {
    if products.is_empty() {
        return "none".to_owned();
    }
    products.iter().map(ProductCode::as_str).collect::<Vec<_>>().join(", ")
}
