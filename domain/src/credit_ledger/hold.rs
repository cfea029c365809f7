//! Holds: quantities that are reserved before the work is done, captured when its size is known, and let go of.
//!
//! A hold reserves what a consumption would take: first of the allowance of the window open now, then credits from
//! their lots. What is captured is taken in the same order, at the rate of the hold.

use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::allowance::Cover;
use super::{CreditCharge, CreditLedger, Draw, Event, Hold, OverageCharge, Rejection, Unused, lot};
use crate::calendar::Period;
use crate::context::{Context, Terms};
use crate::id::{ActorId, FeatureCode, HoldId};
use crate::money::{Credits, Quantity};

/// Most holds of one ledger that are open at a time: calls in flight, not a queue.
pub const HOLDS_MAX: usize = 1_000;

/// Longest time a hold may last from now on, in days of 24 hours: longer than any billing period.
pub const HOLD_DAYS_MAX: i64 = 31;

/// A hold that is not resolved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenHold {
    /// The feature.
    pub feature: FeatureCode,
    /// The window whose allowance it takes from.
    pub window: Period,
    /// How much it reserved in all.
    pub quantity: Quantity,
    /// How much of that was captured.
    pub captured: Quantity,
    /// How much the allowance gave.
    pub included: Quantity,
    /// How what is past that is covered.
    pub past: HeldPast,
    /// When it lets go by itself.
    pub expires_at: Timestamp,
    /// Who will have used it.
    pub actor: Option<ActorId>,
}

/// How the part of a hold past the allowance is covered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldPast {
    /// By credits, which are reserved.
    Credits {
        /// Credits for one unit.
        rate: Decimal,
        /// What is reserved and not captured, in the order in which it is spent.
        draws: Vec<Draw>,
    },
    /// By nothing yet: it is a consumption when it is captured. Of a hold without such a part it says nothing.
    Later,
    /// By nothing: it is an administrator's.
    Waived,
}

/// A part of a hold.
pub(super) struct Part {
    pub(super) included: Quantity,
    pub(super) credits: Option<CreditCharge>,
    /// What is a consumption of its own when it is captured.
    pub(super) later: Quantity,
    pub(super) waived: Quantity,
}

impl OpenHold {
    /// How much is still reserved.
    #[must_use]
    pub fn left(&self) -> Quantity {
        self.quantity.less(self.captured)
    }

    /// How the next part of it is covered. The credits of all parts add up to those reserved, because each costs what
    /// all up to it cost, less what those before it cost.
    pub(super) fn part(&self, quantity: Quantity) -> Part {
        let (before, after) = (self.captured, self.captured + quantity);
        let included = after.min(self.included).less(before.min(self.included));
        let (past_before, past_after) = (before.less(self.included), after.less(self.included));
        let past = past_after.less(past_before);
        let nothing = Quantity::ZERO;
        match &self.past {
            _ if past.is_zero() => Part { included, credits: None, later: nothing, waived: nothing },
            HeldPast::Later => Part { included, credits: None, later: past, waived: nothing },
            HeldPast::Waived => Part { included, credits: None, later: nothing, waived: past },
            HeldPast::Credits { rate, draws } => {
                let cost = |past: Quantity| Credits::rounded(past.amount() * *rate);
                let charge = cost(past_after) - cost(past_before);
                let draws = lot::take_first(&mut draws.clone(), charge);
                let credits = CreditCharge { quantity: past, rate: *rate, charge, draws };
                Part { included, credits: Some(credits), later: nothing, waived: nothing }
            }
        }
    }

    /// Takes in that a part was captured.
    pub(super) fn capture(&mut self, quantity: Quantity, charge: Credits) {
        self.captured = self.captured + quantity;
        if let HeldPast::Credits { draws, .. } = &mut self.past {
            lot::take_first(draws, charge);
        }
    }
}

impl CreditLedger {
    /// The holds that are not resolved.
    pub fn holds(&self) -> impl ExactSizeIterator<Item = (&HoldId, &OpenHold)> {
        self.holds.iter()
    }

    pub(super) fn decide_hold(&self, asked: &Hold, terms: &Terms, context: &Context) -> Result<Vec<Event>, Rejection> {
        let allowance = self.allowance(&asked.feature, asked.actor.as_ref(), terms, context)?;
        check_expiry(asked.expires_at, context.now, context)?;
        if self.holds.len() >= HOLDS_MAX {
            return Err(Rejection::TooManyHolds { holds: HOLDS_MAX });
        }
        let Cover { included, overage, waived } = self.cover(&asked.feature, asked.quantity, &allowance)?;

        // Past this line nothing may fail.
        let (credits, invoiced) = match overage {
            Some(OverageCharge::Credits(charge)) => (Some(charge), Quantity::ZERO),
            Some(OverageCharge::Invoice(charge)) => (None, charge.quantity),
            None => (None, Quantity::ZERO),
        };
        Ok(vec![Event::HoldPlaced {
            hold: HoldId::fresh(&context.unique()),
            feature: asked.feature.clone(),
            quantity: asked.quantity,
            window: allowance.window,
            included,
            limit: allowance.limit,
            carried: allowance.carried,
            credits,
            invoiced,
            waived,
            expires_at: asked.expires_at,
            actor: asked.actor.clone(),
            plan: allowance.plan.code.clone(),
            catalog_version: allowance.catalog.version,
        }])
    }

    pub(super) fn decide_extend(
        &self,
        hold: &HoldId,
        expires_at: Timestamp,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        let open = self.open_hold(hold, context.now)?;
        if open.expires_at == expires_at {
            return Ok(Vec::new());
        }
        check_expiry(expires_at, open.expires_at, context)?;

        // Past this line nothing may fail.
        Ok(vec![Event::HoldExtended { hold: hold.clone(), expires_at }])
    }

    pub(super) fn decide_release(&self, hold: &HoldId, context: &Context) -> Result<Vec<Event>, Rejection> {
        let open = self.open_hold(hold, context.now)?;

        // Past this line nothing may fail.
        let (hold, feature, window) = (hold.clone(), open.feature.clone(), open.window);
        Ok(vec![Event::HoldReleased { hold, feature, window, unused: self.unused(open, context.now) }])
    }

    /// A hold that is not resolved and has not expired.
    pub(super) fn open_hold(&self, hold: &HoldId, now: Timestamp) -> Result<&OpenHold, Rejection> {
        let open = self.holds.get(hold).ok_or_else(|| Rejection::HoldNotOpen { hold: hold.clone() })?;
        if open.expires_at <= now {
            return Err(Rejection::HoldExpired { hold: hold.clone(), expired_at: open.expires_at });
        }
        Ok(open)
    }

    /// What a hold has not used when it ends. An expired lot does not come back to life: its credits are lost.
    pub(super) fn unused(&self, hold: &OpenHold, now: Timestamp) -> Unused {
        let quantity = hold.left();
        let part = hold.part(quantity);
        let draws = part.credits.map_or(Vec::new(), |credits| credits.draws);
        let is_alive = |draw: &Draw| self.lots.iter().any(|lot| lot.id == draw.lot && lot.is_alive(now));
        let (returned, expired) = draws.into_iter().partition(is_alive);
        Unused { quantity, included: part.included, returned, expired }
    }

    pub(super) fn place(&mut self, id: &HoldId, hold: OpenHold) {
        if let HeldPast::Credits { draws, .. } = &hold.past {
            lot::hold(&mut self.lots, draws);
        }
        self.holds.insert(id.clone(), hold);
    }

    /// A hold is over, and what it had not used is free again.
    pub(super) fn let_go(&mut self, id: &HoldId, unused: &Unused) {
        lot::release(&mut self.lots, &unused.returned);
        lot::spend_held(&mut self.lots, &unused.expired);
        if let Some(hold) = self.holds.remove(id)
            && let Some(window) = self.window_mut(&hold.feature, hold.window)
        {
            let past =
                if hold.past == HeldPast::Waived { Quantity::ZERO } else { unused.quantity.less(unused.included) };
            window.let_go(unused.included, past);
        }
    }
}

/// A hold ends after an instant, and not too late.
fn check_expiry(expires_at: Timestamp, after: Timestamp, context: &Context) -> Result<(), Rejection> {
    let latest = context.now.checked_add((24 * HOLD_DAYS_MAX).hours()).unwrap_or(Timestamp::MAX);
    if expires_at <= after || expires_at > latest {
        return Err(Rejection::HoldExpiryOutOfRange { expires_at, after, latest });
    }
    Ok(())
}
