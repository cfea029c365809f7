//! Books kept beside a ledger, from its events alone: where every credit went, what was used and held of every window,
//! how high every level is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::catalog::Limit;
use crate::credit_ledger::hold::HeldPast;
use crate::credit_ledger::{CreditLedger, Draw, Event, OverageCharge, Unused, lot};
use crate::id::{FeatureCode, LotId};
use crate::money::{Credits, Quantity};

#[derive(Default)]
struct Account {
    granted: Decimal,
    left: Decimal,
    held: Decimal,
    spent: Decimal,
    /// Expired, revoked, deducted.
    gone: Decimal,
}

#[derive(Default)]
struct Use {
    used: Quantity,
    held: Quantity,
}

#[derive(Default)]
pub(super) struct Books {
    lots: BTreeMap<LotId, Account>,
    windows: BTreeMap<(FeatureCode, Timestamp), Use>,
    levels: BTreeMap<FeatureCode, Quantity>,
    balance: Decimal,
    owed: Decimal,
    netted: Decimal,
}

impl Books {
    pub(super) fn enter(&mut self, event: &Event) {
        self.balance += event.balance_change().amount();
        match event {
            Event::CreditsGranted { lot, amount, .. } => {
                let account = self.lots.entry(lot.clone()).or_default();
                assert_eq!(account.granted, Decimal::ZERO, "{lot} twice");
                account.granted = amount.amount();
                account.left = amount.amount();
            }
            Event::CreditsRevoked { lot, amount, .. } | Event::LotExpired { lot, amount, .. } => {
                let draw = Draw { lot: lot.clone(), amount: *amount };
                self.each(&[draw], |account, amount| move_to(&mut account.left, &mut account.gone, amount));
            }
            Event::CreditsClawedBack { amount, lot, taken, owed, .. } => {
                assert!(taken <= amount && (*taken == Credits::ZERO || lot.is_some()));
                let draw = lot.iter().map(|lot| Draw { lot: lot.clone(), amount: *taken }).collect::<Vec<_>>();
                self.each(&draw, |account, amount| move_to(&mut account.left, &mut account.gone, amount));
                self.owed += amount.amount() - taken.amount();
                assert_eq!(self.owed, owed.amount());
            }
            Event::CommissionNetted { amount, owed, .. } => {
                assert!(*amount > Credits::ZERO);
                move_to(&mut self.owed, &mut self.netted, amount.amount());
                assert_eq!(self.owed, owed.amount());
            }
            Event::CreditsDeducted { draws, .. } => {
                self.each(draws, |account, amount| move_to(&mut account.left, &mut account.gone, amount));
            }
            Event::FeatureConsumed { feature, window, included, limit, carried, overage, .. } => {
                if let Some(OverageCharge::Credits(charge)) = overage {
                    self.each(&charge.draws, |account, amount| move_to(&mut account.left, &mut account.spent, amount));
                }
                let window = self.window(feature, window.start);
                window.used = window.used + *included;
                window.within(*limit, *carried, *included);
            }
            Event::ConsumptionReversed { feature, window, restored, overage, .. } => {
                if let Some(OverageCharge::Credits(back)) = overage {
                    self.each(&back.draws, |account, amount| move_to(&mut account.spent, &mut account.left, amount));
                }
                let window = self.window(feature, window.start);
                assert!(window.used >= *restored);
                window.used = window.used.less(*restored);
            }
            Event::HoldPlaced { feature, window, included, limit, carried, credits, .. } => {
                if let Some(charge) = credits {
                    self.each(&charge.draws, |account, amount| move_to(&mut account.left, &mut account.held, amount));
                }
                let window = self.window(feature, window.start);
                window.held = window.held + *included;
                window.within(*limit, *carried, *included);
            }
            Event::HoldCaptured { feature, window, included, credits, .. } => {
                if let Some(charge) = credits {
                    self.each(&charge.draws, |account, amount| move_to(&mut account.held, &mut account.spent, amount));
                }
                let window = self.window(feature, window.start);
                assert!(window.held >= *included);
                window.held = window.held.less(*included);
                window.used = window.used + *included;
            }
            Event::HoldReleased { feature, window, unused, .. }
            | Event::HoldExpired { feature, window, unused, .. } => self.let_go(feature, window.start, unused),
            Event::CapacityAcquired { feature, quantity, level, limit, .. } => {
                let known = self.levels.entry(feature.clone()).or_default();
                *known = *known + *quantity;
                assert_eq!(known, level);
                assert!(limit.quantity().is_none_or(|limit| *level <= limit), "{level} of {limit:?}");
            }
            Event::CapacityReleased { feature, quantity, level, .. } => {
                let known = self.levels.entry(feature.clone()).or_default();
                assert!(*known >= *quantity);
                *known = known.less(*quantity);
                assert_eq!(known, level);
            }
            _ => {}
        }
    }

    fn let_go(&mut self, feature: &FeatureCode, start: Timestamp, unused: &Unused) {
        self.each(&unused.returned, |account, amount| move_to(&mut account.held, &mut account.left, amount));
        self.each(&unused.expired, |account, amount| move_to(&mut account.held, &mut account.gone, amount));
        let window = self.window(feature, start);
        assert!(window.held >= unused.included);
        window.held = window.held.less(unused.included);
    }

    fn window(&mut self, feature: &FeatureCode, start: Timestamp) -> &mut Use {
        self.windows.entry((feature.clone(), start)).or_default()
    }

    fn each(&mut self, draws: &[Draw], change: impl Fn(&mut Account, Decimal)) {
        for draw in draws {
            let account = self.lots.get_mut(&draw.lot).unwrap_or_else(|| panic!("{} was never granted", draw.lot));
            change(account, draw.amount.amount());
        }
    }

    /// Everything adds up, and the ledger says the same.
    pub(super) fn agree_with(&self, ledger: &CreditLedger) {
        assert_eq!(ledger.balance(), Credits::rounded(self.balance));
        assert!(ledger.balance() >= Credits::ZERO);
        assert_eq!(ledger.owed(), Credits::rounded(self.owed));
        for (lot, account) in &self.lots {
            let Account { granted, left, held, spent, gone } = account;
            assert_eq!(*granted, left + held + spent + gone, "{lot}");
            let known = ledger.lots().iter().find(|known| known.id == *lot);
            let known = known.map_or((Credits::ZERO, Credits::ZERO), |known| (known.left, known.held));
            assert_eq!(known, (Credits::rounded(*left), Credits::rounded(*held)), "{lot}");
        }
        let of_holds = ledger.holds().map(|(_, hold)| match &hold.past {
            HeldPast::Credits { draws, .. } => lot::sum(draws),
            HeldPast::Later | HeldPast::Waived => Credits::ZERO,
        });
        assert_eq!(of_holds.sum::<Credits>(), ledger.lots().iter().map(|lot| lot.held).sum());
        for (feature, level) in &self.levels {
            assert_eq!(ledger.level(feature), *level, "{feature}");
        }
        for ((feature, start), known) in &self.windows {
            if let Some(open) = ledger.windows.get(feature).filter(|open| open.period.start == *start) {
                assert_eq!((open.included, open.held), (known.used, known.held), "{feature}");
            }
        }
    }
}

impl Use {
    /// On a smaller plan than before nothing more is included, however much was.
    fn within(&self, limit: Limit, carried: Quantity, more: Quantity) {
        if let Some(limit) = limit.quantity().filter(|_| !more.is_zero()) {
            assert!(self.used + self.held <= limit + carried, "{} and {} of {limit}", self.used, self.held);
        }
    }
}

fn move_to(from: &mut Decimal, to: &mut Decimal, amount: Decimal) {
    assert!(*from >= amount, "{amount} of {from}");
    *from -= amount;
    *to += amount;
}
