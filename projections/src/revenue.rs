//! What was invoiced, collected and given back: a row for each invoice, credit note, payment and refund, and for what was
//! voided. Sums by plan, day and month are taken from it ([`summary`]).
//!
//! One row per document, and not one per plan and day, because a payment names an invoice and nothing of its plan; so the
//! row of the invoice is at hand whenever something happens to it.
//!
//! The row with an empty name is the organization itself.

pub mod summary;

use domain::id::InvoiceId;
use domain::subscription::{Event as SubscriptionEvent, Method, RefundKind};
use domain::{Event, Money};
use event_store::Recorded;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::life::{self, Life};
use crate::projection::{self, Writers};
use crate::row::{Rows, row};

row! {
    /// A document; the one without a name is the organization itself.
    pub struct Entry {
        key {
            /// The organization.
            organization: String,
            /// The invoice, the credit note, the payment or the refund; `<invoice>-void` for what was voided,
            /// `<payment>-excess` for what was paid beyond what was due.
            entry: String,
        }
        /// The product.
        product: Option<String>,
        /// `live` or `sandbox`.
        environment: Option<String>,
        /// When it happened.
        at: Option<Timestamp>,
        /// The local day of that instant.
        day: Option<Date>,
        /// `invoiced`, `credited`, `voided`, `collected`, `from_balance`, `from_credits`, `overpaid`, `refunded` or
        /// `charged_back`.
        kind: Option<String>,
        /// The plan of the invoice: the one the organization was on when it was issued.
        plan: Option<String>,
        /// The invoice; unknown of what was paid before there were invoices.
        invoice: Option<String>,
        /// The currency.
        currency: Option<String>,
        /// How much, with taxes.
        amount: Decimal,
        /// How much, without taxes.
        net: Decimal,
        /// Of an invoice: what credit notes took off it, without taxes.
        credited_net: Decimal,
        /// Of the organization itself: what is known of it.
        life: Option<Life>,
    }
}

/// The name of the organization itself.
const ITSELF: &str = "";

/// The projection.
pub struct Projection;

impl projection::Projection for Projection {
    type Row = Entry;

    const NAME: &'static str = "revenue";
    const WRITERS: Writers = Writers::OnePartition;
    const LOAD: &'static str = "
        SELECT revenue.* FROM revenue
        JOIN UNNEST ($1::text[], $2::text[]) AS touched (organization, entry) USING (organization, entry)";
    const SAVE: &'static str = include_str!("revenue/save.sql");

    fn apply(rows: &mut Rows<Entry>, recorded: &Recorded) {
        match &recorded.event {
            Event::Organization(event) if life::is_told(event) => itself(rows, recorded).describe(event),
            Event::Subscription(event) => {
                enter(rows, recorded, event);
                itself(rows, recorded).take_in(event);
            }
            Event::Organization(_)
            | Event::CreditLedger(_)
            | Event::ReferralTree(_)
            | Event::Catalog(_)
            | Event::InvoiceBook(_)
            | Event::DiscountBook(_) => {}
        }
    }
}

fn at(recorded: &Recorded, entry: impl ToString) -> (String, String) {
    (recorded.stream.owner.as_str().to_owned(), entry.to_string())
}

fn itself<'a>(rows: &'a mut Rows<Entry>, recorded: &Recorded) -> &'a mut Life {
    rows.change(at(recorded, ITSELF)).life.get_or_insert_default()
}

/// What an event puts down.
struct Put<'a> {
    entry: String,
    kind: &'static str,
    invoice: Option<&'a InvoiceId>,
    amount: Money,
    net: Money,
}

impl<'a> Put<'a> {
    fn of(event: &'a SubscriptionEvent) -> Option<Self> {
        let put = |entry: String, kind, invoice, amount, net| Some(Self { entry, kind, invoice, amount, net });
        match event {
            SubscriptionEvent::InvoiceIssued { invoice, net, total, kept, .. } => {
                let amount = Money::rounded(total.amount - kept.amount, total.currency);
                put(invoice.to_string(), "invoiced", Some(invoice), amount, *net)
            }
            SubscriptionEvent::CreditNoteIssued { credit_note, invoice, amount, net, .. } => {
                put(credit_note.to_string(), "credited", Some(invoice), *amount, *net)
            }
            // What of it is without taxes the invoice tells.
            SubscriptionEvent::InvoiceVoided { invoice, amount, .. } => {
                put(format!("{invoice}-void"), "voided", Some(invoice), *amount, *amount)
            }
            SubscriptionEvent::PaymentRecorded { payment, invoice, amount, net, method, .. } => {
                let kind = match method {
                    Method::ByHand | Method::Provider { .. } => "collected",
                    Method::Balance => "from_balance",
                    Method::Credits => "from_credits",
                };
                put(payment.to_string(), kind, invoice.as_ref(), *amount, *net)
            }
            SubscriptionEvent::OverpaymentKept { payment, amount, .. } => {
                put(format!("{payment}-excess"), "overpaid", None, *amount, *amount)
            }
            SubscriptionEvent::PaymentRefunded { refund, invoice, amount, net, kind, .. } => {
                let kind = match kind {
                    RefundKind::Refund => "refunded",
                    RefundKind::Chargeback => "charged_back",
                };
                put(refund.to_string(), kind, Some(invoice), *amount, *net)
            }
            SubscriptionEvent::SubscriptionStarted { .. }
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
            | SubscriptionEvent::DiscountEnded { .. } => None,
        }
    }
}

fn enter(rows: &mut Rows<Entry>, recorded: &Recorded, event: &SubscriptionEvent) {
    let Some(put) = Put::of(event) else { return };
    let (plan, stamp) = {
        let life = itself(rows, recorded);
        (life.plan().map(ToString::to_string), life.stamp(recorded, event))
    };
    let invoiced = put.invoice.map(|invoice| {
        let invoiced = rows.change(at(recorded, invoice));
        let before = invoiced.clone();
        if put.kind == "credited" {
            invoiced.credited_net += put.net.amount;
        }
        before
    });

    let row = rows.change(at(recorded, &put.entry));
    row.product = stamp.product;
    row.environment = Some(stamp.environment);
    row.at = Some(stamp.at);
    row.day = stamp.day;
    row.kind = Some(put.kind.to_owned());
    row.invoice = put.invoice.map(ToString::to_string);
    row.currency = Some(put.amount.currency.to_string());
    row.amount = put.amount.amount;
    row.net = match (&invoiced, put.kind) {
        (Some(invoiced), "voided") => invoiced.net - invoiced.credited_net,
        _ => put.net.amount,
    };
    row.plan = invoiced.and_then(|invoiced| invoiced.plan).or(plan);
}
