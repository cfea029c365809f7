//! Payments: listed, and sent back.

use axum::Json;
use axum::extract::State;
use domain::subscription::{Command, RefundKind};
use domain::{Currency, ReasonText, Reference};
use projections::payments::{self, Payment as Row};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::query::{PageParams, PaymentsParams, PaymentsQuery};
use super::shape;
use crate::answer::{Answer, Answered, told};
use crate::gate::Gate;
use crate::problem::Problem;
use crate::representation::{self, AmountShape, Money};
use crate::request::amount::{Amount, money};
use crate::request::{CommandName, Customer, FreshnessParams, OrganizationPath, Payload, PaymentPath};
use crate::routes::subscription::Subscription;

/// A payment, or the part of one that pays one invoice.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordedPayment)]
pub(crate) struct Payment {
    /// The payment.
    #[schema(example = "pay_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    payment: String,
    /// What it pays; unknown of what was paid before there were invoices.
    #[schema(example = "inv_0198c0de7a7e7c0fb1a5e5d2f1c0ffee-1")]
    invoice: Option<String>,
    /// How much.
    amount: Money,
    /// Its share without taxes.
    net: Money,
    /// `by_hand`, `provider`, `credits` or `balance` (what was kept of earlier payments).
    #[schema(example = "by_hand")]
    method: String,
    /// The provider it came through.
    #[schema(example = "stripe")]
    provider: Option<String>,
    /// What the charge is called there.
    #[schema(example = "ch_3NqX")]
    charge: Option<String>,
    /// What it is called where it was received.
    #[schema(example = "transfer-2041")]
    reference: Option<String>,
    /// `succeeded`, `partly_refunded` or `refunded`.
    #[schema(example = "succeeded")]
    status: String,
    /// What came with it beyond what was due, and became credits.
    overpaid: Money,
    /// Those credits.
    #[schema(example = "0.00")]
    overpaid_credits: String,
    /// What of it went back.
    refunded: Money,
    /// How it went back, one after another.
    refunds: Vec<Refund>,
    /// When it was recorded.
    #[schema(format = DateTime)]
    recorded_at: String,
}

/// What of a payment went back.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refund {
    /// The refund.
    #[schema(example = "ref_0198c0de7a7e7c0fb1a5e5d2f1c0ffee")]
    refund: String,
    /// How much.
    amount: Money,
    /// Its share without taxes.
    net: Money,
    /// `refund`: the seller paid it back; `chargeback`: the payer's bank took it back.
    #[schema(value_type = String, example = "refund")]
    kind: RefundKind,
    /// Why.
    #[schema(example = "not delivered")]
    reason: String,
    /// What it is called where it was made.
    #[schema(example = "re_3NqX")]
    reference: Option<String>,
    /// When it was recorded.
    #[schema(format = DateTime)]
    at: String,
}

/// A page of payments.
#[derive(Serialize, ToSchema)]
pub(crate) struct PaymentPage {
    /// The payments, the newest first.
    payments: Vec<Payment>,
    /// The `before` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 17)]
    next_before: Option<i64>,
}

/// A payment, or a part of it, that went back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRefund {
    /// How much; at most what is left of the payment.
    #[schema(value_type = AmountShape, example = "7.50")]
    amount: Amount,
    /// ISO 4217; the payment's own currency.
    #[schema(value_type = String, example = "USD")]
    currency: Currency,
    /// `refund`: the seller paid it back, and it is not owed any more; `chargeback`: the payer's bank took it back, and it
    /// is owed again.
    #[serde(default = "refund")]
    #[schema(value_type = String, example = "refund", default = "refund")]
    kind: RefundKind,
    /// 1 to 200 characters on one line.
    #[schema(value_type = String, example = "not delivered")]
    reason: ReasonText,
    /// What it is called where it was made.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "re_3NqX")]
    reference: Option<Reference>,
}

fn refund() -> RefundKind {
    RefundKind::Refund
}

impl Payment {
    fn of(row: Row) -> Result<Self, Problem> {
        let currency = shape::currency(&row.currency)?;
        let money = |value| shape::amount(value, currency);
        let refunds = row.refunds.into_iter().map(|refund| Refund {
            refund: refund.refund,
            amount: money(refund.amount),
            net: money(refund.net),
            kind: refund.kind,
            reason: refund.reason,
            reference: refund.reference,
            at: refund.at.to_string(),
        });
        Ok(Self {
            payment: row.payment,
            invoice: row.invoice,
            amount: money(row.amount),
            net: money(row.net),
            method: row.method,
            provider: row.provider,
            charge: row.charge,
            reference: row.reference,
            status: row.status,
            overpaid: money(row.overpaid),
            overpaid_credits: representation::credits(row.overpaid_credits),
            refunded: money(row.refunded),
            refunds: refunds.collect(),
            recorded_at: row.recorded_at.to_string(),
        })
    }
}

/// The payments of an organization.
#[utoipa::path(
    get, path = "/v1/organizations/{organization}/payments", tag = "invoices",
    params(OrganizationPath, PaymentsParams, PageParams, FreshnessParams),
    responses((status = 200, description = "A page of them, the newest first", body = PaymentPage))
)]
pub(crate) async fn list_payments(
    State(gate): State<Gate>,
    customer: Customer,
    PaymentsQuery { invoice, page }: PaymentsQuery,
) -> Result<Json<PaymentPage>, Problem> {
    page.freshness.wait(&gate, "payments", &customer.owner()).await?;
    let invoice = invoice.as_ref().map(domain::InvoiceId::as_str);
    let rows = payments::list(&gate.pool, &customer.0, invoice, page.before, page.limit).await?;
    if rows.is_empty() {
        gate.registered(&customer.0).await?;
    }
    let next_before = page.next(rows.len(), rows.last().map(|row| row.position));
    let payments = rows.into_iter().map(Payment::of).collect::<Result<_, _>>()?;
    Ok(Json(PaymentPage { payments, next_before }))
}

/// Record that a payment went back, all of it or a part.
#[utoipa::path(
    post, path = "/v1/organizations/{organization}/payments/{payment}/refunds", tag = "invoices",
    params(PaymentPath), request_body = NewRefund,
    responses((status = 201, description = "Recorded", body = Answered<Subscription>))
)]
pub(crate) async fn refund_payment(
    State(gate): State<Gate>,
    path: PaymentPath,
    name: CommandName,
    Payload(new): Payload<NewRefund>,
) -> Result<Answer<Subscription>, Problem> {
    let (customer, payment) = path.parts();
    let amount = money(new.amount, new.currency)?;
    let NewRefund { kind, reason, reference, .. } = new;
    let command = Command::RefundPayment { payment, amount, kind, reason, reference };
    let applied = gate.decide(&customer, name, command).await?;
    Ok(Answer::created(&applied, told(&applied)?))
}
