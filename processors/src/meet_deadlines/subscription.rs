//! The deadlines of subscriptions.
//!
//! ```text
//! TrialStarted                              set    trial_ends
//! SubscriptionActivated, PeriodBegan        set    period_ends, clear trial_ends
//! SubscriptionPastDue                       set    payment_retry:1.., subscription_suspends, subscription_cancels
//! SubscriptionRecovered                     clear  subscription_suspends, subscription_cancels
//! SubscriptionPaused that goes on by itself set    subscription_resumes
//! SubscriptionResumed                       clear  subscription_resumes
//! SubscriptionCanceled                      clear  all of them but the retries
//! ```
//!
//! A scheduled change happens when its period is over, so it needs no deadline of its own. Retries of what was paid
//! meanwhile ring in vain, once each.

use domain::OrganizationId;
use domain::subscription::Event;

use super::{Due, Step};
use crate::deadline::Change;

pub(super) fn changes(organization: &OrganizationId, event: &Event) -> Vec<Change> {
    let due = |step: Step| Due::Subscription { organization: organization.clone(), step };
    match event {
        Event::TrialStarted { ends_at, .. } => vec![due(Step::TrialEnds).set(*ends_at)],
        Event::TrialEnded { .. } => vec![due(Step::TrialEnds).clear()],
        Event::SubscriptionActivated { period, .. } | Event::PeriodBegan { period, .. } => {
            vec![due(Step::TrialEnds).clear(), due(Step::PeriodEnds).set(period.end)]
        }
        Event::SubscriptionPastDue { retries, suspends_at, cancels_at, .. } => {
            let retries = (1..).zip(retries).map(|(attempt, at)| due(Step::Retry { attempt }).set(*at));
            retries.chain([due(Step::Suspends).set(*suspends_at), due(Step::Cancels).set(*cancels_at)]).collect()
        }
        Event::SubscriptionRecovered { .. } => vec![due(Step::Suspends).clear(), due(Step::Cancels).clear()],
        Event::SubscriptionPaused { resumes_at: Some(at), .. } => vec![due(Step::Resumes).set(*at)],
        Event::SubscriptionResumed { .. } => vec![due(Step::Resumes).clear()],
        Event::SubscriptionCanceled { .. } => {
            let all = [Step::TrialEnds, Step::PeriodEnds, Step::Suspends, Step::Cancels, Step::Resumes];
            all.map(|step| due(step).clear()).into()
        }
        Event::SubscriptionPaused { resumes_at: None, .. }
        | Event::SubscriptionStarted { .. }
        | Event::PaymentMethodAttached { .. }
        | Event::PaymentMethodDetached { .. }
        | Event::InvoiceIssued { .. }
        | Event::InvoiceVoided { .. }
        | Event::PaymentRecorded { .. }
        | Event::OverpaymentKept { .. }
        | Event::PaymentRefunded { .. }
        | Event::CreditNoteIssued { .. }
        // It may be of a period before the one that runs.
        | Event::SubscriptionRenewed { .. }
        | Event::PaymentRetryDue { .. }
        | Event::SubscriptionSuspended { .. }
        | Event::ChangeScheduled { .. }
        | Event::ScheduledChangeRevoked { .. }
        | Event::PlanChanged { .. }
        | Event::CatalogMigrated { .. }
        | Event::DiscountApplied { .. }
        | Event::DiscountEnded { .. } => Vec::new(),
    }
}
