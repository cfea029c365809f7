//! The records of appending statements: which positions each wrote, their Merkle root, and the chain after it.

use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};

use super::{Fault, Head};
use crate::proof::{self, Hash};

/// What one statement appended, without the events themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// The position of its first event.
    pub first_position: i64,
    /// The position of its last event.
    pub last_position: i64,
    /// The instant of the statement, in microseconds since 1970.
    pub recorded_at_micros: i64,
    /// The Merkle root of its events.
    pub root: Hash,
    /// The chain after it.
    pub chain: Hash,
}

impl Batch {
    /// Is a position one of this batch?
    #[must_use]
    pub fn holds(&self, position: i64) -> bool {
        (self.first_position..=self.last_position).contains(&position)
    }
}

pub(super) fn read_hash(row: &PgRow, column: &str) -> Result<Hash, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes.try_into().map_err(|_| sqlx::Error::Decode(format!("{column} is not 32 bytes").into()))
}

/// The batches that hold positions after `after`, up to the one that holds `until`, and the one before them all.
pub(super) async fn read_batches(
    connection: &mut PgConnection,
    partition: i32,
    after: i64,
    until: i64,
) -> Result<Vec<Batch>, sqlx::Error> {
    let rows =
        sqlx::query(include_str!("batches.sql")).bind(partition).bind(after).bind(until).fetch_all(connection).await?;
    let batch = |row: PgRow| {
        let recorded_at: chrono::DateTime<chrono::Utc> = row.try_get("recorded_at")?;
        Ok(Batch {
            first_position: row.try_get("first_position")?,
            last_position: row.try_get("last_position")?,
            recorded_at_micros: recorded_at.timestamp_micros(),
            root: read_hash(&row, "root")?,
            chain: read_hash(&row, "chain")?,
        })
    };
    rows.into_iter().map(batch).collect()
}

/// Checks that batches follow each other, in positions and in the chain, as far as `until` or the head.
/// Gives those after `after`.
pub(super) fn check_batches(batches: &[Batch], after: i64, until: i64, head: Head) -> Result<&[Batch], Fault> {
    if after > head.position {
        return Err(Fault::Ahead { head: head.position });
    }
    let known = batches.iter().take_while(|batch| batch.last_position <= after).count();
    let (mut end, mut chain) = match known.checked_sub(1).and_then(|index| batches.get(index)) {
        Some(before) => (before.last_position, before.chain),
        None => (0, proof::GENESIS),
    };
    let wanted = batches.get(known..).unwrap_or_default();
    for batch in wanted {
        if batch.first_position != end + 1 {
            return Err(Fault::NoBatch { position: end + 1 });
        }
        chain = proof::chain(&chain, &batch.root);
        if chain != batch.chain {
            return Err(Fault::BadChain { last: batch.last_position });
        }
        end = batch.last_position;
    }
    if end < head.position.min(until) {
        return Err(Fault::NoBatch { position: end + 1 });
    }
    if end == head.position && chain != head.chain {
        return Err(Fault::BadHead { position: head.position });
    }
    Ok(wanted)
}
