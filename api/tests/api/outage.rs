//! Postgres away: 503 with `Retry-After`, and nothing half done.

use api::{Gate, RateLimits};
use axum::http::Request;
use event_store::{Database, Role};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::json;
use sqlx::postgres::PgPool;

use crate::house::{House, send};

#[tokio::test]
async fn without_postgres_every_guarded_route_asks_to_come_back() {
    let house = House::with_agencia().await;
    // Nobody listens on port 1.
    let away = Database::at("postgres://tollgate@127.0.0.1:1/away").unwrap().pool(Role::Engine, 1);
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let (checks, rates) = (Vec::new(), RateLimits::default());
    let gate = Gate { executor: house.executor.clone(), pool: away, checks, rates, metrics };
    let router = api::router(gate);

    let before = house.events().await;
    for route in ["POST /v1/organizations", "GET /v1/organizations/juan/credits"] {
        let body = json!({ "product": "agencia", "time_zone": "UTC" }).to_string();
        let request: Request<_> = house.request(route).header("idempotency-key", "k").body(body.into()).unwrap();
        let reply = send(&router, request).await;
        assert_eq!(reply.problem(), (503, "log_unavailable".to_owned()));
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    assert_eq!(house.events().await, before);
}

#[tokio::test]
async fn a_log_that_goes_away_refuses_commands_and_takes_them_again_once_it_is_back() {
    let house = House::with_agencia().await;
    house.with_free_plan("pedro").await;
    // The keys are in another database, which stays.
    let keys = House::build().await;
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let (checks, rates) = (Vec::new(), RateLimits::default());
    let gate = Gate { executor: house.executor.clone(), pool: keys.pool.clone(), checks, rates, metrics };
    let router = api::router(gate);
    let run = async || {
        let body = json!({ "feature": "ai_runs", "quantity": 1 }).to_string();
        let request = keys.request("POST /v1/organizations/pedro/usage").header("idempotency-key", "run-1");
        send(&router, request.body(body.into()).unwrap()).await
    };

    // New connections are refused and the old ones are ended: to the engine, Postgres is away.
    let (server, name) = house.database.url.rsplit_once('/').unwrap();
    let administrator = PgPool::connect(&format!("{server}/postgres")).await.unwrap();
    let allow = async |allowed: bool| {
        let statement = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {allowed}");
        sqlx::query(&statement).execute(&administrator).await.unwrap();
    };
    allow(false).await;
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
        .bind(name)
        .execute(&administrator)
        .await
        .unwrap();
    let reply = run().await;
    assert!([(503, "log_unavailable".to_owned()), (503, "outcome_unknown".to_owned())].contains(&reply.problem()));
    assert_eq!(reply.header("retry-after"), Some("1"));

    allow(true).await;
    let used = testkit::until("the log to be back", async || {
        let reply = run().await;
        reply.status.is_success().then(|| reply.json()["usage"]["used"].clone())
    });
    assert_eq!(used.await, "1");
}
