//! What may have happened to a subscription.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{InvoiceKind, InvoiceTax, Line, Method, Scheduled};
use crate::aggregate::domain_event;
use crate::calendar::{Interval, Period};
use crate::discount::DiscountTerms;
use crate::id::{
    CreditNoteId, DiscountCode, InvoiceId, PaymentId, PlanCode, ProviderCode, Reference, RefundId, Series,
    SubscriptionId,
};
use crate::money::{Credits, Money};
use crate::organization::BillingProfile;
use crate::text::ReasonText;

/// Why a subscription ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum CancelReason {
    /// Somebody asked for it.
    Requested {
        /// Why.
        reason: ReasonText,
    },
    /// It was not paid for too long.
    Unpaid,
    /// Its first invoice was taken back.
    Voided,
}

/// Who asked for a payment to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum RefundKind {
    /// The seller pays it back: what it paid is not owed any more.
    Refund,
    /// The payer's bank took it back: what it paid is owed again.
    Chargeback,
}

/// An event of an organization's subscription.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// A plan was chosen; a paid one entitles once its first period is paid.
    SubscriptionStarted {
        /// What its invoices are named after; unknown of those that were started before there were invoices.
        subscription: Option<SubscriptionId>,
        /// The plan.
        plan: PlanCode,
        /// The catalog version it was sold under.
        catalog_version: u32,
        /// How often it is paid.
        interval: Interval,
        /// What each period costs.
        price: Money,
    },
    /// The plan entitles without being paid, for a time.
    TrialStarted {
        /// Since when.
        #[cfg_attr(test, schemars(with = "String"))]
        starts_at: Timestamp,
        /// Until when.
        #[cfg_attr(test, schemars(with = "String"))]
        ends_at: Timestamp,
    },
    /// That time is over.
    TrialEnded {
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        at: Timestamp,
    },
    /// A way to pay is known.
    PaymentMethodAttached {
        /// Who keeps it.
        provider: ProviderCode,
        /// What it is called there.
        reference: Reference,
    },
    /// It is known no more.
    PaymentMethodDetached {
        /// Who kept it.
        provider: ProviderCode,
        /// What it was called there.
        reference: Reference,
    },
    /// Something was charged. What it says never changes.
    InvoiceIssued {
        /// The invoice.
        invoice: InvoiceId,
        /// The series it is numbered in.
        series: Series,
        /// Why.
        kind: InvoiceKind,
        /// The time it is for; unknown of a period that begins when it is paid.
        period: Option<Period>,
        /// What it is for.
        lines: Vec<Line>,
        /// What it comes to without taxes; below zero if more is taken off than charged.
        net: Money,
        /// The taxes.
        taxes: Vec<InvoiceTax>,
        /// What is to pay.
        total: Money,
        /// What it comes to below zero: it is kept on the account balance.
        kept: Money,
        /// When it was issued.
        #[cfg_attr(test, schemars(with = "String"))]
        issued_at: Timestamp,
        /// When it is due.
        #[cfg_attr(test, schemars(with = "String"))]
        due_at: Timestamp,
        /// What it says of the customer.
        profile: Option<BillingProfile>,
    },
    /// An invoice of which nothing was paid was taken back.
    InvoiceVoided {
        /// The invoice.
        invoice: InvoiceId,
        /// What is not owed any more.
        amount: Money,
        /// Why.
        reason: ReasonText,
    },
    /// Money was received, or taken from what was kept.
    PaymentRecorded {
        /// The payment.
        payment: PaymentId,
        /// The invoice it pays; unknown of what was paid before there were invoices.
        invoice: Option<InvoiceId>,
        /// How much.
        amount: Money,
        /// Its share without taxes.
        net: Money,
        /// How it came.
        method: Method,
        /// What it is called where it was received.
        reference: Option<Reference>,
        /// What is still due of the invoice.
        still_due: Money,
    },
    /// More was paid than was due: the rest becomes credits.
    OverpaymentKept {
        /// The payment it came with.
        payment: PaymentId,
        /// How much was not due.
        amount: Money,
        /// The credits it is worth.
        credits: Credits,
    },
    /// A payment went back, all of it or a part.
    PaymentRefunded {
        /// The refund.
        refund: RefundId,
        /// The payment.
        payment: PaymentId,
        /// The invoice it had paid.
        invoice: InvoiceId,
        /// How much.
        amount: Money,
        /// Its share without taxes.
        net: Money,
        /// All that went back of the payment up to now.
        refunded_total: Money,
        /// The share without taxes of that.
        refunded_net_total: Money,
        /// The share without taxes of the payment.
        paid_net: Money,
        /// Who asked for it.
        kind: RefundKind,
        /// Why.
        reason: ReasonText,
        /// What it is called where it was made.
        reference: Option<Reference>,
    },
    /// A part of an invoice is not owed after all.
    CreditNoteIssued {
        /// The credit note.
        credit_note: CreditNoteId,
        /// The series it is numbered in.
        series: Series,
        /// The invoice.
        invoice: InvoiceId,
        /// How much.
        amount: Money,
        /// Its share without taxes.
        net: Money,
        /// The taxes in it.
        taxes: Vec<InvoiceTax>,
        /// What of it was not paid, and is due no more.
        reduces_due: Money,
        /// What of it was paid, and is kept on the account balance.
        to_balance: Money,
        /// What of it was paid, and is to be paid back.
        to_refund: Money,
        /// Why.
        reason: ReasonText,
        /// When it was issued.
        #[cfg_attr(test, schemars(with = "String"))]
        issued_at: Timestamp,
    },
    /// The plan entitles from now on; billing periods are counted from `anchor`.
    SubscriptionActivated {
        /// The instant from which periods are counted.
        #[cfg_attr(test, schemars(with = "String"))]
        anchor: Timestamp,
        /// The first period.
        period: Period,
    },
    /// The next period began, paid or not.
    PeriodBegan {
        /// The instant from which periods are counted.
        #[cfg_attr(test, schemars(with = "String"))]
        anchor: Timestamp,
        /// The period.
        period: Period,
    },
    /// The next period was paid in full.
    SubscriptionRenewed {
        /// That period.
        period: Period,
    },
    /// An invoice is due and not paid. It entitles for a while.
    SubscriptionPastDue {
        /// Since when.
        #[cfg_attr(test, schemars(with = "String"))]
        since: Timestamp,
        /// The invoice.
        invoice: InvoiceId,
        /// When the payment is tried again.
        #[cfg_attr(test, schemars(with = "Vec<String>"))]
        retries: Vec<Timestamp>,
        /// Until when it entitles.
        #[cfg_attr(test, schemars(with = "String"))]
        suspends_at: Timestamp,
        /// When it ends.
        #[cfg_attr(test, schemars(with = "String"))]
        cancels_at: Timestamp,
    },
    /// It is time to try the payment again.
    PaymentRetryDue {
        /// The oldest invoice that is not paid.
        invoice: InvoiceId,
        /// Which attempt it is: 1, 2, 3 and so on.
        attempt: u16,
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        at: Timestamp,
    },
    /// It entitles no more, until all is paid.
    SubscriptionSuspended {
        /// Since when.
        #[cfg_attr(test, schemars(with = "String"))]
        since: Timestamp,
        /// The oldest invoice that is not paid.
        invoice: InvoiceId,
    },
    /// All that was due is paid.
    SubscriptionRecovered {
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        at: Timestamp,
    },
    /// Something will happen when the period is over.
    ChangeScheduled {
        /// What.
        change: Scheduled,
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        at: Timestamp,
    },
    /// It will not.
    ScheduledChangeRevoked {
        /// What.
        change: Scheduled,
    },
    /// Another plan or interval is in force.
    PlanChanged {
        /// The plan it was.
        from: PlanCode,
        /// The plan it is.
        to: PlanCode,
        /// The catalog version it was sold under.
        catalog_version: u32,
        /// How often it is paid.
        interval: Interval,
        /// What each period costs.
        price: Money,
        /// Since when.
        #[cfg_attr(test, schemars(with = "String"))]
        at: Timestamp,
    },
    /// It moved to a newer version of the catalog, on the same plan.
    CatalogMigrated {
        /// The plan.
        plan: PlanCode,
        /// The version it was sold under.
        from: u32,
        /// The version that binds from now on.
        to: u32,
        /// What each period costs, from the next one on.
        price: Money,
    },
    /// It rests: nothing is entitled to, nothing charged.
    SubscriptionPaused {
        /// Since when.
        #[cfg_attr(test, schemars(with = "String"))]
        since: Timestamp,
        /// When it goes on by itself.
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        resumes_at: Option<Timestamp>,
    },
    /// It goes on.
    SubscriptionResumed {
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        at: Timestamp,
    },
    /// It ended. What is open can still be paid.
    SubscriptionCanceled {
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        at: Timestamp,
        /// Why.
        reason: CancelReason,
    },
    /// A discount takes something off what is billed from now on.
    DiscountApplied {
        /// The code that was redeemed.
        code: DiscountCode,
        /// What it was worth when it was.
        terms: DiscountTerms,
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        at: Timestamp,
    },
    /// A discount takes off nothing more.
    DiscountEnded {
        /// Its code.
        code: DiscountCode,
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        at: Timestamp,
    },
}

domain_event!(
    Event {
        SubscriptionStarted => "2",
        TrialStarted => "1",
        TrialEnded => "1",
        PaymentMethodAttached => "1",
        PaymentMethodDetached => "1",
        InvoiceIssued => "1",
        InvoiceVoided => "1",
        PaymentRecorded => "2",
        OverpaymentKept => "1",
        PaymentRefunded => "1",
        CreditNoteIssued => "1",
        SubscriptionActivated => "1",
        PeriodBegan => "1",
        SubscriptionRenewed => "1",
        SubscriptionPastDue => "1",
        PaymentRetryDue => "1",
        SubscriptionSuspended => "1",
        SubscriptionRecovered => "1",
        ChangeScheduled => "1",
        ScheduledChangeRevoked => "1",
        PlanChanged => "1",
        CatalogMigrated => "1",
        SubscriptionPaused => "1",
        SubscriptionResumed => "1",
        SubscriptionCanceled => "1",
        DiscountApplied => "1",
        DiscountEnded => "1",
    }
    upcast {
        SubscriptionStarted "1" => "2" by super::upcast::started_without_a_name,
        PaymentRecorded "1" => "2" by super::upcast::paid_without_an_invoice,
    }
);
