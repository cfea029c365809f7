//! Invoices and credit notes on paper.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use documents::{Days, Document, Kind, Language, LineCode, Number, Party, Status, Tax, TaxId, TaxedPrices, wording};
use domain::calendar::Period;
use domain::catalog;
use domain::subscription::{InvoiceTax, Item, Line};
use projections::credit_notes::CreditNote;
use projections::invoices::Invoice;
use rust_decimal::Decimal;

use super::Seen;
use super::shape;
use crate::problem::{Fault, Problem};
use crate::routes::billing_profile::Profile;

/// An invoice to be printed.
pub(super) fn invoice(row: &Invoice, seen: &Seen) -> Result<Document, Problem> {
    let currency = shape::currency(&row.currency)?;
    let held = row.paid - row.refunded - row.to_balance - row.to_refund;
    let status = match row.status.as_str() {
        "open" => Some(Status::Open),
        "paid" => Some(Status::Paid),
        "void" => Some(Status::Void),
        _ => None,
    };
    Ok(Document {
        kind: Kind::Invoice,
        number: number(&row.series, row.number),
        status,
        language: seen.language,
        seller: seller(seen),
        customer: customer(seen),
        issued_on: seen.zone.day_of(row.issued_at),
        due_on: Some(seen.zone.day_of(row.due_at)),
        currency,
        lines: row.lines.iter().map(|line| self::line(line, seen)).collect(),
        net: row.net,
        taxes: row.taxes.iter().map(tax).collect(),
        kept: row.kept,
        total: row.total,
        paid: held,
        credited: row.credited,
        due: row.still_due,
        notes: Vec::new(),
    })
}

/// A credit note on an invoice, to be printed.
pub(super) fn credit_note(row: &CreditNote, corrected: &Invoice, seen: &Seen) -> Result<Document, Problem> {
    let corrects = number(&corrected.series, corrected.number).unwrap_or_else(|| by_id(&corrected.invoice));
    let description = wording(&LineCode::Credited { invoice: &corrects }, seen.language);
    // Lines are in prices as sold: without the taxes that are added to them.
    let added = row.taxes.iter().filter(|tax| tax.prices == catalog::TaxedPrices::Exclusive);
    let amount = row.amount - added.map(|tax| tax.amount.amount).sum::<Decimal>();
    let line = documents::Line { description, period: None, quantity: None, unit_price: None, amount };
    Ok(Document {
        kind: Kind::CreditNote { corrects },
        number: number(&row.series, row.number),
        status: None,
        language: seen.language,
        seller: seller(seen),
        customer: customer(seen),
        issued_on: seen.zone.day_of(row.issued_at),
        due_on: None,
        currency: shape::currency(&row.currency)?,
        lines: vec![line],
        net: row.net,
        taxes: row.taxes.iter().map(tax).collect(),
        kept: Decimal::ZERO,
        total: row.amount,
        paid: Decimal::ZERO,
        credited: Decimal::ZERO,
        due: Decimal::ZERO,
        notes: vec![row.reason.clone()],
    })
}

fn number(series: &str, number: Option<i64>) -> Option<Number> {
    Some(Number { series: series.to_owned(), number: u64::try_from(number?).ok()? })
}

/// Until an invoice has its number, it goes by its id, which ends with one: `inv_41c-3`.
fn by_id(invoice: &str) -> Number {
    let (series, number) = invoice.rsplit_once('-').unwrap_or((invoice, "0"));
    Number { series: series.to_owned(), number: number.parse().unwrap_or_default() }
}

fn seller(seen: &Seen) -> Party {
    let Some(seller) = seen.names.seller() else {
        return Party { name: seen.names.product(seen.language), ..Party::default() };
    };
    let country = seller.country.to_string();
    Party {
        name: seller.name.clone(),
        tax_id: seller.tax_id.as_deref().and_then(|id| TaxId::new(&country, id).ok()),
        address: seller.address.iter().cloned().collect(),
        country: Some(country),
    }
}

/// The customer, as the profile says; else by what is left: the organization, and why there is no more.
fn customer(seen: &Seen) -> Party {
    let Profile { profile, status, country, name, tax_id, address, email: _, language: _ } = &seen.customer;
    if let Some(name) = name {
        let tax_id = country.as_deref().zip(tax_id.as_deref());
        return Party {
            name: name.clone(),
            tax_id: tax_id.and_then(|(country, id)| TaxId::new(country, id).ok()),
            address: address.clone(),
            country: country.clone(),
        };
    }
    let why = profile.as_ref().map(|profile| missing(profile, status, seen.language));
    Party {
        name: seen.organization.to_string(),
        tax_id: None,
        address: why.into_iter().collect(),
        country: country.clone(),
    }
}

fn missing(profile: &str, status: &str, language: Language) -> String {
    match (language, status) {
        (Language::Spanish, "erased") => format!("Datos de facturación {profile}: eliminados"),
        (Language::English, "erased") => format!("Billing profile {profile}: erased"),
        (Language::Spanish, _) => format!("Datos de facturación {profile}: alterados, no se muestran"),
        (Language::English, _) => format!("Billing profile {profile}: altered, not shown"),
    }
}

fn line(line: &Line, seen: &Seen) -> documents::Line {
    let quantity = match &line.item {
        Item::Plan { .. } => Some(Decimal::ONE),
        // What was given back is in the amount, at the prices it had.
        Item::Metered { quantity, given_back, .. } => given_back.amount().is_zero().then(|| quantity.amount()),
        Item::ProrationCredit { .. } | Item::ProrationCharge { .. } | Item::Discount { .. } => None,
    };
    let unit_price = matches!(line.item, Item::Plan { .. }).then_some(line.amount.amount);
    documents::Line {
        description: seen.names.text(line, seen.language),
        period: line.period.map(|period: Period| Days::of(period, &seen.zone)),
        quantity,
        unit_price,
        amount: line.amount.amount,
    }
}

fn tax(tax: &InvoiceTax) -> Tax {
    let prices = match tax.prices {
        catalog::TaxedPrices::Inclusive => TaxedPrices::Inclusive,
        catalog::TaxedPrices::Exclusive => TaxedPrices::Exclusive,
    };
    Tax { name: tax.name.clone(), rate: tax.rate, amount: tax.amount.amount, prices }
}

/// The document as PDF. Printing takes milliseconds of nothing but reckoning, so it is done beside the tasks of others.
pub(super) async fn print(document: Document) -> Result<Response, Problem> {
    let language = document.language.tag();
    let name = document.number.as_ref().map_or_else(|| "draft".to_owned(), ToString::to_string);
    let printed = tokio::task::spawn_blocking(move || documents::render(&document)).await;
    let bytes = match printed {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(fault)) => return Err(unprintable(&fault)),
        Err(fault) => return Err(unprintable(&fault)),
    };
    let disposition = format!("inline; filename=\"{name}.pdf\"");
    let headers =
        [(CONTENT_TYPE, "application/pdf"), (CONTENT_LANGUAGE, language), (CONTENT_DISPOSITION, disposition.as_str())];
    Ok((headers, bytes).into_response())
}

fn unprintable(fault: &dyn std::error::Error) -> Problem {
    tracing::error!(reason = %fault, "a document cannot be printed");
    Fault::Internal.into()
}
