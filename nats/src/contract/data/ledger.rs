//! Of a credit ledger. Where credits are drawn from is the ledger's own affair: outsiders get the sums.

mod facts;

use std::collections::BTreeMap;

use domain::Attributes;
use domain::credit_ledger::{CreditCharge, InvoiceCharge, OverageCharge};
use jiff::Timestamp;
use serde::Serialize;

use super::{PublicMoney, PublicPeriod};

/// What was past the allowance: how much, and the credits it cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PublicOverage {
    quantity: String,
    rate: String,
    charge: String,
}

impl From<&CreditCharge> for PublicOverage {
    fn from(charge: &CreditCharge) -> Self {
        Self { quantity: charge.quantity.to_string(), rate: charge.rate.to_string(), charge: charge.charge.to_string() }
    }
}

/// What was past the allowance, and is put on the next invoice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PublicInvoice {
    quantity: String,
    price: PublicMoney,
}

impl From<&InvoiceCharge> for PublicInvoice {
    fn from(charge: &InvoiceCharge) -> Self {
        Self { quantity: charge.quantity.to_string(), price: (&charge.price).into() }
    }
}

/// Both ways to pay for what is past an allowance; at most one is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Paid {
    #[serde(skip_serializing_if = "Option::is_none")]
    overage: Option<PublicOverage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<PublicInvoice>,
}

impl Paid {
    fn of(overage: Option<&OverageCharge>) -> Self {
        Self {
            overage: overage.and_then(OverageCharge::credits).map(Into::into),
            invoice: overage.and_then(OverageCharge::invoice).map(Into::into),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum LedgerFacts {
    CreditsGranted {
        lot: String,
        kind: &'static str,
        credits: String,
        priority: u8,
        effective_from: Timestamp,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        commission: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
    },
    CreditsClawedBack {
        commission: String,
        refund: String,
        credits: String,
        taken: String,
        owed: String,
    },
    CommissionNetted {
        commission: String,
        credits: String,
        owed: String,
    },
    /// Of one lot, by hand: not to come, or taken away.
    OfLot {
        lot: String,
        credits: String,
        reason: String,
        actor: String,
    },
    CreditsDeducted {
        credits: String,
        reason: String,
        actor: String,
    },
    LotExpired {
        lot: String,
        credits: String,
        expired_at: Timestamp,
    },
    FeatureConsumed {
        feature: String,
        quantity: String,
        included: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        carried: Option<String>,
        #[serde(flatten)]
        paid: Paid,
        #[serde(skip_serializing_if = "Option::is_none")]
        waived: Option<String>,
        window: PublicPeriod,
        plan: String,
        catalog_version: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        hold: Option<String>,
        #[serde(flatten)]
        told: Told,
    },
    ConsumptionReversed {
        consumption: String,
        feature: String,
        quantity: String,
        included: String,
        restored: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        credits: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        invoice: Option<PublicInvoice>,
        window: PublicPeriod,
        reason: String,
        actor: String,
    },
    HoldPlaced {
        hold: String,
        feature: String,
        quantity: String,
        included: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        credits: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        waived: Option<String>,
        window: PublicPeriod,
        expires_at: Timestamp,
        #[serde(skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
        plan: String,
        catalog_version: u32,
    },
    HoldCaptured {
        hold: String,
        feature: String,
        quantity: String,
        included: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        overage: Option<PublicOverage>,
        #[serde(skip_serializing_if = "Option::is_none")]
        waived: Option<String>,
        left: String,
        window: PublicPeriod,
        #[serde(flatten)]
        told: Told,
    },
    HoldExtended {
        hold: String,
        expires_at: Timestamp,
    },
    /// Let go of, or expired.
    HoldEnded {
        hold: String,
        feature: String,
        quantity: String,
        credits: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        expired_at: Option<Timestamp>,
    },
    Capacity {
        feature: String,
        quantity: String,
        level: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
    },
    ThresholdsCrossed {
        alert: String,
        feature: String,
        thresholds: Vec<u8>,
        used: String,
        limit: String,
        window: PublicPeriod,
    },
    CapacityThresholdsCrossed {
        alert: String,
        feature: String,
        thresholds: Vec<u8>,
        level: String,
        limit: String,
    },
    CreditsRanLow {
        alert: String,
        below: String,
        balance: String,
    },
    AlertAcknowledged {
        alert: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        feature: Option<String>,
        actor: String,
    },
    TopUpRuleSet {
        below: String,
        credits: String,
        monthly_max: u16,
        actor: String,
    },
    TopUpRuleRemoved {
        actor: String,
    },
    TopUpRequested {
        credits: String,
        below: String,
        balance: String,
        number: u16,
        month: PublicPeriod,
    },
}

/// What the caller told of a use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

impl Told {
    fn of(occurred_at: Option<Timestamp>, actor: Option<&domain::ActorId>, attributes: &Attributes) -> Self {
        let attributes = attributes.iter().map(|(key, value)| (key.to_string(), value.to_owned())).collect();
        Self { occurred_at, actor: actor.map(ToString::to_string), attributes }
    }
}
