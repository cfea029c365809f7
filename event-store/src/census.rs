//! What the log's tables hold beside what its readers see.
//!
//! A reader goes from the first position to the head, so a row that no head covers would never be looked at; and
//! receipts are not under the Merkle roots. The census looks at the tables as a whole: one snapshot, no order.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row};

use crate::log::{Batch, Log, LogError, Recorded};
use crate::receipt::CommandKey;

/// A row that should not be there, is not there, or does not fit the others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stray {
    /// A partition has rows and no head, or there is a gap in the partitions.
    #[error("partition {partition} has no head")]
    NoHead {
        /// The partition.
        partition: i32,
    },
    /// A row is outside the positions of the log.
    #[error("partition {partition}: position {position} of {table} is outside the log, which goes from 1 to {head}")]
    Outside {
        /// The partition.
        partition: i32,
        /// The table.
        table: &'static str,
        /// The row's position.
        position: i64,
        /// The position of the head.
        head: i64,
    },
    /// No statement wrote at the instant the head names.
    #[error("partition {partition}: nothing was appended at {instant}, the instant of the head at {head}")]
    HeadInstant {
        /// The partition.
        partition: i32,
        /// The head's instant.
        instant: Timestamp,
        /// The position of the head.
        head: i64,
    },
    /// The command of an event has no receipt.
    #[error("partition {partition}, position {position}: the receipt of its command {command_id} is missing")]
    NoReceipt {
        /// The partition.
        partition: i32,
        /// The position of the command's last event.
        position: i64,
        /// The command.
        command_id: String,
    },
    /// A receipt names another position than that of its command's last event.
    #[error("partition {partition}, position {position}: the receipt of its command {command_id} says {said}")]
    OtherPosition {
        /// The partition.
        partition: i32,
        /// The position of the command's last event.
        position: i64,
        /// The command.
        command_id: String,
        /// What the receipt says.
        said: i64,
    },
    /// A batch and the receipts of its commands were not written at one instant.
    #[error(
        "partition {partition}, position {position}: its batch says it was appended at {batch}, the receipt of its \
         command {command_id} at {receipt}"
    )]
    OtherInstant {
        /// The partition.
        partition: i32,
        /// The position of the command's last event.
        position: i64,
        /// The command.
        command_id: String,
        /// The batch's instant.
        batch: Timestamp,
        /// The receipt's.
        receipt: Timestamp,
    },
}

/// How far one partition's tables go.
#[derive(Debug, FromRow)]
struct Extent {
    partition: i32,
    head: Option<i64>,
    head_at: Option<chrono::DateTime<chrono::Utc>>,
    head_at_known: bool,
    events_first: Option<i64>,
    events_last: Option<i64>,
    batches_first: Option<i64>,
    batches_last: Option<i64>,
    receipts_last: Option<i64>,
}

/// Looks for rows outside the log, and answers the partitions there are.
pub async fn take(log: &Log) -> Result<Result<i32, Stray>, LogError> {
    let extents: Vec<Extent> = sqlx::query_as(include_str!("census/extents.sql")).fetch_all(log.pool()).await?;
    for (expected, extent) in (0..).zip(&extents) {
        if let Err(stray) = extent.check(expected) {
            return Ok(Err(stray));
        }
    }
    Ok(Ok(i32::try_from(extents.len()).unwrap_or(i32::MAX)))
}

impl Extent {
    fn check(&self, expected: i32) -> Result<(), Stray> {
        let partition = self.partition;
        if partition != expected {
            return Err(Stray::NoHead { partition: expected });
        }
        let Some(head) = self.head else { return Err(Stray::NoHead { partition }) };
        let edges = [
            ("es.events", self.events_first, self.events_last),
            ("es.batches", self.batches_first, self.batches_last),
            // A command that changed nothing has the position of the log, which may be none yet.
            ("es.receipts", None, self.receipts_last),
        ];
        for (table, first, last) in edges {
            let outside = first.filter(|first| *first < 1).or(last.filter(|last| *last > head));
            if let Some(position) = outside {
                return Err(Stray::Outside { partition, table, position, head });
            }
        }
        match self.head_at {
            Some(instant) if !self.head_at_known => {
                Err(Stray::HeadInstant { partition, instant: micros(instant), head })
            }
            _ => Ok(()),
        }
    }
}

/// A command's last event.
struct Told {
    position: i64,
    batch_at_micros: i64,
}

/// Holds events against the receipts of the commands that gave them: whole batches, with their events.
///
/// Events without the metadata a command leaves, such as those of a cqrs-es framework, have no receipts.
pub async fn check_receipts(
    log: &Log,
    partition: i32,
    batches: &[Batch],
    events: &[Recorded],
) -> Result<Result<(), Stray>, LogError> {
    let told = told(batches, events);
    let (callers, ids): (Vec<&str>, Vec<&str>) =
        told.keys().map(|key| (key.caller.as_str(), key.command_id.as_str())).unzip();
    let rows = sqlx::query(include_str!("census/receipts.sql"))
        .bind(partition)
        .bind(callers)
        .bind(ids)
        .fetch_all(log.pool())
        .await?;
    let receipts: HashMap<CommandKey, (i64, i64)> = rows.iter().map(receipt).collect::<Result<_, _>>()?;
    // In the order of the log, so that the first fault is the one that is named.
    let in_order: BTreeMap<i64, &CommandKey> = told.iter().map(|(key, told)| (told.position, key)).collect();
    for (position, key) in in_order {
        let batch_at = told.get(key).map_or(0, |told| told.batch_at_micros);
        let command_id = key.command_id.clone();
        let stray = match receipts.get(key) {
            None => Stray::NoReceipt { partition, position, command_id },
            Some((said, _)) if *said != position => {
                Stray::OtherPosition { partition, position, command_id, said: *said }
            }
            Some((_, receipt_at)) if *receipt_at != batch_at => {
                let (batch, receipt) = (instant(batch_at), instant(*receipt_at));
                Stray::OtherInstant { partition, position, command_id, batch, receipt }
            }
            Some(_) => continue,
        };
        return Ok(Err(stray));
    }
    Ok(Ok(()))
}

fn told(batches: &[Batch], events: &[Recorded]) -> HashMap<CommandKey, Told> {
    let mut told = HashMap::new();
    let mut batches = batches.iter().peekable();
    for event in events {
        while batches.next_if(|batch| batch.last_position < event.position).is_some() {}
        let batch_at_micros = batches.peek().map_or(0, |batch| batch.recorded_at_micros);
        let named = |name| event.metadata.get(name).map(Cow::into_owned);
        if let (Some(caller), Some(command_id), Some(_)) = (named("caller"), named("command"), named("request")) {
            // Later events of the same command replace earlier ones.
            told.insert(CommandKey { caller, command_id }, Told { position: event.position, batch_at_micros });
        }
    }
    told
}

fn receipt(row: &PgRow) -> Result<(CommandKey, (i64, i64)), sqlx::Error> {
    let recorded_at: chrono::DateTime<chrono::Utc> = row.try_get("recorded_at")?;
    let key = CommandKey { caller: row.try_get("caller")?, command_id: row.try_get("command_id")? };
    Ok((key, (row.try_get("position")?, recorded_at.timestamp_micros())))
}

fn micros(instant: chrono::DateTime<chrono::Utc>) -> Timestamp {
    self::instant(instant.timestamp_micros())
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or_default()
}
