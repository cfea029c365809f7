//! Random histories of a ledger. A step may be about what is there by then: a hold, a lot, a consumption, an alert.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::ToSpan;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::aggregate::Aggregate;
use crate::context::{Context, Terms};
use crate::credit_ledger::{
    Acquire, Adjustment, Capture, Command, Consume, Consumption, CreditLedger, Event, Grant, Hold, LotKind, Rejection,
    Rest, Reverse, TopUpRule,
};
use crate::id::CommissionId;
use crate::money::{Credits, Quantity};
use crate::scenario::{catalog, id, plan_in_force, seed, surroundings};
use crate::text::Attributes;

const SHOP: &str = r#"
product = "agencia"
currency = "USD"
thresholds = [70, 85, 95]
capacity_thresholds = [50, 90]
credits_low = "10"
[features]
whatsapp_messages = { kind = "quota", window = "billing_period" }
ai_runs = { kind = "quota", window = "day" }
minutes = { kind = "quota", window = "month" }
seats = { kind = "capacity" }
white_label = { kind = "flag" }
[[plans]]
code = "gratis"
price = { month = "0" }
[plans.features]
whatsapp_messages = { limit = 50, overage = { credits = "0.05" } }
ai_runs = { limit = 400, rollover = { minimum = 10, maximum = 600 } }
seats = { limit = "200.5" }
[[plans]]
code = "starter"
price = { month = "15" }
[plans.features]
whatsapp_messages = { limit = 2_000, overage = { credits = "0.05" }, rollover = { maximum = 500 }, settle_above = true }
ai_runs = { limit = 900, rollover = { maximum = 1_000 }, settle_above = true }
minutes = { limit = 500, overage = { invoice = { graduated = { tiers = [{ units = 10, price = "1.5" }, { units = 100, price = "0.33" }], then = "0.005" } } }, settle_above = true }
seats = { limit = 700 }
white_label = true
"#;

/// What is asked, some time after the step before, on a plan.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    intent: Intent,
    plan: Option<&'static str>,
    minutes_later: i64,
}

/// A command, or one about the so-manieth of the things that are there.
#[derive(Debug, Clone)]
enum Intent {
    Plain(Command),
    Hold(&'static str, Quantity, i64),
    Grant(Credits, u8, LotKind, i64, Option<i64>),
    Capture(usize, Quantity, Rest),
    Release(usize),
    Extend(usize, i64),
    Revoke(usize, Option<Credits>),
    Reverse(usize, Option<Quantity>),
    Acknowledge(usize),
}

/// Amounts with all the decimals credits have, so that rounding is put to the test.
fn credits() -> impl Strategy<Value = Credits> {
    (1_i64..50_000_000).prop_map(|millionths| Credits::positive(Decimal::new(millionths, 6)).unwrap())
}

/// Whole messages mostly, with some fractions between them.
pub(crate) fn quantities() -> impl Strategy<Value = Quantity> {
    let whole = (1_i64..900).prop_map(Decimal::from);
    let fraction = (1_i64..3_000_000).prop_map(|millionths| Decimal::new(millionths, 6));
    prop_oneof![3 => whole, 1 => fraction].prop_map(|amount| Quantity::positive(amount).unwrap())
}

fn features() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        6 => Just("whatsapp_messages"),
        3 => Just("ai_runs"),
        3 => Just("minutes"),
        1 => Just("seats"),
        1 => Just("white_label"),
        1 => Just("faxes"),
    ]
}

fn kinds() -> impl Strategy<Value = LotKind> {
    prop_oneof![Just(LotKind::Purchased), Just(LotKind::Granted), Just(LotKind::Commission), Just(LotKind::Refund),]
}

fn consumptions() -> impl Strategy<Value = Command> {
    let actors = prop_oneof![5 => Just(None), 1 => Just(Some("root")), 1 => Just(Some("user-1"))];
    (features(), quantities(), actors).prop_map(|(feature, quantity, actor)| {
        Consume { actor: actor.map(id), ..Consume::of(id(feature), quantity) }.into()
    })
}

fn levels() -> impl Strategy<Value = Command> {
    let asked = (prop_oneof![9 => Just("seats"), 1 => Just("ai_runs")], quantities(), any::<bool>());
    asked.prop_map(|(feature, quantity, up)| {
        let asked = Acquire { feature: id(feature), quantity, actor: None };
        if up { Command::Acquire(asked) } else { Command::ReleaseCapacity(asked) }
    })
}

fn by_hand() -> impl Strategy<Value = Command> {
    let adjust = (credits(), any::<bool>()).prop_map(|(amount, up)| {
        let change = if up { Adjustment::Up(amount) } else { Adjustment::Down(amount) };
        Command::Adjust { change, reason: id("mistake"), actor: id("operator-7") }
    });
    let rule = (credits(), credits(), 1_u16..4).prop_map(|(below, amount, most)| {
        let rule = TopUpRule { below, amount, monthly_max: most.try_into().unwrap() };
        Command::SetTopUpRule { rule, actor: id("user-1") }
    });
    let remove = Just(Command::RemoveTopUpRule { actor: id("user-1") });
    prop_oneof![4 => adjust, 2 => rule, 1 => remove, 2 => Just(Command::Settle)]
}

fn plain() -> impl Strategy<Value = Command> {
    let top_up = credits().prop_map(|amount| Command::TopUp { amount, reference: None });
    let commission = |number: u8| CommissionId::of(&id("pay_1"), number);
    let earn = (1_u8..5, credits())
        .prop_map(move |(number, amount)| Command::GrantCommission { commission: commission(number), amount });
    let claw_back = (1_u8..5, credits()).prop_map(move |(number, amount)| Command::ClawBack {
        commission: commission(number),
        refund: id("ref_1"),
        amount,
    });
    prop_oneof![2 => top_up, 2 => earn, 1 => claw_back, 6 => consumptions(), 3 => levels(), 2 => by_hand()]
}

fn intents() -> impl Strategy<Value = Intent> {
    // Hours from now: some in the past, some within the history, some beyond what is allowed.
    let hours = || -10_i64..900;
    let grant = (credits(), 8_u8..13, kinds(), -50_i64..300, option::of(-10_i64..2_000));
    let rests = prop_oneof![Just(Rest::Keep), Just(Rest::Release)];
    prop_oneof![
        14 => plain().prop_map(Intent::Plain),
        5 => (features(), quantities(), hours()).prop_map(|(feature, quantity, hours)| Intent::Hold(feature, quantity, hours)),
        3 => grant.prop_map(|(amount, priority, kind, from, until)| Intent::Grant(amount, priority, kind, from, until)),
        5 => (0_usize..9, quantities(), rests).prop_map(|(which, quantity, rest)| Intent::Capture(which, quantity, rest)),
        2 => (0_usize..9).prop_map(Intent::Release),
        1 => (0_usize..9, hours()).prop_map(|(which, hours)| Intent::Extend(which, hours)),
        1 => (0_usize..9, option::of(credits())).prop_map(|(which, amount)| Intent::Revoke(which, amount)),
        2 => (0_usize..99, option::of(quantities())).prop_map(|(which, amount)| Intent::Reverse(which, amount)),
        1 => (0_usize..9).prop_map(Intent::Acknowledge),
    ]
}

pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    let plans = prop_oneof![1 => Just(None), 3 => Just(Some("gratis")), 9 => Just(Some("starter"))];
    // Up to four days each: a history of 60 steps turns its windows over three or four times.
    let step = (intents(), plans, 0_i64..5_760);
    vec(step.prop_map(|(intent, plan, minutes_later)| Step { intent, plan, minutes_later }), 0..60)
}

/// A history that is being played.
pub(crate) struct Play {
    pub(crate) context: Context,
    pub(crate) ledger: CreditLedger,
    /// What was consumed and not given back.
    consumed: Vec<Consumption>,
    number: u128,
    position: u64,
}

impl Default for Play {
    fn default() -> Self {
        let mut context = Context { catalog: Some(catalog(SHOP)), ..surroundings() };
        context.terms.as_mut().unwrap().administrators = Arc::new(BTreeSet::from([id("root")]));
        Self { context, ledger: CreditLedger::default(), consumed: Vec::new(), number: 0, position: 0 }
    }
}

impl Play {
    /// Moves on to a step: its plan, its instant, its command.
    pub(crate) fn turn(&mut self, step: &Step) -> Command {
        self.number += 1;
        self.context.now += step.minutes_later.minutes();
        self.context.seed = seed(self.number);
        let terms = self.context.terms.take();
        self.context.terms = terms.map(|terms| Terms { plan: step.plan.map(plan_in_force), ..terms });
        self.command(&step.intent)
    }

    pub(crate) fn step(&mut self, step: &Step) -> Result<Vec<Event>, Rejection> {
        let command = self.turn(step);
        let decided = self.ledger.decide(&command, &self.context);
        self.take_in(&decided);
        decided
    }

    pub(crate) fn take_in(&mut self, decided: &Result<Vec<Event>, Rejection>) {
        for event in decided.iter().flatten() {
            self.ledger.evolve(event);
            self.position += 1;
            if let Event::ConsumptionReversed { position, .. } = event {
                self.consumed.retain(|consumption| consumption.position != *position);
            }
            self.consumed.extend(Consumption::of(self.position, event));
        }
    }

    fn command(&self, intent: &Intent) -> Command {
        let (reason, actor) = (|| id("because"), || id("operator-7"));
        let after = |hours: i64| self.context.now + hours.hours();
        let hold = |which: usize| {
            let known =
                self.ledger.holds().map(|(hold, _)| hold.clone()).nth(which % self.ledger.holds().count().max(1));
            known.unwrap_or_else(|| id("hold_0"))
        };
        match intent {
            Intent::Plain(command) => command.clone(),
            Intent::Hold(feature, quantity, hours) => {
                let (feature, quantity, expires_at) = (id(feature), *quantity, after(*hours));
                Command::Hold(Hold { feature, quantity, expires_at, actor: None })
            }
            Intent::Grant(amount, priority, kind, from, until) => Command::Grant(Grant {
                amount: *amount,
                kind: *kind,
                priority: Some(*priority),
                effective_from: Some(after(*from)),
                expires_at: until.map(after),
                reason: reason(),
                actor: actor(),
            }),
            Intent::Capture(which, quantity, rest) => Command::Capture(Capture {
                hold: hold(*which),
                quantity: *quantity,
                rest: *rest,
                occurred_at: None,
                attributes: Attributes::default(),
            }),
            Intent::Release(which) => Command::Release { hold: hold(*which) },
            Intent::Extend(which, hours) => Command::Extend { hold: hold(*which), expires_at: after(*hours) },
            Intent::Revoke(which, amount) => {
                let lots = self.ledger.lots().iter().map(|lot| &lot.id);
                let known: Vec<_> = lots.chain(self.ledger.scheduled().iter().map(|lot| &lot.id)).collect();
                let lot = known.get(which % known.len().max(1)).map_or_else(|| id("lot_0"), |lot| (*lot).clone());
                Command::Revoke { lot, amount: *amount, reason: reason(), actor: actor() }
            }
            Intent::Reverse(which, quantity) => match self.consumed.get(which % self.consumed.len().max(1)) {
                None => Command::Settle,
                Some(consumption) => Command::Reverse(Reverse {
                    consumption: consumption.clone(),
                    quantity: *quantity,
                    reason: reason(),
                    actor: actor(),
                }),
            },
            Intent::Acknowledge(which) => {
                let known = self.ledger.alerts().get(*which).map(|open| open.alert.clone());
                Command::AcknowledgeAlert { alert: known.unwrap_or_else(|| id("alert_0")), actor: actor() }
            }
        }
    }
}
