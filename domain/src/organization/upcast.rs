//! How events of earlier versions read as those of today.

use serde_json::{Value, json};

/// `OrganizationRegistered` 1 said neither when it was nor that there could be tests.
pub(super) fn live_since_unknown(mut payload: Value) -> Value {
    if let Some(event) = payload.pointer_mut("/OrganizationRegistered").and_then(Value::as_object_mut) {
        event.insert("environment".to_owned(), json!("live"));
        event.insert("registered_at".to_owned(), Value::Null);
    }
    payload
}
