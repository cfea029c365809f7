//! Whole files, and each fault by itself.

mod everything;
mod selling;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Faults, read};
use crate::catalog::Definition;

/// A sound catalog; the table below breaks one line of it at a time.
const SOUND: &str = r#"product = "agencia"
currency = "USD"
upgrade_url = "/checkout?plan={plan}"
thresholds = [70, 85, 95]

[referrals]
rates = ["0.20", "0.05"]
credits_per_unit = "1"

[features.messages]
kind = "quota"
window = "billing_period"
[features.numbers]
kind = "capacity"
[features.white_label]
kind = "flag"
[features.tone]
kind = "config"

[[plans]]
code = "gratis"
price = { month = "0" }

[[plans]]
code = "starter"
price = { month = "15", year = 150 }
[plans.features]
messages = { limit = 50, overage = { credits = "0.05" } }
numbers = { limit = "unlimited" }
white_label = true
tone = { value = "formal" }
"#;

fn faults(text: &str) -> Faults {
    read("catalogs/agencia.toml", text).expect_err("the catalog has faults")
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&faults(text).to_string());
}

#[test]
fn agencia_reads_completely() {
    let text = include_str!("../../../../catalogs/agencia.toml");
    let definition = read("catalogs/agencia.toml", text).unwrap();
    let shown = serde_json::to_string_pretty(&definition).unwrap();
    expect_test::expect_file!["agencia.json"].assert_eq(&shown);
}

#[test]
fn a_definition_survives_the_log() {
    let definition = read("catalogs/agencia.toml", SOUND).unwrap();
    let logged = serde_json::to_string(&definition).unwrap();
    assert_eq!(serde_json::from_str::<Definition>(&logged).unwrap(), definition);
}

#[test]
fn amounts_written_in_other_ways_are_the_same_catalog() {
    let definition = read("a.toml", SOUND).unwrap();
    for (written, otherwise) in [("\"15\"", "\"15.00\""), ("\"15\"", "15"), ("limit = 50", "limit = \"50\"")] {
        let other = SOUND.replace(written, otherwise);
        assert_ne!(other, SOUND);
        let (one, same) = (serde_json::to_string(&definition), serde_json::to_string(&read("a.toml", &other).unwrap()));
        assert_eq!(one.unwrap(), same.unwrap(), "{otherwise}");
    }
}

#[test]
fn all_faults_are_named_at_once_in_line_order() {
    let text = r#"product = "agen cia"
currency = "EURO"
discount = "10"
thresholds = [70, 101]

[features.messages]
kind = "quota"
[features.white_label]
kind = "flag"

[[plans]]
price = { month = "abc" }

[[plans]]
code = "starter"
price = { month = 15.50 }
[plans.features]
messages = { limit = 50 }
white_label = "yes"
faxes = true
"#;
    check(
        text,
        expect![[r#"
            catalogs/agencia.toml:1: product: product "agen cia" is not 1 to 64 letters, digits, - and _
            catalogs/agencia.toml:2: currency: currency "EURO" is not an ISO 4217 code such as USD
            catalogs/agencia.toml:3: discount: is not a known key; the keys here are product, name, currency, upgrade_url, thresholds, capacity_thresholds, credits_low, seats, proration, rounding, quota_refusal, referrals, taxes, features, plans
            catalogs/agencia.toml:4: thresholds[1]: 101 is not a whole percentage from 1 to 100
            catalogs/agencia.toml:6: features.messages.window: is missing; a quota counts by day, month, billing_period or forever
            catalogs/agencia.toml:11: plans[0].code: is missing
            catalogs/agencia.toml:12: plans[0].price.month: "abc" is not an amount such as "15.00"
            catalogs/agencia.toml:16: plans[1].price.month: 15.50 is a float, which is not exact; write the text "15.50"
            catalogs/agencia.toml:19: plans[1].features.white_label: "yes" is not true or false
            catalogs/agencia.toml:20: plans[1].features.faxes: [features] defines no "faxes""#]],
    );
}

#[test]
fn text_that_is_not_toml_is_one_fault_with_its_line() {
    check(
        "product = \"agencia\"\ncurrency = = 3\n",
        expect!["catalogs/agencia.toml:2: this is not TOML: extra `=`, expected nothing"],
    );
    check(
        "product = \"agencia\"\nproduct = \"kipu\"\n",
        expect!["catalogs/agencia.toml:2: this is not TOML: duplicate key"],
    );
    check(
        "",
        expect![[r#"
        catalogs/agencia.toml:1: product: is missing
        catalogs/agencia.toml:1: currency: is missing
        catalogs/agencia.toml:1: plans: is missing"#]],
    );
}

/// Replaces the first text by the second and expects one fault.
fn broken(written: &str, otherwise: &str) -> String {
    let text = SOUND.replacen(written, otherwise, 1);
    assert_ne!(text, SOUND, "{written} is not in the sound catalog");
    let faults = faults(&text);
    assert_eq!(faults.faults.len(), 1, "{faults}");
    faults.to_string().replace("catalogs/agencia.toml:", "")
}

fn check_each(cases: &[(&str, &str)], expected: Expect) {
    let lines: Vec<String> = cases.iter().map(|(written, otherwise)| broken(written, otherwise)).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn each_fault_of_what_is_said_once() {
    check_each(
        &[
            ("product = \"agencia\"", ""),
            ("\"agencia\"", "7"),
            ("\"agencia\"", "\"a b\""),
            ("\"USD\"", "\"usd\""),
            ("\"/checkout?plan={plan}\"", "true"),
            ("upgrade_url", "upgrade_link"),
            ("[70, 85, 95]", "70"),
            ("[70, 85, 95]", "[70, \"85\"]"),
            ("[70, 85, 95]", "[0]"),
            ("[70, 85, 95]", "[85, 70]"),
            ("[70, 85, 95]", "[70, 70]"),
        ],
        expect![[r#"
            1: product: is missing
            1: product: 7 is not a text
            1: product: product "a b" is not 1 to 64 letters, digits, - and _
            2: currency: currency "usd" is not an ISO 4217 code such as USD
            3: upgrade_url: true is not a text
            3: upgrade_link: is not a known key; the keys here are product, name, currency, upgrade_url, thresholds, capacity_thresholds, credits_low, seats, proration, rounding, quota_refusal, referrals, taxes, features, plans
            4: thresholds: 70 is not an array of percentages such as [70, 85, 95]
            4: thresholds[1]: "85" is not a whole percentage from 1 to 100
            4: thresholds[0]: 0 is not a whole percentage from 1 to 100
            4: thresholds[1]: 70 does not come after 85; write them ascending
            4: thresholds[1]: 70 does not come after 70; write them ascending"#]],
    );
}

#[test]
fn each_fault_of_the_referrals() {
    check_each(
        &[
            ("rates = [\"0.20\", \"0.05\"]", ""),
            ("[\"0.20\", \"0.05\"]", "\"0.20\""),
            ("[\"0.20\", \"0.05\"]", "[]"),
            ("[\"0.20\", \"0.05\"]", "[0.20]"),
            ("[\"0.20\", \"0.05\"]", "[\"0\"]"),
            ("[\"0.20\", \"0.05\"]", "[\"-0.1\"]"),
            ("[\"0.20\", \"0.05\"]", "[\"0.80\", \"0.21\"]"),
            (
                "[\"0.20\", \"0.05\"]",
                "[\"0.1\", \"0.1\", \"0.1\", \"0.1\", \"0.1\", \"0.1\", \"0.1\", \"0.1\", \"0.1\", \"0.05\", \"0.05\"]",
            ),
            ("credits_per_unit = \"1\"", "credits_per_unit = \"one\""),
            ("credits_per_unit = \"1\"", "credits_per_unit = \"0.0000001\""),
            ("credits_per_unit", "credits_per_dollar"),
        ],
        expect![[r#"
            6: referrals.rates: is missing
            7: referrals.rates: "0.20" is not an array of rates such as ["0.20", "0.05"]
            7: referrals.rates: 0 rates are not 1 to 10
            7: referrals.rates[0]: 0.20 is a float, which is not exact; write the text "0.20"
            7: referrals.rates[0]: "0" is not above zero
            7: referrals.rates[0]: "-0.1" is below zero
            7: referrals.rates: the rates add up to 1.01, more than the whole payment
            7: referrals.rates: 11 rates are not 1 to 10
            8: referrals.credits_per_unit: "one" is not a rate such as "0.05"
            8: referrals.credits_per_unit: "0.0000001" has more than 6 decimals
            8: referrals.credits_per_dollar: is not a known key; the keys here are rates, base, hold_days, attribution_days, credits_per_unit"#]],
    );
}

#[test]
fn each_fault_of_a_feature() {
    check_each(
        &[
            ("kind = \"capacity\"", ""),
            ("kind = \"capacity\"", "kind = \"gauge\""),
            ("kind = \"capacity\"", "kind = \"capacity\"\nwindow = \"day\""),
            ("kind = \"capacity\"", "kind = \"capacity\"\nunit = \"GB\""),
            ("window = \"billing_period\"", ""),
            ("window = \"billing_period\"", "window = \"week\""),
            ("[features.tone]\nkind = \"config\"", "[features]\ntone = \"config\""),
            ("[features.tone]", "[features.\"the tone\"]\nkind = \"flag\"\n[features.tone]"),
        ],
        expect![[r#"
            13: features.numbers.kind: is missing
            14: features.numbers.kind: "gauge" is not flag, config, quota or capacity
            15: features.numbers.window: only a quota has a window
            15: features.numbers.unit: "GB" is not a table such as { es = "Mensajes", en = "Messages" }
            10: features.messages.window: is missing; a quota counts by day, month, billing_period or forever
            12: features.messages.window: "week" is not day, month, billing_period or forever
            18: features.tone: "config" is not a table such as { kind = "flag" }
            17: features.the tone: feature "the tone" is not 1 to 64 letters, digits, - and _"#]],
    );
}

#[test]
fn each_fault_of_a_plan() {
    check_each(
        &[
            ("code = \"gratis\"", ""),
            ("\"starter\"", "\"gratis\""),
            ("price = { month = \"0\" }", ""),
            ("price = { month = \"0\" }", "price = {}"),
            ("price = { month = \"0\" }", "price = \"0\""),
            ("price = { month = \"0\" }", "price = { week = \"0\", month = \"0\" }"),
            ("month = \"15\"", "month = \"abc\""),
            ("month = \"15\"", "month = 15.0"),
            ("month = \"15\"", "month = \"-15\""),
            ("month = \"15\"", "month = \"15.001\""),
            ("month = \"15\"", "month = 1_000_000_000_001"),
            ("month = \"15\"", "month = 2026-01-01"),
            ("[plans.features]", "trial_days = 14\n[plans.features]"),
        ],
        expect![[r#"
            20: plans[0].code: is missing
            25: plans[1].code: "gratis" is the code of plans[0] already
            20: plans[0].price: is missing
            22: plans[0].price: a plan has a price for a month or for a year; 0 if it is free
            22: plans[0].price: "0" is not a table such as { month = "15.00" }
            22: plans[0].price.week: is not a known key; the keys here are month, year
            26: plans[1].price.month: "abc" is not an amount such as "15.00"
            26: plans[1].price.month: 15.0 is a float, which is not exact; write the text "15.0"
            26: plans[1].price.month: "-15" is below zero
            26: plans[1].price.month: "15.001" has more than 2 decimals
            26: plans[1].price.month: 1000000000001 is above the largest amount, 1000000000000
            26: plans[1].price.month: 2026-01-01 is not an amount such as "15.00"
            27: plans[1].trial_days: is not a known key; the keys here are code, name, retired, price, trial, features"#]],
    );
}

#[test]
fn an_amount_has_at_most_the_decimals_of_its_currency() {
    let pesos = SOUND.replace("\"USD\"", "\"CLP\"");
    assert!(read("catalogs/agencia.toml", &pesos).is_ok());
    check(
        &pesos.replace("month = \"15\"", "month = \"15.5\""),
        expect![[r#"catalogs/agencia.toml:26: plans[1].price.month: "15.5" has more than 0 decimals"#]],
    );
    check(
        &pesos.replace("month = \"15\"", "month = \"abc\""),
        expect![[r#"catalogs/agencia.toml:26: plans[1].price.month: "abc" is not an amount such as 4990"#]],
    );
}

#[test]
fn each_fault_of_a_grant() {
    check_each(
        &[
            ("messages = { limit", "faxes = { limit"),
            ("messages = { limit = 50, ", "messages = { "),
            ("limit = 50", "limit = 0.5"),
            ("limit = 50", "limit = \"-1\""),
            ("limit = 50", "limit = \"many\""),
            ("limit = 50", "limit = \"0.0000001\""),
            ("{ credits = \"0.05\" }", "\"allow\""),
            ("{ credits = \"0.05\" }", "{ credits = \"0\" }"),
            ("{ credits = \"0.05\" }", "{ money = \"1\", credits = \"0.05\" }"),
            ("{ credits = \"0.05\" }", "{}"),
            ("messages = { limit = 50, overage = { credits = \"0.05\" } }", "messages = true"),
            ("numbers = { limit = \"unlimited\" }", "numbers = { limit = 1, overage = \"refuse\" }"),
            ("white_label = true", "white_label = { limit = 1 }"),
            ("tone = { value = \"formal\" }", "tone = \"formal\""),
            ("tone = { value = \"formal\" }", "tone = { value = 0.5 }"),
            ("tone = { value = \"formal\" }", "tone = {}"),
        ],
        expect![[r#"
            28: plans[1].features.faxes: [features] defines no "faxes"
            28: plans[1].features.messages.limit: is missing
            28: plans[1].features.messages.limit: 0.5 is a float, which is not exact; write the text "0.5"
            28: plans[1].features.messages.limit: "-1" is below zero
            28: plans[1].features.messages.limit: "many" is not a limit such as 2000 or "unlimited"
            28: plans[1].features.messages.limit: "0.0000001" has more than 6 decimals
            28: plans[1].features.messages.overage: "allow" is not "refuse", { credits = "0.05" } or { invoice = { unit = "0.05" } }
            28: plans[1].features.messages.overage.credits: "0" is not above zero
            28: plans[1].features.messages.overage.money: is not a known key; the keys here are credits, invoice
            28: plans[1].features.messages.overage: is charged either in credits or on the invoice
            28: plans[1].features.messages: true is not the quota grant { limit = .. }
            29: plans[1].features.numbers.overage: is not a known key; the keys here are limit
            30: plans[1].features.white_label: a table is not true or false
            31: plans[1].features.tone: "formal" is not the config grant { value = .. }
            31: plans[1].features.tone.value: 0.5 is not a text, a whole number, true or false
            31: plans[1].features.tone.value: is missing"#]],
    );
}

#[test]
fn a_catalog_has_plans() {
    check(
        "product = \"a\"\ncurrency = \"USD\"\nplans = []",
        expect!["catalogs/agencia.toml:3: plans: a catalog has at least one plan"],
    );
    check(
        "product = \"a\"\ncurrency = \"USD\"\nplans = 3",
        expect!["catalogs/agencia.toml:3: plans: 3 is not a list of [[plans]]"],
    );
    check(
        "product = \"a\"\ncurrency = \"USD\"\nplans = [3]",
        expect!["catalogs/agencia.toml:3: plans[0]: 3 is not a plan"],
    );
}

/// The sound catalog with some of its text replaced by something that looks like TOML.
fn mangled() -> impl Strategy<Value = String> {
    (0..SOUND.len(), 0_usize..40, "[a-z0-9\"={}\\[\\]., \n-]{0,6}").prop_map(|(from, length, other)| {
        let mut text = SOUND.to_owned();
        text.replace_range(from..(from + length).min(SOUND.len()), &other);
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mangled_catalog_reads_or_names_lines_of_the_file(text in mangled()) {
        if let Err(faults) = read("mangled.toml", &text) {
            prop_assert!(!faults.faults.is_empty());
            let lines = text.split('\n').count();
            prop_assert!(faults.faults.iter().all(|fault| (1..=lines).contains(&fault.line)), "{}", faults);
            prop_assert!(faults.faults.is_sorted_by_key(|fault| fault.line));
        }
    }
}
