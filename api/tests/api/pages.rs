//! The page of the API's own refusals, generated, and where the `type` of a problem leads.

use std::fs;
use std::path::Path;

use api::problem::{Fault, Problem};
use domain::{Refusal, Rejection};
use expect_test::expect_file;
use serde_json::Value;

/// What every problem says; the rest are members of its own.
const EVERYWHERE: &[&str] = &["type", "title", "status", "detail", "code", "hint", "error"];

fn page() -> String {
    let mut page = "# Problems of the API\n\n\
        What the API itself refuses, before or after the domain is asked. What the domain refuses is in \
        [rejections](rejections.md). The code is stable; the values in the text are examples and \
        stand in the answer as members of their own. Generated from `api::problem::Fault`; change it there.\n"
        .to_owned();
    for fault in Fault::samples() {
        let body = Problem::from(fault.clone()).body();
        let members = body.as_object().unwrap().iter().filter(|(name, _)| !EVERYWHERE.contains(&name.as_str()));
        let members: Vec<String> = members.map(|(name, value)| format!("`{name}` = `{value}`")).collect();
        page += &format!("\n## {}\n\n> {fault}\n\n- Status: {}\n", fault.code(), fault.status());
        page += &format!("- Hint: {}\n", fault.hint());
        if !members.is_empty() {
            page += &format!("- Members: {}\n", members.join(", "));
        }
    }
    page
}

#[test]
fn the_page_of_problems_is_up_to_date() {
    expect_file!["../../../docs/reference/problems.md"].assert_eq(&page());
}

#[test]
fn the_type_of_every_problem_leads_to_its_heading() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let refused = Rejection::samples().into_iter().map(|sample| (sample.code(), Problem::from(sample).body()));
    let faults = Fault::samples().into_iter().map(|sample| (sample.code(), Problem::from(sample).body()));
    for (code, body) in refused.chain(faults) {
        let (file, anchor) = body["type"].as_str().and_then(|kind| kind.split_once('#')).unwrap();
        let text = fs::read_to_string(top.join(file)).unwrap();
        let headings = text.lines().filter(|line| line.starts_with('#'));
        let mut anchors = headings.map(|line| line.trim_matches(['#', ' ']).to_lowercase().replace('.', ""));
        assert!(anchors.any(|found| found == anchor), "{code}: {}", Value::from(anchor));
    }
}
