//! Signed checkpoints: what a partition of the log was at an instant, said by whoever held the key.
//!
//! The chain in the database shows that the log agrees with itself; whoever owns the database can write another log
//! that agrees with itself as well. A checkpoint is kept elsewhere, and its signature cannot be made without the key:
//! a log that does not hold what a checkpoint says was rewritten after it.
//!
//! What is signed is a text ([`Checkpoint::signed_text`]), so that it can be checked without any code of Tollgate. Start
//! reading at [`spine`], which says what a log is; [`notary`] signs it.

pub mod folder;
pub mod key;
pub mod notary;
pub mod spine;

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::key::{KeyError, PublicKey, Signer};
pub use self::notary::{Notary, NotaryError};
pub use self::spine::{Contradiction, Spine};
use crate::proof::{Hash, hex};

/// What a log says of one of its partitions, at the end of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The identity of the partition's log: the chain after its first batch. It holds the ids of that batch's events,
    /// which are random, so no two logs share it.
    #[serde(with = "hex")]
    pub origin: Hash,
    /// The partition.
    pub partition: i32,
    /// The position of its newest event.
    pub position: i64,
    /// The chain over all batches.
    #[serde(with = "hex")]
    pub chain: Hash,
    /// How many batches there are.
    pub batches: u64,
    /// The RFC 6962 tree head over all batches' records.
    #[serde(with = "hex")]
    pub tree_head: Hash,
}

/// A claim, signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// What is claimed.
    #[serde(flatten)]
    pub claim: Claim,
    /// When it was signed, by the clock of whoever signed it.
    pub signed_at: Timestamp,
    /// The id of the key: SHA-256 of the public key's 32 bytes.
    #[serde(with = "hex")]
    pub key_id: Hash,
    /// The Ed25519 signature over [`Checkpoint::signed_text`].
    #[serde(with = "hex")]
    pub signature: [u8; 64],
}

/// Why a checkpoint's signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forgery {
    /// It names another key than the one that is trusted.
    #[error(
        "the checkpoint is signed with key {}, not with the trusted key {}",
        hex::encode(named),
        hex::encode(trusted)
    )]
    OtherKey {
        /// The key it names.
        named: Hash,
        /// The key that is trusted.
        trusted: Hash,
    },
    /// The trusted key did not sign this text.
    #[error(
        "the signature of the checkpoint of partition {partition} at position {position} is not one of key {} over it",
        hex::encode(trusted)
    )]
    BadSignature {
        /// The checkpoint's partition.
        partition: i32,
        /// The checkpoint's position.
        position: i64,
        /// The key that is trusted.
        trusted: Hash,
    },
}

impl Checkpoint {
    /// Signs a claim.
    #[must_use]
    pub fn sign(claim: Claim, signed_at: Timestamp, signer: &Signer) -> Self {
        let unsigned = Self { claim, signed_at, key_id: signer.public().id(), signature: [0; 64] };
        Self { signature: signer.sign(unsigned.signed_text().as_bytes()), ..unsigned }
    }

    /// What is signed: one line per fact, each ended by a line feed; hashes in lower-case hexadecimal. The first line
    /// keeps the signature from ever being taken for one over something else.
    #[must_use]
    pub fn signed_text(&self) -> String {
        let Claim { origin, partition, position, chain, batches, tree_head } = self.claim;
        let facts: [(&str, String); 8] = [
            ("origin", hex::encode(&origin)),
            ("partition", partition.to_string()),
            ("position", position.to_string()),
            ("chain", hex::encode(&chain)),
            ("batches", batches.to_string()),
            ("tree_head", hex::encode(&tree_head)),
            ("signed_at", self.signed_at.to_string()),
            ("key_id", hex::encode(&self.key_id)),
        ];
        facts.iter().fold("tollgate checkpoint 1\n".to_owned(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name} {value}");
            text
        })
    }

    /// Refuses a checkpoint that this key did not sign.
    pub fn check_signature(&self, trusted: &PublicKey) -> Result<(), Forgery> {
        if self.key_id != trusted.id() {
            return Err(Forgery::OtherKey { named: self.key_id, trusted: trusted.id() });
        }
        let Claim { partition, position, .. } = self.claim;
        let forged = Forgery::BadSignature { partition, position, trusted: trusted.id() };
        trusted.has_signed(self.signed_text().as_bytes(), &self.signature).then_some(()).ok_or(forged)
    }
}

/// Why a file is not a checkpoint, or not a proof.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is not JSON of the right shape.
    #[error("it cannot be read")]
    Shape(#[from] serde_json::Error),
    /// It has members that mean nothing, or writes a value in another way than Tollgate does.
    #[error("it says more than it should, or says it in another way than Tollgate writes it")]
    NotCanonical,
}

/// Reads a checkpoint or a proof from JSON. White space and the order of members are free; anything else is as it is
/// written by [`to_json`], so that nothing in such a file can be changed without notice.
pub fn from_json<T: Serialize + for<'de> Deserialize<'de>>(text: &str) -> Result<T, Unreadable> {
    let read: T = serde_json::from_str(text)?;
    match serde_json::to_value(&read)? == serde_json::from_str::<serde_json::Value>(text)? {
        true => Ok(read),
        false => Err(Unreadable::NotCanonical),
    }
}

/// Writes a checkpoint or a proof as JSON that people can read, ended by a line feed.
pub fn to_json<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(seed: u8) -> Signer {
        Signer::from_seed(&[seed; 32])
    }

    fn checkpoint() -> Checkpoint {
        let claim =
            Claim { origin: [1; 32], partition: 3, position: 20, chain: [2; 32], batches: 9, tree_head: [4; 32] };
        Checkpoint::sign(claim, "2031-03-02T10:00:00.000005Z".parse().unwrap(), &signer(7))
    }

    #[test]
    fn what_is_signed_is_a_text_with_every_fact_in_it() {
        let text = checkpoint().signed_text();
        let key = hex::encode(&signer(7).public().id());
        let (ones, twos, fours) = ("01".repeat(32), "02".repeat(32), "04".repeat(32));
        let expected = format!(
            "tollgate checkpoint 1\norigin {ones}\npartition 3\nposition 20\nchain {twos}\nbatches 9\n\
             tree_head {fours}\nsigned_at 2031-03-02T10:00:00.000005Z\nkey_id {key}\n"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn a_signature_holds_for_its_key_and_its_facts_only() {
        let signed = checkpoint();
        assert_eq!(signed.check_signature(signer(7).public()), Ok(()));
        let other = signed.check_signature(signer(8).public()).unwrap_err().to_string();
        assert!(other.contains("not with the trusted key"), "{other}");

        let claimed = |claim| Checkpoint { claim, ..signed };
        let changed = [
            claimed(Claim { origin: [9; 32], ..signed.claim }),
            claimed(Claim { partition: 4, ..signed.claim }),
            claimed(Claim { position: 21, ..signed.claim }),
            claimed(Claim { chain: [9; 32], ..signed.claim }),
            claimed(Claim { batches: 10, ..signed.claim }),
            claimed(Claim { tree_head: [9; 32], ..signed.claim }),
            Checkpoint { signed_at: Timestamp::UNIX_EPOCH, ..signed },
            Checkpoint { signature: [9; 64], ..signed },
            // Signed by another key under the name of the trusted one.
            Checkpoint { key_id: signed.key_id, ..Checkpoint::sign(signed.claim, signed.signed_at, &signer(8)) },
        ];
        for forged in changed {
            let refusal = forged.check_signature(signer(7).public()).unwrap_err();
            assert!(matches!(refusal, Forgery::BadSignature { .. }), "{forged:?}");
        }
    }

    #[test]
    fn a_file_reads_back_and_may_not_say_more_than_it_should() {
        let text = to_json(&checkpoint()).unwrap();
        assert_eq!(from_json::<Checkpoint>(&text).unwrap(), checkpoint());
        for (was, is) in [
            ("\"partition\": 3", "\"partition\": 3, \"note\": \"all is well\""),
            ("\"2031-03-02T10:00:00.000005Z\"", "\"2031-03-02T10:00:00.00000500Z\""),
            ("\"2031-03-02T10:00:00.000005Z\"", "\"2031-03-02t10:00:00.000005z\""),
        ] {
            let changed = text.replace(was, is);
            assert_ne!(changed, text);
            assert!(matches!(from_json::<Checkpoint>(&changed), Err(Unreadable::NotCanonical)), "{changed}");
        }
        assert!(from_json::<Checkpoint>(&text.replace("0101", "01ZZ")).is_err());
    }
}
