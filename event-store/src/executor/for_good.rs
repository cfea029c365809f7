//! Commands whose refusal is as final as their receipt.
//!
//! A refused command leaves no receipt: sent again, it is decided anew, and may be taken. Where something is undone because
//! of the refusal, somebody who comes later under the same key must not be told yes. So whoever is refused spends the key
//! on a command that changes nothing of the matter:
//!
//! ```text
//! A   apply, key K   refused    settle, key K   taken        undo
//! B                                                          apply, key K   used for another command: it was refused
//! ```
//!
//! Of all that come with the key, exactly one is told that its command was taken first, and nobody undoes what was taken.

use domain::{Command, Rejection};

use super::{Applied, Executor, Failure, Submission};

/// How a command ended, for good.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It was applied, now or before.
    Applied(Applied),
    /// It was refused, and nobody will apply it under its key; `None` if that was found out before and is not known any
    /// more.
    Refused(Option<Rejection>),
}

impl Executor {
    /// Applies a command, or sees to it that nobody does under its key. `instead` is a command to the same owner that is
    /// never refused and of which one more or less makes no difference: to settle what is due.
    pub async fn execute_for_good(&self, submission: Submission, instead: Command) -> Result<Verdict, Failure> {
        let rejection = match self.execute(submission.clone()).await {
            Ok(applied) => return Ok(Verdict::Applied(applied)),
            Err(Failure::Rejected { rejection, .. }) => rejection,
            Err(Failure::KeyReused { .. }) => return Ok(Verdict::Refused(None)),
            Err(failure) => return Err(failure),
        };
        match self.execute(Submission { command: instead, ..submission.clone() }).await {
            Ok(_) => Ok(Verdict::Refused(Some(rejection))),
            // Somebody else under the same key was luckier in between.
            Err(Failure::KeyReused { .. }) => self.execute(submission).await.map(Verdict::Applied),
            Err(failure) => Err(failure),
        }
    }
}
