//! What is known of a subscription.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stage::{Charged, First, Overdue, Running, Stage, Started};
use super::{DiscountInForce, Event, Invoice, InvoiceKind, MethodOnFile, Payment, Scheduled, discount, stage};
use crate::calendar::Period;
use crate::context::PlanInForce;
use crate::id::{InvoiceId, PaymentId, PlanCode, SubscriptionId};
use crate::money::Money;

/// Most invoices that are kept with their payments: three years by the month. Older ones that are settled leave.
pub const INVOICES_MAX: usize = 40;

/// An organization's subscription; empty until a plan is started.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subscription {
    pub(super) started: Option<Box<Started>>,
    /// What its invoices are named after.
    pub(super) id: Option<SubscriptionId>,
    /// How many invoices were issued, ever.
    pub(super) issued: u32,
    /// Was a trial had? There is one, for ever.
    pub(super) tried: bool,
    pub(super) method: Option<MethodOnFile>,
    /// Money that was paid and pays the next invoices.
    pub(super) balance: Option<Money>,
    /// In the order they were applied.
    pub(super) discounts: Vec<DiscountInForce>,
    /// The newest, the oldest first, and older ones that are open.
    pub(super) invoices: Vec<Invoice>,
}

impl Subscription {
    /// The plan that entitles the organization, as of the last thing that was written. What it is at an instant is told
    /// by [`Terms::of`](crate::context::Terms::of).
    #[must_use]
    pub fn plan_in_force(&self) -> Option<PlanInForce> {
        let started = self.started.as_deref()?;
        let anchor = match &started.stage {
            Stage::Trialing { since, .. } => *since,
            Stage::Running(running) => {
                let suspended = running.dunning.as_ref().is_some_and(|overdue| overdue.suspended.is_some());
                (!suspended).then_some(running.anchor)?
            }
            Stage::Awaiting(_) | Stage::Paused { .. } | Stage::Canceled { .. } => return None,
        };
        Some(PlanInForce {
            code: started.plan.clone(),
            catalog_version: started.catalog_version,
            anchor,
            currency: started.price.currency,
        })
    }

    /// The plan that was chosen, in force or not, and the catalog version it was sold under; `None` once it has ended.
    #[must_use]
    pub fn sold(&self) -> Option<(PlanCode, u32)> {
        self.alive().map(|started| (started.plan.clone(), started.catalog_version))
    }

    /// The catalog versions it rests on: the one its plan was sold under, and that of a scheduled change.
    #[must_use]
    pub fn versions(&self) -> (Option<u32>, Option<u32>) {
        let started = self.started.as_deref();
        let scheduled = started.and_then(|started| match &started.scheduled {
            Some(Scheduled::Plan { catalog_version, .. }) => Some(*catalog_version),
            Some(Scheduled::Cancellation { .. } | Scheduled::Pause { .. }) | None => None,
        });
        (started.map(|started| started.catalog_version), scheduled)
    }

    /// The invoices that are kept, the oldest first.
    #[must_use]
    pub fn invoices(&self) -> &[Invoice] {
        &self.invoices
    }

    /// The invoices that are not paid, the oldest first.
    pub fn open_invoices(&self) -> impl Iterator<Item = &Invoice> {
        self.invoices.iter().filter(|invoice| invoice.is_open())
    }

    /// The discounts in force, in the order they were applied.
    #[must_use]
    pub fn discounts(&self) -> &[DiscountInForce] {
        &self.discounts
    }

    /// What happens when the period is over.
    #[must_use]
    pub fn scheduled(&self) -> Option<&Scheduled> {
        self.started.as_deref()?.scheduled.as_ref()
    }

    /// A plan that was started and has not ended.
    pub(super) fn alive(&self) -> Option<&Started> {
        self.started.as_deref().filter(|started| !matches!(started.stage, Stage::Canceled { .. }))
    }

    pub(super) fn invoice(&self, id: &InvoiceId) -> Option<&Invoice> {
        self.invoices.iter().find(|invoice| invoice.id == *id)
    }

    pub(super) fn take_in(&mut self, event: &Event) {
        match event {
            Event::SubscriptionStarted { subscription, plan, catalog_version, interval, price } => {
                if subscription.is_some() {
                    self.id.clone_from(subscription);
                }
                self.issued = if subscription.is_some() { 0 } else { self.issued };
                let (plan, stage) = (plan.clone(), Stage::Awaiting(None));
                let (catalog_version, interval, price) = (*catalog_version, *interval, *price);
                self.started =
                    Some(Box::new(Started { plan, catalog_version, interval, price, stage, scheduled: None }));
            }
            Event::TrialStarted { starts_at, ends_at } => {
                self.tried = true;
                self.stand(Stage::Trialing { since: *starts_at, ends_at: *ends_at });
            }
            Event::TrialEnded { .. } => self.stand(Stage::Awaiting(None)),
            Event::PaymentMethodAttached { provider, reference } => {
                self.method = Some(MethodOnFile { provider: provider.clone(), reference: reference.clone() });
            }
            Event::PaymentMethodDetached { .. } => self.method = None,
            Event::InvoiceIssued { .. } => self.take_in_invoice(event),
            Event::InvoiceVoided { invoice, .. } => {
                self.change_invoice(invoice, |invoice| invoice.is_void = true);
                self.run(|running| running.charged.take_back(invoice));
            }
            Event::PaymentRecorded { .. } | Event::PaymentRefunded { .. } => self.take_in_payment(event),
            // The credits are granted by the ledger.
            Event::OverpaymentKept { .. } => {}
            Event::CreditNoteIssued { invoice, amount, to_balance, to_refund, .. } => {
                self.keep(*to_balance);
                if let Some(total) = self.invoice(invoice).map(|invoice| invoice.total) {
                    self.run(|running| running.charged.take_off(invoice, *amount, total));
                }
                self.change_invoice(invoice, |invoice| {
                    invoice.credited = invoice.credited.plus(*amount);
                    invoice.to_balance = invoice.to_balance.plus(*to_balance);
                    invoice.to_refund = invoice.to_refund.plus(*to_refund);
                });
            }
            Event::SubscriptionActivated { anchor, period } => self.activate(*anchor, *period),
            Event::PeriodBegan { anchor, period } => self.run(|running| {
                let amount = Money::zero(running.charged.amount.currency);
                running.anchor = *anchor;
                running.period = *period;
                running.invoice = None;
                running.charged = Charged::free(period.start, amount);
                running.metered_from = period.start;
            }),
            Event::SubscriptionRenewed { period } => self.renew(*period),
            Event::SubscriptionPastDue { since, invoice, retries, suspends_at, cancels_at } => self.run(|running| {
                running.dunning = Some(Overdue {
                    since: *since,
                    invoice: invoice.clone(),
                    retries: retries.clone(),
                    attempts: 0,
                    suspends_at: *suspends_at,
                    cancels_at: *cancels_at,
                    suspended: None,
                });
            }),
            Event::PaymentRetryDue { attempt, at, .. } => self.dun(|overdue| {
                overdue.attempts = *attempt;
                overdue.retries.retain(|retry| retry > at);
            }),
            Event::SubscriptionSuspended { since, .. } => self.dun(|overdue| overdue.suspended = Some(*since)),
            Event::SubscriptionRecovered { .. } => self.run(|running| running.dunning = None),
            Event::ChangeScheduled { change, .. } => self.change(|started| started.scheduled = Some(change.clone())),
            Event::ScheduledChangeRevoked { .. } => self.change(|started| started.scheduled = None),
            Event::PlanChanged { to, catalog_version, interval, price, .. } => self.change(|started| {
                started.plan = to.clone();
                started.catalog_version = *catalog_version;
                started.interval = *interval;
                started.price = *price;
                if let Stage::Awaiting(first) = &mut started.stage {
                    *first = None;
                }
                if let Some(Scheduled::Plan { .. }) = started.scheduled {
                    started.scheduled = None;
                }
            }),
            Event::CatalogMigrated { to, price, .. } => self.change(|started| {
                started.catalog_version = *to;
                started.price = *price;
            }),
            Event::SubscriptionPaused { since, resumes_at } => self.pause(*since, *resumes_at),
            Event::SubscriptionResumed { .. } => self.change(|started| {
                if let Stage::Paused { running, .. } = &started.stage {
                    started.stage = Stage::Running(running.clone());
                }
            }),
            Event::SubscriptionCanceled { at, .. } => {
                self.discounts.clear();
                self.change(|started| started.scheduled = None);
                self.stand(Stage::Canceled { at: *at });
            }
            Event::DiscountApplied { code, terms, .. } => {
                self.discounts.push(DiscountInForce { code: code.clone(), terms: terms.clone(), periods: 0 });
            }
            Event::DiscountEnded { code, .. } => self.discounts.retain(|discount| discount.code != *code),
        }
    }

    fn change(&mut self, change: impl FnOnce(&mut Started)) {
        if let Some(started) = &mut self.started {
            change(started);
        }
    }

    fn stand(&mut self, stage: Stage) {
        self.change(|started| started.stage = stage);
    }

    fn run(&mut self, change: impl FnOnce(&mut Running)) {
        if let Some(running) = self.started.as_deref_mut().and_then(Started::running_mut) {
            change(running);
        }
    }

    fn dun(&mut self, change: impl FnOnce(&mut Overdue)) {
        self.run(|running| {
            if let Some(overdue) = &mut running.dunning {
                change(overdue);
            }
        });
    }

    fn change_invoice(&mut self, id: &InvoiceId, change: impl FnOnce(&mut Invoice)) {
        if let Some(invoice) = self.invoices.iter_mut().find(|invoice| invoice.id == *id) {
            change(invoice);
        }
    }

    /// Adds to the balance, or takes from it.
    fn keep(&mut self, amount: Money) {
        if !amount.is_zero() {
            self.balance = Some(self.balance.map_or(amount, |balance| balance.plus(amount)));
        }
    }

    fn pause(&mut self, since: Timestamp, resumes_at: Option<Timestamp>) {
        self.change(|started| {
            if let Stage::Running(running) = &started.stage {
                // What is not paid is asked for again when it goes on.
                let running = Running { dunning: None, ..running.clone() };
                started.stage = Stage::Paused { since, resumes_at, running };
            }
            if let Some(Scheduled::Pause { .. }) = started.scheduled {
                started.scheduled = None;
            }
        });
    }

    fn activate(&mut self, anchor: Timestamp, period: Period) {
        let is_older_than_invoices = self.is_older_than_invoices();
        let Some(started) = &mut self.started else { return };
        let price = started.price;
        let first = match &started.stage {
            Stage::Awaiting(first) => first.clone(),
            Stage::Trialing { .. } | Stage::Running(_) | Stage::Paused { .. } | Stage::Canceled { .. } => None,
        };
        let discounts = first.as_ref().map_or_else(Vec::new, |first| first.discounts.clone());
        let is_paid = first.is_some() || price.is_zero() || is_older_than_invoices;
        let zero = Money::zero(price.currency);
        let charged = match &first {
            Some(first) => Charged::by(first.invoice.clone(), period.start, first.charged, zero),
            None => Charged::free(period.start, if is_older_than_invoices { price } else { zero }),
        };
        started.stage = Stage::Running(Running {
            anchor,
            period,
            paid: is_paid.then_some(period),
            invoice: first.map(|first| first.invoice),
            charged,
            metered_from: period.start,
            dunning: None,
        });
        discount::count(&mut self.discounts, &discounts);
        if is_older_than_invoices {
            self.keep(price.negated());
        }
    }

    fn renew(&mut self, paid: Period) {
        let is_older_than_invoices = self.is_older_than_invoices();
        let price = self.started.as_deref().map(|started| started.price);
        self.run(|running| running.paid = Some(paid));
        let Some(price) = price.filter(|_| is_older_than_invoices) else { return };
        let mut is_next = false;
        self.run(|running| {
            is_next = running.period != paid;
            running.period = paid;
            running.charged = Charged::free(paid.start, price);
            running.metered_from = paid.start;
        });
        if is_next {
            self.keep(price.negated());
        }
    }

    /// Was everything up to now written by a release without invoices? Then what was paid is kept on the balance until
    /// it comes to the price of a period.
    pub(super) fn is_older_than_invoices(&self) -> bool {
        self.id.is_none()
    }

    fn take_in_invoice(&mut self, event: &Event) {
        let Event::InvoiceIssued { invoice, kind, period, lines, net, taxes, total, kept, issued_at, due_at, .. } =
            event
        else {
            return;
        };
        self.issued += 1;
        if self.id.is_none() {
            self.id = invoice.parts().map(|(subscription, _)| subscription);
        }
        self.keep(*kept);
        let discounts = discount::used(lines);
        if *kind == InvoiceKind::Period {
            discount::count(&mut self.discounts, &discounts);
        }
        let (amount, before) = stage::charged(lines, *total);
        let id = invoice.clone();
        self.change(|started| match (&mut started.stage, kind) {
            (Stage::Awaiting(first), InvoiceKind::First) => {
                *first = Some(First { invoice: id, charged: amount, discounts });
            }
            (Stage::Running(running), InvoiceKind::Period) => {
                running.charged = Charged::by(id.clone(), running.charged.from, amount, before);
                running.invoice = Some(id);
            }
            (Stage::Running(running), InvoiceKind::Change) => {
                let from = period.map_or(*issued_at, |period| period.start);
                running.charged = Charged::by(id, from, amount, before);
            }
            _ => {}
        });
        let zero = Money::zero(total.currency);
        self.invoices.push(Invoice {
            id: invoice.clone(),
            kind: *kind,
            period: *period,
            total: *total,
            net: *net,
            taxes: taxes.clone(),
            issued_at: *issued_at,
            due_at: *due_at,
            payments: Vec::new(),
            credited: zero,
            to_balance: zero,
            to_refund: zero,
            is_void: false,
        });
        if self.invoices.len() > INVOICES_MAX
            && let Some(oldest) = self.invoices.iter().position(|invoice| !invoice.is_open())
        {
            self.invoices.remove(oldest);
        }
    }

    fn take_in_payment(&mut self, event: &Event) {
        if let Event::PaymentRecorded { payment, invoice, amount, net, method, .. } = event {
            let Some(invoice) = invoice else { return self.keep(*amount) };
            if *method == super::Method::Balance {
                self.keep(amount.negated());
            }
            let zero = Money::zero(amount.currency);
            let (id, method) = (payment.clone(), method.clone());
            let paid = Payment { id, amount: *amount, net: *net, method, refunded: zero, refunded_net: zero };
            self.change_invoice(invoice, |invoice| invoice.payments.push(paid));
        }
        if let Event::PaymentRefunded { payment, invoice, amount, refunded_total, refunded_net_total, kind, .. } = event
        {
            self.change_invoice(invoice, |invoice| {
                if *kind == super::RefundKind::Refund {
                    invoice.to_refund = invoice.to_refund.less(invoice.to_refund.at_most(*amount));
                }
                let paid = |paid: &&mut Payment| paid.id == *payment;
                if let Some(paid) = invoice.payments.iter_mut().find(paid) {
                    paid.refunded = *refunded_total;
                    paid.refunded_net = *refunded_net_total;
                }
            });
        }
    }

    /// A payment that is kept, with its invoice.
    pub(super) fn payment(&self, id: &PaymentId) -> Option<(&Invoice, &Payment)> {
        self.invoices.iter().find_map(|invoice| {
            let payment = invoice.payments.iter().find(|payment| payment.id == *id)?;
            Some((invoice, payment))
        })
    }
}
