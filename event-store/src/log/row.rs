//! The rows of `es.events`, as Postgres gave them.

use domain::stream::Owner;
use domain::{Event, OrganizationId};
use jiff::Timestamp;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::chrono::{DateTime, Utc};
use sqlx::{Error, Row};

use super::{Fault, LogError, Metadata, Recorded, stream_id};
use crate::proof::Entry;

/// An event's columns. Texts are read where they lie: most of a row is only hashed.
pub(super) struct LogRow(PgRow);

impl From<PgRow> for LogRow {
    fn from(row: PgRow) -> Self {
        Self(row)
    }
}

/// The rows of positions, in order.
pub(super) async fn read_rows(
    connection: &mut PgConnection,
    partition: i32,
    first: i64,
    last: i64,
) -> Result<Vec<LogRow>, Error> {
    let rows = sqlx::query(include_str!("events.sql")).bind(partition).bind(first).bind(last);
    Ok(rows.fetch_all(connection).await?.into_iter().map(LogRow).collect())
}

impl LogRow {
    pub(super) fn position(&self) -> Result<i64, Error> {
        self.0.try_get_unchecked(1)
    }

    /// The columns, in the order in which both statements that read them name them; so their types are not looked up
    /// again for every value.
    pub(super) fn entry(&self) -> Result<Entry<'_>, Error> {
        let row = &self.0;
        let recorded_at: DateTime<Utc> = row.try_get_unchecked(3)?;
        Ok(Entry {
            partition: row.try_get_unchecked(0)?,
            position: row.try_get_unchecked(1)?,
            event_id: row.try_get_unchecked(2)?,
            recorded_at_micros: recorded_at.timestamp_micros(),
            organization: row.try_get_unchecked(4)?,
            aggregate_type: row.try_get_unchecked(5)?,
            aggregate_id: row.try_get_unchecked(6)?,
            sequence: row.try_get_unchecked(7)?,
            event_type: row.try_get_unchecked(8)?,
            event_version: row.try_get_unchecked(9)?,
            payload: row.try_get_unchecked(10)?,
            metadata: row.try_get_unchecked(11)?,
        })
    }

    pub(super) fn decode(&self) -> Result<Recorded, LogError> {
        let entry = self.entry()?;
        let (partition, after) = (entry.partition, entry.position - 1);
        decoded(entry).map_err(|fault| LogError::Corrupt { partition, after, fault })
    }
}

fn decoded(entry: Entry<'_>) -> Result<Recorded, Fault> {
    let position = entry.position;
    let undecodable = |fault| Fault::Undecodable { position, fault };
    let stream = stream_id(position, entry.aggregate_type, entry.aggregate_id)?;
    let event = Event::decode(stream.kind, entry.event_type, entry.event_version, entry.payload);
    Ok(Recorded {
        partition: entry.partition,
        position,
        event_id: entry.event_id,
        recorded_at: Timestamp::from_microsecond(entry.recorded_at_micros).unwrap_or_default(),
        organization: entry.organization.and_then(|id| organization(id, &stream.owner)),
        sequence: entry.sequence,
        event: event.map_err(undecodable)?,
        metadata: Metadata::read(entry.metadata),
        stream,
    })
}

/// The organization of an event: nearly always the owner of its stream.
fn organization(id: &str, owner: &Owner) -> Option<OrganizationId> {
    match owner {
        Owner::Organization(organization) if organization.as_str() == id => Some(organization.clone()),
        Owner::Organization(_) | Owner::Product(_) => OrganizationId::new(id).ok(),
    }
}
