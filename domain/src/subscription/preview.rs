//! What would happen: the same decision, taken in and not written.
//!
//! A preview and what then happens cannot differ, because there is one decision for both.

use jiff::Timestamp;

use super::course::Course;
use super::stage::Started;
use super::tax::{self, Totals};
use super::{Answer, Command, Event, Invoice, InvoiceKind, InvoiceTax, Line, Method, Rejection, Subscription, lines};
use crate::aggregate::Aggregate;
use crate::calendar::Period;
use crate::context::{Context, Terms};
use crate::id::PaymentId;
use crate::money::Money;

/// What a command would come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The events it would write.
    pub events: Vec<Event>,
    /// The invoices it would issue.
    pub invoices: Vec<Bill>,
    /// What would be due right after it, also what is due already.
    pub due: Option<Money>,
    /// What would be kept for the next invoices.
    pub balance: Option<Money>,
    /// The invoice that would come next.
    pub next: Option<Bill>,
}

/// An invoice that is not issued.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    /// Why.
    pub kind: InvoiceKind,
    /// The time it is for.
    pub period: Option<Period>,
    /// What it is for.
    pub lines: Vec<Line>,
    /// What it comes to without taxes.
    pub net: Money,
    /// The taxes.
    pub taxes: Vec<InvoiceTax>,
    /// What is to pay.
    pub total: Money,
    /// What it comes to below zero.
    pub kept: Money,
    /// When it is issued.
    pub issued_at: Timestamp,
}

impl Bill {
    fn of(event: &Event) -> Option<Self> {
        let Event::InvoiceIssued { kind, period, lines, net, taxes, total, kept, issued_at, .. } = event else {
            return None;
        };
        Some(Self {
            kind: *kind,
            period: *period,
            lines: lines.clone(),
            net: *net,
            taxes: taxes.clone(),
            total: *total,
            kept: *kept,
            issued_at: *issued_at,
        })
    }
}

/// What a command would come to.
///
/// # Errors
/// What the command would be refused for.
pub fn preview(subscription: &Subscription, command: &Command, context: &Context) -> Result<Preview, Rejection> {
    let events = subscription.decide(command, context)?;
    let mut after = subscription.clone();
    events.iter().for_each(|event| after.evolve(event));
    Ok(Preview {
        invoices: events.iter().filter_map(Bill::of).collect(),
        due: after.still_due(),
        balance: after.balance(),
        next: upcoming(&after, context),
        events,
    })
}

/// Where a subscription stands now: what fell due since it was last written has happened. `None` before a plan was
/// started.
#[must_use]
pub fn now(subscription: &Subscription, context: &Context) -> Option<Answer> {
    let mut course = Course::of(subscription, context.terms.as_ref()?, context);
    course.settle();
    course.state.tell(&[])
}

/// The invoice that comes when the period, or the trial, is over, with what was used up to now, if all that is due is
/// paid before; `None` if none comes, because nothing is billed then or because it will have ended.
#[must_use]
pub fn upcoming(subscription: &Subscription, context: &Context) -> Option<Bill> {
    let terms = context.terms.as_ref()?;
    let paid = all_paid(subscription, terms, context);
    let at = paid.started.as_deref().and_then(Started::ends_at)?;
    let then = Context { now: at, ..context.clone() };
    let mut course = Course::of(&paid, terms, &then);
    course.settle();
    course.events.iter().filter_map(Bill::of).find(|bill| bill.issued_at == at)
}

/// The subscription as if all that is due were paid now.
fn all_paid(subscription: &Subscription, terms: &Terms, context: &Context) -> Subscription {
    let mut course = Course::of(subscription, terms, context);
    course.settle();
    let open: Vec<Invoice> = course.state.open_invoices().cloned().collect();
    for invoice in open {
        let payment = PaymentId::from_balance(&invoice.id, invoice.payments.len() + 1);
        course.pay(&invoice, payment, invoice.open(), Method::ByHand, None);
    }
    course.follow(context.now);
    course.state
}

/// What of the open period would be billed now beside its price: what was used past the allowances up to here.
#[must_use]
pub fn draft(subscription: &Subscription, context: &Context) -> Option<Bill> {
    let terms: &Terms = context.terms.as_ref()?;
    let settled = subscription.settled(terms, context);
    let course = Course::of(&settled, terms, context);
    let used = course.unbilled_usage(context.now);
    let Totals { net, taxes, total, kept } = tax::totals(lines::sum(&used)?, &course.taxes(context.now));
    let period = used.first().and_then(|line| line.period);
    let issued_at = context.now;
    Some(Bill { kind: InvoiceKind::Usage, period, lines: used, net, taxes, total, kept, issued_at })
}
