//! The five products, row by row as they are sold.

use expect_test::{Expect, expect};

use super::read;
use crate::calendar::Interval;
use crate::catalog::{Definition, FeatureKind, Plan};
use crate::id::FeatureCode;
use crate::money::Currency;
use crate::scenario::id;

fn product(name: &str) -> Definition {
    let path = format!("{}/../catalogs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    read(&path, &std::fs::read_to_string(&path).unwrap()).unwrap()
}

/// What a row of the table says under a heading: a feature, or a price such as `month` or `month COP`.
fn cell(definition: &Definition, plan: &Plan, heading: &str) -> String {
    let price = |interval, currency: Currency| plan.price_in(interval, currency).unwrap().amount.to_string();
    match heading.split_once(' ').unwrap_or((heading, "")) {
        ("month", "") => price(Interval::Month, definition.currency),
        ("month", currency) => price(Interval::Month, id(currency)),
        ("year", _) => price(Interval::Year, definition.currency),
        _ => {
            let feature: FeatureCode = id(heading);
            assert!(definition.features.contains_key(&feature), "{heading}");
            plan.grants.get(&feature).map_or("no".to_owned(), ToString::to_string)
        }
    }
}

/// The rows of a product's table, and what each feature is.
fn check(name: &str, headings: &[&str], rows: Expect, features: Expect) {
    let definition = product(name);
    assert_eq!(definition.product.as_str(), name);
    let row = |plan: &Plan| {
        let cells = headings.iter().map(|heading| cell(&definition, plan, heading));
        std::iter::once(plan.code.to_string()).chain(cells).collect::<Vec<_>>().join(" | ")
    };
    rows.assert_eq(&definition.plans.iter().map(row).collect::<Vec<_>>().join("\n"));

    let kind = |(code, feature): (&FeatureCode, &crate::catalog::Feature)| match feature.kind {
        FeatureKind::Quota { window } => format!("{code}: {window:?}"),
        kind => format!("{code}: {}", kind.as_str()),
    };
    features.assert_eq(&definition.features.iter().map(kind).collect::<Vec<_>>().join("\n"));
    let shown = definition.features.keys().filter(|code| !headings.contains(&code.as_str()));
    assert_eq!(shown.count(), 0, "each feature has its column");

    assert!(definition.name.is_some());
    assert!(definition.plans.iter().all(|plan| plan.name.is_some()), "each plan has a name in both languages");
    assert!(definition.features.values().all(|feature| feature.name.is_some()), "and each feature");
    let counted = definition.features.values().filter(|feature| match feature.kind {
        FeatureKind::Quota { .. } | FeatureKind::Capacity => true,
        FeatureKind::Flag | FeatureKind::Config => false,
    });
    assert!(counted.into_iter().all(|feature| feature.unit.is_some()), "and each that is counted a unit");
}

#[test]
fn bai() {
    check(
        "bai",
        &["month", "access_mining", "access_marketing", "ai_content_generation", "max_chats", "dedicated_csm"],
        expect![[r#"
            MOTOR | 49.00 | no | no | no | 1000 | no
            CEREBRO | 149.00 | yes | yes | yes | 10000 | no
            PARTNER | 499.00 | yes | yes | yes | 100000 | yes"#]],
        expect![[r#"
            access_marketing: flag
            access_mining: flag
            ai_content_generation: flag
            dedicated_csm: flag
            max_chats: BillingPeriod"#]],
    );
    let cerebro = product("bai").upgrade_url_for(&id("CEREBRO"));
    assert_eq!(cerebro.as_deref(), Some("/checkout?plan=CEREBRO"));
}

#[test]
fn compra_agil() {
    check(
        "compra-agil",
        &["month", "year", "ai_analysis", "searches", "api_calls", "seats", "saved_tenders"],
        expect![[r#"
            free | 0 | 0 | 2 | 50 | 0 | 1 | no
            emprendedor | 4990 | 49900 | 5 | 200 | 0 | 1 | 30
            pyme | 9990 | 99900 | 10 | 1000 | 0 | 5 | 30
            profesional | 19990 | 199900 | unlimited | unlimited | 100 | 20 | 30"#]],
        expect![[r#"
            ai_analysis: Day
            api_calls: Day
            saved_tenders: capacity
            searches: Day
            seats: capacity"#]],
    );
    let definition = product("compra-agil");
    assert_eq!(definition.currency, id("CLP"));
    assert_eq!(definition.seats, Some(id("seats")));
    let iva = definition.taxes_on(id("CL"), "2026-01-31".parse().unwrap());
    let told: Vec<String> = iva.iter().map(|tax| format!("{} {} {:?}", tax.name, tax.rate, tax.prices)).collect();
    assert_eq!(told, ["IVA 0.19 Inclusive"]);
}

#[test]
fn flowmatik() {
    check(
        "flowmatik",
        &[
            "month",
            "ai_requests",
            "ai_tokens",
            "chat",
            "images",
            "priority_support",
            "api_access",
            "multimedia",
            "analytics",
            "workflows",
            "sla",
            "integrations",
        ],
        expect![[r#"
            free | 0.00 | 100 | 50000, settles above holds | yes | no | no | no | no | no | no | no | no
            starter | 19.00 | 1000 | 500000, settles above holds | yes | yes | yes | yes | no | no | no | no | no
            pro | 39.00 | 10000 | 5000000, settles above holds | yes | yes | yes | yes | yes | yes | yes | no | no
            business | 79.00 | unlimited | unlimited, settles above holds | yes | yes | yes | yes | yes | yes | yes | yes | yes"#]],
        expect![[r#"
            ai_requests: Day
            ai_tokens: Day
            analytics: flag
            api_access: flag
            chat: flag
            images: flag
            integrations: flag
            multimedia: flag
            priority_support: flag
            sla: flag
            workflows: flag"#]],
    );
}

#[test]
fn kipu() {
    check(
        "kipu",
        &["month", "month COP", "users", "recordings", "storage_gb"],
        expect![[r#"
            FREE | 0.00 | 0.00 | 1 | 10 | 1
            STARTER | 29.00 | 119900.00 | 5 | 100 | 10
            PROFESSIONAL | 99.00 | 399900.00 | 20 | 500 | 50
            ENTERPRISE | 299.00 | 1199900.00 | 100 | 2000 | 200"#]],
        expect![[r#"
            recordings: BillingPeriod
            storage_gb: capacity
            users: capacity"#]],
    );
    assert_eq!(product("kipu").seats, Some(id("users")));
}

#[test]
fn agencia() {
    check(
        "agencia",
        &["month", "whatsapp_messages", "ai_runs", "whatsapp_instances", "white_label"],
        expect![[r#"
            gratis | 0.00 | 50, then 0.05 credits each | 1 | 1 | no
            starter | 15.00 | 2000, then 0.05 credits each | unlimited | 1 | no
            partner | 199.00 | 50000, then 0.05 credits each | unlimited | 10 | yes"#]],
        expect![[r#"
            ai_runs: BillingPeriod
            whatsapp_instances: capacity
            whatsapp_messages: BillingPeriod
            white_label: flag"#]],
    );
    let definition = product("agencia");
    assert_eq!(definition.thresholds, [70, 85, 95]);
    let referrals = definition.referrals.unwrap();
    assert_eq!(referrals.rates.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0.20", "0.05"]);
    assert_eq!((referrals.hold_days, referrals.attribution_days), (0, None));
}

#[test]
fn every_catalog_is_one_of_these() {
    let folder = format!("{}/../catalogs", env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["agencia.toml", "bai.toml", "compra-agil.toml", "flowmatik.toml", "kipu.toml"]);
}
