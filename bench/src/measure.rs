//! Sides that take turns, and what comes of it.

use std::error::Error;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use serde::Serialize;

use crate::benches::Field;

/// Why a bench cannot go on.
pub type Fault = Box<dyn Error + Send + Sync>;

/// One of those that do the same work.
#[async_trait]
pub trait Side: Send {
    /// What it is called in the report.
    fn name(&self) -> &str;

    /// Works for about `span`, and says how much it did.
    async fn round(&mut self, span: Duration) -> Result<Sample, Fault>;
}

/// What a side did in one round.
#[derive(Debug, Default)]
pub struct Sample {
    /// Commands, events or requests that were done.
    pub count: u64,
    /// How long that took.
    pub elapsed: Duration,
    /// How long each one took, in microseconds; empty where that says nothing.
    pub latencies: Vec<u32>,
    /// Tries that were lost to somebody else's.
    pub conflicts: u64,
}

impl Sample {
    /// So many, begun at that instant and done now.
    pub fn since(begun: Instant, count: u64) -> Self {
        Self { count, elapsed: begun.elapsed(), ..Self::default() }
    }
}

/// What a side did in all its rounds.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// The side.
    pub side: String,
    /// Median of the rounds, a second.
    pub rate: f64,
    /// Every round, a second.
    pub rates: Vec<f64>,
    /// Median of the rounds' medians, in milliseconds.
    pub p50_ms: Option<f64>,
    /// Median of the rounds' 99th percentiles, in milliseconds.
    pub p99_ms: Option<f64>,
    /// Median of the rounds, a second.
    pub conflicts: f64,
}

/// The shortest turn: in less, a slow side has hardly begun.
const TURN_MIN: Duration = Duration::from_secs(1);

/// Lets every side have its turn, again and again: one short turn to get warm, then those that count.
/// The first side is ours.
pub async fn take_turns(mut sides: Vec<Box<dyn Side>>, field: &Field) -> Result<Vec<Measured>, Fault> {
    if field.alone {
        sides.truncate(1);
    }
    let rounds = field.rounds;
    let turns = u32::try_from(sides.len()).unwrap_or(u32::MAX).saturating_mul(rounds);
    let turn = (field.span / turns.max(1)).max(TURN_MIN);
    let mut samples: Vec<Vec<Sample>> = sides.iter().map(|_| Vec::new()).collect();
    for side in &mut sides {
        side.round(turn / 5).await?;
    }
    for _ in 0..rounds {
        for (side, samples) in sides.iter_mut().zip(&mut samples) {
            samples.push(side.round(turn).await?);
        }
    }
    Ok(sides.iter().zip(samples).map(|(side, samples)| Measured::of(side.name(), samples)).collect())
}

impl Measured {
    /// Medians of a side's rounds.
    pub fn of(side: &str, mut samples: Vec<Sample>) -> Self {
        samples.iter_mut().for_each(|sample| sample.latencies.sort_unstable());
        let a_second = |count: u64, sample: &Sample| count as f64 / sample.elapsed.as_secs_f64().max(f64::EPSILON);
        let rates: Vec<f64> = samples.iter().map(|sample| a_second(sample.count, sample)).collect();
        let percentile = |percent| {
            let each: Option<Vec<f64>> = samples.iter().map(|sample| percentile(&sample.latencies, percent)).collect();
            each.map(median)
        };
        Self {
            side: side.to_owned(),
            rate: median(rates.clone()),
            p50_ms: percentile(50),
            p99_ms: percentile(99),
            conflicts: median(samples.iter().map(|sample| a_second(sample.conflicts, sample)).collect()),
            rates,
        }
    }
}

/// In milliseconds; the latencies are sorted.
fn percentile(latencies: &[u32], percent: usize) -> Option<f64> {
    let last = latencies.len().checked_sub(1)?;
    latencies.get(last * percent / 100).map(|micros| f64::from(*micros) / 1_000.0)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2, middle.checked_sub(1).and_then(|below| values.get(below))) {
        (Some(upper), 0, Some(lower)) => f64::midpoint(*lower, *upper),
        (Some(middle), _, _) => *middle,
        (None, _, _) => 0.0,
    }
}
