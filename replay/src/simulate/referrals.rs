//! The referral tree of a world: what its payments earn, when that matures, and what is taken back.
//!
//! Who referred whom is as recorded. What a payment earns is decided at once, or once its payer is in the tree, as the
//! processor that does it in the running system would have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::catalog::CatalogVersion;
use domain::referral_tree::{Command, Event, ReferralTree};
use domain::{Aggregate, CommissionId, Context, Credits, Money, OrganizationId, PaymentId};
use jiff::Timestamp;
use uuid::Uuid;

/// A payment to be shared.
#[derive(Clone)]
pub(super) struct Paid {
    pub(super) payment: PaymentId,
    pub(super) payer: OrganizationId,
    pub(super) net: Money,
    pub(super) at: Timestamp,
    /// Whose rates count.
    pub(super) catalog: Option<Arc<CatalogVersion>>,
}

#[derive(Clone, Default)]
pub(super) struct Referrals {
    tree: ReferralTree,
    /// Payments of those who are not in the tree yet.
    waiting: Vec<Paid>,
    /// Payments that were shared here.
    shared: BTreeSet<PaymentId>,
    /// What they earned.
    accrued: BTreeMap<CommissionId, (OrganizationId, Credits)>,
}

impl Referrals {
    /// Takes in what was recorded.
    pub(super) fn take_in(&mut self, event: &Event) {
        self.tree.evolve(event);
    }

    /// Was this commission earned by a payment that was shared here?
    pub(super) fn has_accrued(&self, commission: &CommissionId) -> bool {
        self.accrued.contains_key(commission)
    }

    pub(super) fn has_shared(&self, payment: &PaymentId) -> bool {
        self.shared.contains(payment)
    }

    /// Did a recorded commission come out the same here?
    pub(super) fn agrees(&self, commission: &CommissionId, beneficiary: &OrganizationId, amount: Credits) -> bool {
        self.accrued.get(commission) == Some(&(beneficiary.clone(), amount))
    }

    /// Shares a payment.
    pub(super) fn pay(&mut self, paid: Paid) -> Vec<Event> {
        if self.tree.code_of(&paid.payer).is_none() {
            self.waiting.push(paid);
            return Vec::new();
        }
        let Paid { payment, payer, net, at, catalog } = paid;
        let catalog_version = catalog.as_ref().map(|catalog| catalog.version);
        self.shared.insert(payment.clone());
        let command = Command::AccrueCommissions { payment, payer, amount: net, paid_at: Some(at), catalog_version };
        self.decide(&command, at, catalog)
    }

    /// Shares what was waiting for an organization to be in the tree.
    pub(super) fn enrolled(&mut self, organization: &OrganizationId) -> Vec<Event> {
        let (ready, waiting) = self.waiting.drain(..).partition(|paid| paid.payer == *organization);
        self.waiting = waiting;
        Vec::into_iter(ready).flat_map(|paid| self.pay(paid)).collect()
    }

    pub(super) fn claw_back(&mut self, command: &Command, now: Timestamp) -> Vec<Event> {
        self.decide(command, now, None)
    }

    /// What has waited long enough.
    pub(super) fn settle(&mut self, now: Timestamp) -> Vec<Event> {
        let mut matured = Vec::new();
        while self.tree.next_due().is_some_and(|due| due <= now) {
            let events = self.decide(&Command::Settle, now, None);
            if events.is_empty() {
                break;
            }
            matured.extend(events);
        }
        matured
    }

    /// What the tree refuses earns nothing and takes nothing back.
    fn decide(&mut self, command: &Command, now: Timestamp, catalog: Option<Arc<CatalogVersion>>) -> Vec<Event> {
        let (seed, terms) = (Uuid::nil(), None);
        let context = Context { now, seed, terms, catalog, sold_under: None, scheduled_under: None };
        let events = self.tree.decide(command, &context).unwrap_or_default();
        for event in &events {
            self.tree.evolve(event);
            if let Event::CommissionAccrued { commission, beneficiary, amount, .. } = event {
                self.accrued.insert(commission.clone(), (beneficiary.clone(), *amount));
            }
        }
        events
    }
}
