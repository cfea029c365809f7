//! Customers of `agencia`, whose catalog has two versions, and a command line to migrate them with.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::{Interval, Zone};
use domain::catalog::source;
use domain::organization::OverrideValue;
use domain::stream::Owner;
use domain::{
    ActorId, Event, FeatureCode, Money, PlanCode, ProductCode, Quantity, ReasonText, catalog, credit_ledger,
    organization, subscription,
};
use event_store::{Applied, Executor, Failure, Log, PolledFeed, Role};
use futures::{StreamExt, stream};
use testkit::{TestDatabase, of, product, send, unique};
use tokio::sync::watch;

/// More than a page of the list, and not a whole number of them.
pub const CROWD: usize = 600;

const AGENCIA: &str = include_str!("../../../catalogs/agencia.toml");

/// The first version, which also sells a plan by the year, and more runs for nothing.
pub fn first() -> String {
    changed(
        AGENCIA,
        &[
            ("price = { month = \"15\" }", "price = { month = \"15\", year = \"150\" }"),
            ("limit = 1 }\nwhats", "limit = 3 }\nwhats"),
        ],
    )
}

/// Two years later: more for the small, less for the large.
pub fn later() -> String {
    changed(
        &first(),
        &[
            ("thresholds = [70, 85, 95]", "thresholds = [80]"),
            ("[[plans]]\ncode = \"gratis\"", "[features.sla]\nkind = \"flag\"\n[[plans]]\ncode = \"gratis\""),
            ("limit = 50,", "limit = 40,"),
            ("limit = 3 }\nwhats", "limit = 1 }\nwhats"),
            ("price = { month = \"15\", year = \"150\" }", "price = { month = \"18\" }"),
            ("white_label = true", "sla = true"),
        ],
    )
}

/// A text, each first of two replaced by the second.
pub fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (written, otherwise)| {
        assert!(text.contains(written), "{written}");
        text.replacen(written, otherwise, 1)
    })
}

pub struct Customers {
    pub test: TestDatabase,
    /// An engine that goes on while others migrate.
    pub executor: Executor,
}

impl Customers {
    pub async fn of(catalog: &str) -> Self {
        let test = TestDatabase::create().await;
        let customers = Self { executor: test.executor().await, test };
        customers.publish(catalog).await;
        customers
    }

    pub async fn publish(&self, text: &str) {
        let definition = Box::new(source::read("test.toml", text).unwrap());
        send(&self.executor, product("agencia"), catalog::Command::Publish { definition }).await.unwrap();
    }

    pub async fn register(&self, id: &str) -> Owner {
        let register = organization::Command::Register {
            organization: testkit::organization(id),
            product: ProductCode::new("agencia").unwrap(),
            time_zone: Zone::new("America/Lima").unwrap(),
            sponsor: None,
            environment: organization::Environment::Live,
        };
        send(&self.executor, of(id), register).await.unwrap();
        of(id)
    }

    pub async fn start(&self, id: &str, plan: &str) {
        self.start_by(id, plan, Interval::Month).await;
    }

    pub async fn start_by(&self, id: &str, plan: &str, interval: Interval) {
        let owner = self.register(id).await;
        let plan = PlanCode::new(plan).unwrap();
        send(&self.executor, owner, subscription::Command::Start { plan, interval }).await.unwrap();
    }

    pub async fn pay(&self, id: &str, amount: u32) {
        let amount = Money::positive(amount.into(), domain::Currency::new("USD").unwrap()).unwrap();
        send(&self.executor, of(id), subscription::Command::pay_by_hand(amount, None)).await.unwrap();
    }

    pub async fn consume(&self, id: &str, feature: &str, quantity: u32) -> Result<Applied, Failure> {
        let consume = credit_ledger::Consume::of(this(feature), Quantity::positive(quantity.into()).unwrap());
        send(&self.executor, of(id), credit_ledger::Command::from(consume)).await
    }

    pub async fn override_feature(&self, id: &str, feature: &str, value: OverrideValue, until: Option<&str>) {
        let (feature, until) = (this(feature), until.map(|until| until.parse().unwrap()));
        let (reason, actor) = (ReasonText::new("a trial").unwrap(), ActorId::new("support_3").unwrap());
        let command = organization::Command::OverrideFeature { feature, value, reason, actor, until };
        send(&self.executor, of(id), command).await.unwrap();
    }

    pub async fn suspend(&self, id: &str) {
        let (reason, actor) = (ReasonText::new("chargeback").unwrap(), ActorId::new("support_3").unwrap());
        send(&self.executor, of(id), organization::Command::Suspend { reason, actor }).await.unwrap();
    }

    /// So many more on the free plan.
    pub async fn crowd(&self, count: usize) {
        let starting = (0..count).map(async |number| self.start(&format!("crowd-{number:04}"), "gratis").await);
        stream::iter(starting).buffer_unordered(200).collect::<Vec<_>>().await;
    }

    /// Lets the list catch up, then runs `tollgate catalog migrate agencia`.
    pub async fn migrate(&self, arguments: &[&str]) -> String {
        self.fold().await;
        told(&self.migration(arguments).output().unwrap())
    }

    /// Begins the same and does not wait for it. The list is as it is.
    pub fn begin(&self) -> Child {
        self.migration(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    pub async fn fold(&self) {
        let pool = self.test.pool(Role::Engine);
        projections::rebuild(&pool, &Log::new(pool.clone()), "organizations").await.unwrap();
    }

    /// Folds the projections, as a running engine does, until the sender is dropped.
    pub fn project(&self) -> watch::Sender<bool> {
        let (stop, stopped) = watch::channel(false);
        let feed = Arc::new(PolledFeed::new(self.test.log(), Duration::from_millis(5)));
        let (pool, partitions) = (self.test.pool(Role::Engine), self.executor.partitions());
        tokio::spawn(projections::run(pool, feed, partitions, stopped, projections::Board::default()));
        stop
    }

    fn migration(&self, arguments: &[&str]) -> Command {
        let mut command = self.tollgate();
        command.args(["migrate", "agencia"]).args(arguments);
        command
    }

    fn tollgate(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        command.arg("catalog").env("TOLLGATE_DATABASE_URL", &self.test.url);
        command
    }

    /// Runs `tollgate catalog publish` on a catalog.
    pub fn publish_file(&self, text: &str) -> String {
        let path = std::env::temp_dir().join(format!("{}.toml", unique("agencia")));
        fs::write(&path, text).unwrap();
        let output = self.tollgate().arg("publish").arg(&path).output().unwrap();
        fs::remove_file(&path).unwrap();
        told(&output).replace(&path.display().to_string(), "agencia.toml")
    }

    /// How many events the log has.
    pub async fn events(&self) -> i64 {
        let mut events = 0;
        for partition in 0..self.executor.partitions() {
            events += self.test.log().head(partition).await.unwrap().position;
        }
        events
    }

    /// How often each organization was moved, and to which version the last time, by id.
    pub async fn moves(&self) -> BTreeMap<String, (usize, u32)> {
        let (log, mut moves) = (self.test.log(), BTreeMap::new());
        for partition in 0..self.executor.partitions() {
            let mut after = 0;
            loop {
                let events = log.after(partition, after, 5_000).await.unwrap();
                let Some(last) = events.last() else { break };
                after = last.position;
                for recorded in events {
                    if let Event::Subscription(subscription::Event::CatalogMigrated { to, .. }) = recorded.event {
                        let moved: &mut (usize, u32) =
                            moves.entry(recorded.stream.owner.as_str().to_owned()).or_default();
                        *moved = (moved.0 + 1, to);
                    }
                }
            }
        }
        moves
    }
}

fn this(feature: &str) -> FeatureCode {
    FeatureCode::new(feature).unwrap()
}

/// What was printed on both streams, and the exit code if it is not 0.
pub fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = output.status.code().filter(|code| *code != 0);
    let code = code.map_or(String::new(), |code| format!("exit code {code}\n"));
    text(&output.stdout) + &text(&output.stderr) + &code
}

/// Some of each kind, then another version.
pub async fn customers() -> Customers {
    let customers = Customers::of(&first()).await;
    customers.crowd(CROWD).await;
    for id in ["acme", "bolt", "crow", "dune", "echo", "fern", "gale"] {
        customers.start(id, "gratis").await;
        customers.consume(id, "whatsapp_messages", 45).await.unwrap();
    }
    customers.consume("crowd-0000", "whatsapp_messages", 40).await.unwrap();
    customers.start_by("hugo", "starter", Interval::Year).await;
    customers.start("iris", "partner").await;
    customers.pay("iris", 199).await;
    customers.start("juno", "starter").await;
    customers.register("kite").await;
    customers.publish(&later()).await;
    customers.start("lynx", "starter").await;
    customers
}
