//! What may have happened to a ledger.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{AlertSubject, CreditCharge, Draw, LotKind, OverageCharge, TopUpRule, Unused};
use crate::aggregate::domain_event;
use crate::calendar::Period;
use crate::catalog::Limit;
use crate::id::{ActorId, AlertId, CommissionId, FeatureCode, HoldId, LotId, PlanCode, Reference, RefundId};
use crate::money::{Credits, Quantity};
use crate::text::{Attributes, ReasonText};

/// An event of an organization's ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Event {
    /// A credit lot was added: its credits can be spent from now on.
    CreditsGranted {
        /// The lot.
        lot: LotId,
        /// Where its credits come from.
        kind: LotKind,
        /// How many.
        amount: Credits,
        /// The lowest number burns down first.
        priority: u8,
        /// Since when they can be spent.
        #[cfg_attr(test, schemars(with = "String"))]
        effective_from: Timestamp,
        /// When what is left of them is lost; `None` is never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        expires_at: Option<Timestamp>,
        /// The commission it pays, for a lot of that kind.
        commission: Option<CommissionId>,
        /// What the purchase is called where it was made.
        reference: Option<Reference>,
        /// Why it was granted, if by hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<ReasonText>,
        /// Who granted it, if by hand.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<ActorId>,
    },
    /// A commission was taken back, all of it or a part.
    CreditsClawedBack {
        /// The commission.
        commission: CommissionId,
        /// The refund of its payment.
        refund: RefundId,
        /// How many credits.
        amount: Credits,
        /// The commission's lot, if something was left of it.
        lot: Option<LotId>,
        /// How many of them were taken from it; the rest is owed.
        taken: Credits,
        /// What is owed of commissions in all after it.
        owed: Credits,
    },
    /// A commission paid what was owed of earlier ones; what is left of it follows as [`Self::CreditsGranted`].
    CommissionNetted {
        /// The commission.
        commission: CommissionId,
        /// How much of it.
        amount: Credits,
        /// What is owed after it.
        owed: Credits,
    },
    /// A credit lot will be added later; then it is [`Self::CreditsGranted`].
    GrantScheduled {
        /// The lot.
        lot: LotId,
        /// Where its credits come from.
        kind: LotKind,
        /// How many.
        amount: Credits,
        /// The lowest number burns down first.
        priority: u8,
        /// From when on they can be spent.
        #[cfg_attr(test, schemars(with = "String"))]
        effective_from: Timestamp,
        /// When what is left of them is lost; `None` is never.
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        expires_at: Option<Timestamp>,
        /// Why it was granted.
        reason: ReasonText,
        /// Who granted it.
        actor: ActorId,
    },
    /// Of a lot that was to be added later, so much will not be.
    GrantCancelled {
        /// The lot.
        lot: LotId,
        /// How many credits.
        amount: Credits,
        /// Why.
        reason: ReasonText,
        /// Who did it.
        actor: ActorId,
    },
    /// Credits of a lot were taken away.
    CreditsRevoked {
        /// The lot.
        lot: LotId,
        /// How many.
        amount: Credits,
        /// Why.
        reason: ReasonText,
        /// Who did it.
        actor: ActorId,
    },
    /// The balance was corrected downwards.
    CreditsDeducted {
        /// By how many credits.
        amount: Credits,
        /// The lots they were taken from.
        draws: Vec<Draw>,
        /// Why.
        reason: ReasonText,
        /// Who did it.
        actor: ActorId,
    },
    /// What was left of a lot was lost.
    LotExpired {
        /// The lot.
        lot: LotId,
        /// How many credits; what holds reserve of it stays with them.
        amount: Credits,
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        expired_at: Timestamp,
    },
    /// Some of a feature was used.
    FeatureConsumed {
        /// The feature.
        feature: FeatureCode,
        /// How much in all: what was included, past it, or waived.
        quantity: Quantity,
        /// The window it counts in.
        window: Period,
        /// How much of it was included in the plan.
        included: Quantity,
        /// What the plan includes in the window.
        limit: Limit,
        /// What was carried into the window, on top of that. It is used first.
        #[serde(default, skip_serializing_if = "Quantity::is_nothing")]
        carried: Quantity,
        /// What was past it, and how it was paid.
        overage: Option<OverageCharge>,
        /// How much of it is neither limited nor counted: an administrator used it.
        #[serde(default, skip_serializing_if = "Quantity::is_nothing")]
        waived: Quantity,
        /// The plan.
        plan: PlanCode,
        /// The catalog version the plan was sold under.
        catalog_version: u32,
        /// The hold it settles, which had not reserved it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<HoldId>,
        /// When it happened, if not when it was decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        occurred_at: Option<Timestamp>,
        /// Who used it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<ActorId>,
        /// What the caller tells such consumptions apart by.
        #[serde(default, skip_serializing_if = "Attributes::is_empty")]
        attributes: Attributes,
    },
    /// A consumption was given back, all of it or a part.
    ConsumptionReversed {
        /// Its position in the organization's partition.
        position: u64,
        /// The feature.
        feature: FeatureCode,
        /// How much of it.
        quantity: Quantity,
        /// The window it had counted in.
        window: Period,
        /// How much of that had been included.
        included: Quantity,
        /// How much of that the allowance has again: nothing once the window is over.
        restored: Quantity,
        /// How much of it had been past the allowance, and what was given back for it. The draws are those of the
        /// credits that went back to their lots; what the charge is above them follows as a lot of kind `refund`.
        overage: Option<OverageCharge>,
        /// Why.
        reason: ReasonText,
        /// Who did it.
        actor: ActorId,
    },
    /// A quantity was reserved.
    HoldPlaced {
        /// The hold.
        hold: HoldId,
        /// The feature.
        feature: FeatureCode,
        /// How much in all.
        quantity: Quantity,
        /// The window whose allowance it takes from.
        window: Period,
        /// How much of the allowance is reserved.
        included: Quantity,
        /// What the plan includes in the window.
        limit: Limit,
        /// What was carried into the window, on top of that.
        #[serde(default, skip_serializing_if = "Quantity::is_nothing")]
        carried: Quantity,
        /// How much is past it, and the credits that are reserved for it.
        credits: Option<CreditCharge>,
        /// How much is past it and will be on the invoice, priced when it is captured.
        #[serde(default, skip_serializing_if = "Quantity::is_nothing")]
        invoiced: Quantity,
        /// How much is neither limited nor counted: an administrator will have used it.
        #[serde(default, skip_serializing_if = "Quantity::is_nothing")]
        waived: Quantity,
        /// When it lets go by itself.
        #[cfg_attr(test, schemars(with = "String"))]
        expires_at: Timestamp,
        /// Who will have used it.
        actor: Option<ActorId>,
        /// The plan.
        plan: PlanCode,
        /// The catalog version the plan was sold under.
        catalog_version: u32,
    },
    /// Some of what a hold reserved was used.
    HoldCaptured {
        /// The hold.
        hold: HoldId,
        /// The feature.
        feature: FeatureCode,
        /// How much of the hold.
        quantity: Quantity,
        /// The window of the allowance it was reserved from.
        window: Period,
        /// How much of it was included.
        included: Quantity,
        /// How much of it was past that, and the reserved credits it cost.
        credits: Option<CreditCharge>,
        /// How much of it the hold had not paid for: it is a consumption of its own, which follows.
        #[serde(default, skip_serializing_if = "Quantity::is_nothing")]
        besides: Quantity,
        /// How much of it is neither limited nor counted.
        #[serde(default, skip_serializing_if = "Quantity::is_nothing")]
        waived: Quantity,
        /// How much is still held.
        left: Quantity,
        /// When it happened, if not when it was decided.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(test, schemars(with = "Option<String>"))]
        occurred_at: Option<Timestamp>,
        /// Who used it.
        actor: Option<ActorId>,
        /// What the caller tells such consumptions apart by.
        #[serde(default, skip_serializing_if = "Attributes::is_empty")]
        attributes: Attributes,
    },
    /// A hold expires later than it said.
    HoldExtended {
        /// The hold.
        hold: HoldId,
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        expires_at: Timestamp,
    },
    /// A hold was let go of.
    HoldReleased {
        /// The hold.
        hold: HoldId,
        /// The feature.
        feature: FeatureCode,
        /// The window of the allowance it was reserved from.
        window: Period,
        /// What it had not used.
        unused: Unused,
    },
    /// A hold let go by itself.
    HoldExpired {
        /// The hold.
        hold: HoldId,
        /// The feature.
        feature: FeatureCode,
        /// The window of the allowance it was reserved from.
        window: Period,
        /// What it had not used.
        unused: Unused,
        /// When.
        #[cfg_attr(test, schemars(with = "String"))]
        expired_at: Timestamp,
    },
    /// The level of a capacity rose.
    CapacityAcquired {
        /// The feature.
        feature: FeatureCode,
        /// By how much.
        quantity: Quantity,
        /// To what.
        level: Quantity,
        /// The highest level there may be.
        limit: Limit,
        /// The plan.
        plan: PlanCode,
        /// The catalog version the plan was sold under.
        catalog_version: u32,
        /// Who did it.
        actor: Option<ActorId>,
    },
    /// The level of a capacity fell.
    CapacityReleased {
        /// The feature.
        feature: FeatureCode,
        /// By how much.
        quantity: Quantity,
        /// To what.
        level: Quantity,
        /// Who did it.
        actor: Option<ActorId>,
    },
    /// A consumption reached one or more thresholds of an allowance.
    ThresholdsCrossed {
        /// What the alert is called.
        alert: AlertId,
        /// The feature.
        feature: FeatureCode,
        /// The window.
        window: Period,
        /// All percentages this consumption reached, ascending.
        thresholds: Vec<u8>,
        /// What is used of the allowance.
        used: Quantity,
        /// The allowance, with what was carried into the window.
        limit: Quantity,
    },
    /// An acquisition reached one or more thresholds of a capacity.
    CapacityThresholdsCrossed {
        /// What the alert is called.
        alert: AlertId,
        /// The feature.
        feature: FeatureCode,
        /// All percentages this acquisition reached, ascending.
        thresholds: Vec<u8>,
        /// The level.
        level: Quantity,
        /// The highest level there may be.
        limit: Quantity,
    },
    /// The balance fell below what the catalog calls low.
    CreditsRanLow {
        /// What the alert is called.
        alert: AlertId,
        /// What is low.
        below: Credits,
        /// The balance.
        balance: Credits,
    },
    /// Somebody has seen an alert.
    AlertAcknowledged {
        /// The alert.
        alert: AlertId,
        /// What it was about.
        subject: AlertSubject,
        /// Who has seen it.
        actor: ActorId,
    },
    /// Credits are to be bought whenever the balance falls too low.
    TopUpRuleSet {
        /// When, how many, how often.
        rule: TopUpRule,
        /// Who decided it.
        actor: ActorId,
    },
    /// No credits are to be bought by rule any more.
    TopUpRuleRemoved {
        /// Who decided it.
        actor: ActorId,
    },
    /// The balance fell too low: credits are to be bought.
    TopUpRequested {
        /// How many.
        amount: Credits,
        /// The balance below which they are.
        below: Credits,
        /// The balance.
        balance: Credits,
        /// The calendar month in which it counts.
        month: Period,
        /// Which request of the month it is: 1, 2, 3 and so on.
        number: u16,
    },
}

domain_event!(
    Event {
        CreditsGranted => "2",
        CreditsClawedBack => "1",
        CommissionNetted => "1",
        GrantScheduled => "1",
        GrantCancelled => "1",
        CreditsRevoked => "1",
        CreditsDeducted => "1",
        LotExpired => "1",
        FeatureConsumed => "3",
        ConsumptionReversed => "2",
        HoldPlaced => "1",
        HoldCaptured => "1",
        HoldExtended => "1",
        HoldReleased => "1",
        HoldExpired => "1",
        CapacityAcquired => "1",
        CapacityReleased => "1",
        ThresholdsCrossed => "2",
        CapacityThresholdsCrossed => "1",
        CreditsRanLow => "1",
        AlertAcknowledged => "1",
        TopUpRuleSet => "1",
        TopUpRuleRemoved => "1",
        TopUpRequested => "1",
    }
    upcast {
        CreditsGranted "1" => "2" by super::upcast::effective_since_ever,
        FeatureConsumed "1" => "2" by super::upcast::charged_in_credits,
        FeatureConsumed "2" => "3" by super::upcast::consumed_in_no_month,
        ConsumptionReversed "1" => "2" by super::upcast::reversed_in_no_month,
        ThresholdsCrossed "1" => "2" by super::upcast::named_by_content,
    }
);
