//! Random histories of a subscription. A step may be about what is there by then: an invoice, a payment.

use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::calendar::Interval;
use crate::discount::{DiscountTerms, Lasts, Off};
use crate::money::Money;
use crate::scenario::{catalog, decimal, id, usd};
use crate::subscription::tests::life::{Life, SHOP, attach};
use crate::subscription::{Command, CreditUnused, Effective, RefundKind};

/// Something is asked, some hours after what was asked before.
#[derive(Debug, Clone)]
pub(super) struct Step {
    hours: i64,
    asked: Asked,
}

#[derive(Debug, Clone)]
enum Asked {
    Plain(Command),
    /// All that is due, or a part of it in percent.
    Pay(u32),
    Refund(usize, u32, RefundKind),
    Credit(usize, u32, CreditUnused),
    Void(usize),
    Pause(Effective, Option<i64>),
}

impl Step {
    pub(super) fn pause(&self) -> SignedDuration {
        SignedDuration::from_hours(self.hours)
    }
}

/// The shop with a tax on top of its prices and two months before an unpaid subscription ends.
pub(super) fn begin() -> Life {
    let seller = "[seller]\nname = \"Acme\"\ncountry = \"CL\"\n";
    let tax =
        "[[taxes]]\ncountry = \"CL\"\nname = \"IVA\"\nrate = \"0.19\"\nprices = \"exclusive\"\nfrom = 2003-10-01\n";
    let text = SHOP.replace("cancel_after_days = 20", "cancel_after_days = 60");
    Life::under(catalog(&text.replace("[dunning]", &format!("{seller}{tax}[dunning]"))))
}

pub(super) fn histories() -> impl Strategy<Value = Vec<Step>> {
    // Up to 25 days apart, mostly, so that periods end and payments come early, late and never.
    let hours = prop_oneof![3 => 0_i64..600, 1 => 600_i64..2_400];
    vec((hours, asked()).prop_map(|(hours, asked)| Step { hours, asked }), 0..30)
}

fn asked() -> impl Strategy<Value = Asked> {
    let when = || prop_oneof![Just(Effective::Now), Just(Effective::PeriodEnd)];
    let kept = || prop_oneof![Just(CreditUnused::Nothing), Just(CreditUnused::Balance), Just(CreditUnused::Refund)];
    let plan = || prop_oneof![Just("free"), Just("small"), Just("big"), Just("tried"), Just("carded")];
    let interval = || prop_oneof![4 => Just(Interval::Month), 1 => Just(Interval::Year)];
    let start = (plan(), interval()).prop_map(|(plan, interval)| Command::Start { plan: id(plan), interval });
    let change = (plan(), interval(), when()).prop_map(|(plan, interval, when)| Command::ChangePlan {
        plan: id(plan),
        interval,
        when,
    });
    let cancel = (when(), kept()).prop_map(|(when, credit)| Command::Cancel { when, credit, reason: id("enough") });
    let discount = (0_u8..4, prop_oneof![Just("0.333"), Just("1")]).prop_map(|(periods, share)| {
        let lasts = if periods == 0 { Lasts::ForEver } else { Lasts::Periods(periods.into()) };
        let off = if periods == 2 { Off::Amount(usd("3.33")) } else { Off::Percent(decimal(share)) };
        Command::ApplyDiscount {
            code: id(&format!("CODE{periods}")),
            terms: DiscountTerms { off, lasts, plans: [].into() },
        }
    });
    let pause = (when(), prop_oneof![Just(None), (1_i64..1_500).prop_map(Some)]);
    let part = || 1_u32..=100;
    let refund = prop_oneof![Just(RefundKind::Refund), Just(RefundKind::Chargeback)];
    let plain = prop_oneof![
        6 => start,
        5 => change,
        2 => cancel,
        2 => discount,
        1 => Just(Command::RemoveDiscount { code: id("CODE0") }),
        2 => Just(attach()),
        1 => Just(Command::DetachPaymentMethod),
        1 => Just(Command::EndTrial),
        1 => Just(Command::RevokeScheduledChange),
        2 => Just(Command::Resume),
        2 => Just(Command::Settle),
    ];
    prop_oneof![
        12 => plain.prop_map(Asked::Plain),
        6 => prop_oneof![3 => Just(100_u32), 1 => 1_u32..130].prop_map(Asked::Pay),
        1 => (0_usize..4, part(), refund).prop_map(|(which, part, kind)| Asked::Refund(which, part, kind)),
        1 => (0_usize..4, part(), kept()).prop_map(|(which, part, kept)| Asked::Credit(which, part, kept)),
        1 => (0_usize..4).prop_map(Asked::Void),
        1 => pause.prop_map(|(when, later)| Asked::Pause(when, later)),
    ]
}

fn part_of(amount: Money, percent: u32) -> Money {
    let part = amount.amount * Decimal::from(percent) / Decimal::ONE_HUNDRED;
    // Something in any case.
    Money::rounded(part.max(decimal("0.01")), amount.currency)
}

/// What a step asks of the subscription as it will be once all that is due has happened.
pub(super) fn command(step: &Step, life: &Life) -> Command {
    let mut settled = life.clone();
    settled.settle_silently();
    let life = &settled;
    let newest = |which: &usize| life.state.invoices().iter().rev().nth(*which);
    match &step.asked {
        Asked::Plain(command) => command.clone(),
        Asked::Pay(percent) => {
            let due = life.state.still_due().unwrap_or_else(|| usd("10"));
            Command::pay_by_hand(part_of(due, *percent), None)
        }
        Asked::Refund(which, percent, kind) => {
            let payment = newest(which).and_then(|invoice| invoice.payments.first());
            let Some(payment) = payment else { return Command::Settle };
            let (amount, payment, kind) = (part_of(payment.amount, *percent), payment.id.clone(), *kind);
            Command::RefundPayment { payment, amount, kind, reason: id("not delivered"), reference: None }
        }
        Asked::Credit(which, percent, credit) => {
            let Some(invoice) = newest(which) else { return Command::Settle };
            let (amount, credit) = (part_of(invoice.total, *percent), *credit);
            Command::IssueCreditNote { invoice: invoice.id.clone(), amount, credit, reason: id("an outage") }
        }
        Asked::Void(which) => {
            let Some(invoice) = newest(which) else { return Command::Settle };
            Command::VoidInvoice { invoice: invoice.id.clone(), reason: id("a mistake") }
        }
        Asked::Pause(when, later) => {
            let resumes_at = later.map(|hours| life.context.now + SignedDuration::from_hours(hours));
            Command::Pause { when: *when, resumes_at }
        }
    }
}
