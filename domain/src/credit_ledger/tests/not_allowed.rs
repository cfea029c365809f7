//! Features that cannot be consumed: of another plan, of another kind, unknown.

use expect_test::expect;

use super::*;

#[test]
fn a_feature_of_a_larger_plan_is_refused_with_that_plan() {
    given([]).under(with_faxes()).when(consume("faxes", 1)).then_rejected_in_full(expect![[r#"
        feature faxes is not in plan starter
        hint: plan partner has it
        feature = "faxes"
        current_plan = "starter"
        plan_needed = "partner"
        upgrade_url = "/checkout?plan=partner""#]]);
    given([]).under(with_faxes()).when(consume("telexes", 1)).then_rejected_in_full(expect![[r#"
        feature telexes is not in plan starter
        hint: no plan of the product has it
        feature = "telexes"
        current_plan = "starter"
        plan_needed = null
        upgrade_url = null"#]]);
}

#[test]
fn an_unknown_feature_is_named() {
    given([]).when(consume("faxes", 1)).then_rejected_in_full(expect![[r#"
        product agencia has no feature faxes
        hint: the features are at /v1/products/agencia/plans
        feature = "faxes"
        product = "agencia""#]]);
    given([])
        .without_catalog()
        .when(send(1))
        .then_rejected(expect!["product agencia has no feature whatsapp_messages"]);
}

#[test]
fn only_quotas_are_consumed() {
    given([])
        .when(consume("white_label", 1))
        .then_rejected(expect!["feature white_label is a flag, only a quota can be consumed"]);
    given([])
        .when(consume("whatsapp_instances", 1))
        .then_rejected(expect!["feature whatsapp_instances is a capacity, only a quota can be consumed"]);
}

#[test]
fn while_the_plan_awaits_its_payment_nothing_can_be_consumed() {
    Scenario::<CreditLedger>::given([topped_up(1, "10")]).when(send(1)).then_rejected_in_full(expect![[r#"
        the organization has no plan in force
        hint: start a plan; a paid one is in force once its first period is paid"#]]);
}
