//! What a payment earns: commissions that accrue, wait, and mature.
//!
//! A day of waiting is 24 hours, counted from the payment: the tree has no time zone of its own.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Event, ReferralTree, Rejection};
use crate::catalog::ReferralTerms;
use crate::context::Context;
use crate::id::{CommissionId, OrganizationId, PaymentId};
use crate::money::{Credits, Money};

/// Payments of each payer that are kept after all they earned has matured: two years of monthly ones. What is given back
/// of an older one takes nothing back any more.
pub const PAYMENTS_KEPT: usize = 24;

/// Commissions that one `Settle` writes down at most, so that a hundred thousand due at once are a hundred decisions of
/// a moment each, with others between them.
pub const SETTLED_MAX: usize = 1_000;

/// A payment that earned somebody something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SharedPayment {
    pub(super) payment: PaymentId,
    /// The highest level that earned something of it.
    pub(super) levels: u8,
}

/// A commission of a payment that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Commission {
    pub(super) payer: OrganizationId,
    pub(super) beneficiary: OrganizationId,
    /// What was accrued.
    pub(super) amount: Credits,
    /// How much of that was clawed back.
    pub(super) clawed_back: Credits,
    /// When it matures; `None` once it has, or once nothing of it is left to.
    pub(super) matures_at: Option<Timestamp>,
    /// Was it handed to the ledger?
    pub(super) matured: bool,
    /// By which clock it waits.
    pub(super) clock: Clock,
}

/// By which clock commissions wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Clock {
    /// Everybody's.
    #[default]
    Wall,
    /// The test clock that the payer is on.
    Test,
}

/// A commission that has still to mature: what comes first is smallest.
pub(super) type Due = (Timestamp, CommissionId);

/// A payment to be shared.
pub(super) struct Shared<'a> {
    pub(super) payment: &'a PaymentId,
    pub(super) payer: &'a OrganizationId,
    pub(super) base: Money,
    pub(super) paid_at: Timestamp,
    pub(super) clock: Clock,
}

impl SharedPayment {
    /// Its commissions, the nearest referrer's first.
    pub(super) fn commissions(&self) -> impl Iterator<Item = CommissionId> {
        (1..=self.levels).map(|level| CommissionId::of(&self.payment, level))
    }
}

impl Commission {
    /// What of it was not clawed back.
    pub(super) fn left(&self) -> Credits {
        self.amount - self.clawed_back
    }
}

impl ReferralTree {
    /// When a commission matures next: whoever sweeps need not come before.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    pub(super) fn decide_accrue(&self, shared: &Shared<'_>, context: &Context) -> Result<Vec<Event>, Rejection> {
        let Shared { payment, payer, paid_at, .. } = *shared;
        if self.code_of(payer).is_none() {
            return Err(Rejection::NotEnrolled { organization: payer.clone() });
        }

        // Past this line nothing may fail.
        let first = (!self.has_paid(payer)).then(|| Event::FirstPaymentMade {
            payer: payer.clone(),
            payment: payment.clone(),
            paid_at,
        });
        let is_new = shared.clock == Clock::Test && self.clock_of(payer) == Clock::Wall;
        let simulated = is_new.then(|| Event::PayerSimulated { payer: payer.clone() });
        let mut events: Vec<Event> = first.into_iter().chain(simulated).collect();
        if let Some(catalog) = &context.catalog
            && let Some(terms) = &catalog.definition.referrals
        {
            events.extend(self.accrued(shared, terms, catalog.version));
        }
        if shared.clock == Clock::Wall {
            let matured: Vec<Event> = events.iter().filter_map(|event| matured_at_once(event, context.now)).collect();
            events.extend(matured);
        }
        Ok(events)
    }

    fn accrued<'a>(
        &'a self,
        shared: &'a Shared<'_>,
        terms: &'a ReferralTerms,
        catalog_version: u32,
    ) -> impl Iterator<Item = Event> + 'a {
        let Shared { payment, payer, base, paid_at, .. } = *shared;
        let wait = SignedDuration::from_hours(24 * i64::from(terms.hold_days));
        let matures_at = paid_at.checked_add(wait).unwrap_or(Timestamp::MAX);
        // Sponsors are named by the clock on the wall; a test clock may show another time, and shares at once.
        let above: Vec<&OrganizationId> = match shared.clock {
            Clock::Wall => self.ancestors_at(payer, paid_at).collect(),
            Clock::Test => self.ancestors(payer).collect(),
        };
        let levels = (1..).zip(&terms.rates).zip(above);
        let earned = levels.map(move |((level, rate), beneficiary)| {
            let amount = terms.commission(base, *rate);
            (level, *rate, beneficiary, amount)
        });
        // A share too small for a millionth of a credit earns nothing.
        let earned = earned.filter(|(.., amount)| *amount > Credits::ZERO);
        earned.map(move |(level, rate, beneficiary, amount)| Event::CommissionAccrued {
            commission: CommissionId::of(payment, level),
            payment: payment.clone(),
            payer: payer.clone(),
            beneficiary: beneficiary.clone(),
            level,
            rate,
            base,
            amount,
            catalog_version,
            matures_at: Some(matures_at),
        })
    }

    /// What matured up to an instant, in that order, a number of them at a time.
    pub(super) fn decide_settle(&self, now: Timestamp) -> Vec<Event> {
        let due = self.due.iter().take_while(|(at, _)| *at <= now).take(SETTLED_MAX);
        due.filter_map(|(at, id)| Some(self.commissions.get(id)?.matured(id, *at))).collect()
    }

    /// When a commission matures next that one of these organizations' payments earned another of them, by their test
    /// clock.
    #[must_use]
    pub fn next_simulated(&self, members: &[OrganizationId]) -> Option<Timestamp> {
        self.simulated_among(members).next().map(|(at, ..)| at)
    }

    pub(super) fn decide_settle_simulated(&self, members: &[OrganizationId], now: Timestamp) -> Vec<Event> {
        let due = self.simulated_among(members).take_while(|(at, ..)| *at <= now).take(SETTLED_MAX);
        due.map(|(at, id, commission)| commission.matured(id, at)).collect()
    }

    fn simulated_among<'a>(
        &'a self,
        members: &'a [OrganizationId],
    ) -> impl Iterator<Item = (Timestamp, &'a CommissionId, &'a Commission)> {
        let known = self.simulated.iter().filter_map(|(at, id)| Some((*at, id, self.commissions.get(id)?)));
        known
            .filter(|(.., commission)| members.contains(&commission.payer) && members.contains(&commission.beneficiary))
    }

    /// By which clock what its payments earn waits.
    pub(super) fn clock_of(&self, payer: &OrganizationId) -> Clock {
        self.member(payer).map_or(Clock::Wall, |member| member.clock)
    }

    /// It waits no more.
    pub(super) fn wait_no_more(&mut self, due: &Due) {
        self.due.remove(due);
        self.simulated.remove(due);
    }

    pub(super) fn take_in_accrual(&mut self, event: &Event) {
        let Event::CommissionAccrued { commission, payment, payer, beneficiary, level, amount, matures_at, .. } = event
        else {
            return;
        };
        let accrued = Commission {
            payer: payer.clone(),
            beneficiary: beneficiary.clone(),
            amount: *amount,
            clawed_back: Credits::ZERO,
            matures_at: *matures_at,
            matured: matures_at.is_none(),
            clock: self.clock_of(payer),
        };
        let waiting = match accrued.clock {
            Clock::Wall => &mut self.due,
            Clock::Test => &mut self.simulated,
        };
        waiting.extend(matures_at.map(|at| (at, commission.clone())));
        self.commissions.insert(commission.clone(), accrued);
        self.change(payer, |member| {
            member.pay();
            match member.payments.last_mut().filter(|last| last.payment == *payment) {
                Some(last) => last.levels = last.levels.max(*level),
                None => member.payments.push(SharedPayment { payment: payment.clone(), levels: *level }),
            }
        });
        self.forget(payer);
    }

    pub(super) fn mature(&mut self, id: &CommissionId) {
        let Some(commission) = self.commissions.get_mut(id) else { return };
        commission.matured = true;
        let (payer, waited) = (commission.payer.clone(), commission.matures_at.take());
        if let Some(at) = waited {
            self.wait_no_more(&(at, id.clone()));
        }
        self.forget(&payer);
    }

    /// Lets go of a payer's oldest payments, as far as all they earned has matured.
    pub(super) fn forget(&mut self, payer: &OrganizationId) {
        let Some(member) = self.member(payer) else { return };
        let waits = |id: CommissionId| self.commissions.get(&id).is_some_and(|known| known.matures_at.is_some());
        let surplus = member.payments.len().saturating_sub(PAYMENTS_KEPT);
        let settled = member.payments.iter().take(surplus).take_while(|shared| !shared.commissions().any(waits));
        let gone: Vec<SharedPayment> = settled.cloned().collect();
        if gone.is_empty() {
            return;
        }
        for id in gone.iter().flat_map(SharedPayment::commissions) {
            self.commissions.remove(&id);
        }
        self.change(payer, |member| {
            member.payments.drain(..gone.len());
            member.forgot = true;
        });
    }
}

impl Commission {
    /// It has waited long enough.
    pub(super) fn matured(&self, id: &CommissionId, matured_at: Timestamp) -> Event {
        Event::CommissionMatured {
            commission: id.clone(),
            payer: self.payer.clone(),
            beneficiary: self.beneficiary.clone(),
            amount: self.left(),
            matured_at,
        }
    }
}

/// A commission that need not wait, or has waited already when its payment comes here.
fn matured_at_once(event: &Event, now: Timestamp) -> Option<Event> {
    let Event::CommissionAccrued { commission, payer, beneficiary, amount, matures_at: Some(at), .. } = event else {
        return None;
    };
    (*at <= now).then(|| Event::CommissionMatured {
        commission: commission.clone(),
        payer: payer.clone(),
        beneficiary: beneficiary.clone(),
        amount: *amount,
        matured_at: *at,
    })
}
