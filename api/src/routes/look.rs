//! An account, looked at now: what an organization's ledger and its terms say, from the log and mostly from memory.

use std::borrow::Cow;

use domain::credit_ledger::{self, CreditLedger};
use domain::{Context, Rejection, Terms};
use event_store::Sight;
use jiff::Timestamp;

use crate::answer::Receipt;
use crate::gate::Gate;
use crate::problem::Problem;
use crate::request::{Customer, Freshness};

/// An account, looked at now; of a sandbox, at the instant that was set for it.
pub(super) struct Look {
    pub(super) sight: Sight,
    pub(super) context: Context,
}

impl Look {
    pub(super) async fn at(gate: &Gate, customer: &Customer, freshness: Freshness) -> Result<Self, Problem> {
        let sight = freshness.account(gate, &customer.0).await?;
        let context = sight.account.context.clone();
        let Some(terms) = &context.terms else {
            return Err(customer.problem(Rejection::CreditLedger(credit_ledger::Rejection::NotRegistered).into()));
        };
        // Never earlier than what was decided of it, even if the machine's clock steps back.
        let now = terms.instant.unwrap_or_else(|| context.now.max(Timestamp::now()));
        Ok(Self { sight, context: Context { now, ..context } })
    }

    /// What the organization's other streams say.
    pub(super) fn terms(&self) -> &Terms {
        self.context.terms.as_ref().unwrap_or_else(|| unreachable!("an account without terms is not looked at"))
    }

    /// The ledger after all that fell due up to now.
    pub(super) fn ledger(&self) -> Cow<'_, CreditLedger> {
        self.sight.account.ledger.settled(self.context.now).1
    }

    /// The position of the log that was seen.
    pub(super) fn as_of(&self) -> Receipt {
        Receipt { partition: self.sight.partition, position: self.sight.position }
    }
}
