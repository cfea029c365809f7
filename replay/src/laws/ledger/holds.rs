//! Holds: reserved, captured in parts, let go of, each once.

use rust_decimal::Decimal;
use serde_json::Value;

use super::lots::{Draw, draws, sum};
use super::{Ledger, window_of};
use crate::laws::{Event, credits, number_at};

/// A hold.
pub(super) struct Hold {
    window: (String, String),
    left: Decimal,
    included: Decimal,
    /// How much of what was captured was past the allowance, its rate and what it cost.
    past: Decimal,
    rate: Decimal,
    cost: Decimal,
    /// Credits it still reserves, lot by lot.
    draws: Vec<Draw>,
    expires_at: i64,
    is_over: bool,
}

impl Hold {
    pub(super) fn credits(&self) -> Decimal {
        sum(&self.draws)
    }

    /// Takes credits out of what is reserved.
    fn take(&mut self, taken: &[Draw]) -> Result<(), String> {
        for draw in taken {
            let known = self.draws.iter_mut().find(|known| known.lot == draw.lot && known.amount >= draw.amount);
            let known = known.ok_or_else(|| format!("{} of lot {} were not held", draw.amount, draw.lot))?;
            known.amount -= draw.amount;
        }
        self.draws.retain(|draw| !draw.amount.is_zero());
        Ok(())
    }
}

impl Ledger {
    pub(super) fn hold(&mut self, event: &Event) -> Result<(), String> {
        let (name, quantity, included) = (event.text("/hold")?, event.number("/quantity")?, event.number("/included")?);
        let reserved = event.body["credits"].clone();
        let past = number_at(&reserved, "/quantity").unwrap_or_default();
        let (invoiced, waived) = (event.some("/invoiced"), event.some("/waived"));
        if included + past + invoiced + waived != quantity {
            return Err(format!("{quantity} held, of which {included} included and {past} past it"));
        }
        let drawn = if reserved.is_null() { Vec::new() } else { self.charge(&reserved, past)? };
        let order = self.in_order(&drawn);
        self.reserve(&drawn)?;
        order?;
        let window = self.windows.entry(window_of(event)?).or_default();
        window.held += included;
        let taken = window.included + window.held;
        if let Some(limit) = number_at(&event.body, "/limit/up_to") {
            let allowance = limit + event.some("/carried");
            if taken > allowance && !included.is_zero() {
                return Err(format!("{taken} used or held of {allowance} included"));
            }
            if past + invoiced > Decimal::ZERO && taken < allowance {
                return Err(format!("{past} held past {} still included", allowance - taken));
            }
        }
        let expires_at = event.instant("/expires_at")?.as_microsecond();
        let placed = Hold {
            window: window_of(event)?,
            left: quantity,
            included,
            past: Decimal::ZERO,
            rate: number_at(&reserved, "/rate").unwrap_or_default(),
            cost: Decimal::ZERO,
            draws: drawn,
            expires_at,
            is_over: false,
        };
        match self.holds.insert(name.to_owned(), placed) {
            Some(_) => Err(format!("hold {name} was placed before")),
            None if expires_at <= event.decided_micros => Err(format!("hold {name} had expired when it was placed")),
            None => Ok(()),
        }
    }

    fn open(&mut self, event: &Event) -> Result<&mut Hold, String> {
        let name = event.text("/hold")?;
        let hold = self.holds.get_mut(name).ok_or_else(|| format!("hold {name} was never placed"))?;
        if hold.is_over {
            return Err(format!("hold {name} was resolved before"));
        }
        Ok(hold)
    }

    pub(super) fn capture(&mut self, event: &Event) -> Result<(), String> {
        let (quantity, included, besides) =
            (event.number("/quantity")?, event.number("/included")?, event.some("/besides"));
        let charged = event.body["credits"].clone();
        let past = number_at(&charged, "/quantity").unwrap_or_default();
        let cost = number_at(&charged, "/charge").unwrap_or_default();
        let drawn = draws(&charged["draws"])?;
        let hold = self.open(event)?;
        if hold.expires_at <= event.decided_micros {
            return Err("captured after it had expired".to_owned());
        }
        if included + past + besides + event.some("/waived") != quantity || quantity > hold.left {
            return Err(format!("{quantity} captured of {}, of which {included} included", hold.left));
        }
        if included > hold.included {
            return Err(format!("{included} captured of the {} held of the allowance", hold.included));
        }
        (hold.past, hold.cost) = (hold.past + past, hold.cost + cost);
        if credits(hold.cost) != credits(hold.past * hold.rate) || sum(&drawn) != cost {
            return Err(format!("{} at {} cost {}", hold.past, hold.rate, hold.cost));
        }
        hold.take(&drawn)?;
        hold.left -= quantity;
        hold.included -= included;
        hold.is_over = hold.left.is_zero();
        let (left, key, reserved) = (hold.left, hold.window.clone(), hold.credits());
        if left != event.number("/left")? || (left.is_zero() && !reserved.is_zero()) {
            return Err(format!("{left} and {reserved} credits are left on the hold"));
        }
        self.spend_held(&drawn)?;
        let window = self.windows.entry(key).or_default();
        window.held -= included;
        window.included += included;
        (self.owed.besides, self.owed.is_capture) = (besides, true);
        let lots = drawn.into_iter().map(|draw| (draw.lot, draw.amount)).collect();
        self.note(event, quantity - besides, included, lots)
    }

    pub(super) fn extend(&mut self, event: &Event) -> Result<(), String> {
        let expires_at = event.instant("/expires_at")?.as_microsecond();
        let hold = self.open(event)?;
        if expires_at <= hold.expires_at {
            return Err("extended to an earlier instant".to_owned());
        }
        hold.expires_at = expires_at;
        Ok(())
    }

    pub(super) fn let_go(&mut self, event: &Event) -> Result<(), String> {
        let (quantity, included) = (event.number("/unused/quantity")?, event.number("/unused/included")?);
        let list = |name: &str| draws(event.body["unused"].get(name).unwrap_or(&Value::Null));
        let (returned, lost) = (list("returned")?, list("expired")?);
        let at = match event.instant("/expired_at") {
            Ok(at) => at.as_microsecond(),
            Err(_) => event.decided_micros,
        };
        let hold = self.open(event)?;
        let is_due = event.name == "HoldReleased" || (hold.expires_at == at && at <= event.decided_micros);
        if quantity != hold.left || included != hold.included || !is_due {
            return Err(format!("{quantity} let go of {}, of which {included} included", hold.left));
        }
        hold.take(&returned)?;
        hold.take(&lost)?;
        hold.is_over = true;
        let (key, kept) = (hold.window.clone(), hold.credits());
        if !kept.is_zero() {
            return Err(format!("{kept} credits stay held by a hold that is over"));
        }
        self.spend_held(&returned)?;
        self.spend_held(&lost)?;
        self.put_back(&returned, at)?;
        self.windows.entry(key).or_default().held -= included;
        Ok(())
    }
}
