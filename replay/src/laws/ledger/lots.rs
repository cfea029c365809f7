//! Credits: granted, drawn in their order, and gone.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::Ledger;
use crate::laws::{Event, number_at};

/// A lot.
pub(super) struct Lot {
    pub(super) left: Decimal,
    pub(super) held: Decimal,
    pub(super) expires_at: Option<Timestamp>,
    /// The commission it pays.
    commission: Option<String>,
    /// What burns down first is smallest.
    rank: Rank,
}

/// Priority, expiry (never last), bought last, effective, age.
type Rank = (i64, bool, Option<Timestamp>, bool, Option<Timestamp>, i64);

/// A lot, and how many credits of it.
pub(super) struct Draw {
    pub(super) lot: String,
    pub(super) amount: Decimal,
}

/// The draws of a list.
pub(super) fn draws(list: &Value) -> Result<Vec<Draw>, String> {
    let draw = |draw: &Value| {
        let amount = number_at(draw, "/amount").ok_or("a draw has no amount")?;
        if amount <= Decimal::ZERO {
            return Err(format!("a draw of {amount}"));
        }
        Ok(Draw { lot: draw["lot"].as_str().unwrap_or_default().to_owned(), amount })
    };
    list.as_array().into_iter().flatten().map(draw).collect()
}

pub(super) fn sum(draws: &[Draw]) -> Decimal {
    draws.iter().map(|draw| draw.amount).sum()
}

impl Ledger {
    pub(super) fn grant(&mut self, event: &Event) -> Result<(), String> {
        let (lot, amount) = (event.text("/lot")?, event.number("/amount")?);
        if amount <= Decimal::ZERO {
            return Err(format!("lot {lot} has {amount} credits"));
        }
        if let Some(scheduled) = self.scheduled.remove(lot)
            && scheduled != amount
        {
            return Err(format!("lot {lot} was to have {scheduled} credits, not {amount}"));
        }
        if event.body["kind"] == "refund" {
            let owed = std::mem::take(&mut self.owed.refund);
            if owed != amount {
                return Err(format!("{amount} came back in lot {lot}, owed were {owed}"));
            }
        }
        let instant = |pointer: &str| event.body.pointer(pointer).and_then(Value::as_str)?.parse().ok();
        let expires_at: Option<Timestamp> = instant("/expires_at");
        let is_bought = event.body["kind"] == "purchased";
        let priority = event.body["priority"].as_i64().unwrap_or_default();
        let rank = (priority, expires_at.is_none(), expires_at, is_bought, instant("/effective_from"), event.position);
        let commission = event.text("/commission").ok().map(ToOwned::to_owned);
        if commission.is_some() && self.debt > Decimal::ZERO {
            return Err(format!("a commission became lot {lot} while {} are owed", self.debt));
        }
        self.balance += amount;
        let added = Lot { left: amount, held: Decimal::ZERO, expires_at, commission, rank };
        match self.lots.insert(lot.to_owned(), added) {
            Some(_) => Err(format!("lot {lot} was granted before")),
            None => Ok(()),
        }
    }

    pub(super) fn schedule(&mut self, event: &Event) -> Result<(), String> {
        let (lot, amount) = (event.text("/lot")?, event.number("/amount")?);
        let is_known = self.lots.contains_key(lot) || self.scheduled.insert(lot.to_owned(), amount).is_some();
        if is_known { Err(format!("lot {lot} was granted before")) } else { Ok(()) }
    }

    pub(super) fn cancel(&mut self, event: &Event) -> Result<(), String> {
        let (lot, amount) = (event.text("/lot")?, event.number("/amount")?);
        let scheduled = self.scheduled.get_mut(lot).ok_or_else(|| format!("lot {lot} is not to come"))?;
        if amount > *scheduled || amount <= Decimal::ZERO {
            return Err(format!("{amount} cancelled of lot {lot}, which will have {scheduled}"));
        }
        *scheduled -= amount;
        if scheduled.is_zero() {
            self.scheduled.remove(lot);
        }
        Ok(())
    }

    pub(super) fn revoke(&mut self, event: &Event) -> Result<(), String> {
        let (lot, amount) = (event.text("/lot")?.to_owned(), event.number("/amount")?);
        self.spend(&[Draw { lot, amount }])
    }

    /// From what is left of the commission's lot; the rest is owed.
    pub(super) fn claw_back(&mut self, event: &Event) -> Result<(), String> {
        let commission = event.text("/commission")?;
        let (amount, taken, owed) = (event.number("/amount")?, event.number("/taken")?, event.number("/owed")?);
        let is_paid_by = |lot: &Lot| lot.commission.as_deref() == Some(commission);
        let found = self.lots.iter().find(|(_, lot)| is_paid_by(lot));
        let left = found.map_or(Decimal::ZERO, |(_, lot)| lot.left);
        if amount <= Decimal::ZERO || taken != left.min(amount) {
            return Err(format!("{taken} of {amount} taken back of {commission}, of which {left} are left"));
        }
        self.debt += amount - taken;
        if owed != self.debt {
            return Err(format!("{owed} are said to be owed, {} are", self.debt));
        }
        match found.filter(|_| taken > Decimal::ZERO).map(|(lot, _)| lot.clone()) {
            Some(lot) => self.spend(&[Draw { lot, amount: taken }]),
            None => Ok(()),
        }
    }

    /// A commission pays what is owed before it becomes a lot.
    pub(super) fn net(&mut self, event: &Event) -> Result<(), String> {
        let (amount, owed) = (event.number("/amount")?, event.number("/owed")?);
        if amount <= Decimal::ZERO || amount > self.debt || self.debt - amount != owed {
            return Err(format!("{amount} netted to {owed}, owed were {}", self.debt));
        }
        self.debt = owed;
        Ok(())
    }

    pub(super) fn deduct(&mut self, event: &Event) -> Result<(), String> {
        let (amount, draws) = (event.number("/amount")?, draws(&event.body["draws"])?);
        if sum(&draws) != amount {
            return Err(format!("{amount} deducted and {} drawn", sum(&draws)));
        }
        let order = self.in_order(&draws);
        self.spend(&draws)?;
        order
    }

    pub(super) fn expire_lot(&mut self, event: &Event) -> Result<(), String> {
        let (lot, amount, at) = (event.text("/lot")?, event.number("/amount")?, event.instant("/expired_at")?);
        let known = self.lots.get(lot).ok_or_else(|| format!("lot {lot} was never granted"))?;
        if known.expires_at != Some(at) || known.left != amount || at.as_microsecond() > event.decided_micros {
            return Err(format!("lot {lot} lost {amount} at {at}, it had {}", known.left));
        }
        self.spend(&[Draw { lot: lot.to_owned(), amount }])
    }

    /// Each lot that is drawn from is emptied before the next one in burn-down order is.
    pub(super) fn in_order(&self, draws: &[Draw]) -> Result<(), String> {
        let mut by_rank: Vec<(&String, &Lot)> = self.lots.iter().filter(|(_, lot)| !lot.left.is_zero()).collect();
        by_rank.sort_by_key(|(_, lot)| lot.rank);
        let mut expected = by_rank.into_iter();
        let mut missing = draws.iter().peekable();
        while let Some(draw) = missing.next() {
            let Some((lot, known)) = expected.next() else { return Ok(()) };
            let is_last = missing.peek().is_none();
            if *lot != draw.lot || (!is_last && draw.amount != known.left) {
                return Err(format!("{} drawn from lot {} before lot {lot} was empty", draw.amount, draw.lot));
            }
        }
        Ok(())
    }

    /// Credits leave their lots for good.
    pub(super) fn spend(&mut self, draws: &[Draw]) -> Result<(), String> {
        self.take_out(draws)
    }

    /// Credits are reserved.
    pub(super) fn reserve(&mut self, draws: &[Draw]) -> Result<(), String> {
        self.take_out(draws)?;
        for draw in draws {
            if let Some(lot) = self.lots.get_mut(&draw.lot) {
                lot.held += draw.amount;
            }
        }
        Ok(())
    }

    fn take_out(&mut self, draws: &[Draw]) -> Result<(), String> {
        for Draw { lot, amount } in draws {
            let known = self.lots.get_mut(lot).ok_or_else(|| format!("lot {lot} was never granted"))?;
            if *amount > known.left {
                return Err(format!("{amount} drawn from lot {lot}, which has {}", known.left));
            }
            known.left -= *amount;
            self.balance -= *amount;
        }
        Ok(())
    }

    /// Credits that were reserved are spent, or lost.
    pub(super) fn spend_held(&mut self, draws: &[Draw]) -> Result<(), String> {
        for Draw { lot, amount } in draws {
            let known = self.lots.get_mut(lot).ok_or_else(|| format!("lot {lot} was never granted"))?;
            if *amount > known.held {
                return Err(format!("{amount} taken of lot {lot}, of which {} are held", known.held));
            }
            known.held -= *amount;
        }
        Ok(())
    }

    /// Credits are back in lots that have not expired.
    pub(super) fn put_back(&mut self, draws: &[Draw], at_micros: i64) -> Result<(), String> {
        for Draw { lot, amount } in draws {
            let known = self.lots.get_mut(lot).ok_or_else(|| format!("lot {lot} was never granted"))?;
            if known.expires_at.is_some_and(|expires_at| expires_at.as_microsecond() <= at_micros) {
                return Err(format!("{amount} came back to lot {lot}, which had expired"));
            }
            known.left += *amount;
            self.balance += *amount;
        }
        Ok(())
    }
}
