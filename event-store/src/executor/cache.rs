//! The aggregates a partition keeps in memory. Never a source of truth: any entry may be forgotten at any time.

use std::collections::HashMap;
use std::mem;

use domain::State;
use domain::stream::StreamId;

/// About how many bytes of states one generation holds. Two are kept, so at most twice as many are in memory, and what
/// one round loads and changes.
const GENERATION_BYTES_MAX: usize = 128 << 20;

/// What a stream takes beside its state: its id, twice, and its place in the table.
const ENTRY_BYTES: usize = 256;

/// An aggregate as far as its stream was read or written.
pub(super) struct Cached {
    pub(super) state: State,
    /// The sequence of its newest event; 0 if there is none.
    pub(super) sequence: i64,
    /// At which sequence the next snapshot is due.
    pub(super) snapshot_due: i64,
}

/// Two generations of streams: what is used moves to the young one; when that is full, the old one is forgotten.
/// So the streams used last stay, without a list to keep in order.
#[derive(Default)]
pub(super) struct Cache {
    young: HashMap<StreamId, Cached>,
    /// At least what the young ones take.
    young_bytes: usize,
    old: HashMap<StreamId, Cached>,
}

impl Cache {
    pub(super) fn get(&mut self, stream: &StreamId) -> Option<&mut Cached> {
        if !self.young.contains_key(stream) {
            let cached = self.old.remove(stream)?;
            self.insert(stream.clone(), cached);
        }
        self.young.get_mut(stream)
    }

    /// Several states at once; `None` for what is not in memory.
    pub(super) fn states<const N: usize>(&mut self, streams: &[StreamId; N]) -> [Option<&State>; N] {
        // Used, so that they stay.
        for stream in streams {
            let _ = self.get(stream).is_some();
        }
        streams.each_ref().map(|stream| self.young.get(stream).map(|cached| &cached.state))
    }

    pub(super) fn contains(&self, stream: &StreamId) -> bool {
        self.young.contains_key(stream) || self.old.contains_key(stream)
    }

    pub(super) fn insert(&mut self, stream: StreamId, cached: Cached) {
        self.grow(ENTRY_BYTES + cached.state.weight());
        self.young.insert(stream, cached);
    }

    /// A state has grown by so many bytes.
    pub(super) fn grow(&mut self, bytes: usize) {
        self.young_bytes += bytes;
    }

    pub(super) fn forget(&mut self, stream: &StreamId) {
        if let Some(forgotten) = self.young.remove(stream) {
            self.young_bytes = self.young_bytes.saturating_sub(ENTRY_BYTES + forgotten.state.weight());
        }
        self.old.remove(stream);
    }

    /// Once a round at most: what was loaded for a round, and what it changed, is young and must stay until it landed.
    pub(super) fn age(&mut self) {
        if self.young_bytes > GENERATION_BYTES_MAX {
            self.old = mem::take(&mut self.young);
            self.young_bytes = 0;
        }
    }
}
