//! What may be asked of a subscription.

use serde::{Deserialize, Serialize};

use crate::calendar::Interval;
use crate::id::{PlanCode, Reference};
use crate::money::Money;

/// A command to an organization's subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Start a plan of the newest catalog version.
    Start {
        /// The plan.
        plan: PlanCode,
        /// How often it is paid.
        interval: Interval,
    },
    /// Record money received by hand: cash, a bank transfer.
    RecordPayment {
        /// How much; above zero.
        amount: Money,
        /// What the payment is called where it was received.
        reference: Option<Reference>,
    },
    /// Move to a newer version of the catalog, on the same plan. Its price counts from the next period on.
    MoveToCatalogVersion {
        /// The version.
        version: u32,
    },
}
