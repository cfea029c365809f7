//! What is billed and paid, and what that is against.

use serde_json::{Value, json};

use crate::id::{DiscountCode, InvoiceId, PaymentId, PlanCode};
use crate::money::{Currency, Money};
use crate::refusal::{Refusal, RefusalClass, sample};

/// A refusal because of invoices, payments and discounts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No such invoice.
    #[error("there is no invoice {invoice}")]
    UnknownInvoice {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// It is not kept any more.
    #[error("invoice {invoice} is settled and older than those that can be changed")]
    InvoiceTooOld {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// It was taken back.
    #[error("invoice {invoice} was taken back")]
    InvoiceVoid {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// Nothing of it is due.
    #[error("nothing is due on invoice {invoice}")]
    InvoiceSettled {
        /// The invoice.
        invoice: InvoiceId,
    },
    /// It was paid in too many parts.
    #[error("invoice {invoice} was paid in {payments} parts")]
    TooManyPayments {
        /// The invoice.
        invoice: InvoiceId,
        /// In how many parts.
        payments: usize,
    },
    /// No such payment, or too old.
    #[error("there is no payment {payment} of an invoice that can be changed")]
    UnknownPayment {
        /// The payment.
        payment: PaymentId,
    },
    /// Nothing came in that could go back.
    #[error("payment {payment} came from the account balance")]
    PaidFromBalance {
        /// The payment.
        payment: PaymentId,
    },
    /// It was paid from credits: no money came in.
    #[error("payment {payment} came from credits")]
    PaidFromCredits {
        /// The payment.
        payment: PaymentId,
    },
    /// More than is left of the payment.
    #[error("a refund of {refund} exceeds the {left} that are left of payment {payment}")]
    RefundExceedsPayment {
        /// The payment.
        payment: PaymentId,
        /// What is left of it.
        left: Money,
        /// What was to be refunded.
        refund: Money,
    },
    /// More than is left of the invoice.
    #[error("a credit note of {credit} exceeds the {left} that are left of invoice {invoice}")]
    CreditExceedsInvoice {
        /// The invoice.
        invoice: InvoiceId,
        /// What is left of it.
        left: Money,
        /// What was to be credited.
        credit: Money,
    },
    /// Something was paid of it.
    #[error("{paid} were paid of invoice {invoice}")]
    InvoicePaid {
        /// The invoice.
        invoice: InvoiceId,
        /// How much.
        paid: Money,
    },
    /// Whoever does not pay may not go on changing.
    #[error("{open} invoices are not paid")]
    TooManyOpen {
        /// How many.
        open: usize,
    },
    /// The code is in force already.
    #[error("discount {code} is in force already")]
    DiscountApplied {
        /// The code.
        code: DiscountCode,
    },
    /// The discount is for other plans, or in another currency.
    #[error("discount {code} is not good for plan {plan} in {currency}")]
    DiscountMisfits {
        /// The code.
        code: DiscountCode,
        /// The plan.
        plan: PlanCode,
        /// What the plan is paid in.
        currency: Currency,
    },
    /// One more than there may be.
    #[error("{discounts} discounts are in force")]
    TooManyDiscounts {
        /// How many there are.
        discounts: usize,
    },
    /// There is no such discount in force.
    #[error("discount {code} is not in force")]
    UnknownDiscount {
        /// The code.
        code: DiscountCode,
    },
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownInvoice { .. } => "invoice.unknown",
            Self::InvoiceTooOld { .. } => "invoice.too_old",
            Self::InvoiceVoid { .. } => "invoice.void",
            Self::InvoiceSettled { .. } => "invoice.settled",
            Self::TooManyPayments { .. } => "payment.too_many",
            Self::UnknownPayment { .. } => "payment.unknown",
            Self::PaidFromBalance { .. } => "payment.from_balance",
            Self::PaidFromCredits { .. } => "payment.from_credits",
            Self::RefundExceedsPayment { .. } => "payment.refund_exceeds_payment",
            Self::CreditExceedsInvoice { .. } => "invoice.credit_exceeds_invoice",
            Self::InvoicePaid { .. } => "invoice.paid",
            Self::TooManyOpen { .. } => "invoice.too_many_open",
            Self::DiscountApplied { .. } => "discount.already_applied",
            Self::DiscountMisfits { .. } => "discount.misfits",
            Self::TooManyDiscounts { .. } => "discount.too_many",
            Self::UnknownDiscount { .. } => "discount.unknown",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::UnknownInvoice { .. } | Self::UnknownPayment { .. } | Self::UnknownDiscount { .. } => {
                RefusalClass::Unknown
            }
            Self::InvoiceTooOld { .. }
            | Self::InvoiceVoid { .. }
            | Self::InvoiceSettled { .. }
            | Self::TooManyPayments { .. }
            | Self::PaidFromBalance { .. }
            | Self::PaidFromCredits { .. }
            | Self::RefundExceedsPayment { .. }
            | Self::CreditExceedsInvoice { .. }
            | Self::InvoicePaid { .. }
            | Self::TooManyOpen { .. }
            | Self::DiscountApplied { .. }
            | Self::DiscountMisfits { .. }
            | Self::TooManyDiscounts { .. } => RefusalClass::Conflict,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::UnknownInvoice { .. } => "the invoices of the organization can be listed".to_owned(),
            Self::InvoiceTooOld { .. } => "the newest 40 can; correct it by a credit note on a newer one".to_owned(),
            Self::InvoiceVoid { .. } => "nothing is owed of it".to_owned(),
            Self::InvoiceSettled { .. } => "leave it as it is, or issue a credit note".to_owned(),
            Self::TooManyPayments { .. } => {
                "pay the rest in the parts of another invoice, or issue a credit note".to_owned()
            }
            Self::UnknownPayment { .. } => "payments of the newest 40 invoices can be refunded".to_owned(),
            Self::PaidFromBalance { .. } => "refund the payment that filled the balance".to_owned(),
            Self::PaidFromCredits { .. } => "issue a credit note to the balance, or grant credits".to_owned(),
            Self::RefundExceedsPayment { left, .. } => format!("refund {left} at most"),
            Self::CreditExceedsInvoice { left, .. } => format!("credit {left} at most"),
            Self::InvoicePaid { .. } => "issue a credit note instead".to_owned(),
            Self::TooManyOpen { .. } => "pay them first".to_owned(),
            Self::DiscountApplied { .. } => "a code counts once".to_owned(),
            Self::DiscountMisfits { .. } => "change to a plan it is good for first".to_owned(),
            Self::TooManyDiscounts { .. } => "remove one first".to_owned(),
            Self::UnknownDiscount { .. } => "it has ended, or was never applied".to_owned(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::UnknownInvoice { invoice } => vec![("invoice", json!(invoice))],
            Self::InvoiceTooOld { invoice } => vec![("invoice", json!(invoice))],
            Self::InvoiceVoid { invoice } => vec![("invoice", json!(invoice))],
            Self::InvoiceSettled { invoice } => vec![("invoice", json!(invoice))],
            Self::TooManyPayments { invoice, payments } => {
                vec![("invoice", json!(invoice)), ("payments", json!(payments))]
            }
            Self::UnknownPayment { payment } => vec![("payment", json!(payment))],
            Self::PaidFromBalance { payment } | Self::PaidFromCredits { payment } => {
                vec![("payment", json!(payment))]
            }
            Self::RefundExceedsPayment { payment, left, refund } => {
                vec![("payment", json!(payment)), ("left", json!(left)), ("refund", json!(refund))]
            }
            Self::CreditExceedsInvoice { invoice, left, credit } => {
                vec![("invoice", json!(invoice)), ("left", json!(left)), ("credit", json!(credit))]
            }
            Self::InvoicePaid { invoice, paid } => vec![("invoice", json!(invoice)), ("paid", json!(paid))],
            Self::TooManyOpen { open } => vec![("open", json!(open))],
            Self::DiscountApplied { code } => vec![("discount_code", json!(code))],
            Self::DiscountMisfits { code, plan, currency } => {
                vec![("discount_code", json!(code)), ("plan", json!(plan)), ("currency", json!(currency))]
            }
            Self::TooManyDiscounts { discounts } => vec![("discounts", json!(discounts))],
            Self::UnknownDiscount { code } => vec![("discount_code", json!(code))],
        }
    }

    fn samples() -> Vec<Self> {
        let usd = |amount: u32| Money::rounded(amount.into(), sample("USD"));
        vec![
            Self::UnknownInvoice { invoice: sample("inv_01-1") },
            Self::InvoiceTooOld { invoice: sample("inv_01-1") },
            Self::InvoiceVoid { invoice: sample("inv_01-1") },
            Self::InvoiceSettled { invoice: sample("inv_01-1") },
            Self::TooManyPayments { invoice: sample("inv_01-1"), payments: 50 },
            Self::UnknownPayment { payment: sample("pay_01") },
            Self::PaidFromBalance { payment: sample("pay_01") },
            Self::PaidFromCredits { payment: sample("pay_01") },
            Self::RefundExceedsPayment { payment: sample("pay_01"), left: usd(15), refund: usd(20) },
            Self::CreditExceedsInvoice { invoice: sample("inv_01-1"), left: usd(15), credit: usd(20) },
            Self::InvoicePaid { invoice: sample("inv_01-1"), paid: usd(15) },
            Self::TooManyOpen { open: 20 },
            Self::DiscountApplied { code: sample("SPRING") },
            Self::DiscountMisfits { code: sample("SPRING"), plan: sample("starter"), currency: sample("USD") },
            Self::TooManyDiscounts { discounts: 10 },
            Self::UnknownDiscount { code: sample("SPRING") },
        ]
    }
}
