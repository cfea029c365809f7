//! Is NATS well, and how quick is it?

use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, timeout};

use crate::link::{Link, NatsError, failed};

/// How long a measurement may take; a health page must answer while NATS does not.
const MEASURE_MAX: Duration = Duration::from_secs(1);

/// How quick NATS answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// A message to ourselves and back.
    pub round_trip: Duration,
    /// A question to JetStream.
    pub jetstream: Duration,
}

/// Sends a message to ourselves, then asks JetStream; both must answer within a second.
pub async fn measure(link: &Link) -> Result<Latency, NatsError> {
    link.check_connected()?;
    let begun = Instant::now();
    timeout(MEASURE_MAX, async {
        echo(link).await?;
        let round_trip = begun.elapsed();
        link.check().await?;
        Ok(Latency { round_trip, jetstream: begun.elapsed().saturating_sub(round_trip) })
    })
    .await
    .unwrap_or_else(|_| Err(failed("answer within a second")("timed out")))
}

async fn echo(link: &Link) -> Result<(), NatsError> {
    let client = link.client();
    let inbox = client.new_inbox();
    let mut subscription = client.subscribe(inbox.clone()).await.map_err(failed("subscribe"))?;
    client.publish(inbox, Vec::new().into()).await.map_err(failed("publish"))?;
    subscription.next().await.map(|_| ()).ok_or_else(|| failed("echo")("the subscription ended"))
}
