//! What is measured. Each bench prepares its own ground, lets its sides take turns, and clears up.

mod check;
mod cold_start;
mod consume_http;
mod deadlines;
mod lag;
mod memory;
mod project;
mod relay;
mod replay;
mod store_hot;
mod store_latency;
mod store_uniform;

use std::time::Duration;

use async_trait::async_trait;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::customers::Work;
use crate::measure::Fault;
use crate::report::Finding;

/// Ledgers, where a bench uses many.
const LEDGERS: usize = 1_000;

/// Commands in flight, where a bench loads the store to the full.
const IN_FLIGHT: usize = 1_024;

/// Clients of postgres-es: more of them only wait for each other.
const FRAMEWORK_CLIENTS: u32 = 32;

/// Where a bench is run, and how long.
pub struct Field {
    /// The server, with all rights.
    pub database_url: String,
    /// NATS, with all rights.
    pub nats_url: String,
    /// What the API's `/metrics` would render.
    pub metrics: PrometheusHandle,
    /// How long a bench measures.
    pub span: Duration,
    /// How often every side has its turn.
    pub rounds: u32,
    /// Events there are before it begins, if somebody chose.
    pub events: Option<i64>,
    /// Is it only for watching what our side does?
    pub alone: bool,
    /// What is asked of ledgers.
    pub work: Work,
}

/// Something that is measured.
#[async_trait(?Send)]
pub trait Bench: Sync {
    /// What it is called on the command line.
    fn name(&self) -> &'static str;

    /// Measures.
    async fn run(&self, field: &Field) -> Result<Finding, Fault>;
}

/// Every bench, in the order in which they run.
pub const ALL: &[&dyn Bench] = &[
    &store_uniform::StoreUniform,
    &store_hot::StoreHot,
    &store_latency::StoreLatency,
    &check::Check,
    &consume_http::ConsumeHttp,
    &relay::RelayBench,
    &project::Project,
    &replay::Replay,
    &lag::Lag,
    &deadlines::Deadlines,
    &cold_start::ColdStart,
    &memory::Memory,
];

/// Their names.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|bench| bench.name())
}
