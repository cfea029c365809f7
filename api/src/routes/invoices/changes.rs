//! Taking back an invoice, or a part of what it charges.

use axum::extract::State;
use domain::subscription::{Command, CreditUnused};
use domain::{Currency, Money, ReasonText};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation::AmountShape;
use crate::request::amount::{Amount, money};
use crate::request::{CommandName, InvoicePath, Payload};
use crate::routes::subscription::Subscription;

/// Why an invoice is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Voiding {
    /// 1 to 200 characters on one line.
    #[schema(value_type = String, example = "issued by mistake")]
    reason: ReasonText,
}

/// What of an invoice is not owed after all.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCreditNote {
    /// How much, taxes included; all credit notes of an invoice are at most its total.
    #[schema(value_type = AmountShape, example = "5.00")]
    amount: Amount,
    /// ISO 4217; the invoice's own currency.
    #[schema(value_type = String, example = "USD")]
    currency: Currency,
    /// What becomes of what was paid of it: `balance` (it pays later invoices) or `refund` (it is to be paid back). What
    /// was not paid is due no more.
    #[serde(default = "balance")]
    #[schema(value_type = String, example = "balance", default = "balance")]
    credit: CreditUnused,
    /// 1 to 200 characters on one line.
    #[schema(value_type = String, example = "an outage")]
    reason: ReasonText,
}

fn balance() -> CreditUnused {
    CreditUnused::Balance
}

/// Take back an invoice of which nothing was paid.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/invoices/{invoice}/void", tag = "invoices",
    params(InvoicePath), request_body = Voiding,
    responses((status = 200, description = "It is not owed", body = Answered<Subscription>))
)]
pub(crate) async fn void_invoice(
    State(gate): State<Gate>,
    path: InvoicePath,
    name: CommandName,
    Payload(Voiding { reason }): Payload<Voiding>,
) -> Result<Answer<Subscription>, Problem> {
    let (customer, invoice) = path.parts();
    let applied = gate.decide(&customer, name, Command::VoidInvoice { invoice, reason }).await?;
    Ok(Answer::done(&applied, told(&applied)?))
}

/// Let a part of an invoice not be owed after all.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/invoices/{invoice}/credit-notes", tag = "invoices",
    params(InvoicePath), request_body = NewCreditNote,
    responses((status = 201, description = "Issued", body = Answered<Subscription>))
)]
pub(crate) async fn issue_credit_note(
    State(gate): State<Gate>,
    path: InvoicePath,
    name: CommandName,
    Payload(note): Payload<NewCreditNote>,
) -> Result<Answer<Subscription>, Problem> {
    let (customer, invoice) = path.parts();
    let amount: Money = money(note.amount, note.currency)?;
    let command = Command::IssueCreditNote { invoice, amount, credit: note.credit, reason: note.reason };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::created(&applied, told(&applied)?))
}
