//! Where a subscription stands, as far as it says what is billed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::Value;

use super::calendar::{Left, Period, count, zone};
use super::{Line, round};
use crate::laws::{Event, number_at};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Unborn,
    Awaiting,
    Trialing,
    Running,
    Paused,
    Over,
}

/// What was charged for the rest of a period, from an instant on.
#[derive(Debug, Clone)]
pub(super) struct Charged {
    from: Timestamp,
    /// What of it stands.
    amount: Decimal,
    /// By which invoice; `None` if by none.
    billed: Option<Billed>,
}

/// What an invoice charges for a plan.
#[derive(Debug, Clone)]
struct Billed {
    invoice: String,
    total: Decimal,
    amount: Decimal,
    /// What it credits of the plan before: that stands if it is taken back.
    credited: Decimal,
}

/// A change within a period: what it credits and charges is on the invoice that follows.
pub(super) struct Change {
    pub(super) command: String,
    pub(super) from: String,
    at: Timestamp,
    is_other_interval: bool,
    pub(super) charged: Decimal,
    /// What is left of what was charged, and of the period.
    pub(super) unused: Option<Left>,
    pub(super) left: Option<Left>,
}

pub(super) struct Discount {
    code: String,
    terms: Value,
    periods: i64,
}

pub(super) struct Life {
    pub(super) plan: String,
    pub(super) version: i64,
    interval: String,
    pub(super) price: Decimal,
    pub(super) currency: String,
    pub(super) stage: Stage,
    pub(super) is_suspended: bool,
    zone: TimeZone,
    /// Written before there were invoices: its first period is not on one.
    is_older: bool,
    running: Option<(Timestamp, Period)>,
    charged: Option<Charged>,
    first: Option<(Billed, Vec<String>)>,
    /// When it went on after a rest or a suspension.
    resumed: Option<Timestamp>,
    pub(super) change: Option<Change>,
    pub(super) discounts: Vec<Discount>,
}

impl Life {
    pub(super) fn unborn() -> Self {
        Self {
            plan: String::new(),
            version: 0,
            interval: String::new(),
            price: Decimal::ZERO,
            currency: String::new(),
            stage: Stage::Unborn,
            is_suspended: false,
            zone: TimeZone::UTC,
            is_older: false,
            running: None,
            charged: None,
            first: None,
            resumed: None,
            change: None,
            discounts: Vec::new(),
        }
    }

    pub(super) fn started(event: &Event, name: Option<&str>, discounts: Vec<Discount>) -> Result<Self, String> {
        Ok(Self {
            plan: event.text("/plan")?.to_owned(),
            version: event.body["catalog_version"].as_i64().unwrap_or_default(),
            interval: event.text("/interval").unwrap_or("month").to_owned(),
            price: event.number("/price/amount")?,
            currency: event.text("/price/currency")?.to_owned(),
            stage: Stage::Awaiting,
            zone: zone(name),
            is_older: event.text("/subscription").is_err(),
            discounts,
            ..Self::unborn()
        })
    }

    pub(super) fn activate(&mut self, event: &Event) -> Result<(), String> {
        let (anchor, period) = (event.instant("/anchor")?, Period::of(event)?);
        let (billed, codes) = self.first.take().unzip();
        let amount = billed.as_ref().map_or(Decimal::ZERO, |billed| billed.amount);
        let amount = if self.is_older { self.price } else { amount };
        self.count(&codes.unwrap_or_default());
        self.stage = Stage::Running;
        self.is_suspended = false;
        self.charged = Some(Charged { from: period.start, amount, billed });
        self.running = Some((anchor, period));
        if period.start != anchor {
            return Err(format!("the first period begins at {}, its anchor is {anchor}", period.start));
        }
        self.check_count(anchor, period)
    }

    fn check_count(&self, anchor: Timestamp, period: Period) -> Result<(), String> {
        if self.is_older || period.is_counted_from(anchor, &self.interval, &self.zone) {
            return Ok(());
        }
        let Period { start, end } = period;
        Err(format!("{start} to {end} is no {} counted from {anchor}", self.interval))
    }

    /// The next period begins where the one before ends, unless another interval began or nothing ran meanwhile.
    pub(super) fn begin(&mut self, event: &Event) -> Result<(), String> {
        let (anchor, period) = (event.instant("/anchor")?, Period::of(event)?);
        let before = self.running.replace((anchor, period));
        self.charged = Some(Charged { from: period.start, amount: Decimal::ZERO, billed: None });
        let Some((old_anchor, old)) = before.filter(|_| !self.is_older) else { return Ok(()) };
        let changed = self.change.as_ref().filter(|change| change.command == event.command && change.is_other_interval);
        let is_new = changed.is_some_and(|change| change.at == period.start) || self.resumed == Some(period.start);
        if !is_new && period.start != old.end {
            return Err(format!("a period begins at {}, the one before ends at {}", period.start, old.end));
        }
        if self.resumed == Some(period.start) && period.start < old.end {
            return Err(format!("a period begins at {} within one that ends at {}", period.start, old.end));
        }
        let goes_on = |anchor| count(period.start, anchor, &self.interval, &self.zone).is_some();
        let own = if !is_new && goes_on(old_anchor) { old_anchor } else { period.start };
        self.resumed = None;
        if anchor != own {
            return Err(format!("a period is counted from {anchor}, its anchor is {own}"));
        }
        self.check_count(anchor, period)
    }

    /// Before there were invoices, a period that was paid was the next one.
    pub(super) fn renew(&mut self, event: &Event) -> Result<(), String> {
        let period = Period::of(event)?;
        if let Some((anchor, _)) = self.running.filter(|_| self.is_older) {
            self.running = Some((anchor, period));
            self.charged = Some(Charged { from: period.start, amount: self.price, billed: None });
        }
        Ok(())
    }

    pub(super) fn recover(&mut self, event: &Event) -> Result<(), String> {
        if std::mem::take(&mut self.is_suspended) {
            self.resumed = Some(event.instant("/at")?);
        }
        Ok(())
    }

    pub(super) fn resume(&mut self, event: &Event) -> Result<(), String> {
        self.stage = Stage::Running;
        self.resumed = Some(event.instant("/at")?);
        Ok(())
    }

    pub(super) fn end(&mut self) {
        self.stage = Stage::Over;
        self.discounts.clear();
        self.change = None;
    }

    pub(super) fn change(&mut self, event: &Event, policy: &str) -> Result<(), String> {
        let (at, interval) = (event.instant("/at")?, event.text("/interval")?.to_owned());
        let within = self.running.filter(|(_, period)| self.stage == Stage::Running && at < period.end);
        if let Some(((_, period), charged)) = within.zip(self.charged.clone()) {
            let rest = Period { start: charged.from, end: period.end };
            self.change = Some(Change {
                command: event.command.clone(),
                from: self.plan.clone(),
                at,
                is_other_interval: interval != self.interval,
                charged: charged.amount,
                unused: Left::at(at, rest, policy, &self.zone)?,
                left: Left::at(at, period, policy, &self.zone)?,
            });
        }
        if event.text("/from")? != self.plan {
            return Err(format!("changed from {}, it was on {}", event.text("/from")?, self.plan));
        }
        self.first = None;
        event.text("/to")?.clone_into(&mut self.plan);
        self.version = event.body["catalog_version"].as_i64().unwrap_or_default();
        self.interval = interval;
        self.price = event.number("/price/amount")?;
        event.text("/price/currency")?.clone_into(&mut self.currency);
        Ok(())
    }

    pub(super) fn migrate(&mut self, event: &Event) -> Result<(), String> {
        self.version = event.body["to"].as_i64().unwrap_or_default();
        self.price = event.number("/price/amount")?;
        Ok(())
    }

    pub(super) fn discount(&mut self, event: &Event) -> Result<(), String> {
        let (code, terms) = (event.text("/code")?.to_owned(), event.body["terms"].clone());
        self.discounts.push(Discount { code, terms, periods: 0 });
        Ok(())
    }

    pub(super) fn forget_discount(&mut self, event: &Event) -> Result<(), String> {
        let code = event.text("/code")?;
        let before = self.discounts.len();
        self.discounts.retain(|discount| discount.code != code);
        if self.discounts.len() < before { Ok(()) } else { Err(format!("discount {code} was not in force")) }
    }

    /// What each discount takes off what those before it left, of a whole period or of what is left of one.
    pub(super) fn take_off(&self, lines: &mut Vec<Line>, amount: Decimal, part: Option<Left>) {
        let mut left = amount;
        for discount in &self.discounts {
            let terms = &discount.terms;
            let mut plans = terms["plans"].as_array().into_iter().flatten().peekable();
            if plans.peek().is_some() && !plans.any(|plan| *plan == self.plan.as_str()) {
                continue;
            }
            let off = match number_at(terms, "/off/percent") {
                Some(share) => left * share,
                None if terms["off"]["amount"]["currency"] == self.currency.as_str() => {
                    let whole = number_at(terms, "/off/amount/amount").unwrap_or_default();
                    part.map_or(whole, |part| part.exactly(whole))
                }
                None => continue,
            };
            let off = round(off, &self.currency).min(left);
            if off > Decimal::ZERO {
                left -= off;
                lines.push((format!("discount {}", discount.code), -off));
            }
        }
    }

    /// An invoice was taken back, or a credit note takes something off it: so much less can be credited by a change.
    pub(super) fn credit_less(&mut self, event: &Event) -> Result<(), String> {
        let invoice = event.text("/invoice")?;
        let Some(charged) = &mut self.charged else { return Ok(()) };
        let Some(billed) = charged.billed.as_ref().filter(|billed| billed.invoice == invoice) else { return Ok(()) };
        if event.name == "InvoiceVoided" {
            charged.amount = billed.credited;
        } else if billed.total > Decimal::ZERO {
            let off = round(billed.amount * event.number("/amount/amount")? / billed.total, &self.currency);
            charged.amount -= off.min(charged.amount);
        }
        Ok(())
    }

    /// Remembers what an invoice charges, and that discounts were used.
    pub(super) fn charge(&mut self, event: &Event, told: &[Line]) -> Result<(), String> {
        let of_plan = told.iter().filter(|(item, _)| !item.starts_with("proration_credit"));
        let amount: Decimal = of_plan.map(|(_, amount)| *amount).sum();
        let credited = told.iter().filter(|(item, _)| item.starts_with("proration_credit"));
        let billed = Billed {
            invoice: event.text("/invoice")?.to_owned(),
            total: event.number("/total/amount")?,
            amount,
            credited: -credited.map(|(_, amount)| *amount).sum::<Decimal>(),
        };
        let code = |(item, _): &Line| item.strip_prefix("discount ").map(str::to_owned);
        let codes: Vec<String> = told.iter().filter_map(code).collect();
        let mut used_up = Vec::new();
        self.is_older = false;
        match (self.stage, event.text("/kind")?) {
            (Stage::Awaiting, "first") => self.first = Some((billed, codes)),
            (_, "period") => {
                used_up = self.count(&codes);
                if let Some(charged) = &mut self.charged {
                    (charged.amount, charged.billed) = (amount, Some(billed));
                }
            }
            (Stage::Running, "change") => {
                let from = event.instant("/period/start").or_else(|_| event.instant("/issued_at"))?;
                self.charged = Some(Charged { from, amount, billed: Some(billed) });
            }
            _ => {}
        }
        match used_up.first() {
            Some(code) => Err(format!("discount {code} is used up")),
            None => Ok(()),
        }
    }

    /// Counts a period for discounts; those that were used up before it.
    fn count(&mut self, codes: &[String]) -> Vec<String> {
        let mut used_up = Vec::new();
        for discount in self.discounts.iter_mut().filter(|discount| codes.contains(&discount.code)) {
            discount.periods += 1;
            if discount.terms["lasts"]["periods"].as_i64().is_some_and(|periods| discount.periods > periods) {
                used_up.push(discount.code.clone());
            }
        }
        used_up
    }
}
