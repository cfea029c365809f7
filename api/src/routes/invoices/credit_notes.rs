//! Credit notes: listed, told, printed.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::InvoiceId;
use projections::credit_notes::{self, CreditNote as Row};
use serde::Serialize;
use utoipa::ToSchema;

use super::query::{DocumentParams, DocumentQuery, Page, PageParams};
use super::shape::{self, Tax};
use super::{Seen, paper};
use crate::gate::Gate;
use crate::problem::{Fault, Problem};
use crate::representation::Money;
use crate::request::{CreditNotePaperPath, Customer, FreshnessParams, OrganizationPath};
use crate::routes::billing_profile::Profile;

/// The projection behind these routes.
const PROJECTION: &str = "credit_notes";

/// What of an invoice is not owed after all.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreditNote {
    /// The credit note.
    #[schema(example = "cn_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1")]
    credit_note: String,
    /// The invoice it takes something off.
    #[schema(example = "inv_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1")]
    invoice: String,
    /// The series it is numbered in.
    #[schema(example = "NC")]
    series: String,
    /// Its number in the series, without gaps; absent for the moment until it is numbered.
    #[schema(example = 14)]
    number: Option<i64>,
    /// How much.
    amount: Money,
    /// Its share without taxes.
    net: Money,
    /// The taxes in it.
    taxes: Vec<Tax>,
    /// What of it was not paid, and is due no more.
    reduces_due: Money,
    /// What of it was paid, and went to the account balance.
    to_balance: Money,
    /// What of it was paid, and was to be paid back.
    to_refund: Money,
    /// Why.
    #[schema(example = "an outage")]
    reason: String,
    /// When it was issued.
    #[schema(format = DateTime)]
    issued_at: String,
}

/// A credit note, and whom it is for.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreditNoteInFull {
    #[serde(flatten)]
    credit_note: CreditNote,
    /// Who buys, as the invoice says.
    customer: Profile,
}

/// A page of credit notes.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreditNotePage {
    /// The credit notes, the newest first.
    credit_notes: Vec<CreditNote>,
    /// The `before` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 17)]
    next_before: Option<i64>,
}

impl CreditNote {
    fn of(row: &Row) -> Result<Self, Problem> {
        let currency = shape::currency(&row.currency)?;
        let money = |value| shape::amount(value, currency);
        Ok(Self {
            credit_note: row.credit_note.clone(),
            invoice: row.invoice.clone(),
            series: row.series.clone(),
            number: row.number,
            amount: money(row.amount),
            net: money(row.net),
            taxes: row.taxes.iter().map(Tax::of).collect(),
            reduces_due: money(row.reduces_due),
            to_balance: money(row.to_balance),
            to_refund: money(row.to_refund),
            reason: row.reason.clone(),
            issued_at: row.issued_at.to_string(),
        })
    }
}

/// The credit notes of an organization.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/credit-notes", tag = "invoices",
    params(OrganizationPath, PageParams, FreshnessParams),
    responses((status = 200, description = "A page of them, the newest first", body = CreditNotePage))
)]
pub(crate) async fn list_credit_notes(
    State(gate): State<Gate>,
    customer: Customer,
    page: Page,
) -> Result<Json<CreditNotePage>, Problem> {
    page.freshness.wait(&gate, PROJECTION, &customer.owner()).await?;
    let rows = credit_notes::list(&gate.pool, &customer.0, page.before, page.limit).await?;
    if rows.is_empty() {
        gate.registered(&customer.0).await?;
    }
    let next_before = page.next(rows.len(), rows.last().map(|row| row.position));
    let credit_notes = rows.iter().map(CreditNote::of).collect::<Result<_, _>>()?;
    Ok(Json(CreditNotePage { credit_notes, next_before }))
}

/// One credit note: as JSON, or as PDF by `Accept: application/pdf` or with `.pdf` behind its id.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/credit-notes/{credit_note}", tag = "invoices",
    params(CreditNotePaperPath, DocumentParams, FreshnessParams),
    responses((status = 200, description = "The credit note", content(
        (CreditNoteInFull = "application/json"), (String = "application/pdf"),
    )))
)]
pub(crate) async fn get_credit_note(
    State(gate): State<Gate>,
    path: CreditNotePaperPath,
    query: DocumentQuery,
) -> Result<Response, Problem> {
    let (customer, wanted) = path.parts();
    query.freshness.wait(&gate, PROJECTION, &customer.owner()).await?;
    let Some(row) = credit_notes::find(&gate.pool, &customer.0, &wanted.id).await? else {
        gate.registered(&customer.0).await?;
        return Err(Fault::UnknownCreditNote { credit_note: wanted.id.to_string() }.into());
    };
    // The invoice's own projection may be a moment behind this one.
    query.freshness.wait(&gate, super::PROJECTION, &customer.owner()).await?;
    let invoice = InvoiceId::new(&row.invoice).map_err(|_| Fault::Internal)?;
    let corrected = super::find(&gate, &customer.0, &invoice).await?;
    let seen = Seen::of(&gate, &customer.0, &corrected, &query).await?;
    if wanted.is_pdf || query.accepts_pdf {
        return paper::print(paper::credit_note(&row, &corrected, &seen)?).await;
    }
    let credit_note = CreditNote::of(&row)?;
    Ok(Json(CreditNoteInFull { credit_note, customer: seen.customer }).into_response())
}
