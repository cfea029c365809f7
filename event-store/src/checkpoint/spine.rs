//! A partition's batches, as far as they were read: the chain, and the right edge of the tree over them.
//!
//! About three kilobytes, whatever the length of the log. It is made by reading every batch's record once, and then
//! follows the log as it grows.

use super::{Checkpoint, Claim};
use crate::log::{Batch, Fault};
use crate::proof::inclusion::BatchProof;
use crate::proof::tree::Tree;
use crate::proof::{self, Hash, hex};

/// What a partition is, up to the end of some batch.
#[derive(Debug, Clone)]
pub struct Spine {
    partition: i32,
    position: i64,
    chain: Hash,
    origin: Option<Hash>,
    tree: Tree,
    /// The position whose batch's path is wanted.
    watched: Option<i64>,
    /// That batch, and its index, once it was seen.
    found: Option<(u64, Batch)>,
}

/// A log is not the one a checkpoint was signed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// It begins with another batch.
    #[error(
        "partition {partition} is another log than the checkpoint's, or was written anew from its first batch: \
         its origin is {}, the checkpoint says {}",
        hex::encode(found),
        hex::encode(signed)
    )]
    OtherLog {
        /// The partition.
        partition: i32,
        /// The log's origin.
        found: Hash,
        /// The checkpoint's.
        signed: Hash,
    },
    /// It is shorter.
    #[error(
        "partition {partition} ends at position {head}, the checkpoint was signed at {signed}: \
         positions {} to {signed} were cut off", head + 1
    )]
    CutOff {
        /// The partition.
        partition: i32,
        /// Where the log ends.
        head: i64,
        /// The checkpoint's position.
        signed: i64,
    },
    /// It has another history up to there.
    #[error(
        "partition {partition} was rewritten at or before position {position}: its {what} there is {found}, \
         the checkpoint says {signed}"
    )]
    Rewritten {
        /// The partition.
        partition: i32,
        /// The checkpoint's position.
        position: i64,
        /// What differs.
        what: &'static str,
        /// What the log has.
        found: String,
        /// What was signed.
        signed: String,
    },
    /// No batch ends where it was signed.
    #[error(
        "partition {partition} was rewritten at or before position {position}: the checkpoint was signed at the end \
         of a batch there, and no batch ends there"
    )]
    NoBatchEnds {
        /// The partition.
        partition: i32,
        /// The checkpoint's position.
        position: i64,
    },
}

impl Spine {
    /// Before the first batch.
    #[must_use]
    pub fn new(partition: i32) -> Self {
        Self {
            partition,
            position: 0,
            chain: proof::GENESIS,
            origin: None,
            tree: Tree::default(),
            watched: None,
            found: None,
        }
    }

    /// The same, but it will know the path of the batch that holds a position.
    #[must_use]
    pub fn watching(partition: i32, position: i64) -> Self {
        Self { watched: Some(position), ..Self::new(partition) }
    }

    /// How far it was read.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position
    }

    /// The chain so far.
    #[must_use]
    pub fn chain(&self) -> &Hash {
        &self.chain
    }

    /// Takes the next batch. It must begin behind the last one and continue the chain.
    pub fn extend(&mut self, batch: &Batch) -> Result<(), Fault> {
        let Batch { first_position, last_position, recorded_at_micros, ref root, chain } = *batch;
        if first_position != self.position + 1 || last_position < first_position {
            return Err(Fault::NoBatch { position: self.position + 1 });
        }
        if chain != proof::chain(&self.chain, root) {
            return Err(Fault::BadChain { last: last_position });
        }
        let leaf = proof::batch_leaf(first_position, last_position, recorded_at_micros, root);
        if self.watched.is_some_and(|watched| batch.holds(watched)) {
            self.found = Some((self.tree.leaves(), *batch));
            self.tree.push_watched(leaf);
        } else {
            self.tree.push(leaf);
        }
        (self.position, self.chain) = (last_position, chain);
        self.origin.get_or_insert(chain);
        Ok(())
    }

    /// What can be signed here; `None` before the first batch.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        Some(Claim {
            origin: self.origin?,
            partition: self.partition,
            position: self.position,
            chain: self.chain,
            batches: self.tree.leaves(),
            tree_head: self.tree.head(),
        })
    }

    /// The watched batch, and how it hangs below the tree head here.
    #[must_use]
    pub fn batch_proof(&self) -> Option<(Batch, BatchProof)> {
        let (index, batch) = self.found?;
        let path = self.tree.path();
        Some((batch, BatchProof::new(&batch, index, path)))
    }

    /// Refuses a log that is not what was signed. The spine stands at the checkpoint's position, or, if the log does
    /// not have that, at the first end of a batch behind it, or at the log's end.
    pub fn check(&self, checkpoint: &Checkpoint) -> Result<(), Contradiction> {
        let (signed, partition) = (checkpoint.claim, self.partition);
        let found = match self.claim() {
            Some(found) if found.origin != signed.origin => {
                return Err(Contradiction::OtherLog { partition, found: found.origin, signed: signed.origin });
            }
            Some(found) if found.position >= signed.position => found,
            _ => return Err(Contradiction::CutOff { partition, head: self.position, signed: signed.position }),
        };
        if found.position > signed.position {
            return Err(Contradiction::NoBatchEnds { partition, position: signed.position });
        }
        let differs = |what, found, signed| {
            Err(Contradiction::Rewritten { partition, position: checkpoint.claim.position, what, found, signed })
        };
        if found.batches != signed.batches {
            return differs("number of batches", found.batches.to_string(), signed.batches.to_string());
        }
        if found.chain != signed.chain {
            return differs("chain", hex::encode(&found.chain), hex::encode(&signed.chain));
        }
        if found.tree_head != signed.tree_head {
            return differs("tree head", hex::encode(&found.tree_head), hex::encode(&signed.tree_head));
        }
        Ok(())
    }
}
