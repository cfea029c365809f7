//! `tollgate-replay prove`: a file that shows, without the log, that one event is in it.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use event_store::checkpoint::{Checkpoint, Contradiction, PublicKey, Spine, folder, to_json};
use event_store::proof::inclusion::InclusionProof;
use event_store::{Log, LogError};
use uuid::Uuid;

use crate::connect::{self, Source};
use crate::trust::{self, Trust};

/// Positions whose batches are read at a time.
const CHUNK_POSITIONS: i64 = 50_000;

/// Write a proof that an event is in the log that was signed
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The event: its id, or its place as PARTITION:POSITION, which is found faster
    #[arg(value_name = "EVENT")]
    event: Wanted,
    /// The checkpoint to lead up to; without it, the newest in `checkpoints` of --data
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    trust: Trust,
}

/// How an event is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// By its id.
    Id(Uuid),
    /// By its partition and position.
    Place(i32, i64),
}

impl FromStr for Wanted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let place = text
            .split_once(':')
            .and_then(|(partition, position)| Some(Self::Place(partition.parse().ok()?, position.parse().ok()?)));
        place.or_else(|| text.parse().ok().map(Self::Id)).ok_or("neither an event's id nor PARTITION:POSITION")
    }
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The log has no such event.
    #[error("the log has no event {0}")]
    UnknownEvent(Uuid),
    /// The log is not so long.
    #[error("partition {partition} has no position {position}, it ends at {head}")]
    UnknownPosition {
        /// The partition.
        partition: i32,
        /// The position that was asked for.
        position: i64,
        /// Where the partition ends.
        head: i64,
    },
    /// The checkpoint was signed before the event.
    #[error(
        "the event is at position {position}, the checkpoint was signed at {signed}: `tollgate checkpoint` makes a newer one"
    )]
    NewerThanCheckpoint {
        /// The event's position.
        position: i64,
        /// The checkpoint's.
        signed: i64,
    },
    /// The checkpoint says nothing of the event's partition.
    #[error("the event is in partition {event}, the checkpoint is of partition {checkpoint}")]
    OtherPartition {
        /// The event's partition.
        event: i32,
        /// The checkpoint's.
        checkpoint: i32,
    },
    /// The log is not what was signed.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Writes the proof to standard output.
pub async fn run(source: &Source, arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let key = arguments.trust.key(source.data())?;
    let audit = connect::open(source).await?;
    let place = find(&audit.log, arguments.event).await?;
    let checkpoint = checkpoint(source, arguments, place.0, &key)?;
    let proof = prove(&audit.log, place, checkpoint).await?;
    print!("{}", to_json(&proof)?);
    Ok(ExitCode::SUCCESS)
}

fn checkpoint(
    source: &Source,
    arguments: &Arguments,
    partition: i32,
    key: &PublicKey,
) -> Result<Checkpoint, Box<dyn Error>> {
    let folder = source.data().join("checkpoints");
    let path = match &arguments.checkpoint {
        Some(path) => path.clone(),
        None => folder::newest(&folder, partition)?.ok_or_else(|| {
            let folder = folder.display();
            format!("{folder} has no checkpoint of partition {partition}: name one with --checkpoint, or make one with `tollgate checkpoint`")
        })?,
    };
    Ok(trust::read_checkpoint(&path, key)?)
}

/// Where an event is.
pub async fn find(log: &Log, event: Wanted) -> Result<(i32, i64), ProveError> {
    match event {
        Wanted::Place(partition, position) => Ok((partition, position)),
        Wanted::Id(id) => log.find(id).await?.ok_or(ProveError::UnknownEvent(id)),
    }
}

/// Makes the proof: one pass over the records of the batches up to the checkpoint, and the events of one batch.
pub async fn prove(
    log: &Log,
    (partition, position): (i32, i64),
    checkpoint: Checkpoint,
) -> Result<InclusionProof, ProveError> {
    if checkpoint.claim.partition != partition {
        return Err(ProveError::OtherPartition { event: partition, checkpoint: checkpoint.claim.partition });
    }
    let head = log.head(partition).await?.position;
    let unknown = ProveError::UnknownPosition { partition, position, head };
    if !(1..=head).contains(&position) {
        return Err(unknown);
    }
    let signed = checkpoint.claim.position;
    if position > signed {
        return Err(ProveError::NewerThanCheckpoint { position, signed });
    }
    let spine = spine_up_to(log, partition, position, signed.min(head)).await?;
    spine.check(&checkpoint)?;
    let Some((batch, batch_proof)) = spine.batch_proof() else { return Err(unknown) };
    let events = log.proved(partition, &batch).await?;
    InclusionProof::of(&events, position, batch_proof, checkpoint).ok_or(unknown)
}

async fn spine_up_to(log: &Log, partition: i32, watched: i64, until: i64) -> Result<Spine, LogError> {
    let mut spine = Spine::watching(partition, watched);
    while spine.position() < until {
        let after = spine.position();
        let chunk = log.batches(partition, after, until.min(after.saturating_add(CHUNK_POSITIONS))).await?;
        for batch in chunk.iter().filter(|batch| batch.first_position <= until) {
            spine.extend(batch).map_err(|fault| LogError::Corrupt { partition, after, fault })?;
        }
    }
    Ok(spine)
}
