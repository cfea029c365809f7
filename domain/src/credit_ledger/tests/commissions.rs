//! Commissions that are taken back: from what is left of their lot first, and what is not there is owed.

use super::*;

fn claw_back(amount: &str) -> Command {
    Command::ClawBack { commission: commission(), refund: id("ref_1"), amount: credits(amount) }
}

fn clawed_back(lot: Option<u128>, amount: &str, taken: &str, owed: &str) -> Event {
    Event::CreditsClawedBack {
        commission: commission(),
        refund: id("ref_1"),
        amount: credits(amount),
        lot: lot.map(crate::scenario::lot),
        taken: Credits::rounded(decimal(taken)),
        owed: Credits::rounded(decimal(owed)),
    }
}

fn netted(amount: &str, owed: &str) -> Event {
    Event::CommissionNetted { commission: commission(), amount: credits(amount), owed: Credits::rounded(decimal(owed)) }
}

#[test]
fn a_commission_is_taken_back_from_what_is_left_of_its_lot() {
    let answer =
        given([topped_up(8, "10"), earned(9, "9")]).when(claw_back("4")).then([clawed_back(Some(9), "4", "4", "0")]);
    assert_eq!(answer.balance, credits("15"));
}

#[test]
fn what_was_spent_of_it_is_owed_and_bought_credits_stay_whole() {
    let spent = given([earned(9, "9")]).after(send(2_100)).after(top_up("10"));
    let answer = spent.when(claw_back("9")).then([clawed_back(Some(9), "9", "4", "5")]);
    assert_eq!(answer.balance, credits("10"));
    given([topped_up(8, "10")]).when(claw_back("9")).then([clawed_back(None, "9", "0", "9")]);
}

#[test]
fn the_next_commission_pays_what_is_owed_first() {
    let owes = || given([]).after(claw_back("5"));
    owes().when(earn("3")).then([netted("3", "2")]);
    owes().when(earn("5")).then([netted("5", "0")]);
    owes().when(earn("8")).then([netted("5", "0"), earned(2, "3")]);
    owes().after(earn("3")).when(earn("8")).then([netted("2", "0"), earned(3, "6")]);
}

#[test]
fn credits_that_are_bought_or_given_pay_nothing_of_it() {
    given([]).after(claw_back("5")).when(top_up("10")).then([topped_up(2, "10")]);
}

#[test]
fn a_commission_that_was_netted_can_be_taken_back_too() {
    given([]).after(claw_back("5")).after(earn("5")).when(claw_back("5")).then([clawed_back(None, "5", "0", "5")]);
}

#[test]
fn what_a_hold_reserves_of_the_lot_is_owed() {
    let held = given([]).after(earn("9")).after(holds::hold("whatsapp_messages", 2_100));
    let answer = held.when(claw_back("9")).then([clawed_back(Some(1), "9", "4", "5")]);
    assert_eq!(answer.balance, Credits::ZERO);
}

#[test]
fn a_suspended_organization_is_paid_its_commissions_and_loses_them() {
    let suspended = || acting::suspended(given([]));
    assert!(suspended().accepts(earn("9")) && suspended().accepts(claw_back("9")));
}
