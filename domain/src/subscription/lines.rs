//! What the lines of an invoice come to.

use jiff::Timestamp;

use super::course::Course;
use super::proration::Part;
use super::stage::{Charged, Started};
use super::{Item, Line};
use crate::calendar::Period;
use crate::credit_ledger::MeteredSum;
use crate::money::Money;

impl Course<'_> {
    /// A whole period of the plan, less discounts; nothing for a free one.
    pub(super) fn plan_lines(&self, period: Option<Period>) -> Vec<Line> {
        let Some(started) = self.state.started.as_deref().filter(|started| !started.price.is_zero()) else {
            return Vec::new();
        };
        let item = Item::Plan { plan: started.plan.clone(), interval: started.interval };
        self.discounted(started, Line { item, period, amount: started.price }, None)
    }

    /// The rest of a period on the plan, less discounts.
    pub(super) fn rest_lines(&self, rest: Period, part: Part) -> Vec<Line> {
        let Some(started) = &self.state.started else { return Vec::new() };
        let amount = part.of(started.price);
        if amount.is_zero() {
            return Vec::new();
        }
        let item = Item::ProrationCharge { plan: started.plan.clone() };
        self.discounted(started, Line { item, period: Some(rest), amount }, Some(part))
    }

    /// A line and what each discount takes off what those before it left.
    fn discounted(&self, started: &Started, line: Line, part: Option<Part>) -> Vec<Line> {
        let (period, mut left) = (line.period, line.amount);
        let share = part.map_or(rust_decimal::Decimal::ONE, Part::share);
        let mut lines = vec![line];
        for discount in &self.state.discounts {
            if !discount.terms.fits(&started.plan, left.currency) {
                continue;
            }
            let off = discount.terms.off.of(left, share);
            if off.is_positive() {
                left = left.less(off);
                lines.push(Line {
                    item: Item::Discount { code: discount.code.clone() },
                    period,
                    amount: off.negated(),
                });
            }
        }
        lines
    }

    /// What was charged for the rest of a period and is not used.
    pub(super) fn unused_line(&self, charged: &Charged, rest: Period, part: Option<Part>) -> Option<Line> {
        let started = self.state.started.as_deref()?;
        let amount = part?.of(charged.amount);
        let item = Item::ProrationCredit { plan: started.plan.clone() };
        (!amount.is_zero()).then(|| Line { item, period: Some(rest), amount: amount.negated() })
    }

    /// What was used past the allowances in the months that begin in a time.
    pub(super) fn usage_lines(&self, from: Timestamp, until: Timestamp) -> Vec<Line> {
        let Some(started) = &self.state.started else { return Vec::new() };
        let currency = started.price.currency;
        let sums = self.terms.metered.between(from, until).into_iter();
        let billed = sums.filter(|(_, sum)| !sum.price.is_zero() && sum.price.currency == currency);
        let line = |(feature, sum): (_, MeteredSum)| Line {
            item: Item::Metered { feature, quantity: sum.used, given_back: sum.given_back },
            period: Some(Period { start: from, end: until }),
            amount: sum.price,
        };
        billed.map(line).collect()
    }
}

/// What lines come to.
pub(super) fn sum(lines: &[Line]) -> Option<Money> {
    let mut amounts = lines.iter().map(|line| line.amount);
    let first = amounts.next()?;
    Some(amounts.fold(first, Money::plus))
}
