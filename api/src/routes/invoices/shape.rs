//! What invoices look like as JSON.

use documents::Language;
use domain::subscription::preview;
use domain::subscription::{self, InvoiceKind, InvoiceTax, Item};
use domain::{Currency, money};
use projections::invoices::Invoice as Row;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::Seen;
use super::names::Names;
use crate::problem::{Fault, Problem};
use crate::representation::{self, Money, Period};
use crate::routes::billing_profile::Profile;

/// What an invoice comes to, and what became of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Head {
    /// The invoice.
    #[schema(example = "inv_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1")]
    invoice: String,
    /// The series it is numbered in.
    #[schema(example = "F")]
    series: String,
    /// Its number in the series, without gaps; absent for the moment until it is numbered.
    #[schema(example = 1203)]
    number: Option<i64>,
    /// `first` (a period that begins when it is paid), `period`, `change` (of plan) or `usage` (of a period that no other
    /// follows).
    #[schema(example = "period")]
    kind: String,
    /// `open`, `paid`, `credited` (nothing is due because of credit notes) or `void`.
    #[schema(example = "open")]
    status: String,
    /// The time it is for; unknown of a period that begins when it is paid.
    period: Option<Period>,
    /// What it comes to without taxes; below zero if more is taken off than charged.
    net: Money,
    /// What was to pay.
    total: Money,
    /// What it comes to below zero: it goes to the account balance.
    kept: Money,
    /// What credit notes take off it.
    credited: Money,
    /// All that was paid of it, also what went back.
    paid: Money,
    /// What of it went back to the payer.
    refunded: Money,
    /// What of it was paid, taken off, and went to the account balance.
    to_balance: Money,
    /// What of it was paid, taken off, and is still to be paid back.
    to_refund: Money,
    /// What is still to pay.
    still_due: Money,
    /// When it was issued.
    #[schema(format = DateTime)]
    issued_at: String,
    /// When it is due.
    #[schema(format = DateTime)]
    due_at: String,
    /// Why it was taken back.
    #[schema(example = "a mistake")]
    void_reason: Option<String>,
}

/// An invoice.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invoice {
    #[serde(flatten)]
    head: Head,
    /// What it is for.
    lines: Vec<Line>,
    /// The taxes.
    taxes: Vec<Tax>,
    /// Who sells; absent where the catalog does not say.
    seller: Option<Seller>,
    /// Who buys.
    customer: Profile,
    /// The language of its texts.
    #[schema(example = "es")]
    language: &'static str,
}

/// Who sells.
#[derive(Serialize, ToSchema)]
pub(crate) struct Seller {
    /// The name of the company.
    #[schema(example = "Compra Ágil SpA")]
    name: String,
    /// How the tax office knows it.
    #[schema(example = "76.086.428-5")]
    tax_id: Option<String>,
    /// Its address.
    #[schema(example = "Av. Providencia 1234, Santiago")]
    address: Option<String>,
    /// ISO 3166.
    #[schema(example = "CL")]
    country: String,
}

/// A line: its codes, and what they say.
#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceLine)]
pub(crate) struct Line {
    /// The line in words.
    #[schema(example = "Plan Profesional, mensual")]
    text: String,
    /// `plan`, `proration_credit`, `proration_charge`, `discount` or `metered`.
    #[schema(example = "plan")]
    item: &'static str,
    /// The plan it is about.
    #[schema(example = "profesional")]
    plan: Option<String>,
    /// How often the plan is paid.
    #[schema(example = "month")]
    interval: Option<&'static str>,
    /// The feature that was used past its allowance.
    #[schema(example = "minutes")]
    feature: Option<String>,
    /// How much of it.
    #[schema(example = "12")]
    quantity: Option<String>,
    /// How much of earlier use was given back.
    #[schema(example = "0")]
    given_back: Option<String>,
    /// The code of the discount.
    #[schema(example = "VERANO")]
    discount: Option<String>,
    /// The time it is for.
    period: Option<Period>,
    /// How much, in prices as sold; below zero for what is taken off.
    amount: Money,
}

/// A tax.
#[derive(Serialize, ToSchema)]
#[schema(as = InvoiceTax)]
pub(crate) struct Tax {
    /// What it is called.
    #[schema(example = "IVA")]
    name: String,
    /// The share of the net amount: `0.19` is 19 %.
    #[schema(example = "0.19")]
    rate: String,
    /// `inclusive`: it is in the amounts of the lines; `exclusive`: it is added to them.
    #[schema(example = "inclusive")]
    prices: &'static str,
    /// What it is a share of.
    base: Money,
    /// How much.
    amount: Money,
}

/// An invoice that is not issued.
#[derive(Serialize, ToSchema)]
pub(crate) struct Bill {
    /// `first`, `period`, `change` or `usage`.
    #[schema(example = "period")]
    kind: &'static str,
    /// The time it is for.
    period: Option<Period>,
    /// What it is for.
    lines: Vec<Line>,
    /// What it comes to without taxes.
    net: Money,
    /// The taxes.
    taxes: Vec<Tax>,
    /// What is to pay.
    total: Money,
    /// What it comes to below zero: it goes to the account balance.
    kept: Money,
    /// When it is issued.
    #[schema(format = DateTime)]
    issued_at: String,
}

/// An amount of a read model.
pub(super) fn amount(amount: Decimal, currency: Currency) -> Money {
    money::Money::rounded(amount, currency).into()
}

/// The currency of a row.
pub(super) fn currency(code: &str) -> Result<Currency, Problem> {
    Currency::new(code).map_err(|fault| {
        tracing::error!(reason = %fault, "a row has no currency");
        Fault::Internal.into()
    })
}

impl Head {
    pub(super) fn of(row: &Row) -> Result<Self, Problem> {
        let currency = currency(&row.currency)?;
        let money = |value: Decimal| amount(value, currency);
        let period = row.period_start.zip(row.period_end);
        let period = period.map(|(start, end)| Period { start: start.to_string(), end: end.to_string() });
        Ok(Self {
            invoice: row.invoice.clone(),
            series: row.series.clone(),
            number: row.number,
            kind: row.kind.clone(),
            status: row.status.clone(),
            period,
            net: money(row.net),
            total: money(row.total),
            kept: money(row.kept),
            credited: money(row.credited),
            paid: money(row.paid),
            refunded: money(row.refunded),
            to_balance: money(row.to_balance),
            to_refund: money(row.to_refund),
            still_due: money(row.still_due),
            issued_at: row.issued_at.to_string(),
            due_at: row.due_at.to_string(),
            void_reason: row.void_reason.clone(),
        })
    }
}

impl Invoice {
    pub(super) fn of(row: &Row, seen: &Seen) -> Result<Self, Problem> {
        let seller = seen.names.seller().map(|seller| Seller {
            name: seller.name.clone(),
            tax_id: seller.tax_id.clone(),
            address: seller.address.clone(),
            country: seller.country.to_string(),
        });
        Ok(Self {
            head: Head::of(row)?,
            lines: row.lines.iter().map(|line| Line::of(line, &seen.names, seen.language)).collect(),
            taxes: row.taxes.iter().map(Tax::of).collect(),
            seller,
            customer: seen.customer.clone(),
            language: seen.language.tag(),
        })
    }
}

impl Line {
    pub(super) fn of(line: &subscription::Line, names: &Names, language: Language) -> Self {
        let bare = Self {
            text: names.text(line, language),
            item: "plan",
            plan: None,
            interval: None,
            feature: None,
            quantity: None,
            given_back: None,
            discount: None,
            period: line.period.map(Period::from),
            amount: line.amount.into(),
        };
        match &line.item {
            Item::Plan { plan, interval } => {
                Self { plan: Some(plan.to_string()), interval: Some(interval.as_str()), ..bare }
            }
            Item::ProrationCredit { plan } => Self { item: "proration_credit", plan: Some(plan.to_string()), ..bare },
            Item::ProrationCharge { plan } => Self { item: "proration_charge", plan: Some(plan.to_string()), ..bare },
            Item::Discount { code } => Self { item: "discount", discount: Some(code.to_string()), ..bare },
            Item::Metered { feature, quantity, given_back } => Self {
                item: "metered",
                feature: Some(feature.to_string()),
                quantity: Some(representation::plain(quantity.amount())),
                given_back: Some(representation::plain(given_back.amount())),
                ..bare
            },
        }
    }
}

impl Tax {
    pub(super) fn of(tax: &InvoiceTax) -> Self {
        let prices = match tax.prices {
            domain::catalog::TaxedPrices::Inclusive => "inclusive",
            domain::catalog::TaxedPrices::Exclusive => "exclusive",
        };
        Self {
            name: tax.name.clone(),
            rate: representation::plain(tax.rate),
            prices,
            base: tax.base.into(),
            amount: tax.amount.into(),
        }
    }
}

impl Bill {
    pub(super) fn of(bill: &preview::Bill, names: &Names, language: Language) -> Self {
        let kind = match bill.kind {
            InvoiceKind::First => "first",
            InvoiceKind::Period => "period",
            InvoiceKind::Change => "change",
            InvoiceKind::Usage => "usage",
        };
        Self {
            kind,
            period: bill.period.map(Period::from),
            lines: bill.lines.iter().map(|line| Line::of(line, names, language)).collect(),
            net: bill.net.into(),
            taxes: bill.taxes.iter().map(Tax::of).collect(),
            total: bill.total.into(),
            kept: bill.kept.into(),
            issued_at: bill.issued_at.to_string(),
        }
    }
}
