//! Lives of customers that only look random: all that can be asked of a subscription, over months.

use std::collections::BTreeSet;

use domain::calendar::Interval;
use domain::credit_ledger::{Acquire, Command as Use};
use domain::discount::{DiscountTerms, Lasts, Off};
use domain::subscription::{Command as Subscribe, CreditUnused, Effective, RefundKind, Subscription};
use domain::{Command, Kind, Money, ReasonText, State};
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use testkit::of;

use super::assert_same;
use super::town::{KIOSK, Town, at, feature, plan, quantity, use_of};

const CUSTOMERS: [&str; 3] = ["juan", "ana", "eva"];

/// Numbers that are the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(u64::try_from(all.len()).unwrap())).unwrap()]
    }
}

/// With a trial, and overpayments that become credits.
pub fn catalog() -> String {
    let tried = "price = { month = \"30\" }\ntrial = { days = 7, payment_method = \"optional\" }";
    KIOSK
        .replace("price = { month = \"30\" }", tried)
        .replace("[referrals]", "[credits]\nper_unit = { USD = \"1\" }\n\n[referrals]")
        .replace("rates = [\"0.20\", \"0.05\"]", "rates = [\"0.20\", \"0.05\"]\nhold_days = 5")
}

fn reason() -> ReasonText {
    "because".to_owned().try_into().unwrap()
}

fn part(amount: Money, share: i64) -> Money {
    Money::rounded(amount.amount / Decimal::from(share), amount.currency)
}

/// Something to ask; `None` if there is nothing to ask it of.
fn asked(dice: &mut Dice, known: &Subscription, now: Timestamp, intervals: &[Interval]) -> Option<Command> {
    let when = dice.of(&[Effective::Now, Effective::PeriodEnd]);
    let interval = if let [only] = intervals { *only } else { dice.of(intervals) };
    let credit = dice.of(&[CreditUnused::Nothing, CreditUnused::Balance, CreditUnused::Refund]);
    let chosen = plan(dice.of(&["gratis", "basic", "pro"]));
    let newest = known.invoices().last();
    let command = match dice.below(26) {
        0..=2 => Subscribe::Start { plan: chosen, interval },
        3..=7 => Subscribe::pay_by_hand(part(known.still_due()?, dice.of(&[1, 1, 1, 2])), None),
        8 => {
            let due = known.still_due()?;
            Subscribe::pay_by_hand(Money { amount: due.amount + Decimal::ONE, ..due }, None)
        }
        9 | 10 => Subscribe::ChangePlan { plan: chosen, interval, when },
        11 => Subscribe::Cancel { when, credit, reason: reason() },
        12 => Subscribe::RevokeScheduledChange,
        13 => Subscribe::Pause { when, resumes_at: dice.of(&[None, Some(now + (24 * 60).hours())]) },
        14 => Subscribe::Resume,
        15 => {
            let paid = newest?.payments.last()?;
            let kind = dice.of(&[RefundKind::Refund, RefundKind::Chargeback]);
            let (payment, amount) = (paid.id.clone(), part(paid.amount, dice.of(&[1, 2, 3])));
            Subscribe::RefundPayment { payment, amount, kind, reason: reason(), reference: None }
        }
        16 => {
            let (invoice, amount) = (newest?.id.clone(), part(newest?.creditable(), dice.of(&[1, 2, 3])));
            Subscribe::IssueCreditNote { invoice, amount, credit, reason: reason() }
        }
        17 => Subscribe::VoidInvoice { invoice: newest?.id.clone(), reason: reason() },
        18 => {
            let (provider, reference) = ("stripe".to_owned(), "pm_1".to_owned());
            let (provider, reference) = (provider.try_into().unwrap(), reference.try_into().unwrap());
            Subscribe::AttachPaymentMethod { provider, reference }
        }
        19 => Subscribe::EndTrial,
        20 => {
            let off = Off::Percent("0.25".parse().unwrap());
            let terms = DiscountTerms { off, lasts: Lasts::Periods(2), plans: Default::default() };
            Subscribe::ApplyDiscount { code: "SPRING".to_owned().try_into().unwrap(), terms }
        }
        21 => Subscribe::Settle,
        22 => return Some(Use::TopUp { amount: domain::Credits::rounded(Decimal::TWO), reference: None }.into()),
        23 => {
            let seats = Acquire { feature: feature("seats"), quantity: quantity(1), actor: None };
            return Some(dice.of(&[Use::Acquire, Use::ReleaseCapacity])(seats).into());
        }
        _ => return Some(use_of(dice.of(&["calls", "notes"]), dice.of(&[1, 2, 6])).into()),
    };
    Some(command.into())
}

async fn lives(seed: u64) -> Town {
    lives_on(&catalog(), "UTC", &[Interval::Month], seed).await
}

/// Lives of those who are sold a catalog, in a time zone, by intervals.
pub async fn lives_on(catalog: &str, zone: &str, intervals: &[Interval], seed: u64) -> Town {
    let mut town = Town::found_on(catalog).await;
    town.register_in(zone, "01-02", "juan", None).await;
    town.register_in(zone, "01-03", "ana", Some("juan")).await;
    town.register_in(zone, "01-04", "eva", Some("ana")).await;
    let (mut dice, mut now) = (Dice(seed), at("01-05"));
    while now < at("10-01") {
        now += dice.of(&[3_i64, 20, 40, 90]).hours();
        let id = dice.of(&CUSTOMERS);
        let State::Subscription(known) = town.state(Kind::Subscription, &of(id)).clone() else { panic!("{id}") };
        if let Some(command) = asked(&mut dice, &known, now, intervals) {
            // What is refused leaves nothing in the log.
            let _refused_or_not = town.try_at(now, of(id), command).await;
        }
    }
    town
}

#[tokio::test]
async fn whatever_life_a_subscription_has_it_comes_out_as_recorded() {
    let mut happened = BTreeSet::new();
    for seed in [1, 20, 300, 4_000, 50_000] {
        let town = lives(seed).await;
        happened.extend(town.happened().await);
        for from in ["01-01T00:00:00", "04-01", "07-15"] {
            assert_same(&town.simulate(&catalog(), from, "10-01").await);
        }
    }
    for event in [
        "TrialStarted",
        "TrialEnded",
        "InvoiceVoided",
        "OverpaymentKept",
        "PaymentRefunded",
        "CreditNoteIssued",
        "SubscriptionRenewed",
        "SubscriptionPastDue",
        "SubscriptionSuspended",
        "SubscriptionRecovered",
        "PlanChanged",
        "ChangeScheduled",
        "ScheduledChangeRevoked",
        "SubscriptionPaused",
        "SubscriptionCanceled",
        "DiscountApplied",
        "CommissionAccrued",
        "CommissionClawedBack",
        "FeatureConsumed",
    ] {
        assert!(happened.contains(event), "{event} is not among {happened:?}");
    }
}

#[tokio::test]
async fn another_catalog_never_changes_what_was_recorded() {
    let town = lives(7).await;
    let other = catalog().replace("\"30\"", "\"45\"").replace("notes = { limit = 5 }", "notes = { limit = 1 }");
    let [same, other] =
        [town.simulate(&catalog(), "03-01", "10-01").await, town.simulate(&other, "03-01", "10-01").await];
    assert_eq!(other.reproduced, same.reproduced);
    assert_eq!(other.total.recorded, same.total.recorded);
    assert_eq!(other.total.recorded, same.total.simulated);
}
