//! Reading long stretches of the log: while one part is decoded, the next is fetched and checked.

use sqlx::postgres::PgPool;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Checked, Chunk, LogError, check};

/// Parts that wait to be decoded. One is fetched beside it, so three are in memory at most.
const WAITING: usize = 1;

/// A partition from a position up to its head as it is when the reading gets there.
pub struct Scan {
    checked: mpsc::Receiver<Result<Checked, LogError>>,
    /// Ends with the scan.
    _reading: JoinSet<()>,
}

impl Scan {
    pub(super) fn begin(pool: PgPool, partition: i32, after: i64, limit: i64) -> Self {
        let (sender, checked) = mpsc::channel(WAITING);
        let mut reading = JoinSet::new();
        reading.spawn(read_ahead(pool, partition, after, limit, sender));
        Self { checked, _reading: reading }
    }

    /// The next whole batches, about as many events as was asked for; `None` at the head.
    ///
    /// # Errors
    /// If Postgres is away or the history is wrong; there is nothing behind it then.
    pub async fn next(&mut self) -> Result<Option<Chunk>, LogError> {
        self.checked.recv().await.transpose()?.map(Checked::decode).transpose()
    }
}

async fn read_ahead(
    pool: PgPool,
    partition: i32,
    mut after: i64,
    limit: i64,
    sender: mpsc::Sender<Result<Checked, LogError>>,
) {
    // What is behind a fault is not read, and a scan that was dropped wants no more.
    while let Some(checked) = check(&pool, partition, after, limit).await.transpose() {
        let last = checked.as_ref().map(Checked::last_position).ok();
        let is_wanted = sender.send(checked).await.is_ok();
        match last {
            Some(last) if is_wanted => after = last,
            Some(_) | None => return,
        }
    }
}
