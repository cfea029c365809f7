//! Where a subscription stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::CancelReason;
use super::{Item, Line, tax};
use crate::calendar::{Interval, Period};
use crate::id::{DiscountCode, InvoiceId, PlanCode, ProviderCode, Reference};
use crate::money::Money;
use crate::text::ReasonText;

/// A plan that was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Started {
    pub(super) plan: PlanCode,
    pub(super) catalog_version: u32,
    pub(super) interval: Interval,
    pub(super) price: Money,
    pub(super) stage: Stage,
    pub(super) scheduled: Option<Scheduled>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Stage {
    /// The first period is not paid.
    Awaiting(Option<First>),
    /// In force without being paid.
    Trialing { since: Timestamp, ends_at: Timestamp },
    /// Periods follow each other.
    Running(Running),
    /// At rest since an instant.
    Paused { since: Timestamp, resumes_at: Option<Timestamp>, running: Running },
    /// Over since an instant.
    Canceled { at: Timestamp },
}

/// The invoice by which a plan comes into force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct First {
    pub(super) invoice: InvoiceId,
    pub(super) charged: Money,
    /// What discounts take something off: it counts for them when the period begins.
    pub(super) discounts: Vec<DiscountCode>,
}

/// The time a plan is in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Running {
    pub(super) anchor: Timestamp,
    pub(super) period: Period,
    /// The newest period that was paid in full.
    pub(super) paid: Option<Period>,
    /// The invoice of the period; `None` if nothing was billed for it.
    pub(super) invoice: Option<InvoiceId>,
    /// What was charged for the rest of the period from an instant on: what a change or a cancellation credits from.
    pub(super) charged: Charged,
    /// From when on what was used past the allowances is on no invoice.
    pub(super) metered_from: Timestamp,
    pub(super) dunning: Option<Overdue>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Charged {
    pub(super) from: Timestamp,
    /// What of it stands.
    pub(super) amount: Money,
    /// The invoice that charged it; `None` if none did.
    invoice: Option<InvoiceId>,
    /// What that invoice charged.
    whole: Money,
    /// What stands if that invoice is taken back: what it credited of the plan before.
    before: Money,
}

impl Charged {
    /// On no invoice.
    pub(super) fn free(from: Timestamp, amount: Money) -> Self {
        Self { from, amount, invoice: None, whole: amount, before: Money::zero(amount.currency) }
    }

    /// By an invoice, which also credited something.
    pub(super) fn by(invoice: InvoiceId, from: Timestamp, amount: Money, before: Money) -> Self {
        Self { invoice: Some(invoice), before, ..Self::free(from, amount) }
    }

    /// An invoice was taken back.
    pub(super) fn take_back(&mut self, invoice: &InvoiceId) {
        if self.invoice.as_ref() == Some(invoice) {
            self.amount = self.before;
        }
    }

    /// A credit note takes so much of the total off an invoice: that share of what was charged does not stand any more.
    pub(super) fn take_off(&mut self, invoice: &InvoiceId, amount: Money, total: Money) {
        if self.invoice.as_ref() == Some(invoice) {
            self.amount = self.amount.less(tax::share(self.whole, amount, total).at_most(self.amount));
        }
    }
}

/// Something is not paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Overdue {
    pub(super) since: Timestamp,
    pub(super) invoice: InvoiceId,
    /// When the payment is tried again, the next first.
    pub(super) retries: Vec<Timestamp>,
    /// How often it was.
    pub(super) attempts: u16,
    pub(super) suspends_at: Timestamp,
    pub(super) cancels_at: Timestamp,
    pub(super) suspended: Option<Timestamp>,
}

/// What happens when the period is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Scheduled {
    /// Another plan or interval.
    Plan {
        /// The plan.
        plan: PlanCode,
        /// How often it is paid.
        interval: Interval,
        /// The catalog version it was sold under.
        catalog_version: u32,
        /// What each period will cost.
        price: Money,
    },
    /// It ends.
    Cancellation {
        /// Why.
        reason: ReasonText,
    },
    /// It rests.
    Pause {
        /// When it goes on by itself.
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        resumes_at: Option<Timestamp>,
    },
}

/// A way to pay that a provider keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodOnFile {
    /// Who keeps it.
    pub provider: ProviderCode,
    /// What it is called there.
    pub reference: Reference,
}

impl Started {
    /// When the period, or the trial, is over.
    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        match &self.stage {
            Stage::Awaiting(_) | Stage::Canceled { .. } => None,
            Stage::Trialing { ends_at, .. } => Some(*ends_at),
            Stage::Running(running) | Stage::Paused { running, .. } => Some(running.period.end),
        }
    }

    /// The time it is in force, at rest or not.
    pub(super) fn running(&self) -> Option<&Running> {
        match &self.stage {
            Stage::Running(running) | Stage::Paused { running, .. } => Some(running),
            Stage::Awaiting(_) | Stage::Trialing { .. } | Stage::Canceled { .. } => None,
        }
    }

    pub(super) fn running_mut(&mut self) -> Option<&mut Running> {
        match &mut self.stage {
            Stage::Running(running) | Stage::Paused { running, .. } => Some(running),
            Stage::Awaiting(_) | Stage::Trialing { .. } | Stage::Canceled { .. } => None,
        }
    }
}

impl Overdue {
    /// What of it happens next, and when.
    pub(super) fn next(&self) -> (Timestamp, DunningStep) {
        let retry = self.retries.first().map(|at| (*at, DunningStep::Retry));
        let suspend = self.suspended.is_none().then_some((self.suspends_at, DunningStep::Suspend));
        let cancel = (self.cancels_at, DunningStep::Cancel);
        [retry, suspend].into_iter().flatten().fold(cancel, |first, other| first.min(other))
    }
}

/// A step of dunning; of one instant, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DunningStep {
    Retry,
    Suspend,
    Cancel,
}

impl CancelReason {
    /// Somebody asked for it.
    pub(super) fn asked(reason: &ReasonText) -> Self {
        Self::Requested { reason: reason.clone() }
    }
}

/// What lines charge for a plan, less discounts, and what they credit of the one before.
pub(super) fn charged(lines: &[Line], like: Money) -> (Money, Money) {
    let zero = Money::zero(like.currency);
    lines.iter().fold((zero, zero), |(charged, credited), line| match line.item {
        Item::Plan { .. } | Item::ProrationCharge { .. } | Item::Discount { .. } => {
            (charged.plus(line.amount), credited)
        }
        Item::ProrationCredit { .. } => (charged, credited.less(line.amount)),
        Item::Metered { .. } => (charged, credited),
    })
}
