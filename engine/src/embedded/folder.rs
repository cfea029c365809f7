//! The data folder: who holds it, and what is remembered in it from one start to the next.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use rand::Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::EmbeddedError;
use crate::address;

/// Where ports are looked for: below the ranges from which Linux (32768) and macOS (49152) take the local ends of outgoing
/// connections. A client that keeps connecting to a port inside those ranges while its server is down may be given that
/// very port as its own end, connect to itself, and keep the server from ever coming back.
const PORTS: std::ops::Range<u16> = 15_000..30_000;

/// Creates the folder, with its parents, if there is none, and returns its absolute path. Others may pass through it,
/// because PostgreSQL runs as another user when the engine runs as root, but not list it.
pub(super) fn create(folder: &Path) -> Result<PathBuf, EmbeddedError> {
    let create = || {
        if !folder.is_dir() {
            if let Some(parent) = folder.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::DirBuilder::new().mode(0o711).create(folder)?;
        }
        folder.canonicalize()
    };
    create().map_err(EmbeddedError::io("create the folder", folder))
}

/// The exclusive use of a data folder, or of one server's part of it. The system gives it up with the process, however
/// that ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: Flock<File>,
}

impl Lock {
    pub(super) fn take(folder: &Path, name: &str) -> Result<Self, EmbeddedError> {
        let path = folder.join(name);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(EmbeddedError::io("open", &path))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(mut file) => {
                file.set_len(0).map_err(EmbeddedError::io("write", &path))?;
                write!(*file, "{}", std::process::id()).map_err(EmbeddedError::io("write", &path))?;
                Ok(Self { _file: file })
            }
            Err((mut file, _)) => {
                let mut pid = String::new();
                file.read_to_string(&mut pid).map_err(EmbeddedError::io("read", &path))?;
                let pid = if pid.is_empty() { "unknown".to_owned() } else { pid };
                Err(EmbeddedError::Locked { folder: folder.to_owned(), pid })
            }
        }
    }
}

/// Reads what an earlier start remembered; `None` when there was none.
pub(super) fn recall<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, EmbeddedError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| EmbeddedError::io("understand", path)(std::io::Error::from(error))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(EmbeddedError::io("read", path)(error)),
    }
}

/// Remembers, in a file only its owner may read. The file is replaced as a whole, so that a kill leaves the old one or
/// the new one.
pub(super) fn remember<T: Serialize>(path: &Path, what: &T) -> Result<(), EmbeddedError> {
    let text = serde_json::to_vec_pretty(what)
        .map_err(|error| EmbeddedError::io("write", path)(std::io::Error::from(error)))?;
    let fresh = path.with_extension("json.new");
    write_private(&fresh, &text)?;
    fs::rename(&fresh, path).map_err(EmbeddedError::io("replace", path))
}

/// Writes a file that only its owner may read.
pub(super) fn write_private(path: &Path, content: &[u8]) -> Result<(), EmbeddedError> {
    address::write_private(path, content).map_err(EmbeddedError::io("write", path))
}

/// Deletes a file, or a folder with all that is in it; content when there is none.
pub(super) fn remove(path: &Path) -> Result<(), EmbeddedError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(EmbeddedError::io("delete", path)),
    }
}

/// 128 random bits in hexadecimal. The leading letter keeps nats-server from reading a password as a number.
pub(super) fn new_password() -> String {
    format!("t{:032x}", rand::rng().random::<u128>())
}

/// `remembered` if nobody else has taken it meanwhile, else a port that is free now.
pub(super) fn free_port(remembered: Option<u16>) -> std::io::Result<u16> {
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    if let Some(port) = remembered.filter(is_free) {
        return Ok(port);
    }
    (0..100)
        .map(|_| rand::rng().random_range(PORTS))
        .find(is_free)
        .ok_or_else(|| std::io::Error::other("a hundred ports tried, none of them free"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_port_is_kept_while_it_is_free_and_left_when_it_is_taken() {
        let port = free_port(None).unwrap();
        assert_eq!(free_port(Some(port)).unwrap(), port);

        let _foreigner = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert_ne!(free_port(Some(port)).unwrap(), port);
    }
}
