//! What makes the log provable: a hash per event, a Merkle root per batch, a chain over the batches.
//!
//! Leaves and roots follow RFC 6962 section 2.1: a leaf is SHA-256(0x00, entry), a node SHA-256(0x01, left, right).
//! The chain is SHA-256(chain before, root), starting at 32 zero bytes. Over all batches of a partition stands one more
//! tree ([`tree`]), whose head a signed checkpoint holds; its leaves are the batches' records ([`batch_leaf`]). An event
//! is shown to be below such a head by an [`inclusion`] proof.

pub mod hex;
pub mod inclusion;
pub mod tree;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The chain before the first batch.
pub const GENESIS: Hash = [0; 32];

/// The columns of an event that are proved: all of them.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The partition of the log.
    pub partition: i32,
    /// The position in it.
    pub position: i64,
    /// The event's own id.
    pub event_id: Uuid,
    /// The instant of the decision, in microseconds since 1970.
    pub recorded_at_micros: i64,
    /// The organization, if it is an event of one.
    pub organization: Option<&'a str>,
    /// The stream's aggregate.
    pub aggregate_type: &'a str,
    /// The stream's id.
    pub aggregate_id: &'a str,
    /// The place in its stream.
    pub sequence: i64,
    /// The event's type.
    pub event_type: &'a str,
    /// The version of its shape.
    pub event_version: &'a str,
    /// The payload, as text.
    pub payload: &'a str,
    /// The metadata, as text.
    pub metadata: &'a str,
}

impl Entry<'_> {
    /// The RFC 6962 leaf hash of the event. Numbers are big-endian; texts have their length before them, so that
    /// no two events give the same bytes.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update([0x00]);
        hasher.update(self.partition.to_be_bytes());
        hasher.update(self.position.to_be_bytes());
        hasher.update(self.event_id.as_bytes());
        hasher.update(self.recorded_at_micros.to_be_bytes());
        hasher.update(self.sequence.to_be_bytes());
        hasher.update([u8::from(self.organization.is_some())]);
        let texts = [
            self.organization.unwrap_or_default(),
            self.aggregate_type,
            self.aggregate_id,
            self.event_type,
            self.event_version,
            self.payload,
            self.metadata,
        ];
        for text in texts {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
        hasher.finalize().into()
    }
}

/// The RFC 6962 Merkle tree hash of a list of leaves.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            // The largest power of two below the number of leaves.
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(split);
            node(&root(left), &root(right))
        }
    }
}

/// The RFC 6962 hash of an inner node.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// A batch's leaf in the tree over all batches: its record, so that the head proves where its events stand and when
/// they were appended, not the root alone.
#[must_use]
pub fn batch_leaf(first_position: i64, last_position: i64, recorded_at_micros: i64, root: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0x00]);
    for number in [first_position, last_position, recorded_at_micros] {
        hasher.update(number.to_be_bytes());
    }
    hasher.update(root);
    hasher.finalize().into()
}

/// The chain after a batch with this root.
#[must_use]
pub fn chain(before: &Hash, root: &Hash) -> Hash {
    Sha256::new().chain_update(before).chain_update(root).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(entry: &[u8]) -> Hash {
        Sha256::new().chain_update([0x00]).chain_update(entry).finalize().into()
    }

    /// The eight entries and their tree heads from the Certificate Transparency reference tests
    /// (google/certificate-transparency, `merkle_tree_test.cc`).
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let entries: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
        ];
        let expected = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf(entry)).collect();
        for (count, expected) in (1..).zip(expected) {
            assert_eq!(hex::encode(&root(&leaves[..count])), expected, "{count} leaves");
        }
    }

    #[test]
    fn moving_a_letter_between_columns_changes_the_leaf() {
        let entry = Entry {
            partition: 0,
            position: 1,
            event_id: Uuid::nil(),
            recorded_at_micros: 0,
            organization: None,
            aggregate_type: "catalog",
            aggregate_id: "agencia",
            sequence: 1,
            event_type: "A",
            event_version: "11",
            payload: "{}",
            metadata: "{}",
        };
        let moved = Entry { event_type: "A1", event_version: "1", ..entry };
        let named = Entry { organization: Some(""), ..entry };
        assert_ne!(entry.leaf(), moved.leaf());
        assert_ne!(entry.leaf(), named.leaf());
    }
}
