//! Whatever is asked of a subscription, in any order: its invoices and payments in the tables are those of its own state.

use std::sync::Arc;

use domain::calendar::{Interval, Zone};
use domain::catalog::{CatalogVersion, source};
use domain::credit_ledger::CreditLedger;
use domain::organization::{self, Environment, Organization};
use domain::stream::{Owner, StreamId};
use domain::subscription::{Command, CreditUnused, Effective, Event, RefundKind, Subscription};
use domain::{Aggregate, Context, Currency, Kind, Money, OrganizationId, ReasonText, SoldUnder, Terms};
use event_store::{Metadata, Recorded};
use jiff::{SignedDuration, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::projection::Projection as _;
use crate::row::Rows;
use crate::{credit_notes, invoices, payments};

const SHOP: &str = r#"
product = "shop"
currency = "USD"
[seller]
name = "Acme"
country = "CL"
invoice_series = "F"
credit_note_series = "NC"
[credits]
per_unit = { USD = "2" }
[[taxes]]
country = "CL"
name = "IVA"
rate = "0.19"
prices = "exclusive"
from = 2003-10-01
[[plans]]
code = "free"
price = { month = 0 }
[[plans]]
code = "small"
price = { month = "10", year = "100" }
[[plans]]
code = "big"
price = { month = "20.01" }
"#;

fn usd(amount: Decimal) -> Money {
    Money::rounded(amount, Currency::new("USD").unwrap())
}

fn reason() -> ReasonText {
    ReasonText::new("so it is").unwrap()
}

/// A subscription, and the tables that follow it.
struct Life {
    organization: Organization,
    state: Subscription,
    catalog: Arc<CatalogVersion>,
    now: Timestamp,
    decisions: u128,
    position: i64,
    invoices: Rows<invoices::Known>,
    credit_notes: Rows<credit_notes::Known>,
    payments: Rows<payments::Payment>,
}

impl Life {
    fn begin() -> Self {
        let definition = source::read("shop.toml", SHOP).unwrap();
        let mut life = Self {
            organization: Organization::default(),
            state: Subscription::default(),
            catalog: Arc::new(CatalogVersion { version: 1, definition }),
            now: "2031-01-31T12:00:00Z".parse().unwrap(),
            decisions: 0,
            position: 0,
            invoices: Rows::default(),
            credit_notes: Rows::default(),
            payments: Rows::default(),
        };
        let register = organization::Command::Register {
            organization: OrganizationId::new("ana").unwrap(),
            product: domain::ProductCode::new("shop").unwrap(),
            time_zone: Zone::new("America/Santiago").unwrap(),
            sponsor: None,
            environment: Environment::Live,
        };
        let context = life.context();
        let decided = life.organization.decide(&register, &context).unwrap();
        decided.iter().for_each(|event| life.organization.evolve(event));
        life
    }

    fn context(&mut self) -> Context {
        self.decisions += 1;
        let bound = self.state.versions().0.map(|_| self.catalog.clone());
        let sold_under = SoldUnder { plan: bound.clone(), scheduled: bound.clone() };
        let ledger = CreditLedger::default();
        Context {
            now: self.now,
            seed: Uuid::from_u128(self.decisions),
            terms: Terms::of(&self.organization, &self.state, &ledger, self.now, &sold_under),
            catalog: Some(self.catalog.clone()),
            sold_under: bound.clone(),
            scheduled_under: bound,
        }
    }

    /// What is decided is taken in by everybody; what is refused by nobody.
    fn ask(&mut self, command: &Command) {
        let context = self.context();
        for event in self.state.decide(command, &context).unwrap_or_default() {
            self.state.evolve(&event);
            self.position += 1;
            let recorded = self.recorded(event);
            invoices::Projection::apply(&mut self.invoices, &recorded);
            credit_notes::Projection::apply(&mut self.credit_notes, &recorded);
            payments::Projection::apply(&mut self.payments, &recorded);
        }
    }

    fn recorded(&self, event: Event) -> Recorded {
        let organization = OrganizationId::new("ana").unwrap();
        Recorded {
            partition: 0,
            position: self.position,
            event_id: Uuid::nil(),
            recorded_at: self.now,
            organization: Some(organization.clone()),
            stream: StreamId { kind: Kind::Subscription, owner: Owner::Organization(organization) },
            sequence: self.position,
            event: event.into(),
            metadata: Metadata::default(),
        }
    }

    fn agrees(&self) {
        let mut due = Decimal::ZERO;
        for invoice in self.state.invoices() {
            let key = ("ana".to_owned(), invoice.id.to_string());
            let row = self.invoices.get(&key).expect("an invoice has its row");
            let amounts = [row.total.unwrap(), row.paid, row.refunded, row.credited, row.still_due];
            let own = [invoice.total, invoice.paid(), invoice.refunded(), invoice.credited, invoice.open()];
            assert_eq!(amounts, own.map(|money| money.amount), "{}", invoice.id);
            assert_eq!((row.to_balance, row.to_refund), (invoice.to_balance.amount, invoice.to_refund.amount));
            let status = row.status.as_deref().unwrap();
            assert_eq!((status == "open", status == "void"), (invoice.is_open(), invoice.is_void), "{}", invoice.id);
            let of_notes = self.credit_notes.iter().filter(|note| note.invoice.as_ref() == Some(&row.invoice));
            assert_eq!(of_notes.filter_map(|note| note.amount).sum::<Decimal>(), row.credited);
            for payment in &invoice.payments {
                let row =
                    self.payments.get(&("ana".to_owned(), payment.id.to_string())).expect("a payment has its row");
                let amounts = [row.amount, row.net, row.refunded, row.refunded_net];
                let own = [payment.amount, payment.net, payment.refunded, payment.refunded_net];
                assert_eq!(amounts, own.map(|money| money.amount), "{}", payment.id);
                assert_eq!(row.refunds.iter().map(|refund| refund.amount).sum::<Decimal>(), row.refunded);
            }
            due += row.still_due;
        }
        let all: Decimal = self.invoices.iter().map(|row| row.still_due).sum();
        assert_eq!((all, due), (due, self.state.still_due().map_or(Decimal::ZERO, |due| due.amount)));
    }
}

/// Something is asked, of the newest invoice or one before it, of a part in percent.
#[derive(Debug, Clone)]
enum Asked {
    Plain(Command),
    Pay(u32),
    Refund(usize, u32, RefundKind),
    Credit(usize, u32, CreditUnused),
    Void(usize),
}

fn asked() -> impl Strategy<Value = Asked> {
    let plan = || prop_oneof![Just("free"), Just("small"), Just("big")];
    let plan = move || plan().prop_map(|plan| domain::PlanCode::new(plan).unwrap());
    let interval = || prop_oneof![4 => Just(Interval::Month), 1 => Just(Interval::Year)];
    let when = || prop_oneof![Just(Effective::Now), Just(Effective::PeriodEnd)];
    let kept = || prop_oneof![Just(CreditUnused::Nothing), Just(CreditUnused::Balance), Just(CreditUnused::Refund)];
    let start = (plan(), interval()).prop_map(|(plan, interval)| Command::Start { plan, interval });
    let change =
        (plan(), interval(), when()).prop_map(|(plan, interval, when)| Command::ChangePlan { plan, interval, when });
    let cancel = (when(), kept()).prop_map(|(when, credit)| Command::Cancel { when, credit, reason: reason() });
    let kind = prop_oneof![Just(RefundKind::Refund), Just(RefundKind::Chargeback)];
    prop_oneof![
        3 => start.prop_map(Asked::Plain),
        3 => change.prop_map(Asked::Plain),
        1 => cancel.prop_map(Asked::Plain),
        1 => Just(Asked::Plain(Command::Settle)),
        6 => prop_oneof![3 => Just(100_u32), 1 => 1_u32..130].prop_map(Asked::Pay),
        3 => (0_usize..3, 1_u32..=100, kind).prop_map(|(which, part, kind)| Asked::Refund(which, part, kind)),
        3 => (0_usize..3, 1_u32..=100, kept()).prop_map(|(which, part, kept)| Asked::Credit(which, part, kept)),
        1 => (0_usize..3).prop_map(Asked::Void),
    ]
}

fn part_of(amount: Money, percent: u32) -> Money {
    usd((amount.amount * Decimal::from(percent) / Decimal::ONE_HUNDRED).max(Decimal::new(1, 2)))
}

fn command(asked: &Asked, life: &Life) -> Command {
    let newest = |which: &usize| life.state.invoices().iter().rev().nth(*which);
    match asked {
        Asked::Plain(command) => command.clone(),
        Asked::Pay(percent) => {
            let due = life.state.still_due().unwrap_or_else(|| usd(Decimal::TEN));
            Command::pay_by_hand(part_of(due, *percent), None)
        }
        Asked::Refund(which, percent, kind) => {
            let Some(payment) = newest(which).and_then(|invoice| invoice.payments.last()) else {
                return Command::Settle;
            };
            let (payment, amount, kind) = (payment.id.clone(), part_of(payment.amount, *percent), *kind);
            Command::RefundPayment { payment, amount, kind, reason: reason(), reference: None }
        }
        Asked::Credit(which, percent, credit) => {
            let Some(invoice) = newest(which) else { return Command::Settle };
            let (amount, credit) = (part_of(invoice.total, *percent), *credit);
            Command::IssueCreditNote { invoice: invoice.id.clone(), amount, credit, reason: reason() }
        }
        Asked::Void(which) => {
            let Some(invoice) = newest(which) else { return Command::Settle };
            Command::VoidInvoice { invoice: invoice.id.clone(), reason: reason() }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invoices_and_payments_are_those_of_the_subscription(history in vec((0_i64..900, asked()), 0..25)) {
        let mut life = Life::begin();
        for (hours, asked) in &history {
            life.now += SignedDuration::from_hours(*hours);
            // Nobody refuses what fell due, and what is asked is asked of what it left.
            life.ask(&Command::Settle);
            let command = command(asked, &life);
            life.ask(&command);
            life.agrees();
        }
    }
}
