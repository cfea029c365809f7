//! An invoice: what was charged, what was paid of it, what is open.
//!
//! ```text
//! total = sum of the lines + taxes that are added to prices + what is kept
//! open  = total - credit notes - (payments - refunds - what went to the balance - what is to be paid back)
//! ```
//!
//! What it says never changes once it is issued. A total is never below zero: what the lines come to below it is kept
//! on the account balance and pays the next invoices.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::tax;
use crate::calendar::{Interval, Period};
use crate::catalog::TaxedPrices;
use crate::id::{DiscountCode, FeatureCode, InvoiceId, PaymentId, PlanCode, ProviderCode, Reference};
use crate::money::{Money, Quantity};

/// Why an invoice was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum InvoiceKind {
    /// The first period: it begins when the invoice is paid.
    First,
    /// A period that has begun.
    Period,
    /// A change of plan within a period.
    Change,
    /// What was used of a period that no other follows.
    Usage,
}

/// One line: what it is for, and how much. Codes, not words: whoever shows it finds the words in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Line {
    /// What it is for.
    pub item: Item,
    /// The time it is for; unknown of a period that begins when it is paid.
    pub period: Option<Period>,
    /// How much, in prices as sold; below zero for what is taken off.
    pub amount: Money,
}

/// What a line is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Item {
    /// A whole period of a plan.
    Plan {
        /// The plan.
        plan: PlanCode,
        /// The length of the period.
        interval: Interval,
    },
    /// What was not used of a plan that was changed.
    ProrationCredit {
        /// The plan it was changed from.
        plan: PlanCode,
    },
    /// The rest of the period on another plan.
    ProrationCharge {
        /// The plan it was changed to.
        plan: PlanCode,
    },
    /// What a discount takes off.
    Discount {
        /// Its code.
        code: DiscountCode,
    },
    /// What was used past an allowance.
    Metered {
        /// The feature.
        feature: FeatureCode,
        /// How much.
        quantity: Quantity,
        /// How much of earlier use was given back.
        given_back: Quantity,
    },
}

/// A tax on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InvoiceTax {
    /// What it is called.
    pub name: String,
    /// Its rate.
    #[cfg_attr(test, schemars(with = "String"))]
    pub rate: Decimal,
    /// Is it in the lines already, or added to them?
    pub prices: TaxedPrices,
    /// What it is a share of.
    pub base: Money,
    /// How much.
    pub amount: Money,
}

/// How an invoice was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Method {
    /// Somebody counted the money: cash, a bank transfer.
    ByHand,
    /// Through a payment provider.
    Provider {
        /// Which.
        provider: ProviderCode,
        /// What the charge is called there.
        charge: Reference,
    },
    /// From the organization's credits.
    Credits,
    /// From the account balance.
    Balance,
}

/// A payment of an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// The payment.
    pub id: PaymentId,
    /// How much.
    pub amount: Money,
    /// Its share without tax.
    pub net: Money,
    /// How it came.
    pub method: Method,
    /// What of it went back.
    pub refunded: Money,
    /// The share without tax of that.
    pub refunded_net: Money,
}

/// An invoice and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    /// The invoice.
    pub id: InvoiceId,
    /// Why it was issued.
    pub kind: InvoiceKind,
    /// The time it is for.
    pub period: Option<Period>,
    /// What is to pay in all.
    pub total: Money,
    /// What of the total is without taxes.
    pub net: Money,
    /// The taxes.
    pub taxes: Vec<InvoiceTax>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it is due.
    pub due_at: Timestamp,
    /// Its payments, in the order they came.
    pub payments: Vec<Payment>,
    /// What credit notes take off it.
    pub credited: Money,
    /// What of it was paid, taken off, and went to the account balance.
    pub to_balance: Money,
    /// What of it was paid, taken off, and is to be paid back.
    pub to_refund: Money,
    /// Was it taken back?
    pub is_void: bool,
}

impl Invoice {
    fn sum(&self, of: impl Fn(&Payment) -> Money) -> Money {
        self.payments.iter().map(of).fold(Money::zero(self.total.currency), Money::plus)
    }

    /// All that was paid of it, also what went back.
    #[must_use]
    pub fn paid(&self) -> Money {
        self.sum(|payment| payment.amount)
    }

    /// What of it went back to the payer.
    #[must_use]
    pub fn refunded(&self) -> Money {
        self.sum(|payment| payment.refunded)
    }

    /// What was paid and neither went back nor is meant for anything else.
    #[must_use]
    pub fn held(&self) -> Money {
        self.paid().less(self.refunded()).less(self.to_balance).less(self.to_refund)
    }

    /// What is still to pay.
    #[must_use]
    pub fn open(&self) -> Money {
        if self.is_void {
            return Money::zero(self.total.currency);
        }
        self.total.less(self.credited).less(self.held())
    }

    /// Is anything still to pay?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open().is_positive()
    }

    /// What credit notes may still take off it.
    #[must_use]
    pub fn creditable(&self) -> Money {
        if self.is_void { Money::zero(self.total.currency) } else { self.total.less(self.credited) }
    }

    /// The share without tax of the next payment. Shares are cumulative, so that parts add up to the whole.
    pub(super) fn net_of_payment(&self, amount: Money) -> Money {
        let before = self.paid();
        self.net_of(before.plus(amount)).less(self.net_of(before))
    }

    /// The share without tax of so much of it.
    pub(super) fn net_of(&self, amount: Money) -> Money {
        tax::share(self.net, amount, self.total)
    }
}
