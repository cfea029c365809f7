//! Credit lots and the order in which they burn down.

use serde::{Deserialize, Serialize};

use crate::id::LotId;
use crate::money::Credits;

/// Where the credits of a lot come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum LotKind {
    /// Bought.
    Purchased,
    /// A commission for a referral.
    Commission,
}

impl LotKind {
    /// The kind's name in events, read models and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Purchased => "purchased",
            Self::Commission => "commission",
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
    /// What is left.
    pub left: Credits,
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

/// Lots are kept in burn-down order: lowest priority number, then given before bought, then oldest.
/// The new lot goes behind all that burn down before it or equal with it.
pub(super) fn insert_in_order(lots: &mut Vec<Lot>, lot: Lot) {
    let rank = |lot: &Lot| (lot.priority, lot.kind == LotKind::Purchased);
    let place = lots.partition_point(|other| rank(other) <= rank(&lot));
    lots.insert(place, lot);
}

/// What each lot gives towards `amount`, in burn-down order; `None` if the lots hold less.
pub(super) fn draw(lots: &[Lot], amount: Credits) -> Option<Vec<Draw>> {
    let mut missing = amount;
    let mut draws = Vec::new();
    for lot in lots {
        if missing == Credits::ZERO {
            break;
        }
        let amount = lot.left.min(missing);
        missing -= amount;
        draws.push(Draw { lot: lot.id.clone(), amount });
    }
    (missing == Credits::ZERO).then_some(draws)
}

/// Takes drawn credits out; a lot that is spent leaves.
pub(super) fn take(lots: &mut Vec<Lot>, draws: &[Draw]) {
    for draw in draws {
        if let Some(lot) = lots.iter_mut().find(|lot| lot.id == draw.lot) {
            lot.left -= draw.amount;
        }
    }
    lots.retain(|lot| lot.left > Credits::ZERO);
}
