//! What a projection is, and how a batch of events becomes rows and a checkpoint in one transaction.
//!
//! [`Projection::apply`] runs twice over a batch. First on no rows at all, only to learn which rows the events touch;
//! these are loaded, and it runs again on them, for good. So an `apply` has to reach for a row because of the event
//! alone, never because of what another row says, and no second list of keys can drift away from it.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use event_store::{Recorded, faults};
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::checkpoint;
use crate::compare::{AnyFold, FreshFold};
use crate::row::{Row, Rows};

/// Which partitions of the log write a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Always the same one: all events of an organization are in one partition.
    OnePartition,
    /// Several. `apply` must give the same row whatever their order, and they write one after another.
    SeveralPartitions,
}

/// A table that is a pure fold over the log.
pub trait Projection: Send + Sync + 'static {
    /// A row of the table.
    type Row: Row;

    /// Its name, which is also that of its table.
    const NAME: &'static str;

    /// Which partitions write a row.
    const WRITERS: Writers;

    /// Loads the rows of some keys: one array for each column of the key. Names no schema: `search_path` chooses
    /// between the live table and the one that is rebuilt.
    const LOAD: &'static str;

    /// Writes rows, new ones and changed ones: one array for each column of the row. Names no schema.
    const SAVE: &'static str;

    /// Takes an event in.
    fn apply(rows: &mut Rows<Self::Row>, recorded: &Recorded);
}

/// Where a fold writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    /// What people look at.
    Live,
    /// What is being rebuilt beside it.
    Rebuild,
}

impl Schema {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Live => "read",
            Self::Rebuild => "read_rebuild",
        }
    }
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its rows and the checkpoint are written.
    Folded,
    /// It does not follow from the checkpoint: another runner was there first, or a rebuild. Nothing is written.
    Elsewhere {
        /// Where the checkpoint is.
        checkpoint: i64,
    },
}

/// A projection whose row type is forgotten, so that all of them fit one list.
#[async_trait]
pub(crate) trait AnyProjection: Send + Sync {
    fn name(&self) -> &'static str;

    /// Folds a batch of one partition: rows and checkpoint in one transaction.
    async fn fold(
        &self,
        connection: &mut PgConnection,
        schema: Schema,
        partition: i32,
        events: &[Arc<Recorded>],
    ) -> Result<Outcome, sqlx::Error>;

    /// A fold of its own, in memory, on no rows.
    fn fresh(&self) -> Box<dyn AnyFold>;
}

#[async_trait]
impl<P: Projection> AnyProjection for P {
    fn name(&self) -> &'static str {
        P::NAME
    }

    async fn fold(
        &self,
        connection: &mut PgConnection,
        schema: Schema,
        partition: i32,
        events: &[Arc<Recorded>],
    ) -> Result<Outcome, sqlx::Error> {
        let Some((first, last)) = events.first().zip(events.last()) else { return Ok(Outcome::Folded) };
        let touched = touched::<P>(events);
        let lock = match P::WRITERS {
            Writers::SeveralPartitions if !touched.is_empty() => checkpoint::Lock::AllPartitions,
            Writers::SeveralPartitions | Writers::OnePartition => checkpoint::Lock::OwnPartition,
        };

        let mut transaction = connection.begin().await?;
        write_to(&mut transaction, schema).await?;
        let checkpoint = checkpoint::lock(&mut transaction, P::NAME, partition, lock).await?;
        if checkpoint != first.position - 1 {
            transaction.rollback().await?;
            return Ok(Outcome::Elsewhere { checkpoint });
        }
        if !touched.is_empty() {
            write_rows::<P>(&mut transaction, touched, events).await?;
        }
        checkpoint::advance(&mut transaction, P::NAME, partition, last.position).await?;
        faults::point("projection.before_commit");
        transaction.commit().await?;
        Ok(Outcome::Folded)
    }

    fn fresh(&self) -> Box<dyn AnyFold> {
        Box::new(FreshFold::<P>::default())
    }
}

/// The position of the organization itself in tables whose rows are events; those begin at 1.
pub(crate) const ITSELF: i64 = 0;

/// The key of an event's row, or of [the organization itself](ITSELF).
pub(crate) fn at(recorded: &Recorded, position: i64) -> (String, i64) {
    (recorded.stream.owner.as_str().to_owned(), position)
}

fn touched<P: Projection>(events: &[Arc<Recorded>]) -> BTreeSet<<P::Row as Row>::Key> {
    let mut rows = Rows::default();
    for recorded in events {
        P::apply(&mut rows, recorded);
    }
    rows.into_changed_keys()
}

async fn write_rows<P: Projection>(
    connection: &mut PgConnection,
    touched: BTreeSet<<P::Row as Row>::Key>,
    events: &[Arc<Recorded>],
) -> Result<(), sqlx::Error> {
    let keys = P::Row::key_arguments(touched.into_iter())?;
    let loaded: Vec<P::Row> = sqlx::query_as_with(P::LOAD, keys).fetch_all(&mut *connection).await?;
    faults::point("projection.loaded");
    let mut rows: Rows<P::Row> = loaded.into_iter().collect();
    for recorded in events {
        P::apply(&mut rows, recorded);
    }
    let changed = P::Row::arguments(&rows.into_changed())?;
    sqlx::query_with(P::SAVE, changed).execute(connection).await?;
    faults::point("projection.written");
    Ok(())
}

/// Chooses the schema until the end of the transaction, and does not wait for the disk at its end: rows and checkpoint
/// that are lost together in a crash are folded again from the log, which needs the disk more.
async fn write_to(connection: &mut PgConnection, schema: Schema) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT set_config('search_path', $1, true), set_config('synchronous_commit', 'off', true)")
        .bind(schema.name())
        .execute(connection)
        .await?;
    Ok(())
}
