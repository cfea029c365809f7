//! Crowds that want the same at once: 64 commands in flight together, for what is there for k of them.
//!
//! ```text
//! round:  k is dealt ── setting ── 64 at once ── exactly k accepted, the others refused with the one code there is
//!                                              └─ the ledger is to the digit what k of them make of it
//! ```
//!
//! Rounds of one ledger follow each other; many ledgers are raced for side by side. How many rounds there are says
//! `TOLLGATE_RACE_ROUNDS`, for each of the races.

use std::collections::BTreeSet;
use std::fmt::Debug;

use domain::credit_ledger::{Acquire, Answer, Capture, Command, CreditLedger, Hold, Rest};
use domain::organization::{Command as OrganizationCommand, OverrideValue};
use domain::{Credits, FeatureCode, HoldId, Kind, Quantity, Refusal, State};
use event_store::{Executor, Failure};
use futures::future::join_all;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use testkit::{TestDatabase, of, product, send};

use super::{consume, ledger, register, start};

/// Commands in flight together for one ledger.
const CROWD: usize = 64;

/// Ledgers that are raced for side by side: all their crowds fit into the queue of a partition.
const LEDGERS: usize = 48;

/// Rounds of each race, unless somebody says otherwise.
const ROUNDS: usize = 1_000;

/// Rounds where several engines get in each other's way: what one appends, the others decide again.
const ROUNDS_BETWEEN_ENGINES: usize = 40;

fn rounds() -> usize {
    let chosen = std::env::var("TOLLGATE_RACE_ROUNDS").ok();
    chosen.map_or(ROUNDS, |rounds| rounds.parse().expect("TOLLGATE_RACE_ROUNDS is a number"))
}

/// What one crowd does.
#[derive(Debug, Clone, Copy)]
enum Race {
    Holds,
    Captures,
    Releases,
    Capacities,
}

/// A ledger that is raced for. Its plan includes nothing, and a message costs 0.05 credits.
struct Ledger {
    id: String,
    engines: Vec<Executor>,
}

/// What a crowd was told.
struct Outcome {
    accepted: Vec<Answer>,
    refused: Vec<Failure>,
}

fn messages(quantity: usize) -> Quantity {
    Quantity::positive(Decimal::from(quantity)).unwrap()
}

fn credits(messages: usize) -> Credits {
    Credits::rounded(Decimal::from(messages) * Decimal::new(5, 2))
}

fn feature(code: &str) -> FeatureCode {
    FeatureCode::new(code).unwrap()
}

/// From one to one less than all; the rounds go through all of them in no order.
fn deal(ledger: usize, round: usize) -> usize {
    1 + (ledger * 29 + round * 37) % (CROWD - 1)
}

fn hold(quantity: usize) -> Command {
    let (feature, quantity, expires_at) =
        (feature("whatsapp_messages"), messages(quantity), Timestamp::now() + 1.hour());
    Command::Hold(Hold { feature, quantity, expires_at, actor: None })
}

fn capture_one(hold: &HoldId) -> Command {
    let (hold, quantity, attributes) = (hold.clone(), messages(1), Default::default());
    Command::Capture(Capture { hold, quantity, rest: Rest::Keep, occurred_at: None, attributes })
}

fn number() -> Acquire {
    Acquire { feature: feature("whatsapp_instances"), quantity: messages(1), actor: None }
}

impl Outcome {
    /// Exactly so many were accepted, no balance that was told is below zero, and all others were refused with a code.
    fn expect(&self, k: usize, code: &str) {
        assert_eq!((self.accepted.len(), self.refused.len()), (k, CROWD - k));
        assert!(self.accepted.iter().all(|answer| answer.balance >= Credits::ZERO));
        for refused in &self.refused {
            let Failure::Rejected { rejection, .. } = refused else { panic!("{refused:?}") };
            assert_eq!(rejection.code(), code, "{rejection}");
        }
    }

    /// What the accepted were told, each something else.
    fn each<T: Ord + Debug>(&self, tell: impl Fn(&Answer) -> T) -> BTreeSet<T> {
        let told: BTreeSet<T> = self.accepted.iter().map(tell).collect();
        assert_eq!(told.len(), self.accepted.len(), "each was told something else: {told:?}");
        told
    }
}

impl Ledger {
    /// Registers it on a plan, and has it use up what that includes.
    async fn open(number: usize, engines: &[Executor]) -> Self {
        let ledger = Self { id: format!("ledger{number}"), engines: engines.to_vec() };
        let engine = &ledger.engines[0];
        send(engine, of(&ledger.id), register(&ledger.id)).await.unwrap();
        send(engine, of(&ledger.id), start("gratis")).await.unwrap();
        send(engine, of(&ledger.id), consume("whatsapp_messages", 50)).await.unwrap();
        ledger
    }

    async fn tell(&self, command: impl Into<domain::Command>) -> event_store::Applied {
        send(&self.engines[0], of(&self.id), command).await.unwrap()
    }

    /// Sends all of them at once, to each engine in turn.
    async fn crowd(&self, commands: impl Iterator<Item = Command>) -> Outcome {
        let engines = self.engines.iter().cycle();
        let sent = commands.zip(engines).map(|(command, engine)| send(engine, of(&self.id), command));
        let mut outcome = Outcome { accepted: Vec::new(), refused: Vec::new() };
        for answer in join_all(sent).await {
            match answer {
                Ok(applied) => outcome.accepted.push(ledger(&applied)),
                Err(refused) => outcome.refused.push(refused),
            }
        }
        outcome
    }

    /// Looks at what it has come to, by the engine that did least of it.
    async fn look<T: Send + 'static>(&self, look: impl Fn(&CreditLedger) -> T + Send + Sync + 'static) -> T {
        let view = move |state: &State| match state {
            State::CreditLedger(ledger) => look(ledger),
            other => panic!("{other:?}"),
        };
        let engine = self.engines.last().unwrap();
        engine.inspect(Kind::CreditLedger, of(&self.id), view).await.unwrap()
    }

    /// Its balance, the quantity that holds reserve, and their credits.
    async fn stands_at(&self, balance: usize, held: usize) {
        let seen = self.look(|ledger| {
            let left: Decimal = ledger.holds().map(|(_, hold)| hold.left().amount()).sum();
            let reserved: Credits = ledger.lots().iter().map(|lot| lot.held).sum();
            (ledger.balance(), left, reserved)
        });
        assert_eq!(seen.await, (credits(balance), Decimal::from(held), credits(held)));
    }

    async fn round(&self, race: Race, k: usize) {
        match race {
            Race::Holds => {
                self.holds(k).await;
                // Away with them, so that every round begins with nothing.
                let open = self.look(|ledger| ledger.holds().map(|(hold, _)| hold.clone()).collect::<Vec<_>>()).await;
                join_all(open.iter().map(|hold| self.tell(capture_one(hold)))).await;
                self.stands_at(0, 0).await;
            }
            Race::Captures => self.captures(k).await,
            Race::Releases => self.releases(k).await,
            Race::Capacities => self.capacities(k).await,
        }
    }

    /// Credits for k, and 64 who want to hold one each.
    async fn holds(&self, k: usize) -> BTreeSet<HoldId> {
        self.tell(Command::TopUp { amount: credits(k), reference: None }).await;
        let outcome = self.crowd((0..CROWD).map(|_| hold(1))).await;
        outcome.expect(k, "INSUFFICIENT_CREDITS");
        self.stands_at(0, k).await;
        outcome.each(|answer| answer.hold.as_ref().unwrap().hold.clone())
    }

    /// A hold of k, and 64 who want to use one of it each.
    async fn captures(&self, k: usize) {
        self.tell(Command::TopUp { amount: credits(k), reference: None }).await;
        let held = ledger(&self.tell(hold(k)).await).hold.unwrap().hold;
        let outcome = self.crowd((0..CROWD).map(|_| capture_one(&held))).await;
        outcome.expect(k, "ledger.hold_not_open");
        assert_eq!(outcome.accepted.iter().map(|answer| answer.charged).sum::<Credits>(), credits(k));
        let left = outcome.each(|answer| answer.hold.as_ref().unwrap().left.amount());
        assert_eq!(left, (0..k).map(Decimal::from).collect());
        self.stands_at(0, 0).await;
    }

    /// Holds of one each, k of them, and 64 who want to let go of them.
    async fn releases(&self, k: usize) {
        let balance = self.look(|ledger| ledger.balance()).await;
        let more = credits(k) - balance;
        if more > Credits::ZERO {
            self.tell(Command::TopUp { amount: more, reference: None }).await;
        }
        let held = join_all((0..k).map(|_| self.tell(hold(1)))).await;
        let held: Vec<HoldId> = held.iter().map(|applied| ledger(applied).hold.unwrap().hold).collect();
        let outcome =
            self.crowd(held.iter().cycle().take(CROWD).map(|hold| Command::Release { hold: hold.clone() })).await;
        outcome.expect(k, "ledger.hold_not_open");
        assert_eq!(outcome.each(|answer| answer.hold.as_ref().unwrap().hold.clone()), held.into_iter().collect());
        let after = self.look(|ledger| (ledger.balance(), ledger.holds().count())).await;
        assert_eq!(after, (balance.max(credits(k)), 0), "all of it is back");
    }

    /// A level of k at most, and 64 who want to raise it by one each; then 64 who want to lower it.
    async fn capacities(&self, k: usize) {
        let numbers = feature("whatsapp_instances");
        self.tell(OrganizationCommand::OverrideFeature {
            feature: numbers.clone(),
            value: OverrideValue::Limit(domain::catalog::Limit::UpTo(messages(k))),
            reason: "a race".to_owned().try_into().unwrap(),
            actor: "ops".to_owned().try_into().unwrap(),
            until: None,
        })
        .await;
        let raised = self.crowd((0..CROWD).map(|_| Command::Acquire(number()))).await;
        raised.expect(k, "CAPACITY_EXCEEDED");
        let level = |answer: &Answer| answer.level.as_ref().unwrap().level.amount();
        assert_eq!(raised.each(level), (1..=k).map(Decimal::from).collect());
        let lowered = self.crowd((0..CROWD).map(|_| Command::ReleaseCapacity(number()))).await;
        lowered.expect(k, "ledger.release_exceeds_level");
        assert_eq!(lowered.each(level), (0..k).map(Decimal::from).collect());
        assert!(self.look(move |ledger| ledger.level(&numbers)).await.is_zero());
    }
}

/// Races for many ledgers side by side until so many rounds are over.
async fn race(race: Race, engines: usize, rounds: usize) {
    let test = TestDatabase::create().await;
    let engines = join_all((0..engines).map(|_| test.executor())).await;
    send(&engines[0], product("agencia"), testkit::agencia()).await.unwrap();
    let begun = std::time::Instant::now();
    let runs = (0..LEDGERS.min(rounds)).map(|number| {
        let engines = engines.clone();
        tokio::spawn(async move {
            let ledger = Ledger::open(number, &engines).await;
            for round in (number..rounds).step_by(LEDGERS) {
                ledger.round(race, deal(number, round)).await;
            }
        })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
    let (elapsed, engines) = (begun.elapsed(), engines.len());
    println!("{race:?}: {rounds} rounds of {CROWD}, {engines} engines, {elapsed:.1?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_holds_at_once_exactly_as_many_are_placed_as_there_are_credits_for() {
    race(Race::Holds, 1, rounds()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_captures_at_once_exactly_as_many_are_made_as_the_hold_has() {
    race(Race::Captures, 1, rounds()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_releases_at_once_each_hold_is_let_go_of_by_one() {
    race(Race::Releases, 1, rounds()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_acquisitions_and_releases_at_once_exactly_as_many_are_made_as_the_capacity_has() {
    race(Race::Capacities, 1, rounds()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_the_same_between_three_engines_on_one_database() {
    for kind in [Race::Holds, Race::Captures, Race::Releases, Race::Capacities] {
        race(kind, 3, ROUNDS_BETWEEN_ENGINES).await;
    }
}
