//! Invoices: what was charged, what became of it, what is still due.
//!
//! ```text
//! still due = total - credit notes - (payments - refunds - what went to the balance - what is to be paid back)
//! ```
//!
//! Every amount is the sum of what events say; what is still due is what the subscription itself says of the invoice.
//!
//! The organization's partition tells all but the number: that is given by the product's invoice book, in the product's
//! partition. Partitions are folded side by side, so a number may be seen before its invoice; people see an invoice once
//! it is issued.

use domain::calendar::Period;
use domain::invoice_book::Event as BookEvent;
use domain::subscription::{Event as SubscriptionEvent, InvoiceKind, InvoiceTax, Line, RefundKind};
use domain::{Event, InvoiceId, OrganizationId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// What is known of an invoice so far.
    pub struct Known {
        key {
            /// Whom it is for.
            organization: String,
            /// The invoice.
            invoice: String,
        }
        /// The product it is for.
        product: Option<String>,
        /// `first`, `period`, `change` or `usage`.
        kind: Option<String>,
        /// The series it is numbered in.
        series: Option<String>,
        /// Its number in the series.
        number: Option<i64>,
        /// When it was numbered.
        numbered_at: Option<Timestamp>,
        /// The time it is for; unknown of a period that begins when it is paid.
        period_start: Option<Timestamp>,
        /// The end of it.
        period_end: Option<Timestamp>,
        /// What it is for.
        lines: Vec<Line>,
        /// The currency of every amount.
        currency: Option<String>,
        /// What it comes to without taxes; below zero if more is taken off than charged.
        net: Option<Decimal>,
        /// The taxes.
        taxes: Vec<InvoiceTax>,
        /// What was to pay.
        total: Option<Decimal>,
        /// What it comes to below zero: it goes to the account balance.
        kept: Decimal,
        /// What credit notes take off it.
        credited: Decimal,
        /// What of it was paid, taken off, and went to the account balance.
        to_balance: Decimal,
        /// What of it was paid, taken off, and is to be paid back.
        to_refund: Decimal,
        /// All that was paid of it, also what went back.
        paid: Decimal,
        /// What of it went back to the payer.
        refunded: Decimal,
        /// What is still to pay.
        still_due: Decimal,
        /// `open`, `paid`, `credited` or `void`.
        status: Option<String>,
        /// Why it was taken back.
        void_reason: Option<String>,
        /// When it was issued.
        issued_at: Option<Timestamp>,
        /// When it is due.
        due_at: Option<Timestamp>,
        /// What it says of the customer.
        profile_id: Option<String>,
        /// The hash of that.
        profile_hash: Option<String>,
        /// The country whose taxes apply.
        profile_country: Option<String>,
        /// The newest catalog version when it was issued.
        catalog_version: Option<i64>,
        /// The partition of the organization's events.
        partition: Option<i32>,
        /// Where it was issued.
        position: Option<i64>,
    }
}

row! {
    /// An invoice that was issued.
    pub struct Invoice {
        key {
            /// Whom it is for.
            organization: String,
            /// The invoice.
            invoice: String,
        }
        /// The product it is for.
        product: Option<String>,
        /// `first`, `period`, `change` or `usage`.
        kind: String,
        /// The series it is numbered in.
        series: String,
        /// Its number in the series.
        number: Option<i64>,
        /// The time it is for; unknown of a period that begins when it is paid.
        period_start: Option<Timestamp>,
        /// The end of it.
        period_end: Option<Timestamp>,
        /// What it is for.
        lines: Vec<Line>,
        /// The currency of every amount.
        currency: String,
        /// What it comes to without taxes; below zero if more is taken off than charged.
        net: Decimal,
        /// The taxes.
        taxes: Vec<InvoiceTax>,
        /// What was to pay.
        total: Decimal,
        /// What it comes to below zero: it goes to the account balance.
        kept: Decimal,
        /// What credit notes take off it.
        credited: Decimal,
        /// What of it was paid, taken off, and went to the account balance.
        to_balance: Decimal,
        /// What of it was paid, taken off, and is to be paid back.
        to_refund: Decimal,
        /// All that was paid of it, also what went back.
        paid: Decimal,
        /// What of it went back to the payer.
        refunded: Decimal,
        /// What is still to pay.
        still_due: Decimal,
        /// `open`, `paid`, `credited` or `void`.
        status: String,
        /// Why it was taken back.
        void_reason: Option<String>,
        /// When it was issued.
        issued_at: Timestamp,
        /// When it is due.
        due_at: Timestamp,
        /// What it says of the customer.
        profile_id: Option<String>,
        /// The hash of that.
        profile_hash: Option<String>,
        /// The country whose taxes apply.
        profile_country: Option<String>,
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

    const NAME: &'static str = "invoices";
    const WRITERS: Writers = Writers::SeveralPartitions;
    const LOAD: &'static str = "
        SELECT * FROM invoices WHERE (organization, invoice) IN (SELECT * FROM UNNEST ($1::text[], $2::text[]))";
    const SAVE: &'static str = include_str!("invoices/save.sql");

    fn apply(rows: &mut Rows<Known>, recorded: &Recorded) {
        match &recorded.event {
            Event::Subscription(event) => follow(rows, recorded, event),
            Event::InvoiceBook(event) => number(rows, recorded, event),
            Event::Organization(_)
            | Event::CreditLedger(_)
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

fn follow(rows: &mut Rows<Known>, recorded: &Recorded, event: &SubscriptionEvent) {
    let key = |invoice: &InvoiceId| (recorded.stream.owner.as_str().to_owned(), invoice.to_string());
    let row = match event {
        SubscriptionEvent::InvoiceIssued { invoice, .. } => {
            let row = rows.change(key(invoice));
            row.issue(recorded, event);
            row
        }
        SubscriptionEvent::InvoiceVoided { invoice, reason, .. } => {
            let row = rows.change(key(invoice));
            row.void_reason = Some(reason.to_string());
            row
        }
        SubscriptionEvent::PaymentRecorded { invoice: Some(invoice), amount, .. } => {
            let row = rows.change(key(invoice));
            row.paid += amount.amount;
            row
        }
        SubscriptionEvent::PaymentRefunded { invoice, amount, kind, .. } => {
            let row = rows.change(key(invoice));
            row.refunded += amount.amount;
            if *kind == RefundKind::Refund {
                row.to_refund -= row.to_refund.min(amount.amount);
            }
            row
        }
        SubscriptionEvent::CreditNoteIssued { invoice, amount, to_balance, to_refund, .. } => {
            let row = rows.change(key(invoice));
            row.credited += amount.amount;
            row.to_balance += to_balance.amount;
            row.to_refund += to_refund.amount;
            row
        }
        // What was paid before there were invoices.
        SubscriptionEvent::PaymentRecorded { invoice: None, .. }
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
        | SubscriptionEvent::DiscountEnded { .. } => return,
    };
    row.reckon();
}

fn number(rows: &mut Rows<Known>, recorded: &Recorded, event: &BookEvent) {
    match event {
        BookEvent::InvoiceNumbered { invoice, organization, series, number } => {
            let row = rows.change((organization.to_string(), invoice.to_string()));
            row.series = Some(series.to_string());
            row.number = i64::try_from(*number).ok();
            row.numbered_at = Some(recorded.recorded_at);
        }
        BookEvent::CreditNoteNumbered { .. } => {}
    }
}

impl Known {
    fn issue(&mut self, recorded: &Recorded, event: &SubscriptionEvent) {
        let SubscriptionEvent::InvoiceIssued {
            invoice: _,
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
        else {
            return;
        };
        self.product = recorded.metadata.product().map(Into::into);
        self.kind = Some(kind_name(*kind).to_owned());
        self.series = Some(series.to_string());
        (self.period_start, self.period_end) = period.map(|Period { start, end }| (start, end)).unzip();
        self.lines.clone_from(lines);
        self.currency = Some(total.currency.to_string());
        self.net = Some(net.amount);
        self.taxes.clone_from(taxes);
        self.total = Some(total.amount);
        self.kept = kept.amount;
        self.issued_at = Some(*issued_at);
        self.due_at = Some(*due_at);
        self.profile_id = profile.as_ref().map(|profile| profile.id.to_string());
        self.profile_hash = profile.as_ref().map(|profile| profile.hash.to_string());
        self.profile_country = profile.as_ref().map(|profile| profile.country.to_string());
        self.catalog_version = catalog_version(recorded);
        self.partition = Some(recorded.partition);
        self.position = Some(recorded.position);
    }

    /// What follows from the amounts: what is still due, and what the invoice is called for it.
    fn reckon(&mut self) {
        let total = self.total.unwrap_or_default();
        let held = self.paid - self.refunded - self.to_balance - self.to_refund;
        let is_void = self.void_reason.is_some();
        self.still_due = if is_void { Decimal::ZERO } else { total - self.credited - held };
        let status = if is_void {
            "void"
        } else if self.still_due > Decimal::ZERO {
            "open"
        } else if self.credited >= total && total > Decimal::ZERO {
            "credited"
        } else {
            "paid"
        };
        self.status = Some(status.to_owned());
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

/// The newest catalog version when a subscription decided.
pub(crate) fn catalog_version(recorded: &Recorded) -> Option<i64> {
    recorded.metadata.get("catalog_version")?.parse().ok()
}

/// An invoice of an organization.
pub async fn find(
    pool: &PgPool,
    organization: &OrganizationId,
    invoice: &InvoiceId,
) -> Result<Option<Invoice>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM read.invoices WHERE organization = $1 AND invoice = $2 AND issued_at IS NOT NULL")
        .bind(organization.as_str())
        .bind(invoice.as_str())
        .fetch_optional(pool)
        .await
}

/// The invoices of an organization issued before a position, the newest first, all or those with a status.
pub async fn list(
    pool: &PgPool,
    organization: &OrganizationId,
    status: Option<&str>,
    before: i64,
    limit: i64,
) -> Result<Vec<Invoice>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM read.invoices
         WHERE organization = $1 AND ($2::text IS NULL OR status = $2) AND position < $3 AND issued_at IS NOT NULL
         ORDER BY position DESC LIMIT $4",
    )
    .bind(organization.as_str())
    .bind(status)
    .bind(before)
    .bind(limit)
    .fetch_all(pool)
    .await
}
