//! Compares every projection with a fold of its own over the log, for an auditor who may only read.
//!
//! The log is read once, all projections take each chunk in memory; memory is bounded by the number of rows. The tables
//! and their checkpoints are then read in one snapshot, and the fold is brought to exactly these checkpoints, so the
//! live projections may go on meanwhile.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use event_store::feed::CHUNK_EVENTS;
use event_store::{Log, LogError, Recorded};
use futures::TryStreamExt as _;
use sqlx::Executor as _;
use sqlx::postgres::{PgConnection, PgPool};

use crate::ALL;
use crate::checkpoint::{self, Checkpoint};
use crate::projection::Projection;
use crate::row::{Row, Rows};

/// Most differences that are told of one projection; the others are counted.
pub const DIFFERENCES_MAX: usize = 20;

/// What the comparison of one projection came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The projection.
    pub projection: &'static str,
    /// How far the table was, and so the fold, in each partition.
    pub checkpoints: BTreeMap<i32, i64>,
    /// Rows that were compared: those of the table, and those it should have.
    pub rows: u64,
    /// Rows that differ.
    pub rows_differing: u64,
    /// The first differences, at most [`DIFFERENCES_MAX`].
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Is the table what the log says?
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.rows_differing == 0
    }
}

/// A value that is not what the log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The row, by its key.
    pub key: String,
    /// The column; `None` if the whole row should not be there, or should be.
    pub column: Option<&'static str>,
    /// What the table has.
    pub found: String,
    /// What the log says.
    pub expected: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, column, found, expected } = self;
        write!(f, "row {key}: {} is {found}, the log says {expected}", column.unwrap_or("the row"))
    }
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The tables cannot be read.
    #[error("the projections cannot be read")]
    Database(#[from] sqlx::Error),
    /// A table claims to have seen what the log does not have.
    #[error("projection {projection} is at position {checkpoint} of partition {partition}, the log ends at {head}")]
    AheadOfLog {
        /// The projection.
        projection: String,
        /// The partition.
        partition: i32,
        /// Where the projection is.
        checkpoint: i64,
        /// Where the log ends.
        head: i64,
    },
}

/// Folds the log in memory and compares every row of every projection with it. `pool` may be one that can only read.
pub async fn compare(log: &Log, pool: &PgPool) -> Result<Vec<Comparison>, CompareError> {
    let mut audit = Audit::default();
    // The long part holds nothing; what is left for the snapshot is what was appended during the last round.
    while audit.read_up_to(log, &checkpoint::all(pool).await?).await? > CHUNK_EVENTS {}

    let mut snapshot = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    // Before the snapshot is taken: a table put in place by a rebuild after it would look empty in it.
    snapshot.execute(lock_tables().as_str()).await?;
    let checkpoints = checkpoint::all(&mut *snapshot).await?;
    audit.read_up_to(log, &checkpoints).await?;
    let mut comparisons = Vec::new();
    for part in audit.parts {
        let compared = part.fold.compare(&mut snapshot).await?;
        comparisons.push(Comparison { checkpoints: part.folded, ..compared });
    }
    snapshot.rollback().await?;
    Ok(comparisons)
}

fn lock_tables() -> String {
    let tables: Vec<String> = crate::names().map(|name| format!("read.{name}")).collect();
    format!("LOCK TABLE {} IN ACCESS SHARE MODE", tables.join(", "))
}

struct Audit {
    parts: Vec<Part>,
}

/// One projection, and how far it is folded in each partition.
struct Part {
    name: &'static str,
    fold: Box<dyn AnyFold>,
    folded: BTreeMap<i32, i64>,
}

impl Default for Audit {
    fn default() -> Self {
        let part = |fold: Box<dyn AnyFold>, name| Part { name, fold, folded: BTreeMap::new() };
        Self { parts: ALL.iter().map(|projection| part(projection.fresh(), projection.name())).collect() }
    }
}

impl Audit {
    /// Folds every projection up to its checkpoints; says how many events were read.
    async fn read_up_to(&mut self, log: &Log, checkpoints: &[Checkpoint]) -> Result<i64, CompareError> {
        let mut events_read = 0;
        let mut partitions: Vec<i32> = checkpoints.iter().map(|checkpoint| checkpoint.partition).collect();
        partitions.sort_unstable();
        partitions.dedup();
        for partition in partitions {
            let checkpoints: BTreeMap<&str, &Checkpoint> = checkpoints
                .iter()
                .filter(|checkpoint| checkpoint.partition == partition)
                .map(|checkpoint| (checkpoint.projection.as_str(), checkpoint))
                .collect();
            let Some((first, _)) = self.next(partition, &checkpoints) else { continue };
            let mut scan = log.scan(partition, first, CHUNK_EVENTS);
            while let Some((next, hungriest)) = self.next(partition, &checkpoints) {
                let Some(chunk) = scan.next().await? else { return Err(ahead_of_log(hungriest, next)) };
                events_read += i64::try_from(chunk.events.len()).unwrap_or(i64::MAX);
                for part in &mut self.parts {
                    part.take_in(partition, &chunk.events, &checkpoints);
                }
            }
        }
        Ok(events_read)
    }

    /// The lowest position after which some projection still lacks events, and that projection's checkpoint.
    fn next<'a>(&self, partition: i32, checkpoints: &BTreeMap<&str, &'a Checkpoint>) -> Option<(i64, &'a Checkpoint)> {
        let lacking = self.parts.iter().filter_map(|part| {
            let checkpoint = checkpoints.get(part.name)?;
            let folded = part.folded.get(&partition).copied().unwrap_or_default();
            (folded < checkpoint.position).then_some((folded, *checkpoint))
        });
        lacking.min_by_key(|(folded, _)| *folded)
    }
}

fn ahead_of_log(checkpoint: &Checkpoint, head: i64) -> CompareError {
    CompareError::AheadOfLog {
        projection: checkpoint.projection.clone(),
        partition: checkpoint.partition,
        checkpoint: checkpoint.position,
        head,
    }
}

impl Part {
    /// Takes in those events that it has not, up to its checkpoint.
    fn take_in(&mut self, partition: i32, events: &[Recorded], checkpoints: &BTreeMap<&str, &Checkpoint>) {
        let Some(checkpoint) = checkpoints.get(self.name) else { return };
        let folded = self.folded.entry(partition).or_default();
        let start = events.partition_point(|recorded| recorded.position <= *folded);
        let end = events.partition_point(|recorded| recorded.position <= checkpoint.position);
        if let Some(wanted) = events.get(start..end)
            && let Some(last) = wanted.last()
        {
            self.fold.apply(wanted);
            *folded = last.position;
        }
    }
}

/// A fold in memory whose row type is forgotten.
#[async_trait]
pub(crate) trait AnyFold: Send {
    fn apply(&mut self, events: &[Recorded]);

    /// Compares with the live table, as the connection's snapshot shows it.
    async fn compare(self: Box<Self>, connection: &mut PgConnection) -> Result<Comparison, sqlx::Error>;
}

pub(crate) struct FreshFold<P: Projection> {
    rows: Rows<P::Row>,
}

impl<P: Projection> Default for FreshFold<P> {
    fn default() -> Self {
        Self { rows: Rows::default() }
    }
}

#[async_trait]
impl<P: Projection> AnyFold for FreshFold<P> {
    fn apply(&mut self, events: &[Recorded]) {
        for recorded in events {
            P::apply(&mut self.rows, recorded);
        }
        self.rows.forget_changes();
    }

    async fn compare(mut self: Box<Self>, connection: &mut PgConnection) -> Result<Comparison, sqlx::Error> {
        let mut tally = Tally::default();
        // The table is read row by row and never held.
        let table = format!("SELECT * FROM read.{}", P::NAME);
        let mut found = sqlx::query_as::<_, P::Row>(&table).fetch(connection);
        while let Some(row) = found.try_next().await? {
            match self.rows.remove(&row.key()) {
                Some(expected) => tally.compare(&row, &expected),
                None => tally.count(vec![absence(&row, "there", "no such row")]),
            }
        }
        for missing in self.rows.iter() {
            tally.count(vec![absence(missing, "missing", "it is there")]);
        }
        let Tally { rows, rows_differing, differences } = tally;
        Ok(Comparison { projection: P::NAME, checkpoints: BTreeMap::new(), rows, rows_differing, differences })
    }
}

#[derive(Default)]
struct Tally {
    rows: u64,
    rows_differing: u64,
    differences: Vec<Difference>,
}

impl Tally {
    fn compare<R: Row>(&mut self, found: &R, expected: &R) {
        let named = |(column, found_value, expected_value)| Difference {
            key: found.show_key(),
            column: Some(column),
            found: found_value,
            expected: expected_value,
        };
        self.count(found.differences(expected).into_iter().map(named).collect());
    }

    fn count(&mut self, differences: Vec<Difference>) {
        self.rows += 1;
        self.rows_differing += u64::from(!differences.is_empty());
        let room = DIFFERENCES_MAX.saturating_sub(self.differences.len());
        self.differences.extend(differences.into_iter().take(room));
    }
}

fn absence<R: Row>(row: &R, found: &str, expected: &str) -> Difference {
    Difference { key: row.show_key(), column: None, found: found.to_owned(), expected: expected.to_owned() }
}
