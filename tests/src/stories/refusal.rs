//! Being told no: the problem has to be the one that was asked for, with these values and no others.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::Answer;

/// What every problem of a refusal has, whatever it says.
const OF_EVERY_REFUSAL: [&str; 11] = [
    "type",
    "title",
    "status",
    "detail",
    "code",
    "error",
    "hint",
    "field",
    "organization",
    "decided_on",
    "catalog_version",
];

/// Compares a refusal with the one that was asked for: its status, its code, and all its values.
///
/// # Panics
/// If it is another one, or says something else or something more.
pub fn expect(refused: &Answer, status: u16, code: &str, values: &Value) {
    assert_eq!(refused.status, status, "{}", refused.text);
    for (name, value) in [("status", json!(status)), ("code", json!(code)), ("error", json!(code))] {
        assert_eq!(refused.body[name], value, "{name}: {}", refused.text);
    }
    let values = values.as_object().expect("values by name");
    for (name, value) in values {
        assert_eq!(refused.body[name], *value, "{name}: {}", refused.text);
    }
    let known: BTreeSet<&str> = values.keys().map(String::as_str).chain(OF_EVERY_REFUSAL).collect();
    let told = refused.body.as_object().expect("a problem is an object").keys().map(String::as_str);
    assert_eq!(told.filter(|name| !known.contains(name)).collect::<Vec<_>>(), Vec::<&str>::new(), "{}", refused.text);
    assert!(refused.body["decided_on"]["position"].is_i64(), "it says what it rests on: {}", refused.text);
}
