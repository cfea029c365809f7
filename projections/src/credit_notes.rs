//! Credit notes: what of invoices is not owed after all.
//!
//! As of [`invoices`](crate::invoices), the number comes from the product's partition, and may be seen before the rest.

use domain::invoice_book::Event as BookEvent;
use domain::subscription::{Event as SubscriptionEvent, InvoiceTax};
use domain::{CreditNoteId, Event, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::invoices::catalog_version;
use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// What is known of a credit note so far.
    pub struct Known {
        key {
            /// Whom it is for.
            organization: String,
            /// The credit note.
            credit_note: String,
        }
        /// The product it is for.
        product: Option<String>,
        /// The invoice it takes something off.
        invoice: Option<String>,
        /// The series it is numbered in.
        series: Option<String>,
        /// Its number in the series.
        number: Option<i64>,
        /// When it was numbered.
        numbered_at: Option<Timestamp>,
        /// The currency of every amount.
        currency: Option<String>,
        /// How much.
        amount: Option<Decimal>,
        /// Its share without taxes.
        net: Option<Decimal>,
        /// The taxes in it.
        taxes: Vec<InvoiceTax>,
        /// What of it was not paid, and is due no more.
        reduces_due: Decimal,
        /// What of it was paid, and went to the account balance.
        to_balance: Decimal,
        /// What of it was paid, and was to be paid back.
        to_refund: Decimal,
        /// Why.
        reason: Option<String>,
        /// When it was issued.
        issued_at: Option<Timestamp>,
        /// The newest catalog version when it was issued.
        catalog_version: Option<i64>,
        /// The partition of the organization's events.
        partition: Option<i32>,
        /// Where it was issued.
        position: Option<i64>,
    }
}

row! {
    /// A credit note that was issued.
    pub struct CreditNote {
        key {
            /// Whom it is for.
            organization: String,
            /// The credit note.
            credit_note: String,
        }
        /// The product it is for.
        product: Option<String>,
        /// The invoice it takes something off.
        invoice: String,
        /// The series it is numbered in.
        series: String,
        /// Its number in the series.
        number: Option<i64>,
        /// The currency of every amount.
        currency: String,
        /// How much.
        amount: Decimal,
        /// Its share without taxes.
        net: Decimal,
        /// The taxes in it.
        taxes: Vec<InvoiceTax>,
        /// What of it was not paid, and is due no more.
        reduces_due: Decimal,
        /// What of it was paid, and went to the account balance.
        to_balance: Decimal,
        /// What of it was paid, and was to be paid back.
        to_refund: Decimal,
        /// Why.
        reason: String,
        /// When it was issued.
        issued_at: Timestamp,
        /// The newest catalog version when it was issued.
        catalog_version: Option<i64>,
        /// Where it was issued.
        position: i64,
    }
}

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Known;

    const NAME: &'static str = "credit_notes";
    const WRITERS: Writers = Writers::SeveralPartitions;
    const LOAD: &'static str = "
        SELECT * FROM credit_notes
        WHERE (organization, credit_note) IN (SELECT * FROM UNNEST ($1::text[], $2::text[]))";
    const SAVE: &'static str = include_str!("credit_notes/save.sql");

    fn apply(rows: &mut Rows<Known>, recorded: &Recorded) {
        match &recorded.event {
            Event::Subscription(event) => issue(rows, recorded, event),
            Event::InvoiceBook(event) => number(rows, recorded, event),
            Event::Organization(_)
            | Event::CreditLedger(_)
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

fn issue(rows: &mut Rows<Known>, recorded: &Recorded, event: &SubscriptionEvent) {
    match event {
        SubscriptionEvent::CreditNoteIssued {
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
        } => {
            let row = rows.change((recorded.stream.owner.as_str().to_owned(), credit_note.to_string()));
            row.product = recorded.metadata.product().map(Into::into);
            row.invoice = Some(invoice.to_string());
            row.series = Some(series.to_string());
            row.currency = Some(amount.currency.to_string());
            row.amount = Some(amount.amount);
            row.net = Some(net.amount);
            row.taxes.clone_from(taxes);
            row.reduces_due = reduces_due.amount;
            row.to_balance = to_balance.amount;
            row.to_refund = to_refund.amount;
            row.reason = Some(reason.to_string());
            row.issued_at = Some(*issued_at);
            row.catalog_version = catalog_version(recorded);
            row.partition = Some(recorded.partition);
            row.position = Some(recorded.position);
        }
        SubscriptionEvent::InvoiceIssued { .. }
        | SubscriptionEvent::InvoiceVoided { .. }
        | SubscriptionEvent::PaymentRecorded { .. }
        | SubscriptionEvent::PaymentRefunded { .. }
        | SubscriptionEvent::OverpaymentKept { .. }
        | SubscriptionEvent::SubscriptionStarted { .. }
        | SubscriptionEvent::TrialStarted { .. }
        | SubscriptionEvent::TrialEnded { .. }
        | SubscriptionEvent::PaymentMethodAttached { .. }
        | SubscriptionEvent::PaymentMethodDetached { .. }
        | SubscriptionEvent::SubscriptionActivated { .. }
        | SubscriptionEvent::PeriodBegan { .. }
        | SubscriptionEvent::SubscriptionRenewed { .. }
        | SubscriptionEvent::SubscriptionPastDue { .. }
        | SubscriptionEvent::PaymentRetryDue { .. }
        | SubscriptionEvent::SubscriptionSuspended { .. }
        | SubscriptionEvent::SubscriptionRecovered { .. }
        | SubscriptionEvent::ChangeScheduled { .. }
        | SubscriptionEvent::ScheduledChangeRevoked { .. }
        | SubscriptionEvent::PlanChanged { .. }
        | SubscriptionEvent::CatalogMigrated { .. }
        | SubscriptionEvent::SubscriptionPaused { .. }
        | SubscriptionEvent::SubscriptionResumed { .. }
        | SubscriptionEvent::SubscriptionCanceled { .. }
        | SubscriptionEvent::DiscountApplied { .. }
        | SubscriptionEvent::DiscountEnded { .. } => {}
    }
}

fn number(rows: &mut Rows<Known>, recorded: &Recorded, event: &BookEvent) {
    match event {
        BookEvent::CreditNoteNumbered { credit_note, organization, series, number } => {
            let row = rows.change((organization.to_string(), credit_note.to_string()));
            row.series = Some(series.to_string());
            row.number = i64::try_from(*number).ok();
            row.numbered_at = Some(recorded.recorded_at);
        }
        BookEvent::InvoiceNumbered { .. } => {}
    }
}

/// A credit note of an organization.
pub async fn find(
    pool: &PgPool,
    organization: &OrganizationId,
    credit_note: &CreditNoteId,
) -> Result<Option<CreditNote>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM read.credit_notes WHERE organization = $1 AND credit_note = $2 AND issued_at IS NOT NULL",
    )
    .bind(organization.as_str())
    .bind(credit_note.as_str())
    .fetch_optional(pool)
    .await
}

/// The credit notes of an organization issued before a position, the newest first.
pub async fn list(
    pool: &PgPool,
    organization: &OrganizationId,
    before: i64,
    limit: i64,
) -> Result<Vec<CreditNote>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM read.credit_notes WHERE organization = $1 AND position < $2 AND issued_at IS NOT NULL
         ORDER BY position DESC LIMIT $3",
    )
    .bind(organization.as_str())
    .bind(before)
    .bind(limit)
    .fetch_all(pool)
    .await
}
