//! Alerts, who has seen them, and credits that are bought by rule.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{Ledger, list, window_of};
use crate::laws::Event;
use crate::laws::facts::numbers;

impl Ledger {
    pub(super) fn cross(&mut self, event: &Event) -> Result<(), String> {
        self.raise(event)?;
        let owed = std::mem::take(&mut self.owed.thresholds);
        let window = self.windows.entry(window_of(event)?).or_default();
        let thresholds: BTreeSet<Decimal> = numbers(&event.body["thresholds"]).into_iter().collect();
        if let Some(again) = thresholds.iter().find(|percent| window.alerted.contains(percent)) {
            return Err(format!("threshold {again} was crossed before in this window"));
        }
        let (used, limit) = (event.number("/used")?, event.some("/limit"));
        // What a capture reaches alone is not owed, because the plan of the moment is not known here. It must be true.
        let is_reached = |percent: &Decimal| used * Decimal::ONE_HUNDRED >= limit * *percent;
        let is_true = if owed.is_empty() && !limit.is_zero() && self.last_is_capture(event) {
            thresholds.iter().all(is_reached)
        } else {
            thresholds == owed
        };
        let window = self.windows.entry(window_of(event)?).or_default();
        if !is_true || used != window.included {
            let said = list(&thresholds);
            return Err(format!("crossed {said} at {used}; reached were {} at {}", list(&owed), window.included));
        }
        window.alerted.extend(thresholds);
        Ok(())
    }

    fn last_is_capture(&self, event: &Event) -> bool {
        self.owed.is_capture && self.owed.command == event.command
    }

    pub(super) fn cross_capacity(&mut self, event: &Event) -> Result<(), String> {
        self.raise(event)?;
        let owed = std::mem::take(&mut self.owed.capacity);
        let thresholds: BTreeSet<Decimal> = numbers(&event.body["thresholds"]).into_iter().collect();
        let level = self.levels.get(event.text("/feature")?).copied().unwrap_or_default();
        if thresholds != owed || event.number("/level")? != level {
            return Err(format!("crossed {} at {level}; reached were {}", list(&thresholds), list(&owed)));
        }
        Ok(())
    }

    pub(super) fn run_low(&mut self, event: &Event) -> Result<(), String> {
        self.raise(event)?;
        let (balance, below) = (event.number("/balance")?, event.number("/below")?);
        if balance != self.balance || balance >= below {
            return Err(format!("{balance} is told to be below {below}, the balance is {}", self.balance));
        }
        Ok(())
    }

    /// The alerts of the first release had no names.
    fn raise(&mut self, event: &Event) -> Result<(), String> {
        let Ok(alert) = event.text("/alert") else { return Ok(()) };
        match self.alerts.insert(alert.to_owned()) {
            true => Ok(()),
            false => Err(format!("alert {alert} was raised before")),
        }
    }

    pub(super) fn acknowledge(&mut self, event: &Event) -> Result<(), String> {
        let alert = event.text("/alert")?;
        if self.alerts.remove(alert) { Ok(()) } else { Err(format!("alert {alert} is not open")) }
    }

    pub(super) fn set_rule(&mut self, event: &Event) -> Result<(), String> {
        let most = event.body["rule"]["monthly_max"].as_u64().unwrap_or_default();
        self.rule = Some((event.number("/rule/below")?, most));
        Ok(())
    }

    pub(super) fn request(&mut self, event: &Event) -> Result<(), String> {
        let (below, most) = self.rule.ok_or("credits are to be bought by no rule")?;
        let (balance, number) = (event.number("/balance")?, event.body["number"].as_u64().unwrap_or_default());
        let requested = self.requests.entry(event.text("/month/start")?.to_owned()).or_default();
        *requested += 1;
        if number != *requested || number > most {
            return Err(format!("request {number} of the month is the {requested} of {most}"));
        }
        if balance != self.balance || balance >= below {
            return Err(format!("{balance} is told to be below {below}, the balance is {}", self.balance));
        }
        Ok(())
    }
}
