//! A catalog that says everything there is to say, and each fault of what the others leave out.

use expect_test::{Expect, expect};

use super::{faults, read};
use crate::catalog::Definition;

/// Two currencies, trials, seats, taxes and every way to price what is past a limit.
const RICH: &str = r#"product = "kipu"
name = { es = "Kipu", en = "Kipu" }
currency = "USD"
capacity_thresholds = [80]
credits_low = "5"
seats = "users"
proration = "day"
rounding = "half_away_from_zero"
quota_refusal = "rate_limit_exceeded"

[referrals]
rates = ["0.20"]
base = "net_paid"
hold_days = 14
attribution_days = 30
credits_per_unit = { USD = "1", COP = "0.00025" }

[[taxes]]
country = "CO"
name = "IVA"
rate = "0.19"
prices = "exclusive"
from = 2017-01-01

[features.users]
kind = "capacity"
unit = { es = "usuarios", en = "users" }
[features.minutes]
kind = "quota"
window = "day"
rate_limit = { requests = 60, per = "minute", burst = 10 }
[features.ever]
kind = "quota"
window = "forever"

[[plans]]
code = "FREE"
retired = true
price = { month = 0 }
[plans.features]
users = { limit = 1 }

[[plans]]
code = "STARTER"
trial = { days = 14, payment_method = "required" }
price = { month = { USD = "29", COP = 119_900 } }
[plans.features]
users = { limit = 5 }
ever = { limit = 5 }
[plans.features.minutes]
limit = 100
rollover = { minimum = 1, maximum = 50 }
settle_above = true
[plans.features.minutes.overage.invoice]
USD = { graduated = { tiers = [{ units = 10, price = "1.5" }], then = "0.5" } }
COP = { package = { size = 10, price = 6_000 } }
"#;

fn check_each_of_rich(cases: &[(&str, &str)], expected: Expect) {
    let shown = |(written, otherwise): &(&str, &str)| {
        let text = RICH.replacen(written, otherwise, 1);
        assert_ne!(text, RICH, "{written} is not in the catalog");
        let faults = faults(&text);
        assert_eq!(faults.faults.len(), 1, "{faults}");
        faults.to_string().replace("catalogs/agencia.toml:", "")
    };
    expected.assert_eq(&cases.iter().map(shown).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_catalog_that_says_everything_survives_the_log() {
    let definition = read("kipu.toml", RICH).unwrap();
    let logged = serde_json::to_string(&definition).unwrap();
    assert_eq!(serde_json::from_str::<Definition>(&logged).unwrap(), definition);
    assert_eq!(definition.currencies().len(), 2);
}

#[test]
fn each_fault_of_texts_and_policies() {
    check_each_of_rich(
        &[
            ("{ es = \"Kipu\", en = \"Kipu\" }", "\"Kipu\""),
            (", en = \"Kipu\"", ""),
            ("en = \"Kipu\"", "en = \"\""),
            ("en = \"Kipu\"", "en = \" Kipu\""),
            ("en = \"Kipu\"", "en = \"Ki\\npu\""),
            ("en = \"Kipu\"", "en = \"Kipu\", de = \"Kipu\""),
            ("capacity_thresholds = [80]", "capacity_thresholds = [101]"),
            ("credits_low = \"5\"", "credits_low = \"0\""),
            ("credits_low = \"5\"", "credits_low = \"some\""),
            ("seats = \"users\"", "seats = \"minutes\""),
            ("seats = \"users\"", "seats = \"chairs\""),
            ("users = { limit = 5 }", ""),
            ("proration = \"day\"", "proration = \"hour\""),
            ("\"half_away_from_zero\"", "\"half_even\""),
            ("\"rate_limit_exceeded\"", "\"TOO_MANY\""),
            ("\"net_paid\"", "\"gross\""),
            ("hold_days = 14", "hold_days = 366"),
            ("hold_days = 14", "hold_days = \"14\""),
            ("attribution_days = 30", "attribution_days = 0"),
            ("{ USD = \"1\", COP = \"0.00025\" }", "\"1\""),
            ("credits_per_unit = { USD = \"1\", COP = \"0.00025\" }", ""),
            ("COP = \"0.00025\"", "COP = \"0.00025\", PESO = \"1\""),
        ],
        expect![[r#"
            2: name: "Kipu" is not a table such as { es = "Mensajes", en = "Messages" }
            2: name.en: is missing
            2: name.en: "" is not 1 to 120 characters on one line, without spaces around them
            2: name.en: " Kipu" is not 1 to 120 characters on one line, without spaces around them
            2: name.en: "Ki\npu" is not 1 to 120 characters on one line, without spaces around them
            2: name.de: is not a known key; the keys here are es, en
            4: capacity_thresholds[0]: 101 is not a whole percentage from 1 to 100
            5: credits_low: "0" is not above zero
            5: credits_low: "some" is not an amount of credits such as "5"
            6: seats: [features] defines no capacity "minutes"
            6: seats: [features] defines no capacity "chairs"
            6: seats: no seats in STARTER; grant "users" there
            7: proration: "hour" is not second, day or none
            8: rounding: "half_even" is not half_away_from_zero
            9: quota_refusal: "TOO_MANY" is not QUOTA_EXCEEDED or rate_limit_exceeded
            13: referrals.base: "gross" is not net_paid
            14: referrals.hold_days: 366 is not a whole number from 0 to 365
            14: referrals.hold_days: "14" is not a whole number from 0 to 365
            15: referrals.attribution_days: 0 is not a whole number from 1 to 3650
            16: referrals.credits_per_unit: says nothing of COP, in which a plan is sold
            11: referrals: credits_per_unit says nothing of COP, in which a plan is sold
            16: referrals.credits_per_unit.PESO: currency "PESO" is not an ISO 4217 code such as USD"#]],
    );
}

#[test]
fn each_fault_of_a_tax() {
    check_each_of_rich(
        &[
            ("\"CO\"", "\"Colombia\""),
            ("\"CO\"", "\"XX\""),
            ("name = \"IVA\"\n", ""),
            ("rate = \"0.19\"", "rate = \"19\""),
            ("rate = \"0.19\"", "rate = 0.19"),
            ("\"exclusive\"", "\"net\""),
            ("2017-01-01", "\"2017-01-01\""),
            ("2017-01-01", "2017-01-01T00:00:00"),
            (
                "[features.users]",
                "[[taxes]]\ncountry = \"CO\"\nname = \"IVA\"\nrate = \"0.16\"\nprices = \"exclusive\"\nfrom = 2017-01-01\n\
                 [features.users]",
            ),
        ],
        expect![[r#"
            19: taxes[0].country: country "Colombia" is not an ISO 3166 code such as CL
            19: taxes[0].country: country "XX" is not an ISO 3166 code such as CL
            18: taxes[0].name: is missing
            21: taxes[0].rate: 19 is more than the whole price; 19 % is written "0.19"
            21: taxes[0].rate: 0.19 is a float, which is not exact; write the text "0.19"
            22: taxes[0].prices: "net" is not inclusive or exclusive
            23: taxes[0].from: "2017-01-01" is not a date such as 2026-01-31, without quotes
            23: taxes[0].from: 2017-01-01T00:00:00 is not a date such as 2026-01-31, without quotes
            25: taxes[1]: IVA of CO from 2017-01-01 is taxes[0] already"#]],
    );
}

#[test]
fn each_fault_of_units_rates_trials_and_prices() {
    check_each_of_rich(
        &[
            ("[features.ever]", "[features.on]\nkind = \"flag\"\nunit = { es = \"a\", en = \"a\" }\n[features.ever]"),
            ("requests = 60", "requests = 0"),
            ("per = \"minute\"", "per = \"hour\""),
            ("burst = 10", "burst = \"10\""),
            ("retired = true", "retired = \"yes\""),
            ("retired = true", "trial = { days = 14 }"),
            ("{ days = 14", "{ days = 0"),
            ("payment_method = \"required\"", "payment_method = \"card\""),
            ("month = { USD = \"29\", COP = 119_900 }", "month = { COP = 119_900 }"),
            ("month = { USD = \"29\"", "month = { usd = \"29\""),
            ("USD = \"29\"", "USD = \"29.001\""),
        ],
        expect![[r#"
            34: features.on.unit: only a quota or a capacity is counted
            31: features.minutes.rate_limit.requests: 0 is not a whole number from 1 to 1000000
            31: features.minutes.rate_limit.per: "hour" is not second or minute
            31: features.minutes.rate_limit.burst: "10" is not a whole number from 1 to 1000000
            38: plans[0].retired: "yes" is not true or false
            38: plans[0].trial: a free plan needs no trial
            45: plans[1].trial.days: 0 is not a whole number from 1 to 365
            45: plans[1].trial.payment_method: "card" is not required or optional
            46: plans[1].price.month: has no amount in USD, the catalog's currency
            46: plans[1].price.month.usd: currency "usd" is not an ISO 4217 code such as USD
            46: plans[1].price.month.USD: "29.001" has more than 2 decimals"#]],
    );
}

#[test]
fn each_fault_of_rollover_and_invoiced_overage() {
    check_each_of_rich(
        &[
            ("minimum = 1", "minimum = 51"),
            ("maximum = 50", "maximum = 0"),
            (", maximum = 50", ""),
            ("limit = 100", "limit = \"unlimited\""),
            ("ever = { limit = 5 }", "ever = { limit = 5, rollover = { maximum = 1 } }"),
            ("settle_above = true", "settle_above = 1"),
            ("COP = { package = { size = 10, price = 6_000 } }", ""),
            ("{ package = { size = 10, price = 6_000 } }", "{ unit = \"1\", package = { size = 10, price = 6_000 } }"),
            ("{ package = { size = 10, price = 6_000 } }", "{}"),
            ("size = 10", "size = 0"),
            ("price = 6_000", "price = -1"),
            ("[{ units = 10, price = \"1.5\" }]", "[]"),
            ("units = 10", "up_to = 10, units = 10"),
            (", then = \"0.5\"", ""),
            ("price = \"1.5\"", "price = 1.5"),
        ],
        expect![[r#"
            52: plans[1].features.minutes.rollover: the minimum 51 is above the maximum 50
            52: plans[1].features.minutes.rollover.maximum: 0 is not above zero
            52: plans[1].features.minutes.rollover.maximum: is missing
            52: plans[1].features.minutes.rollover: nothing is left of an unlimited quota to carry over
            49: plans[1].features.ever.rollover: a quota for ever has no next window to carry over to
            53: plans[1].features.minutes.settle_above: 1 is not true or false
            54: plans[1].features.minutes.overage.invoice: the plan is sold in COP too, which has no price here
            56: plans[1].features.minutes.overage.invoice.COP: has one of unit, package, graduated and volume
            56: plans[1].features.minutes.overage.invoice.COP: has one of unit, package, graduated and volume
            56: plans[1].features.minutes.overage.invoice.COP.package.size: 0 is not above zero
            56: plans[1].features.minutes.overage.invoice.COP.package.price: -1 is below zero
            55: plans[1].features.minutes.overage.invoice.USD.graduated.tiers: 0 tiers are not 1 to 20
            55: plans[1].features.minutes.overage.invoice.USD.graduated.tiers[0].up_to: is not a known key; the keys here are units, price
            55: plans[1].features.minutes.overage.invoice.USD.graduated.then: is missing
            55: plans[1].features.minutes.overage.invoice.USD.graduated.tiers[0].price: 1.5 is a float, which is not exact; write the text "1.5""#]],
    );
}
