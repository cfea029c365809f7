//! `tollgate catalog migrate`: who would gain or lose what, and that each is moved once.

#![allow(clippy::unwrap_used, reason = "a test that unwraps fails and names the place")]

use std::process::{Command, Output};

use domain::calendar::{Interval, Zone};
use domain::catalog::source;
use domain::stream::Owner;
use domain::{FeatureCode, Money, PlanCode, ProductCode, Quantity, catalog, credit_ledger, organization, subscription};
use event_store::{Executor, Log, Role};
use expect_test::expect;
use futures::{StreamExt, stream};
use testkit::{TestDatabase, of, product, send};

/// More than a page of the list, and not a whole number of them.
const ORGANIZATIONS: usize = 600;

const AGENCIA: &str = include_str!("../../catalogs/agencia.toml");

/// Two years later: more for the small, less for the large.
fn later() -> String {
    let changes = [
        ("thresholds = [70, 85, 95]", "thresholds = [80]"),
        ("[[plans]]\ncode = \"gratis\"", "[features.sla]\nkind = \"flag\"\n[[plans]]\ncode = \"gratis\""),
        ("limit = 50,", "limit = 40,"),
        ("price = { month = \"15\" }", "price = { month = \"18\" }"),
        ("white_label = true", "sla = true"),
    ];
    changes.iter().fold(AGENCIA.to_owned(), |text, (written, otherwise)| {
        assert!(text.contains(written), "{written}");
        text.replacen(written, otherwise, 1)
    })
}

struct Customers {
    test: TestDatabase,
    executor: Executor,
}

impl Customers {
    async fn of(catalog: &str) -> Self {
        let test = TestDatabase::create().await;
        let customers = Self { executor: test.executor().await, test };
        customers.publish(catalog).await;
        customers
    }

    async fn publish(&self, text: &str) {
        let definition = Box::new(source::read("test.toml", text).unwrap());
        send(&self.executor, product("agencia"), catalog::Command::Publish { definition }).await.unwrap();
    }

    async fn register(&self, id: &str) -> Owner {
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

    async fn start(&self, id: &str, plan: &str) -> Owner {
        let owner = self.register(id).await;
        let plan = PlanCode::new(plan).unwrap();
        send(&self.executor, of(id), subscription::Command::Start { plan, interval: Interval::Month }).await.unwrap();
        owner
    }

    async fn pay(&self, id: &str, amount: u32) {
        let amount = Money::positive(amount.into(), domain::Currency::new("USD").unwrap()).unwrap();
        send(&self.executor, of(id), subscription::Command::pay_by_hand(amount, None)).await.unwrap();
    }

    async fn consume(&self, id: &str, messages: u32) {
        let feature = FeatureCode::new("whatsapp_messages").unwrap();
        let quantity = Quantity::positive(messages.into()).unwrap();
        send(&self.executor, of(id), credit_ledger::Command::from(credit_ledger::Consume::of(feature, quantity)))
            .await
            .unwrap();
    }

    /// So many more on the free plan.
    async fn crowd(&self, count: usize) {
        let starting = (0..count).map(async |number| self.start(&format!("crowd-{number:04}"), "gratis").await);
        stream::iter(starting).buffer_unordered(200).collect::<Vec<_>>().await;
    }

    /// Lets the list catch up, then runs `tollgate catalog migrate agencia`.
    async fn migrate(&self, arguments: &[&str]) -> String {
        let pool = self.test.pool(Role::Engine);
        projections::rebuild(&pool, &Log::new(pool.clone()), "organizations").await.unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        command.args(["catalog", "migrate", "agencia"]).args(arguments).env("TOLLGATE_DATABASE_URL", &self.test.url);
        told(&command.output().unwrap())
    }
}

/// What was printed on both streams, and the exit code if it is not 0.
fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = output.status.code().filter(|code| *code != 0);
    let code = code.map_or(String::new(), |code| format!("exit code {code}\n"));
    text(&output.stdout) + &text(&output.stderr) + &code
}

/// Some of each kind, then another version.
async fn customers() -> Customers {
    let customers = Customers::of(AGENCIA).await;
    customers.crowd(ORGANIZATIONS).await;
    for id in ["acme", "bolt", "crow", "dune", "echo", "fern", "gale"] {
        customers.start(id, "gratis").await;
        customers.consume(id, 45).await;
    }
    customers.consume("crowd-0000", 40).await;
    customers.start("iris", "partner").await;
    customers.pay("iris", 199).await;
    customers.start("juno", "starter").await;
    customers.register("kite").await;
    customers.publish(&later()).await;
    customers.start("lynx", "starter").await;
    customers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_tells_who_would_gain_or_lose_what() {
    let customers = customers().await;
    expect![[r#"
        from version 1 to 2
          whole product
            ~ alerts at: 70, 85, 95 % -> 80 %
          plan gratis: 607 organizations
            - whatsapp_messages: 50 -> 40
            ! whatsapp_messages: 7 organizations use more than 40 now: acme 45, bolt 45, crow 45, dune 45, echo 45 and 2 more
          plan starter: 1 organization
            - price per month in USD: 15.00 -> 18.00
          plan partner: 1 organization
            + sla: no -> yes
            - white_label: yes -> no

        609 organizations would be moved to version 2
        1 organization on it already
        1 organization without a plan
        nothing was written
    "#]].assert_eq(&customers.migrate(&["--dry-run"]).await);
    expect![[r#"
        from version 1 to 2
          whole product
            ~ alerts at: 70, 85, 95 % -> 80 %
          plan gratis: 1 organization
            - whatsapp_messages: 50 -> 40
            ! whatsapp_messages: 1 organization uses more than 40 now: acme 45

        1 organization would be moved to version 2
        nothing was written
    "#]]
    .assert_eq(&customers.migrate(&["--dry-run", "--organization", "acme"]).await);
    expect![[r#"
        no organization would be moved to version 1
        609 organizations on it already
        1 organization on a newer one
        1 organization without a plan
        nothing was written
    "#]]
    .assert_eq(&customers.migrate(&["--dry-run", "--to", "1"]).await);
    expect![[r#"
        tollgate: catalog agencia has no version 3; the newest is 2
        exit code 1
    "#]]
    .assert_eq(&customers.migrate(&["--dry-run", "--to", "3"]).await);
    expect![[r#"
        tollgate: product agencia has no organization nobody
        exit code 1
    "#]]
    .assert_eq(&customers.migrate(&["--dry-run", "--organization", "nobody"]).await);
}
