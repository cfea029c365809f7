//! Payments: what came in, or was taken from the account balance, for which invoice; and what of it went back.

use domain::subscription::{Event as SubscriptionEvent, Method, RefundKind};
use domain::{Event, OrganizationId, PaymentId};
use event_store::Recorded;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPool;

use crate::projection::{self, Writers};
use crate::row::{Rows, row};

/// What of a payment went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The refund.
    pub refund: String,
    /// How much.
    pub amount: Decimal,
    /// Its share without taxes.
    pub net: Decimal,
    /// Who asked for it.
    pub kind: RefundKind,
    /// Why.
    pub reason: String,
    /// What it is called where it was made.
    pub reference: Option<String>,
    /// When it was recorded.
    pub at: Timestamp,
}

row! {
    /// A payment, or the part of one that pays one invoice.
    pub struct Payment {
        key {
            /// Who paid.
            organization: String,
            /// The payment.
            payment: String,
        }
        /// The product it is for.
        product: Option<String>,
        /// What it pays; unknown of what was paid before there were invoices.
        invoice: Option<String>,
        /// How much.
        amount: Decimal,
        /// Its share without taxes.
        net: Decimal,
        /// The currency of every amount.
        currency: String,
        /// `by_hand`, `provider`, `credits` or `balance`.
        method: String,
        /// The provider it came through.
        provider: Option<String>,
        /// What the charge is called there.
        charge: Option<String>,
        /// What it is called where it was received.
        reference: Option<String>,
        /// What came with it beyond what was due, and became credits.
        overpaid: Decimal,
        /// Those credits.
        overpaid_credits: Decimal,
        /// What of it went back.
        refunded: Decimal,
        /// The share without taxes of that.
        refunded_net: Decimal,
        /// How it went back, one after another.
        refunds: Vec<Refund>,
        /// `succeeded`, `partly_refunded` or `refunded`.
        status: String,
        /// When it was recorded.
        recorded_at: Timestamp,
        /// The partition of the organization's events.
        partition: i32,
        /// Where it was recorded.
        position: i64,
    }
}

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Payment;

    const NAME: &'static str = "payments";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT * FROM payments WHERE (organization, payment) IN (SELECT * FROM UNNEST ($1::text[], $2::text[]))";
    const SAVE: &'static str = include_str!("payments/save.sql");

    fn apply(rows: &mut Rows<Payment>, recorded: &Recorded) {
        match &recorded.event {
            Event::Subscription(event) => follow(rows, recorded, event),
            Event::Organization(_)
            | Event::CreditLedger(_)
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

fn follow(rows: &mut Rows<Payment>, recorded: &Recorded, event: &SubscriptionEvent) {
    let key = |payment: &PaymentId| (recorded.stream.owner.as_str().to_owned(), payment.to_string());
    match event {
        SubscriptionEvent::PaymentRecorded { payment, .. } => rows.change(key(payment)).record(recorded, event),
        SubscriptionEvent::OverpaymentKept { payment, amount, credits } => {
            let row = rows.change(key(payment));
            row.overpaid = amount.amount;
            row.overpaid_credits = credits.amount();
        }
        SubscriptionEvent::PaymentRefunded { payment, .. } => rows.change(key(payment)).refund(recorded, event),
        SubscriptionEvent::InvoiceIssued { .. }
        | SubscriptionEvent::InvoiceVoided { .. }
        | SubscriptionEvent::CreditNoteIssued { .. }
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

impl Payment {
    fn record(&mut self, recorded: &Recorded, event: &SubscriptionEvent) {
        let SubscriptionEvent::PaymentRecorded { payment: _, invoice, amount, net, method, reference, still_due: _ } =
            event
        else {
            return;
        };
        self.product = recorded.metadata.product().map(Into::into);
        self.invoice = invoice.as_ref().map(ToString::to_string);
        self.amount = amount.amount;
        self.net = net.amount;
        self.currency = amount.currency.to_string();
        let (method, through) = match method {
            Method::ByHand => ("by_hand", None),
            Method::Provider { provider, charge } => ("provider", Some((provider, charge))),
            Method::Credits => ("credits", None),
            Method::Balance => ("balance", None),
        };
        self.method = method.to_owned();
        self.provider = through.map(|(provider, _)| provider.to_string());
        self.charge = through.map(|(_, charge)| charge.to_string());
        self.reference = reference.as_ref().map(ToString::to_string);
        self.status = "succeeded".to_owned();
        self.recorded_at = recorded.recorded_at;
        self.partition = recorded.partition;
        self.position = recorded.position;
    }

    fn refund(&mut self, recorded: &Recorded, event: &SubscriptionEvent) {
        let SubscriptionEvent::PaymentRefunded {
            refund,
            payment: _,
            invoice: _,
            amount,
            net,
            refunded_total,
            refunded_net_total,
            paid_net: _,
            kind,
            reason,
            reference,
        } = event
        else {
            return;
        };
        self.refunds.push(Refund {
            refund: refund.to_string(),
            amount: amount.amount,
            net: net.amount,
            kind: *kind,
            reason: reason.to_string(),
            reference: reference.as_ref().map(ToString::to_string),
            at: recorded.recorded_at,
        });
        self.refunded = refunded_total.amount;
        self.refunded_net = refunded_net_total.amount;
        let status = if self.refunded < self.amount { "partly_refunded" } else { "refunded" };
        self.status = status.to_owned();
    }
}

/// The payments of an organization recorded before a position, the newest first, all or those of an invoice.
pub async fn list(
    pool: &PgPool,
    organization: &OrganizationId,
    invoice: Option<&str>,
    before: i64,
    limit: i64,
) -> Result<Vec<Payment>, sqlx::Error> {
    sqlx::query_as(
        "SELECT * FROM read.payments WHERE organization = $1 AND ($2::text IS NULL OR invoice = $2) AND position < $3
         ORDER BY position DESC LIMIT $4",
    )
    .bind(organization.as_str())
    .bind(invoice)
    .bind(before)
    .bind(limit)
    .fetch_all(pool)
    .await
}
