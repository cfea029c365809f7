//! Credit lots and the order in which they burn down.

use std::mem;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{ActorId, CommissionId, LotId};
use crate::money::Credits;
use crate::text::ReasonText;

/// Where the credits of a lot come from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum LotKind {
    /// Bought.
    Purchased,
    /// Given: a promotion, goodwill.
    #[default]
    Granted,
    /// A commission for a referral.
    Commission,
    /// Given back for a consumption whose own lots are gone.
    Refund,
}

impl LotKind {
    /// The kind's name in events, read models and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purchased => "purchased",
            Self::Granted => "granted",
            Self::Commission => "commission",
            Self::Refund => "refund",
        }
    }
}

/// Credits granted at once, as far as they are not spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Its id.
    pub id: LotId,
    /// Where its credits come from.
    pub kind: LotKind,
    /// The lowest number burns down first.
    pub priority: u8,
    /// Since when they can be spent.
    pub effective_from: Timestamp,
    /// When what is left of them is lost; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// What is left and not held.
    pub left: Credits,
    /// What open holds reserve. It outlives the lot's expiry.
    pub held: Credits,
    /// The commission it pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commission: Option<CommissionId>,
}

impl Lot {
    /// Can credits still come back to it?
    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

/// A lot that will be there later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// Its id.
    pub id: LotId,
    /// Where its credits come from.
    pub kind: LotKind,
    /// How many.
    pub amount: Credits,
    /// The lowest number burns down first.
    pub priority: u8,
    /// From when on they can be spent.
    pub effective_from: Timestamp,
    /// When what is left of them is lost; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// Why it was granted.
    pub reason: ReasonText,
    /// Who granted it.
    pub actor: ActorId,
}

/// Credits taken from one lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Draw {
    /// The lot.
    pub lot: LotId,
    /// How many credits.
    #[cfg_attr(test, schemars(with = "String"))]
    pub amount: Credits,
}

/// The priority of a lot that was granted without one.
pub const PRIORITY_DEFAULT: u8 = 10;

/// Lots are kept in burn-down order: lowest priority number, then earliest expiry (never expiring last), then given
/// before bought, then earliest effective, then oldest. The new lot goes behind all that burn down before it or equal
/// with it.
pub(super) fn insert_in_order(lots: &mut Vec<Lot>, lot: Lot) {
    let rank = |lot: &Lot| {
        let is_bought = lot.kind == LotKind::Purchased;
        (lot.priority, lot.expires_at.is_none(), lot.expires_at, is_bought, lot.effective_from)
    };
    let place = lots.partition_point(|other| rank(other) <= rank(&lot));
    lots.insert(place, lot);
}

/// What each lot gives towards `amount`, in burn-down order; `None` if the lots hold less.
pub(super) fn draw(lots: &[Lot], amount: Credits) -> Option<Vec<Draw>> {
    let mut missing = amount;
    let mut draws = Vec::new();
    for lot in lots.iter().filter(|lot| lot.left > Credits::ZERO) {
        if missing == Credits::ZERO {
            break;
        }
        let amount = lot.left.min(missing);
        missing -= amount;
        draws.push(Draw { lot: lot.id.clone(), amount });
    }
    (missing == Credits::ZERO).then_some(draws)
}

/// The first draws, as far as they add up to `amount`; the rest stays in `draws`.
pub(super) fn take_first(draws: &mut Vec<Draw>, amount: Credits) -> Vec<Draw> {
    let mut missing = amount;
    let mut taken = Vec::new();
    for mut draw in mem::take(draws) {
        let part = draw.amount.min(missing);
        missing -= part;
        if part > Credits::ZERO {
            taken.push(Draw { lot: draw.lot.clone(), amount: part });
        }
        draw.amount -= part;
        if draw.amount > Credits::ZERO {
            draws.push(draw);
        }
    }
    taken
}

/// What draws add up to.
pub(super) fn sum(draws: &[Draw]) -> Credits {
    draws.iter().map(|draw| draw.amount).sum()
}

/// Credits are spent.
pub(super) fn spend(lots: &mut Vec<Lot>, draws: &[Draw]) {
    change(lots, draws, |lot, amount| lot.left -= amount);
}

/// Credits are reserved by a hold.
pub(super) fn hold(lots: &mut Vec<Lot>, draws: &[Draw]) {
    change(lots, draws, |lot, amount| {
        lot.left -= amount;
        lot.held += amount;
    });
}

/// Credits a hold has reserved are spent, or lost.
pub(super) fn spend_held(lots: &mut Vec<Lot>, draws: &[Draw]) {
    change(lots, draws, |lot, amount| lot.held -= amount);
}

/// Credits a hold has reserved can be spent again.
pub(super) fn release(lots: &mut Vec<Lot>, draws: &[Draw]) {
    change(lots, draws, |lot, amount| {
        lot.held -= amount;
        lot.left += amount;
    });
}

/// Credits that were spent are back.
pub(super) fn give_back(lots: &mut Vec<Lot>, draws: &[Draw]) {
    change(lots, draws, |lot, amount| lot.left += amount);
}

/// A lot of which nothing is left or held leaves.
fn change(lots: &mut Vec<Lot>, draws: &[Draw], change: impl Fn(&mut Lot, Credits)) {
    for draw in draws {
        if let Some(lot) = lots.iter_mut().find(|lot| lot.id == draw.lot) {
            change(lot, draw.amount);
        }
    }
    lots.retain(|lot| lot.left > Credits::ZERO || lot.held > Credits::ZERO);
}
