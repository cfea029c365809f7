//! Servers on the loopback: the API as the engine serves it, or a bare router.

use std::net::{Ipv4Addr, SocketAddr};

use api::auth::create_admin_key;
use api::{Gate, RateLimits, router};
use axum::Router;
use event_store::{Executor, Role};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::benches::Field;
use crate::ground::Ground;
use crate::measure::Fault;

/// Connections for reads, as many as the engine gives its API.
const CONNECTIONS_MAX: u32 = 16;

/// Something that is served until it is dropped.
pub struct Service {
    /// Where it listens.
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Service {
    /// Serves a router.
    pub async fn begin(router: Router) -> Result<Self, Fault> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(async move {
            if let Err(fault) = axum::serve(listener, router).await {
                eprintln!("bench: the server has stopped: {fault}");
            }
        });
        Ok(Self { address, serving })
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Serves the API on a ground, and gives an admin key to it.
pub async fn api(ground: &Ground, executor: &Executor, field: &Field) -> Result<(Service, String), Fault> {
    let pool = ground.database.pool(Role::Engine, CONNECTIONS_MAX);
    let key = create_admin_key(&pool).await?;
    let (checks, rates, metrics) = (Vec::new(), RateLimits::default(), field.metrics.clone());
    let gate = Gate { executor: executor.clone(), pool, checks, rates, metrics };
    Ok((Service::begin(router(gate)).await?, key))
}
