//! Of a ledger: credits that come and go, what is used and held, alerts.

use super::{credits, decimal, instant, period, quantity};
use crate::calendar::Period;
use crate::catalog::Limit;
use crate::credit_ledger::Event as Of;
use crate::credit_ledger::{AlertSubject, CreditCharge, Draw, LotKind, OverageCharge, TopUpRule, Unused};
use crate::id::LotId;
use crate::refusal::sample;
use crate::text::Attributes;

fn draw(lot: &str, amount: &str) -> Draw {
    Draw { lot: sample::<LotId>(lot), amount: credits(amount) }
}

/// Past the allowance, at 0.05 credits each.
fn charged(units: &str, amount: &str) -> CreditCharge {
    let draws = vec![draw("lot_01", amount)];
    CreditCharge { quantity: quantity(units), rate: decimal("0.05"), charge: credits(amount), draws }
}

/// The model an assistant used, as a product may tell its consumptions apart.
fn attributes() -> Attributes {
    let texts = [("campaign".to_owned(), "spring".to_owned())];
    Attributes::new(texts.into()).expect("samples are written in this crate")
}

pub(super) fn events() -> Vec<Of> {
    let mut events: Vec<Of> = bought().into();
    events.extend(by_hand());
    events.extend(consumed());
    events.extend(holds());
    events.extend(levels());
    events.extend(alerts());
    events.extend(top_ups());
    events
}

fn bought() -> [Of; 3] {
    [
        Of::CreditsGranted {
            lot: sample("lot_01"),
            kind: LotKind::Commission,
            amount: credits("3"),
            priority: 10,
            effective_from: instant("2026-02-01T14:00:00Z"),
            expires_at: Some(instant("2026-12-31T05:00:00Z")),
            commission: Some(sample("pay_02-1")),
            reference: None,
            reason: None,
            actor: None,
        },
        Of::CreditsClawedBack {
            commission: sample("pay_00-1"),
            refund: sample("ref_01"),
            amount: credits("1.50"),
            lot: Some(sample("lot_00")),
            taken: credits("1"),
            owed: credits("0.50"),
        },
        Of::CommissionNetted { commission: sample("pay_03-1"), amount: credits("0.50"), owed: credits("0") },
    ]
}

fn by_hand() -> [Of; 5] {
    let (reason, actor) = (|| sample("goodwill after the outage of May"), || sample("operator-7"));
    [
        Of::GrantScheduled {
            lot: sample("lot_02"),
            kind: LotKind::Granted,
            amount: credits("5"),
            priority: 20,
            effective_from: instant("2026-03-01T05:00:00Z"),
            expires_at: Some(instant("2026-06-01T05:00:00Z")),
            reason: reason(),
            actor: actor(),
        },
        Of::GrantCancelled { lot: sample("lot_02"), amount: credits("2"), reason: reason(), actor: actor() },
        Of::CreditsRevoked { lot: sample("lot_01"), amount: credits("0.25"), reason: reason(), actor: actor() },
        Of::CreditsDeducted {
            amount: credits("0.25"),
            draws: vec![draw("lot_01", "0.25")],
            reason: reason(),
            actor: actor(),
        },
        Of::LotExpired { lot: sample("lot_00"), amount: credits("1.50"), expired_at: instant("2026-02-10T05:00:00Z") },
    ]
}

fn consumed() -> [Of; 2] {
    [
        Of::FeatureConsumed {
            feature: sample("whatsapp_messages"),
            quantity: quantity("110"),
            window: period(),
            included: quantity("100"),
            limit: Limit::UpTo(quantity("2000")),
            carried: quantity("50"),
            overage: Some(OverageCharge::Credits(charged("10", "0.50"))),
            waived: quantity("0"),
            plan: sample("starter"),
            catalog_version: 1,
            hold: None,
            occurred_at: Some(instant("2026-02-11T15:00:00Z")),
            actor: Some(sample("user-1")),
            attributes: attributes(),
        },
        Of::ConsumptionReversed {
            position: 42,
            feature: sample("whatsapp_messages"),
            quantity: quantity("6"),
            window: period(),
            included: quantity("4"),
            restored: quantity("4"),
            overage: Some(OverageCharge::Credits(charged("2", "0.10"))),
            reason: sample("six messages were not delivered"),
            actor: sample("operator-7"),
        },
    ]
}

fn holds() -> [Of; 5] {
    let unused = |units: &str, amount: &str| Unused {
        quantity: quantity(units),
        included: quantity("0"),
        returned: vec![draw("lot_01", amount)],
        expired: Vec::new(),
    };
    [
        Of::HoldPlaced {
            hold: sample("hold_01"),
            feature: sample("whatsapp_messages"),
            quantity: quantity("20"),
            window: period(),
            included: quantity("5"),
            limit: Limit::UpTo(quantity("2000")),
            carried: quantity("50"),
            credits: Some(charged("15", "0.75")),
            invoiced: quantity("0"),
            waived: quantity("0"),
            expires_at: instant("2026-02-12T15:00:00Z"),
            actor: Some(sample("user-1")),
            plan: sample("starter"),
            catalog_version: 1,
        },
        Of::HoldCaptured {
            hold: sample("hold_01"),
            feature: sample("whatsapp_messages"),
            quantity: quantity("8"),
            window: period(),
            included: quantity("5"),
            credits: Some(charged("3", "0.15")),
            besides: quantity("0"),
            waived: quantity("0"),
            left: quantity("12"),
            occurred_at: None,
            actor: Some(sample("user-1")),
            attributes: attributes(),
        },
        Of::HoldExtended { hold: sample("hold_01"), expires_at: instant("2026-02-13T15:00:00Z") },
        Of::HoldReleased {
            hold: sample("hold_02"),
            feature: sample("whatsapp_messages"),
            window: period(),
            unused: unused("4", "0.20"),
        },
        Of::HoldExpired {
            hold: sample("hold_03"),
            feature: sample("whatsapp_messages"),
            window: period(),
            unused: unused("2", "0.10"),
            expired_at: instant("2026-02-11T16:00:00Z"),
        },
    ]
}

fn levels() -> [Of; 2] {
    [
        Of::CapacityAcquired {
            feature: sample("seats"),
            quantity: quantity("2.5"),
            level: quantity("2.5"),
            limit: Limit::UpTo(quantity("2.5")),
            plan: sample("starter"),
            catalog_version: 1,
            actor: Some(sample("user-1")),
        },
        Of::CapacityReleased {
            feature: sample("seats"),
            quantity: quantity("0.5"),
            level: quantity("2"),
            actor: Some(sample("user-1")),
        },
    ]
}

fn alerts() -> [Of; 4] {
    let (feature, thresholds) = (sample("seats"), vec![80]);
    [
        Of::ThresholdsCrossed {
            alert: sample("alert_01"),
            feature: sample("whatsapp_messages"),
            window: period(),
            thresholds: vec![95],
            used: quantity("2000"),
            limit: quantity("2050"),
        },
        Of::CapacityThresholdsCrossed {
            alert: sample("alert_02"),
            feature: sample("seats"),
            thresholds: vec![80],
            level: quantity("2.5"),
            limit: quantity("2.5"),
        },
        Of::CreditsRanLow { alert: sample("alert_03"), below: credits("5"), balance: credits("4.95") },
        Of::AlertAcknowledged {
            alert: sample("alert_02"),
            subject: AlertSubject::Capacity { feature, thresholds },
            actor: sample("user-1"),
        },
    ]
}

fn top_ups() -> [Of; 3] {
    let monthly_max = 3.try_into().expect("samples are written in this crate");
    let month = Period { start: instant("2026-02-01T05:00:00Z"), end: instant("2026-03-01T05:00:00Z") };
    [
        Of::TopUpRuleSet {
            rule: TopUpRule { below: credits("5"), amount: credits("20"), monthly_max },
            actor: sample("user-1"),
        },
        Of::TopUpRuleRemoved { actor: sample("user-2") },
        Of::TopUpRequested { amount: credits("20"), below: credits("5"), balance: credits("4.95"), month, number: 1 },
    ]
}
