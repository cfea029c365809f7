//! Consuming over HTTP: what a product's back end sees.

use std::time::Duration;

use async_trait::async_trait;

use super::{Bench, Field, LEDGERS};
use crate::customers::{self, Work};
use crate::ground::Ground;
use crate::http::{self, Connection};
use crate::load::{Client, Dice, closed_loop};
use crate::measure::{Fault, Sample, Side, take_turns};
use crate::report::{By, Finding};
use crate::service::{self, Service};
use crate::stores::Tollgate;

/// Kept connections, each with one command in flight.
const CONNECTIONS: usize = 256;

pub struct ConsumeHttp;

#[async_trait(?Send)]
impl Bench for ConsumeHttp {
    fn name(&self) -> &'static str {
        "consume-http"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let executor = ground.executor().await?;
        let ledgers = customers::settle(&executor, LEDGERS).await?;
        let (api, key) = service::api(&ground, &executor, field).await?;
        let sides: Vec<Box<dyn Side>> = vec![
            Box::new(Callers::begin(&api, &key).await?),
            Box::new(Tollgate::begin("the same without HTTP", &executor, &ledgers, CONNECTIONS, Work::Consume)?),
        ];
        let sides = take_turns(sides, field).await?;
        drop(api);
        ground.clear().await?;
        let finding = Finding {
            bench: self.name(),
            what: format!("POST ../usage of one of {LEDGERS} organizations, {CONNECTIONS} kept connections"),
            unit: Some("commands"),
            sides,
            ..Finding::default()
        };
        Ok(finding.compare(By::Rate, &[]))
    }
}

struct Callers {
    clients: Vec<Caller>,
}

impl Callers {
    async fn begin(api: &Service, key: &str) -> Result<Self, Fault> {
        let mut clients = Vec::with_capacity(CONNECTIONS);
        for number in 0..CONNECTIONS {
            let connection = Connection::open(api.address).await?;
            clients.push(Caller { connection, key: key.to_owned(), dice: Dice::new(number) });
        }
        Ok(Self { clients })
    }
}

#[async_trait]
impl Side for Callers {
    fn name(&self) -> &str {
        "tollgate over HTTP"
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        closed_loop(&mut self.clients, span).await
    }
}

struct Caller {
    connection: Connection,
    key: String,
    dice: Dice,
}

impl Client for Caller {
    async fn call(&mut self) -> Result<u64, Fault> {
        let path = format!("/v1/organizations/{}/usage", customers::id(self.dice.throw(LEDGERS))?);
        let name = customers::fresh_name();
        let request = http::post(&path, &self.key, &name, r#"{"feature":"ai_runs","quantity":"1"}"#);
        self.connection.call(&request).await?;
        Ok(0)
    }
}
