//! What is known of a referral tree.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Event;
use super::commission::{Clock, Commission, Due, SharedPayment};
use crate::id::{CommissionId, OrganizationId, ReferralCode};

/// A product's referral tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReferralTree {
    members: BTreeMap<OrganizationId, Member>,
    codes: BTreeMap<ReferralCode, OrganizationId>,
    /// Those of the payments that are kept.
    pub(super) commissions: BTreeMap<CommissionId, Commission>,
    /// Commissions that have not matured, in the order in which they will.
    pub(super) due: BTreeSet<Due>,
    /// The same of those that wait by a test clock.
    pub(super) simulated: BTreeSet<Due>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Member {
    code: ReferralCode,
    sponsor: Option<Sponsor>,
    /// Did it ever pay?
    has_paid: bool,
    /// Its payments that earned somebody something, the oldest first.
    pub(super) payments: Vec<SharedPayment>,
    /// Was one let go of?
    pub(super) forgot: bool,
    /// By which clock what its payments earn waits.
    pub(super) clock: Clock,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sponsor {
    organization: OrganizationId,
    /// From when on payments are shared; `None` is since registration.
    since: Option<Timestamp>,
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
        self.members.get(organization)?.sponsor.as_ref().map(|sponsor| &sponsor.organization)
    }

    /// Is it known that a member has paid?
    #[must_use]
    pub fn has_paid(&self, organization: &OrganizationId) -> bool {
        self.members.get(organization).is_some_and(|member| member.has_paid)
    }

    /// The sponsor, the sponsor's sponsor, and so on up. Ends because there are no cycles.
    pub fn ancestors<'a>(&'a self, organization: &'a OrganizationId) -> impl Iterator<Item = &'a OrganizationId> {
        iter::successors(self.sponsor_of(organization), |above| self.sponsor_of(above))
    }

    /// Those who were above it at an instant.
    pub(super) fn ancestors_at<'a>(
        &'a self,
        organization: &'a OrganizationId,
        at: Timestamp,
    ) -> impl Iterator<Item = &'a OrganizationId> {
        let above = move |below: &OrganizationId| {
            let sponsor = self.members.get(below)?.sponsor.as_ref()?;
            sponsor.since.is_none_or(|since| since <= at).then_some(&sponsor.organization)
        };
        iter::successors(above(organization), move |below| above(below))
    }

    /// Those it referred, those whom these referred, and so on down, each with its sponsor and after it. Looks at the
    /// whole tree: for what is rare.
    #[must_use]
    pub fn below(&self, organization: &OrganizationId) -> Vec<(OrganizationId, OrganizationId)> {
        let mut referred: BTreeMap<&OrganizationId, Vec<&OrganizationId>> = BTreeMap::new();
        for (member, known) in &self.members {
            if let Some(sponsor) = &known.sponsor {
                referred.entry(&sponsor.organization).or_default().push(member);
            }
        }
        let mut found: Vec<(OrganizationId, OrganizationId)> = Vec::new();
        let mut sponsors = vec![organization];
        while let Some(sponsor) = sponsors.pop() {
            for member in referred.remove(sponsor).unwrap_or_default() {
                found.push((member.clone(), sponsor.clone()));
                sponsors.push(member);
            }
        }
        found
    }

    /// How many organizations have a place in it.
    pub(super) fn members(&self) -> usize {
        self.members.len()
    }

    pub(super) fn member(&self, organization: &OrganizationId) -> Option<&Member> {
        self.members.get(organization)
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::OrganizationEnrolled { organization, code } => {
                self.codes.insert(code.clone(), organization.clone());
                self.members.insert(organization.clone(), Member::with(code));
            }
            Event::ReferralAttributed { organization, sponsor, since, .. } => self.change(organization, |member| {
                member.sponsor = Some(Sponsor { organization: sponsor.clone(), since: *since });
            }),
            Event::FirstPaymentMade { payer, .. } => self.change(payer, Member::pay),
            Event::PayerSimulated { payer } => self.change(payer, |member| member.clock = Clock::Test),
            Event::CommissionAccrued { .. } => self.take_in_accrual(event),
            Event::CommissionMatured { commission, .. } => self.mature(commission),
            Event::CommissionClawedBack { commission, clawed_back_total, .. } => {
                self.take_in_clawback(commission, *clawed_back_total);
            }
        }
    }

    pub(super) fn change(&mut self, organization: &OrganizationId, change: impl FnOnce(&mut Member)) {
        if let Some(member) = self.members.get_mut(organization) {
            change(member);
        }
    }
}

impl Member {
    fn with(code: &ReferralCode) -> Self {
        Self {
            code: code.clone(),
            sponsor: None,
            has_paid: false,
            payments: Vec::new(),
            forgot: false,
            clock: Clock::Wall,
        }
    }

    pub(super) fn pay(&mut self) {
        self.has_paid = true;
    }
}
