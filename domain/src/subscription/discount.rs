//! Discounts in force on a subscription.
//!
//! A discount counts for whole periods: one that is good for a single period stays in force until that period is over,
//! also for a change within it. It is used by each period that is billed less because of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::course::Course;
use super::rejection::bill;
use super::{Event, Item, Line, Rejection};
use crate::discount::DiscountTerms;
use crate::id::DiscountCode;

/// Most discounts of one subscription at a time.
pub const DISCOUNTS_MAX: usize = 10;

/// A discount that takes something off what is billed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscountInForce {
    /// The code that was redeemed.
    pub code: DiscountCode,
    /// What it was worth when it was.
    pub terms: DiscountTerms,
    /// How many periods were billed less because of it.
    pub periods: u16,
}

impl DiscountInForce {
    /// Was it used up by the periods before?
    pub(super) fn is_used_up(&self) -> bool {
        self.terms.is_used_up(self.periods)
    }
}

impl Course<'_> {
    pub(super) fn apply_discount(&mut self, code: &DiscountCode, terms: &DiscountTerms) -> Result<(), Rejection> {
        if self.state.discounts.iter().any(|known| known.code == *code) {
            return Err(bill::Rejection::DiscountApplied { code: code.clone() }.into());
        }
        if let Some(started) = self.state.alive().filter(|started| !terms.fits(&started.plan, started.price.currency)) {
            let (plan, currency) = (started.plan.clone(), started.price.currency);
            return Err(bill::Rejection::DiscountMisfits { code: code.clone(), plan, currency }.into());
        }
        if self.state.discounts.len() >= DISCOUNTS_MAX {
            return Err(bill::Rejection::TooManyDiscounts { discounts: DISCOUNTS_MAX }.into());
        }

        // Past this line nothing may fail.
        self.happen(Event::DiscountApplied { code: code.clone(), terms: terms.clone(), at: self.context.now });
        Ok(())
    }

    pub(super) fn remove_discount(&mut self, code: &DiscountCode) -> Result<(), Rejection> {
        if !self.state.discounts.iter().any(|known| known.code == *code) {
            return Err(bill::Rejection::UnknownDiscount { code: code.clone() }.into());
        }

        // Past this line nothing may fail.
        self.happen(Event::DiscountEnded { code: code.clone(), at: self.context.now });
        Ok(())
    }

    /// Those that were good for so many periods, and these are over.
    pub(super) fn end_discounts(&mut self, at: Timestamp) {
        let used_up = self.state.discounts.iter().filter(|discount| discount.is_used_up());
        let codes: Vec<DiscountCode> = used_up.map(|discount| discount.code.clone()).collect();
        for code in codes {
            self.happen(Event::DiscountEnded { code, at });
        }
    }
}

/// The discounts that take something off lines.
pub(super) fn used(lines: &[Line]) -> Vec<DiscountCode> {
    let code = |line: &Line| match &line.item {
        Item::Discount { code } => Some(code.clone()),
        Item::Plan { .. } | Item::ProrationCredit { .. } | Item::ProrationCharge { .. } | Item::Metered { .. } => None,
    };
    lines.iter().filter_map(code).collect()
}

/// Counts a period for each discount that takes something off it.
pub(super) fn count(discounts: &mut [DiscountInForce], used: &[DiscountCode]) {
    for discount in discounts.iter_mut().filter(|discount| used.contains(&discount.code)) {
        discount.periods = discount.periods.saturating_add(1);
    }
}
