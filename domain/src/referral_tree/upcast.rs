//! How events of earlier versions read as those of today.

use serde_json::Value;

/// Adds a field that says nothing.
fn with_null(mut payload: Value, event: &str, field: &str) -> Value {
    if let Some(fields) = payload.get_mut(event).and_then(Value::as_object_mut) {
        fields.insert(field.to_owned(), Value::Null);
    }
    payload
}

/// `ReferralAttributed` 1 did not say since when: whatever was paid before had been shared before.
pub(super) fn since_registration(payload: Value) -> Value {
    with_null(payload, "ReferralAttributed", "since")
}

/// `CommissionAccrued` 1 was granted at once.
pub(super) fn granted_at_once(payload: Value) -> Value {
    with_null(payload, "CommissionAccrued", "matures_at")
}
