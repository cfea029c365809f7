//! A log with the catalog of `agencia`, and processors that run on it.

use std::sync::Arc;
use std::time::Duration;

use domain::calendar::{Interval, Zone};
use domain::credit_ledger::{Grant, Hold, LotKind};
use domain::organization::{Environment, Sponsorship};
use domain::subscription::RefundKind;
use domain::{
    ActorId, Credits, Currency, Event, HoldId, InvoiceId, Kind, Money, PlanCode, ProductCode, Quantity, ReasonText,
    ReferralCode, State,
};
use domain::{credit_ledger, organization, referral_tree, subscription};
use event_store::{Applied, Executor, PolledFeed, Recorded, Role};
use jiff::Timestamp;
use processors::{Processor, settled};
use sqlx::postgres::PgPool;
use testkit::{TestDatabase, of, product, send, until};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub struct Scene {
    pub database: TestDatabase,
    pub executor: Executor,
    pub pool: PgPool,
}

/// Processors at work.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Scene {
    pub async fn begin() -> Self {
        Self::with_partitions(testkit::partitions()).await
    }

    pub async fn with_partitions(partitions: i32) -> Self {
        Self::selling(testkit::agencia(), partitions).await
    }

    /// With another catalog of the product.
    pub async fn selling(catalog: domain::Command, partitions: i32) -> Self {
        let database = TestDatabase::with_partitions(partitions).await;
        let executor = database.executor().await;
        send(&executor, product("agencia"), catalog).await.expect("published");
        let pool = database.pool(Role::Engine);
        Self { database, executor, pool }
    }

    /// Registers an organization, referred by another's code; only the processor enrols it.
    pub async fn register(&self, id: &str, sponsor: Option<&str>) {
        self.register_in(Environment::Live, id, sponsor).await;
    }

    /// Registers one for which it is what instant a test says.
    pub async fn register_sandbox(&self, id: &str) {
        self.register_in(Environment::Sandbox, id, None).await;
    }

    /// Says what instant it is for a sandbox.
    pub async fn set_instant(&self, id: &str, instant: Timestamp) {
        let set = organization::Command::SetInstant { instant, actor: ops() };
        send(&self.executor, of(id), set).await.expect("set");
    }

    /// The same, referred by another.
    pub async fn register_sandbox_below(&self, id: &str, sponsor: &str) {
        self.register_in(Environment::Sandbox, id, Some(sponsor)).await;
    }

    async fn register_in(&self, environment: Environment, id: &str, sponsor: Option<&str>) {
        let sponsor = match sponsor {
            Some(sponsor) => {
                Some(Sponsorship { sponsor: testkit::organization(sponsor), code: self.code(sponsor).await })
            }
            None => None,
        };
        let register = organization::Command::Register {
            organization: testkit::organization(id),
            product: ProductCode::new("agencia").unwrap(),
            time_zone: Zone::new("America/Santiago").unwrap(),
            sponsor,
            environment,
        };
        send(&self.executor, of(id), register).await.expect("registered");
    }

    async fn code(&self, id: &str) -> ReferralCode {
        let view = |state: &State| match state {
            State::Organization(organization) => organization.registered().unwrap().referral_code.clone(),
            _ => panic!("another state"),
        };
        self.executor.inspect(Kind::Organization, of(id), view).await.expect("a code")
    }

    pub async fn subscribe(&self, id: &str, plan: &str) {
        let start = subscription::Command::Start { plan: PlanCode::new(plan).unwrap(), interval: Interval::Month };
        send(&self.executor, of(id), start).await.expect("started");
    }

    pub async fn pay(&self, id: &str, amount: &str) {
        let amount = Money::positive(amount.parse().unwrap(), Currency::new("USD").unwrap()).unwrap();
        let pay = subscription::Command::pay_by_hand(amount, None);
        send(&self.executor, of(id), pay).await.expect("paid");
    }

    /// Reserves messages of a plan that includes 50, for 0.05 credits each above them.
    pub async fn hold(&self, id: &str, quantity: i64, expires_at: Timestamp) -> HoldId {
        let quantity = Quantity::positive(quantity.into()).expect("a quantity");
        let feature = "whatsapp_messages".to_owned().try_into().expect("a feature");
        let hold = credit_ledger::Command::Hold(Hold { feature, quantity, expires_at, actor: None });
        let held = send(&self.executor, of(id), hold).await.expect("held");
        told(&held).hold.expect("a hold").hold
    }

    /// Gives credits that can be spent for a time.
    pub async fn grant(&self, id: &str, amount: i64, from: Option<Timestamp>, until: Option<Timestamp>) {
        send(&self.executor, of(id), grant(amount, from, until)).await.expect("granted");
    }

    /// Sends a ledger a command.
    pub async fn tell(&self, id: &str, command: credit_ledger::Command) {
        send(&self.executor, of(id), command).await.expect("applied");
    }

    /// Publishes agencia anew, in which a credit is worth so much: so many of them pay a dollar.
    pub async fn price_credits(&self, per_unit: &str) {
        let credits = format!("[credits]\nper_unit = {{ USD = \"{per_unit}\" }}\n\n[referrals]");
        self.publish_with("[referrals]", &credits).await;
    }

    /// The oldest invoice of an organization that is not paid, and what is open of it.
    pub async fn open_invoice(&self, id: &str) -> Option<(InvoiceId, Money)> {
        let view = |state: &State| match state {
            State::Subscription(subscription) => {
                subscription.open_invoices().next().map(|invoice| (invoice.id.clone(), invoice.open()))
            }
            _ => panic!("another state"),
        };
        self.executor.inspect(Kind::Subscription, of(id), view).await.expect("a subscription")
    }

    /// How often something of that type is in the log, by organization.
    pub async fn happened(&self, event_type: &str) -> Vec<String> {
        let events = self.log().await.into_iter().filter(|recorded| recorded.event.event_type() == event_type);
        events.filter_map(|recorded| Some(recorded.organization?.to_string())).collect()
    }

    /// How many commands a processor has had applied.
    pub async fn commands(&self, processor: &str) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM es.receipts WHERE caller = $1");
        count.bind(format!("processor:{processor}")).fetch_one(&self.pool).await.expect("postgres")
    }

    /// Gives back some of a payer's first payment.
    pub async fn refund(&self, payer: &str, amount: &str) {
        self.take_back(payer, amount, RefundKind::Refund).await;
    }

    /// Has a bank take back some of it.
    pub async fn charge_back(&self, payer: &str, amount: &str) {
        self.take_back(payer, amount, RefundKind::Chargeback).await;
    }

    async fn take_back(&self, payer: &str, amount: &str, kind: RefundKind) {
        let of_payer = |recorded: Recorded| match recorded.event {
            Event::Subscription(subscription::Event::PaymentRecorded { payment, .. }) => {
                recorded.organization.filter(|organization| organization.as_str() == payer).map(|_| payment)
            }
            _ => None,
        };
        let refund = subscription::Command::RefundPayment {
            payment: self.log().await.into_iter().find_map(of_payer).expect("a payment"),
            amount: Money::positive(amount.parse().unwrap(), Currency::new("USD").unwrap()).unwrap(),
            kind,
            reason: ReasonText::new("a mistake").unwrap(),
            reference: None,
        };
        send(&self.executor, of(payer), refund).await.expect("refunded");
    }

    pub async fn spend(&self, id: &str, amount: &str) {
        let adjust = credit_ledger::Command::Adjust {
            change: credit_ledger::Adjustment::Down(Credits::positive(amount.parse().unwrap()).unwrap()),
            reason: ReasonText::new("spent").unwrap(),
            actor: ActorId::new("operator-7").unwrap(),
        };
        send(&self.executor, of(id), adjust).await.expect("spent");
    }

    /// Publishes agencia anew, with one text in the place of another.
    pub async fn publish_with(&self, text: &str, instead: &str) {
        let catalog = include_str!("../../../catalogs/agencia.toml").replace(text, instead);
        let definition = domain::catalog::source::read("agencia.toml", &catalog).unwrap();
        let publish = domain::catalog::Command::Publish { definition: Box::new(definition) };
        send(&self.executor, product("agencia"), publish).await.expect("published");
    }

    pub async fn balance(&self, id: &str) -> String {
        let view = |state: &State| match state {
            State::CreditLedger(ledger) => ledger.balance().to_string(),
            _ => panic!("another state"),
        };
        self.executor.inspect(Kind::CreditLedger, of(id), view).await.expect("a balance")
    }

    /// Everything in the log, partition by partition.
    pub async fn log(&self) -> Vec<Recorded> {
        let mut events = Vec::new();
        for partition in 0..self.executor.partitions() {
            events.extend(self.database.log().after(partition, 0, 1_000_000).await.expect("the log"));
        }
        events
    }

    /// What the commissions came to: beneficiary and credits, in order.
    pub async fn commissions_granted(&self) -> Vec<(String, Credits)> {
        let granted = self.log().await.into_iter().filter_map(|recorded| match recorded.event {
            Event::CreditLedger(credit_ledger::Event::CreditsGranted { commission: Some(_), amount, .. }) => {
                Some((recorded.organization?.to_string(), amount))
            }
            _ => None,
        });
        granted.collect()
    }

    pub async fn commissions_accrued(&self) -> usize {
        let is_accrual =
            |event: &Event| matches!(event, Event::ReferralTree(referral_tree::Event::CommissionAccrued { .. }));
        self.log().await.iter().filter(|recorded| is_accrual(&recorded.event)).count()
    }

    /// Runs all processors.
    pub fn process(&self) -> Running {
        self.process_these(processors::all(&self.pool))
    }

    pub fn process_these(&self, processors: Vec<Arc<dyn Processor>>) -> Running {
        let feed = Arc::new(PolledFeed::new(self.database.log(), Duration::from_millis(10)));
        let (stop, stopped) = watch::channel(false);
        let (pool, executor) = (self.pool.clone(), self.executor.clone());
        let task =
            tokio::spawn(async move { processors::runner::run(processors, pool, feed, executor, stopped).await });
        Running { stop, task }
    }

    /// Waits until nothing is left to do, what was led to included. What is done in one partition leads to events in
    /// others, so all of them have to stand still together.
    pub async fn settles(&self) {
        until("the processors to settle", || async {
            let heads = self.heads().await?;
            for (partition, head) in (0..).zip(&heads) {
                if !settled(&self.pool, partition, *head).await.expect("postgres") {
                    return None;
                }
            }
            (self.heads().await? == heads).then_some(())
        })
        .await;
    }

    /// Where each partition is.
    async fn heads(&self) -> Option<Vec<i64>> {
        let mut heads = Vec::new();
        for partition in 0..self.executor.partitions() {
            heads.push(self.database.log().head(partition).await.ok()?.position);
        }
        Some(heads)
    }

    /// How many to-dos have a status.
    pub async fn todos(&self, status: &str) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM proc.todos WHERE status = $1").bind(status);
        count.fetch_one(&self.pool).await.expect("postgres")
    }
}

impl Running {
    /// Ends them where they stand, as `kill -9` would.
    pub fn kill(self) {
        self.task.abort();
    }

    /// Asks them to stop, and waits until what they had begun is finished.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.expect("the runner ends");
    }
}

/// Somebody who does things by hand.
pub fn ops() -> ActorId {
    ActorId::new("ops").expect("an actor")
}

/// Credits that can be spent for a time.
pub fn grant(amount: i64, from: Option<Timestamp>, until: Option<Timestamp>) -> credit_ledger::Command {
    credit_ledger::Command::Grant(Grant {
        amount: Credits::positive(amount.into()).expect("credits"),
        kind: LotKind::Granted,
        priority: None,
        effective_from: from,
        expires_at: until,
        reason: "a promotion".to_owned().try_into().expect("a reason"),
        actor: ops(),
    })
}

/// What a ledger has answered.
pub fn told(applied: &Applied) -> credit_ledger::Answer {
    serde_json::from_str(&applied.answer).expect("an answer")
}
