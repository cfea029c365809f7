//! What may be spent was granted before, what is included is not exceeded, what is reserved is used or goes back.

mod alerts;
mod holds;
mod invoices;
mod levels;
mod lots;
mod usage;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rust_decimal::Decimal;

use super::facts::Facts;
use super::{Event, Law, Log, Work};
use holds::Hold;
use lots::Lot;
use usage::{Consumption, Window};

#[derive(Default)]
struct Ledger {
    /// Every lot there ever was.
    lots: BTreeMap<String, Lot>,
    /// Lots that are to come, with what they will have.
    scheduled: HashMap<String, Decimal>,
    balance: Decimal,
    windows: HashMap<(String, String), Window>,
    /// Every hold there ever was.
    holds: HashMap<String, Hold>,
    levels: HashMap<String, Decimal>,
    /// Every consumption, by its position.
    consumptions: HashMap<i64, Consumption>,
    /// Alerts that nobody has acknowledged yet.
    alerts: HashSet<String>,
    /// What was taken back of commissions and was not there any more.
    debt: Decimal,
    rule: Option<(Decimal, u64)>,
    /// Requests to buy, by their month.
    requests: HashMap<String, u64>,
    /// Credits that paid an invoice, or were to, and did not come back.
    invoices: HashMap<String, Decimal>,
    owed: Owed,
}

/// What the events of a command must still bring.
#[derive(Default)]
struct Owed {
    command: String,
    /// Thresholds of an allowance, and those of a capacity.
    thresholds: BTreeSet<Decimal>,
    capacity: BTreeSet<Decimal>,
    /// Credits of a reversal whose lots are gone: a lot of their own.
    refund: Decimal,
    /// What a capture took besides its hold: a consumption.
    besides: Decimal,
    /// Was something captured?
    is_capture: bool,
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

    fn seen(&self) -> String {
        format!("{} ledgers reckoned again", self.ledgers.len())
    }

    fn take_in(&mut self, event: &Event) -> Result<(), String> {
        if event.kind != "credit_ledger" {
            return Ok(());
        }
        let ledger = self.ledgers.entry(event.owner.clone()).or_default();
        let forgotten = if ledger.owed.command == event.command { None } else { ledger.owed.forgotten() };
        if ledger.owed.command != event.command {
            ledger.owed = Owed { command: event.command.clone(), ..Owed::default() };
        }
        ledger.take_in(event, self.facts)?;
        ledger.add_up()?;
        forgotten.map_or(Ok(()), |text| Err(format!("{text} in silence")))
    }

    fn close(&mut self, _log: &Log, _work: Work) -> Vec<String> {
        let silent = self.ledgers.iter().filter_map(|(owner, ledger)| Some((owner, ledger.owed.forgotten()?)));
        silent.map(|(owner, text)| format!("{owner} {text} in silence")).collect()
    }
}

impl Owed {
    /// What was not brought.
    fn forgotten(&self) -> Option<String> {
        let thresholds: BTreeSet<Decimal> = self.thresholds.union(&self.capacity).copied().collect();
        if !thresholds.is_empty() {
            return Some(format!("reached {}", list(&thresholds)));
        }
        if !self.refund.is_zero() {
            return Some(format!("gave {} back", self.refund));
        }
        (!self.besides.is_zero()).then(|| format!("captured {} besides its hold", self.besides))
    }
}

impl Ledger {
    fn take_in(&mut self, event: &Event, facts: &Facts<'_>) -> Result<(), String> {
        match event.name.as_str() {
            "CreditsGranted" => self.grant(event),
            "GrantScheduled" => self.schedule(event),
            "GrantCancelled" => self.cancel(event),
            "CreditsRevoked" => self.revoke(event),
            "CreditsClawedBack" => self.claw_back(event),
            "CommissionNetted" => self.net(event),
            "CreditsDeducted" => self.deduct(event),
            "InvoicePaidFromCredits" => self.pay_invoice(event, facts.catalog(event)?),
            "InvoicePaymentReturned" => self.return_payment(event),
            "LotExpired" => self.expire_lot(event),
            "FeatureConsumed" => self.consume(event, facts.catalog(event)?),
            "ConsumptionReversed" => self.reverse(event),
            "HoldPlaced" => self.hold(event),
            "HoldCaptured" => self.capture(event),
            "HoldExtended" => self.extend(event),
            "HoldReleased" | "HoldExpired" => self.let_go(event),
            "CapacityAcquired" => self.acquire(event, facts.catalog(event)?),
            "CapacityReleased" => self.release(event),
            "ThresholdsCrossed" => self.cross(event),
            "CapacityThresholdsCrossed" => self.cross_capacity(event),
            "CreditsRanLow" => self.run_low(event),
            "AlertAcknowledged" => self.acknowledge(event),
            "TopUpRuleSet" => self.set_rule(event),
            "TopUpRuleRemoved" => {
                self.rule = None;
                Ok(())
            }
            "TopUpRequested" => self.request(event),
            _ => event.unknown(),
        }
    }

    /// The balance is what the lots have left, and never below nothing.
    fn add_up(&self) -> Result<(), String> {
        let left: Decimal = self.lots.values().map(|lot| lot.left).sum();
        let held: Decimal = self.lots.values().map(|lot| lot.held).sum();
        let of_holds: Decimal = self.holds.values().map(|hold| hold.credits()).sum();
        if self.balance < Decimal::ZERO || self.balance != left {
            return Err(format!("the balance is {}", self.balance));
        }
        if held != of_holds {
            return Err(format!("{held} of lots are held, {of_holds} by holds"));
        }
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
