//! Stopping a process at a named point.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::client::{PATIENCE, shortly};

/// An order to stop at a point, for one process.
#[derive(Debug)]
pub struct Pause {
    wanted: String,
    file: PathBuf,
}

impl Pause {
    /// At the `nth` time it comes by `point`. The folder is one the process may write to.
    #[must_use]
    pub fn at(point: &str, nth: u32, folder: &Path) -> Self {
        let file = folder.join("paused");
        // Left by a process that was killed where it stood.
        let _ = fs::remove_file(&file);
        Self { wanted: format!("{point}:{nth}"), file }
    }

    /// What tells the process.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, String); 2] {
        [("TOLLGATE_PAUSE_AT", self.wanted.clone()), ("TOLLGATE_PAUSED_FILE", self.file.display().to_string())]
    }

    /// Does it stand there?
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.file.exists()
    }

    /// Waits until it stands there.
    ///
    /// # Panics
    /// If it never comes by.
    pub async fn reached(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.is_reached() {
            assert!(Instant::now() < deadline, "nothing comes by {} within {PATIENCE:?}", self.wanted);
            shortly().await;
        }
    }

    /// Lets it go on, if it still lives.
    pub fn release(&self) {
        let _ = fs::remove_file(&self.file);
    }
}
