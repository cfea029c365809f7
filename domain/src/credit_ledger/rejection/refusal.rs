//! What each refusal says to a program and to a person.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Rejection, Upgrade};
use crate::calendar::Window;
use crate::catalog::QuotaRefusal;
use crate::credit_ledger::hold::HOLDS_MAX;
use crate::money::{Credits, Money, Quantity};
use crate::refusal::{Refusal, RefusalClass, sample};

/// Both members are there even if no plan would allow it: then they are null.
fn way_up(upgrade: Option<&Upgrade>) -> [(&'static str, Value); 2] {
    let plan = upgrade.map(|upgrade| &upgrade.plan);
    let url = upgrade.and_then(|upgrade| upgrade.url.as_ref());
    [("plan_needed", json!(plan)), ("upgrade_url", json!(url))]
}

/// Members in a fixed order, with the way up behind them.
fn with_way_up<const N: usize>(
    members: [(&'static str, Value); N],
    upgrade: Option<&Upgrade>,
) -> Vec<(&'static str, Value)> {
    members.into_iter().chain(way_up(upgrade)).collect()
}

impl Refusal for Rejection {
    fn code(&self) -> &'static str {
        match self {
            Self::NotRegistered => "organization.unknown",
            Self::Suspended { .. } => "organization.suspended",
            Self::HoldNotOpen { .. } => "ledger.hold_not_open",
            Self::HoldExpired { .. } => "ledger.hold_expired",
            Self::OccurredInFuture { .. } => "ledger.occurred_in_future",
            Self::OccurredBeforeRegistration { .. } => "ledger.occurred_before_registration",
            Self::NoPlanInForce => "subscription.no_plan_in_force",
            Self::UnknownFeature { .. } => "ledger.unknown_feature",
            Self::NotAQuota { .. } => "ledger.not_a_quota",
            Self::NotACapacity { .. } => "ledger.not_a_capacity",
            Self::SwitchedOff { .. } => "FEATURE_SWITCHED_OFF",
            Self::FeatureNotInPlan { .. } => "FEATURE_NOT_IN_PLAN",
            Self::HoldExpiryOutOfRange { .. } => "ledger.hold_expiry_out_of_range",
            Self::TooManyHolds { .. } => "ledger.too_many_holds",
            Self::CaptureExceedsHold { .. } => "ledger.capture_exceeds_hold",
            Self::QuotaExceeded { told_as, .. } => told_as.code(),
            Self::CapacityExceeded { .. } => "CAPACITY_EXCEEDED",
            Self::ReleaseExceedsLevel { .. } => "ledger.release_exceeds_level",
            Self::LotExpiresTooSoon { .. } => "ledger.lot_expires_too_soon",
            Self::UnknownLot { .. } => "ledger.unknown_lot",
            Self::RevokeExceedsLot { .. } => "ledger.revoke_exceeds_lot",
            Self::InvoiceNotOpen { .. } => "ledger.invoice_not_open",
            Self::InvoiceInOtherCurrency { .. } => "ledger.invoice_in_other_currency",
            Self::PaymentExceedsInvoice { .. } => "ledger.payment_exceeds_invoice",
            Self::CreditsPayNoInvoice { .. } => "ledger.credits_pay_no_invoice",
            Self::ReversalExceedsConsumption { .. } => "ledger.reversal_exceeds_consumption",
            Self::UnknownAlert { .. } => "ledger.unknown_alert",
            Self::InsufficientCredits { .. } => "INSUFFICIENT_CREDITS",
        }
    }

    fn class(&self) -> RefusalClass {
        match self {
            Self::NotRegistered
            | Self::UnknownFeature { .. }
            | Self::HoldNotOpen { .. }
            | Self::UnknownLot { .. }
            | Self::InvoiceNotOpen { .. }
            | Self::UnknownAlert { .. } => RefusalClass::Unknown,
            Self::NotAQuota { .. }
            | Self::NotACapacity { .. }
            | Self::OccurredInFuture { .. }
            | Self::OccurredBeforeRegistration { .. }
            | Self::HoldExpiryOutOfRange { .. }
            | Self::InvoiceInOtherCurrency { .. }
            | Self::LotExpiresTooSoon { .. } => RefusalClass::Invalid,
            Self::HoldExpired { .. }
            | Self::TooManyHolds { .. }
            | Self::CaptureExceedsHold { .. }
            | Self::ReleaseExceedsLevel { .. }
            | Self::RevokeExceedsLot { .. }
            | Self::PaymentExceedsInvoice { .. }
            | Self::CreditsPayNoInvoice { .. }
            | Self::ReversalExceedsConsumption { .. } => RefusalClass::Conflict,
            Self::Suspended { .. }
            | Self::NoPlanInForce
            | Self::SwitchedOff { .. }
            | Self::FeatureNotInPlan { .. }
            | Self::CapacityExceeded { .. } => RefusalClass::NotEntitled,
            Self::QuotaExceeded { .. } => RefusalClass::QuotaExceeded,
            Self::InsufficientCredits { .. } => RefusalClass::PaymentRequired,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotRegistered => "register it first".to_owned(),
            Self::Suspended { .. } => "it may read and pay; an operator can resume it".to_owned(),
            Self::HoldNotOpen { .. } => "place a new hold, or consume what was used".to_owned(),
            Self::HoldExpired { .. } => "consume what was used; extend a hold before it expires".to_owned(),
            Self::OccurredInFuture { .. } => "tell what has happened, by a clock that is right".to_owned(),
            Self::OccurredBeforeRegistration { .. } => "tell what happened since then".to_owned(),
            Self::NoPlanInForce => "start a plan; a paid one is in force once its first period is paid".to_owned(),
            Self::UnknownFeature { product, .. } => format!("the features are at /v1/products/{product}/plans"),
            Self::NotAQuota { .. } => "read it as an entitlement instead".to_owned(),
            Self::NotACapacity { .. } => "consume it if it is a quota, else read it as an entitlement".to_owned(),
            Self::SwitchedOff { until: Some(until), .. } => format!("it ends at {until}"),
            Self::SwitchedOff { until: None, .. } => "an operator can remove the override".to_owned(),
            Self::FeatureNotInPlan { upgrade: Some(upgrade), .. } => format!("plan {} has it", upgrade.plan),
            Self::FeatureNotInPlan { upgrade: None, .. } => "no plan of the product has it".to_owned(),
            Self::HoldExpiryOutOfRange { .. } => "let it expire within that time, and extend it if need be".to_owned(),
            Self::TooManyHolds { .. } => "capture or release the holds that are done".to_owned(),
            Self::CaptureExceedsHold { left, .. } => format!("capture up to {left}, and consume the rest"),
            Self::QuotaExceeded { upgrade: Some(upgrade), .. } => {
                format!("wait for the reset or move to plan {}", upgrade.plan)
            }
            Self::QuotaExceeded { upgrade: None, .. } => "wait for the reset".to_owned(),
            Self::CapacityExceeded { upgrade: Some(upgrade), .. } => {
                format!("release some or move to plan {}", upgrade.plan)
            }
            Self::CapacityExceeded { upgrade: None, .. } => "release some".to_owned(),
            Self::ReleaseExceedsLevel { .. } => "release what was acquired".to_owned(),
            Self::LotExpiresTooSoon { .. } => "let it expire later, or never".to_owned(),
            Self::UnknownLot { .. } => {
                "the lots that are left are at /v1/organizations/{organization}/credits/lots".to_owned()
            }
            Self::RevokeExceedsLot { .. } => {
                "revoke what is left; what holds reserve can be revoked once released".to_owned()
            }
            Self::InvoiceNotOpen { .. } => "name an invoice of which something is due".to_owned(),
            Self::InvoiceInOtherCurrency { expected, .. } => format!("pay it in {expected}"),
            Self::PaymentExceedsInvoice { open, .. } => format!("pay up to {open}"),
            Self::CreditsPayNoInvoice { .. } => {
                "pay it with money, or publish a catalog with `credits.per_unit`".to_owned()
            }
            Self::ReversalExceedsConsumption { .. } => "reverse at most what was consumed".to_owned(),
            Self::UnknownAlert { .. } => "the alerts are at /v1/organizations/{organization}/alerts".to_owned(),
            Self::InsufficientCredits { .. } => "top up credits".to_owned(),
        }
    }

    fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NotRegistered | Self::NoPlanInForce => Vec::new(),
            Self::Suspended { since, reason } => vec![("since", json!(since)), ("reason", json!(reason))],
            Self::HoldNotOpen { hold } => vec![("hold", json!(hold))],
            Self::HoldExpired { hold, expired_at } => vec![("hold", json!(hold)), ("expired_at", json!(expired_at))],
            Self::OccurredInFuture { occurred_at, now } => {
                vec![("occurred_at", json!(occurred_at)), ("now", json!(now))]
            }
            Self::OccurredBeforeRegistration { occurred_at, registered_at } => {
                vec![("occurred_at", json!(occurred_at)), ("registered_at", json!(registered_at))]
            }
            Self::UnknownFeature { feature, product } => {
                vec![("feature", json!(feature)), ("product", json!(product))]
            }
            Self::NotAQuota { feature, kind } | Self::NotACapacity { feature, kind } => {
                vec![("feature", json!(feature)), ("kind", json!(kind))]
            }
            Self::SwitchedOff { feature, reason, until } => {
                vec![("feature", json!(feature)), ("reason", json!(reason)), ("until", json!(until))]
            }
            Self::FeatureNotInPlan { feature, current_plan, upgrade } => {
                let members = [("feature", json!(feature)), ("current_plan", json!(current_plan))];
                with_way_up(members, upgrade.as_deref())
            }
            Self::HoldExpiryOutOfRange { expires_at, after, latest } => {
                vec![("expires_at", json!(expires_at)), ("after", json!(after)), ("latest", json!(latest))]
            }
            Self::TooManyHolds { holds } => vec![("holds", json!(holds))],
            Self::CaptureExceedsHold { hold, left, requested } => {
                vec![("hold", json!(hold)), ("left", json!(left)), ("requested", json!(requested))]
            }
            Self::QuotaExceeded {
                feature, limit, used, requested, window, resets_at, current_plan, upgrade, ..
            } => {
                let members = [
                    // Rates are told with a code of a quota's too, and another kind.
                    ("kind", json!("quota")),
                    ("feature", json!(feature)),
                    ("limit", json!(limit)),
                    ("used", json!(used)),
                    ("requested", json!(requested)),
                    ("window", json!(window)),
                    ("resets_at", json!(resets_at)),
                    ("current_plan", json!(current_plan)),
                ];
                with_way_up(members, upgrade.as_deref())
            }
            Self::CapacityExceeded { feature, limit, level, requested, current_plan, upgrade } => {
                let members = [
                    ("feature", json!(feature)),
                    ("limit", json!(limit)),
                    ("level", json!(level)),
                    ("requested", json!(requested)),
                    ("current_plan", json!(current_plan)),
                ];
                with_way_up(members, upgrade.as_deref())
            }
            Self::ReleaseExceedsLevel { feature, level, requested } => {
                vec![("feature", json!(feature)), ("level", json!(level)), ("requested", json!(requested))]
            }
            Self::LotExpiresTooSoon { expires_at, begins } => {
                vec![("expires_at", json!(expires_at)), ("begins", json!(begins))]
            }
            Self::UnknownLot { lot } => vec![("lot", json!(lot))],
            Self::RevokeExceedsLot { lot, left, requested } => {
                vec![("lot", json!(lot)), ("left", json!(left)), ("requested", json!(requested))]
            }
            Self::InvoiceNotOpen { invoice } => vec![("invoice", json!(invoice))],
            Self::InvoiceInOtherCurrency { expected, found } => {
                vec![("expected", json!(expected)), ("found", json!(found))]
            }
            Self::PaymentExceedsInvoice { invoice, open, payment } => {
                vec![("invoice", json!(invoice)), ("open", json!(open)), ("payment", json!(payment))]
            }
            Self::CreditsPayNoInvoice { currency } => vec![("currency", json!(currency))],
            Self::ReversalExceedsConsumption { position, consumed, requested } => {
                vec![("position", json!(position)), ("consumed", json!(consumed)), ("requested", json!(requested))]
            }
            Self::UnknownAlert { alert } => vec![("alert", json!(alert))],
            Self::InsufficientCredits { balance, required } => {
                vec![("balance", json!(balance)), ("required", json!(required))]
            }
        }
    }

    fn samples() -> Vec<Self> {
        let quantity = |amount: u32| Quantity::of(amount.into());
        let credits = |cents: i64| Credits::rounded(rust_decimal::Decimal::new(cents, 2));
        let money = |amount: u32| Money::rounded(amount.into(), sample("USD"));
        let upgrade =
            |plan: &str| Some(Box::new(Upgrade { plan: sample(plan), url: Some(format!("/checkout?plan={plan}")) }));
        let instant = Timestamp::UNIX_EPOCH;
        let quota_exceeded = |told_as| Self::QuotaExceeded {
            feature: sample("ai_runs"),
            limit: quantity(1),
            used: quantity(1),
            requested: quantity(1),
            window: Window::BillingPeriod,
            resets_at: instant,
            resets_in_seconds: 1,
            told_as,
            current_plan: sample("gratis"),
            upgrade: upgrade("starter"),
        };
        vec![
            Self::NotRegistered,
            Self::Suspended { since: instant, reason: sample("chargeback under review") },
            Self::HoldNotOpen { hold: sample("hold_01") },
            Self::HoldExpired { hold: sample("hold_01"), expired_at: instant },
            Self::OccurredInFuture { occurred_at: instant, now: instant },
            Self::OccurredBeforeRegistration { occurred_at: instant, registered_at: instant },
            Self::NoPlanInForce,
            Self::UnknownFeature { feature: sample("faxes"), product: sample("agencia") },
            Self::NotAQuota { feature: sample("white_label"), kind: "flag" },
            Self::NotACapacity { feature: sample("white_label"), kind: "flag" },
            Self::SwitchedOff { feature: sample("ai_runs"), reason: sample("abuse"), until: None },
            Self::FeatureNotInPlan {
                feature: sample("white_label"),
                current_plan: sample("starter"),
                upgrade: upgrade("partner"),
            },
            Self::HoldExpiryOutOfRange { expires_at: instant, after: instant, latest: instant },
            Self::TooManyHolds { holds: HOLDS_MAX },
            Self::CaptureExceedsHold { hold: sample("hold_01"), left: quantity(30), requested: quantity(40) },
            quota_exceeded(QuotaRefusal::QuotaExceeded),
            quota_exceeded(QuotaRefusal::RateLimitExceeded),
            Self::CapacityExceeded {
                feature: sample("whatsapp_instances"),
                limit: quantity(1),
                level: quantity(1),
                requested: quantity(1),
                current_plan: sample("starter"),
                upgrade: upgrade("partner"),
            },
            Self::ReleaseExceedsLevel {
                feature: sample("whatsapp_instances"),
                level: quantity(1),
                requested: quantity(2),
            },
            Self::LotExpiresTooSoon { expires_at: instant, begins: instant },
            Self::UnknownLot { lot: sample("lot_01") },
            Self::RevokeExceedsLot { lot: sample("lot_01"), left: credits(500), requested: credits(1_000) },
            Self::InvoiceNotOpen { invoice: sample("inv_01-1") },
            Self::InvoiceInOtherCurrency { expected: sample("USD"), found: sample("CLP") },
            Self::PaymentExceedsInvoice { invoice: sample("inv_01-1"), open: money(15), payment: money(16) },
            Self::CreditsPayNoInvoice { currency: sample("CLP") },
            Self::ReversalExceedsConsumption { position: 4711, consumed: quantity(3), requested: quantity(4) },
            Self::UnknownAlert { alert: sample("alert_01") },
            Self::InsufficientCredits { balance: Credits::ZERO, required: credits(5) },
        ]
    }
}
