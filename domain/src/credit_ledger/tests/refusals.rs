//! Each refusal, and that an earlier one goes first.

use super::capacities::acquire;
use super::holds::{capture, hold, hold_until, release};
use super::thresholds::acknowledge;
use super::*;
use crate::catalog::QuotaRefusal;
use crate::credit_ledger::hold::HOLDS_MAX;
use crate::credit_ledger::{Consumption, Grant, Rejection, Rest, Reverse};
use crate::organization::OverrideValue;
use crate::refusal::Refusal;
use crate::scenario::codes;

fn at(feature: &str, amount: u32, occurred_at: &str) -> Command {
    Consume { occurred_at: Some(instant(occurred_at)), ..Consume::of(id(feature), quantity(amount)) }.into()
}

fn revoke(amount: Option<&str>) -> Command {
    let (reason, actor) = (id("mistake"), id("operator-7"));
    Command::Revoke { lot: lot(9), amount: amount.map(credits), reason, actor }
}

fn expiring(expires_at: &str) -> Command {
    Command::Grant(Grant {
        amount: credits("1"),
        kind: LotKind::Granted,
        priority: None,
        effective_from: None,
        expires_at: Some(instant(expires_at)),
        reason: id("goodwill"),
        actor: id("operator-7"),
    })
}

fn reverse_two_of(event: &Event) -> Command {
    let consumption = Consumption::of(42, event).unwrap();
    Command::Reverse(Reverse { consumption, quantity: Some(quantity(2)), reason: id("x"), actor: id("operator-7") })
}

/// Gratis, in a product whose clients know one 429.
fn told_as_a_rate() -> Scenario<CreditLedger> {
    given([]).on_plan("gratis").with(|context| {
        let catalog = Arc::make_mut(context.catalog.as_mut().unwrap());
        catalog.definition.quota_refusal = QuotaRefusal::RateLimitExceeded;
    })
}

#[test]
fn each_refusal_is_reached_and_an_earlier_one_goes_first() {
    let without_plan = || Scenario::<CreditLedger>::given([]);
    let (future, past) = ("2026-01-31T12:00:01Z", "2025-12-31T23:59:59Z");
    let off = acting::with_override(in_shop([]), "calls", OverrideValue::Off, None);
    let full = (0..HOLDS_MAX).fold(in_shop([topped_up(9, "1000")]), |scenario, _| scenario.after(hold("units", 1)));
    let reached = [
        acting::suspended(without_plan()).not_registered().when(at("nothing", 1, future)).code(),
        acting::suspended(without_plan()).when(at("nothing", 1, future)).code(),
        in_shop([]).when(release(1)).code(),
        in_shop([]).after(hold("calls", 1)).at("2026-02-01T12:00:00Z").when(release(1)).code(),
        without_plan().when(at("nothing", 1, future)).code(),
        without_plan().when(at("nothing", 1, past)).code(),
        without_plan().when(consume("nothing", 1)).code(),
        given([]).when(consume("nothing", 1)).code(),
        given([]).when(consume("white_label", 1)).code(),
        given([]).when(acquire("white_label", "1")).code(),
        off.when(hold_until("calls", 16, START)).code(),
        given([]).under(with_faxes()).when(hold_until("faxes", 1, START)).code(),
        in_shop([]).when(hold_until("calls", 16, START)).code(),
        full.when(hold("calls", 16)).code(),
        in_shop([]).after(hold("calls", 15)).when(capture(1, 16, Rest::Keep)).code(),
        given([]).on_plan("gratis").when(consume("ai_runs", 2)).code(),
        told_as_a_rate().when(consume("ai_runs", 2)).code(),
        given([]).when(acquire("whatsapp_instances", "2")).code(),
        given([]).when(capacities::release("whatsapp_instances", "1")).code(),
        without_plan().when(expiring(START)).code(),
        given([]).when(revoke(Some("6"))).code(),
        given([topped_up(9, "5")]).when(revoke(Some("6"))).code(),
        invoices::owing([]).when(invoices::pay_of("inv_1-2", "900", "CLP")).code(),
        invoices::owing([]).when(invoices::pay_of("inv_1-1", "900", "CLP")).code(),
        invoices::owing([]).under(crate::scenario::agencia()).when(invoices::pay(Some("16"))).code(),
        invoices::owing([]).under(crate::scenario::agencia()).when(invoices::pay(Some("15"))).code(),
        given([]).when(reverse_two_of(&sent(1))).code(),
        given([]).when(acknowledge(1, "credits")).code(),
        given([]).when(send(2_001)).code(),
    ];
    assert_eq!(reached.to_vec(), codes::<Rejection>());
}

#[test]
fn a_catalog_names_the_code_of_a_used_up_allowance_and_nothing_else_of_it() {
    let usual = given([]).on_plan("gratis").when(consume("ai_runs", 2)).refusal();
    let told = told_as_a_rate().when(consume("ai_runs", 2)).refusal();
    assert_eq!((usual.code(), told.code()), ("QUOTA_EXCEEDED", "rate_limit_exceeded"));
    assert_eq!((usual.members(), usual.to_string()), (told.members(), told.to_string()));
    assert_eq!(told.members()[0], ("kind", "quota".into()));
}

#[test]
fn how_long_a_window_lasts_is_reckoned_from_the_instant_of_the_decision() {
    for (now, seconds) in [
        ("2026-02-28T11:00:00Z", 3_600),
        ("2026-02-28T11:59:59Z", 1),
        ("2026-02-28T11:59:58.5Z", 2),
        ("2026-02-28T11:59:59.999999Z", 1),
    ] {
        let refused = given([]).on_plan("gratis").at(now).when(consume("ai_runs", 2)).refusal();
        let Rejection::QuotaExceeded { resets_in_seconds, .. } = refused else { panic!("{refused}") };
        assert_eq!(resets_in_seconds, seconds, "{now}");
    }
}

#[test]
fn what_happened_is_told_within_the_life_of_the_organization() {
    use expect_test::expect;
    in_shop([])
        .when(at("calls", 1, "2026-01-31T12:00:00.000001Z"))
        .then_rejected(expect!["2026-01-31T12:00:00.000001Z is in the future, it is 2026-01-31T12:00:00Z"]);
    in_shop([]).when(at("calls", 1, "2025-12-31T23:59:59Z")).then_rejected(expect![
        "2025-12-31T23:59:59Z is before 2026-01-01T00:00:00Z, when the organization was registered"
    ]);
    for accepted in [START, "2026-01-01T00:00:00Z"] {
        assert!(in_shop([]).accepts(at("calls", 1, accepted)), "{accepted}");
    }
    let of_old = in_shop([]).with(|context| context.terms.as_mut().unwrap().registered_at = None);
    assert!(of_old.accepts(at("calls", 1, "1999-01-01T00:00:00Z")), "nobody knows since when");
}
