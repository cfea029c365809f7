//! What is known of a referral tree.

use std::collections::BTreeMap;
use std::iter;

use serde::{Deserialize, Serialize};

use super::Event;
use crate::id::{OrganizationId, ReferralCode};

/// A product's referral tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReferralTree {
    members: BTreeMap<OrganizationId, Member>,
    codes: BTreeMap<ReferralCode, OrganizationId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Member {
    code: ReferralCode,
    sponsor: Option<OrganizationId>,
}

/// What the caller is told: the sponsor this command named, if it named one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The sponsor.
    pub sponsor: Option<OrganizationId>,
}

impl ReferralTree {
    /// Who hands out a code.
    #[must_use]
    pub fn owner_of(&self, code: &ReferralCode) -> Option<&OrganizationId> {
        self.codes.get(code)
    }

    /// The code of a member.
    #[must_use]
    pub fn code_of(&self, organization: &OrganizationId) -> Option<&ReferralCode> {
        self.members.get(organization).map(|member| &member.code)
    }

    /// The sponsor of a member.
    #[must_use]
    pub fn sponsor_of(&self, organization: &OrganizationId) -> Option<&OrganizationId> {
        self.members.get(organization)?.sponsor.as_ref()
    }

    /// The sponsor, the sponsor's sponsor, and so on up. Ends because there are no cycles.
    pub fn ancestors<'a>(&'a self, organization: &'a OrganizationId) -> impl Iterator<Item = &'a OrganizationId> {
        iter::successors(self.sponsor_of(organization), |above| self.sponsor_of(above))
    }

    /// How many organizations have a place in it.
    pub(super) fn members(&self) -> usize {
        self.members.len()
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::OrganizationEnrolled { organization, code } => {
                self.codes.insert(code.clone(), organization.clone());
                self.members.insert(organization.clone(), Member { code: code.clone(), sponsor: None });
            }
            Event::ReferralAttributed { organization, sponsor, .. } => {
                if let Some(member) = self.members.get_mut(organization) {
                    member.sponsor = Some(sponsor.clone());
                }
            }
            // Commissions are paid from the ledgers of the beneficiaries; the tree keeps only who referred whom.
            Event::CommissionAccrued { .. } => {}
        }
    }
}
