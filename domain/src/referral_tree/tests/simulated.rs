//! What a payment on a test clock earns waits by that clock, and nobody else's does.

use super::maturity::waiting;
use super::*;

const PAID: &str = "2030-01-01T00:00:00Z";
const DUE: &str = "2030-01-15T00:00:00Z";

fn share(payer: &str) -> Command {
    Command::ShareSimulated {
        payment: id("pay_1"),
        payer: id(payer),
        amount: usd("100"),
        paid_at: instant(PAID),
        catalog_version: None,
    }
}

fn settle(members: &[&str], now: &str) -> Command {
    Command::SettleSimulated { members: members.iter().map(|member| id(member)).collect(), now: instant(now) }
}

fn earned(scenario: Scenario<ReferralTree>, command: Command) -> Vec<String> {
    let events = scenario.when(command).events();
    let matured = events.into_iter().filter_map(|event| match event {
        Event::CommissionMatured { beneficiary, amount, matured_at, .. } => {
            Some(format!("{beneficiary} {amount} {matured_at}"))
        }
        _ => None,
    });
    matured.collect()
}

#[test]
fn a_commission_on_a_test_clock_matures_by_that_clock_and_never_by_the_clock_on_the_wall() {
    let shared = || the_three().under(waiting()).after(share("pedro"));
    let everybody = ["juan", "maria", "pedro"];
    assert_eq!(shared().state().next_due(), None);
    assert_eq!(shared().state().next_simulated(&everybody.map(id)), Some(instant(DUE)));
    shared().at("2040-01-01T00:00:00Z").when(Command::Settle).then_nothing();
    assert!(earned(shared(), settle(&everybody, "2030-01-14T23:59:59Z")).is_empty());
    let due = ["maria 20.00 2030-01-15T00:00:00Z", "juan 5.00 2030-01-15T00:00:00Z"];
    assert_eq!(earned(shared(), settle(&everybody, DUE)), due);
    shared().after(settle(&everybody, DUE)).when(settle(&everybody, DUE)).then_nothing();
}

#[test]
fn a_test_clock_matures_nothing_of_whoever_is_not_on_it() {
    let shared = || the_three().under(waiting()).after(share("pedro"));
    assert_eq!(earned(shared(), settle(&["maria", "pedro"], DUE)), ["maria 20.00 2030-01-15T00:00:00Z"]);
    shared().when(settle(&["juan", "maria"], DUE)).then_nothing();
    let live = the_three().under(waiting()).after(accrue("pedro", usd("100")));
    live.when(settle(&["juan", "maria", "pedro"], "2040-01-01T00:00:00Z")).then_nothing();
}

#[test]
fn without_hold_days_a_simulated_commission_matures_once_its_clock_is_asked() {
    let shared = || the_three().after(share("pedro"));
    assert!(earned(the_three(), share("pedro")).is_empty());
    assert_eq!(earned(shared(), settle(&["maria", "pedro"], PAID)), ["maria 20.00 2030-01-01T00:00:00Z"]);
}

#[test]
fn what_is_given_back_before_a_simulated_commission_matures_never_does_whatever_the_wall_says() {
    let shared = the_three().under(waiting()).after(share("pedro")).at("2040-01-01T00:00:00Z");
    let back = Command::ClawBack {
        payment: id("pay_1"),
        payer: id("pedro"),
        refund: id("ref_1"),
        refunded_net_total: usd("50"),
        paid_net: usd("100"),
    };
    let everybody = ["juan", "maria", "pedro"];
    let due = ["maria 10.00 2030-01-15T00:00:00Z", "juan 2.50 2030-01-15T00:00:00Z"];
    assert_eq!(earned(shared.after(back), settle(&everybody, DUE)), due);
}

#[test]
fn the_tree_says_who_is_below_whom() {
    let tree = the_three().state();
    let below =
        |above: &str| tree.below(&id(above)).into_iter().map(|(member, sponsor)| format!("{member} of {sponsor}"));
    assert_eq!(below("juan").collect::<Vec<_>>(), ["maria of juan", "pedro of maria"]);
    assert_eq!(below("pedro").count(), 0);
}
