//! What is owed of an invoice.

use rust_decimal::Decimal;

use crate::laws::Event;
use crate::laws::invoices::tax::round;

pub(super) struct Account {
    pub(super) owner: String,
    pub(super) kept: Decimal,
    currency: String,
    total: Decimal,
    net: Decimal,
    paid: Decimal,
    refunded: Decimal,
    credited: Decimal,
    to_balance: Decimal,
    /// Promised to be paid back, and not yet.
    promised: Decimal,
    is_void: bool,
}

/// A payment, and what of it went back.
pub(super) struct Paid {
    pub(super) amount: Decimal,
    net: Decimal,
    refunded: Decimal,
    currency: String,
}

impl Account {
    pub(super) fn issued(event: &Event) -> Result<Self, String> {
        Ok(Self {
            owner: event.owner.clone(),
            kept: event.number("/kept/amount")?,
            currency: event.text("/total/currency")?.to_owned(),
            total: event.number("/total/amount")?,
            net: event.number("/net/amount")?,
            paid: Decimal::ZERO,
            refunded: Decimal::ZERO,
            credited: Decimal::ZERO,
            to_balance: Decimal::ZERO,
            promised: Decimal::ZERO,
            is_void: false,
        })
    }

    fn open(&self) -> Decimal {
        if self.is_void {
            return Decimal::ZERO;
        }
        self.total - self.credited - self.paid + self.refunded + self.to_balance + self.promised
    }

    /// The share without taxes of so much of it.
    fn net_of(&self, amount: Decimal) -> Decimal {
        share(self.net, amount, self.total, &self.currency)
    }

    pub(super) fn pay(&mut self, event: &Event) -> Result<Paid, String> {
        let (amount, told) = (event.number("/amount/amount")?, event.number("/net/amount")?);
        let (due, before) = (self.open(), self.paid);
        if amount <= Decimal::ZERO || amount > due {
            return Err(format!("{amount} paid of an invoice of which {due} is due"));
        }
        self.paid += amount;
        let (left, still_due) = (self.open(), event.number("/still_due/amount")?);
        if left != still_due {
            return Err(format!("{still_due} is said to be still due, it is {left}"));
        }
        let net = self.net_of(self.paid) - self.net_of(before);
        if net != told {
            return Err(format!("{told} of {amount} is said to be net, it is {net}"));
        }
        let currency = self.currency.clone();
        Ok(Paid { amount, net, refunded: Decimal::ZERO, currency })
    }

    pub(super) fn void(&mut self, event: &Event) -> Result<(), String> {
        let (amount, due) = (event.number("/amount/amount")?, self.open());
        let paid = self.paid;
        self.is_void = true;
        if paid != Decimal::ZERO {
            return Err(format!("an invoice of which {paid} was paid is void"));
        }
        if amount == due { Ok(()) } else { Err(format!("{amount} is owed no more, {due} was due")) }
    }

    pub(super) fn give_back(&mut self, event: &Event) -> Result<(), String> {
        let amount = event.number("/amount/amount")?;
        self.refunded += amount;
        if event.body["kind"] == "refund" {
            self.promised -= amount;
            if self.promised < Decimal::ZERO {
                return Err(format!("{amount} went back that no credit note promised"));
            }
        }
        Ok(())
    }

    pub(super) fn credit(&mut self, event: &Event) -> Result<(), String> {
        let (amount, due) = (event.number("/amount/amount")?, self.open());
        let before = self.credited;
        let parts =
            (event.some("/reduces_due/amount"), event.some("/to_balance/amount"), event.some("/to_refund/amount"));
        let (reduces, to_balance, to_refund) = parts;
        self.credited += amount;
        self.to_balance += to_balance;
        self.promised += to_refund;
        if self.credited > self.total {
            return Err(format!("{} credited of an invoice of {}", self.credited, self.total));
        }
        if reduces + to_balance + to_refund != amount || reduces > due {
            return Err(format!(
                "a credit of {amount} takes {reduces} off {due}, keeps {to_balance}, returns {to_refund}"
            ));
        }
        let net = self.net_of(self.credited) - self.net_of(before);
        let told = event.number("/net/amount")?;
        if net == told { Ok(()) } else { Err(format!("{told} of {amount} is said to be net, it is {net}")) }
    }
}

impl Paid {
    pub(super) fn give_back(&mut self, event: &Event) -> Result<(), String> {
        let told = event.number("/refunded_total/amount")?;
        self.refunded += event.number("/amount/amount")?;
        if self.refunded > self.amount {
            return Err(format!("{} went back of a payment of {}", self.refunded, self.amount));
        }
        if self.refunded != told {
            return Err(format!("{told} is said to have gone back in all, it is {}", self.refunded));
        }
        let net = share(self.net, self.refunded, self.amount, &self.currency);
        let told = event.number("/refunded_net_total/amount")?;
        if net == told { Ok(()) } else { Err(format!("{told} is said to have gone back net, it is {net}")) }
    }
}

/// The part of an amount that stands for a part of a whole.
fn share(of: Decimal, part: Decimal, whole: Decimal, currency: &str) -> Decimal {
    if whole.is_zero() {
        return Decimal::ZERO;
    }
    round(of.checked_mul(part).map_or_else(|| of * (part / whole), |product| product / whole), currency)
}
