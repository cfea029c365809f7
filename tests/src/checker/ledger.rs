//! What may be spent was granted before, and what is included is not exceeded.

use std::collections::{BTreeSet, HashMap};

use rust_decimal::Decimal;
use serde_json::Value;

use super::facts::{Facts, numbers};
use super::{Event, Law, Log, Work, credits, number_at};

/// A feature's use in one window.
#[derive(Default)]
struct Window {
    included: Decimal,
    alerted: BTreeSet<Decimal>,
}

#[derive(Default)]
struct Ledger {
    /// What is left of every lot there ever was.
    lots: HashMap<String, Decimal>,
    balance: Decimal,
    windows: HashMap<(String, String), Window>,
    /// Alerts the last consumption has earned: they must come next.
    owed: BTreeSet<Decimal>,
}

pub(super) struct Ledgers<'a> {
    facts: &'a Facts<'a>,
    ledgers: HashMap<String, Ledger>,
}

impl<'a> Ledgers<'a> {
    pub(super) fn new(facts: &'a Facts<'a>) -> Self {
        Self { facts, ledgers: HashMap::new() }
    }
}

impl Law for Ledgers<'_> {
    fn name(&self) -> &'static str {
        "ledger"
    }

    fn take_in(&mut self, event: &Event) -> Result<(), String> {
        if event.kind != "credit_ledger" {
            return Ok(());
        }
        let ledger = self.ledgers.entry(event.owner.clone()).or_default();
        let owed = std::mem::take(&mut ledger.owed);
        match event.name.as_str() {
            "ThresholdsCrossed" => return ledger.alert(event, &owed),
            "CreditsGranted" => ledger.grant(event)?,
            "FeatureConsumed" => ledger.consume(event, self.facts.catalog(event)?)?,
            _ => return event.unknown(),
        }
        if owed.is_empty() { Ok(()) } else { Err(format!("thresholds {} were reached in silence", list(&owed))) }
    }

    fn close(&mut self, _log: &Log, _work: Work) -> Vec<String> {
        let silent = self.ledgers.iter().filter(|(_, ledger)| !ledger.owed.is_empty());
        silent.map(|(owner, ledger)| format!("{owner} reached {} in silence", list(&ledger.owed))).collect()
    }
}

impl Ledger {
    fn grant(&mut self, event: &Event) -> Result<(), String> {
        let (lot, amount) = (event.text("/lot")?, event.number("/amount")?);
        if amount <= Decimal::ZERO {
            return Err(format!("lot {lot} has {amount} credits"));
        }
        self.balance += amount;
        match self.lots.insert(lot.to_owned(), amount) {
            Some(_) => Err(format!("lot {lot} was granted before")),
            None => Ok(()),
        }
    }

    fn consume(&mut self, event: &Event, catalog: &Value) -> Result<(), String> {
        let (quantity, included) = (event.number("/quantity")?, event.number("/included")?);
        let past = number_at(&event.body, "/overage/quantity").unwrap_or_default();
        if included + past != quantity || included < Decimal::ZERO || past < Decimal::ZERO {
            return Err(format!("{quantity} consumed, of which {included} included and {past} past it"));
        }
        let window = self.windows.entry(window_of(event)?).or_default();
        window.included += included;
        let used = window.included;
        if let Some(limit) = number_at(&event.body, "/limit/up_to") {
            if used > limit {
                return Err(format!("{used} used of {limit} included"));
            }
            if past > Decimal::ZERO && used < limit {
                return Err(format!("charged for {past} with {} still included", limit - used));
            }
            let thresholds = numbers(&catalog["thresholds"]).into_iter();
            let reached = |percent: &Decimal| !limit.is_zero() && used * Decimal::ONE_HUNDRED >= limit * *percent;
            self.owed = thresholds.filter(|percent| reached(percent) && !window.alerted.contains(percent)).collect();
        }
        if past.is_zero() { Ok(()) } else { self.charge(event, past) }
    }

    fn charge(&mut self, event: &Event, past: Decimal) -> Result<(), String> {
        let (charge, rate) = (event.number("/overage/charge")?, event.number("/overage/rate")?);
        if charge != credits(past * rate) {
            return Err(format!("{past} at {rate} cost {charge}"));
        }
        let draws = event.body["overage"]["draws"].as_array().cloned().unwrap_or_default();
        let mut drawn = Decimal::ZERO;
        for draw in &draws {
            let (lot, amount) = (draw["lot"].as_str().unwrap_or_default(), number_at(draw, "/amount"));
            let amount = amount.ok_or("a draw has no amount")?;
            let left = self.lots.get_mut(lot).ok_or_else(|| format!("lot {lot} was never granted"))?;
            if amount < Decimal::ZERO || amount > *left {
                return Err(format!("{amount} drawn from lot {lot}, which has {left}"));
            }
            *left -= amount;
            drawn += amount;
        }
        self.balance -= drawn;
        if drawn != charge {
            return Err(format!("{charge} charged and {drawn} drawn"));
        }
        if self.balance < Decimal::ZERO || self.balance != self.lots.values().sum() {
            return Err(format!("the balance is {}", self.balance));
        }
        Ok(())
    }

    fn alert(&mut self, event: &Event, owed: &BTreeSet<Decimal>) -> Result<(), String> {
        let window = self.windows.entry(window_of(event)?).or_default();
        let thresholds: BTreeSet<Decimal> = numbers(&event.body["thresholds"]).into_iter().collect();
        if let Some(again) = thresholds.iter().find(|percent| window.alerted.contains(percent)) {
            return Err(format!("threshold {again} was crossed before in this window"));
        }
        if thresholds != *owed || event.number("/used")? != window.included {
            let (said, used) = (list(&thresholds), event.number("/used")?);
            return Err(format!("crossed {said} at {used}; reached were {} at {}", list(owed), window.included));
        }
        window.alerted.extend(thresholds);
        Ok(())
    }
}

fn window_of(event: &Event) -> Result<(String, String), String> {
    Ok((event.text("/feature")?.to_owned(), event.text("/window/start")?.to_owned()))
}

fn list(numbers: &BTreeSet<Decimal>) -> String {
    if numbers.is_empty() {
        return "none".to_owned();
    }
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}
