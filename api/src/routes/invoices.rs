//! Invoices: listed, told line by line, printed.

pub(crate) mod changes;
pub(crate) mod credit_notes;
mod names;
mod paper;
pub(crate) mod payments;
pub(crate) mod query;
mod shape;
pub(crate) mod upcoming;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use documents::Language;
use domain::subscription::rejection::bill;
use domain::{InvoiceId, OrganizationId, Rejection, subscription};
use projections::invoices::{self, Invoice as Row};
use serde::Serialize;
use utoipa::ToSchema;

use super::billing_profile::{self, Profile};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::request::{Customer, FreshnessParams, InvoicePaperPath, OrganizationPath};
use names::Names;
use query::{DocumentParams, DocumentQuery, ListParams, ListQuery, PageParams};
use shape::{Head, Invoice};

/// The projection behind these routes.
const PROJECTION: &str = "invoices";

/// A page of invoices.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoicePage {
    /// The invoices, the newest first.
    invoices: Vec<Head>,
    /// The `before` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 17)]
    next_before: Option<i64>,
}

/// The invoices of an organization.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/invoices", tag = "invoices",
    params(OrganizationPath, ListParams, PageParams, FreshnessParams),
    responses((status = 200, description = "A page of them, the newest first", body = InvoicePage))
)]
pub(crate) async fn list_invoices(
    State(gate): State<Gate>,
    customer: Customer,
    query: ListQuery,
) -> Result<Json<InvoicePage>, Problem> {
    query.page.freshness.wait(&gate, PROJECTION, &customer.owner()).await?;
    let status = query.status.map(query::Status::as_str);
    let rows = invoices::list(&gate.pool, &customer.0, status, query.page.before, query.page.limit).await?;
    if rows.is_empty() {
        gate.registered(&customer.0).await?;
    }
    let next_before = query.page.next(rows.len(), rows.last().map(|row| row.position));
    let invoices = rows.iter().map(Head::of).collect::<Result<_, _>>()?;
    Ok(Json(InvoicePage { invoices, next_before }))
}

/// One invoice: as JSON, each line with its codes and in words; as PDF, by `Accept: application/pdf` or with `.pdf` behind
/// its id.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/invoices/{invoice}", tag = "invoices",
    params(InvoicePaperPath, DocumentParams, FreshnessParams),
    responses((status = 200, description = "The invoice", content(
        (Invoice = "application/json"), (String = "application/pdf"),
    )))
)]
pub(crate) async fn get_invoice(
    State(gate): State<Gate>,
    path: InvoicePaperPath,
    query: DocumentQuery,
) -> Result<Response, Problem> {
    let (customer, wanted) = path.parts();
    query.freshness.wait(&gate, PROJECTION, &customer.owner()).await?;
    let row = find(&gate, &customer.0, &wanted.id).await?;
    let seen = Seen::of(&gate, &customer.0, &row, &query).await?;
    if wanted.is_pdf || query.accepts_pdf {
        return paper::print(paper::invoice(&row, &seen)?).await;
    }
    Ok(Json(Invoice::of(&row, &seen)?).into_response())
}

/// What an invoice is told with: who it is for, who sells, how things are called, in which language.
struct Seen {
    names: Names,
    customer: Profile,
    language: Language,
    organization: OrganizationId,
    zone: domain::calendar::Zone,
}

impl Seen {
    async fn of(gate: &Gate, organization: &OrganizationId, row: &Row, query: &DocumentQuery) -> Result<Self, Problem> {
        let registered = gate.registered(organization).await?;
        let version = row.catalog_version.and_then(|version| u32::try_from(version).ok());
        let names = Names::of(gate, &registered.product, version).await?;
        let customer = customer_of(gate, organization, row).await?;
        let own = customer.language.as_deref().and_then(Language::of_tag);
        let language = query.language.or(query.accept_language).or(own).unwrap_or_else(|| names.language());
        Ok(Self { names, customer, language, organization: organization.clone(), zone: registered.time_zone })
    }
}

async fn customer_of(gate: &Gate, organization: &OrganizationId, row: &Row) -> Result<Profile, Problem> {
    let named = row.profile_id.as_deref().zip(row.profile_hash.as_deref());
    let Some((profile, hash)) = named else { return Ok(Profile::none()) };
    let country = row.profile_country.clone().unwrap_or_default();
    billing_profile::look_up(gate, organization, profile, hash, country).await
}

async fn find(gate: &Gate, organization: &OrganizationId, invoice: &InvoiceId) -> Result<Row, Problem> {
    if let Some(row) = invoices::find(&gate.pool, organization, invoice).await? {
        return Ok(row);
    }
    gate.registered(organization).await?;
    let unknown = bill::Rejection::UnknownInvoice { invoice: invoice.clone() };
    let problem = Problem::from(Rejection::Subscription(subscription::Rejection::Bill(unknown)));
    Err(problem.with("organization", organization.as_str()))
}
