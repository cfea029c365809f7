//! What time does by itself: scheduled grants are due, lots and holds expire.
//!
//! ```text
//! decisions   ----1---------------------------------2---------->
//! fell due              lot      hold      lot
//! written                                           lot, hold, lot, then what 2 decides
//! ```
//!
//! Of the same instant, grants come before lots that expire, and these before holds: what a hold lets go of when its
//! lot is over is lost.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{CreditLedger, Event, Lot};
use crate::money::Credits;

impl CreditLedger {
    /// What fell due up to an instant, in the order in which it did, and the ledger after it.
    #[must_use]
    pub fn settled(&self, now: Timestamp) -> (Vec<Event>, Cow<'_, Self>) {
        let mut ledger = Cow::Borrowed(self);
        let mut events = Vec::new();
        while let Some(event) = ledger.due(now) {
            ledger.to_mut().take_in(&event);
            events.push(event);
        }
        (events, ledger)
    }

    /// When something falls due next: whoever sweeps need not come before.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        let grant = self.scheduled.first().map(|scheduled| scheduled.effective_from);
        let lot = self.expiring().filter_map(|lot| lot.expires_at).min();
        let hold = self.holds.values().map(|hold| hold.expires_at).min();
        [grant, lot, hold].into_iter().flatten().min()
    }

    /// The lots that have something to lose.
    fn expiring(&self) -> impl Iterator<Item = &Lot> {
        self.lots.iter().filter(|lot| lot.expires_at.is_some() && lot.left > Credits::ZERO)
    }

    /// What fell due first.
    fn due(&self, now: Timestamp) -> Option<Event> {
        let at = self.next_due().filter(|at| *at <= now)?;
        if let Some(scheduled) = self.scheduled.first().filter(|scheduled| scheduled.effective_from == at) {
            return Some(scheduled.granted());
        }
        if let Some(lot) = self.expiring().find(|lot| lot.expires_at == Some(at)) {
            return Some(Event::LotExpired { lot: lot.id.clone(), amount: lot.left, expired_at: at });
        }
        let (hold, open) = self.holds.iter().find(|(_, hold)| hold.expires_at == at)?;
        let (hold, feature, window) = (hold.clone(), open.feature.clone(), open.window);
        Some(Event::HoldExpired { hold, feature, window, unused: self.unused(open, at), expired_at: at })
    }
}
