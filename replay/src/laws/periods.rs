//! Which time is billed, and at what: periods are counted from their anchor and follow each other, and each line of an
//! invoice is reckoned again from what was sold, what was charged, and what discounts say.

mod calendar;
mod life;
mod metered;

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::facts::Facts;
use super::invoices::round;
use super::{Event, Law, Log, Work, number_at};
use life::{Change, Life, Stage};
use metered::Metered;

pub(super) struct Periods<'a> {
    facts: &'a Facts<'a>,
    lives: HashMap<String, Life>,
    metered: HashMap<String, Metered>,
    begun: u64,
    changes: u64,
}

/// What a line is for, and its amount.
type Line = (String, Decimal);

impl<'a> Periods<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        Self { facts, lives: HashMap::new(), metered: HashMap::new(), begun: 0, changes: 0 }
    }

    fn follow(&mut self, event: &Event) -> Result<(), String> {
        if event.name == "SubscriptionStarted" {
            let zone = self.facts.zone_of(&event.owner);
            let discounts = self.lives.remove(&event.owner).map(|life| life.discounts).unwrap_or_default();
            let life = Life::started(event, zone, discounts)?;
            self.lives.insert(event.owner.clone(), life);
            return Ok(());
        }
        if event.name == "InvoiceIssued" {
            return self.issue(event);
        }
        let policy = self.policy(&event.owner);
        let life = self.lives.entry(event.owner.clone()).or_insert_with(Life::unborn);
        match event.name.as_str() {
            "TrialStarted" => life.stage = Stage::Trialing,
            "TrialEnded" => life.stage = Stage::Awaiting,
            "SubscriptionActivated" => {
                self.begun += 1;
                life.activate(event)?;
            }
            "PeriodBegan" => {
                self.begun += 1;
                life.begin(event)?;
            }
            "SubscriptionRenewed" => life.renew(event)?,
            "SubscriptionSuspended" => life.is_suspended = true,
            "SubscriptionRecovered" => life.recover(event)?,
            "SubscriptionPaused" => life.stage = Stage::Paused,
            "SubscriptionResumed" => life.resume(event)?,
            "SubscriptionCanceled" => life.end(),
            "PlanChanged" => life.change(event, &policy)?,
            "InvoiceVoided" | "CreditNoteIssued" => life.credit_less(event)?,
            "CatalogMigrated" => life.migrate(event)?,
            "DiscountApplied" => life.discount(event)?,
            "DiscountEnded" => life.forget_discount(event)?,
            _ => {}
        }
        Ok(())
    }

    /// How a change is reckoned under the catalog that a plan was sold under.
    fn policy(&self, organization: &str) -> String {
        let version = self.lives.get(organization).map(|life| life.version);
        let product = self.facts.product_of(organization);
        let definition = product.zip(version).and_then(|(product, version)| self.facts.definition(product, version));
        definition.and_then(|it| it["proration"].as_str()).unwrap_or("second").to_owned()
    }

    fn issue(&mut self, event: &Event) -> Result<(), String> {
        let life = self.lives.get_mut(&event.owner).ok_or("an invoice of nothing that was sold")?;
        let (plain, usage): (Vec<&Value>, Vec<&Value>) =
            super::invoices::lines(event).partition(|line| line["item"].get("metered").is_none());
        let told: Vec<Line> = plain.iter().map(|line| told(line)).collect::<Result<_, _>>()?;
        let change = life.change.take().filter(|change| change.command == event.command);
        if change.is_some() {
            self.changes += 1;
        }
        let expected = expected(life, event, change.as_ref())?;
        life.charge(event, &told)?;
        if told != expected {
            return Err(differing(&told, &expected));
        }
        let metered = self.metered.entry(event.owner.clone()).or_default();
        let currency = life.currency.clone();
        usage.into_iter().try_for_each(|line| metered.check(line, &currency))
    }
}

fn told(line: &Value) -> Result<Line, String> {
    let amount = number_at(line, "/amount/amount").ok_or("a line has no amount")?;
    let item = line["item"].as_object().and_then(|item| item.iter().next()).ok_or("a line is for nothing")?;
    let of = item.1["plan"].as_str().or_else(|| item.1["code"].as_str()).unwrap_or_default();
    Ok((format!("{} {of}", item.0), amount))
}

/// The lines that an invoice must have besides what was metered.
fn expected(life: &Life, event: &Event, change: Option<&Change>) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    if let Some(change) = change {
        let unused = change.unused.map_or(Decimal::ZERO, |left| left.of(change.charged, &life.currency));
        if !unused.is_zero() {
            lines.push((format!("proration_credit {}", change.from), -unused));
        }
    }
    match event.text("/kind")? {
        "first" | "period" if !life.price.is_zero() => {
            lines.push((format!("plan {}", life.plan), life.price));
            life.take_off(&mut lines, life.price, None);
        }
        "change" => {
            let left = change.and_then(|change| change.left);
            let amount = left.map_or(Decimal::ZERO, |left| left.of(life.price, &life.currency));
            if !amount.is_zero() {
                lines.push((format!("proration_charge {}", life.plan), amount));
                life.take_off(&mut lines, amount, left);
            }
        }
        "first" | "period" | "usage" => {}
        other => return Err(format!("nobody has told the checker what an invoice of kind {other} is")),
    }
    Ok(lines)
}

fn differing(told: &[Line], expected: &[Line]) -> String {
    let place = told.iter().zip(expected).take_while(|(told, expected)| told == expected).count();
    let say = |line: Option<&Line>| line.map_or_else(|| "none".to_owned(), |(item, amount)| format!("{item} {amount}"));
    format!("line {} is said to be {}, it is {}", place + 1, say(told.get(place)), say(expected.get(place)))
}

impl Law for Periods<'_> {
    fn name(&self) -> &'static str {
        "periods"
    }

    fn take_in(&mut self, event: &Event) -> Result<(), String> {
        match event.kind.as_str() {
            "subscription" => self.follow(event),
            "credit_ledger" => self.metered.entry(event.owner.clone()).or_default().take_in(event),
            _ => Ok(()),
        }
    }

    fn close(&mut self, _log: &Log, _work: Work) -> Vec<String> {
        Vec::new()
    }

    fn seen(&self) -> String {
        format!("{} periods and {} changes within them reckoned again", self.begun, self.changes)
    }
}
