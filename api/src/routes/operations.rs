//! What whoever runs Tollgate looks at. Open without a key, so it tells no internals: neither addresses, nor the text
//! of an error, nor anything about customers.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use futures::FutureExt;
use futures::future::join_all;
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::gate::{Facts, Gate, HealthCheck};

/// A part that has not answered by then is as good as away.
const CHECK_PATIENCE: Duration = Duration::from_secs(2);

/// How Tollgate is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, or `failing` if any part is.
    #[schema(example = "ok")]
    status: &'static str,
    /// Its parts.
    checks: Vec<Checked>,
}

/// How a part of it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Checked {
    /// `postgres`, `nats`, `relay`, `projections`.
    #[schema(example = "postgres")]
    name: String,
    /// `ok` or `failing`.
    #[schema(example = "ok")]
    status: &'static str,
    /// How long the check took, in milliseconds.
    #[schema(example = 1)]
    latency_ms: u64,
    /// What it says about itself.
    #[schema(value_type = Object, example = json!({ "events_behind": 0 }))]
    facts: Facts,
}

/// How Tollgate is: Postgres, NATS, and how far the relay and the projections are behind.
#[utoipa::path(
    get, path = "/v1/health", tag = "operations",
    responses(
        (status = 200, description = "Everything works", body = Health),
        (status = 503, description = "Something does not", body = Health),
    )
)]
pub(crate) async fn get_health(State(gate): State<Gate>) -> (StatusCode, Json<Health>) {
    let checks: Vec<Checked> = join_all(gate.checks.iter().map(look)).await;
    let works = checks.iter().all(|checked| checked.status == "ok");
    let code = if works { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Health { status: word(works), checks }))
}

fn word(works: bool) -> &'static str {
    if works { "ok" } else { "failing" }
}

async fn look(check: &Arc<dyn HealthCheck>) -> Checked {
    let started = Instant::now();
    // A check that panics has failed; it must not take the others with it.
    let looking = AssertUnwindSafe(async { check.check().await }).catch_unwind();
    let outcome = timeout(CHECK_PATIENCE, looking).await;
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let outcome = match outcome {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err("it panicked".to_owned()),
        Err(_) => Err(format!("no answer within {CHECK_PATIENCE:?}")),
    };
    if let Err(reason) = &outcome {
        tracing::warn!(check = check.name(), reason, "a health check fails");
    }
    let works = outcome.is_ok();
    Checked { name: check.name().to_owned(), status: word(works), latency_ms, facts: outcome.unwrap_or_default() }
}

/// Metrics, as Prometheus reads them.
#[utoipa::path(
    get, path = "/metrics", tag = "operations",
    responses((status = 200, description = "Metrics", body = String, content_type = "text/plain"))
)]
pub(crate) async fn get_metrics(State(gate): State<Gate>) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], gate.metrics.render())
}
