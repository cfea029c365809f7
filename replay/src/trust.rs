//! Whom the auditor trusts: the public key that checkpoints are signed with.

use std::fs;
use std::path::{Path, PathBuf};

use event_store::checkpoint::folder::{self, FileError};
use event_store::checkpoint::{Checkpoint, Forgery, KeyError, PublicKey};

/// Whose signature counts
#[derive(Debug, clap::Args)]
pub struct Trust {
    /// The public key checkpoints must be signed with; without it, `checkpoint.pub` in --data, which whoever runs
    /// Tollgate can exchange
    #[arg(long, value_name = "PUBFILE")]
    key: Option<PathBuf>,
}

/// Why a checkpoint is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The key's file cannot be read.
    #[error("the public key {} cannot be read", path.display())]
    Unreachable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("{} is of no use as a public key", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
    /// The checkpoint's file is of no use.
    #[error(transparent)]
    File(#[from] FileError),
    /// The signature is refused.
    #[error("{} is refused", path.display())]
    Forged {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Forgery,
    },
}

impl Trust {
    /// Reads the key.
    pub fn key(&self, data: &Path) -> Result<PublicKey, TrustError> {
        read_key(&self.key.clone().unwrap_or_else(|| data.join("checkpoint.pub")))
    }
}

/// Reads a public key.
pub fn read_key(path: &Path) -> Result<PublicKey, TrustError> {
    let text = fs::read_to_string(path).map_err(|source| TrustError::Unreachable { path: path.to_owned(), source })?;
    PublicKey::from_pem(&text).map_err(|source| TrustError::NotAKey { path: path.to_owned(), source })
}

/// Reads a checkpoint and refuses one that the key did not sign.
pub fn read_checkpoint(path: &Path, key: &PublicKey) -> Result<Checkpoint, TrustError> {
    let checkpoint = folder::read(path)?;
    let checked = checkpoint.check_signature(key);
    checked.map_err(|source| TrustError::Forged { path: path.to_owned(), source })?;
    Ok(checkpoint)
}
