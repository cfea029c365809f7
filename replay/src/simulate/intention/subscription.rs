//! What was asked of a subscription.
//!
//! A command may have several events, and some of them follow from others. The one that says what was wanted is looked
//! for in an order in which what follows comes last.

use domain::Money;
use domain::subscription::{CancelReason, Command, CreditUnused, Effective, Event, Method, Received, Scheduled};

/// How far an event is from being what was asked for: what others bring with them comes last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Begun,
    Money,
    /// It may bring what was scheduled with it.
    GoneOn,
    Ended,
    Other,
}

/// What the own events of a decision come from.
pub(in super::super) fn command(own: &[(i64, Event)]) -> Command {
    let asked = own.iter().filter_map(|(_, event)| Some((rank(event)?, event)));
    let first = asked.min_by_key(|(rank, _)| *rank);
    first.and_then(|(_, event)| asked_for(event, own)).unwrap_or(Command::Settle)
}

fn rank(event: &Event) -> Option<Rank> {
    match event {
        Event::SubscriptionStarted { .. } => Some(Rank::Begun),
        Event::PaymentRefunded { .. } => Some(Rank::Money),
        Event::PaymentRecorded { .. } => is_payment(event).then_some(Rank::Money),
        Event::SubscriptionResumed { .. } | Event::TrialEnded { .. } | Event::PlanChanged { .. } => Some(Rank::GoneOn),
        Event::SubscriptionCanceled { reason: CancelReason::Requested { .. }, .. } => Some(Rank::Ended),
        Event::InvoiceVoided { .. }
        | Event::CreditNoteIssued { .. }
        | Event::SubscriptionPaused { .. }
        | Event::ChangeScheduled { .. }
        | Event::ScheduledChangeRevoked { .. }
        | Event::DiscountApplied { .. }
        | Event::DiscountEnded { .. }
        | Event::CatalogMigrated { .. }
        | Event::PaymentMethodAttached { .. }
        | Event::PaymentMethodDetached { .. } => Some(Rank::Other),
        // They only follow from others, or from time.
        Event::SubscriptionCanceled { reason: CancelReason::Unpaid | CancelReason::Voided, .. }
        | Event::TrialStarted { .. }
        | Event::InvoiceIssued { .. }
        | Event::OverpaymentKept { .. }
        | Event::SubscriptionActivated { .. }
        | Event::PeriodBegan { .. }
        | Event::SubscriptionRenewed { .. }
        | Event::SubscriptionPastDue { .. }
        | Event::PaymentRetryDue { .. }
        | Event::SubscriptionSuspended { .. }
        | Event::SubscriptionRecovered { .. } => None,
    }
}

/// The command behind an event that has a rank.
fn asked_for(event: &Event, own: &[(i64, Event)]) -> Option<Command> {
    Some(match event {
        Event::SubscriptionStarted { plan, interval, .. } => Command::Start { plan: plan.clone(), interval: *interval },
        Event::PaymentRefunded { .. } | Event::PaymentRecorded { .. } => return money(event, own),
        Event::SubscriptionResumed { .. } => Command::Resume,
        Event::TrialEnded { .. } => Command::EndTrial,
        Event::PlanChanged { to, interval, .. } => {
            Command::ChangePlan { plan: to.clone(), interval: *interval, when: Effective::Now }
        }
        Event::SubscriptionCanceled { reason: CancelReason::Requested { reason }, .. } => {
            Command::Cancel { when: Effective::Now, credit: credited(own), reason: reason.clone() }
        }
        Event::InvoiceVoided { invoice, reason, .. } => {
            Command::VoidInvoice { invoice: invoice.clone(), reason: reason.clone() }
        }
        Event::CreditNoteIssued { invoice, amount, to_refund, reason, .. } => {
            let credit = if to_refund.is_positive() { CreditUnused::Refund } else { CreditUnused::Balance };
            Command::IssueCreditNote { invoice: invoice.clone(), amount: *amount, credit, reason: reason.clone() }
        }
        Event::SubscriptionPaused { resumes_at, .. } => {
            Command::Pause { when: Effective::Now, resumes_at: *resumes_at }
        }
        Event::ChangeScheduled { change, .. } => scheduled(change),
        Event::ScheduledChangeRevoked { .. } => Command::RevokeScheduledChange,
        Event::DiscountApplied { code, terms, .. } => {
            Command::ApplyDiscount { code: code.clone(), terms: terms.clone() }
        }
        Event::DiscountEnded { code, .. } => Command::RemoveDiscount { code: code.clone() },
        Event::CatalogMigrated { to, .. } => Command::MoveToCatalogVersion { version: *to },
        Event::PaymentMethodAttached { provider, reference } => {
            Command::AttachPaymentMethod { provider: provider.clone(), reference: reference.clone() }
        }
        Event::PaymentMethodDetached { .. } => Command::DetachPaymentMethod,
        // Those without a rank, which names every event.
        _ => return None,
    })
}

fn money(event: &Event, own: &[(i64, Event)]) -> Option<Command> {
    if let Event::PaymentRefunded { payment, amount, kind, reason, reference, .. } = event {
        let (payment, reason, reference) = (payment.clone(), reason.clone(), reference.clone());
        return Some(Command::RefundPayment { payment, amount: *amount, kind: *kind, reason, reference });
    }
    let Event::PaymentRecorded { invoice, amount, method, reference, .. } = event else { return None };
    let method = received(method)?;
    let parts = own.iter().filter_map(|(_, event)| part(event)).skip(1);
    let amount = parts.fold(*amount, |sum, part| Money { amount: sum.amount + part.amount, ..sum });
    let paid = own.iter().filter(|(_, event)| is_payment(event)).count();
    let invoice = invoice.clone().filter(|_| paid == 1);
    Some(Command::RecordPayment { amount, invoice, method, reference: reference.clone() })
}

/// A part of the money of a payment: what of an invoice it paid, or what was not due.
fn part(event: &Event) -> Option<Money> {
    if let Event::OverpaymentKept { amount, .. } = event {
        return Some(*amount);
    }
    let Event::PaymentRecorded { amount, .. } = event else { return None };
    is_payment(event).then_some(*amount)
}

/// Was money received, and not only taken from the account balance?
pub(in super::super) fn is_payment(event: &Event) -> bool {
    matches!(event, Event::PaymentRecorded { method, .. } if *method != Method::Balance)
}

fn received(method: &Method) -> Option<Received> {
    match method {
        Method::ByHand => Some(Received::ByHand),
        Method::Provider { provider, charge } => {
            Some(Received::Provider { provider: provider.clone(), charge: charge.clone() })
        }
        Method::Credits => Some(Received::Credits),
        Method::Balance => None,
    }
}

/// What became of what was not used, of a subscription that ended.
fn credited(own: &[(i64, Event)]) -> CreditUnused {
    let mut credit = CreditUnused::Nothing;
    for (_, event) in own {
        if let Event::CreditNoteIssued { to_refund, .. } = event {
            if to_refund.is_positive() {
                return CreditUnused::Refund;
            }
            credit = CreditUnused::Balance;
        }
    }
    credit
}

fn scheduled(change: &Scheduled) -> Command {
    let when = Effective::PeriodEnd;
    match change {
        Scheduled::Plan { plan, interval, .. } => Command::ChangePlan { plan: plan.clone(), interval: *interval, when },
        Scheduled::Cancellation { reason } => {
            Command::Cancel { when, credit: CreditUnused::Nothing, reason: reason.clone() }
        }
        Scheduled::Pause { resumes_at } => Command::Pause { when, resumes_at: *resumes_at },
    }
}
