//! A Merkle tree that only grows, known by its right edge.
//!
//! To append a leaf, or to say the tree's head, the roots of the complete subtrees are enough: one hash for every bit
//! set in the number of leaves, 64 at most. One leaf can be watched: its audit path is collected as the tree grows over
//! it, so that a proof out of a million batches needs one pass and no more memory than the edge.

use sha2::{Digest, Sha256};

use super::{Hash, node};

/// An RFC 6962 Merkle tree's right edge.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    leaves: u64,
    /// Roots of complete subtrees, the largest and leftmost first.
    edge: Vec<Subtree>,
    /// The part of the watched leaf's audit path that will not change any more, from the leaf upwards.
    path: Vec<Hash>,
}

#[derive(Debug, Clone, Copy)]
struct Subtree {
    leaves: u64,
    root: Hash,
    holds_watched: bool,
}

impl Tree {
    /// How many leaves there are.
    #[must_use]
    pub fn leaves(&self) -> u64 {
        self.leaves
    }

    /// Appends a leaf, by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.grow(Subtree { leaves: 1, root: leaf, holds_watched: false });
    }

    /// Appends the leaf whose audit path is wanted.
    pub fn push_watched(&mut self, leaf: Hash) {
        self.path.clear();
        self.edge.iter_mut().for_each(|subtree| subtree.holds_watched = false);
        self.grow(Subtree { leaves: 1, root: leaf, holds_watched: true });
    }

    fn grow(&mut self, mut grown: Subtree) {
        self.leaves += 1;
        while let Some(left) = self.edge.pop_if(|left| left.leaves == grown.leaves) {
            self.path.extend(sibling(&left, &grown));
            grown = join(&left, &grown);
        }
        self.edge.push(grown);
    }

    /// The tree head: RFC 6962's Merkle tree hash of all leaves.
    #[must_use]
    pub fn head(&self) -> Hash {
        self.close(|_| {}).unwrap_or_else(|| Sha256::digest([]).into())
    }

    /// RFC 6962's audit path of the watched leaf to the head of the tree as it is now.
    #[must_use]
    pub fn path(&self) -> Vec<Hash> {
        let mut path = self.path.clone();
        self.close(|hash| path.push(hash));
        path
    }

    /// Joins the edge from the right; tells the siblings of the watched leaf on the way.
    fn close(&self, mut tell: impl FnMut(Hash)) -> Option<Hash> {
        let (last, before) = self.edge.split_last()?;
        let head = before.iter().rev().fold(*last, |right, left| {
            sibling(left, &right).into_iter().for_each(&mut tell);
            join(left, &right)
        });
        Some(head.root)
    }
}

fn join(left: &Subtree, right: &Subtree) -> Subtree {
    Subtree {
        leaves: left.leaves + right.leaves,
        root: node(&left.root, &right.root),
        holds_watched: left.holds_watched || right.holds_watched,
    }
}

/// What the watched leaf's path needs when the two are joined.
fn sibling(left: &Subtree, right: &Subtree) -> Option<Hash> {
    match (left.holds_watched, right.holds_watched) {
        (true, _) => Some(right.root),
        (_, true) => Some(left.root),
        _ => None,
    }
}

/// The audit path of one leaf among others.
#[must_use]
pub fn path_among(leaves: &[Hash], index: usize) -> Vec<Hash> {
    let mut tree = Tree::default();
    for (place, leaf) in leaves.iter().enumerate() {
        match place == index {
            true => tree.push_watched(*leaf),
            false => tree.push(*leaf),
        }
    }
    tree.path()
}

/// The tree head that a leaf and its audit path lead to (RFC 9162, section 2.1.3.2); `None` if no tree of so many
/// leaves has such a path.
#[must_use]
pub fn head_from_path(leaf: Hash, index: u64, leaves: u64, path: &[Hash]) -> Option<Hash> {
    let (mut place, mut last) = (index, leaves.checked_sub(1)?);
    if place > last {
        return None;
    }
    let mut hash = leaf;
    for other in path {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            hash = node(other, &hash);
            // At the right edge a subtree may stand for itself on several levels.
            let levels = place.trailing_zeros().min(63);
            (place, last) = (place >> levels, last >> levels);
        } else {
            hash = node(&hash, other);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    (last == 0).then_some(hash)
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use ct_merkle_sha2::Sha256 as OracleSha256;

    use super::*;
    use crate::proof::root;

    fn entry(number: u32) -> [u8; 4] {
        number.to_be_bytes()
    }

    fn leaf(number: u32) -> Hash {
        Sha256::new().chain_update([0x00]).chain_update(entry(number)).finalize().into()
    }

    /// Another implementation of RFC 6962, with the same entries.
    fn oracle(leaves: u32) -> MemoryBackedTree<OracleSha256, [u8; 4]> {
        let mut oracle = MemoryBackedTree::new();
        (0..leaves).for_each(|number| oracle.push(entry(number)));
        oracle
    }

    #[test]
    fn heads_and_paths_are_those_of_another_implementation() {
        for count in 1..=70 {
            let oracle = oracle(count);
            let leaves: Vec<Hash> = (0..count).map(leaf).collect();
            assert_eq!(root(&leaves).as_slice(), oracle.root().as_bytes().as_slice(), "{count} leaves");
            for (index, leaf) in leaves.iter().enumerate() {
                let path = path_among(&leaves, index);
                assert_eq!(path.concat(), oracle.prove_inclusion(index).as_bytes(), "leaf {index} of {count}");
                let head = head_from_path(*leaf, index as u64, leaves.len() as u64, &path);
                assert_eq!(head, Some(root(&leaves)), "leaf {index} of {count}");
            }
        }
    }

    #[test]
    fn the_edge_knows_the_head_at_every_size_and_stays_small() {
        let mut tree = Tree::default();
        assert_eq!(tree.head(), root(&[]));
        let leaves: Vec<Hash> = (0..300).map(leaf).collect();
        for (count, leaf) in (1..).zip(&leaves) {
            tree.push(*leaf);
            assert_eq!((tree.leaves(), tree.head()), (count as u64, root(&leaves[..count])));
            assert_eq!(tree.edge.len(), count.count_ones() as usize);
        }
    }

    #[test]
    fn a_path_is_as_long_as_the_tree_is_high() {
        for (count, height) in [(1, 0), (2, 1), (3, 2), (1_000, 10), (1_024, 10), (1_025, 11)] {
            let leaves: Vec<Hash> = (0..count).map(leaf).collect();
            assert_eq!(path_among(&leaves, 0).len(), height, "{count} leaves");
        }
    }

    #[test]
    fn a_path_of_another_place_or_shape_leads_nowhere_or_elsewhere() {
        let leaves: Vec<Hash> = (0..13).map(leaf).collect();
        let head = Some(root(&leaves));
        for index in 0..13_u64 {
            let path = path_among(&leaves, usize::try_from(index).unwrap());
            let own = leaf(u32::try_from(index).unwrap());
            for other in (0..20).filter(|other| *other != index) {
                assert_ne!(head_from_path(own, other, 13, &path), head, "{index} as {other}");
            }
            assert_ne!(head_from_path(own, index, 13, &path[1..]), head);
            assert_ne!(head_from_path(own, index, 13, &[&path[..], &[own]].concat()), head);
        }
        assert_eq!(head_from_path(leaf(0), 0, 0, &[]), None);
    }
}
