//! What may be asked of a subscription.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::RefundKind;
use crate::calendar::Interval;
use crate::discount::DiscountTerms;
use crate::id::{DiscountCode, InvoiceId, PaymentId, PlanCode, ProviderCode, Reference};
use crate::money::Money;
use crate::text::ReasonText;

/// A command to an organization's subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Start a plan of the newest catalog version.
    Start {
        /// The plan.
        plan: PlanCode,
        /// How often it is paid.
        interval: Interval,
    },
    /// Record money received.
    RecordPayment {
        /// How much; above zero.
        amount: Money,
        /// The invoice it pays; the oldest open ones if `None`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invoice: Option<InvoiceId>,
        /// How it came.
        #[serde(default, skip_serializing_if = "Received::is_by_hand")]
        method: Received,
        /// What the payment is called where it was received.
        reference: Option<Reference>,
    },
    /// Move to a newer version of the catalog, on the same plan. Its price counts from the next period on.
    MoveToCatalogVersion {
        /// The version.
        version: u32,
    },
    /// Note a way to pay.
    AttachPaymentMethod {
        /// Who keeps it.
        provider: ProviderCode,
        /// What it is called there.
        reference: Reference,
    },
    /// Forget the way to pay.
    DetachPaymentMethod,
    /// End the trial now.
    EndTrial,
    /// Change to another plan or interval of the newest catalog version.
    ChangePlan {
        /// The plan.
        plan: PlanCode,
        /// How often it is paid.
        interval: Interval,
        /// When.
        when: Effective,
    },
    /// Let nothing happen at the end of the period that was to happen then.
    RevokeScheduledChange,
    /// End it.
    Cancel {
        /// When.
        when: Effective,
        /// What becomes of what is left of the period, if it ends at once.
        credit: CreditUnused,
        /// Why.
        reason: ReasonText,
    },
    /// Let it rest: nothing is entitled to and nothing charged. No time is given back.
    Pause {
        /// When.
        when: Effective,
        /// When it goes on by itself; `None` is when somebody asks for it.
        resumes_at: Option<Timestamp>,
    },
    /// Let it go on.
    Resume,
    /// Let a discount take something off what is billed from now on.
    ApplyDiscount {
        /// The code that was redeemed.
        code: DiscountCode,
        /// What it was worth when it was.
        terms: DiscountTerms,
    },
    /// Let a discount take off nothing more.
    RemoveDiscount {
        /// Its code.
        code: DiscountCode,
    },
    /// Record that a payment went back, all of it or a part.
    RefundPayment {
        /// The payment.
        payment: PaymentId,
        /// How much; above zero.
        amount: Money,
        /// Who asked for it.
        kind: RefundKind,
        /// Why.
        reason: ReasonText,
        /// What the refund is called where it was made.
        reference: Option<Reference>,
    },
    /// Let a part of an invoice not be owed after all.
    IssueCreditNote {
        /// The invoice.
        invoice: InvoiceId,
        /// How much; above zero.
        amount: Money,
        /// What becomes of what was paid of it.
        credit: CreditUnused,
        /// Why.
        reason: ReasonText,
    },
    /// Take back an invoice of which nothing was paid.
    VoidInvoice {
        /// The invoice.
        invoice: InvoiceId,
        /// Why.
        reason: ReasonText,
    },
    /// Write down what fell due.
    Settle,
}

/// When something takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effective {
    /// At once.
    Now,
    /// When the period, or the trial, is over.
    PeriodEnd,
}

/// What becomes of what was paid and is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditUnused {
    /// Nothing: it stays where it is.
    Nothing,
    /// It pays the next invoices.
    Balance,
    /// It is to be paid back.
    Refund,
}

/// How money came.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Received {
    /// Somebody counted it: cash, a bank transfer.
    #[default]
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
}

impl Command {
    /// Money that somebody counted, for the oldest open invoices.
    #[must_use]
    pub fn pay_by_hand(amount: Money, reference: Option<Reference>) -> Self {
        Self::RecordPayment { amount, invoice: None, method: Received::ByHand, reference }
    }
}

impl Received {
    pub(super) fn is_by_hand(&self) -> bool {
        *self == Self::ByHand
    }
}
