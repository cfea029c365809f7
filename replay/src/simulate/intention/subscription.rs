//! What was asked of a subscription.
//!
//! A command may have several events, and some of them follow from others. The one that says what was wanted is looked
//! for in an order in which what follows comes last.

use domain::Money;
use domain::subscription::{CancelReason, Command, CreditUnused, Effective, Event, Method, Received, Scheduled};

/// What the own events of a decision come from.
pub(in super::super) fn command(own: &[(i64, Event)]) -> Command {
    let looks: [fn(&Event, &[(i64, Event)]) -> Option<Command>; 5] = [begun, money, gone_on, ended, other];
    let found = looks.iter().find_map(|look| own.iter().find_map(|(_, event)| look(event, own)));
    found.unwrap_or(Command::Settle)
}

fn begun(event: &Event, _own: &[(i64, Event)]) -> Option<Command> {
    let Event::SubscriptionStarted { plan, interval, .. } = event else { return None };
    Some(Command::Start { plan: plan.clone(), interval: *interval })
}

fn money(event: &Event, own: &[(i64, Event)]) -> Option<Command> {
    match event {
        Event::PaymentRefunded { payment, amount, kind, reason, reference, .. } => Some(Command::RefundPayment {
            payment: payment.clone(),
            amount: *amount,
            kind: *kind,
            reason: reason.clone(),
            reference: reference.clone(),
        }),
        Event::PaymentRecorded { invoice, amount, method, reference, .. } => {
            let method = received(method)?;
            let parts = own.iter().filter_map(|(_, event)| part(event)).collect::<Vec<_>>();
            let total = parts.iter().skip(1).fold(*amount, |sum, part| plus(sum, *part));
            let paid = own.iter().filter(|(_, event)| is_payment(event)).count();
            let invoice = invoice.clone().filter(|_| paid == 1);
            Some(Command::RecordPayment { amount: total, invoice, method, reference: reference.clone() })
        }
        _ => None,
    }
}

/// A part of the money of a payment: what of an invoice it paid, or what was not due.
fn part(event: &Event) -> Option<Money> {
    match event {
        Event::PaymentRecorded { amount, method, .. } if *method != Method::Balance => Some(*amount),
        Event::OverpaymentKept { amount, .. } => Some(*amount),
        _ => None,
    }
}

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

/// What goes on may bring what was scheduled with it.
fn gone_on(event: &Event, _own: &[(i64, Event)]) -> Option<Command> {
    match event {
        Event::SubscriptionResumed { .. } => Some(Command::Resume),
        Event::TrialEnded { .. } => Some(Command::EndTrial),
        Event::PlanChanged { to, interval, .. } => {
            Some(Command::ChangePlan { plan: to.clone(), interval: *interval, when: Effective::Now })
        }
        _ => None,
    }
}

fn ended(event: &Event, own: &[(i64, Event)]) -> Option<Command> {
    let Event::SubscriptionCanceled { reason: CancelReason::Requested { reason }, .. } = event else { return None };
    let notes = own.iter().filter_map(|(_, event)| match event {
        Event::CreditNoteIssued { to_refund, .. } if to_refund.is_positive() => Some(CreditUnused::Refund),
        Event::CreditNoteIssued { .. } => Some(CreditUnused::Balance),
        _ => None,
    });
    let kinds = notes.collect::<Vec<_>>();
    let credit = if kinds.contains(&CreditUnused::Refund) {
        CreditUnused::Refund
    } else {
        kinds.first().copied().unwrap_or(CreditUnused::Nothing)
    };
    Some(Command::Cancel { when: Effective::Now, credit, reason: reason.clone() })
}

fn other(event: &Event, _own: &[(i64, Event)]) -> Option<Command> {
    match event {
        Event::InvoiceVoided { invoice, reason, .. } => {
            Some(Command::VoidInvoice { invoice: invoice.clone(), reason: reason.clone() })
        }
        Event::CreditNoteIssued { invoice, amount, to_refund, reason, .. } => {
            let credit = if to_refund.is_positive() { CreditUnused::Refund } else { CreditUnused::Balance };
            let (invoice, reason) = (invoice.clone(), reason.clone());
            Some(Command::IssueCreditNote { invoice, amount: *amount, credit, reason })
        }
        Event::SubscriptionPaused { resumes_at, .. } => {
            Some(Command::Pause { when: Effective::Now, resumes_at: *resumes_at })
        }
        Event::ChangeScheduled { change, .. } => Some(scheduled(change)),
        Event::ScheduledChangeRevoked { .. } => Some(Command::RevokeScheduledChange),
        Event::DiscountApplied { code, terms, .. } => {
            Some(Command::ApplyDiscount { code: code.clone(), terms: terms.clone() })
        }
        Event::DiscountEnded { code, .. } => Some(Command::RemoveDiscount { code: code.clone() }),
        Event::CatalogMigrated { to, .. } => Some(Command::MoveToCatalogVersion { version: *to }),
        Event::PaymentMethodAttached { provider, reference } => {
            Some(Command::AttachPaymentMethod { provider: provider.clone(), reference: reference.clone() })
        }
        Event::PaymentMethodDetached { .. } => Some(Command::DetachPaymentMethod),
        _ => None,
    }
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

fn plus(sum: Money, part: Money) -> Money {
    Money { amount: sum.amount + part.amount, currency: sum.currency }
}
