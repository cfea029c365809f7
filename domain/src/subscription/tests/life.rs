//! A subscription through time: commands at instants, told a line an event. Begins on 31 January 2026, 9:00 in Santiago.

use std::sync::Arc;

use cqrs_es::DomainEvent;
use expect_test::Expect;
use jiff::Timestamp;

use crate::aggregate::Aggregate;
use crate::catalog::{CatalogVersion, Definition};
use crate::context::Context;
use crate::credit_ledger::CreditLedger;
use crate::money::Money;
use crate::refusal::Refusal;
use crate::scenario::{catalog, fold, id, instant, seed, surroundings, usd};
use crate::subscription::{
    Answer, Command, CreditUnused, Effective, Event, Item, Line, Method, Received, Rejection, Scheduled, Subscription,
};

/// Sells by the month and the year; prorates by the second.
pub(crate) const SHOP: &str = r#"
product = "agencia"
currency = "USD"
[dunning]
retry_days = [3, 5]
suspend_after_days = 7
cancel_after_days = 20
[credits]
per_unit = { USD = "2" }
[features.minutes]
kind = "quota"
window = "month"
[[plans]]
code = "free"
price = { month = 0 }
[plans.features]
minutes = { limit = 0, overage = { invoice = { unit = "0.5" } } }
[[plans]]
code = "small"
price = { month = "10", year = "100" }
[plans.features]
minutes = { limit = 0, overage = { invoice = { unit = "0.5" } } }
[[plans]]
code = "big"
price = { month = "20", year = "200" }
[[plans]]
code = "tried"
trial = { days = 14 }
price = { month = "30" }
[[plans]]
code = "carded"
trial = { days = 14, payment_method = "required" }
price = { month = "30" }
[[plans]]
code = "old"
retired = true
price = { month = "5" }
"#;

#[derive(Clone)]
pub(crate) struct Life {
    pub(crate) state: Subscription,
    pub(crate) context: Context,
    pub(crate) log: Vec<Event>,
    catalogs: Vec<Arc<CatalogVersion>>,
    commands: u128,
    told: usize,
    answer: Option<Answer>,
}

impl Life {
    pub(crate) fn in_shop() -> Self {
        Self::under(catalog(SHOP))
    }

    pub(crate) fn under(newest: Arc<CatalogVersion>) -> Self {
        Self {
            state: Subscription::default(),
            context: surroundings(),
            log: Vec::new(),
            catalogs: vec![newest],
            commands: 0,
            told: 0,
            answer: None,
        }
    }

    /// What an earlier release has written.
    pub(crate) fn after_all(mut self, history: Vec<Event>) -> Self {
        self.state = fold(&history);
        self.told = history.len();
        self.log = history;
        self
    }

    /// Another version is published.
    pub(crate) fn publish(mut self, definition: Definition) -> Self {
        let version = u32::try_from(self.catalogs.len()).unwrap() + 1;
        self.catalogs.push(Arc::new(CatalogVersion { version, definition }));
        self
    }

    pub(crate) fn at(mut self, now: &str) -> Self {
        self.context.now = instant(now);
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Context)) -> Self {
        change(&mut self.context);
        self
    }

    /// Its ledger says what was used past the allowances.
    pub(crate) fn used(self, ledger: &CreditLedger) -> Self {
        let metered = ledger.metered().clone();
        self.with(|context| context.terms.as_mut().unwrap().metered = metered)
    }

    /// The surroundings of the next decision.
    pub(crate) fn surroundings(&self) -> Context {
        let find = |version: Option<u32>| self.catalogs.iter().find(|known| Some(known.version) == version).cloned();
        let (plan, scheduled) = self.state.versions();
        Context {
            catalog: self.catalogs.last().cloned(),
            sold_under: find(plan),
            scheduled_under: find(scheduled),
            seed: seed(self.commands + 1),
            ..self.context.clone()
        }
    }

    /// Another version than the newest is asked for.
    fn surroundings_of(&self, command: &Command) -> Context {
        let mut context = self.surroundings();
        if let Command::MoveToCatalogVersion { version } = command {
            context.catalog = self.catalogs.iter().find(|known| known.version == *version).cloned();
        }
        context
    }

    pub(crate) fn decide(&mut self, command: &Command) -> Result<Vec<Event>, Rejection> {
        let context = self.surroundings_of(command);
        self.commands += 1;
        let before = self.state.clone();
        let decided = self.state.decide(command, &context);
        match &decided {
            Ok(events) => {
                events.iter().for_each(|event| self.state.evolve(event));
                self.answer = self.state.answer(events, &context);
                self.log.extend(events.iter().cloned());
            }
            Err(_) => assert_eq!(before, self.state),
        }
        decided
    }

    #[track_caller]
    pub(crate) fn does(mut self, command: Command) -> Self {
        if let Err(rejection) = self.decide(&command) {
            panic!("{command:?} at {}: {rejection}", self.context.now);
        }
        self
    }

    pub(crate) fn settles(self, now: &str) -> Self {
        self.at(now).does(Command::Settle)
    }

    /// What fell due is written, under the seed of the command that follows.
    pub(crate) fn settle_silently(&mut self) {
        let commands = self.commands;
        self.decide(&Command::Settle).unwrap();
        self.commands = commands;
    }

    pub(crate) fn answer(&self) -> Answer {
        self.answer.clone().unwrap()
    }

    /// What happened since it was told last.
    #[track_caller]
    pub(crate) fn tells(mut self, expected: Expect) -> Self {
        let lines: Vec<String> = self.log[self.told..].iter().map(told).collect();
        expected.assert_eq(&lines.join("\n"));
        self.told = self.log.len();
        self
    }

    /// What happened up to here needs no telling.
    pub(crate) fn quietly(mut self) -> Self {
        self.told = self.log.len();
        self
    }

    #[track_caller]
    pub(crate) fn refuses(&self, command: &Command) -> String {
        self.clone().decide(command).unwrap_err().to_string()
    }

    pub(crate) fn code(&self, command: &Command) -> &'static str {
        match self.clone().decide(command) {
            Err(rejection) => rejection.code(),
            Ok(events) => panic!("accepted: {events:?}"),
        }
    }

    /// The names of the invoices, by their number.
    pub(crate) fn invoice(&self, number: usize) -> crate::id::InvoiceId {
        self.state.invoices()[number - 1].id.clone()
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%d %b %H:%M").to_string()
}

fn line(line: &Line) -> String {
    let amount = line.amount.amount;
    match &line.item {
        Item::Plan { plan, interval } => format!("{plan} by the {} {amount}", interval.as_str()),
        Item::ProrationCredit { plan } => format!("unused {plan} {amount}"),
        Item::ProrationCharge { plan } => format!("rest on {plan} {amount}"),
        Item::Discount { code } => format!("{code} {amount}"),
        Item::Metered { feature, quantity, .. } => format!("{quantity} {feature} {amount}"),
    }
}

fn scheduled(change: &Scheduled) -> String {
    match change {
        Scheduled::Plan { plan, interval, .. } => format!("{plan} by the {}", interval.as_str()),
        Scheduled::Cancellation { .. } => "cancellation".to_owned(),
        Scheduled::Pause { .. } => "pause".to_owned(),
    }
}

/// An event in a line.
pub(crate) fn told(event: &Event) -> String {
    let number = |invoice: &crate::id::InvoiceId| invoice.parts().unwrap().1;
    let name = event.event_type();
    match event {
        Event::SubscriptionStarted { plan, interval, price, .. } => {
            format!("{name} {plan} by the {} at {}", interval.as_str(), price.amount)
        }
        Event::TrialStarted { ends_at: at, .. } => format!("{name} until {}", day(*at)),
        Event::InvoiceIssued { invoice, kind, lines, taxes, total, kept, issued_at, .. } => {
            let lines: Vec<String> = lines.iter().map(line).collect();
            let taxes: String = taxes.iter().map(|tax| format!(", {} {}", tax.name, tax.amount.amount)).collect();
            let kept = if kept.is_zero() { String::new() } else { format!(", kept {}", kept.amount) };
            let (number, at) = (number(invoice), day(*issued_at));
            format!("{name} {number} {kind:?} on {at}: {}{taxes} = {}{kept}", lines.join(", "), total.amount)
        }
        Event::InvoiceVoided { invoice, amount, .. } => format!("{name} {} {}", number(invoice), amount.amount),
        Event::PaymentRecorded { invoice, amount, net, method, still_due, .. } => {
            let of = invoice.as_ref().map_or(0, number);
            let method = if *method == Method::Balance { " from the balance" } else { "" };
            format!("{name} {} (net {}) of {of}{method}, due {}", amount.amount, net.amount, still_due.amount)
        }
        Event::OverpaymentKept { amount, credits, .. } => format!("{name} {} as {credits} credits", amount.amount),
        Event::PaymentRefunded { invoice, amount, net, refunded_total, kind, .. } => {
            let (of, total) = (number(invoice), refunded_total.amount);
            format!("{name} {kind:?} {} (net {}) of {of}, {total} in all", amount.amount, net.amount)
        }
        Event::CreditNoteIssued { invoice, amount, net, reduces_due, to_balance, to_refund, .. } => format!(
            "{name} {} (net {}) of {}: due less {}, to balance {}, to refund {}",
            amount.amount,
            net.amount,
            number(invoice),
            reduces_due.amount,
            to_balance.amount,
            to_refund.amount
        ),
        Event::SubscriptionActivated { period, .. }
        | Event::PeriodBegan { period, .. }
        | Event::SubscriptionRenewed { period } => {
            format!("{name} {} to {}", day(period.start), day(period.end))
        }
        Event::SubscriptionPastDue { since, suspends_at, cancels_at, .. } => {
            format!("{name} since {}, until {}, to the end on {}", day(*since), day(*suspends_at), day(*cancels_at))
        }
        Event::PaymentRetryDue { attempt, at, .. } => format!("{name} {attempt} on {}", day(*at)),
        Event::ChangeScheduled { change, at } => format!("{name} {} on {}", scheduled(change), day(*at)),
        Event::ScheduledChangeRevoked { change } => format!("{name} {}", scheduled(change)),
        Event::PlanChanged { from, to, interval, price, at, .. } => {
            format!("{name} {from} to {to} by the {} at {} on {}", interval.as_str(), price.amount, day(*at))
        }
        Event::CatalogMigrated { from, to, price, .. } => format!("{name} {from} to {to} at {}", price.amount),
        Event::SubscriptionCanceled { at, reason } => format!("{name} on {}: {reason:?}", day(*at)),
        Event::SubscriptionSuspended { since: at, .. }
        | Event::SubscriptionPaused { since: at, .. }
        | Event::TrialEnded { at }
        | Event::SubscriptionRecovered { at }
        | Event::SubscriptionResumed { at } => format!("{name} on {}", day(*at)),
        Event::DiscountApplied { code, .. } | Event::DiscountEnded { code, .. } => format!("{name} {code}"),
        Event::PaymentMethodAttached { .. } | Event::PaymentMethodDetached { .. } => name,
    }
}

pub(crate) fn start(plan: &str) -> Command {
    Command::Start { plan: id(plan), interval: crate::calendar::Interval::Month }
}

pub(crate) fn pay(amount: &str) -> Command {
    Command::pay_by_hand(usd(amount), None)
}

pub(crate) fn pay_in(amount: &str, currency: &str) -> Command {
    Command::pay_by_hand(Money::rounded(amount.parse().unwrap(), id(currency)), None)
}

pub(crate) fn pay_with(amount: &str, method: Received) -> Command {
    Command::RecordPayment { amount: usd(amount), invoice: None, method, reference: None }
}

pub(crate) fn change(plan: &str, when: Effective) -> Command {
    Command::ChangePlan { plan: id(plan), interval: crate::calendar::Interval::Month, when }
}

pub(crate) fn change_to_year(plan: &str, when: Effective) -> Command {
    Command::ChangePlan { plan: id(plan), interval: crate::calendar::Interval::Year, when }
}

pub(crate) fn cancel(when: Effective, credit: CreditUnused) -> Command {
    Command::Cancel { when, credit, reason: id("no more need") }
}

pub(crate) fn attach() -> Command {
    Command::AttachPaymentMethod { provider: id("stripe"), reference: id("pm_1") }
}
