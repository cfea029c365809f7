//! A gate with its own database, and a caller with a key.

use std::sync::Arc;
use std::time::Duration;

use api::{Gate, HealthCheck, RateLimits};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use domain::OrganizationId;
use domain::stream::Owner;
use event_store::{Executor, PolledFeed, Role};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use sqlx::postgres::PgPool;
use testkit::{TestDatabase, unique};
use tokio::sync::watch;
use tower::ServiceExt;

/// Where a command stands in the log, by its receipt.
pub fn place(receipt: &Value) -> Value {
    json!({ "partition": receipt["partition"], "position": receipt["position"] })
}

/// Everything behind the API, and the key to it.
pub struct House {
    pub database: TestDatabase,
    pub executor: Executor,
    pub pool: PgPool,
    pub router: Router,
    pub key: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Bytes,
}

impl Reply {
    /// The body, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Status and code of a problem.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        (self.status.as_u16(), self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The reply, if it is a success.
    #[track_caller]
    pub fn accepted(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.json());
        self.json()
    }
}

impl House {
    /// An empty house.
    pub async fn build() -> Self {
        Self::with_checks(Vec::new()).await
    }

    /// An empty house whose health is asked of these.
    pub async fn with_checks(checks: Vec<Arc<dyn HealthCheck>>) -> Self {
        Self::with(checks, RateLimits::default()).await
    }

    /// An empty house whose callers may ask so often.
    pub async fn with_rates(rates: RateLimits) -> Self {
        Self::with(Vec::new(), rates).await
    }

    async fn with(checks: Vec<Arc<dyn HealthCheck>>, rates: RateLimits) -> Self {
        let database = TestDatabase::create().await;
        let (executor, pool) = (database.executor().await, database.pool(Role::Engine));
        let key = api::auth::create_admin_key(&pool).await.unwrap();
        let metrics = PrometheusBuilder::new().build_recorder().handle();
        let gate = Gate { executor: executor.clone(), pool: pool.clone(), checks, rates, metrics };
        Self { database, executor, pool, router: api::router(gate), key }
    }

    /// A house that sells `agencia`.
    pub async fn with_agencia() -> Self {
        let house = Self::build().await;
        testkit::send(&house.executor, testkit::product("agencia"), testkit::agencia()).await.unwrap();
        house
    }

    /// Folds the projections beside the test, until the sender is dropped.
    pub fn project(&self) -> watch::Sender<bool> {
        let (stop, stopped) = watch::channel(false);
        let feed = Arc::new(PolledFeed::new(self.database.log(), Duration::from_millis(5)));
        let board = projections::Board::default();
        tokio::spawn(projections::run(self.pool.clone(), feed, self.executor.partitions(), stopped, board));
        stop
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        send(&self.router, request).await
    }

    /// Sends a command under a fresh key.
    pub async fn command(&self, route: &str, body: Value) -> Reply {
        self.command_as(&unique("key"), route, body).await
    }

    /// Sends a command under a key. The route is a method and a path: `POST /v1/organizations`.
    pub async fn command_as(&self, command_id: &str, route: &str, body: Value) -> Reply {
        self.send(self.request(route).header("idempotency-key", command_id).body(body.to_string().into()).unwrap())
            .await
    }

    /// Reads a path.
    pub async fn read(&self, path: &str) -> Reply {
        self.send(self.request(&format!("GET {path}")).body(Body::empty()).unwrap()).await
    }

    /// A request with the key and the type of JSON.
    pub fn request(&self, route: &str) -> axum::http::request::Builder {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
    }

    /// Registers an organization of `agencia` and gives its referral code.
    pub async fn register(&self, id: &str, referral_code: Option<&str>) -> String {
        let mut body = json!({ "id": id, "product": "agencia", "time_zone": "America/Santiago" });
        if let Some(code) = referral_code {
            body["referral_code"] = json!(code);
        }
        let answer = self.command("POST /v1/organizations", body).await.accepted();
        answer["referral_code"].as_str().unwrap().to_owned()
    }

    /// Registers an organization of `agencia` and starts its free plan.
    pub async fn with_free_plan(&self, id: &str) {
        self.register(id, None).await;
        let start = format!("POST /v1/organizations/{id}/subscription");
        self.command(&start, json!({ "plan": "gratis" })).await.accepted();
    }

    /// Where the log of an organization is, as answers tell it.
    pub async fn head_of(&self, organization: &str) -> Value {
        let owner = Owner::Organization(OrganizationId::new(organization).unwrap());
        let partition = self.executor.partition_of(&owner);
        json!({ "partition": partition, "position": self.database.log().head(partition).await.unwrap().position })
    }

    /// How many events the log has.
    pub async fn events(&self) -> i64 {
        let mut events = 0;
        for partition in 0..self.executor.partitions() {
            events += self.database.log().head(partition).await.unwrap().position;
        }
        events
    }
}

/// Sends a request to a router.
pub async fn send(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Reply { status: parts.status, headers: parts.headers, bytes: to_bytes(body, usize::MAX).await.unwrap() }
}
