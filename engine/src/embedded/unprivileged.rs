//! PostgreSQL refuses to run as root. When we are root, it runs as another user, in a folder that user can reach.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use nix::unistd::{self, geteuid};

use super::EmbeddedError;

/// A user of this machine who is not root.
#[derive(Debug, Clone, Copy)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl User {
    /// Whom PostgreSQL must run as; `None` when it can run as ourselves.
    pub(super) fn for_postgres() -> Result<Option<Self>, EmbeddedError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| unistd::User::from_name(name).ok().flatten())
            .map(|user| Some(Self { uid: user.uid.as_raw(), gid: user.gid.as_raw() }))
            .ok_or(EmbeddedError::NoUnprivilegedUser)
    }

    /// Whether this user may pass through the folder and everything above it. A clone under `/root` is the usual case of
    /// one that may not be.
    pub(super) fn can_reach(self, folder: &Path) -> bool {
        folder.ancestors().all(|folder| {
            fs::metadata(folder).is_ok_and(|folder| {
                let mode = folder.permissions().mode();
                let pass = match () {
                    () if folder.uid() == self.uid => 0o100,
                    () if folder.gid() == self.gid => 0o010,
                    () => 0o001,
                };
                mode & pass != 0
            })
        })
    }

    /// Makes this user the owner of one file or folder.
    pub(super) fn own(self, path: &Path) -> Result<(), EmbeddedError> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(EmbeddedError::io("give away", path))
    }
}
