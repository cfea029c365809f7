//! How old the newest signed checkpoints are: what could be rewritten unnoticed by somebody who holds the database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use event_store::checkpoint::Checkpoint;
use event_store::{Log, LogError};
use jiff::Timestamp;

/// The newest checkpoint of each partition, as far as this process knows. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Newest(Arc<Mutex<BTreeMap<i32, Checkpoint>>>);

/// How a partition's newest checkpoint stands to its log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Age {
    /// The partition.
    pub partition: i32,
    /// Since it was signed; `None` if the partition was never signed.
    pub seconds: Option<f64>,
    /// Positions of the log that it does not cover.
    pub behind: i64,
}

impl Newest {
    pub(super) fn note(&self, checkpoint: Checkpoint) {
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        newest.insert(checkpoint.claim.partition, checkpoint);
    }

    fn of(&self, partition: i32) -> Option<Checkpoint> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&partition).copied()
    }

    /// Compares them with the log. Also sets the gauges `tollgate_signed_checkpoint_age_seconds` and
    /// `tollgate_signed_checkpoint_behind`.
    pub async fn measure(&self, log: &Log, partitions: i32) -> Result<Vec<Age>, LogError> {
        let mut ages = Vec::new();
        for partition in 0..partitions {
            // Read before the head, so that the difference is never below zero.
            let signed = self.of(partition);
            let head = log.head(partition).await?.position;
            let age = Age {
                partition,
                seconds: signed.map(|checkpoint| Timestamp::now().duration_since(checkpoint.signed_at).as_secs_f64()),
                behind: head - signed.map_or(0, |checkpoint| checkpoint.claim.position),
            };
            age.tell();
            ages.push(age);
        }
        Ok(ages)
    }
}

impl Age {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is for looking at, not for deciding")]
    fn tell(self) {
        let label = [("partition", self.partition.to_string())];
        metrics::gauge!("tollgate_signed_checkpoint_behind", &label).set(self.behind as f64);
        if let Some(seconds) = self.seconds {
            metrics::gauge!("tollgate_signed_checkpoint_age_seconds", &label).set(seconds);
        }
    }
}
