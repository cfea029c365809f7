//! The load: clients that send the next request when they have the answer to the last.

use std::future::Future;
use std::time::{Duration, Instant};

use crate::measure::{Fault, Sample};

/// Somebody who sends one request at a time.
pub trait Client: Send + 'static {
    /// Sends one and waits for its answer; says how many tries were lost to somebody else's.
    fn call(&mut self) -> impl Future<Output = Result<u64, Fault>> + Send;
}

/// Lets all clients send until the time is up. Only what was answered by then counts.
pub async fn closed_loop<C: Client>(clients: &mut Vec<C>, span: Duration) -> Result<Sample, Fault> {
    let deadline = Instant::now() + span;
    let tasks: Vec<_> = clients.drain(..).map(|client| tokio::spawn(drive(client, deadline))).collect();
    let mut total = Sample { elapsed: span, ..Sample::default() };
    for task in tasks {
        let (client, one) = task.await??;
        clients.push(client);
        total.count += one.count;
        total.conflicts += one.conflicts;
        total.latencies.extend(one.latencies);
    }
    Ok(total)
}

async fn drive<C: Client>(mut client: C, deadline: Instant) -> Result<(C, Sample), Fault> {
    let mut done = Sample::default();
    loop {
        let begun = Instant::now();
        if begun >= deadline {
            return Ok((client, done));
        }
        let conflicts = client.call().await?;
        let answered = Instant::now();
        if answered <= deadline {
            done.count += 1;
            done.conflicts += conflicts;
            done.latencies.push(micros(answered - begun));
        }
    }
}

/// An hour fits.
pub fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

/// Chooses one of so many, evenly and cheaply: the high bits of a linear congruential generator (Knuth's MMIX).
pub struct Dice(u64);

impl Dice {
    /// Dice with other throws for every seed.
    pub fn new(seed: usize) -> Self {
        let mut dice = Self(seed as u64);
        dice.throw(1);
        dice
    }

    /// A number below `sides`.
    pub fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % sides.max(1)
    }
}
