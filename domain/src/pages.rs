//! The pages of `docs/` that this crate can check: a generated list of refusals, the catalog format with its example,
//! and a page per aggregate that leaves out no event and no refusal.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use serde_json::Value;

use crate::catalog::source;
use crate::refusal::{Refusal, RefusalClass};
use crate::stream::{Kind, Rejection};

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

fn kind_of(rejection: &Rejection) -> Kind {
    match rejection {
        Rejection::Organization(_) => Kind::Organization,
        Rejection::Subscription(_) => Kind::Subscription,
        Rejection::CreditLedger(_) => Kind::CreditLedger,
        Rejection::ReferralTree(_) => Kind::ReferralTree,
        Rejection::Catalog(_) => Kind::Catalog,
        Rejection::InvoiceBook(_) => Kind::InvoiceBook,
        Rejection::DiscountBook(_) => Kind::DiscountBook,
    }
}

fn described(class: RefusalClass) -> &'static str {
    match class {
        RefusalClass::Invalid => "invalid: the request names something that cannot be",
        RefusalClass::Unknown => "unknown: what was named does not exist",
        RefusalClass::Conflict => "conflict: the state of the world stands against it",
        RefusalClass::NotEntitled => "not entitled: the plan does not include it",
        RefusalClass::PaymentRequired => "payment required: credits are short",
        RefusalClass::QuotaExceeded => "quota exceeded: the allowance of the window is used up",
    }
}

/// One heading a code: its anchor is the code in small letters without dots, as Markdown makes it.
fn rejections_page() -> String {
    let mut entries: BTreeMap<&str, String> = BTreeMap::new();
    let mut order = Vec::new();
    for rejection in Rejection::samples() {
        let code = rejection.code();
        let entry = entry(&rejection);
        if let Some(other) = entries.insert(code, entry.clone()) {
            assert_eq!(other, entry, "{code} means one thing, whichever aggregate says it");
        } else {
            order.push((kind_of(&rejection), code));
        }
    }
    let mut page = "# Rejections\n\n\
        Why the domain says no, in the order of the checks. The code is stable; the values in the text are examples and \
        stand in the answer as members of their own. Generated from the `Rejection` types of `domain/`; change them \
        there.\n"
        .to_owned();
    for kind in Kind::ALL {
        page += &format!("\n## By the {}\n", kind.as_str().replace('_', " "));
        for (_, code) in order.iter().filter(|(of, _)| of == kind) {
            page += &entries[code];
        }
    }
    page
}

fn entry(rejection: &Rejection) -> String {
    let mut entry = format!("\n### {}\n\n", rejection.code());
    entry += &format!("> {rejection}\n\n");
    entry += &format!("- Hint: {}\n", rejection.hint());
    entry += &format!("- Class: {}\n", described(rejection.class()));
    let members: Vec<String> = rejection.members().iter().map(member).collect();
    if !members.is_empty() {
        entry += &format!("- Members: {}\n", members.join(", "));
    }
    entry
}

fn member((name, value): &(&'static str, Value)) -> String {
    format!("`{name}` = `{value}`")
}

#[test]
fn the_page_of_refusals_is_up_to_date() {
    expect_file![page("reference/rejections.md")].assert_eq(&rejections_page());
}

#[test]
fn refusals_of_one_code_link_to_one_heading() {
    let page = rejections_page();
    let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let mut anchors: Vec<String> = headings.iter().map(|code| code.to_lowercase().replace('.', "")).collect();
    anchors.sort();
    anchors.dedup();
    assert_eq!(anchors.len(), headings.len());
}

#[test]
fn the_example_in_the_page_of_the_catalog_format_is_a_catalog() {
    let page = fs::read_to_string(page("reference/catalog.md")).unwrap();
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let definition = source::read("docs/reference/catalog.md", example).unwrap();
    assert_eq!(definition.plans.len(), 2);
}

#[test]
fn each_aggregate_has_a_page_that_names_every_event_and_every_refusal() {
    for kind in Kind::ALL {
        let name = format!("domain/{}.md", kind.as_str());
        let text = fs::read_to_string(page(&name)).unwrap();
        for (event_type, _) in kind.event_versions() {
            assert!(text.contains(&format!("`{event_type}`")), "{name} does not name the event {event_type}");
        }
        for rejection in Rejection::samples().iter().filter(|rejection| kind_of(rejection) == *kind) {
            let code = rejection.code();
            let link = format!("[`{code}`](../reference/rejections.md#{})", code.to_lowercase().replace('.', ""));
            assert!(text.contains(&link), "{name} does not have {link}");
        }
    }
}
