//! A commission waits as long as the catalog says, and is granted then.

use super::*;
use crate::referral_tree::SETTLED_MAX;

/// Two weeks.
pub(super) fn waiting() -> Arc<CatalogVersion> {
    agencia_with("[referrals]\nrates = [\"0.20\", \"0.05\"]\nhold_days = 14")
}

/// Two weeks after the scenario began.
pub(super) const DUE: &str = "2026-02-14T12:00:00Z";

fn due_later(event: Event) -> Event {
    match event {
        Event::CommissionAccrued {
            commission,
            payment,
            payer,
            beneficiary,
            level,
            rate,
            base,
            amount,
            catalog_version,
            ..
        } => Event::CommissionAccrued {
            commission,
            payment,
            payer,
            beneficiary,
            level,
            rate,
            base,
            amount,
            catalog_version,
            matures_at: Some(instant(DUE)),
        },
        Event::CommissionMatured { commission, payer, beneficiary, amount, .. } => {
            Event::CommissionMatured { commission, payer, beneficiary, amount, matured_at: instant(DUE) }
        }
        other => other,
    }
}

#[test]
fn a_commission_waits_the_days_the_catalog_says() {
    let base = usd("199");
    the_three()
        .under(waiting())
        .when(accrue("maria", base))
        .then([due_later(accrued("maria", base, 1, "juan", "0.20", "39.80"))]);
}

#[test]
fn a_commission_matures_at_its_instant_whenever_somebody_looks() {
    let waits = || the_three().under(waiting()).after(accrue("maria", usd("199")));
    waits().at("2026-02-14T11:59:59Z").when(Command::Settle).then_nothing();
    for later in [DUE, "2026-07-01T00:00:00Z"] {
        waits().at(later).when(Command::Settle).then([due_later(matured("maria", 1, "juan", "39.80"))]);
    }
    waits().at(DUE).after(Command::Settle).when(Command::Settle).then_nothing();
}

#[test]
fn the_tree_says_when_a_commission_matures_next() {
    let waits = the_three().under(waiting()).after(accrue("maria", usd("199")));
    assert_eq!(waits.clone().state().next_due(), Some(instant(DUE)));
    assert_eq!(waits.at(DUE).after(Command::Settle).state().next_due(), None);
}

#[test]
fn the_days_are_counted_from_the_payment_however_late_it_comes_here() {
    let command = Command::AccrueCommissions {
        payment: id("pay_1"),
        payer: id("maria"),
        amount: usd("199"),
        paid_at: Some(instant(START)),
        catalog_version: None,
    };
    let late = the_three().under(waiting()).at("2026-03-01T00:00:00Z").when(command);
    late.then([
        due_later(accrued("maria", usd("199"), 1, "juan", "0.20", "39.80")),
        due_later(matured("maria", 1, "juan", "39.80")),
    ]);
}

#[test]
fn rates_change_for_later_payments_only() {
    let halved = agencia_with("[referrals]\nrates = [\"0.10\"]\nhold_days = 14");
    let waits = the_three().under(waiting()).after(accrue("maria", usd("199"))).under(halved);
    waits.at(DUE).when(Command::Settle).then([due_later(matured("maria", 1, "juan", "39.80"))]);
}

#[test]
fn many_that_are_due_at_once_are_settled_a_number_at_a_time() {
    let pay = |number: usize| Command::AccrueCommissions {
        payment: id(&format!("pay_{number}")),
        payer: id("maria"),
        amount: usd("1"),
        paid_at: None,
        catalog_version: None,
    };
    let many = (0..=SETTLED_MAX).fold(the_three().under(waiting()), |scenario, number| scenario.after(pay(number)));
    let (first, rest) = (many.clone().at(DUE), many.at(DUE).after(Command::Settle));
    assert_eq!(first.when(Command::Settle).events().len(), SETTLED_MAX);
    assert_eq!(rest.clone().when(Command::Settle).events().len(), 1);
    assert_eq!(rest.after(Command::Settle).state().next_due(), None);
}

#[test]
fn what_was_accrued_before_commissions_waited_was_granted_at_once() {
    let of_old = Event::CommissionAccrued {
        commission: CommissionId::of(&id("pay_1"), 1),
        payment: id("pay_1"),
        payer: id("maria"),
        beneficiary: id("juan"),
        level: 1,
        rate: decimal("0.20"),
        base: usd("15"),
        amount: credits("3"),
        catalog_version: 1,
        matures_at: None,
    };
    let scenario = given([enrolled("juan"), enrolled("maria"), of_old]).at(DUE);
    assert_eq!(scenario.clone().state().next_due(), None);
    let taken_back = scenario.when(clawback::refund("pay_1", "maria", "15", "15")).events();
    assert!(matches!(taken_back.as_slice(), [Event::CommissionClawedBack { matured: true, .. }]), "{taken_back:?}");
}
