//! Reading long stretches of the log: while one part is decoded, the next is fetched and checked.

use sqlx::postgres::PgPool;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Checked, Chunk, LogError, check};

/// Parts that wait to be decoded. One is fetched beside it, so three are in memory at most.
const WAITING: usize = 1;

/// A partition from a position up to its head as it is when the reading gets there.
pub struct Scan {
    /// `None` is the head: a reading that breaks off closes the channel without it, and must not look complete.
    checked: mpsc::Receiver<Result<Option<Checked>, LogError>>,
    is_at_head: bool,
    /// Ends with the scan.
    _reading: JoinSet<()>,
}

impl Scan {
    pub(super) fn begin(pool: PgPool, partition: i32, after: i64, limit: i64) -> Self {
        let (sender, checked) = mpsc::channel(WAITING);
        let mut reading = JoinSet::new();
        reading.spawn(read_ahead(pool, partition, after, limit, sender));
        Self { checked, is_at_head: false, _reading: reading }
    }

    /// The next whole batches, about as many events as was asked for; `None` at the head.
    ///
    /// # Errors
    /// If Postgres is away or the history is wrong; there is nothing behind it then.
    pub async fn next(&mut self) -> Result<Option<Chunk>, LogError> {
        if self.is_at_head {
            return Ok(None);
        }
        let checked = self.checked.recv().await.unwrap_or(Err(LogError::Unavailable(sqlx::Error::WorkerCrashed)))?;
        self.is_at_head = checked.is_none();
        checked.map(Checked::decode).transpose()
    }
}

async fn read_ahead(
    pool: PgPool,
    partition: i32,
    mut after: i64,
    limit: i64,
    sender: mpsc::Sender<Result<Option<Checked>, LogError>>,
) {
    loop {
        let checked = check(&pool, partition, after, limit).await;
        let last = checked.as_ref().ok().and_then(|checked| checked.as_ref().map(Checked::last_position));
        // What is behind a fault is not read, and a scan that was dropped wants no more.
        let is_wanted = sender.send(checked).await.is_ok();
        match last {
            Some(last) if is_wanted => after = last,
            Some(_) | None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reading_that_breaks_off_does_not_look_complete() {
        let (sender, checked) = mpsc::channel(WAITING);
        let mut scan = Scan { checked, is_at_head: false, _reading: JoinSet::new() };
        drop(sender);
        let broken = scan.next().await.unwrap_err();
        assert!(matches!(broken, LogError::Unavailable(sqlx::Error::WorkerCrashed)), "{broken:?}");
    }

    #[tokio::test]
    async fn nothing_follows_the_head() {
        let (sender, checked) = mpsc::channel(WAITING);
        let mut scan = Scan { checked, is_at_head: false, _reading: JoinSet::new() };
        sender.send(Ok(None)).await.unwrap();
        drop(sender);
        assert!(scan.next().await.unwrap().is_none());
        assert!(scan.next().await.unwrap().is_none());
    }
}
