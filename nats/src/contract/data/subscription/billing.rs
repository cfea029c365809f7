//! Invoices, payments, credit notes and discounts.

use domain::catalog::TaxedPrices;
use domain::subscription::{Event, InvoiceKind, InvoiceTax, Item, Line, Method, RefundKind};
use jiff::Timestamp;
use serde::Serialize;

use crate::contract::data::books::PublicTerms;
use crate::contract::data::{PublicMoney, PublicPeriod};

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(in crate::contract::data) enum BillingFacts {
    Issued {
        invoice: String,
        series: String,
        /// `first`, `period`, `change` or `usage`.
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        period: Option<PublicPeriod>,
        lines: Vec<PublicLine>,
        net: PublicMoney,
        taxes: Vec<PublicTax>,
        total: PublicMoney,
        kept: PublicMoney,
        issued_at: Timestamp,
        due_at: Timestamp,
        #[serde(skip_serializing_if = "Option::is_none")]
        profile: Option<String>,
    },
    Voided {
        invoice: String,
        amount: PublicMoney,
        reason: String,
    },
    Paid {
        payment: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        invoice: Option<String>,
        amount: PublicMoney,
        net: PublicMoney,
        /// `by_hand`, `provider`, `credits` or `balance`.
        method: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        charge: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        still_due: PublicMoney,
    },
    Overpaid {
        payment: String,
        amount: PublicMoney,
        credits: String,
    },
    Refunded {
        refund: String,
        payment: String,
        invoice: String,
        amount: PublicMoney,
        net: PublicMoney,
        refunded_total: PublicMoney,
        /// `refund` or `chargeback`.
        kind: &'static str,
        reason: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    Credited {
        credit_note: String,
        series: String,
        invoice: String,
        amount: PublicMoney,
        net: PublicMoney,
        taxes: Vec<PublicTax>,
        reduces_due: PublicMoney,
        to_balance: PublicMoney,
        to_refund: PublicMoney,
        reason: String,
        issued_at: Timestamp,
    },
    Discount {
        code: String,
        #[serde(flatten)]
        terms: Option<PublicTerms>,
        at: Timestamp,
    },
    Other {},
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::contract::data) struct PublicLine {
    /// `plan`, `proration_credit`, `proration_charge`, `discount` or `metered`.
    item: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quantity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_back: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<PublicPeriod>,
    amount: PublicMoney,
}

impl From<&Line> for PublicLine {
    fn from(line: &Line) -> Self {
        let told = Self {
            item: "",
            plan: None,
            interval: None,
            code: None,
            feature: None,
            quantity: None,
            given_back: None,
            period: line.period.as_ref().map(Into::into),
            amount: (&line.amount).into(),
        };
        let text = |text: &dyn ToString| Some(text.to_string());
        match &line.item {
            Item::Plan { plan, interval } => {
                Self { item: "plan", plan: text(plan), interval: Some(interval.as_str()), ..told }
            }
            Item::ProrationCredit { plan } => Self { item: "proration_credit", plan: text(plan), ..told },
            Item::ProrationCharge { plan } => Self { item: "proration_charge", plan: text(plan), ..told },
            Item::Discount { code } => Self { item: "discount", code: text(code), ..told },
            Item::Metered { feature, quantity, given_back } => Self {
                item: "metered",
                feature: text(feature),
                quantity: text(quantity),
                given_back: text(given_back).filter(|_| !given_back.is_zero()),
                ..told
            },
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::contract::data) struct PublicTax {
    name: String,
    rate: String,
    /// `inclusive` or `exclusive`.
    prices: &'static str,
    base: PublicMoney,
    amount: PublicMoney,
}

impl From<&InvoiceTax> for PublicTax {
    fn from(tax: &InvoiceTax) -> Self {
        let prices = match tax.prices {
            TaxedPrices::Inclusive => "inclusive",
            TaxedPrices::Exclusive => "exclusive",
        };
        let (base, amount) = ((&tax.base).into(), (&tax.amount).into());
        Self { name: tax.name.clone(), rate: tax.rate.to_string(), prices, base, amount }
    }
}

impl BillingFacts {
    pub(super) fn of(event: &Event) -> Self {
        Self::of_invoice(event)
            .or_else(|| Self::of_payment(event))
            .or_else(|| Self::of_discount(event))
            .unwrap_or(Self::Other {})
    }

    fn of_invoice(event: &Event) -> Option<Self> {
        if let Event::InvoiceIssued {
            invoice,
            series,
            kind,
            period,
            lines,
            net,
            taxes,
            total,
            kept,
            issued_at,
            due_at,
            profile,
        } = event
        {
            return Some(Self::Issued {
                invoice: invoice.to_string(),
                series: series.to_string(),
                kind: kind_name(*kind),
                period: period.as_ref().map(Into::into),
                lines: lines.iter().map(Into::into).collect(),
                net: net.into(),
                taxes: taxes.iter().map(Into::into).collect(),
                total: total.into(),
                kept: kept.into(),
                issued_at: *issued_at,
                due_at: *due_at,
                profile: profile.as_ref().map(|profile| profile.id.to_string()),
            });
        }
        if let Event::InvoiceVoided { invoice, amount, reason } = event {
            let (invoice, amount, reason) = (invoice.to_string(), amount.into(), reason.to_string());
            return Some(Self::Voided { invoice, amount, reason });
        }
        let Event::CreditNoteIssued {
            credit_note,
            series,
            invoice,
            amount,
            net,
            taxes,
            reduces_due,
            to_balance,
            to_refund,
            reason,
            issued_at,
        } = event
        else {
            return None;
        };
        Some(Self::Credited {
            credit_note: credit_note.to_string(),
            series: series.to_string(),
            invoice: invoice.to_string(),
            amount: amount.into(),
            net: net.into(),
            taxes: taxes.iter().map(Into::into).collect(),
            reduces_due: reduces_due.into(),
            to_balance: to_balance.into(),
            to_refund: to_refund.into(),
            reason: reason.to_string(),
            issued_at: *issued_at,
        })
    }

    fn of_payment(event: &Event) -> Option<Self> {
        if let Event::PaymentRecorded { payment, invoice, amount, net, method, reference, still_due } = event {
            let (name, provider, charge) = match method {
                Method::ByHand => ("by_hand", None, None),
                Method::Provider { provider, charge } => {
                    ("provider", Some(provider.to_string()), Some(charge.to_string()))
                }
                Method::Credits => ("credits", None, None),
                Method::Balance => ("balance", None, None),
            };
            return Some(Self::Paid {
                payment: payment.to_string(),
                invoice: invoice.as_ref().map(ToString::to_string),
                amount: amount.into(),
                net: net.into(),
                method: name,
                provider,
                charge,
                reference: reference.as_ref().map(ToString::to_string),
                still_due: still_due.into(),
            });
        }
        if let Event::OverpaymentKept { payment, amount, credits } = event {
            let (payment, amount, credits) = (payment.to_string(), amount.into(), credits.to_string());
            return Some(Self::Overpaid { payment, amount, credits });
        }
        let Event::PaymentRefunded {
            refund,
            payment,
            invoice,
            amount,
            net,
            refunded_total,
            refunded_net_total: _,
            paid_net: _,
            kind,
            reason,
            reference,
        } = event
        else {
            return None;
        };
        let kind = match kind {
            RefundKind::Refund => "refund",
            RefundKind::Chargeback => "chargeback",
        };
        Some(Self::Refunded {
            refund: refund.to_string(),
            payment: payment.to_string(),
            invoice: invoice.to_string(),
            amount: amount.into(),
            net: net.into(),
            refunded_total: refunded_total.into(),
            kind,
            reason: reason.to_string(),
            reference: reference.as_ref().map(ToString::to_string),
        })
    }

    fn of_discount(event: &Event) -> Option<Self> {
        let (code, terms, at) = if let Event::DiscountApplied { code, terms, at } = event {
            (code, Some(terms), at)
        } else if let Event::DiscountEnded { code, at } = event {
            (code, None, at)
        } else {
            return None;
        };
        Some(Self::Discount { code: code.to_string(), terms: terms.map(Into::into), at: *at })
    }
}

fn kind_name(kind: InvoiceKind) -> &'static str {
    match kind {
        InvoiceKind::First => "first",
        InvoiceKind::Period => "period",
        InvoiceKind::Change => "change",
        InvoiceKind::Usage => "usage",
    }
}
