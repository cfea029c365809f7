//! What `/v1/health` asks of this process.

use std::collections::BTreeMap;

use api::{Facts, HealthCheck};
use async_trait::async_trait;
use event_store::Log;
use nats::{Link, Relay};
use projections::{Board, State, Status};
use serde_json::json;
use sqlx::postgres::PgPool;

/// Does Postgres answer?
pub struct Postgres(pub PgPool);

#[async_trait]
impl HealthCheck for Postgres {
    fn name(&self) -> &str {
        "postgres"
    }

    async fn check(&self) -> Result<Facts, String> {
        sqlx::query("SELECT 1").execute(&self.0).await.map_err(|error| error.to_string())?;
        Ok(Facts::new())
    }
}

/// Does NATS answer?
pub struct Nats(pub Link);

#[async_trait]
impl HealthCheck for Nats {
    fn name(&self) -> &str {
        "nats"
    }

    async fn check(&self) -> Result<Facts, String> {
        nats::health::measure(&self.0).await.map_err(|error| error.to_string())?;
        Ok(Facts::new())
    }
}

/// How many events wait to be published?
pub struct RelayLag {
    log: Log,
    relay: Relay,
    partitions: i32,
}

impl RelayLag {
    /// Compares a relay with the log it publishes.
    #[must_use]
    pub fn new(log: Log, relay: Relay, partitions: i32) -> Self {
        Self { log, relay, partitions }
    }
}

#[async_trait]
impl HealthCheck for RelayLag {
    fn name(&self) -> &str {
        "relay"
    }

    async fn check(&self) -> Result<Facts, String> {
        let mut behind = 0;
        for partition in 0..self.partitions {
            // Read before the head, so that the difference is never below zero.
            let published = self.relay.published(partition).map_or(0, |published| *published.borrow());
            let head = self.log.head(partition).await.map_err(|error| error.to_string())?;
            behind += head.position - published.min(head.position);
        }
        Ok(facts([("events_behind", json!(behind))]))
    }
}

/// How many events wait to be projected, and is every projection at work?
pub struct ProjectionLag {
    log: Log,
    pool: PgPool,
    board: Board,
    partitions: i32,
}

impl ProjectionLag {
    /// Compares checkpoints with the log.
    #[must_use]
    pub fn new(log: Log, pool: PgPool, board: Board, partitions: i32) -> Self {
        Self { log, pool, board, partitions }
    }
}

#[async_trait]
impl HealthCheck for ProjectionLag {
    fn name(&self) -> &str {
        "projections"
    }

    async fn check(&self) -> Result<Facts, String> {
        let mut behind: BTreeMap<&str, i64> = BTreeMap::new();
        let checkpoints = projections::checkpoint::all(&self.pool).await.map_err(|error| error.to_string())?;
        for partition in 0..self.partitions {
            let head = self.log.head(partition).await.map_err(|error| error.to_string())?;
            for name in projections::names() {
                let known = checkpoints.iter().find(|known| known.projection == name && known.partition == partition);
                let position = known.map_or(0, |known| known.position.min(head.position));
                *behind.entry(name).or_default() += head.position - position;
            }
        }
        let stopped = |status: &Status| matches!(status.state, State::Stopped { .. });
        match self.board.all().into_iter().find(stopped) {
            Some(stopped) => Err(format!("projection {} has stopped", stopped.projection)),
            None => Ok(facts([("events_behind", json!(behind))])),
        }
    }
}

/// How much work waits, and has any failed?
pub struct Processors(pub PgPool);

#[async_trait]
impl HealthCheck for Processors {
    fn name(&self) -> &str {
        "processors"
    }

    async fn check(&self) -> Result<Facts, String> {
        let statuses = processors::statuses(&self.0).await.map_err(|error| error.to_string())?;
        let pending: i64 = statuses.iter().map(|status| status.pending).sum();
        let failed: i64 = statuses.iter().map(|status| status.failed).sum();
        Ok(facts([("pending", json!(pending)), ("failed", json!(failed))]))
    }
}

fn facts<const N: usize>(facts: [(&str, serde_json::Value); N]) -> Facts {
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
