//! The roles of a Tollgate process: API, relay, projections, processors. One process may have all of them or one each.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::{HealthCheck, RateLimits};
use event_store::{Database, DatabaseError, Executor, Feed, Log, Role};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use nats::{JetStreamFeed, Link, NatsError, Relay, Topology};
use sqlx::postgres::PgPool;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::checkpoints::{Checkpoints, CheckpointsError, Settings};
use crate::health;

/// Connections for projections and processors: one for each of their tasks, as long as there are few partitions.
const POOL_CONNECTIONS_MAX: u32 = 24;

/// Connections for the API's reads.
const API_CONNECTIONS_MAX: u32 = 16;

/// How often metrics and rate limits are tidied up, and metrics measured where nothing that happens would set them: a
/// collector asks every 15 seconds or so.
const UPKEEP_PERIOD: Duration = Duration::from_secs(10);

/// Why a process cannot begin its work.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// Postgres cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// NATS is there, but cannot be used.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// The address of the API is taken.
    #[error("the API cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Something else records metrics in this process.
    #[error("metrics cannot be recorded")]
    Metrics(#[from] BuildError),
}

/// A process with its connections, ready to take roles.
pub struct Process {
    database: Database,
    log: Log,
    pool: PgPool,
    partitions: i32,
    link: Link,
    topology: Topology,
    feed: Arc<JetStreamFeed>,
    checks: Vec<Arc<dyn HealthCheck>>,
    metrics: PrometheusHandle,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    checkpoints: Option<JoinHandle<Checkpoints>>,
}

impl Process {
    /// Connects. Postgres must be there; NATS may be away and come later.
    pub async fn connect(database_url: &str, nats_url: &str) -> Result<Self, RoleError> {
        let metrics = PrometheusBuilder::new().install_recorder()?;
        let database = Database::at(database_url)?;
        let partitions = database.partitions().await?;
        let pool = database.pool(Role::Engine, POOL_CONNECTIONS_MAX);
        let log = Log::new(pool.clone());
        let link = Link::open(nats_url, "tollgate").await?;
        let topology = Topology::default();
        let feed = Arc::new(JetStreamFeed::start(&link, &topology, log.clone(), partitions));
        let checks: Vec<Arc<dyn HealthCheck>> =
            vec![Arc::new(health::Postgres(pool.clone())), Arc::new(health::Nats(link.clone()))];
        let (stop, mut tasks) = (watch::Sender::new(false), JoinSet::new());
        let (histograms, counted) = (metrics.clone(), pool.clone());
        tasks.spawn(regularly(stop.subscribe(), async move || {
            // Histograms keep every sample until they are tidied up, read or not.
            histograms.run_upkeep();
            // Counting to-do rows sets their gauges.
            let _ = processors::statuses(&counted).await;
        }));
        Ok(Self {
            database,
            log,
            pool,
            partitions,
            link,
            topology,
            feed,
            checks,
            metrics,
            stop,
            tasks,
            checkpoints: None,
        })
    }

    /// Starts an executor on the log.
    pub async fn executor(&self) -> Result<Executor, RoleError> {
        Ok(Executor::start(&self.database).await?)
    }

    /// Publishes the log to NATS. An executor of this process rings at once; others are noticed within 100 ms.
    pub fn relay(&mut self, executor: Option<&Executor>) {
        let relay = Relay::new(self.link.clone(), self.topology.clone(), self.log.clone(), self.partitions);
        self.checks.push(Arc::new(health::RelayLag::new(self.log.clone(), relay.clone(), self.partitions)));
        let executor = executor.cloned();
        let stop = self.stop.subscribe();
        self.spawn(async move {
            relay.run(|partition| executor.as_ref().and_then(|executor| executor.head(partition)), stop).await;
        });
    }

    /// Keeps all projections.
    pub fn project(&mut self) {
        let board = projections::Board::default();
        let lag = health::ProjectionLag::new(self.log.clone(), self.pool.clone(), board.clone(), self.partitions);
        self.checks.push(Arc::new(lag));
        let (pool, partitions, stop) = (self.pool.clone(), self.partitions, self.stop.subscribe());
        let feed: Arc<dyn Feed> = self.feed.clone();
        self.spawn(async move { projections::run(pool, feed, partitions, stop, board).await });
    }

    /// Runs all processors.
    pub fn process(&mut self, executor: &Executor) {
        self.checks.push(Arc::new(health::Processors(self.pool.clone())));
        let (pool, stop) = (self.pool.clone(), self.stop.subscribe());
        let (feed, executor): (Arc<dyn Feed>, _) = (self.feed.clone(), executor.clone());
        self.spawn(async move { processors::run(pool, feed, executor, stop).await });
    }

    /// Signs the heads of the log now and then, and once more when all else has stopped.
    pub fn checkpoints(&mut self, data: &Path, settings: &Settings, period: Duration) -> Result<(), CheckpointsError> {
        let checkpoints = Checkpoints::open(self.log.clone(), self.partitions, data, settings)?;
        let (newest, log, partitions) = (checkpoints.newest(), self.log.clone(), self.partitions);
        self.tasks.spawn(regularly(self.stop.subscribe(), async move || {
            let _ = newest.measure(&log, partitions).await;
        }));
        self.checkpoints = Some(tokio::spawn(checkpoints.keep(period, self.stop.subscribe())));
        Ok(())
    }

    /// Serves the API. Answers the address it listens on, which is another one than asked for if that has port 0.
    pub async fn serve(
        &mut self,
        executor: &Executor,
        address: SocketAddr,
        rates: &RateLimits,
    ) -> Result<SocketAddr, RoleError> {
        let failed = |source| RoleError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let bound = listener.local_addr().map_err(failed)?;
        let gate = api::Gate {
            executor: executor.clone(),
            pool: self.database.pool(Role::Engine, API_CONNECTIONS_MAX),
            checks: self.checks.clone(),
            rates: rates.clone(),
            metrics: self.metrics.clone(),
        };
        let rates = rates.clone();
        self.tasks.spawn(regularly(self.stop.subscribe(), async move || rates.forget_full()));
        let mut stop = self.stop.subscribe();
        let serving = axum::serve(listener, api::router(gate)).with_graceful_shutdown(async move {
            let _ = stop.wait_for(|stop| *stop).await;
        });
        self.spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the API has stopped");
            }
        });
        Ok(bound)
    }

    /// A pool for what a role does once at its start.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Lets every role finish what it is doing.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        let Some(checkpoints) = self.checkpoints.take() else { return };
        if let Ok(mut checkpoints) = checkpoints.await {
            checkpoints.write_or_log().await;
        }
    }

    fn spawn(&mut self, role: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(role);
    }
}

/// Does something now and then. That Postgres is away meanwhile is told by health.
async fn regularly(mut stop: watch::Receiver<bool>, mut work: impl AsyncFnMut()) {
    let mut ticks = tokio::time::interval(UPKEEP_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stop.borrow() {
        tokio::select! {
            _ = ticks.tick() => work().await,
            _ = stop.changed() => {}
        }
    }
}
