//! A disk with little room, that a test can fill to the last byte and make room on again.
//!
//! It is a small tmpfs in a mount namespace of the test's own, so it is gone with the test whatever becomes of it. Root
//! may mount one; anybody else may as root of a user namespace, who then becomes himself again, because PostgreSQL runs
//! as anybody but root. Where neither is allowed, as in some containers, there is no such disk.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{getegid, geteuid};

/// Names the disk to the test that runs on it.
const VARIABLE: &str = "TOLLGATE_SMALL_DISK";

/// Room for a database, the 16 MB pieces of its write-ahead log, and a little more.
const SIZE: &str = "160m";

/// What a test finds.
#[derive(Debug)]
pub enum Room {
    /// It runs where the disk is.
    Here(SmallDisk),
    /// It must run itself again, like this.
    There(Box<Command>),
    /// This machine does not let it have one, and why.
    Nowhere(String),
}

/// The disk.
#[derive(Debug)]
pub struct SmallDisk {
    folder: PathBuf,
}

impl Room {
    /// Looks for the disk.
    #[must_use]
    pub fn find() -> Self {
        if let Some(folder) = std::env::var_os(VARIABLE) {
            return Self::Here(SmallDisk { folder: folder.into() });
        }
        let folder = std::env::temp_dir().join("tollgate-small-disk");
        if let Err(error) = std::fs::create_dir_all(&folder) {
            return Self::Nowhere(error.to_string());
        }
        let tried = on_a_small_disk(&folder).arg("true").output();
        match tried {
            Ok(output) if output.status.success() => Self::There(Box::new(on_a_small_disk(&folder))),
            Ok(output) => Self::Nowhere(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Self::Nowhere(error.to_string()),
        }
    }
}

/// A command that runs its arguments with the disk mounted.
fn on_a_small_disk(folder: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.arg("--mount").env(VARIABLE, folder);
    let mount = format!("mount -t tmpfs -o size={SIZE},mode=1777 tmpfs \"${VARIABLE}\"");
    let script = if geteuid().is_root() {
        format!("{mount} && exec \"$@\"")
    } else {
        command.args(["--user", "--map-root-user"]);
        let (user, group) = (geteuid(), getegid());
        format!("{mount} && exec unshare --user --map-user={user} --map-group={group} -- \"$@\"")
    };
    command.args(["--", "sh", "-c", &script, "sh"]);
    command
}

impl SmallDisk {
    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes all the room there is.
    pub fn fill(&self) {
        let mut ballast = File::create(self.ballast()).expect("a file");
        for piece in [vec![0; 1 << 20], vec![0; 1 << 12], vec![0; 1]] {
            loop {
                match ballast.write(&piece) {
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("the disk cannot be filled: {error}"),
                }
            }
        }
    }

    /// Makes room again.
    pub fn make_room(&self) {
        std::fs::remove_file(self.ballast()).expect("the ballast is there");
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}
