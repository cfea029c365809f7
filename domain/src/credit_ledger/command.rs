//! What may be asked of a ledger.

use serde::{Deserialize, Serialize};

use crate::id::{CommissionId, FeatureCode, Reference};
use crate::money::{Credits, Quantity};

/// A command to an organization's ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Add credits that were bought.
    TopUp {
        /// How many; above zero.
        amount: Credits,
        /// What the purchase is called where it was made.
        reference: Option<Reference>,
    },
    /// Add the credits of a commission.
    GrantCommission {
        /// The commission.
        commission: CommissionId,
        /// How many; above zero.
        amount: Credits,
    },
    /// Use some of a feature.
    Consume {
        /// The feature, a quota of the plan.
        feature: FeatureCode,
        /// How much; above zero.
        quantity: Quantity,
    },
}
