//! How long after its answer a command is seen in `read.balance`, while everything runs as in `tollgate up`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream;
use async_trait::async_trait;
use domain::stream::Owner;
use event_store::{Executor, Feed};
use nats::{JetStreamFeed, Link, Relay, Topology};
use projections::Board;
use sqlx::postgres::PgPool;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use super::{Bench, Field, LEDGERS};
use crate::customers::{Work, settle, submission};
use crate::ground::Ground;
use crate::load::{Dice, micros};
use crate::measure::{Fault, Sample, Side, take_turns};
use crate::report::Finding;

/// Commands sent every millisecond, whether or not those before are answered.
const COMMANDS_A_MILLISECOND: usize = 2;

/// How often the table is looked at: lags are this much too long at most.
const LOOK: Duration = Duration::from_millis(1);

/// How long the last commands may take to be seen.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Lag;

#[async_trait(?Send)]
impl Bench for Lag {
    fn name(&self) -> &'static str {
        "lag"
    }

    async fn run(&self, field: &Field) -> Result<Finding, Fault> {
        let ground = Ground::prepare(&field.database_url).await?;
        let executor = ground.executor().await?;
        let ledgers = settle(&executor, LEDGERS).await?;
        let system = System::begin(&ground, &executor, &field.nats_url).await?;
        let sides: Vec<Box<dyn Side>> = vec![Box::new(Seen { executor, ledgers, pool: ground.pool() })];
        let sides = take_turns(sides, field).await;
        system.stop().await?;
        let sides = sides?;
        ground.clear().await?;
        Ok(Finding {
            bench: self.name(),
            what: "from a top-up's answer until it is in read.balance, at 2,000 commands/s".to_owned(),
            unit: Some("commands"),
            sides,
            notes: vec!["relay, all projections and processors run; target: p99 at most 100 ms".to_owned()],
            ..Finding::default()
        })
    }
}

/// What runs beside the API in `tollgate up`.
struct System {
    link: Link,
    topology: Topology,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl System {
    async fn begin(ground: &Ground, executor: &Executor, nats_url: &str) -> Result<Self, Fault> {
        let name = Uuid::now_v7().simple().to_string();
        let topology = Topology { prefix: format!("BENCH_{name}"), root: format!("bench_{name}") };
        let link = Link::open(nats_url, "bench").await?;
        let feed: Arc<dyn Feed> = Arc::new(JetStreamFeed::start(&link, &topology, ground.log(), 1));
        let relay = Relay::new(link.clone(), topology.clone(), ground.log(), 1);
        let (stop, mut tasks) = (watch::Sender::new(false), JoinSet::new());
        let (heads, stopped) = (executor.clone(), stop.subscribe());
        tasks.spawn(async move { relay.run(|partition| heads.head(partition), stopped).await });
        tasks.spawn(projections::run(ground.pool(), feed.clone(), 1, stop.subscribe(), Board::default()));
        tasks.spawn(processors::run(ground.pool(), feed, executor.clone(), stop.subscribe()));
        Ok(Self { link, topology, stop, tasks })
    }

    async fn stop(mut self) -> Result<(), Fault> {
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        jetstream::new(self.link.client().clone()).delete_stream(self.topology.stream(0)).await?;
        Ok(())
    }
}

/// A command that was answered: its position, and when.
type Answered = (i64, Instant);

struct Seen {
    executor: Executor,
    ledgers: Arc<[Owner]>,
    pool: PgPool,
}

#[async_trait]
impl Side for Seen {
    fn name(&self) -> &str {
        "acknowledged until visible"
    }

    async fn round(&mut self, span: Duration) -> Result<Sample, Fault> {
        let (answers, answered) = mpsc::unbounded_channel();
        let sending = tokio::spawn(send(self.executor.clone(), self.ledgers.clone(), answers, span));
        let sample = look(&self.pool, answered).await?;
        sending.await??;
        Ok(Sample { elapsed: span, ..sample })
    }
}

/// Sends at an even pace; what a slow answer delays is not sent later, but in time.
async fn send(
    executor: Executor,
    ledgers: Arc<[Owner]>,
    answers: mpsc::UnboundedSender<Answered>,
    span: Duration,
) -> Result<(), Fault> {
    let (command, mut dice) = (Work::TopUp.command()?, Dice::new(1));
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (begun, mut sent) = (Instant::now(), JoinSet::new());
    while begun.elapsed() < span {
        ticks.tick().await;
        for _ in 0..COMMANDS_A_MILLISECOND {
            let owner = ledgers.get(dice.throw(ledgers.len())).ok_or("there is no ledger")?.clone();
            let (executor, answers, command) = (executor.clone(), answers.clone(), command.clone());
            sent.spawn(async move {
                let applied = executor.execute(submission(owner, command)).await?;
                // Nobody listens any more once the bench has failed, and that is told elsewhere.
                let _ = answers.send((applied.position, Instant::now()));
                Ok::<_, Fault>(())
            });
        }
    }
    for answer in sent.join_all().await {
        answer?;
    }
    Ok(())
}

/// Looks at the table again and again until everything that was answered has been seen.
async fn look(pool: &PgPool, mut answered: mpsc::UnboundedReceiver<Answered>) -> Result<Sample, Fault> {
    let mut sample = Sample::default();
    let mut waiting: Vec<Answered> = Vec::new();
    let mut moved = Instant::now();
    loop {
        let visible: Option<i64> = sqlx::query_scalar("SELECT max(position) FROM read.balance").fetch_one(pool).await?;
        let seen = Instant::now();
        let visible = visible.unwrap_or_default();
        // Answers that came while the table was read are judged by the next look.
        let before = waiting.len();
        waiting.retain(|(position, at)| {
            let is_seen = *position <= visible;
            if is_seen {
                sample.latencies.push(micros(seen.saturating_duration_since(*at)));
            }
            !is_seen
        });
        if waiting.len() < before {
            moved = seen;
        }
        while let Ok(answer) = answered.try_recv() {
            waiting.push(answer);
        }
        if waiting.is_empty() && answered.is_closed() && answered.is_empty() {
            break;
        }
        if !waiting.is_empty() && moved.elapsed() > PATIENCE {
            return Err("read.balance does not move".into());
        }
        sleep(LOOK).await;
    }
    sample.count = u64::try_from(sample.latencies.len())?;
    Ok(sample)
}
