//! What Postgres can do at all: rows like those of our log, into a table with the same columns, checks and indexes, over
//! one connection, with nothing decided, hashed or remembered.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row};
use uuid::Uuid;

use crate::ground::Ground;
use crate::load::micros;
use crate::measure::{Fault, Sample, Side};

/// Rows a statement.
const UNNEST_ROWS: i64 = 500;

/// Rows a COPY: it is for loading, and is shown at what it does best.
const COPY_ROWS: i64 = 5_000;

const COLUMNS: &str = "aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata, partition,
    position, event_id, recorded_at, organization";

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// One statement for 500 rows.
    Unnest,
    /// COPY, 5,000 rows at a time.
    Copy,
    /// One row, one commit.
    Single,
}

/// One connection that writes rows.
pub struct Raw {
    way: Way,
    table: String,
    connection: PgConnection,
    row: Template,
    position: i64,
}

/// A row of our log, to be written again and again under other keys.
struct Template {
    event_type: String,
    payload: String,
    metadata: String,
    ledgers: i64,
}

impl Template {
    /// An event that our side wrote for the command that is measured.
    async fn find(connection: &mut PgConnection, ledgers: usize) -> Result<Self, Fault> {
        let row = sqlx::query(
            "SELECT event_type, payload::text, metadata::text FROM es.events WHERE aggregate_type = 'credit_ledger'
              ORDER BY position DESC LIMIT 1",
        )
        .fetch_one(connection)
        .await?;
        Ok(Self {
            event_type: row.try_get("event_type")?,
            payload: row.try_get("payload")?,
            metadata: row.try_get("metadata")?,
            ledgers: i64::try_from(ledgers)?,
        })
    }

    /// Which ledger a position belongs to, and its place there.
    fn place(&self, position: i64) -> (String, i64) {
        (format!("org-{:05}", position % self.ledgers), position / self.ledgers + 1)
    }
}

impl Raw {
    /// A table of its own. Our log must hold an event of a ledger already.
    pub async fn begin(ground: &Ground, way: Way, ledgers: usize) -> Result<Self, Fault> {
        let mut connection = ground.owner().await?;
        let table = format!("raw_{}", format!("{way:?}").to_lowercase());
        connection.execute(format!("CREATE TABLE {table} (LIKE es.events INCLUDING ALL)").as_str()).await?;
        let row = Template::find(&mut connection, ledgers).await?;
        Ok(Self { way, table, connection, row, position: 0 })
    }

    async fn unnest(&mut self) -> Result<i64, Fault> {
        let positions: Vec<i64> = (self.position..self.position + UNNEST_ROWS).collect();
        let (ids, sequences): (Vec<String>, Vec<i64>) =
            positions.iter().map(|position| self.row.place(*position)).unzip();
        let event_ids: Vec<Uuid> = positions.iter().map(|_| Uuid::now_v7()).collect();
        let rows = positions.len();
        let statement = format!(
            "INSERT INTO {} ({COLUMNS})
             SELECT aggregate_type, aggregate_id, sequence, event_type, event_version, payload::json, metadata::json, 0,
                    position, event_id, now(), aggregate_id
               FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
                           $8::bigint[], $9::uuid[])
                    AS new (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                            position, event_id)",
            self.table
        );
        sqlx::query(&statement)
            .bind(vec!["credit_ledger"; rows])
            .bind(&ids)
            .bind(&sequences)
            .bind(vec![self.row.event_type.as_str(); rows])
            .bind(vec!["1"; rows])
            .bind(vec![self.row.payload.as_str(); rows])
            .bind(vec![self.row.metadata.as_str(); rows])
            .bind(&positions)
            .bind(&event_ids)
            .execute(&mut self.connection)
            .await?;
        Ok(UNNEST_ROWS)
    }

    async fn copy(&mut self) -> Result<i64, Fault> {
        let Template { event_type, payload, metadata, .. } = &self.row;
        let (payload, metadata) = (payload.replace('\\', "\\\\"), metadata.replace('\\', "\\\\"));
        let mut text = String::new();
        for position in self.position..self.position + COPY_ROWS {
            let ((id, sequence), event_id) = (self.row.place(position), Uuid::now_v7());
            writeln!(
                text,
                "credit_ledger\t{id}\t{sequence}\t{event_type}\t1\t{payload}\t{metadata}\t0\t{position}\t{event_id}\tnow\t{id}"
            )?;
        }
        let statement = format!("COPY {} ({COLUMNS}) FROM STDIN", self.table);
        let mut copy = self.connection.copy_in_raw(&statement).await?;
        copy.send(text.into_bytes()).await?;
        copy.finish().await?;
        Ok(COPY_ROWS)
    }

    async fn single(&mut self) -> Result<i64, Fault> {
        let (id, sequence) = self.row.place(self.position);
        let statement = format!(
            "INSERT INTO {} ({COLUMNS}) VALUES
             ('credit_ledger', $1, $2, $3, '1', $4::text::json, $5::text::json, 0, $6, $7, now(), $1)",
            self.table
        );
        sqlx::query(&statement)
            .bind(&id)
            .bind(sequence)
            .bind(&self.row.event_type)
            .bind(&self.row.payload)
            .bind(&self.row.metadata)
            .bind(self.position)
            .bind(Uuid::now_v7())
            .execute(&mut self.connection)
            .await?;
        Ok(1)
    }
}

#[async_trait]
impl Side for Raw {
    fn name(&self) -> &str {
        match self.way {
            Way::Unnest => "raw UNNEST, 500 rows a statement",
            Way::Copy => "raw COPY, 5,000 rows a time",
            Way::Single => "raw INSERT of one row",
        }
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        let (begun, first) = (Instant::now(), self.position);
        let mut latencies = Vec::new();
        while begun.elapsed() < span {
            let sent = Instant::now();
            self.position += match self.way {
                Way::Unnest => self.unnest().await?,
                Way::Copy => self.copy().await?,
                Way::Single => self.single().await?,
            };
            if self.way == Way::Single {
                latencies.push(micros(sent.elapsed()));
            }
        }
        let count = u64::try_from(self.position - first)?;
        Ok(Sample { latencies, ..Sample::since(begun, count) })
    }
}
