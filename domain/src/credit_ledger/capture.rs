//! Using what a hold has reserved: less than that, all of it, or more where the plan says so.
//!
//! ```text
//! hold of 10, captured with 4 ---> 4 captured, 6 stay held, or are let go of
//! hold of 10, captured with 12 --> 10 captured, 2 consumed as if there were no hold
//! ```

use super::allowance::Allowance;
use super::consume::{check_occurred, consumed};
use super::{Capture, Consume, CreditLedger, Event, OpenHold, Rejection, Rest};
use crate::context::{Context, Terms};
use crate::money::{Credits, Quantity};

/// What is used and was not reserved, with what it takes.
struct Beyond<'a> {
    allowance: Allowance<'a>,
    event: Event,
    included: Quantity,
}

impl CreditLedger {
    pub(super) fn decide_capture(
        &self,
        capture: &Capture,
        terms: &Terms,
        context: &Context,
    ) -> Result<Vec<Event>, Rejection> {
        check_occurred(capture.occurred_at, terms, context)?;
        let hold = self.open_hold(&capture.hold, context.now)?;
        let quantity = capture.quantity.min(hold.left());
        let part = hold.part(quantity);
        let beyond = self.beyond(capture, hold, part.later, terms, context)?;

        // Past this line nothing may fail.
        let left = hold.left().less(quantity);
        let charge = part.credits.as_ref().map_or(Credits::ZERO, |credits| credits.charge);
        let mut events = vec![Event::HoldCaptured {
            hold: capture.hold.clone(),
            feature: hold.feature.clone(),
            quantity,
            window: hold.window,
            included: part.included,
            credits: part.credits,
            besides: part.later,
            waived: part.waived,
            left,
            occurred_at: capture.occurred_at,
            actor: hold.actor.clone(),
            attributes: capture.attributes.clone(),
        }];
        let alert = self.capture_alert(hold, part.included, beyond.as_ref(), terms, context);
        events.extend(beyond.map(|beyond| beyond.event));
        if capture.rest == Rest::Release && !left.is_zero() {
            let mut rest = hold.clone();
            rest.capture(quantity, charge);
            let (hold, feature, window) = (capture.hold.clone(), hold.feature.clone(), hold.window);
            events.push(Event::HoldReleased { hold, feature, window, unused: self.unused(&rest, context.now) });
        }
        events.extend(alert);
        Ok(events)
    }

    /// What the hold did not pay for: what was to be put on the invoice, and what is above the hold. It is covered like
    /// a consumption.
    fn beyond<'a>(
        &self,
        capture: &Capture,
        hold: &OpenHold,
        later: Quantity,
        terms: &'a Terms,
        context: &'a Context,
    ) -> Result<Option<Beyond<'a>>, Rejection> {
        let above = capture.quantity.less(hold.left());
        if above.is_zero() && later.is_zero() {
            return Ok(None);
        }
        let allowance = self.allowance(&hold.feature, hold.actor.as_ref(), terms, context)?;
        if !above.is_zero() && !allowance.settle_above {
            let (hold, left) = (capture.hold.clone(), hold.left());
            return Err(Rejection::CaptureExceedsHold { hold, left, requested: capture.quantity });
        }
        let consume = Consume {
            feature: hold.feature.clone(),
            quantity: above + later,
            occurred_at: capture.occurred_at,
            actor: hold.actor.clone(),
            attributes: capture.attributes.clone(),
        };
        let cover = self.cover(&consume.feature, consume.quantity, &allowance)?;
        let included = cover.included;
        let event = consumed(&consume, Some(capture.hold.clone()), cover, &allowance);
        Ok(Some(Beyond { allowance, event, included }))
    }

    /// One alert for all that a capture uses. The allowance of a window that is over alerts no more.
    fn capture_alert(
        &self,
        hold: &OpenHold,
        included: Quantity,
        beyond: Option<&Beyond<'_>>,
        terms: &Terms,
        context: &Context,
    ) -> Option<Event> {
        if let Some(Beyond { allowance, included: more, .. }) = beyond {
            let captured = if allowance.window == hold.window { included } else { Quantity::ZERO };
            return self.allowance_alert(&hold.feature, allowance.window, allowance.total(), captured + *more, context);
        }
        let allowance = self.allowance(&hold.feature, hold.actor.as_ref(), terms, context).ok()?;
        let is_open = allowance.window == hold.window;
        is_open
            .then(|| self.allowance_alert(&hold.feature, hold.window, allowance.total(), included, context))
            .flatten()
    }
}
