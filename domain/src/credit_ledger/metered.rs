//! What is put on invoices, month by month of the billing anchor: the subscription reads it when a period is over.
//!
//! A charge is in the month it was decided in, whatever its window. What is given back is taken from the month that is
//! open then: the one it was charged in may be on an invoice already. So a month that is over never changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{InvoiceCharge, OverageCharge};
use crate::calendar::Period;
use crate::id::FeatureCode;
use crate::money::{Money, Quantity};

/// Most months that are kept: a year, and what was decided around its ends.
const MONTHS_MAX: usize = 14;

/// What was priced past the allowances, in the newest months, the oldest first. Shared with the terms of decisions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metered(Arc<Vec<MeteredMonth>>);

/// A month of the billing anchor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeteredMonth {
    /// The month.
    pub month: Period,
    /// What each feature comes to.
    pub features: BTreeMap<FeatureCode, MeteredSum>,
}

/// What a feature comes to in a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeteredSum {
    /// What was used past the allowance.
    pub used: Quantity,
    /// What of any month was given back.
    pub given_back: Quantity,
    /// The price of the one less that of the other; below zero if more was given back.
    pub price: Money,
}

impl Metered {
    /// What each feature comes to in the months that begin from one instant on and before another.
    #[must_use]
    pub fn between(&self, from: Timestamp, until: Timestamp) -> BTreeMap<FeatureCode, MeteredSum> {
        let mut sums: BTreeMap<FeatureCode, MeteredSum> = BTreeMap::new();
        let months = self.0.iter().filter(|month| from <= month.month.start && month.month.start < until);
        for (feature, sum) in months.flat_map(|month| &month.features) {
            match sums.get_mut(feature) {
                Some(known) => known.add(sum),
                None => {
                    sums.insert(feature.clone(), sum.clone());
                }
            }
        }
        sums
    }

    /// The months, the oldest first.
    #[must_use]
    pub fn months(&self) -> &[MeteredMonth] {
        &self.0
    }

    pub(super) fn charge(&mut self, feature: &FeatureCode, overage: Option<&OverageCharge>) {
        let Some(InvoiceCharge { quantity, price, month: Some(month) }) = overage.and_then(OverageCharge::invoice)
        else {
            return;
        };
        self.add(*month, feature, MeteredSum { used: *quantity, given_back: Quantity::ZERO, price: *price });
    }

    pub(super) fn give_back(&mut self, feature: &FeatureCode, overage: Option<&OverageCharge>) {
        let Some(InvoiceCharge { quantity, price, month: Some(month) }) = overage.and_then(OverageCharge::invoice)
        else {
            return;
        };
        let price = Money { amount: -price.amount, currency: price.currency };
        self.add(*month, feature, MeteredSum { used: Quantity::ZERO, given_back: *quantity, price });
    }

    fn add(&mut self, month: Period, feature: &FeatureCode, sum: MeteredSum) {
        let months = Arc::make_mut(&mut self.0);
        let known = months.iter().position(|known| known.month.start == month.start);
        let index = known.unwrap_or_else(|| {
            let index = months.partition_point(|known| known.month.start < month.start);
            months.insert(index, MeteredMonth { month, features: BTreeMap::new() });
            index
        });
        if let Some(month) = months.get_mut(index) {
            match month.features.get_mut(feature) {
                Some(known) => known.add(&sum),
                None => {
                    month.features.insert(feature.clone(), sum);
                }
            }
        }
        let surplus = months.len().saturating_sub(MONTHS_MAX);
        months.drain(..surplus);
    }
}

impl MeteredSum {
    fn add(&mut self, other: &Self) {
        self.used = self.used + other.used;
        self.given_back = self.given_back + other.given_back;
        // The currency changes with a new subscription only; what is in another one is not added up.
        if self.price.currency == other.price.currency {
            self.price.amount += other.price.amount;
        }
    }
}
