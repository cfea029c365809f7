//! The seed of a recorded decision, from the ids that were made of it: whoever decides again makes the same ids.

use domain::{Event, credit_ledger, subscription};
use uuid::Uuid;

/// The seed; `None` if the events name no fresh id, and then none is needed.
pub(in super::super) fn seed(events: &[(i64, Event)]) -> Option<Uuid> {
    events.iter().rev().find_map(|(_, event)| of(event))
}

fn of(event: &Event) -> Option<Uuid> {
    match event {
        Event::CreditLedger(event) => of_ledger(event),
        Event::Subscription(event) => of_subscription(event),
        Event::Organization(_)
        | Event::ReferralTree(_)
        | Event::Catalog(_)
        | Event::InvoiceBook(_)
        | Event::DiscountBook(_) => None,
    }
}

fn of_ledger(event: &credit_ledger::Event) -> Option<Uuid> {
    use credit_ledger::Event;
    match event {
        Event::CreditsGranted { lot, .. } | Event::GrantScheduled { lot, .. } => read(lot.as_str()),
        Event::HoldPlaced { hold, .. } => read(hold.as_str()),
        Event::ThresholdsCrossed { alert, .. }
        | Event::CapacityThresholdsCrossed { alert, .. }
        | Event::CreditsRanLow { alert, .. } => read(alert.as_str()),
        Event::GrantCancelled { .. }
        | Event::CreditsClawedBack { .. }
        | Event::CommissionNetted { .. }
        | Event::InvoicePaidFromCredits { .. }
        | Event::InvoicePaymentReturned { .. }
        | Event::CreditsRevoked { .. }
        | Event::CreditsDeducted { .. }
        | Event::LotExpired { .. }
        | Event::FeatureConsumed { .. }
        | Event::ConsumptionReversed { .. }
        | Event::HoldCaptured { .. }
        | Event::HoldExtended { .. }
        | Event::HoldReleased { .. }
        | Event::HoldExpired { .. }
        | Event::CapacityAcquired { .. }
        | Event::CapacityReleased { .. }
        | Event::AlertAcknowledged { .. }
        | Event::TopUpRuleSet { .. }
        | Event::TopUpRuleRemoved { .. }
        | Event::TopUpRequested { .. } => None,
    }
}

fn of_subscription(event: &subscription::Event) -> Option<Uuid> {
    use subscription::{Event, Method};
    match event {
        Event::SubscriptionStarted { subscription, .. } => read(subscription.as_ref()?.as_str()),
        Event::PaymentRecorded { payment, method, .. } if *method != Method::Balance => read(payment.as_str()),
        Event::OverpaymentKept { payment, .. } => read(payment.as_str()),
        Event::PaymentRefunded { refund, .. } => read(refund.as_str()),
        Event::CreditNoteIssued { credit_note, .. } => read(credit_note.as_str()),
        Event::PaymentRecorded { .. }
        | Event::TrialStarted { .. }
        | Event::TrialEnded { .. }
        | Event::PaymentMethodAttached { .. }
        | Event::PaymentMethodDetached { .. }
        | Event::InvoiceIssued { .. }
        | Event::InvoiceVoided { .. }
        | Event::SubscriptionActivated { .. }
        | Event::PeriodBegan { .. }
        | Event::SubscriptionRenewed { .. }
        | Event::SubscriptionPastDue { .. }
        | Event::PaymentRetryDue { .. }
        | Event::SubscriptionSuspended { .. }
        | Event::SubscriptionRecovered { .. }
        | Event::ChangeScheduled { .. }
        | Event::ScheduledChangeRevoked { .. }
        | Event::PlanChanged { .. }
        | Event::CatalogMigrated { .. }
        | Event::SubscriptionPaused { .. }
        | Event::SubscriptionResumed { .. }
        | Event::SubscriptionCanceled { .. }
        | Event::DiscountApplied { .. }
        | Event::DiscountEnded { .. } => None,
    }
}

/// The token behind the prefix of an id, in front of what numbers it.
fn read(id: &str) -> Option<Uuid> {
    let (_, unique) = id.split_once('_')?;
    Uuid::try_parse(unique.split('-').next()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_is_read_off_an_id_whatever_stands_around_it() {
        let seed = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);
        let unique = seed.simple();
        for id in [format!("lot_{unique}"), format!("pay_{unique}-2"), format!("alert_{unique}-allowance")] {
            assert_eq!(read(&id), Some(seed), "{id}");
        }
        assert_eq!(read("transfer-1"), None);
    }
}
