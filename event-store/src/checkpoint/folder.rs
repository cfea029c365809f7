//! The folder of checkpoints: one file each, named by partition and position, so that the newest is found by its name.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Checkpoint, Unreadable, from_json};

/// Why a checkpoint file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file or the folder cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreachable {
        /// The file or the folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What is in it is not a checkpoint.
    #[error("{} is not a checkpoint", path.display())]
    NotOne {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: Unreadable,
    },
}

/// What a checkpoint's file is called: `partition-0-position-000000000000000020.json`. Positions have leading zeros so
/// that a listing is in order.
#[must_use]
pub fn file_name(checkpoint: &Checkpoint) -> String {
    format!("partition-{}-position-{:018}.json", checkpoint.claim.partition, checkpoint.claim.position)
}

/// The partition and the position in the name of a checkpoint's file.
fn parts(name: &OsStr) -> Option<(i32, i64)> {
    let name = name.to_str()?.strip_prefix("partition-")?.strip_suffix(".json")?;
    let (partition, position) = name.split_once("-position-")?;
    Some((partition.parse().ok()?, position.parse().ok()?))
}

/// Reads one checkpoint. Its signature is not checked.
pub fn read(path: &Path) -> Result<Checkpoint, FileError> {
    let text = fs::read_to_string(path).map_err(|source| FileError::Unreachable { path: path.to_owned(), source })?;
    from_json(&text).map_err(|source| FileError::NotOne { path: path.to_owned(), source })
}

/// The file of a partition's newest checkpoint; `None` if there is no folder, or none in it.
pub fn newest(folder: &Path, partition: i32) -> Result<Option<PathBuf>, FileError> {
    let unreachable = |source| FileError::Unreachable { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(unreachable)?,
    };
    let mut newest = None;
    for entry in entries {
        let entry = entry.map_err(unreachable)?;
        if let Some((_, position)) = parts(&entry.file_name()).filter(|(of, _)| *of == partition) {
            newest = newest.max(Some((position, entry.path())));
        }
    }
    Ok(newest.map(|(_, path)| path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_files_are_passed_over() {
        let name = |name: &str| parts(OsStr::new(name));
        assert_eq!(name("partition-3-position-000000000000000020.json"), Some((3, 20)));
        for other in ["checkpoint.pub", "partition-3-position-20.json.new", "partition-x-position-20.json"] {
            assert_eq!(name(other), None, "{other}");
        }
    }
}
