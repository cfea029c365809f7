//! Where the servers are: named on the command line or in the environment, or left in the data folder by a running
//! `tollgate up`, so that an operator's commands find them without being told.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where the servers are
#[derive(Debug, Clone, clap::Args)]
pub struct Addresses {
    /// Data folder of `tollgate up`; its servers are used where no others are named
    #[arg(long, value_name = "DIR", default_value = ".tollgate/data", global = true)]
    pub data: PathBuf,
    /// A PostgreSQL to use, such as postgres://user:password@host:5432/database
    #[arg(long, value_name = "URL", env = "TOLLGATE_DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// A NATS server to use, such as nats://user:password@host:4222
    #[arg(long, value_name = "URL", env = "TOLLGATE_NATS_URL", hide_env_values = true, global = true)]
    pub nats_url: Option<String>,
}

/// No server was named, and none was left in the data folder.
#[derive(Debug, thiserror::Error)]
#[error(
    "no {server} was named, and {} cannot be read: {reason}; run `tollgate up` first, or set {variable}",
    path.display()
)]
pub struct NoAddress {
    server: &'static str,
    variable: &'static str,
    path: PathBuf,
    reason: io::Error,
}

impl Addresses {
    /// The database's address.
    pub fn database(&self) -> Result<String, NoAddress> {
        let left = || read(&self.data, "database.url", "PostgreSQL", "TOLLGATE_DATABASE_URL");
        self.database_url.clone().map_or_else(left, Ok)
    }

    /// The NATS server's address.
    pub fn nats(&self) -> Result<String, NoAddress> {
        let left = || read(&self.data, "nats.url", "NATS server", "TOLLGATE_NATS_URL");
        self.nats_url.clone().map_or_else(left, Ok)
    }
}

fn read(data: &Path, name: &str, server: &'static str, variable: &'static str) -> Result<String, NoAddress> {
    let path = data.join(name);
    let text = fs::read_to_string(&path).map_err(|reason| NoAddress { server, variable, path, reason })?;
    Ok(text.trim().to_owned())
}

/// Writes a file that only its owner may read. It is there whole or not at all: a process that is killed meanwhile
/// leaves no half a key.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(content)?;
    fs::rename(draft, path)
}
