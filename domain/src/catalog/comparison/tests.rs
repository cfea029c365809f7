//! Two definitions side by side: what is said of each thing that may differ, and that nothing is passed over.

use expect_test::{Expect, expect};

use super::{Comparison, Difference, Effect, compare};
use crate::catalog::{Definition, source};
use crate::scenario::id;

/// Says everything a catalog can say.
const BASE: &str = r#"product = "storefront"
name = { es = "Vitrina", en = "Storefront" }
currency = "USD"
upgrade_url = "/checkout?plan={plan}"
thresholds = [70, 85, 95]
capacity_thresholds = [80]
credits_low = "5"
seats = "users"
proration = "day"
[referrals]
rates = ["0.20", "0.05"]
hold_days = 14
attribution_days = 30
credits_per_unit = { USD = "1", CLP = "0.001" }
[[taxes]]
country = "CL"
name = "IVA"
rate = "0.19"
prices = "inclusive"
from = 2003-10-01
[[taxes]]
country = "CO"
name = "IVA"
rate = "0.19"
prices = "exclusive"
from = 2017-01-01
[features.messages]
kind = "quota"
window = "billing_period"
name = { es = "Mensajes", en = "Messages" }
unit = { es = "mensajes", en = "messages" }
rate_limit = { requests = 60, per = "minute", burst = 10 }
[features.tokens]
kind = "quota"
window = "day"
[features.users]
kind = "capacity"
[features.white_label]
kind = "flag"
[features.support]
kind = "config"
[[plans]]
code = "free"
price = { month = { USD = "0", CLP = "0" } }
[plans.features]
messages = { limit = 50 }
users = { limit = 1 }
[[plans]]
code = "business"
name = { es = "Empresa", en = "Business" }
trial = { days = 14, payment_method = "required" }
[plans.price]
month = { USD = "15", CLP = 14_990 }
year = { USD = "150", CLP = 149_900 }
[plans.features]
messages = { limit = 2_000, overage = { credits = "0.05" }, rollover = { minimum = 10, maximum = 500 } }
users = { limit = "2.5" }
support = { value = "5" }
white_label = true
[plans.features.tokens]
limit = "unlimited"
overage = { invoice = { USD = { unit = "0.5" }, CLP = { package = { size = 10, price = 9_990 } } } }
"#;

fn read(text: &str) -> Definition {
    source::read("test.toml", text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The base with something else written in one place.
fn with((written, otherwise): (&str, &str)) -> Definition {
    let text = BASE.replacen(written, otherwise, 1);
    assert_ne!(text, BASE, "{written} is not in the catalog");
    read(&text)
}

fn check_each(cases: &[(&str, &str)], expected: Expect) {
    let told = cases.iter().map(|case| compare(&read(BASE), &with(*case)).to_string());
    expected.assert_eq(told.collect::<String>().trim_end());
}

const OF_THE_PRODUCT: &[(&str, &str)] = &[
    ("\"storefront\"", "\"showcase\""),
    ("en = \"Storefront\"", "en = \"Showcase\""),
    ("name = { es = \"Vitrina\", en = \"Storefront\" }\n", ""),
    ("currency = \"USD\"", "currency = \"CLP\""),
    ("upgrade_url = \"/checkout?plan={plan}\"\n", ""),
    ("thresholds = [70, 85, 95]", "thresholds = [80]"),
    ("capacity_thresholds = [80]\n", ""),
    ("credits_low = \"5\"\n", ""),
    ("seats = \"users\"\n", ""),
    ("proration = \"day\"", "proration = \"none\""),
    ("proration = \"day\"", "proration = \"day\"\nquota_refusal = \"rate_limit_exceeded\""),
    ("rates = [\"0.20\", \"0.05\"]", "rates = [\"0.125\"]"),
    ("hold_days = 14", "hold_days = 1"),
    ("attribution_days = 30\n", ""),
    ("CLP = \"0.001\"", "CLP = \"0.002\""),
    ("rate = \"0.19\"", "rate = \"0.16\""),
    ("prices = \"inclusive\"", "prices = \"exclusive\""),
    ("from = 2017-01-01", "from = 2018-01-01"),
    ("unit = { es = \"mensajes\", en = \"messages\" }", "unit = { es = \"textos\", en = \"texts\" }"),
    ("window = \"billing_period\"", "window = \"month\""),
    ("[features.support]", "[features.fax]\nkind = \"flag\"\n[features.support]"),
    ("requests = 60, per = \"minute\"", "requests = 2, per = \"second\""),
    ("requests = 60, per = \"minute\"", "requests = 30, per = \"minute\""),
    ("per = \"minute\", burst = 10", "per = \"second\", burst = 5"),
    ("rate_limit = { requests = 60, per = \"minute\", burst = 10 }\n", ""),
    ("[referrals]\n", "[dunning]\nretry_days = [1]\nsuspend_after_days = 2\n[referrals]\n"),
    (
        "[referrals]\n",
        "[seller]\nname = \"Acme\"\ntax_id = \"76\"\naddress = \"Here 1\"\ncountry = \"CL\"\n[referrals]\n",
    ),
    ("[referrals]\n", "[credits]\nper_unit = { USD = \"1\" }\n[referrals]\n"),
];

#[test]
fn what_holds_for_the_whole_product() {
    check_each(
        OF_THE_PRODUCT,
        expect![[r#"
            whole product
              ~ product: storefront -> showcase
            whole product
              ~ name: Vitrina / Storefront -> Vitrina / Showcase
            whole product
              ~ name: Vitrina / Storefront -> none
            whole product
              ~ currency: USD -> CLP
            whole product
              ~ upgrade URL: /checkout?plan={plan} -> none
            whole product
              ~ alerts at: 70, 85, 95 % -> 80 %
            whole product
              ~ alerts of capacities at: 80 % -> none
            whole product
              ~ alert of credits below: 5.00 -> none
            whole product
              ~ seats: users -> not limited
            whole product
              ~ proration: by the day -> none
            whole product
              ~ referrals: 20 %, then 5 % -> 12.5 %
            whole product
              ~ commissions wait: 14 days -> 1 day
            whole product
              ~ sponsors may be named for: 30 days -> ever
            whole product
              ~ credits for 1 CLP: 0.001 -> 0.002
            whole product
              ~ IVA in CL from 2003-10-01: 19 % in the price -> 16 % in the price
            whole product
              ~ IVA in CL from 2003-10-01: 19 % in the price -> 19 % added to the price
            whole product
              ~ IVA in CO from 2017-01-01: 19 % added to the price -> none
              ~ IVA in CO from 2018-01-01: none -> 19 % added to the price
            features
              ~ messages unit: mensajes / messages -> textos / texts
            features
              ~ messages kind: quota per billing period -> quota per calendar month
            features
              ~ fax: not defined -> flag
            features
              + messages rate limit: 60 per minute, 10 at once -> 2 per second, 10 at once
            features
              - messages rate limit: 60 per minute, 10 at once -> 30 per minute, 10 at once
            features
              ~ messages rate limit: 60 per minute, 10 at once -> 60 per second, 5 at once
            features
              + messages rate limit: 60 per minute, 10 at once -> none
            whole product
              ~ unpaid: tried again on day 3, 5, 7, suspended after 7 days, canceled after 30 days -> tried again on day 1, suspended after 2 days, canceled after 30 days
            whole product
              ~ seller: not named -> Acme, 76, Here 1, CL, series INV and CN
            whole product
              ~ credits that pay 1 USD: none -> 1"#]],
    );
}

const OF_PLANS: &[(&str, &str)] = &[
    ("en = \"Business\"", "en = \"Company\""),
    ("code = \"free\"", "code = \"free\"\nretired = true"),
    ("month = { USD = \"15\"", "month = { USD = \"18\""),
    ("CLP = 14_990", "CLP = 9_990"),
    ("year = { USD = \"150\", CLP = 149_900 }\n", ""),
    (", CLP = 149_900", ""),
    ("trial = { days = 14, payment_method = \"required\" }\n", ""),
    ("{ days = 14, payment_method = \"required\" }", "{ days = 30, payment_method = \"required\" }"),
    ("{ days = 14, payment_method = \"required\" }", "{ days = 14 }"),
    ("{ days = 14, payment_method = \"required\" }", "{ days = 7 }"),
    (
        "[[plans]]\ncode = \"business\"",
        "[[plans]]\ncode = \"pro\"\nprice = { month = 9 }\nfeatures = { users = { limit = 2 } }\n[[plans]]\ncode = \"business\"",
    ),
    ("code = \"free\"", "code = \"gratis\""),
];

#[test]
fn what_plans_cost() {
    check_each(
        OF_PLANS,
        expect![[r#"
        plan business
          ~ name: Empresa / Business -> Empresa / Company
        plan free
          ~ retired: no -> yes
        plan business
          - price per month in USD: 15.00 -> 18.00
        plan business
          + price per month in CLP: 14990 -> 9990
        plan business
          - price per year in CLP: 149900 -> not sold
          - price per year in USD: 150.00 -> not sold
        plan business
          - price per year in CLP: 149900 -> not sold
        plan business
          - trial: 14 days with a way to pay -> none
        plan business
          + trial: 14 days with a way to pay -> 30 days with a way to pay
        plan business
          + trial: 14 days with a way to pay -> 14 days
        plan business
          ~ trial: 14 days with a way to pay -> 7 days
        plan pro, new
          + price per month in USD: not sold -> 9.00
          + users: no -> 2
        plan gratis, new
          + price per month in CLP: not sold -> 0
          + price per month in USD: not sold -> 0.00
          + messages: no -> 50
          + users: no -> 1
        plan free, gone"#]],
    );
}

const OF_GRANTS: &[(&str, &str)] = &[
    ("white_label = true\n", ""),
    ("messages = { limit = 50 }", "messages = { limit = 50 }\nwhite_label = true"),
    ("messages = { limit = 50 }\n", ""),
    ("messages = { limit = 50 }", "messages = { limit = 40 }"),
    ("messages = { limit = 50 }", "messages = { limit = \"unlimited\" }"),
    ("limit = \"unlimited\"", "limit = 0"),
    ("users = { limit = \"2.5\" }", "users = { limit = 3 }"),
    ("users = { limit = \"2.5\" }", "users = { limit = \"unlimited\" }"),
    ("value = \"5\"", "value = 5"),
    ("value = \"5\"", "value = \"phone\""),
    ("credits = \"0.05\"", "credits = \"0.06\""),
    ("credits = \"0.05\"", "credits = \"0.04\""),
    ("messages = { limit = 50 }", "messages = { limit = 50, overage = { credits = \"0.05\" } }"),
    ("overage = { credits = \"0.05\" }, ", ""),
    ("{ credits = \"0.05\" }", "{ invoice = { USD = { unit = \"0.01\" }, CLP = { unit = 9 } } }"),
    ("unit = \"0.5\"", "unit = \"0.4\""),
    ("size = 10, price = 9_990", "size = 20, price = 9_990"),
    ("rollover = { minimum = 10, maximum = 500 }", "rollover = { minimum = 0, maximum = 400 }"),
    ("rollover = { minimum = 10, maximum = 500 }", "rollover = { minimum = 0, maximum = 600 }"),
    (", rollover = { minimum = 10, maximum = 500 }", ""),
    ("messages = { limit = 50 }", "messages = { limit = 50, settle_above = true }"),
];

#[test]
fn what_plans_grant() {
    check_each(
        OF_GRANTS,
        expect![[r#"
        plan business
          - white_label: yes -> no
        plan free
          + white_label: no -> yes
        plan free
          - messages: 50 -> no
        plan free
          - messages: 50 -> 40
        plan free
          + messages: 50 -> unlimited
        plan business
          - tokens: unlimited -> 0
        plan business
          + users: 2.5 -> 3
        plan business
          + users: 2.5 -> unlimited
        plan business
          ~ support: "5" -> 5
        plan business
          ~ support: "5" -> "phone"
        plan business
          - messages past the limit: 0.05 credits each -> 0.06 credits each
        plan business
          + messages past the limit: 0.05 credits each -> 0.04 credits each
        plan free
          + messages past the limit: refused -> 0.05 credits each
        plan business
          - messages past the limit: 0.05 credits each -> refused
        plan business
          ~ messages past the limit: 0.05 credits each -> CLP 9 each or USD 0.01 each on the invoice
        plan business
          + tokens past the limit in USD: 0.5 each -> 0.4 each
        plan business
          ~ tokens past the limit in CLP: 9990 per 10 -> 9990 per 20
        plan business
          - messages carried over: 10 to 500 -> 0 to 400
        plan business
          ~ messages carried over: 10 to 500 -> 0 to 600
        plan business
          - messages carried over: 10 to 500 -> nothing
        plan free
          + messages settled above holds: no -> yes"#]],
    );
}

#[test]
fn a_feature_that_becomes_another_kind_of_thing_is_told_by_kind() {
    let capacity = "[features.tokens]\nkind = \"quota\"\nwindow = \"day\"\n";
    let text = BASE.replacen(capacity, "[features.tokens]\nkind = \"capacity\"\n", 1);
    let (quota, _) = text.split_once("[plans.features.tokens]").unwrap();
    let capacity = format!("{quota}[plans.features.tokens]\nlimit = \"unlimited\"\n");
    expect![[r#"
        features
          ~ tokens kind: quota per day -> capacity
        plan business
          ~ tokens: quota unlimited, then CLP 9990 per 10 or USD 0.5 each on the invoice -> capacity unlimited
    "#]]
    .assert_eq(&compare(&read(BASE), &read(&capacity)).to_string());
}

#[test]
fn the_order_of_plans_and_of_taxes_is_told_by_itself() {
    let mut reversed = read(BASE);
    reversed.plans.reverse();
    reversed.taxes.reverse();
    expect![[r#"
        whole product
          ~ order of taxes: IVA in CL from 2003-10-01, IVA in CO from 2017-01-01 -> IVA in CO from 2017-01-01, IVA in CL from 2003-10-01
          ~ order of plans: free < business -> business < free
    "#]].assert_eq(&compare(&read(BASE), &reversed).to_string());
}

#[test]
fn a_subscription_sees_what_is_said_of_its_plan_and_of_the_features_it_has() {
    let text = BASE.replace("window = \"day\"", "window = \"month\"").replace("burst = 10", "burst = 20");
    let compared = compare(&read(BASE), &read(&text.replace("limit = 50 }", "limit = 60 }")));
    let seen = |plan: &str| compared.of_plan(&id(plan)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        seen("free"),
        ["messages: 50 -> 60", "messages rate limit: 60 per minute, 10 at once -> 60 per minute, 20 at once"]
    );
    assert_eq!(
        seen("business"),
        [
            "messages rate limit: 60 per minute, 10 at once -> 60 per minute, 20 at once",
            "tokens kind: quota per day -> quota per calendar month",
        ]
    );
    assert!(seen("gold").is_empty());
}

/// Every definition of the tables, and the base.
fn variants() -> Vec<Definition> {
    let cases = OF_THE_PRODUCT.iter().chain(OF_PLANS).chain(OF_GRANTS);
    cases.map(|case| with(*case)).chain([read(BASE)]).collect()
}

#[test]
fn only_equal_definitions_have_no_differences() {
    let variants = variants();
    for (index, before) in variants.iter().enumerate() {
        for (other, after) in variants.iter().enumerate() {
            let compared = compare(before, after);
            assert_eq!(compared.is_empty(), index == other, "{index} and {other}: {compared}");
            assert_eq!(compared.to_string().is_empty(), compared.is_empty());
        }
    }
}

/// All of it, in an order of its own.
fn all(compared: &Comparison) -> Vec<Difference> {
    let plans = compared.plans.iter().flat_map(|plan| &plan.differences);
    let mut all: Vec<_> = compared.product.iter().chain(&compared.features).chain(plans).cloned().collect();
    all.sort_by_key(|difference| format!("{difference:?}"));
    all
}

#[test]
fn what_is_gained_one_way_is_lost_the_other_way() {
    let back = |difference: Difference| {
        let Difference { feature, aspect, before, after, effect } = difference;
        let effect = match effect {
            Effect::Gain => Effect::Loss,
            Effect::Loss => Effect::Gain,
            Effect::Neither => Effect::Neither,
        };
        Difference { feature, aspect, before: after, after: before, effect }
    };
    // A plan that only one of them has is told as gone, without what it said.
    let same_plans = |definition: &Definition| {
        definition.plans.iter().map(|plan| plan.code.clone()).eq([id("free"), id("business")])
    };
    let variants: Vec<_> = variants().into_iter().filter(same_plans).collect();
    assert!(variants.len() > 50);
    for before in &variants {
        for after in &variants {
            let mut there: Vec<_> = all(&compare(before, after)).into_iter().map(back).collect();
            there.sort_by_key(|difference| format!("{difference:?}"));
            assert_eq!(there, all(&compare(after, before)));
        }
    }
}
