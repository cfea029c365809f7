//! What whoever runs Tollgate looks at: health, metrics, the OpenAPI document and its page.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::{Facts, HealthCheck};
use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::house::{House, Reply};

/// A part of the system that is as it is told to be.
struct Part(&'static str, Result<i64, &'static str>);

#[async_trait]
impl HealthCheck for Part {
    fn name(&self) -> &str {
        self.0
    }

    async fn check(&self) -> Result<Facts, String> {
        self.1.map(|behind| Facts::from_iter([("behind".to_owned(), json!(behind))])).map_err(str::to_owned)
    }
}

/// A part whose check has a fault.
struct Broken;

#[async_trait]
impl HealthCheck for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    async fn check(&self) -> Result<Facts, String> {
        panic!("a fault of the check")
    }
}

async fn look(house: &House, path: &str) -> Reply {
    house.send(Request::builder().uri(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn health_tells_each_part_with_its_latency_and_no_internals() {
    let well: Vec<Arc<dyn HealthCheck>> = vec![Arc::new(Part("postgres", Ok(0))), Arc::new(Part("relay", Ok(3)))];
    let reply = look(&House::with_checks(well).await, "/v1/health").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (200, &json!("ok")));
    let relay = &reply.json()["checks"][1];
    assert_eq!((&relay["name"], &relay["facts"]["behind"]), (&json!("relay"), &json!(3)));
    assert!(relay["latency_ms"].is_u64());

    let ill: Vec<Arc<dyn HealthCheck>> =
        vec![Arc::new(Part("postgres", Ok(0))), Arc::new(Part("nats", Err("nats://10.0.0.7:4222 refused")))];
    let reply = look(&House::with_checks(ill).await, "/v1/health").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (503, &json!("failing")));
    assert_eq!(reply.json()["checks"][1]["status"], "failing");
    assert!(!String::from_utf8_lossy(&reply.bytes).contains("10.0.0.7"));
}

#[tokio::test]
async fn a_check_that_panics_is_listed_as_failing_beside_the_others() {
    let checks: Vec<Arc<dyn HealthCheck>> = vec![Arc::new(Broken), Arc::new(Part("relay", Ok(0)))];
    let reply = look(&House::with_checks(checks).await, "/v1/health").await;
    assert_eq!((reply.status.as_u16(), &reply.json()["status"]), (503, &json!("failing")));
    let told = reply.json();
    let listed: Vec<_> = told["checks"].as_array().unwrap().iter().map(|one| (&one["name"], &one["status"])).collect();
    assert_eq!(listed, [(&json!("broken"), &json!("failing")), (&json!("relay"), &json!("ok"))]);
}

#[tokio::test]
async fn metrics_are_rendered_as_prometheus_reads_them() {
    let reply = look(&House::build().await, "/metrics").await;
    assert_eq!(reply.status, 200);
    assert!(reply.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
}

#[tokio::test]
async fn the_page_of_the_document_loads_nothing_from_elsewhere() {
    let house = House::build().await;
    assert!(look(&house, "/docs").await.status.is_redirection());
    let page = look(&house, "/docs/").await;
    assert_eq!(page.status, 200);
    for file in ["/docs/", "/docs/index.css", "/docs/swagger-initializer.js"] {
        let reply = look(&house, file).await;
        assert_eq!(reply.status, 200, "{file}");
        let text = String::from_utf8_lossy(&reply.bytes).into_owned();
        assert!(!text.contains("http://") && !text.contains("https://"), "{file}: {text}");
    }
    for file in ["/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/swagger-ui-standalone-preset.js"] {
        let reply = look(&house, file).await;
        assert_eq!(reply.status, 200, "{file}");
        assert!(reply.header("content-security-policy").unwrap().starts_with("default-src 'self'"), "{file}");
    }
}

#[test]
fn the_checked_in_document_is_the_one_that_is_served() {
    let document = serde_json::to_string_pretty(&api::openapi()).unwrap();
    expect_test::expect_file!["../../openapi.json"].assert_eq(&format!("{document}\n"));
}

#[test]
fn the_document_is_complete() {
    let document = serde_json::to_value(api::openapi()).unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path} twice");
            let key = json!({ "$ref": "#/components/parameters/IdempotencyKey" });
            let is_named = operation["parameters"].as_array().is_some_and(|parameters| parameters.contains(&key));
            // The items of a batch have names of their own; a consumption has one reversal; questions change nothing.
            let unnamed =
                ["/v1/usage/batch", "/usage/{position}/reverse", "/entitlements/check", "/subscription/preview"];
            let is_unnamed = unnamed.iter().any(|end| path.ends_with(end));
            let is_command = ["post", "put", "delete"].contains(&method.as_str()) && !is_unnamed;
            assert_eq!(is_named, is_command, "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
        }
    }
    dangling(&document, &document);
}

/// Every reference leads somewhere.
fn dangling(document: &serde_json::Value, part: &serde_json::Value) {
    if let Some(reference) = part["$ref"].as_str() {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let members = part.as_object().into_iter().flat_map(|object| object.values());
    members.chain(part.as_array().into_iter().flatten()).for_each(|inner| dangling(document, inner));
}
