//! `tollgate-replay verify`: the log is whole, and every projection says what it says.

use std::collections::HashMap;
use std::error::Error;
use std::process::ExitCode;

use domain::StreamId;
use event_store::LogError;

use crate::connect::Audit;

/// Events read at a time.
const CHUNK_EVENTS: i64 = 10_000;

pub async fn run(audit: &Audit) -> Result<ExitCode, Box<dyn Error>> {
    for partition in 0..audit.partitions {
        let checked = check_partition(audit, partition).await?;
        println!(
            "partition {partition}: {} events in {} streams up to position {}: positions and sequences contiguous, \
             Merkle roots and chain match, all events decode",
            checked.events, checked.streams, checked.head
        );
    }
    compare_projections(audit).await
}

struct Checked {
    events: i64,
    streams: usize,
    head: i64,
}

/// Reads a whole partition. The log checks positions, hashes and events as it reads; sequences are checked here.
async fn check_partition(audit: &Audit, partition: i32) -> Result<Checked, Box<dyn Error>> {
    let mut sequences: HashMap<StreamId, i64> = HashMap::new();
    let (mut events, mut head) = (0, 0);
    loop {
        let chunk = audit.log.after(partition, head, CHUNK_EVENTS).await.map_err(named)?;
        let Some(last) = chunk.last() else { break };
        head = last.position;
        for recorded in &chunk {
            let sequence = sequences.entry(recorded.stream.clone()).or_default();
            if recorded.sequence != *sequence + 1 {
                return Err(format!(
                    "partition {partition}, position {}: stream {}/{} goes from sequence {sequence} to {}",
                    recorded.position,
                    recorded.stream.kind.as_str(),
                    recorded.stream.owner.as_str(),
                    recorded.sequence
                )
                .into());
            }
            *sequence = recorded.sequence;
            events += 1;
        }
    }
    Ok(Checked { events, streams: sequences.len(), head })
}

fn named(error: LogError) -> Box<dyn Error> {
    match error {
        LogError::Corrupt { .. } => format!("the log is not what was written: {error}").into(),
        LogError::Unavailable(_) => error.into(),
    }
}

async fn compare_projections(audit: &Audit) -> Result<ExitCode, Box<dyn Error>> {
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
        return Ok(ExitCode::FAILURE);
    }
    println!("verified");
    Ok(ExitCode::SUCCESS)
}
