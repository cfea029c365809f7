//! An account, looked at now: what an organization's ledger and its terms say, from the log and mostly from memory.

use std::borrow::Cow;

use domain::credit_ledger::{self, CreditLedger};
use domain::{Context, Rejection, Terms};
use event_store::{Failure, Grounds, Sight};
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
            let rejection = Rejection::CreditLedger(credit_ledger::Rejection::NotRegistered);
            return Err(customer.problem(refused(&sight, None, rejection)));
        };
        // Never earlier than what was decided of it, even if the machine's clock steps back.
        let now = terms.instant.unwrap_or_else(|| context.now.max(Timestamp::now()));
        Ok(Self { sight, context: Context { now, ..context } })
    }

    /// Why a question has no answer, with what was looked at.
    pub(super) fn refused(&self, catalog_version: Option<u32>, rejection: Rejection) -> Failure {
        refused(&self.sight, catalog_version, rejection)
    }

    /// What was looked at, and the catalog version that binds.
    pub(super) fn grounds(&self) -> Grounds {
        grounds(&self.sight, self.catalog_version())
    }

    /// The catalog version that binds.
    pub(super) fn catalog_version(&self) -> Option<u32> {
        self.context.catalog.as_ref().map(|catalog| catalog.version)
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

fn refused(sight: &Sight, catalog_version: Option<u32>, rejection: Rejection) -> Failure {
    Failure::Rejected { rejection, grounds: Some(Box::new(grounds(sight, catalog_version))) }
}

fn grounds(sight: &Sight, catalog_version: Option<u32>) -> Grounds {
    let Sight { partition, position, .. } = *sight;
    Grounds { partition, position, catalog_version }
}
