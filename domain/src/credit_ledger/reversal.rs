//! Giving back what a consumption took.
//!
//! What was past the allowance is given back first, because it was taken last. Credits go back to the lots they came
//! from while these are there and have not expired, else into a fresh lot. The allowance gets its part back while the
//! window is open. Nothing more is given back than was taken.

use rust_decimal::Decimal;

use super::charge::{CreditCharge, InvoiceCharge, OverageCharge};
use super::lots::given;
use super::{Consumption, CreditLedger, Draw, Event, LotKind, Rejection, Reverse, lot};
use crate::context::Context;
use crate::money::{Credits, Money, Quantity};

impl CreditLedger {
    pub(super) fn decide_reverse(&self, asked: &Reverse, context: &Context) -> Result<Vec<Event>, Rejection> {
        let consumption = &asked.consumption;
        let quantity = asked.quantity.unwrap_or(consumption.quantity);
        if quantity > consumption.quantity {
            let (position, consumed) = (consumption.position, consumption.quantity);
            return Err(Rejection::ReversalExceedsConsumption { position, consumed, requested: quantity });
        }

        // Past this line nothing may fail.
        let past = quantity.min(consumption.past());
        let included = quantity.less(past).min(consumption.included);
        let window = self.window(&consumption.feature, consumption.window);
        let window = window.filter(|_| consumption.window.contains(context.now));
        let restored = window.map_or(Quantity::ZERO, |window| included.min(window.included));
        let (overage, refund) = self.given_back(consumption, past, context);
        let mut events = vec![Event::ConsumptionReversed {
            position: consumption.position,
            feature: consumption.feature.clone(),
            quantity,
            window: consumption.window,
            included,
            restored,
            overage,
            reason: asked.reason.clone(),
            actor: asked.actor.clone(),
        }];
        if refund > Credits::ZERO {
            events.push(given(LotKind::Refund, refund, &asked.reason, &asked.actor, context));
        }
        Ok(events)
    }

    /// What is given back for a quantity that was past the allowance, and how much of it needs a fresh lot.
    fn given_back(
        &self,
        consumption: &Consumption,
        past: Quantity,
        context: &Context,
    ) -> (Option<OverageCharge>, Credits) {
        match consumption.overage.as_ref().filter(|_| !past.is_zero()) {
            None => (None, Credits::ZERO),
            Some(OverageCharge::Invoice(invoiced)) => {
                // The month that is open pays it back: the one it was charged in may be invoiced.
                let month = context.terms.as_ref().and_then(|terms| {
                    terms.plan.as_ref().map(|plan| plan.month_at(context.now, &terms.zone)).or(invoiced.month)
                });
                (Some(OverageCharge::Invoice(InvoiceCharge { month, ..share(invoiced, past) })), Credits::ZERO)
            }
            Some(OverageCharge::Credits(charged)) => {
                let kept = Credits::rounded(charged.quantity.less(past).amount() * charged.rate);
                let charge = charged.charge - kept;
                let mut last_first: Vec<Draw> = charged.draws.iter().rev().cloned().collect();
                let taken = lot::take_first(&mut last_first, charge);
                let is_alive =
                    |draw: &Draw| self.lots.iter().any(|lot| lot.id == draw.lot && lot.is_alive(context.now));
                let (draws, gone): (Vec<Draw>, Vec<Draw>) = taken.into_iter().partition(is_alive);
                let back = CreditCharge { quantity: past, rate: charged.rate, charge, draws };
                (Some(OverageCharge::Credits(back)), lot::sum(&gone))
            }
        }
    }
}

/// The part of a price that stands for a part of its quantity.
fn share(invoiced: &InvoiceCharge, quantity: Quantity) -> InvoiceCharge {
    if quantity == invoiced.quantity {
        return invoiced.clone();
    }
    let Money { amount, currency } = invoiced.price;
    let (part, whole) = (quantity.amount(), invoiced.quantity.amount());
    // Exact, unless the product leaves the 96 bits of a `Decimal`.
    let share: Decimal = amount.checked_mul(part).map_or_else(|| amount * (part / whole), |product| product / whole);
    InvoiceCharge { quantity, price: Money::rounded(share, currency), month: invoiced.month }
}

impl Consumption {
    fn past(&self) -> Quantity {
        self.overage.as_ref().map_or(Quantity::ZERO, OverageCharge::quantity)
    }
}
