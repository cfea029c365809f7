//! Customers of `kiosk` whose life goes over months: each decision is made by the domain at an instant of its own, and
//! appended as the engine appends it. What processors do follows at once.

use std::collections::HashMap;
use std::sync::Arc;

use domain::catalog::{CatalogVersion, source};
use domain::credit_ledger::{Command as Use, Consume};
use domain::organization::{Command as OrganizationCommand, Environment, Sponsorship};
use domain::stream::{Owner, StreamId};
use domain::subscription::{Command as Subscribe, Method};
use domain::{
    Command, Context, Event, FeatureCode, Kind, Money, PlanCode, ProductCode, Quantity, Rejection, SoldUnder, State,
    Terms, organization, referral_tree, subscription,
};
use event_store::append::{Appended, Batch, NewEvent, append};
use event_store::executor::partition_of;
use jiff::Timestamp;
use replay::connect::{self, Audit};
use replay::simulate::{self, Question, Report};
use rust_decimal::Decimal;
use sqlx::{Connection, PgConnection};
use testkit::{TestDatabase, of, product};
use uuid::Uuid;

pub const KIOSK: &str = include_str!("kiosk.toml");

pub struct Town {
    pub test: TestDatabase,
    connection: PgConnection,
    partitions: i32,
    states: HashMap<StreamId, (State, i64)>,
    versions: Vec<Arc<CatalogVersion>>,
    /// What processors have still to do.
    to_do: Vec<(Owner, Command)>,
    pub positions: Vec<i64>,
}

pub fn at(text: &str) -> Timestamp {
    let full = if text.contains('T') { format!("2026-{text}Z") } else { format!("2026-{text}T12:00:00Z") };
    full.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn feature(code: &str) -> FeatureCode {
    FeatureCode::new(code).unwrap()
}

pub fn quantity(amount: i64) -> Quantity {
    Quantity::positive(Decimal::from(amount)).unwrap()
}

pub fn plan(code: &str) -> PlanCode {
    PlanCode::new(code).unwrap()
}

pub fn use_of(code: &str, amount: i64) -> Use {
    Consume::of(feature(code), quantity(amount)).into()
}

pub fn start(code: &str) -> Subscribe {
    Subscribe::Start { plan: plan(code), interval: domain::calendar::Interval::Month }
}

pub fn usd(amount: &str) -> Money {
    Money::positive(amount.parse().unwrap(), "USD".to_owned().try_into().unwrap()).unwrap()
}

pub fn pay(amount: &str) -> Subscribe {
    Subscribe::pay_by_hand(usd(amount), None)
}

impl Town {
    /// The catalog is published on the first of January of 2026.
    pub async fn found() -> Self {
        Self::found_on(KIOSK).await
    }

    /// The same, on another catalog.
    pub async fn found_on(catalog: &str) -> Self {
        let test = TestDatabase::create().await;
        let connection = PgConnection::connect(&test.url).await.unwrap();
        let (states, versions, to_do, positions) = (HashMap::new(), Vec::new(), Vec::new(), Vec::new());
        let partitions = testkit::partitions();
        let mut town = Self { test, connection, partitions, states, versions, to_do, positions };
        town.publish("01-01T00:00:00", catalog).await;
        town
    }

    pub async fn publish(&mut self, when: &str, text: &str) {
        let definition = source::read("kiosk.toml", text).unwrap();
        let version = u32::try_from(self.versions.len() + 1).unwrap();
        self.versions.push(Arc::new(CatalogVersion { version, definition: definition.clone() }));
        let publish = domain::catalog::Command::Publish { definition: Box::new(definition) };
        self.send(when, product("kiosk"), publish).await;
    }

    /// Registers a customer, referred by another or by nobody.
    pub async fn register(&mut self, when: &str, id: &str, sponsor: Option<&str>) {
        self.register_in("UTC", when, id, sponsor).await;
    }

    /// The same, in a time zone.
    pub async fn register_in(&mut self, zone: &str, when: &str, id: &str, sponsor: Option<&str>) {
        let sponsor = sponsor.map(|sponsor| {
            let State::Organization(known) = self.state(Kind::Organization, &of(sponsor)) else { panic!("{sponsor}") };
            let code = known.registered().unwrap().referral_code.clone();
            Sponsorship { sponsor: testkit::organization(sponsor), code }
        });
        let register = OrganizationCommand::Register {
            organization: testkit::organization(id),
            product: ProductCode::new("kiosk").unwrap(),
            time_zone: zone.to_owned().try_into().unwrap(),
            sponsor,
            environment: Environment::Live,
        };
        self.send(when, of(id), register).await;
    }

    /// Starts a plan and pays it.
    pub async fn subscribe(&mut self, when: &str, id: &str, plan: &str, price: &str) {
        self.send(when, of(id), start(plan)).await;
        self.send(when, of(id), pay(price)).await;
    }

    /// Sends what must be accepted, and does what processors do because of it.
    pub async fn send(&mut self, when: &str, owner: Owner, command: impl Into<Command>) -> Vec<Event> {
        let decided = self.try_send(when, owner, command).await;
        decided.unwrap_or_else(|refused| panic!("at {when}: {refused}"))
    }

    pub async fn try_send(
        &mut self,
        when: &str,
        owner: Owner,
        command: impl Into<Command>,
    ) -> Result<Vec<Event>, Rejection> {
        self.try_at(at(when), owner, command).await
    }

    pub async fn try_at(
        &mut self,
        now: Timestamp,
        owner: Owner,
        command: impl Into<Command>,
    ) -> Result<Vec<Event>, Rejection> {
        let first = self.decide(now, &owner, command.into()).await?;
        while !self.to_do.is_empty() {
            let (owner, command) = self.to_do.remove(0);
            self.decide(now, &owner, command).await?;
        }
        Ok(first)
    }

    async fn decide(&mut self, now: Timestamp, owner: &Owner, command: Command) -> Result<Vec<Event>, Rejection> {
        let context = self.context(now, owner, &command);
        let stream = StreamId { kind: command.kind(), owner: owner.clone() };
        let mut state = self.state(command.kind(), owner).clone();
        let decision = state.execute(&command, &context)?;
        self.append(now, &stream, &decision.events, &context).await;
        self.states.get_mut(&stream).unwrap().0 = state;
        let newest = self.versions.last().map(|newest| newest.version);
        let wanted = decision.events.iter().filter_map(|event| follows(owner, event, now, newest));
        self.to_do.extend(wanted);
        Ok(decision.events)
    }

    pub fn state(&mut self, kind: Kind, owner: &Owner) -> &State {
        let stream = StreamId { kind, owner: owner.clone() };
        &self.states.entry(stream).or_insert_with(|| (State::initial(kind), 0)).0
    }

    fn version(&self, version: Option<u32>) -> Option<Arc<CatalogVersion>> {
        self.versions.iter().find(|known| Some(known.version) == version).cloned()
    }

    /// As the engine makes it.
    fn context(&mut self, now: Timestamp, owner: &Owner, command: &Command) -> Context {
        let State::Organization(organization) = self.state(Kind::Organization, owner).clone() else { panic!() };
        let State::Subscription(subscription) = self.state(Kind::Subscription, owner).clone() else { panic!() };
        let State::CreditLedger(ledger) = self.state(Kind::CreditLedger, owner).clone() else { panic!() };
        let (plan, scheduled) = subscription.versions();
        let under = SoldUnder { plan: self.version(plan), scheduled: self.version(scheduled) };
        let terms = Terms::of(&organization, &subscription, &ledger, now, &under);
        let newest = self.versions.last().cloned();
        let catalog = match command {
            Command::Subscription(Subscribe::MoveToCatalogVersion { version }) => self.version(Some(*version)),
            Command::CreditLedger(_) => {
                let bound = terms.as_ref().and_then(Terms::bound_to);
                if bound.is_some() { self.version(bound) } else { newest }
            }
            Command::ReferralTree(referral_tree::Command::AccrueCommissions { catalog_version, .. }) => {
                self.version(*catalog_version)
            }
            _ => newest,
        };
        let (sold_under, scheduled_under) = (under.plan, under.scheduled);
        Context { now, seed: Uuid::now_v7(), terms, catalog, sold_under, scheduled_under }
    }

    async fn append(&mut self, now: Timestamp, stream: &StreamId, events: &[Event], context: &Context) {
        let partition = partition_of(&stream.owner, self.partitions);
        let head = self.test.log().head(partition).await.unwrap().position;
        let version = context.catalog.as_ref().map(|catalog| catalog.version.to_string());
        let mut metadata = serde_json::json!({ "caller": "test", "command": testkit::unique("key") });
        metadata["catalog_version"] = version.unwrap_or_default().into();
        let metadata = metadata.to_string();
        let sequence = &mut self.states.get_mut(stream).unwrap().1;
        let new = events.iter().map(|event| {
            *sequence += 1;
            NewEvent {
                stream,
                sequence: *sequence,
                event_id: Uuid::now_v7(),
                recorded_at: now,
                event,
                metadata: &metadata,
            }
        });
        let new: Vec<_> = new.collect();
        if new.is_empty() {
            return;
        }
        let mut batch = Batch::behind(partition, head);
        batch.push(&new).unwrap();
        let appended = append(&mut self.connection, batch, now).await.unwrap();
        let Appended::Done { position } = appended else { panic!("nobody else writes here") };
        self.positions.push(position);
    }

    /// The types of all events.
    pub async fn happened(&self) -> Vec<String> {
        let pool = self.test.pool(event_store::Role::Auditor);
        sqlx::query_scalar("SELECT DISTINCT event_type FROM es.events").fetch_all(&pool).await.unwrap()
    }

    pub async fn audit(&self) -> Audit {
        connect::open_at(&self.test.url).await.unwrap()
    }

    /// What another catalog would have come to.
    pub async fn simulate(&self, catalog: &str, from: &str, to: &str) -> Report {
        simulate::ask(&self.audit().await, &question(catalog, from, to)).await.unwrap()
    }
}

pub fn question(catalog: &str, from: &str, to: &str) -> Question {
    let definition = source::read("other.toml", catalog).unwrap();
    Question {
        catalog: "other.toml".to_owned(),
        definition,
        from: at(from),
        to: at(to),
        refusals: Vec::new(),
        has_refusals: false,
    }
}

/// What processors do because of an event.
fn follows(owner: &Owner, event: &Event, now: Timestamp, newest: Option<u32>) -> Option<(Owner, Command)> {
    let payer = match owner {
        Owner::Organization(organization) => Some(organization.clone()),
        Owner::Product(_) => None,
    };
    let tree = |command: referral_tree::Command| Some((product("kiosk"), command.into()));
    match event {
        Event::Organization(organization::Event::OrganizationRegistered {
            organization,
            referral_code,
            sponsor,
            ..
        }) => tree(referral_tree::Command::Enroll {
            organization: organization.clone(),
            code: referral_code.clone(),
            referred_with: sponsor.as_ref().map(|sponsor| sponsor.code.clone()),
        }),
        Event::Subscription(subscription::Event::PaymentRecorded { payment, net, method, .. })
            if *method != Method::Balance =>
        {
            tree(referral_tree::Command::AccrueCommissions {
                payment: payment.clone(),
                payer: payer?,
                amount: *net,
                paid_at: Some(now),
                catalog_version: newest,
            })
        }
        Event::Subscription(subscription::Event::PaymentRefunded {
            refund,
            payment,
            refunded_net_total,
            paid_net,
            ..
        }) => tree(referral_tree::Command::ClawBack {
            payment: payment.clone(),
            payer: payer?,
            refund: refund.clone(),
            refunded_net_total: *refunded_net_total,
            paid_net: *paid_net,
        }),
        Event::ReferralTree(referral_tree::Event::CommissionMatured { commission, beneficiary, amount, .. }) => {
            let grant = Use::GrantCommission { commission: commission.clone(), amount: *amount };
            Some((Owner::Organization(beneficiary.clone()), grant.into()))
        }
        Event::ReferralTree(referral_tree::Event::CommissionClawedBack {
            commission,
            refund,
            beneficiary,
            amount,
            matured: true,
            ..
        }) => {
            let (commission, refund) = (commission.clone(), refund.clone());
            let back = Use::ClawBack { commission, refund, amount: *amount };
            Some((Owner::Organization(beneficiary.clone()), back.into()))
        }
        _ => None,
    }
}
