//! Having credits bought by rule: below so many buy so many, at most so often a month.

use std::num::NonZeroU16;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CreditLedger, Event};
use crate::calendar::{Period, Window};
use crate::context::{Context, Terms};
use crate::id::ActorId;
use crate::money::Credits;

/// When credits are to be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TopUpRule {
    /// When the balance is below so many.
    pub below: Credits,
    /// So many are to be bought.
    pub amount: Credits,
    /// At most so many times in a calendar month of the organization's zone.
    pub monthly_max: NonZeroU16,
}

/// The rule, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TopUps {
    /// The rule in force.
    pub rule: Option<TopUpRule>,
    /// The beginning of the month in which something was requested last.
    pub month: Option<Timestamp>,
    /// How often in that month. Setting the rule anew does not begin to count again.
    pub requested: u16,
    /// Were the credits that were requested last not bought yet? Nothing more is requested then in that month, unless
    /// the balance rises and falls again.
    pub awaited: bool,
}

impl CreditLedger {
    pub(super) fn decide_set_rule(&self, rule: TopUpRule, actor: &ActorId) -> Vec<Event> {
        let is_so = self.top_ups.rule == Some(rule);
        (!is_so).then(|| Event::TopUpRuleSet { rule, actor: actor.clone() }).into_iter().collect()
    }

    pub(super) fn decide_remove_rule(&self, actor: &ActorId) -> Vec<Event> {
        let removed = self.top_ups.rule.map(|_| Event::TopUpRuleRemoved { actor: actor.clone() });
        removed.into_iter().collect()
    }

    /// The request that a decision leads to, from the balance before it to the one after it.
    pub(super) fn requested(
        &self,
        decided: &[Event],
        before: Credits,
        after: Credits,
        terms: &Terms,
        context: &Context,
    ) -> Option<Event> {
        let set = decided
            .iter()
            .find_map(|event| if let Event::TopUpRuleSet { rule, .. } = event { Some(*rule) } else { None });
        let removed = decided.iter().any(|event| matches!(event, Event::TopUpRuleRemoved { .. }));
        let rule = set.or(self.top_ups.rule).filter(|_| !removed)?;
        if after >= rule.below || (after >= before && set.is_none()) {
            return None;
        }
        let month = Window::Month.open_at(context.now, context.now, &terms.zone);
        let requested = if self.top_ups.month == Some(month.start) { self.top_ups.requested } else { 0 };
        let is_awaited = self.top_ups.awaited && self.top_ups.month == Some(month.start) && before < rule.below;
        if requested >= rule.monthly_max.get() || (is_awaited && set.is_none()) {
            return None;
        }
        let (amount, below, balance, number) = (rule.amount, rule.below, after, requested + 1);
        Some(Event::TopUpRequested { amount, below, balance, month, number })
    }
}

impl TopUps {
    pub(super) fn set(&mut self, rule: TopUpRule) {
        self.rule = Some(rule);
        self.awaited = false;
    }

    pub(super) fn count(&mut self, month: Period, number: u16) {
        self.month = Some(month.start);
        self.requested = number;
        self.awaited = true;
    }
}
