//! Who may name whom. A crate that is not on the list fails the test: deciding its place is part of adding it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Every crate of the workspace, and the crates of the workspace it may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("documents", &["domain"]),
    ("event-store", &["domain"]),
    ("projections", &["domain", "event-store"]),
    ("processors", &["domain", "event-store"]),
    ("nats", &["domain", "event-store"]),
    ("api", &["documents", "domain", "event-store", "projections"]),
    ("replay", &["domain", "event-store", "projections"]),
    ("engine", &["api", "domain", "event-store", "nats", "processors", "projections"]),
    ("bench", &["api", "domain", "engine", "event-store", "nats", "processors", "projections"]),
    ("testkit", &["domain", "event-store"]),
    ("tests", &["api", "domain", "engine", "event-store", "nats", "processors", "projections", "replay", "testkit"]),
];

/// What only tests may use, beside the arrows above.
const FOR_TESTS: &[&str] = &["testkit"];

/// A package's edges to packages of the workspace: normal and build edges, and those for tests.
struct Edges {
    links: BTreeSet<String>,
    tests: BTreeSet<String>,
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO")).args(["metadata", "--format-version", "1", "--locked"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn workspace(metadata: &Value) -> BTreeMap<String, Edges> {
    let members: BTreeSet<String> = list(&metadata["workspace_members"]).iter().map(text).collect();
    let packages = list(&metadata["packages"]).iter().filter(|package| members.contains(&text(&package["id"])));
    let edges = |package: &Value| {
        let inside = |edge: &&Value| edge["path"].is_string();
        let (tests, links): (Vec<_>, Vec<_>) =
            list(&package["dependencies"]).iter().filter(inside).partition(|edge| edge["kind"] == "dev");
        let names = |edges: Vec<&Value>| edges.into_iter().map(|edge| text(&edge["name"])).collect();
        Edges { links: names(links), tests: names(tests) }
    };
    packages.map(|package| (text(&package["name"]), edges(package))).collect()
}

#[test]
fn crates_name_only_whom_they_may() {
    let workspace = workspace(&metadata());
    let known: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    assert!(workspace.len() > 5, "the workspace was read");
    for (name, edges) in &workspace {
        let allowed = known.get(name.as_str()).unwrap_or_else(|| panic!("crate {name} has no place in ARROWS"));
        for named in &edges.links {
            assert!(allowed.contains(&named.as_str()), "{name} may not name {named}");
        }
        for named in edges.tests.iter().filter(|named| !FOR_TESTS.contains(&named.as_str())) {
            assert!(allowed.contains(&named.as_str()), "the tests of {name} may not name {named}");
        }
    }
    for (name, _) in ARROWS {
        assert!(workspace.contains_key(*name), "ARROWS lists {name}, which is not in the workspace");
    }
}

#[test]
fn the_auditors_binary_links_nothing_that_acts() {
    let metadata = metadata();
    let linked = linked_by(&metadata, "replay");
    assert!(linked.contains("domain") && linked.contains("projections"), "{linked:?}");
    for acting in ["api", "processors", "providers", "nats", "engine", "async-nats", "axum", "reqwest"] {
        assert!(!linked.contains(acting), "replay links {acting}");
    }
}

/// Everything a package links, directly or not, without what only its tests use.
fn linked_by(metadata: &Value, package: &str) -> BTreeSet<String> {
    let names: BTreeMap<String, String> =
        list(&metadata["packages"]).iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let nodes: BTreeMap<String, &Value> =
        list(&metadata["resolve"]["nodes"]).iter().map(|node| (text(&node["id"]), node)).collect();
    let mut seen = BTreeSet::new();
    let members = list(&metadata["workspace_members"]).iter().map(text);
    let mut open: Vec<String> = members.filter(|id| names.get(id).is_some_and(|name| name == package)).collect();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let linked = list(&nodes[&id]["deps"])
            .iter()
            .filter(|edge| list(&edge["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()));
        open.extend(linked.map(|edge| text(&edge["pkg"])));
    }
    seen.iter().map(|id| names[id].clone()).collect()
}
