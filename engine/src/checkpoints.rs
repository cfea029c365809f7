//! Signed checkpoints of the log's heads, as files outside the database: on a schedule, at the end, and when asked.
//!
//! The key is made once, in the data folder. It is never written anywhere else: whoever owns the database but not this
//! folder cannot sign another history.

mod newest;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use event_store::Log;
use event_store::checkpoint::folder::{self, FileError};
use event_store::checkpoint::{Checkpoint, KeyError, Notary, NotaryError, Signer, to_json};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

pub use self::newest::{Age, Newest};

/// Where checkpoints go, and how often
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Folder of the signed checkpoints; `checkpoints` in the data folder by default, better on another machine's disk
    #[arg(long = "checkpoints", value_name = "DIR", env = "TOLLGATE_CHECKPOINTS")]
    pub folder: Option<PathBuf>,
}

/// Why no checkpoint was made.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointsError {
    /// A file or folder cannot be read or written.
    #[error("{} cannot be used", path.display())]
    Unusable {
        /// The file or the folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The key's file holds something else.
    #[error("{} is of no use", path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
    /// Somebody else may read the key.
    #[error("{} may be read by others than its owner (mode {mode:o}): run `chmod 600` on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// An earlier checkpoint cannot be read.
    #[error(transparent)]
    Earlier(#[from] FileError),
    /// A checkpoint of the same position says something else.
    #[error("{} is there already, and says something else than the log", path.display())]
    Contradicted {
        /// The file.
        path: PathBuf,
    },
    /// The log is not one that can be signed.
    #[error("partition {partition} was not signed")]
    Refused {
        /// The partition.
        partition: i32,
        /// Why not.
        source: NotaryError,
    },
}

/// A notary and the folder it writes to.
#[derive(Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    notary: Notary,
    newest: Newest,
    partitions: i32,
}

impl Checkpoints {
    /// Takes up the key of the data folder, or makes it.
    pub fn open(log: Log, partitions: i32, data: &Path, settings: &Settings) -> Result<Self, CheckpointsError> {
        let signer = signer(data)?;
        let folder = settings.folder.clone().unwrap_or_else(|| data.join("checkpoints"));
        fs::create_dir_all(&folder).map_err(unusable(&folder))?;
        Ok(Self { folder, notary: Notary::new(log, signer), newest: Newest::default(), partitions })
    }

    /// The newest checkpoints, kept up to date by every write.
    #[must_use]
    pub fn newest(&self) -> Newest {
        self.newest.clone()
    }

    /// Signs the heads that have moved, and answers the files that were written. One partition's failure does not keep
    /// the others from being signed; the first is told.
    pub async fn write(&mut self) -> Result<Vec<PathBuf>, CheckpointsError> {
        let (mut written, mut failure) = (Vec::new(), None);
        for partition in 0..self.partitions {
            match self.write_one(partition).await {
                Ok(path) => written.extend(path),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match failure {
            Some(error) => Err(error),
            None => Ok(written),
        }
    }

    async fn write_one(&mut self, partition: i32) -> Result<Option<PathBuf>, CheckpointsError> {
        // Another process may have signed since, or an earlier one of this kind: what it said binds this one too.
        if let Some(path) = folder::newest(&self.folder, partition)? {
            let earlier = folder::read(&path)?;
            self.notary.remember(earlier);
            self.newest.note(earlier);
        }
        let signed = self.notary.sign(partition).await;
        let Some(checkpoint) = signed.map_err(|source| CheckpointsError::Refused { partition, source })? else {
            return Ok(None);
        };
        let path = self.folder.join(folder::file_name(&checkpoint));
        if path.exists() {
            // Signed by both at the same moment. Never written over: it may be all there is against another history.
            let same = folder::read(&path)?.claim == checkpoint.claim;
            return if same { Ok(None) } else { Err(CheckpointsError::Contradicted { path }) };
        }
        save(&path, &checkpoint).map_err(unusable(&path))?;
        self.newest.note(checkpoint);
        Ok(Some(path))
    }

    /// Writes now and then until it is told to stop, and gives itself back for what is left to sign at the end.
    pub async fn keep(mut self, period: Duration, mut stop: watch::Receiver<bool>) -> Self {
        let mut ticks = tokio::time::interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            tokio::select! {
                _ = ticks.tick() => self.write_or_log().await,
                _ = stop.changed() => {}
            }
        }
        self
    }

    /// Writes; a failure is logged, because nobody waits for it.
    pub async fn write_or_log(&mut self) {
        match self.write().await {
            Ok(written) => {
                for path in written {
                    tracing::info!(path = %path.display(), "signed checkpoint");
                }
            }
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "no signed checkpoint"),
        }
    }
}

/// The key of a data folder. It is made if there is none; the public key is left beside it.
fn signer(data: &Path) -> Result<Signer, CheckpointsError> {
    let (private, public) = (data.join("checkpoint.key"), data.join("checkpoint.pub"));
    let not_a_key = |source| CheckpointsError::NotAKey { path: private.clone(), source };
    fs::create_dir_all(data).map_err(unusable(data))?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&private);
    let signer = match made {
        Ok(mut file) => {
            let signer = Signer::from_seed(&rand::random());
            let text = signer.to_pem().map_err(not_a_key)?;
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(unusable(&private))?;
            signer
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mode = fs::metadata(&private).map_err(unusable(&private))?.permissions().mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(CheckpointsError::Exposed { path: private, mode });
            }
            let text = fs::read_to_string(&private).map_err(unusable(&private))?;
            Signer::from_pem(&text).map_err(not_a_key)?
        }
        Err(error) => return Err(unusable(&private)(error)),
    };
    let text = signer.public().to_pem().map_err(not_a_key)?;
    if fs::read_to_string(&public).ok().as_ref() != Some(&text) {
        fs::write(&public, text).map_err(unusable(&public))?;
    }
    Ok(signer)
}

/// The whole file or none: a checkpoint that was cut short would look like a forged one.
fn save(path: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let unfinished = path.with_extension("json.unfinished");
    let mut file = File::create(&unfinished)?;
    file.write_all(to_json(checkpoint)?.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

fn unusable(path: &Path) -> impl Fn(io::Error) -> CheckpointsError {
    move |source| CheckpointsError::Unusable { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("tollgate-key-{}", uuid::Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_key_is_made_once_and_only_its_owner_may_read_it() {
        let data = folder();
        let made = signer(&data).unwrap();
        let mode = fs::metadata(data.join("checkpoint.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_to_string(data.join("checkpoint.pub")).unwrap(), made.public().to_pem().unwrap());

        fs::remove_file(data.join("checkpoint.pub")).unwrap();
        assert_eq!(signer(&data).unwrap().public(), made.public());
        assert!(data.join("checkpoint.pub").exists(), "left again");
        assert_ne!(signer(&folder()).unwrap().public(), made.public());
        fs::remove_dir_all(data).unwrap();
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused() {
        let data = folder();
        signer(&data).unwrap();
        let key = data.join("checkpoint.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let refusal = signer(&data).unwrap_err().to_string();
        assert!(refusal.contains("may be read by others than its owner (mode 640)"), "{refusal}");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&key, "nothing").unwrap();
        assert!(matches!(signer(&data), Err(CheckpointsError::NotAKey { .. })));
        fs::remove_dir_all(data).unwrap();
    }
}
