//! A customer whose every decision is the domain's own.

use std::sync::Arc;

use domain::calendar::Zone;
use domain::catalog::{CatalogVersion, source};
use domain::context::SoldUnder;
use domain::credit_ledger::CreditLedger;
use domain::organization::{self, Environment, Organization};
use domain::stream::{Owner, StreamId};
use domain::subscription::{Command, CreditUnused, RefundKind, Subscription};
use domain::{Aggregate, Context, Currency, Event, Kind, Money, OrganizationId, Terms};
use event_store::{Metadata, Recorded};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::super::decimal;

const SHOP: &str = r#"
product = "agencia"
currency = "USD"
[dunning]
retry_days = [3, 5]
suspend_after_days = 7
cancel_after_days = 20
[credits]
per_unit = { USD = "2" }
[seller]
name = "Acme"
country = "CL"
[[plans]]
code = "free"
price = { month = 0 }
[[plans]]
code = "small"
price = { month = "10", year = "100" }
[[plans]]
code = "big"
price = { month = "20", year = "200" }
[[plans]]
code = "tried"
trial = { days = 14 }
price = { month = "10", year = "120" }
[[plans]]
code = "carded"
trial = { days = 14, payment_method = "required" }
price = { month = "30" }
"#;

const TAX: &str = r#"
[[taxes]]
country = "CL"
name = "IVA"
rate = "0.19"
prices = "exclusive"
from = 2003-10-01
"#;

pub(super) fn usd(text: &str) -> Money {
    Money::rounded(decimal(text), Currency::new("USD").unwrap())
}

/// The name of something.
pub(super) fn code<T: TryFrom<String, Error: std::fmt::Debug>>(text: &str) -> T {
    T::try_from(text.to_owned()).unwrap()
}

/// Santiago, where January is in summer: three hours behind UTC.
fn zone() -> Zone {
    Zone::new("America/Santiago").unwrap()
}

fn pedro() -> OrganizationId {
    code("pedro")
}

pub(super) struct Customer {
    organization: Organization,
    subscription: Subscription,
    catalogs: Vec<Arc<CatalogVersion>>,
    now: Timestamp,
    commands: u128,
    log: Vec<Recorded>,
}

impl Customer {
    pub(super) fn of(environment: Environment) -> Self {
        Self::under(SHOP, environment)
    }

    /// A customer of a shop that adds 19 % to its prices.
    pub(super) fn taxed() -> Self {
        Self::under(&format!("{SHOP}{TAX}"), Environment::Live)
    }

    fn under(shop: &str, environment: Environment) -> Self {
        let definition = source::read("shop.toml", shop).unwrap();
        let mut customer = Self {
            organization: Organization::default(),
            subscription: Subscription::default(),
            catalogs: vec![Arc::new(CatalogVersion { version: 1, definition })],
            now: "2031-01-01T12:00:00Z".parse().unwrap(),
            commands: 0,
            log: Vec::new(),
        };
        let registered = organization::Event::OrganizationRegistered {
            organization: pedro(),
            product: code("agencia"),
            time_zone: zone(),
            referral_code: code("PEDRO"),
            sponsor: None,
            environment,
            registered_at: Some(customer.now),
        };
        customer.organization.evolve(&registered);
        customer.record(registered.into(), Kind::Organization);
        customer
    }

    /// The small plan costs 12 from now on, in another version of the catalog.
    pub(super) fn publish(&mut self) -> &mut Self {
        let shop = SHOP.replace("month = \"10\", year = \"100\"", "month = \"12\", year = \"100\"");
        let definition = source::read("shop.toml", &shop).unwrap();
        self.catalogs.push(Arc::new(CatalogVersion { version: 2, definition }));
        self
    }

    /// It is noon UTC of a day.
    pub(super) fn at(&mut self, day: &str) -> &mut Self {
        self.now = format!("{day}T12:00:00Z").parse().unwrap();
        self
    }

    pub(super) fn hours_later(&mut self, hours: i64) {
        self.now += SignedDuration::from_hours(hours);
    }

    /// What the domain decides happens; what it refuses does not.
    pub(super) fn ask(&mut self, command: Command) -> &mut Self {
        let context = self.context();
        for event in self.subscription.decide(&command, &context).unwrap_or_default() {
            self.subscription.evolve(&event);
            self.record(event.into(), Kind::Subscription);
        }
        self
    }

    pub(super) fn pay(&mut self, amount: &str) -> &mut Self {
        self.ask(Command::pay_by_hand(usd(amount), None))
    }

    /// Pays a part of what is due.
    pub(super) fn pay_percent(&mut self, percent: u32) -> &mut Self {
        self.ask(Command::Settle);
        let due = self.subscription.still_due().unwrap_or_else(|| usd("10"));
        self.ask(Command::pay_by_hand(part(due, percent), None))
    }

    pub(super) fn refund(&mut self, amount: &str) -> &mut Self {
        self.refund_of(RefundKind::Refund, |_| usd(amount))
    }

    /// A part of the newest payment goes back.
    pub(super) fn refund_percent(&mut self, percent: u32, kind: RefundKind) -> &mut Self {
        self.refund_of(kind, |paid| part(paid, percent))
    }

    fn refund_of(&mut self, kind: RefundKind, amount: impl FnOnce(Money) -> Money) -> &mut Self {
        let newest = self.subscription.invoices().iter().rev().find_map(|invoice| invoice.payments.last());
        let Some((payment, amount)) = newest.map(|paid| (paid.id.clone(), amount(paid.amount))) else { return self };
        self.ask(Command::RefundPayment { payment, amount, kind, reason: code("not delivered"), reference: None })
    }

    /// A part of the newest invoice is not owed.
    pub(super) fn credit_percent(&mut self, percent: u32, credit: CreditUnused) -> &mut Self {
        let newest = self.subscription.invoices().last();
        let Some((invoice, amount)) = newest.map(|newest| (newest.id.clone(), part(newest.total, percent))) else {
            return self;
        };
        self.ask(Command::IssueCreditNote { invoice, amount, credit, reason: code("an outage") })
    }

    /// Takes the newest invoice back.
    pub(super) fn void(&mut self, reason: &str) -> &mut Self {
        let Some(invoice) = self.subscription.invoices().last().map(|newest| newest.id.clone()) else { return self };
        self.ask(Command::VoidInvoice { invoice, reason: code(reason) })
    }

    pub(super) fn events(&self) -> &[Recorded] {
        &self.log
    }

    pub(super) fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    fn context(&mut self) -> Context {
        self.commands += 1;
        let version = |version: u32| self.catalogs.iter().find(|catalog| catalog.version == version).cloned();
        let (plan, scheduled) = self.subscription.versions();
        let sold_under = SoldUnder { plan: plan.and_then(version), scheduled: scheduled.and_then(version) };
        let ledger = CreditLedger::default();
        Context {
            now: self.now,
            seed: Uuid::from_u128(self.commands),
            terms: Terms::of(&self.organization, &self.subscription, &ledger, self.now, &sold_under),
            catalog: self.catalogs.last().cloned(),
            sold_under: sold_under.plan,
            scheduled_under: sold_under.scheduled,
        }
    }

    fn record(&mut self, event: Event, kind: Kind) {
        let position = i64::try_from(self.log.len()).unwrap() + 1;
        self.log.push(Recorded {
            partition: 0,
            position,
            event_id: Uuid::nil(),
            recorded_at: self.now,
            organization: Some(pedro()),
            stream: StreamId { kind, owner: Owner::Organization(pedro()) },
            sequence: position,
            event,
            metadata: Metadata::default(),
        });
    }
}

/// So much of an amount, and something in any case.
fn part(amount: Money, percent: u32) -> Money {
    let part = amount.amount * Decimal::from(percent) / Decimal::ONE_HUNDRED;
    Money::rounded(part.max(decimal("0.01")), amount.currency)
}
