//! Customers of `studio` who do all they can, in an order that only looks random, and what they were told.

use domain::catalog::Command as CatalogCommand;
use domain::credit_ledger::{Acquire, Capture, Command, Consume, Consumption, Grant, Hold, LotKind, Rest, Reverse};
use domain::entitlement::{self, Entitlement};
use domain::organization::{Command as OrganizationCommand, Environment, OverrideValue};
use domain::subscription::Command as SubscriptionCommand;
use domain::{
    ActorId, Attributes, Credits, Event, FeatureCode, HoldId, Money, Quantity, Refusal, Rejection, credit_ledger,
};
use event_store::{Applied, Executor, Failure};
use jiff::{Timestamp, ToSpan};
use replay::why::{Position, Question};
use rust_decimal::Decimal;
use testkit::{TestDatabase, of, organization, product, send};

pub const STUDIO: &str = include_str!("studio.toml");
const QUOTAS: [&str; 4] = ["runs", "tokens", "minutes", "films"];
const CUSTOMERS: [&str; 3] = ["ana", "eva", "sam"];

/// A question, and what was told when it was asked for the first time.
pub struct Told {
    pub question: Question,
    pub verdict: Was,
}

pub enum Was {
    /// What a check found.
    Found(Box<Entitlement>),
    /// What a command was refused with.
    Refused { code: &'static str, detail: String },
    /// A command was accepted.
    Accepted,
}

/// Numbers that are the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(u64::try_from(all.len()).unwrap())).unwrap()]
    }

    fn quantity(&mut self) -> Quantity {
        let amount = self.of(&[1_i64, 1, 2, 3, 7, 15]);
        Quantity::positive(Decimal::from(amount)).unwrap()
    }
}

pub struct Business {
    pub test: TestDatabase,
    pub executor: Executor,
    dice: Dice,
    holds: Vec<(&'static str, HoldId)>,
    consumptions: Vec<(&'static str, Consumption)>,
    /// The instant that was set for sam.
    set: Option<Timestamp>,
    pub told: Vec<Told>,
}

pub fn feature(code: &str) -> FeatureCode {
    FeatureCode::new(code).unwrap()
}

pub fn actor(id: &str) -> ActorId {
    ActorId::new(id).unwrap()
}

pub fn quantity(amount: i64) -> Quantity {
    Quantity::positive(Decimal::from(amount)).unwrap()
}

pub fn publish(text: &str) -> CatalogCommand {
    let definition = domain::catalog::source::read("studio.toml", text).unwrap();
    CatalogCommand::Publish { definition: Box::new(definition) }
}

pub fn register(id: &str, environment: Environment) -> OrganizationCommand {
    OrganizationCommand::Register {
        organization: organization(id),
        product: domain::ProductCode::new("studio").unwrap(),
        time_zone: "America/Santiago".to_owned().try_into().unwrap(),
        sponsor: None,
        environment,
    }
}

pub fn start(plan: &str) -> SubscriptionCommand {
    SubscriptionCommand::Start {
        plan: domain::PlanCode::new(plan).unwrap(),
        interval: domain::calendar::Interval::Month,
    }
}

pub fn top_up(amount: i64) -> Command {
    Command::TopUp { amount: Credits::positive(Decimal::from(amount)).unwrap(), reference: None }
}

/// A question without a position: what was it at this instant?
pub fn question(id: &str, code: &str, quantity: Quantity, at: Timestamp) -> Question {
    let (organization, feature) = (organization(id), feature(code));
    Question { organization, feature, at, quantity, actor: None, position: None, catalog_version: None }
}

impl Business {
    /// Ana is on plan small, eva on none, and sam is a sandbox on plan small.
    pub async fn begin(seed: u64) -> Self {
        let test = TestDatabase::create().await;
        let executor = test.executor().await;
        send(&executor, product("studio"), publish(STUDIO)).await.unwrap();
        for id in CUSTOMERS {
            let environment = if id == "sam" { Environment::Sandbox } else { Environment::Live };
            send(&executor, of(id), register(id, environment)).await.unwrap();
        }
        for id in ["ana", "sam"] {
            send(&executor, of(id), start("small")).await.unwrap();
        }
        let (holds, consumptions, told) = (Vec::new(), Vec::new(), Vec::new());
        Self { test, executor, dice: Dice(seed), holds, consumptions, set: None, told }
    }

    /// Does something, and asks something.
    pub async fn step(&mut self) {
        let id = self.dice.of(&CUSTOMERS);
        match self.dice.below(20) {
            0..=6 => self.consume(id).await,
            7 | 8 => self.hold(id).await,
            9 | 10 => self.resolve().await,
            11 | 12 => self.level(id).await,
            13 => self.grant(id).await,
            14 => self.reverse().await,
            15 | 16 => self.by_hand(id).await,
            17 => self.stand(id).await,
            18 => self.travel().await,
            _ => self.subscribe(id).await,
        }
        self.check().await;
    }

    /// Asks as an entitlement route does.
    async fn check(&mut self) {
        let id = self.dice.of(&CUSTOMERS);
        let code = self.dice.of(&["runs", "tokens", "minutes", "films", "rooms", "white_label", "support"]);
        let (quantity, asker) = (self.dice.quantity(), self.asker());
        let sight = self.executor.account(&organization(id)).await.unwrap();
        let (ledger, context) = (&sight.account.ledger, &sight.account.context);
        let found = entitlement::check_for(asker.as_ref(), ledger, &feature(code), quantity, context).unwrap();
        let lives_elsewhere = context.terms.as_ref().is_some_and(|terms| terms.instant.is_some());
        let at = if lives_elsewhere { Timestamp::now() } else { context.now };
        let position = Position { partition: Some(sight.partition), position: sight.position };
        let catalog_version = context.catalog.as_ref().map(|catalog| catalog.version);
        let question =
            Question { actor: asker, position: Some(position), catalog_version, ..question(id, code, quantity, at) };
        self.told.push(Told { question, verdict: Was::Found(Box::new(found)) });
    }

    /// The instant it is for a customer.
    fn now(&self, id: &str) -> Timestamp {
        self.set.filter(|_| id == "sam").unwrap_or_else(Timestamp::now)
    }

    fn asker(&mut self) -> Option<ActorId> {
        self.dice.of(&[None, None, Some("user_1"), Some("user_2")]).map(actor)
    }

    async fn consume(&mut self, id: &'static str) {
        let (code, quantity, asker) = (self.dice.of(&QUOTAS), self.dice.quantity(), self.asker());
        let consume = Consume { actor: asker.clone(), ..Consume::of(feature(code), quantity) };
        let answer = send(&self.executor, of(id), Command::Consume(consume)).await;
        if let Ok(applied) = &answer {
            self.take_in(id, applied).await;
        }
        self.tell(Question { actor: asker, ..question(id, code, quantity, Timestamp::now()) }, answer).await;
    }

    async fn level(&mut self, id: &'static str) {
        let quantity = self.dice.quantity();
        let asked = Acquire { feature: feature("rooms"), quantity, actor: None };
        if self.dice.below(3) == 0 {
            let _ = send(&self.executor, of(id), Command::ReleaseCapacity(asked)).await;
            return;
        }
        let answer = send(&self.executor, of(id), Command::Acquire(asked)).await;
        self.tell(question(id, "rooms", quantity, Timestamp::now()), answer).await;
    }

    /// Keeps what a command was told, as its receipt says it was decided.
    async fn tell(&mut self, question: Question, answer: Result<Applied, Failure>) {
        let (grounds, at, verdict) = match answer {
            Ok(applied) => {
                let log = self.test.log();
                let own = log.between(applied.partition, applied.position, applied.position).await.unwrap();
                (applied.grounds.unwrap(), own[0].recorded_at, Was::Accepted)
            }
            Err(Failure::Rejected { rejection: Rejection::CreditLedger(refused), grounds }) => {
                let (code, detail) = (refused.code(), refused.to_string());
                (*grounds.unwrap(), question.at, Was::Refused { code, detail })
            }
            Err(failure) => panic!("{failure}"),
        };
        let position = Position { partition: Some(grounds.partition), position: grounds.position };
        let (position, catalog_version) = (Some(position), grounds.catalog_version);
        self.told.push(Told { question: Question { at, position, catalog_version, ..question }, verdict });
    }

    async fn hold(&mut self, id: &'static str) {
        let (code, quantity, asker) = (self.dice.of(&QUOTAS), self.dice.quantity(), self.asker());
        let expires_at = self.now(id) + self.dice.of(&[1_i64, 26, 80]).hours();
        let hold = Hold { feature: feature(code), quantity, expires_at, actor: asker };
        if let Ok(applied) = send(&self.executor, of(id), Command::Hold(hold)).await {
            let told: credit_ledger::Answer = serde_json::from_str(&applied.answer).unwrap();
            self.holds.push((id, told.hold.unwrap().hold));
        }
    }

    async fn resolve(&mut self) {
        let Some((id, hold)) = self.holds.last().cloned() else { return };
        let (quantity, rest) = (self.dice.quantity(), self.dice.of(&[Rest::Keep, Rest::Release]));
        let command = match self.dice.below(3) {
            0 => Command::Release { hold },
            _ => {
                Command::Capture(Capture { hold, quantity, rest, occurred_at: None, attributes: Attributes::default() })
            }
        };
        match send(&self.executor, of(id), command).await {
            Ok(applied) => self.take_in(id, &applied).await,
            Err(_) => drop(self.holds.pop()),
        }
    }

    /// Keeps what could be given back.
    async fn take_in(&mut self, id: &'static str, applied: &Applied) {
        let first = applied.grounds.unwrap().position + 1;
        for recorded in self.test.log().between(applied.partition, first, applied.position).await.unwrap() {
            if let Event::CreditLedger(event) = &recorded.event {
                let position = u64::try_from(recorded.position).unwrap();
                self.consumptions.extend(Consumption::of(position, event).map(|consumption| (id, consumption)));
            }
        }
    }

    async fn reverse(&mut self) {
        let Some((id, consumption)) = self.consumptions.pop() else { return };
        let (reason, actor) = ("not delivered".to_owned().try_into().unwrap(), actor("ops"));
        let reverse = Reverse { consumption, quantity: None, reason, actor };
        send(&self.executor, of(id), Command::Reverse(reverse)).await.unwrap();
    }

    async fn grant(&mut self, id: &'static str) {
        let now = self.now(id);
        let (reason, actor) = ("goodwill".to_owned().try_into().unwrap(), actor("ops"));
        let amount = Credits::positive(Decimal::from(self.dice.below(6) + 1)).unwrap();
        let effective_from = self.dice.of(&[None, Some(20_i64)]).map(|hours| now + hours.hours());
        let expires_at = self.dice.of(&[None, Some(30_i64), Some(70)]).map(|hours| now + hours.hours());
        let (kind, priority) = (LotKind::Granted, None);
        let grant = Grant { amount, kind, priority, effective_from, expires_at, reason, actor };
        send(&self.executor, of(id), Command::Grant(grant)).await.unwrap();
    }

    async fn by_hand(&mut self, id: &'static str) {
        let (reason, actor) = ("agreed by phone".to_owned().try_into().unwrap(), actor("ops"));
        let limit = || OverrideValue::Limit(domain::catalog::Limit::UpTo(quantity(4)));
        let (code, value) = match self.dice.below(7) {
            0 => ("tokens", limit()),
            1 => ("films", limit()),
            2 => ("rooms", limit()),
            3 => ("runs", OverrideValue::Off),
            4 => ("minutes", OverrideValue::Off),
            5 => ("white_label", OverrideValue::On),
            _ => ("support", OverrideValue::Value("visit".into())),
        };
        let feature = feature(code);
        let until = self.dice.of(&[None, Some(25_i64)]).map(|hours| self.now(id) + hours.hours());
        let command = match self.dice.below(3) {
            0 => OrganizationCommand::RemoveOverride { feature, reason, actor },
            _ => OrganizationCommand::OverrideFeature { feature, value, reason, actor, until },
        };
        send(&self.executor, of(id), command).await.unwrap();
    }

    async fn stand(&mut self, id: &'static str) {
        let (reason, actor) = ("unpaid".to_owned().try_into().unwrap(), actor("ops"));
        let administrator = self::actor("user_1");
        let command = match self.dice.below(6) {
            0 => OrganizationCommand::Suspend { reason, actor },
            1 | 2 => OrganizationCommand::Resume { reason, actor },
            3 | 4 => OrganizationCommand::AppointAdministrator { administrator, actor },
            _ => OrganizationCommand::DismissAdministrator { administrator, actor },
        };
        send(&self.executor, of(id), command).await.unwrap();
    }

    /// Some hours or days pass for sam: windows turn over, lots, holds and overrides end.
    async fn travel(&mut self) {
        let instant = self.now("sam") + self.dice.of(&[2_i64, 25, 24 * 9]).hours();
        send(&self.executor, of("sam"), OrganizationCommand::SetInstant { instant, actor: actor("ops") })
            .await
            .unwrap();
        self.set = Some(instant);
    }

    /// Eva pays for plan large, or somebody moves to the next version of the catalog.
    async fn subscribe(&mut self, id: &'static str) {
        if self.dice.below(2) == 0 {
            let amount = Money::positive(Decimal::from(15), "USD".to_owned().try_into().unwrap()).unwrap();
            let pay = SubscriptionCommand::pay_by_hand(amount, None);
            drop(send(&self.executor, of("eva"), start("large")).await);
            drop(send(&self.executor, of("eva"), pay).await);
        } else {
            drop(send(&self.executor, of(id), SubscriptionCommand::MoveToCatalogVersion { version: 2 }).await);
        }
    }
}
