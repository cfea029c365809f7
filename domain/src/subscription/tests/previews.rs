//! What would happen, what comes next, what was used so far.

use expect_test::expect;

use super::life::{Life, change, pay, start};
use crate::credit_ledger::CreditLedger;
use crate::scenario::{fold, id, instant, usd};
use crate::subscription::preview::{draft, preview, upcoming};
use crate::subscription::{Command, Effective};

/// Twelve minutes past the allowance in a month of the anchor.
pub(crate) fn twelve_minutes(month_start: &str, month_end: &str) -> CreditLedger {
    use crate::calendar::Period;
    use crate::credit_ledger::{Event, InvoiceCharge, OverageCharge};
    let month = Period { start: instant(month_start), end: instant(month_end) };
    let quantity = crate::scenario::quantity(12);
    let event = Event::FeatureConsumed {
        feature: id("minutes"),
        quantity,
        window: month,
        included: crate::money::Quantity::ZERO,
        limit: crate::catalog::Limit::UpTo(crate::money::Quantity::ZERO),
        carried: crate::money::Quantity::ZERO,
        overage: Some(OverageCharge::Invoice(InvoiceCharge { quantity, price: usd("6"), month: Some(month) })),
        waived: crate::money::Quantity::ZERO,
        plan: id("small"),
        catalog_version: 1,
        hold: None,
        occurred_at: None,
        actor: None,
        attributes: Default::default(),
    };
    fold(&[event])
}

fn february() -> CreditLedger {
    twelve_minutes("2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z")
}

#[test]
fn a_preview_is_what_then_happens() {
    let life = Life::in_shop().does(start("small")).does(pay("10")).at("2026-02-14T12:00:00Z").quietly();
    let command = change("big", Effective::Now);
    let seen = preview(&life.state, &command, &life.surroundings()).unwrap();
    assert_eq!((seen.due, seen.next.as_ref().unwrap().total), (Some(usd("5")), usd("20")));
    let (events, next) = (seen.events, seen.next.unwrap());
    let life = life.does(command).does(pay("5"));
    assert!(life.log.windows(events.len()).any(|happened| happened == events));
    let issued = upcoming(&life.state, &life.surroundings()).unwrap();
    assert_eq!(issued, next);
    life.quietly().settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 3 Period on 28 Feb 12:00: big by the month 20.00 = 20.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
}

#[test]
fn what_was_used_past_the_allowance_is_on_the_invoice_of_the_next_period() {
    let life = Life::in_shop().does(start("small")).does(pay("10")).at("2026-02-20T12:00:00Z").used(&february());
    let so_far = draft(&life.state, &life.surroundings()).unwrap();
    assert_eq!(so_far.total, usd("6"));
    assert_eq!(upcoming(&life.state, &life.surroundings()).unwrap().total, usd("16"));
    let life = life.quietly().settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 2 Period on 28 Feb 12:00: small by the month 10.00, 12 minutes 6.00 = 16.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
    assert_eq!(draft(&life.state, &life.surroundings()), None);
}

#[test]
fn a_free_plan_is_billed_what_was_used_and_an_ending_one_too() {
    let free = Life::in_shop().does(start("free")).used(&february()).quietly();
    free.settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        PeriodBegan 28 Feb 12:00 to 31 Mar 12:00
        InvoiceIssued 1 Period on 28 Feb 12:00: 12 minutes 6.00 = 6.00
        SubscriptionPastDue since 28 Feb 12:00, until 07 Mar 12:00, to the end on 20 Mar 12:00"#]]);
    let small = Life::in_shop().does(start("small")).does(pay("10")).used(&february()).quietly();
    let cancel = super::life::cancel(Effective::PeriodEnd, crate::subscription::CreditUnused::Nothing);
    small.does(cancel).settles("2026-02-28T12:00:00Z").tells(expect![[r#"
        ChangeScheduled cancellation on 28 Feb 12:00
        SubscriptionCanceled on 28 Feb 12:00: Requested { reason: "no more need" }
        InvoiceIssued 2 Usage on 28 Feb 12:00: 12 minutes 6.00 = 6.00"#]]);
}

#[test]
fn nothing_comes_after_the_end() {
    let life = Life::in_shop().does(start("small")).does(pay("10"));
    let cancel = super::life::cancel(Effective::PeriodEnd, crate::subscription::CreditUnused::Nothing);
    let life = life.does(cancel);
    assert_eq!(upcoming(&life.state, &life.surroundings()), None);
    assert!(preview(&life.state, &Command::Resume, &life.surroundings()).is_err());
}
