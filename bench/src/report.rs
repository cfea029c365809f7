//! What was found, for people and as JSON.

use std::fmt;

use serde::Serialize;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::benches::Field;
use crate::machine::{self, Machine, Memory};
use crate::measure::{Fault, Measured};

/// Everything one run measured.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    postgres: String,
    load_average: Option<f64>,
    seconds: u64,
    rounds: u32,
    /// The benches, in the order in which they ran.
    pub findings: Vec<Finding>,
}

/// What one bench found.
#[derive(Debug, Default, Serialize)]
pub struct Finding {
    /// The bench.
    pub bench: &'static str,
    /// What every side does.
    pub what: String,
    /// What is counted: commands, events, requests; nothing where only the time of one matters.
    pub unit: Option<&'static str>,
    /// The sides, ours first.
    pub sides: Vec<Measured>,
    /// Ours to others.
    pub ratios: Vec<Ratio>,
    /// What one must know to read the numbers.
    pub notes: Vec<String>,
    /// How busy the machine was when the bench began.
    pub load_average: Option<f64>,
    /// How much memory the bench took.
    pub memory: Memory,
}

/// One number by another.
#[derive(Debug, Serialize)]
pub struct Ratio {
    of: String,
    to: String,
    by: By,
    value: Option<f64>,
    /// What was hoped for; never enforced.
    target: Option<&'static str>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// How much a second; more is better.
    Rate,
    /// How long in the middle; less is better.
    P50,
}

impl Ratio {
    /// Divides one side's number by another's.
    pub fn new(of: &Measured, to: &Measured, by: By, target: Option<&'static str>) -> Self {
        let number = |side: &Measured| match by {
            By::Rate => Some(side.rate),
            By::P50 => side.p50_ms,
        };
        let value = number(of).zip(number(to)).filter(|(_, to)| *to > 0.0).map(|(of, to)| of / to);
        Self { of: of.side.clone(), to: to.side.clone(), by, value, target }
    }
}

impl Finding {
    /// Divides the first side, ours, by every other one; `targets` has what was hoped for, in the order of the others.
    pub fn compare(mut self, by: By, targets: &[Option<&'static str>]) -> Self {
        if let Some((ours, others)) = self.sides.split_first() {
            let targets = targets.iter().copied().chain(std::iter::repeat(None));
            self.ratios =
                others.iter().zip(targets).map(|(other, target)| Ratio::new(ours, other, by, target)).collect();
        }
        self
    }
}

impl Report {
    /// Begins with what the machine is.
    pub async fn begin(field: &Field) -> Result<Self, Fault> {
        let mut connection = PgConnection::connect(&field.database_url).await?;
        let version: String = sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await?;
        Ok(Self {
            machine: machine::look(),
            postgres: version.split(' ').next().unwrap_or_default().to_owned(),
            load_average: machine::load_average(),
            seconds: field.span.as_secs(),
            rounds: field.rounds,
            findings: Vec::new(),
        })
    }

    /// One line about the run.
    pub fn headline(&self) -> String {
        format!(
            "{}, client on the same machine; Postgres {}, fsync on; {} rounds, {} s a bench; load average {}",
            self.machine,
            self.postgres,
            self.rounds,
            self.seconds,
            shown(self.load_average, |load| format!("{load:.1}")),
        )
    }
}

impl Finding {
    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.map_or_else(String::new, |unit| format!("{unit}/s"));
        let rounds = if self.unit.is_some() { "   each round" } else { "" };
        writeln!(f, "  {:42}{unit:>13}{:>12}{:>12}{rounds}", "", "p50", "p99")?;
        for side in &self.sides {
            let rate = |rate: f64| self.unit.map_or_else(String::new, |_| grouped(rate));
            let rounds: Vec<String> = side.rates.iter().map(|each| rate(*each)).collect();
            write!(f, "  {:42}{:>13}", side.side, rate(side.rate))?;
            write!(f, "{:>12}{:>12}", shown(side.p50_ms, milliseconds), shown(side.p99_ms, milliseconds))?;
            writeln!(f, "   {}", rounds.join(" ").trim_end())?;
            if side.conflicts > 0.0 {
                writeln!(f, "  {:42}{:>13} conflicts/s", "", grouped(side.conflicts))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.bench, self.what)?;
        self.table(f)?;
        for Ratio { of, to, by, value, target } in &self.ratios {
            let by = match by {
                By::Rate => "",
                By::P50 => ", p50",
            };
            write!(f, "  {:68}{:>11}", format!("{of} / {to}{by}"), shown(*value, |value| format!("{value:.2}")))?;
            writeln!(f, "{}", target.map_or_else(String::new, |target| format!("   target: {target}")))?;
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        let load = shown(self.load_average, |load| format!("{load:.1}"));
        write!(f, "  memory: {}; load average before: {load}", self.memory)
    }
}

/// `100,000`.
pub fn counted(value: i64) -> String {
    if value < 100 { value.to_string() } else { grouped(value as f64) }
}

fn shown(value: Option<f64>, show: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| "-".to_owned(), show)
}

fn milliseconds(value: f64) -> String {
    if value < 10.0 { format!("{value:.2} ms") } else { format!("{value:.1} ms") }
}

/// `41,203`; below a hundred with one decimal.
pub fn grouped(value: f64) -> String {
    if value < 100.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
