//! How events of earlier versions read as those of today.

use serde_json::{Value, json};

/// `SubscriptionStarted` 1 named nothing: there were no invoices to be named after it.
pub(super) fn started_without_a_name(mut payload: Value) -> Value {
    if let Some(started) = payload.get_mut("SubscriptionStarted").and_then(Value::as_object_mut) {
        started.insert("subscription".to_owned(), Value::Null);
    }
    payload
}

/// `PaymentRecorded` 1 was by hand, of a price without taxes, before there were invoices.
pub(super) fn paid_without_an_invoice(mut payload: Value) -> Value {
    if let Some(paid) = payload.get_mut("PaymentRecorded").and_then(Value::as_object_mut) {
        let net = paid.get("amount").cloned().unwrap_or_default();
        paid.insert("invoice".to_owned(), Value::Null);
        paid.insert("net".to_owned(), net);
        paid.insert("method".to_owned(), json!("by_hand"));
    }
    payload
}
