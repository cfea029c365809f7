//! Checks: every kind of feature, and that a check tells what a consumption or an acquisition would be told.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Entitlement, GateReason, Reason, at_least, check, check_all, check_for, require};
use crate::aggregate::Aggregate;
use crate::catalog::{CatalogVersion, Limit};
use crate::context::Context;
use crate::credit_ledger::laws::{Play, histories, quantities};
use crate::credit_ledger::{Acquire, Command, Consume, CreditLedger, Hold};
use crate::money::Quantity;
use crate::organization::{FeatureOverride, OverrideValue, Status};
use crate::refusal::Refusal;
use crate::scenario::{agencia, catalog, credits, id, instant, plan_in_force, quantity, surroundings};

/// Every kind of feature. `small` lacks some, `large` has them all.
const SHOP: &str = r#"
product = "agencia"
currency = "USD"
upgrade_url = "/checkout?plan={plan}"

[features.messages]
kind = "quota"
window = "billing_period"
[features.runs]
kind = "quota"
window = "day"
[features.exports]
kind = "quota"
window = "month"
[features.numbers]
kind = "capacity"
[features.white_label]
kind = "flag"
[features.support]
kind = "config"
[features.fax]
kind = "flag"

[[plans]]
code = "small"
price = { month = "0" }
[plans.features]
messages = { limit = 50, overage = { credits = "0.05" } }
runs = { limit = 2 }
numbers = { limit = "1.5" }
support = { value = "mail" }

[[plans]]
code = "large"
price = { month = "15" }
[plans.features]
messages = { limit = 1_000, overage = { credits = "0.05" } }
runs = { limit = "unlimited" }
exports = { limit = 5 }
numbers = { limit = "unlimited" }
white_label = true
support = { value = "phone" }
"#;

fn shop() -> Arc<CatalogVersion> {
    catalog(SHOP)
}

/// Pedro under the shop's catalog, on a plan.
fn on(plan: Option<&str>) -> Context {
    let mut context = Context { catalog: Some(shop()), ..surroundings() };
    context.terms.as_mut().unwrap().plan = plan.map(plan_in_force);
    context
}

/// A ledger to which these commands came.
fn after(context: &Context, commands: &[Command]) -> CreditLedger {
    let mut ledger = CreditLedger::default();
    for command in commands {
        ledger.decide(command, context).unwrap().iter().for_each(|event| ledger.evolve(event));
    }
    ledger
}

fn consume(feature: &str, amount: u32) -> Command {
    Consume::of(id(feature), quantity(amount)).into()
}

fn top_up(amount: &str) -> Command {
    Command::TopUp { amount: credits(amount), reference: None }
}

/// What was found, on one line.
fn told(found: &Entitlement) -> String {
    let quantity = |quantity: Option<Quantity>| quantity.map_or("-".to_owned(), |quantity| quantity.to_string());
    let mut line = format!(
        "{} {} {}: {} of {}, {} left",
        found.kind,
        if found.reason.allows() { "yes" } else { "no" },
        found.reason.code(),
        quantity(found.used),
        quantity(found.limit),
        quantity(found.remaining),
    );
    for (name, value) in [
        ("costs", found.charge.map(|charge| charge.to_string())),
        ("until", found.resets_at.map(|instant| instant.to_string())),
        ("value", found.value.as_ref().map(ToString::to_string)),
        ("see", found.upgrade.as_ref().map(|way| way.url.clone().unwrap_or_default())),
    ] {
        line.extend(value.map(|value| format!("; {name} {value}")));
    }
    line
}

#[test]
fn each_kind_of_feature_says_what_it_allows_and_why() {
    let paid = [consume("messages", 50), top_up("0.10"), consume("messages", 1)];
    /// Plan, what was used of it, what is asked about, and what is told.
    type Case<'a> = (Option<&'a str>, &'a [Command], &'a str, u32, &'a str);
    let cases: &[Case<'_>] = &[
        (Some("small"), &[], "white_label", 1, "flag no not_in_plan: - of -, - left; see /checkout?plan=large"),
        (Some("large"), &[], "white_label", 1, "flag yes included: - of -, - left"),
        (Some("large"), &[], "fax", 1, "flag no not_in_plan: - of -, - left"),
        (None, &[], "white_label", 1, "flag no no_plan_in_force: - of -, - left; see /checkout?plan=large"),
        (Some("small"), &[], "support", 1, "config yes included: - of -, - left; value \"mail\""),
        (Some("large"), &[], "support", 9, "config yes included: - of -, - left; value \"phone\""),
        (None, &[], "support", 1, "config no no_plan_in_force: - of -, - left; see /checkout?plan=small"),
        (Some("small"), &[], "numbers", 1, "capacity yes included: 0 of 1.5, 1.5 left"),
        (
            Some("small"),
            &[],
            "numbers",
            2,
            "capacity no capacity_exceeded: 0 of 1.5, 1.5 left; see /checkout?plan=large",
        ),
        (Some("large"), &[], "numbers", 900, "capacity yes unlimited: 0 of -, - left"),
        (None, &[], "numbers", 1, "capacity no no_plan_in_force: - of -, - left; see /checkout?plan=small"),
        (
            Some("small"),
            &[consume("messages", 49)],
            "messages",
            1,
            "quota yes included: 49 of 50, 1 left; until 2026-02-28T12:00:00Z",
        ),
        (
            Some("small"),
            &[consume("messages", 49)],
            "messages",
            2,
            "quota no insufficient_credits: 49 of 50, 1 left; costs 0.05; until 2026-02-28T12:00:00Z; \
             see /checkout?plan=large",
        ),
        (
            Some("small"),
            &paid,
            "messages",
            1,
            "quota yes covered_by_credits: 51 of 50, 0 left; costs 0.05; until 2026-02-28T12:00:00Z",
        ),
        (
            Some("small"),
            &[consume("runs", 2)],
            "runs",
            1,
            "quota no quota_exceeded: 2 of 2, 0 left; until 2026-02-01T03:00:00Z; see /checkout?plan=large",
        ),
        (Some("large"), &[], "runs", 900, "quota yes unlimited: 0 of -, - left; until 2026-02-01T03:00:00Z"),
        (Some("small"), &[], "exports", 1, "quota no not_in_plan: - of -, - left; see /checkout?plan=large"),
        (Some("large"), &[], "exports", 6, "quota no quota_exceeded: 0 of 5, 5 left; until 2026-02-01T03:00:00Z"),
        (None, &[], "messages", 1, "quota no no_plan_in_force: - of -, - left; see /checkout?plan=small"),
    ];
    for (plan, commands, feature, amount, expected) in cases {
        let context = on(*plan);
        let found = check(&after(&context, commands), &id(feature), quantity(*amount), &context).unwrap();
        assert_eq!(told(&found), *expected, "{amount} of {feature} on {plan:?}");
        let required = require(None, &after(&context, commands), &id(feature), quantity(*amount), &context);
        assert_eq!(required.is_ok(), found.reason.allows(), "{amount} of {feature} on {plan:?}: {required:?}");
    }
}

#[test]
fn whoever_insists_is_refused_as_a_use_would_be() {
    let refused = |context: &Context, feature: &str, amount: u32| {
        let required = require(None, &CreditLedger::default(), &id(feature), quantity(amount), context);
        required.map_or_else(|refused| format!("{}: {refused}", refused.code()), |()| "allowed".to_owned())
    };
    let mut suspended = on(Some("large"));
    suspended.terms.as_mut().unwrap().status =
        Status::Suspended { since: suspended.now, reason: id("chargeback"), actor: id("operator-7") };
    let small = on(Some("small"));
    for (context, feature, amount, expected) in [
        (&small, "support", 1, "allowed"),
        (&small, "white_label", 1, "FEATURE_NOT_IN_PLAN: feature white_label is not in plan small"),
        (&small, "runs", 3, "QUOTA_EXCEEDED: 3 of runs exceed the 2 left of 2 until 2026-02-01T03:00:00Z"),
        (&small, "numbers", 2, "CAPACITY_EXCEEDED: 2 of numbers exceed the 1.5 left of 1.5"),
        (&small, "messages", 51, "INSUFFICIENT_CREDITS: a balance of 0.00 credits does not pay for 0.05"),
        (&on(None), "white_label", 1, "subscription.no_plan_in_force: the organization has no plan in force"),
        (
            &overridden("support", OverrideValue::Off),
            "support",
            1,
            "FEATURE_SWITCHED_OFF: feature support was switched off for the organization: pilot",
        ),
        (
            &suspended,
            "support",
            1,
            "organization.suspended: the organization is suspended since 2026-01-31T12:00:00Z: chargeback",
        ),
    ] {
        assert_eq!(refused(context, feature, amount), expected);
    }
}

/// Pedro on `small`, with something decided by hand.
fn overridden(feature: &str, value: OverrideValue) -> Context {
    let by_hand = FeatureOverride { value, reason: id("pilot"), actor: id("operator-7"), until: None };
    let mut context = on(Some("small"));
    context.terms.as_mut().unwrap().overrides = Arc::new([(id(feature), by_hand)].into());
    context
}

#[test]
fn what_was_decided_by_hand_goes_before_the_plan() {
    let limit = |limit| OverrideValue::Limit(limit);
    for (feature, value, expected) in [
        ("white_label", OverrideValue::On, "flag yes overridden: - of -, - left"),
        ("white_label", OverrideValue::Off, "flag no switched_off: - of -, - left"),
        ("support", OverrideValue::Value("visit".into()), "config yes overridden: - of -, - left; value \"visit\""),
        ("support", OverrideValue::Off, "config no switched_off: - of -, - left"),
        ("numbers", limit(Limit::Unlimited), "capacity yes overridden: 0 of -, - left"),
        (
            "numbers",
            limit(Limit::UpTo(Quantity::ZERO)),
            "capacity no capacity_exceeded: 0 of 0, 0 left; see /checkout?plan=large",
        ),
        ("numbers", OverrideValue::Off, "capacity no switched_off: - of -, - left"),
        ("runs", limit(Limit::UpTo(quantity(9))), "quota yes overridden: 0 of 9, 9 left; until 2026-02-01T03:00:00Z"),
        ("runs", OverrideValue::Off, "quota no switched_off: - of -, - left"),
        (
            "exports",
            limit(Limit::UpTo(quantity(9))),
            "quota yes overridden: 0 of 9, 9 left; until 2026-02-01T03:00:00Z",
        ),
    ] {
        let context = overridden(feature, value);
        let found = check(&CreditLedger::default(), &id(feature), quantity(1), &context).unwrap();
        assert_eq!(told(&found), expected);
        assert!(found.by_hand.is_some());
    }
}

#[test]
fn a_suspended_organization_may_use_nothing() {
    let mut context = on(Some("large"));
    context.terms.as_mut().unwrap().status =
        Status::Suspended { since: context.now, reason: id("chargeback"), actor: id("operator-7") };
    for found in check_all(&CreditLedger::default(), &context).unwrap() {
        assert_eq!((found.reason, found.reason.allows()), (Reason::Suspended, false));
    }
}

#[test]
fn what_is_held_counts_as_used_until_it_expires() {
    let mut context = on(Some("small"));
    let expires_at = instant("2026-01-31T13:00:00Z");
    let hold = Command::Hold(Hold { feature: id("runs"), quantity: quantity(2), expires_at, actor: None });
    let ledger = after(&context, &[hold]);
    let found = check(&ledger, &id("runs"), quantity(1), &context).unwrap();
    assert_eq!(
        (found.reason, found.held, found.remaining),
        (Reason::QuotaExceeded, Some(quantity(2)), Some(Quantity::ZERO))
    );
    context.now = expires_at;
    let found = check(&ledger, &id("runs"), quantity(1), &context).unwrap();
    assert_eq!(
        (found.reason, found.held, found.remaining),
        (Reason::Included, Some(Quantity::ZERO), Some(quantity(2)))
    );
}

#[test]
fn an_administrator_is_not_limited() {
    let mut context = on(Some("small"));
    context.terms.as_mut().unwrap().administrators = Arc::new([id("root")].into());
    let found = |actor: &str| {
        check_for(Some(&id(actor)), &CreditLedger::default(), &id("runs"), quantity(900), &context).unwrap().reason
    };
    assert_eq!((found("root"), found("user-1")), (Reason::Waived, Reason::QuotaExceeded));
}

#[test]
fn what_would_go_on_the_invoice_is_told_with_its_price() {
    let invoiced = catalog(
        r#"
        product = "agencia"
        currency = "USD"
        features.minutes = { kind = "quota", window = "month" }
        [[plans]]
        code = "small"
        price = { month = "15" }
        features = { minutes = { limit = 10, overage = { invoice = { unit = "0.25" } } } }
        "#,
    );
    let context = Context { catalog: Some(invoiced), ..on(Some("small")) };
    let found = check(&CreditLedger::default(), &id("minutes"), quantity(13), &context).unwrap();
    assert_eq!((found.reason, found.price), (Reason::CoveredByInvoice, Some(crate::scenario::usd("0.75"))));
}

#[test]
fn a_window_that_has_turned_over_is_unused() {
    let mut context = on(Some("small"));
    let ledger = after(&context, &[consume("runs", 2)]);
    context.now = instant("2026-02-01T03:00:00Z");
    let found = check(&ledger, &id("runs"), quantity(1), &context).unwrap();
    assert_eq!(told(&found), "quota yes included: 0 of 2, 2 left; until 2026-02-02T03:00:00Z");
}

#[test]
fn all_features_of_the_product_are_told_by_code() {
    let all = check_all(&CreditLedger::default(), &on(Some("small"))).unwrap();
    let told: Vec<_> = all.iter().map(|found| (found.feature.as_str(), found.reason.code())).collect();
    assert_eq!(
        told,
        [
            ("exports", "not_in_plan"),
            ("fax", "not_in_plan"),
            ("messages", "included"),
            ("numbers", "included"),
            ("runs", "included"),
            ("support", "included"),
            ("white_label", "not_in_plan"),
        ]
    );
}

#[test]
fn who_or_what_does_not_exist_is_refused_as_a_consumption_is() {
    let ledger = CreditLedger::default();
    let refused = |context: &Context| check(&ledger, &id("telex"), quantity(1), context).unwrap_err().to_string();
    assert_eq!(refused(&on(Some("small"))), "product agencia has no feature telex");
    assert_eq!(refused(&on(None)), "product agencia has no feature telex");
    assert_eq!(refused(&Context { catalog: None, ..on(None) }), "product agencia has no feature telex");
    let stranger = Context { terms: None, ..on(None) };
    assert_eq!(refused(&stranger), "the organization is not registered");
    assert!(check_all(&ledger, &stranger).is_err());
    assert_eq!(check_all(&ledger, &Context { catalog: None, ..on(None) }), Ok(Vec::new()));
}

#[test]
fn a_gate_lets_through_whoever_is_on_its_plan_or_a_larger_one() {
    for (plan, wanted, expected) in [
        (Some("gratis"), "gratis", (GateReason::PlanReached, None)),
        (Some("partner"), "starter", (GateReason::PlanReached, None)),
        (Some("gratis"), "starter", (GateReason::BelowPlan, Some("/checkout?plan=starter"))),
        (None, "gratis", (GateReason::NoPlanInForce, Some("/checkout?plan=gratis"))),
    ] {
        let context = on(plan);
        let gate = at_least(&id(wanted), context.terms.as_ref().unwrap(), &agencia()).unwrap();
        let url = gate.upgrade.as_ref().and_then(|way| way.url.as_deref());
        assert_eq!((gate.reason, url), expected, "{plan:?} at {wanted}");
        assert_eq!(gate.current_plan, plan.map(id));
    }
    let unknown = at_least(&id("gold"), on(None).terms.as_ref().unwrap(), &agencia()).unwrap_err();
    assert_eq!(
        (unknown.code(), unknown.to_string().as_str()),
        ("subscription.unknown_plan", "product agencia has no plan gold")
    );
}

#[test]
fn codes_are_their_own() {
    let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Reason::ALL.len());
}

/// Quantities that are asked about: large and small, and the smallest there is.
fn asked() -> impl Strategy<Value = Vec<Quantity>> {
    vec(prop_oneof![4 => quantities(), 1 => Just(Quantity::ONE)], 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_check_allows_exactly_what_a_consumption_or_an_acquisition_is_then_granted(
        history in histories(),
        asked in asked(),
    ) {
        let mut play = Play::default();
        for step in &history {
            let command = play.turn(step);
            let (ledger, context) = (&play.ledger, &play.context);
            for feature in ["whatsapp_messages", "ai_runs", "minutes", "faxes"] {
                for quantity in &asked {
                    for actor in [None, Some(id("root"))] {
                        let consumption = Consume { actor: actor.clone(), ..Consume::of(id(feature), *quantity) };
                        let refused = ledger.decide(&consumption.into(), context).err();
                        let granted = refused.is_none();
                        let found = check_for(actor.as_ref(), ledger, &id(feature), *quantity, context);
                        let allowed = found.as_ref().is_ok_and(|found| found.reason.allows());
                        prop_assert_eq!(allowed, granted, "{} of {}: {:?}", quantity, feature, found);
                        let required = require(actor.as_ref(), ledger, &id(feature), *quantity, context);
                        prop_assert_eq!(required.err(), refused, "{} of {}", quantity, feature);
                    }
                }
            }
            for quantity in &asked {
                let acquisition = Acquire { feature: id("seats"), quantity: *quantity, actor: None };
                let refused = ledger.decide(&Command::Acquire(acquisition), context).err();
                let granted = refused.is_none();
                let found = check(ledger, &id("seats"), *quantity, context).unwrap();
                prop_assert_eq!(found.reason.allows(), granted, "{}: {:?}", quantity, found);
                prop_assert_eq!(require(None, ledger, &id("seats"), *quantity, context).err(), refused, "{}", quantity);
            }
            let decided = play.ledger.decide(&command, &play.context);
            play.take_in(&decided);
        }
    }
}
