//! Quotas: what is used of them, what that costs, what is given back.

use std::collections::BTreeSet;

use rust_decimal::Decimal;
use serde_json::Value;

use super::lots::{draws, sum};
use super::{Ledger, window_of};
use crate::laws::facts::numbers;
use crate::laws::{Event, credits, number_at};

/// A feature's use in one window.
#[derive(Default)]
pub(super) struct Window {
    pub(super) included: Decimal,
    pub(super) held: Decimal,
    pub(super) alerted: BTreeSet<Decimal>,
}

/// A consumption, as far as it may be given back.
pub(super) struct Consumption {
    window: (String, String),
    quantity: Decimal,
    included: Decimal,
    past: Decimal,
    charge: Decimal,
    price: Decimal,
    lots: Vec<(String, Decimal)>,
    is_reversed: bool,
}

/// What was charged in credits: the first release had nothing else.
pub(super) fn charge_of(overage: &Value) -> Option<&Value> {
    overage.get("credits").or_else(|| overage.get("draws").map(|_| overage))
}

fn past_of(overage: &Value) -> Decimal {
    let charge = charge_of(overage).or_else(|| overage.get("invoice"));
    charge.and_then(|charge| number_at(charge, "/quantity")).unwrap_or_default()
}

impl Ledger {
    pub(super) fn consume(&mut self, event: &Event, catalog: &Value) -> Result<(), String> {
        let (quantity, included) = (event.number("/quantity")?, event.number("/included")?);
        let (overage, waived) = (event.body["overage"].clone(), event.some("/waived"));
        let past = past_of(&overage);
        if included + past + waived != quantity || included < Decimal::ZERO || past < Decimal::ZERO {
            return Err(format!("{quantity} consumed, of which {included} included and {past} past it"));
        }
        if event.body["hold"].is_string() {
            self.owed.besides = Decimal::ZERO;
        }
        self.use_up(event, included, past, &numbers(&catalog["thresholds"]))?;
        let mut lots = Vec::new();
        if let Some(charge) = charge_of(&overage) {
            let drawn = self.charge(charge, past)?;
            let order = self.in_order(&drawn);
            lots = drawn.iter().map(|draw| (draw.lot.clone(), draw.amount)).collect();
            self.spend(&drawn)?;
            order?;
        }
        self.note(event, quantity, included, lots)
    }

    /// Remembers a consumption by its position.
    pub(super) fn note(
        &mut self,
        event: &Event,
        quantity: Decimal,
        included: Decimal,
        lots: Vec<(String, Decimal)>,
    ) -> Result<(), String> {
        let overage = if event.name == "HoldCaptured" { &event.body["credits"] } else { &event.body["overage"] };
        let charge = if event.name == "HoldCaptured" { Some(overage) } else { charge_of(overage) };
        let consumption = Consumption {
            window: window_of(event)?,
            quantity,
            included,
            past: charge.and_then(|charge| number_at(charge, "/quantity")).unwrap_or_else(|| past_of(overage)),
            charge: charge.and_then(|charge| number_at(charge, "/charge")).unwrap_or_default(),
            price: number_at(overage, "/invoice/price/amount").unwrap_or_default(),
            lots,
            is_reversed: false,
        };
        self.consumptions.insert(event.position, consumption);
        Ok(())
    }

    fn use_up(
        &mut self,
        event: &Event,
        included: Decimal,
        past: Decimal,
        thresholds: &[Decimal],
    ) -> Result<(), String> {
        let window = self.windows.entry(window_of(event)?).or_default();
        window.included += included;
        let Some(limit) = number_at(&event.body, "/limit/up_to") else { return Ok(()) };
        let (allowance, used) = (limit + event.some("/carried"), window.included);
        let taken = used + window.held;
        if taken > allowance && !included.is_zero() {
            return Err(format!("{taken} used of {allowance} included"));
        }
        if past > Decimal::ZERO && taken < allowance {
            return Err(format!("charged for {past} with {} still included", allowance - taken));
        }
        let reached = |percent: &Decimal| !allowance.is_zero() && used * Decimal::ONE_HUNDRED >= allowance * *percent;
        let alerted = &window.alerted;
        let owed = thresholds.iter().copied().filter(|percent| reached(percent) && !alerted.contains(percent));
        self.owed.thresholds = owed.collect();
        Ok(())
    }

    /// What a charge says is what its quantity costs, and what was drawn.
    pub(super) fn charge(&self, charge: &Value, past: Decimal) -> Result<Vec<super::lots::Draw>, String> {
        let number = |pointer| number_at(charge, pointer).ok_or_else(|| format!("a charge has no number at {pointer}"));
        let (cost, rate) = (number("/charge")?, number("/rate")?);
        if cost != credits(past * rate) {
            return Err(format!("{past} at {rate} cost {cost}"));
        }
        let drawn = draws(&charge["draws"])?;
        if sum(&drawn) != cost {
            return Err(format!("{cost} charged and {} drawn", sum(&drawn)));
        }
        Ok(drawn)
    }

    /// No more is given back than was taken, to whom it was taken from, and once.
    pub(super) fn reverse(&mut self, event: &Event) -> Result<(), String> {
        let position = event.body["position"].as_i64().unwrap_or_default();
        let (quantity, included, restored) =
            (event.number("/quantity")?, event.number("/included")?, event.number("/restored")?);
        let overage = event.body["overage"].clone();
        let past = past_of(&overage);
        let window = window_of(event)?;
        let known = self.consumptions.get_mut(&position);
        let known = known.ok_or_else(|| format!("nothing was consumed at position {position}"))?;
        if std::mem::replace(&mut known.is_reversed, true) {
            return Err(format!("the consumption at position {position} was given back before"));
        }
        if quantity > known.quantity || included > known.included || past > known.past || window != known.window {
            return Err(format!("{quantity} given back of {}, of which {included} included", known.quantity));
        }
        let price = number_at(&overage, "/invoice/price/amount").unwrap_or_default();
        if price.abs() > known.price.abs() {
            return Err(format!("{price} taken off the invoice of {}", known.price));
        }
        let mut back = Vec::new();
        if let Some(charge) = charge_of(&overage) {
            let amount = number_at(charge, "/charge").unwrap_or_default();
            back = draws(&charge["draws"])?;
            let from = |draw: &super::lots::Draw| {
                known.lots.iter().any(|(lot, amount)| *lot == draw.lot && draw.amount <= *amount)
            };
            if amount > known.charge || sum(&back) > amount || !back.iter().all(from) {
                return Err(format!("{amount} given back of {} charged", known.charge));
            }
            self.owed.refund = amount - sum(&back);
        }
        self.put_back(&back, event.decided_micros)?;
        let used = self.windows.entry(window).or_default();
        if restored > included || restored > used.included {
            return Err(format!("{restored} restored of {included}, {} are used", used.included));
        }
        if !restored.is_zero() && event.instant("/window/end")?.as_microsecond() <= event.decided_micros {
            return Err(format!("{restored} restored to a window that is over"));
        }
        used.included -= restored;
        Ok(())
    }
}
