//! What may be asked of a ledger.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Consumption, LotKind, TopUpRule};
use crate::id::{ActorId, AlertId, CommissionId, FeatureCode, HoldId, LotId, Reference, RefundId};
use crate::money::{Credits, Quantity};
use crate::text::{Attributes, ReasonText};

/// A command to an organization's ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Add credits that were bought.
    TopUp {
        /// How many; above zero.
        amount: Credits,
        /// What the purchase is called where it was made.
        reference: Option<Reference>,
    },
    /// Add the credits of a commission.
    GrantCommission {
        /// The commission.
        commission: CommissionId,
        /// How many; above zero.
        amount: Credits,
    },
    /// Take a commission back, all of it or a part, because something of its payment was given back.
    ClawBack {
        /// The commission.
        commission: CommissionId,
        /// The refund.
        refund: RefundId,
        /// How many credits; above zero.
        amount: Credits,
    },
    /// Add credits by hand, now or later.
    Grant(Grant),
    /// Take credits of one lot away, or a grant that is not yet due.
    Revoke {
        /// The lot.
        lot: LotId,
        /// How many; `None` is all that is left and not held.
        amount: Option<Credits>,
        /// Why.
        reason: ReasonText,
        /// Who does it.
        actor: ActorId,
    },
    /// Correct the balance by hand.
    Adjust {
        /// By how much.
        change: Adjustment,
        /// Why.
        reason: ReasonText,
        /// Who does it.
        actor: ActorId,
    },
    /// Use some of a quota.
    Consume(Consume),
    /// Give back what a consumption took, all of it or a part, once.
    Reverse(Reverse),
    /// Reserve some of a quota for work whose size is not known yet.
    Hold(Hold),
    /// Use what a hold has reserved.
    Capture(Capture),
    /// Let go of what a hold still reserves.
    Release {
        /// The hold.
        hold: HoldId,
    },
    /// Let a hold expire later.
    Extend {
        /// The hold.
        hold: HoldId,
        /// When it expires.
        expires_at: Timestamp,
    },
    /// Raise the level of a capacity.
    Acquire(Acquire),
    /// Lower the level of a capacity.
    ReleaseCapacity(Acquire),
    /// Note that somebody has seen an alert.
    AcknowledgeAlert {
        /// The alert.
        alert: AlertId,
        /// Who has seen it.
        actor: ActorId,
    },
    /// Have credits bought whenever the balance falls too low.
    SetTopUpRule {
        /// When, how many, how often.
        rule: TopUpRule,
        /// Who decides it.
        actor: ActorId,
    },
    /// Have no credits bought by rule any more.
    RemoveTopUpRule {
        /// Who decides it.
        actor: ActorId,
    },
    /// Write down what fell due: lots and holds that expired, grants that are due.
    Settle,
}

/// Credits to add by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// How many; above zero.
    pub amount: Credits,
    /// Where they come from.
    pub kind: LotKind,
    /// The lowest number burns down first; 10 if `None`.
    pub priority: Option<u8>,
    /// From when on they can be spent; at once if `None`.
    pub effective_from: Option<Timestamp>,
    /// When what is left of them is lost; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// Why.
    pub reason: ReasonText,
    /// Who does it.
    pub actor: ActorId,
}

/// A correction of the balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// So many credits more: a lot that never expires.
    Up(Credits),
    /// So many credits fewer, in burn-down order.
    Down(Credits),
}

/// A quantity to use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consume {
    /// The feature, a quota of the plan.
    pub feature: FeatureCode,
    /// How much; above zero.
    pub quantity: Quantity,
    /// When it happened, if not now. It is recorded; what is counted is counted now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<Timestamp>,
    /// Who used it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<ActorId>,
    /// What the caller tells such consumptions apart by.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

impl Consume {
    /// So much of a feature, now, by nobody in particular.
    #[must_use]
    pub fn of(feature: FeatureCode, quantity: Quantity) -> Self {
        Self { feature, quantity, occurred_at: None, actor: None, attributes: Attributes::default() }
    }
}

/// A consumption to give back. That it is given back once is kept by the receipt of the command: its id is made of the
/// consumption's position, so that a second one is a repetition of the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reverse {
    /// The consumption, as it is in the log.
    pub consumption: Consumption,
    /// How much of it; `None` is all.
    pub quantity: Option<Quantity>,
    /// Why.
    pub reason: ReasonText,
    /// Who does it.
    pub actor: ActorId,
}

/// A quantity to reserve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// The feature, a quota of the plan.
    pub feature: FeatureCode,
    /// How much, an estimate; above zero.
    pub quantity: Quantity,
    /// When it lets go by itself.
    pub expires_at: Timestamp,
    /// Who will have used it.
    pub actor: Option<ActorId>,
}

/// A part of a hold to use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capture {
    /// The hold.
    pub hold: HoldId,
    /// How much was used; above zero.
    pub quantity: Quantity,
    /// What becomes of the rest.
    pub rest: Rest,
    /// When it happened, if not now.
    pub occurred_at: Option<Timestamp>,
    /// What the caller tells such consumptions apart by.
    pub attributes: Attributes,
}

/// What becomes of the rest of a hold after a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// It stays held, for another capture.
    Keep,
    /// It is let go of: the true size is known.
    Release,
}

/// A quantity to acquire or to release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acquire {
    /// The feature, a capacity of the plan.
    pub feature: FeatureCode,
    /// How much; above zero.
    pub quantity: Quantity,
    /// Who does it.
    pub actor: Option<ActorId>,
}

impl Command {
    /// Does it use something, or get ready to? A suspended organization may not. It may pay, have things given back,
    /// and settle what was reserved before.
    pub(super) fn uses(&self) -> bool {
        match self {
            Self::Consume(_) | Self::Hold(_) | Self::Extend { .. } | Self::Acquire(_) | Self::SetTopUpRule { .. } => {
                true
            }
            Self::TopUp { .. }
            | Self::GrantCommission { .. }
            | Self::ClawBack { .. }
            | Self::Grant(_)
            | Self::Revoke { .. }
            | Self::Adjust { .. }
            | Self::Reverse(_)
            | Self::Capture(_)
            | Self::Release { .. }
            | Self::ReleaseCapacity(_)
            | Self::AcknowledgeAlert { .. }
            | Self::RemoveTopUpRule { .. }
            | Self::Settle => false,
        }
    }

    /// The hold it is about.
    pub(super) fn hold(&self) -> Option<&HoldId> {
        match self {
            Self::Capture(capture) => Some(&capture.hold),
            Self::Release { hold } | Self::Extend { hold, .. } => Some(hold),
            Self::TopUp { .. }
            | Self::GrantCommission { .. }
            | Self::ClawBack { .. }
            | Self::Grant(_)
            | Self::Revoke { .. }
            | Self::Adjust { .. }
            | Self::Consume(_)
            | Self::Reverse(_)
            | Self::Hold(_)
            | Self::Acquire(_)
            | Self::ReleaseCapacity(_)
            | Self::AcknowledgeAlert { .. }
            | Self::SetTopUpRule { .. }
            | Self::RemoveTopUpRule { .. }
            | Self::Settle => None,
        }
    }
}

impl From<Consume> for Command {
    fn from(consume: Consume) -> Self {
        Self::Consume(consume)
    }
}
