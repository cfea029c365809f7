//! Signs what the log is now. It signs only what continues all it has signed before.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Checkpoint, Contradiction, Signer, Spine};
use crate::log::{Fault, Log, LogError};

/// Positions whose batches are read at a time: at most so many records of 100 bytes.
const CHUNK_POSITIONS: i64 = 50_000;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    /// The log cannot be read, or its batches do not continue each other.
    #[error(transparent)]
    Log(#[from] LogError),
    /// It is not the log an earlier checkpoint was signed over.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
}

/// Follows the batches of all partitions, and signs.
#[derive(Debug)]
pub struct Notary {
    log: Log,
    signer: Signer,
    spines: BTreeMap<i32, Spine>,
    /// The newest checkpoint of each partition: what comes next must continue it.
    newest: BTreeMap<i32, Checkpoint>,
}

impl Notary {
    /// Begins with nothing read and nothing signed.
    #[must_use]
    pub fn new(log: Log, signer: Signer) -> Self {
        Self { log, signer, spines: BTreeMap::new(), newest: BTreeMap::new() }
    }

    /// Takes a partition's newest checkpoint, signed by this notary or another: what it signs next must continue it.
    pub fn remember(&mut self, checkpoint: Checkpoint) {
        let partition = checkpoint.claim.partition;
        let known = self.newest.insert(partition, checkpoint);
        let position = self.spines.get(&partition).map_or(0, Spine::position);
        if known != Some(checkpoint) && position >= checkpoint.claim.position {
            // What it is about was read already, without it: read anew.
            self.spines.remove(&partition);
        }
    }

    /// Whose signature it is.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Reads what was appended to a partition since it last looked (the first time: all batches), and signs its head.
    /// `None` if nothing was.
    pub async fn sign(&mut self, partition: i32) -> Result<Option<Checkpoint>, NotaryError> {
        if let Err(error) = self.follow(partition).await {
            // Read anew next time: what contradicts a checkpoint must not be passed by later.
            self.spines.remove(&partition);
            return Err(error);
        }
        let spine = self.spines.get(&partition);
        let Some(claim) = spine.and_then(Spine::claim) else { return Ok(None) };
        if self.newest.get(&partition).is_some_and(|newest| newest.claim == claim) {
            return Ok(None);
        }
        let now = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or_default();
        let checkpoint = Checkpoint::sign(claim, now, &self.signer);
        self.newest.insert(partition, checkpoint);
        Ok(Some(checkpoint))
    }

    /// Brings the spine to the head.
    async fn follow(&mut self, partition: i32) -> Result<(), NotaryError> {
        let spine = self.spines.entry(partition).or_insert_with(|| Spine::new(partition));
        let newest = self.newest.get(&partition);
        let head = self.log.head(partition).await?;
        let corrupt = |after, fault| LogError::Corrupt { partition, after, fault };
        if head.position < spine.position() {
            return Err(corrupt(spine.position(), Fault::Ahead { head: head.position }).into());
        }
        while spine.position() < head.position {
            let after = spine.position();
            for batch in self.log.batches(partition, after, after.saturating_add(CHUNK_POSITIONS)).await? {
                spine.extend(&batch).map_err(|fault| corrupt(after, fault))?;
                if let Some(newest) = newest.filter(|newest| batch.holds(newest.claim.position)) {
                    spine.check(newest)?;
                }
            }
        }
        if let Some(newest) = newest.filter(|newest| newest.claim.position > spine.position()) {
            spine.check(newest)?;
        }
        // Others may have appended since the head was read; then the batches behind it continue it.
        if spine.position() == head.position && *spine.chain() != head.chain {
            return Err(corrupt(head.position, Fault::BadHead { position: head.position }).into());
        }
        Ok(())
    }
}
