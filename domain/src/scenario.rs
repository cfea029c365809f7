//! The kit of the domain's tests: given this history and these surroundings, when a command comes, then these events
//! or this refusal. The one place that touches the API, so that tests are data.

use std::fmt::Debug;
use std::sync::Arc;

use expect_test::Expect;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::aggregate::Aggregate;
use crate::calendar::Zone;
use crate::catalog::CatalogVersion;
use crate::context::{Context, PlanInForce, Terms};
use crate::credit_ledger::Metered;
use crate::id::LotId;
use crate::money::{Credits, Money, Quantity};
use crate::organization::Status;
use crate::refusal::{Refusal, sample};

/// The instant at which every scenario begins, and at which its plan came into force.
pub(crate) const START: &str = "2026-01-31T12:00:00Z";

/// A value from its text: an id, a currency, a zone.
pub(crate) fn id<T: TryFrom<String, Error: Debug>>(text: &str) -> T {
    sample(text)
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn credits(amount: &str) -> Credits {
    Credits::positive(decimal(amount)).unwrap()
}

pub(crate) fn quantity(amount: u32) -> Quantity {
    Quantity::positive(amount.into()).unwrap()
}

pub(crate) fn usd(amount: &str) -> Money {
    Money::rounded(decimal(amount), sample("USD"))
}

/// The lot that the command of this number adds, counted from 1 in each scenario.
pub(crate) fn lot(number: u128) -> LotId {
    LotId::fresh(&seed(number).simple().to_string())
}

/// The seed of a scenario's command, counted from 1.
pub(crate) fn seed(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A catalog as published, from its TOML.
pub(crate) fn catalog(text: &str) -> Arc<CatalogVersion> {
    let definition = crate::catalog::source::read("test.toml", text).unwrap();
    Arc::new(CatalogVersion { version: 1, definition })
}

pub(crate) fn agencia() -> Arc<CatalogVersion> {
    catalog(include_str!("../../catalogs/agencia.toml"))
}

/// The surroundings most scenarios have: Pedro of agencia, in Santiago, without a plan.
pub(crate) fn surroundings() -> Context {
    let terms = Terms {
        organization: id("pedro"),
        product: id("agencia"),
        zone: Zone::new("America/Santiago").unwrap(),
        plan: None,
        registered_at: Some(instant("2026-01-01T00:00:00Z")),
        status: Status::Active,
        overrides: Arc::default(),
        administrators: Arc::default(),
        instant: None,
        metered: Metered::default(),
        billing: None,
        open_invoices: Vec::new(),
        until: None,
    };
    Context {
        now: instant(START),
        seed: seed(1),
        terms: Some(terms),
        catalog: Some(agencia()),
        sold_under: Some(agencia()),
        scheduled_under: None,
    }
}

/// A plan that came into force at [`START`].
pub(crate) fn plan_in_force(plan: &str) -> PlanInForce {
    PlanInForce { code: id(plan), catalog_version: 1, anchor: instant(START), currency: id("USD") }
}

/// A history in its surroundings, to which commands come.
#[derive(Clone)]
pub(crate) struct Scenario<A> {
    state: A,
    context: Context,
    commands: u128,
}

/// What a command came to.
#[must_use]
pub(crate) struct Outcome<A: Aggregate> {
    command: A::Command,
    decided: Result<Vec<A::Event>, A::Rejection>,
    after: A,
    context: Context,
}

impl<A> Scenario<A>
where
    A: Aggregate<Event: Debug + PartialEq>,
{
    /// After these events.
    pub(crate) fn given(history: impl IntoIterator<Item = A::Event>) -> Self {
        Self { state: fold(&history.into_iter().collect::<Vec<_>>()), context: surroundings(), commands: 0 }
    }

    /// Changes what the decision may know of the world.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut Context)) -> Self {
        change(&mut self.context);
        self
    }

    /// With a plan in force since [`START`].
    pub(crate) fn on_plan(self, plan: &str) -> Self {
        self.with(|context| context.terms.as_mut().unwrap().plan = Some(plan_in_force(plan)))
    }

    /// From now on it is this instant.
    pub(crate) fn at(self, now: &str) -> Self {
        self.with(|context| context.now = instant(now))
    }

    /// Under another catalog.
    pub(crate) fn under(self, catalog: Arc<CatalogVersion>) -> Self {
        self.with(|context| context.catalog = Some(catalog))
    }

    pub(crate) fn without_catalog(self) -> Self {
        self.with(|context| context.catalog = None)
    }

    pub(crate) fn not_registered(self) -> Self {
        self.with(|context| context.terms = None)
    }

    /// After one more command, which is accepted.
    pub(crate) fn after(mut self, command: impl Into<A::Command>) -> Self {
        for event in self.decide(&command.into()).unwrap() {
            self.state.evolve(&event);
        }
        self
    }

    /// The state, and the surroundings of the next decision.
    pub(crate) fn into_parts(self) -> (A, Context) {
        (self.state, self.context)
    }

    pub(crate) fn state(self) -> A {
        self.state
    }

    /// Is this command accepted?
    pub(crate) fn accepts(mut self, command: A::Command) -> bool {
        self.decide(&command).is_ok()
    }

    pub(crate) fn when(mut self, command: A::Command) -> Outcome<A> {
        let decided = self.decide(&command);
        let mut after = self.state.clone();
        decided.iter().flatten().for_each(|event| after.evolve(event));
        Outcome { command, decided, after, context: self.context }
    }

    fn decide(&mut self, command: &A::Command) -> Result<Vec<A::Event>, A::Rejection> {
        self.commands += 1;
        self.context.seed = seed(self.commands);
        self.state.decide(command, &self.context)
    }
}

impl<A> Outcome<A>
where
    A: Aggregate<Event: Debug + PartialEq>,
{
    /// Exactly these events; what the caller is told comes back, to look at.
    #[track_caller]
    pub(crate) fn then<const N: usize>(self, expected: [A::Event; N]) -> A::Answer {
        let events = self.decided.unwrap();
        assert_eq!(events, expected);
        self.after.answer(&self.command, &events, &self.context)
    }

    /// The events, to look at.
    #[track_caller]
    pub(crate) fn events(self) -> Vec<A::Event> {
        self.decided.unwrap()
    }

    /// What the caller is told.
    #[track_caller]
    pub(crate) fn told(self) -> A::Answer {
        self.after.answer(&self.command, &self.decided.unwrap(), &self.context)
    }

    /// Nothing: it is already so.
    #[track_caller]
    pub(crate) fn then_nothing(self) {
        self.then([]);
    }

    /// A refusal with this text.
    #[track_caller]
    pub(crate) fn then_rejected(self, expected: Expect) {
        expected.assert_eq(&self.rejection().to_string());
    }

    /// A refusal with this text, hint and members, one per line.
    #[track_caller]
    pub(crate) fn then_rejected_in_full(self, expected: Expect) {
        let rejection = self.rejection();
        let mut lines = vec![rejection.to_string(), format!("hint: {}", rejection.hint())];
        lines.extend(rejection.members().iter().map(|(name, value)| format!("{name} = {value}")));
        expected.assert_eq(&lines.join("\n"));
    }

    /// The code of the refusal.
    #[track_caller]
    pub(crate) fn code(self) -> &'static str {
        self.rejection().code()
    }

    /// The refusal, to look at.
    #[track_caller]
    pub(crate) fn refusal(self) -> A::Rejection {
        self.rejection()
    }

    #[track_caller]
    fn rejection(self) -> A::Rejection {
        match self.decided {
            Err(rejection) => rejection,
            Ok(events) => panic!("accepted: {events:?}"),
        }
    }
}

/// The state after a history.
pub(crate) fn fold<A: Aggregate>(history: &[A::Event]) -> A {
    let mut state = A::default();
    history.iter().for_each(|event| state.evolve(event));
    state
}

/// The codes of all refusals of an aggregate, in the order of the checks.
pub(crate) fn codes<R: Refusal>() -> Vec<&'static str> {
    R::samples().iter().map(Refusal::code).collect()
}

/// The law of replay: a history taken in at once gives the same state as its two halves with the state written down
/// and read again between them, as a snapshot does.
#[track_caller]
pub(crate) fn replaying_in_two_halves_equals_replaying_at_once<A>(history: &[A::Event], middle: usize)
where
    A: Aggregate + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let (first, second) = history.split_at(middle.min(history.len()));
    let snapshot = serde_json::to_string(&fold::<A>(first)).unwrap();
    let mut resumed: A = serde_json::from_str(&snapshot).unwrap();
    second.iter().for_each(|event| resumed.evolve(event));
    assert_eq!(resumed, fold::<A>(history));
}
