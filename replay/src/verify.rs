//! `tollgate-replay verify`: the log is whole, it holds what was signed, what it says adds up, and every projection says
//! what it says.

mod finding;

use std::collections::HashMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use domain::StreamId;
use event_store::census;
use event_store::checkpoint::{Checkpoint, Spine};
use event_store::executor::partition_of;
use event_store::log::Chunk;
use event_store::{Log, LogError, Recorded};

pub use self::finding::Finding;
use crate::connect::{self, Audit, Source};
use crate::laws::reading;
use crate::trust::{self, Trust};

/// Events read at a time.
const CHUNK_EVENTS: i64 = 10_000;

/// Violations shown of each law.
const SHOWN: usize = 20;

/// Check positions, hashes, events and receipts, reckon what they say again, and compare every projection with a fresh fold of the log
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Signed checkpoints that the log must hold
    #[arg(long = "checkpoint", value_name = "FILE", num_args = 1..)]
    checkpoints: Vec<PathBuf>,
    #[command(flatten)]
    trust: Trust,
}

/// Verifies, and tells what was found sound.
pub async fn run(source: &Source, arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let checkpoints = signed(source, arguments)?;
    let audit = connect::open(source).await?;
    for checked in check(&audit, &checkpoints).await? {
        println!(
            "partition {}: {} events in {} streams up to position {}: positions and sequences contiguous, \
             Merkle roots and chain match, all events decode, all receipts are there",
            checked.partition, checked.events, checked.streams, checked.head
        );
    }
    for checkpoint in &checkpoints {
        let claim = &checkpoint.claim;
        println!(
            "partition {}: holds the checkpoint of position {}, signed {}",
            claim.partition, claim.position, checkpoint.signed_at
        );
    }
    let is_lawful = ask_laws(&audit).await?;
    let are_equal = compare_projections(&audit).await?;
    if is_lawful && are_equal {
        println!("verified");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// Tells what each law says of the log.
async fn ask_laws(audit: &Audit) -> Result<bool, Box<dyn Error>> {
    let mut broken = 0;
    for verdict in reading::check(&audit.pool).await? {
        let (law, violations) = (verdict.law, verdict.violations.len());
        if violations == 0 {
            println!("law {law}: {}", verdict.seen);
            continue;
        }
        println!("law {law}: BROKEN {violations} times; {}", verdict.seen);
        for violation in verdict.violations.iter().take(SHOWN) {
            println!("  {violation}");
        }
        broken += 1;
    }
    if broken > 0 {
        println!("{broken} laws are broken: the log is whole, and what it says is not right");
    }
    Ok(broken == 0)
}

/// Reads the checkpoints; none of them is used unless the signatures of all are right.
fn signed(source: &Source, arguments: &Arguments) -> Result<Vec<Checkpoint>, Box<dyn Error>> {
    if arguments.checkpoints.is_empty() {
        return Ok(Vec::new());
    }
    let key = arguments.trust.key(source.data())?;
    let read = arguments.checkpoints.iter().map(|path| trust::read_checkpoint(path, &key));
    Ok(read.collect::<Result<_, _>>()?)
}

/// What was found sound of a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// The partition.
    pub partition: i32,
    /// How many events it has.
    pub events: i64,
    /// In how many streams.
    pub streams: usize,
    /// The position of the newest.
    pub head: i64,
}

/// Checks the whole log, and that it holds what was signed. The first fault ends it.
pub async fn check(audit: &Audit, checkpoints: &[Checkpoint]) -> Result<Vec<Checked>, Finding> {
    let partitions = partitions(audit).await?;
    let beyond = checkpoints.iter().find(|checkpoint| !(0..partitions).contains(&checkpoint.claim.partition));
    if let Some(checkpoint) = beyond {
        return Err(Finding::NoPartition { partition: checkpoint.claim.partition, partitions });
    }
    let mut all = Vec::new();
    for partition in 0..partitions {
        let mut check = Check::new(partition, partitions, checkpoints);
        all.push(check.run(&audit.log).await?);
    }
    Ok(all)
}

/// How many partitions there are, unless rows lie outside of them.
async fn partitions(audit: &Audit) -> Result<i32, Finding> {
    // A log whose heads were deleted looks like none; the census, which finds its events, has the better word.
    let known = audit.database.partitions().await;
    match (census::take(&audit.log).await, known) {
        (Ok(Err(stray)), _) => Err(stray.into()),
        (_, Err(unusable)) => Err(unusable.into()),
        (Err(error), _) => Err(error.into()),
        (Ok(Ok(partitions)), Ok(_)) => Ok(partitions),
    }
}

/// The check of one partition, under way.
struct Check<'a> {
    partition: i32,
    partitions: i32,
    checkpoints: Vec<&'a Checkpoint>,
    spine: Spine,
    sequences: HashMap<StreamId, i64>,
    events: i64,
}

impl<'a> Check<'a> {
    fn new(partition: i32, partitions: i32, checkpoints: &'a [Checkpoint]) -> Self {
        let checkpoints = checkpoints.iter().filter(|checkpoint| checkpoint.claim.partition == partition).collect();
        let spine = Spine::new(partition);
        Self { partition, partitions, checkpoints, spine, sequences: HashMap::new(), events: 0 }
    }

    /// Reads the whole partition. The log checks positions, hashes and events as it reads.
    async fn run(&mut self, log: &Log) -> Result<Checked, Finding> {
        let mut scan = log.scan(self.partition, self.spine.position(), CHUNK_EVENTS);
        while let Some(chunk) = scan.next().await? {
            self.check_batches(&chunk)?;
            for recorded in &chunk.events {
                self.check_event(recorded)?;
            }
            census::check_receipts(log, self.partition, &chunk.batches, &chunk.events).await??;
        }
        let head = self.spine.position();
        if let Some(cut_off) = self.checkpoints.iter().find(|checkpoint| checkpoint.claim.position > head) {
            self.spine.check(cut_off)?;
        }
        Ok(Checked { partition: self.partition, events: self.events, streams: self.sequences.len(), head })
    }

    fn check_batches(&mut self, chunk: &Chunk) -> Result<(), Finding> {
        for batch in &chunk.batches {
            let (partition, after) = (self.partition, self.spine.position());
            self.spine.extend(batch).map_err(|fault| LogError::Corrupt { partition, after, fault })?;
            for checkpoint in self.checkpoints.iter().filter(|checkpoint| batch.holds(checkpoint.claim.position)) {
                self.spine.check(checkpoint)?;
            }
        }
        Ok(())
    }

    /// Sequences follow each other within a stream, and a stream is in the partition of its owner.
    fn check_event(&mut self, recorded: &Recorded) -> Result<(), Finding> {
        let (partition, position, stream) = (self.partition, recorded.position, &recorded.stream);
        let known = match self.sequences.get_mut(stream) {
            Some(known) => known,
            None => self.sequences.entry(stream.clone()).or_default(),
        };
        if recorded.sequence != *known + 1 {
            let (known, found) = (*known, recorded.sequence);
            return Err(Finding::Sequence { partition, position, stream: finding::name(stream), known, found });
        }
        *known = recorded.sequence;
        self.events += 1;
        let home = partition_of(&stream.owner, self.partitions);
        if home != partition {
            let (stream, partitions) = (finding::name(stream), self.partitions);
            return Err(Finding::Misplaced { partition, position, stream, home, partitions });
        }
        Ok(())
    }
}

async fn compare_projections(audit: &Audit) -> Result<bool, Box<dyn Error>> {
    let mut differing = 0;
    for comparison in projections::compare(&audit.log, &audit.pool).await? {
        let same = comparison.is_equal();
        let verdict = if same { "equal to a fresh fold" } else { "DIFFERENT from a fresh fold" };
        println!("projection {}: {} rows {verdict}", comparison.projection, comparison.rows);
        for difference in &comparison.differences {
            println!("  {difference}");
        }
        differing += usize::from(!same);
    }
    if differing > 0 {
        println!("{differing} projections differ: rebuild them with `tollgate project --rebuild NAME`");
    }
    Ok(differing == 0)
}
