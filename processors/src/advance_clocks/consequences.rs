//! Waiting until the other processors have done what happened to some organizations asks of them.

use std::time::Duration;

use domain::OrganizationId;
use sqlx::postgres::PgPool;
use tokio::time::{Instant, sleep};

use super::NAME;
use crate::processor::ActError;

/// What happens leads to a command, its events to another one, and so on: a payment to commissions, these to credits.
/// No chain of processors is longer than this.
const CHAIN_MAX: usize = 4;

/// How often it looks.
const PAUSE: Duration = Duration::from_millis(10);

/// How long one try at a row waits, so that a process that is to stop need not wait longer for it.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) struct Consequences {
    pool: PgPool,
}

/// How the others stand.
#[derive(Debug, sqlx::FromRow)]
struct Standing {
    /// All up to a mark was taken in, and nothing of the organizations is open.
    is_done: bool,
    /// And nothing came after the mark.
    is_still: bool,
}

impl Consequences {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Waits until nothing is to be done because of what happened to these organizations. The log goes on with everybody
    /// else's events, so it need not stand still: each time all is done that was in the log when it was looked at, one more
    /// link of the chain is.
    pub(super) async fn wait(&self, members: &[OrganizationId]) -> Result<(), ActError> {
        let until = Instant::now() + PATIENCE;
        for _ in 0..CHAIN_MAX {
            let mark = self.heads().await.map_err(later)?;
            loop {
                let standing = self.look(members, &mark).await.map_err(later)?;
                if standing.is_still {
                    return Ok(());
                }
                if standing.is_done {
                    break;
                }
                if Instant::now() >= until {
                    return Err(ActError::Later { reason: "what happened before still has consequences".to_owned() });
                }
                sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    async fn heads(&self) -> Result<Vec<(i32, i64)>, sqlx::Error> {
        sqlx::query_as("SELECT partition, position FROM es.heads").fetch_all(&self.pool).await
    }

    async fn look(&self, members: &[OrganizationId], mark: &[(i32, i64)]) -> Result<Standing, sqlx::Error> {
        let others = crate::all(&self.pool).into_iter().map(|processor| processor.name()).filter(|name| *name != NAME);
        sqlx::query_as(include_str!("consequences/look.sql"))
            .bind(others.collect::<Vec<_>>())
            .bind(members.iter().map(OrganizationId::as_str).collect::<Vec<_>>())
            .bind(mark.iter().map(|(partition, _)| *partition).collect::<Vec<_>>())
            .bind(mark.iter().map(|(_, position)| *position).collect::<Vec<_>>())
            .fetch_one(&self.pool)
            .await
    }
}

fn later(fault: sqlx::Error) -> ActError {
    ActError::Later { reason: fault.to_string() }
}
