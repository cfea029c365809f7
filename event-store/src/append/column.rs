//! The columns of a batch, in the form in which Postgres takes arrays.
//!
//! A statement waits for the one before it, and Postgres for the statement: whatever has to be done to a thousand values
//! is done when each of them is decided, so that sending them is copying bytes.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use domain::stream::{Owner, StreamId};
use jiff::Timestamp;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};
use uuid::Uuid;

use super::NewEvent;
use crate::receipt::{CommandKey, Receipt};

/// Postgres counts microseconds from 2000-01-01 on.
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// Values of one type, encoded as the elements of an array: each its length and its bytes.
#[derive(Debug)]
pub(super) struct Column<T> {
    count: i32,
    elements: Vec<u8>,
    of: PhantomData<T>,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self { count: 0, elements: Vec::new(), of: PhantomData }
    }
}

impl<T> Column<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn push(&mut self, value: &[u8]) {
        self.count += 1;
        // Nothing that is appended comes near two gigabytes; Postgres would refuse the statement.
        self.elements.extend_from_slice(&i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
        self.elements.extend_from_slice(value);
    }

    fn push_null(&mut self) {
        self.count += 1;
        self.elements.extend_from_slice(&(-1_i32).to_be_bytes());
    }
}

impl<T: PgHasArrayType> Type<Postgres> for Column<T> {
    fn type_info() -> PgTypeInfo {
        T::array_type_info()
    }
}

impl<T: Type<Postgres>> Encode<'_, Postgres> for Column<T> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let element = T::type_info().oid().ok_or("the element's type has no oid")?;
        // One dimension, no flags, the type, the length, and the index of the first element.
        buffer.extend(1_i32.to_be_bytes());
        buffer.extend(0_i32.to_be_bytes());
        buffer.extend(element.0.to_be_bytes());
        buffer.extend(self.count.to_be_bytes());
        buffer.extend(1_i32.to_be_bytes());
        buffer.extend_from_slice(&self.elements);
        Ok(IsNull::No)
    }
}

/// What is appended to `es.events`.
#[derive(Debug, Default)]
pub(super) struct EventColumns {
    pub(super) aggregate_types: Column<String>,
    pub(super) aggregate_ids: Column<String>,
    pub(super) sequences: Column<i64>,
    pub(super) event_types: Column<String>,
    pub(super) event_versions: Column<String>,
    pub(super) payloads: Column<String>,
    pub(super) metadata: Column<String>,
    pub(super) positions: Column<i64>,
    pub(super) event_ids: Column<Uuid>,
    pub(super) recorded_at: Column<DateTime<Utc>>,
    pub(super) organizations: Column<String>,
}

impl EventColumns {
    pub(super) fn push(&mut self, new: &NewEvent<'_>, position: i64, described: Described<'_>) {
        let StreamId { kind, owner } = new.stream;
        self.aggregate_types.push(kind.as_str().as_bytes());
        self.aggregate_ids.push(owner.as_str().as_bytes());
        self.sequences.push(&new.sequence.to_be_bytes());
        self.event_types.push(described.event_type.as_bytes());
        self.event_versions.push(described.event_version.as_bytes());
        self.payloads.push(described.payload.as_bytes());
        self.metadata.push(new.metadata.as_bytes());
        self.positions.push(&position.to_be_bytes());
        self.event_ids.push(new.event_id.as_bytes());
        self.recorded_at.push(&postgres_micros(new.recorded_at).to_be_bytes());
        match owner {
            Owner::Organization(organization) => self.organizations.push(organization.as_str().as_bytes()),
            Owner::Product(_) => self.organizations.push_null(),
        }
    }
}

/// An event as texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Described<'a> {
    pub(super) event_type: &'a str,
    pub(super) event_version: &'a str,
    pub(super) payload: &'a str,
}

/// What is appended to `es.receipts`.
#[derive(Debug, Default)]
pub(super) struct ReceiptColumns {
    pub(super) callers: Column<String>,
    pub(super) command_ids: Column<String>,
    pub(super) fingerprints: Column<Vec<u8>>,
    pub(super) positions: Column<i64>,
    pub(super) answers: Column<String>,
}

impl ReceiptColumns {
    pub(super) fn push(&mut self, key: &CommandKey, receipt: &Receipt) {
        self.callers.push(key.caller.as_bytes());
        self.command_ids.push(key.command_id.as_bytes());
        self.fingerprints.push(&receipt.fingerprint);
        self.positions.push(&receipt.position.to_be_bytes());
        self.answers.push(receipt.stored().as_bytes());
    }
}

/// An instant in microseconds since Postgres' epoch.
fn postgres_micros(instant: Timestamp) -> i64 {
    instant.as_microsecond() - POSTGRES_EPOCH_MICROS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What sqlx sends for the same values.
    fn sent<'q, T: Encode<'q, Postgres>>(values: &T) -> Vec<u8> {
        let mut buffer = PgArgumentBuffer::default();
        let _ = values.encode_by_ref(&mut buffer).unwrap();
        buffer.to_vec()
    }

    #[test]
    fn a_column_is_sent_as_the_array_of_its_values() {
        let mut texts: Column<String> = Column::default();
        texts.push("día".as_bytes());
        texts.push_null();
        texts.push(b"");
        assert_eq!(sent(&texts), sent(&vec![Some("día"), None, Some("")]));

        let mut numbers: Column<i64> = Column::default();
        numbers.push(&(-7_i64).to_be_bytes());
        assert_eq!(sent(&numbers), sent(&vec![-7_i64]));

        let instant: Timestamp = "2026-11-25T09:30:00.123456Z".parse().unwrap();
        let mut instants: Column<DateTime<Utc>> = Column::default();
        instants.push(&postgres_micros(instant).to_be_bytes());
        let same = DateTime::from_timestamp_micros(instant.as_microsecond()).unwrap();
        assert_eq!(sent(&instants), sent(&vec![same]));

        let empty: Column<Uuid> = Column::default();
        assert!(empty.is_empty());
        assert_eq!(sent(&empty), sent(&Vec::<Uuid>::new()));
    }
}
