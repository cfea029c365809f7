//! What is known of an organization.

use serde::{Deserialize, Serialize};

use super::{Event, Sponsorship};
use crate::calendar::Zone;
use crate::id::{OrganizationId, ProductCode, ReferralCode};

/// An organization; empty until it is registered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    registered: Option<Registered>,
}

/// What registration fixed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    /// Its id.
    pub organization: OrganizationId,
    /// Its product.
    pub product: ProductCode,
    /// Where its days begin and end.
    pub time_zone: Zone,
    /// The code it can hand to others.
    pub referral_code: ReferralCode,
    /// Who referred it.
    pub sponsor: Option<Sponsorship>,
}

/// What the caller is told: the registration in force.
pub type Answer = Option<Registered>;

impl Organization {
    /// The registration, once there is one.
    #[must_use]
    pub fn registered(&self) -> Option<&Registered> {
        self.registered.as_ref()
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::OrganizationRegistered { organization, product, time_zone, referral_code, sponsor } => {
                self.registered = Some(Registered {
                    organization: organization.clone(),
                    product: product.clone(),
                    time_zone: time_zone.clone(),
                    referral_code: referral_code.clone(),
                    sponsor: sponsor.clone(),
                });
            }
        }
    }
}
