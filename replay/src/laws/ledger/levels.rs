//! Levels of capacities.

use rust_decimal::Decimal;
use serde_json::Value;

use super::Ledger;
use crate::laws::facts::numbers;
use crate::laws::{Event, number_at};

impl Ledger {
    pub(super) fn acquire(&mut self, event: &Event, catalog: &Value) -> Result<(), String> {
        let (quantity, told) = (event.number("/quantity")?, event.number("/level")?);
        let level = self.levels.entry(event.text("/feature")?.to_owned()).or_default();
        let before = *level;
        *level += quantity;
        if *level != told {
            return Err(format!("the level is {level}, not {told}"));
        }
        let Some(limit) = number_at(&event.body, "/limit/up_to") else { return Ok(()) };
        if *level > limit {
            return Err(format!("the level is {level} of {limit}"));
        }
        let reaches = |at: Decimal, percent: Decimal| !limit.is_zero() && at * Decimal::ONE_HUNDRED >= limit * percent;
        let thresholds = numbers(&catalog["capacity_thresholds"]).into_iter();
        let level = *level;
        self.owed.capacity = thresholds.filter(|one| reaches(level, *one) && !reaches(before, *one)).collect();
        Ok(())
    }

    pub(super) fn release(&mut self, event: &Event) -> Result<(), String> {
        let (quantity, told) = (event.number("/quantity")?, event.number("/level")?);
        let level = self.levels.entry(event.text("/feature")?.to_owned()).or_default();
        *level -= quantity;
        if *level != told || *level < Decimal::ZERO {
            return Err(format!("the level is {level}, not {told}"));
        }
        Ok(())
    }
}
