//! What the tests' stories are told with: a database, an engine, organizations that register, pay and consume.

use std::sync::Arc;

use domain::calendar::Interval;
use domain::stream::Owner;
use domain::{
    CommissionId, Credits, FeatureCode, Money, OrganizationId, PaymentId, PlanCode, ProductCode, Quantity, Reference,
    ReferralCode,
};
use domain::{credit_ledger, organization, referral_tree, subscription};
use event_store::{Applied, Executor, Feed, Role};
use projections::{Board, checkpoint};
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;
use testkit::{TestDatabase, of, product, send, until};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::feeds::polled;

pub struct World {
    pub test: TestDatabase,
    pub executor: Executor,
    pub pool: PgPool,
}

/// Projections being folded, as in a process of their own.
pub struct Live {
    pub board: Board,
    pub pool: PgPool,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Live {
    /// Lets it end what it is doing.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.task.await.unwrap();
    }

    /// Ends it in the middle of whatever it is doing, connections too.
    pub async fn kill(self) {
        self.task.abort();
        self.pool.close().await;
    }
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

impl World {
    /// A database with agencia published.
    pub async fn new() -> Self {
        Self::on(TestDatabase::create().await).await
    }

    pub async fn on(test: TestDatabase) -> Self {
        let (executor, pool) = (test.executor().await, test.pool(Role::Engine));
        let world = Self { test, executor, pool };
        world.send(product("agencia"), testkit::agencia()).await;
        world
    }

    pub async fn send(&self, owner: Owner, command: impl Into<domain::Command>) -> Applied {
        send(&self.executor, owner, command).await.unwrap()
    }

    /// Starts folding with a feed.
    pub fn fold(&self, feed: impl Feed) -> Live {
        let (board, pool) = (Board::default(), self.test.pool(Role::Engine));
        let (stop, stopped) = watch::channel(false);
        let run = projections::run(pool.clone(), Arc::new(feed), self.executor.partitions(), stopped, board.clone());
        Live { board, pool, stop, task: tokio::spawn(run) }
    }

    /// Starts folding.
    pub fn live(&self) -> Live {
        self.fold(polled(self.test.log()))
    }

    /// Waits until a projection has all that the log has.
    pub async fn caught_up(&self, projection: &str) {
        for partition in 0..self.executor.partitions() {
            let head = self.test.log().head(partition).await.unwrap().position;
            until(&format!("{projection} to reach {head} in partition {partition}"), || async move {
                let position = checkpoint::position(&self.pool, projection, partition).await.unwrap();
                (position >= head).then_some(())
            })
            .await;
        }
    }

    pub async fn all_caught_up(&self) {
        for name in projections::names() {
            self.caught_up(name).await;
        }
    }

    /// What an auditor finds that is not as the log says, one line each; and that everything was looked at.
    pub async fn differences(&self) -> Vec<String> {
        let auditor = self.test.pool(Role::Auditor);
        let log = event_store::Log::new(auditor.clone());
        let comparisons = projections::compare(&log, &auditor).await.unwrap();
        let compared: Vec<&str> = comparisons.iter().map(|comparison| comparison.projection).collect();
        assert_eq!(compared, projections::names().collect::<Vec<_>>());
        let told = comparisons.iter().flat_map(|comparison| {
            let name = comparison.projection;
            comparison.differences.iter().map(move |difference| format!("{name}: {difference}"))
        });
        told.collect()
    }

    pub async fn register(&self, id: &str) -> ReferralCode {
        let registered = self
            .send(
                of(id),
                organization::Command::Register {
                    organization: testkit::organization(id),
                    product: ProductCode::new("agencia").unwrap(),
                    time_zone: "America/Bogota".to_owned().try_into().unwrap(),
                    sponsor: None,
                    environment: organization::Environment::Live,
                },
            )
            .await;
        let answer: serde_json::Value = serde_json::from_str(&registered.answer).unwrap();
        ReferralCode::new(answer["referral_code"].as_str().unwrap()).unwrap()
    }

    /// Registers, and enters the referral tree below whoever gave the code.
    pub async fn join(&self, id: &str, referred_with: Option<&ReferralCode>) -> ReferralCode {
        let code = self.register(id).await;
        let enroll = referral_tree::Command::Enroll {
            organization: testkit::organization(id),
            code: code.clone(),
            referred_with: referred_with.cloned(),
        };
        self.send(product("agencia"), enroll).await;
        code
    }

    pub async fn start(&self, id: &str, plan: &str) {
        let plan = PlanCode::new(plan).unwrap();
        self.send(of(id), subscription::Command::Start { plan, interval: Interval::Month }).await;
    }

    /// Pays, and accrues the commissions of the payment.
    pub async fn pay(&self, id: &str, dollars: &str) -> PaymentId {
        let amount = Money::positive(decimal(dollars), domain::Currency::new("USD").unwrap()).unwrap();
        let paid = self.send(of(id), subscription::Command::pay_by_hand(amount, None)).await;
        let answer: serde_json::Value = serde_json::from_str(&paid.answer).unwrap();
        let payment = PaymentId::new(answer["payment"].as_str().unwrap()).unwrap();
        let payer: OrganizationId = testkit::organization(id);
        let (paid_at, catalog_version) = (None, None);
        let payment_made = payment.clone();
        let accrue = referral_tree::Command::AccrueCommissions {
            payment: payment_made,
            payer,
            amount,
            paid_at,
            catalog_version,
        };
        self.send(product("agencia"), accrue).await;
        payment
    }

    /// Grants the commission of a payment at a level.
    pub async fn grant(&self, id: &str, payment: &PaymentId, level: u8, credits: &str) {
        let commission = CommissionId::new(format!("{payment}-{level}")).unwrap();
        let amount = Credits::positive(decimal(credits)).unwrap();
        self.send(of(id), credit_ledger::Command::GrantCommission { commission, amount }).await;
    }

    pub async fn top_up(&self, id: &str, credits: &str) -> Applied {
        let amount = Credits::positive(decimal(credits)).unwrap();
        let reference = Some(Reference::new("transfer-77").unwrap());
        self.send(of(id), credit_ledger::Command::TopUp { amount, reference }).await
    }

    pub async fn consume(&self, id: &str, feature: &str, quantity: i64) -> Applied {
        let feature = FeatureCode::new(feature).unwrap();
        let quantity = Quantity::positive(Decimal::from(quantity)).unwrap();
        self.send(of(id), credit_ledger::Command::from(credit_ledger::Consume::of(feature, quantity))).await
    }

    /// Juan referred Maria, who referred Pedro; both pay, and Pedro uses up his messages and one more.
    pub async fn tell_the_story(&self) {
        let juan = self.join("juan", None).await;
        let maria = self.join("maria", Some(&juan)).await;
        self.join("pedro", Some(&maria)).await;
        self.start("maria", "partner").await;
        let payment = self.pay("maria", "199").await;
        self.grant("juan", &payment, 1, "39.80").await;
        self.start("pedro", "starter").await;
        let payment = self.pay("pedro", "15").await;
        self.grant("maria", &payment, 1, "3.00").await;
        self.grant("juan", &payment, 2, "0.75").await;
        for _ in 0..20 {
            self.consume("pedro", "whatsapp_messages", 100).await;
        }
        self.top_up("pedro", "10").await;
        self.consume("pedro", "whatsapp_messages", 1).await;
    }
}
