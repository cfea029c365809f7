//! What an invoice says, what is paid of it and given back, and how it is numbered: reckoned again from the log.

mod account;
mod tax;

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;
use serde_json::Value;

use super::facts::Facts;
use super::{Event, Law, Log, Work, number_at};
use account::{Account, Paid};
pub(super) use tax::round;

pub(super) struct Invoices<'a> {
    facts: &'a Facts<'a>,
    accounts: HashMap<String, Account>,
    payments: HashMap<String, Paid>,
    /// What is kept of each organization.
    balances: HashMap<String, Decimal>,
    /// What each organization has chosen.
    sold: HashMap<String, Sold>,
    /// The series of each document.
    documents: HashMap<String, String>,
    /// The series each document was numbered in.
    numbered: BTreeMap<String, String>,
    /// The newest number of each series of a product.
    series: HashMap<(String, String), i64>,
}

/// A plan as it was sold.
struct Sold {
    version: i64,
    price: Decimal,
}

impl<'a> Invoices<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        Self {
            facts,
            accounts: HashMap::new(),
            payments: HashMap::new(),
            balances: HashMap::new(),
            sold: HashMap::new(),
            documents: HashMap::new(),
            numbered: BTreeMap::new(),
            series: HashMap::new(),
        }
    }

    /// A plan costs what the catalog says that it is sold under.
    fn sell(&mut self, event: &Event, version: &str, plan: &str) -> Result<(), String> {
        let version = event.body[version].as_i64().unwrap_or_default();
        let (price, plan) = (event.number("/price/amount")?, event.text(plan)?);
        self.sold.insert(event.owner.clone(), Sold { version, price });
        let interval = event.body["interval"].as_str();
        let listed = self.definition(&event.owner, version).and_then(|it| listed(it, plan, interval, event));
        match listed {
            Some(listed) if listed != price => Err(format!("{plan} is sold for {price}, its catalog says {listed}")),
            Some(_) | None => Ok(()),
        }
    }

    fn definition(&self, organization: &str, version: i64) -> Option<&'a Value> {
        self.facts.definition(self.facts.product_of(organization)?, version)
    }

    fn issue(&mut self, event: &Event) -> Result<(), String> {
        let invoice = event.text("/invoice")?.to_owned();
        self.document(event, &invoice)?;
        let account = Account::issued(event)?;
        *self.balances.entry(event.owner.clone()).or_default() += account.kept;
        self.accounts.insert(invoice, account);
        tax::check_totals(event)?;
        let sold = self.sold.get(&event.owner).ok_or("an invoice of nothing that was sold")?;
        let plan_lines = lines(event).filter(|line| line["item"].get("plan").is_some());
        for line in plan_lines {
            let amount = number_at(line, "/amount/amount").unwrap_or_default();
            if amount != sold.price {
                return Err(format!("a period is billed at {amount}, it was sold for {}", sold.price));
            }
        }
        match self.definition(&event.owner, sold.version) {
            Some(definition) => tax::check_rates(event, definition),
            None => Ok(()),
        }
    }

    /// Invoices and credit notes have a name of their own.
    fn document(&mut self, event: &Event, id: &str) -> Result<(), String> {
        let series = event.text("/series")?.to_owned();
        match self.documents.insert(id.to_owned(), series) {
            Some(_) => Err(format!("{id} was issued before")),
            None => Ok(()),
        }
    }

    /// Numbers of a series follow each other, and each is of a document of that series.
    fn number(&mut self, event: &Event, id: &str) -> Result<(), String> {
        let (id, series) = (event.text(id)?, event.text("/series")?);
        let number = event.body["number"].as_i64().unwrap_or_default();
        let newest = self.series.entry((event.owner.clone(), series.to_owned())).or_default();
        let before = std::mem::replace(newest, number);
        if number != before + 1 {
            return Err(format!("series {series} goes from {before} to {number}"));
        }
        match self.numbered.insert(id.to_owned(), series.to_owned()) {
            Some(_) => Err(format!("{id} was numbered before")),
            None => Ok(()),
        }
    }

    fn account(&mut self, event: &Event) -> Result<&mut Account, String> {
        let invoice = event.text("/invoice")?;
        let account = self.accounts.get_mut(invoice).filter(|account| account.owner == event.owner);
        account.ok_or_else(|| format!("invoice {invoice} was never issued to {}", event.owner))
    }

    fn pay(&mut self, event: &Event) -> Result<(), String> {
        if event.body.get("invoice").is_none_or(Value::is_null) {
            // Paid before there were invoices.
            return Ok(());
        }
        let paid = self.account(event)?.pay(event)?;
        if event.body["method"] == "balance" {
            self.take_from_balance(event, paid.amount)?;
        }
        let payment = event.text("/payment")?;
        match self.payments.insert(payment.to_owned(), paid) {
            Some(_) => Err(format!("payment {payment} was recorded before")),
            None => Ok(()),
        }
    }

    fn take_from_balance(&mut self, event: &Event, amount: Decimal) -> Result<(), String> {
        let balance = self.balances.entry(event.owner.clone()).or_default();
        let before = *balance;
        *balance -= amount;
        if *balance < Decimal::ZERO {
            return Err(format!("{amount} paid from a balance of {before}"));
        }
        Ok(())
    }

    fn refund(&mut self, event: &Event) -> Result<(), String> {
        let payment = event.text("/payment")?;
        let paid = self.payments.get_mut(payment).ok_or_else(|| format!("payment {payment} was never recorded"))?;
        paid.give_back(event)?;
        self.account(event)?.give_back(event)
    }

    fn credit(&mut self, event: &Event) -> Result<(), String> {
        let note = event.text("/credit_note")?.to_owned();
        self.document(event, &note)?;
        self.account(event)?.credit(event)?;
        *self.balances.entry(event.owner.clone()).or_default() += event.some("/to_balance/amount");
        Ok(())
    }
}

/// The lines of an invoice.
pub(super) fn lines(event: &Event) -> impl Iterator<Item = &Value> {
    event.body["lines"].as_array().into_iter().flatten()
}

/// What a catalog asks for a plan; unknown where it does not say.
fn listed(definition: &Value, plan: &str, interval: Option<&str>, event: &Event) -> Option<Decimal> {
    let mut plans = definition["plans"].as_array().into_iter().flatten();
    let plan = plans.find(|known| known["code"] == plan)?;
    let currency = event.text("/price/currency").ok()?;
    number_at(&plan["prices"][interval?], &format!("/{currency}"))
}

impl Law for Invoices<'_> {
    fn name(&self) -> &'static str {
        "invoices"
    }

    fn seen(&self) -> String {
        format!("{} documents and {} payments reckoned again", self.documents.len(), self.payments.len())
    }

    fn take_in(&mut self, event: &Event) -> Result<(), String> {
        match (event.kind.as_str(), event.name.as_str()) {
            ("subscription", "SubscriptionStarted") => self.sell(event, "catalog_version", "/plan"),
            ("subscription", "PlanChanged") => self.sell(event, "catalog_version", "/to"),
            ("subscription", "CatalogMigrated") => self.sell(event, "to", "/plan"),
            ("subscription", "InvoiceIssued") => self.issue(event),
            ("subscription", "InvoiceVoided") => self.account(event)?.void(event),
            ("subscription", "PaymentRecorded") => self.pay(event),
            ("subscription", "PaymentRefunded") => self.refund(event),
            ("subscription", "CreditNoteIssued") => self.credit(event),
            ("invoice_book", "InvoiceNumbered") => self.number(event, "/invoice"),
            ("invoice_book", "CreditNoteNumbered") => self.number(event, "/credit_note"),
            (
                "subscription",
                "TrialStarted"
                | "TrialEnded"
                | "PaymentMethodAttached"
                | "PaymentMethodDetached"
                | "OverpaymentKept"
                | "SubscriptionActivated"
                | "PeriodBegan"
                | "SubscriptionRenewed"
                | "SubscriptionPastDue"
                | "PaymentRetryDue"
                | "SubscriptionSuspended"
                | "SubscriptionRecovered"
                | "ChangeScheduled"
                | "ScheduledChangeRevoked"
                | "SubscriptionPaused"
                | "SubscriptionResumed"
                | "SubscriptionCanceled"
                | "DiscountApplied"
                | "DiscountEnded",
            ) => Ok(()),
            ("subscription" | "invoice_book", _) => event.unknown(),
            _ => Ok(()),
        }
    }

    /// A book may be in a partition that is read before its documents, so what it names is looked for at the end.
    fn close(&mut self, _log: &Log, _work: Work) -> Vec<String> {
        let wrong = self.numbered.iter().filter_map(|(id, series)| match self.documents.get(id) {
            None => Some(format!("{id} was numbered and never issued")),
            Some(own) if own != series => Some(format!("{id} of series {own} was numbered in {series}")),
            Some(_) => None,
        });
        wrong.collect()
    }
}
