//! One point, one victim: stop there, kill, start again, and see whether all is as if nothing had happened.

use std::fmt;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::load::{Load, Sent, Tally, mix};
use super::pause::Pause;
use super::world::{self, World};
use crate::client::{PATIENCE, shortly};
use crate::system::System;
use replay::laws::{self, Log, Work};

/// Commands of one trial: enough for every point to be passed a few times.
const COMMANDS: usize = 80;

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// The process that stands at the point.
    Itself,
    /// The database, while the process stands at the point.
    Postgres,
    /// The broker, while the process stands at the point.
    Nats,
}

/// Why a process comes by a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Commands are enough.
    Load,
    /// Postgres dies under the load, once before.
    PostgresDied,
    /// The stream was spoiled while the engine was away.
    StreamSpoiled,
    /// A projection is rebuilt, by a process of its own.
    Rebuild,
}

/// A row of the table: where to stop, and what to kill there.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The point.
    pub point: &'static str,
    /// At which time to stop.
    pub nth: u32,
    /// What leads there.
    pub cause: Cause,
    /// What is killed, one trial each.
    pub victims: &'static [Victim],
}

/// How a trial went.
#[derive(Debug)]
pub struct Report {
    point: &'static str,
    victim: Victim,
    tally: Tally,
    /// From the start of what was killed to all services being back.
    pub away: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { acknowledged, applied_unheard, lost_on_the_way } = self.tally;
        let victim = format!("{:?}", self.victim);
        write!(f, "{:<26}{victim:<10}back after {:>5.2} s", self.point, self.away.as_secs_f64())?;
        write!(f, "; {acknowledged} acknowledged, {applied_unheard} applied unheard, {lost_on_the_way} not applied")
    }
}

/// A system and its customers, for one trial after another.
pub struct Stage {
    /// The system.
    pub system: System,
    /// Its customers.
    pub world: World,
    trials: usize,
}

impl Stage {
    /// Starts a system with customers.
    pub async fn set() -> Self {
        Self::set_on(System::start().await).await
    }

    /// Brings customers into a system.
    pub async fn set_on(system: System) -> Self {
        let world = world::prepare(&system.client()).await;
        Self { system, world, trials: 0 }
    }

    /// Tries every row with every victim.
    pub async fn play(&mut self, rows: &[Row]) {
        for row in rows {
            for victim in row.victims {
                let report = self.try_one(*row, *victim).await;
                println!("{report}");
                assert!(report.away < Duration::from_secs(30), "{report}");
            }
        }
    }

    async fn try_one(&mut self, row: Row, victim: Victim) -> Report {
        self.trials += 1;
        let name = format!("trial{}", self.trials);
        let pause = Pause::at(row.point, row.nth, self.system.folder());
        let mut rebuilding = self.arm(row, &pause).await;
        let load = Load::begin(&self.system.client(), mix(&name, COMMANDS, &self.world));
        if row.cause == Cause::PostgresDied {
            wait_for(|| load.acknowledged() >= COMMANDS / 4).await;
            self.system.kill_postgres().await;
            self.system.start_postgres().await;
        }
        pause.reached().await;
        if rebuilding.is_some() {
            // The rebuild stands still and must hold nobody up.
            wait_for(|| load.acknowledged() >= COMMANDS / 2 || load.is_over()).await;
        }
        let started = self.kill(victim, &mut rebuilding, &pause).await;
        self.probe(&name).await;
        let away = started.elapsed();
        let tally = load.settle(&self.system.client(), self.system.database_url()).await;
        finish(rebuilding);
        self.inspect().await;
        Report { point: row.point, victim, tally, away }
    }

    /// Starts the process that will stop at the point.
    async fn arm(&mut self, row: Row, pause: &Pause) -> Option<Child> {
        if row.cause == Cause::Rebuild {
            let mut rebuild = self.system.tollgate(&["project", "--rebuild", "balance"]);
            rebuild.envs(pause.variables()).stdout(Stdio::null()).stderr(Stdio::null());
            return Some(rebuild.spawn().expect("the rebuild starts"));
        }
        self.system.kill_engine();
        if row.cause == Cause::StreamSpoiled {
            spoil_the_stream(self.system.nats_url()).await;
        }
        self.system.start_engine_with(&pause.variables()).await;
        None
    }

    /// Kills the victim and starts it again; answers when that began.
    async fn kill(&mut self, victim: Victim, rebuilding: &mut Option<Child>, pause: &Pause) -> Instant {
        let started = match (victim, rebuilding.take()) {
            (Victim::Itself, Some(mut child)) => {
                child.kill().expect("the rebuild is killed");
                child.wait().expect("the rebuild has ended");
                pause.release();
                let again = self.system.tollgate(&["project", "--rebuild", "balance"]).output();
                let started = Instant::now();
                assert!(again.expect("the rebuild runs").status.success(), "a rebuild after one that was killed");
                started
            }
            (Victim::Itself, None) => {
                self.system.kill_engine();
                pause.release();
                let started = Instant::now();
                self.system.start_engine().await;
                started
            }
            (Victim::Postgres, child) => {
                *rebuilding = child;
                self.system.kill_postgres().await;
                let started = Instant::now();
                self.system.start_postgres().await;
                started
            }
            (Victim::Nats, child) => {
                *rebuilding = child;
                self.system.kill_nats().await;
                let started = Instant::now();
                self.system.start_nats().await;
                started
            }
        };
        pause.release();
        started
    }

    /// A command is accepted, and then everything catches up with it.
    async fn probe(&self, name: &str) {
        let client = self.system.client();
        let probe = Sent::message(format!("{name}-probe"));
        client.insist(&probe.key, &probe.path, &probe.body).await.expect(200);
        client.until("/v1/health", |health| self.system.has_settled(health)).await;
    }

    /// The checker, an auditor of its own, and the auditor's binary find nothing.
    pub async fn inspect(&self) {
        self.system.client().until("/v1/health", |health| self.system.has_settled(health)).await;
        let log = Log::read(self.system.database_url()).await.expect("the log");
        let violations = laws::check(&log, Work::Settled);
        let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
        let verified = self.system.replay(&["verify"]);
        let text = [verified.stdout, verified.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(verified.status.success(), "{}", text.concat());
    }
}

/// A rebuild that was released may end either way: its servers were killed under it.
fn finish(rebuilding: Option<Child>) {
    if let Some(mut child) = rebuilding {
        child.wait().expect("the rebuild ends");
    }
}

async fn wait_for(is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "the load does not get on");
        shortly().await;
    }
}

/// Publishes into the log's stream what the log does not know, as a relay of another log would.
async fn spoil_the_stream(nats_url: &str) {
    let link = nats::Link::open(nats_url, "tests").await.expect("nats");
    let subject = nats::Topology::default().entrance(0, "agencia.nobody.organization.nothing");
    let published = async_nats::jetstream::new(link.client().clone()).publish(subject, "{}".into()).await;
    published.expect("it is sent").await.expect("it is stored");
}
