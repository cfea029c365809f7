//! What may have happened to an organization.

use serde::{Deserialize, Serialize};

use crate::aggregate::domain_event;
use crate::calendar::Zone;
use crate::id::{OrganizationId, ProductCode, ReferralCode};

/// Who referred an organization, and by which code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Sponsorship {
    /// The organization that referred.
    pub sponsor: OrganizationId,
    /// The code that was given.
    pub code: ReferralCode,
}

/// An event of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// It became a customer of a product.
    OrganizationRegistered {
        /// Its id.
        organization: OrganizationId,
        /// The product.
        product: ProductCode,
        /// Where its days begin and end.
        time_zone: Zone,
        /// The code it can hand to others.
        referral_code: ReferralCode,
        /// Who referred it.
        sponsor: Option<Sponsorship>,
    },
}

domain_event!(Event { OrganizationRegistered => "1" });
