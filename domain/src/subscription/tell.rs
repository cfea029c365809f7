//! What a caller is told of a subscription.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stage::{Running, Stage, Started};
use super::{Event, Invoice, Method, Scheduled, Subscription};
use crate::calendar::Period;
use crate::id::{InvoiceId, PaymentId, PlanCode, RefundId};
use crate::money::Money;

/// Where a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Started, entitles once it is paid.
    AwaitingPayment,
    /// In force without being paid, for a time.
    Trialing,
    /// In force.
    Active,
    /// In force for a while, though not paid.
    PastDue,
    /// Not in force until it is paid.
    Suspended,
    /// At rest.
    Paused,
    /// Over.
    Canceled,
}

impl Standing {
    /// Its name, as it is told and stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingPayment => "awaiting_payment",
            Self::Trialing => "trialing",
            Self::Active => "active",
            Self::PastDue => "past_due",
            Self::Suspended => "suspended",
            Self::Paused => "paused",
            Self::Canceled => "canceled",
        }
    }
}

/// What the caller is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The plan.
    pub plan: PlanCode,
    /// The catalog version it was sold under.
    pub catalog_version: u32,
    /// Where it stands.
    pub standing: Standing,
    /// What each period costs.
    pub price: Money,
    /// What is still to pay in all.
    pub still_due: Money,
    /// The newest period that is paid.
    pub paid_period: Option<Period>,
    /// The payment, if the command recorded one.
    pub payment: Option<PaymentId>,
    /// The period it is in.
    #[serde(default)]
    pub period: Option<Period>,
    /// When the trial ends.
    #[serde(default)]
    pub trial_ends_at: Option<Timestamp>,
    /// What happens when the period is over.
    #[serde(default)]
    pub scheduled: Option<Scheduled>,
    /// Money that was paid and pays the next invoices.
    #[serde(default)]
    pub balance: Option<Money>,
    /// The newest invoice that was issued with the command.
    #[serde(default)]
    pub invoice: Option<InvoiceId>,
    /// The refund, if the command recorded one.
    #[serde(default)]
    pub refund: Option<RefundId>,
}

impl Started {
    fn standing(&self) -> Standing {
        match &self.stage {
            Stage::Awaiting(_) => Standing::AwaitingPayment,
            Stage::Trialing { .. } => Standing::Trialing,
            Stage::Running(Running { dunning: None, .. }) => Standing::Active,
            Stage::Running(Running { dunning: Some(overdue), .. }) => match overdue.suspended {
                Some(_) => Standing::Suspended,
                None => Standing::PastDue,
            },
            Stage::Paused { .. } => Standing::Paused,
            Stage::Canceled { .. } => Standing::Canceled,
        }
    }
}

impl Subscription {
    /// Where it stands, as of the last thing that was written; `None` before a plan was started.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.started.as_deref().map(Started::standing)
    }

    /// Was anything paid, of the invoices that are kept? A free plan is in force without.
    #[must_use]
    pub fn has_paid(&self) -> bool {
        self.invoices.iter().any(|invoice| invoice.paid().is_positive())
    }

    /// What is still to pay; nothing before a plan was started.
    #[must_use]
    pub fn still_due(&self) -> Option<Money> {
        let started = self.started.as_deref()?;
        let zero = Money::zero(started.price.currency);
        if self.is_older_than_invoices() && matches!(started.stage, Stage::Awaiting(_)) {
            return Some(started.price.less(self.balance.unwrap_or(zero)));
        }
        Some(self.open_invoices().map(Invoice::open).fold(zero, Money::plus))
    }

    /// Money that was paid and pays the next invoices.
    #[must_use]
    pub fn balance(&self) -> Option<Money> {
        self.balance.filter(Money::is_positive)
    }

    pub(super) fn tell(&self, events: &[Event]) -> Option<Answer> {
        let started = self.started.as_deref()?;
        let running = started.running();
        let trial_ends_at = match &started.stage {
            Stage::Trialing { ends_at, .. } => Some(*ends_at),
            Stage::Awaiting(_) | Stage::Running(_) | Stage::Paused { .. } | Stage::Canceled { .. } => None,
        };
        let mut answer = Answer {
            plan: started.plan.clone(),
            catalog_version: started.catalog_version,
            standing: started.standing(),
            price: started.price,
            still_due: self.still_due()?,
            paid_period: running.and_then(|running| running.paid),
            payment: None,
            period: running.map(|running| running.period),
            trial_ends_at,
            scheduled: started.scheduled.clone(),
            balance: self.balance(),
            invoice: None,
            refund: None,
        };
        events.iter().for_each(|event| answer.note(event));
        Some(answer)
    }
}

impl Answer {
    fn note(&mut self, event: &Event) {
        if let Event::PaymentRecorded { payment, method, .. } = event
            && *method != Method::Balance
            && self.payment.is_none()
        {
            self.payment = Some(payment.clone());
        }
        if let Event::InvoiceIssued { invoice, .. } = event {
            self.invoice = Some(invoice.clone());
        }
        if let Event::PaymentRefunded { refund, .. } = event {
            self.refund = Some(refund.clone());
        }
    }
}
