//! A check of an entitlement over HTTP, against a bare handler that returns the same JSON.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::routing::get;
use axum::{Json, Router};
use domain::OrganizationId;
use serde_json::Value;

use super::{Bench, Field};
use crate::customers;
use crate::ground::Ground;
use crate::http::{self, Connection};
use crate::load::{Client, closed_loop};
use crate::measure::{Fault, Sample, Side, take_turns};
use crate::report::{By, Finding};
use crate::service::{self, Service};

/// Kept connections, each with one request at a time.
const CONNECTIONS: usize = 32;

/// What is read.
fn path(organization: &OrganizationId) -> String {
    format!("/v1/organizations/{organization}/entitlements/whatsapp_messages")
}

pub struct Check;

#[async_trait(?Send)]
impl Bench for Check {
    fn name(&self) -> &'static str {
        "check"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let executor = ground.executor().await?;
        customers::settle(&executor, 1).await?;
        let (api, key) = service::api(&ground, &executor, field).await?;
        let path = path(&customers::id(0)?);
        let request: Arc<[u8]> = http::get(&path, &key).into();

        let answer: Value = serde_json::from_slice(Connection::open(api.address).await?.call(&request).await?)?;
        let answer = Arc::new(answer);
        let bare = Router::new().route(&path, get(move || std::future::ready(Json(answer.clone()))));
        let bare = Service::begin(bare).await?;

        let sides: Vec<Box<dyn Side>> = vec![
            Box::new(Readers::begin("tollgate: GET ../entitlements/{feature}", &api, &request).await?),
            Box::new(Readers::begin("bare axum handler, same JSON", &bare, &request).await?),
        ];
        let sides = take_turns(sides, field).await?;
        drop((api, bare));
        ground.clear().await?;
        let finding = Finding {
            bench: self.name(),
            what: format!("one check over HTTP, {CONNECTIONS} kept connections"),
            unit: Some("requests"),
            sides,
            ..Finding::default()
        };
        Ok(finding.compare(By::Rate, &[Some("at least 0.7")]))
    }
}

struct Readers {
    name: &'static str,
    clients: Vec<Reader>,
}

impl Readers {
    async fn begin(name: &'static str, service: &Service, request: &Arc<[u8]>) -> Result<Self, Fault> {
        let mut clients = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            clients.push(Reader { connection: Connection::open(service.address).await?, request: request.clone() });
        }
        Ok(Self { name, clients })
    }
}

#[async_trait]
impl Side for Readers {
    fn name(&self) -> &str {
        self.name
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        closed_loop(&mut self.clients, span).await
    }
}

struct Reader {
    connection: Connection,
    request: Arc<[u8]>,
}

impl Client for Reader {
    async fn call(&mut self) -> Result<u64, Fault> {
        self.connection.call(&self.request).await?;
        Ok(0)
    }
}
