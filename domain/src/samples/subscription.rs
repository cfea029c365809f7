//! Maria on `starter`: a trial, a first period, a change, what was not paid, and the end of it.

use super::{credits, decimal, instant, period, quantity, usd};
use crate::calendar::{Interval, Period};
use crate::catalog::TaxedPrices;
use crate::discount::{DiscountTerms, Lasts, Off};
use crate::organization::BillingProfile;
use crate::refusal::sample;
use crate::subscription::{CancelReason, Event, InvoiceKind, InvoiceTax, Item, Line, Method, RefundKind, Scheduled};

pub(super) fn events() -> Vec<Event> {
    let mut events = began();
    events.extend(billed());
    events.extend(unpaid());
    events.extend(changed());
    events
}

/// 31 January to 28 February.
fn next() -> Period {
    Period { start: period().end, end: instant("2026-03-31T14:00:00Z") }
}

fn began() -> Vec<Event> {
    vec![
        Event::SubscriptionStarted {
            subscription: Some(sample("sub_01")),
            plan: sample("starter"),
            catalog_version: 1,
            interval: Interval::Month,
            price: usd("15"),
        },
        Event::PaymentMethodAttached { provider: sample("stripe"), reference: sample("pm_7") },
        Event::TrialStarted { starts_at: instant("2026-01-17T14:00:00Z"), ends_at: period().start },
        Event::TrialEnded { at: period().start },
        Event::DiscountApplied { code: sample("SPRING"), terms: spring(), at: period().start },
        Event::SubscriptionActivated { anchor: period().start, period: period() },
        Event::PeriodBegan { anchor: period().start, period: next() },
    ]
}

fn spring() -> DiscountTerms {
    DiscountTerms {
        off: Off::Percent(decimal("0.20")),
        lasts: Lasts::Periods(3),
        plans: [sample("starter")].into_iter().collect(),
    }
}

fn iva(base: &str, amount: &str) -> InvoiceTax {
    let (name, prices) = ("IVA".to_owned(), TaxedPrices::Exclusive);
    InvoiceTax { name, rate: decimal("0.19"), prices, base: usd(base), amount: usd(amount) }
}

fn billed() -> Vec<Event> {
    let month = Some(next());
    let line = |item: Item, amount: &str| Line { item, period: month, amount: usd(amount) };
    let lines = vec![
        line(Item::ProrationCredit { plan: sample("basic") }, "-1"),
        line(Item::ProrationCharge { plan: sample("starter") }, "2"),
        line(Item::Plan { plan: sample("starter"), interval: Interval::Month }, "15"),
        line(Item::Discount { code: sample("SPRING") }, "-3"),
        line(Item::Metered { feature: sample("minutes"), quantity: quantity("12"), given_back: quantity("2") }, "14"),
    ];
    vec![
        Event::InvoiceIssued {
            invoice: sample("inv_01-1"),
            series: sample("F"),
            kind: InvoiceKind::Period,
            period: month,
            lines,
            net: usd("27"),
            taxes: vec![iva("27", "5.13")],
            total: usd("32.13"),
            kept: usd("0"),
            issued_at: period().end,
            due_at: period().end,
            profile: Some(BillingProfile { id: sample("bp_01"), hash: sample("9f86d081"), country: sample("CO") }),
        },
        Event::PaymentRecorded {
            payment: sample("pay_01"),
            invoice: Some(sample("inv_01-1")),
            amount: usd("32.13"),
            net: usd("27"),
            method: Method::Provider { provider: sample("stripe"), charge: sample("ch_7") },
            reference: Some(sample("transfer-7")),
            still_due: usd("0"),
        },
        Event::OverpaymentKept { payment: sample("pay_01"), amount: usd("5"), credits: credits("5") },
        Event::SubscriptionRenewed { period: next() },
        Event::CreditNoteIssued {
            credit_note: sample("cn_01-1"),
            series: sample("NC"),
            invoice: sample("inv_01-1"),
            amount: usd("11.90"),
            net: usd("10"),
            taxes: vec![iva("10", "1.90")],
            reduces_due: usd("0"),
            to_balance: usd("0"),
            to_refund: usd("11.90"),
            reason: sample("two days without service"),
            issued_at: instant("2026-03-02T15:00:00Z"),
        },
        Event::PaymentRefunded {
            refund: sample("ref_01"),
            payment: sample("pay_01"),
            invoice: sample("inv_01-1"),
            amount: usd("11.90"),
            net: usd("10"),
            refunded_total: usd("11.90"),
            refunded_net_total: usd("10"),
            paid_net: usd("27"),
            kind: RefundKind::Refund,
            reason: sample("two days without service"),
            reference: Some(sample("re_7")),
        },
    ]
}

fn unpaid() -> Vec<Event> {
    let since = next().end;
    vec![
        Event::SubscriptionPastDue {
            since,
            invoice: sample("inv_01-2"),
            retries: vec![instant("2026-04-02T14:00:00Z"), instant("2026-04-04T14:00:00Z")],
            suspends_at: instant("2026-04-05T14:00:00Z"),
            cancels_at: instant("2026-04-20T14:00:00Z"),
        },
        Event::PaymentRetryDue { invoice: sample("inv_01-2"), attempt: 1, at: instant("2026-04-02T14:00:00Z") },
        Event::SubscriptionSuspended { since: instant("2026-04-05T14:00:00Z"), invoice: sample("inv_01-2") },
        Event::SubscriptionRecovered { at: instant("2026-04-06T15:00:00Z") },
    ]
}

fn changed() -> Vec<Event> {
    let change =
        Scheduled::Plan { plan: sample("basic"), interval: Interval::Month, catalog_version: 1, price: usd("9") };
    let at = instant("2026-05-06T15:00:00Z");
    vec![
        Event::ChangeScheduled { change: change.clone(), at },
        Event::ScheduledChangeRevoked { change },
        Event::PlanChanged {
            from: sample("basic"),
            to: sample("starter"),
            catalog_version: 1,
            interval: Interval::Month,
            price: usd("15"),
            at: instant("2026-04-10T15:00:00Z"),
        },
        Event::CatalogMigrated { plan: sample("starter"), from: 1, to: 2, price: usd("18") },
        Event::SubscriptionPaused { since: instant("2026-04-12T15:00:00Z"), resumes_at: Some(at) },
        Event::SubscriptionResumed { at },
        Event::DiscountEnded { code: sample("SPRING"), at },
        Event::InvoiceVoided { invoice: sample("inv_01-2"), amount: usd("15"), reason: sample("issued by mistake") },
        Event::PaymentMethodDetached { provider: sample("stripe"), reference: sample("pm_7") },
        Event::SubscriptionCanceled {
            at: instant("2026-05-10T15:00:00Z"),
            reason: CancelReason::Requested { reason: sample("moved to another product") },
        },
    ]
}
