//! What may be asked of an organization.

use serde::{Deserialize, Serialize};

use super::Sponsorship;
use crate::calendar::Zone;
use crate::id::{OrganizationId, ProductCode};

/// A command to an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Register it as a customer of a product.
    Register {
        /// Its id, the name of its streams.
        organization: OrganizationId,
        /// The product it buys.
        product: ProductCode,
        /// Where its days begin and end.
        time_zone: Zone,
        /// Who referred it, already resolved from the code it gave by the product's referral tree.
        sponsor: Option<Sponsorship>,
    },
}
