//! Of a subscription.

use domain::subscription::Event;

use super::Told;

pub(super) fn told(event: &Event) -> Told {
    match event {
        Event::SubscriptionStarted { .. } => {
            ("subscription_started", "A plan was chosen. A paid plan entitles once its first period is paid.")
        }
        Event::TrialStarted { .. } => ("trial_started", "The plan entitles without being paid, until `ends_at`."),
        Event::TrialEnded { .. } => ("trial_ended", "The time in which it entitles without being paid is over."),
        Event::PaymentMethodAttached { .. } => ("payment_method_attached", "A way to pay is known."),
        Event::PaymentMethodDetached { .. } => ("payment_method_detached", "The way to pay is known no more."),
        Event::InvoiceIssued { .. } => (
            "invoice_issued",
            "Something was charged. `lines` say what for, in prices as sold; `total` is to pay; what the lines come to \
             below zero is `kept` for the next invoices. The number follows.",
        ),
        Event::InvoiceVoided { .. } => ("invoice_voided", "An invoice of which nothing was paid was taken back."),
        Event::PaymentRecorded { .. } => (
            "payment_recorded",
            "Money was received, or taken from what was kept (`balance`). `still_due` is what remains to be paid of \
             the invoice.",
        ),
        Event::OverpaymentKept { .. } => {
            ("overpayment_kept", "More was paid than was due: the rest becomes so many `credits`.")
        }
        Event::PaymentRefunded { .. } => (
            "payment_refunded",
            "A payment went back, all of it or a part: paid back by the seller (`refund`), or taken back by the \
             payer's bank (`chargeback`).",
        ),
        Event::CreditNoteIssued { .. } => (
            "credit_note_issued",
            "A part of an invoice is not owed after all: what was not paid of it `reduces_due`, what was goes \
             `to_balance` or is `to_refund`.",
        ),
        Event::SubscriptionActivated { .. } => {
            ("subscription_activated", "The plan entitles from now on; billing periods are counted from `anchor`.")
        }
        Event::PeriodBegan { .. } => ("period_began", "The next period began, paid or not."),
        Event::SubscriptionRenewed { .. } => ("subscription_renewed", "The next period was paid in full."),
        Event::SubscriptionPastDue { .. } => (
            "subscription_past_due",
            "An invoice is due and not paid. The plan entitles until `suspends_at`, and ends at `cancels_at`.",
        ),
        Event::PaymentRetryDue { .. } => ("payment_retry_due", "It is time to try the payment again."),
        Event::SubscriptionSuspended { .. } => {
            ("subscription_suspended", "The plan entitles no more, until all is paid.")
        }
        Event::SubscriptionRecovered { .. } => ("subscription_recovered", "All that was due is paid."),
        Event::ChangeScheduled { .. } => (
            "change_scheduled",
            "When the period is over the plan changes (`plan`), or it ends (`cancellation`) or rests (`pause`).",
        ),
        Event::ScheduledChangeRevoked { .. } => ("scheduled_change_revoked", "What was to happen then will not."),
        Event::PlanChanged { .. } => ("plan_changed", "Another plan or interval is in force."),
        Event::CatalogMigrated { .. } => (
            "catalog_migrated",
            "The subscription moved to a newer version of the catalog, on the same plan. `price` counts from the \
             next period on.",
        ),
        Event::SubscriptionPaused { .. } => {
            ("subscription_paused", "It rests: nothing is entitled to and nothing charged.")
        }
        Event::SubscriptionResumed { .. } => ("subscription_resumed", "It goes on."),
        Event::SubscriptionCanceled { .. } => (
            "subscription_canceled",
            "It ended: somebody asked for it (`requested`), it was not paid (`unpaid`), or its first invoice was \
             taken back (`voided`).",
        ),
        Event::DiscountApplied { .. } => {
            ("discount_applied", "A discount takes something off what is billed from now on.")
        }
        Event::DiscountEnded { .. } => ("discount_ended", "A discount takes off nothing more."),
    }
}
