//! How events of earlier versions read as those of today.

use serde_json::{Map, Value, json};

fn fields<'a>(payload: &'a mut Value, event: &str) -> Option<&'a mut Map<String, Value>> {
    payload.get_mut(event)?.as_object_mut()
}

/// `CreditsGranted` 1 knew neither lots that begin later nor such that end: all could be spent at once, for ever.
pub(super) fn effective_since_ever(mut payload: Value) -> Value {
    if let Some(granted) = fields(&mut payload, "CreditsGranted") {
        granted.insert("effective_from".to_owned(), json!("1970-01-01T00:00:00Z"));
    }
    payload
}

/// `FeatureConsumed` 1 was charged in credits whenever it was past the allowance.
pub(super) fn charged_in_credits(mut payload: Value) -> Value {
    if let Some(consumed) = fields(&mut payload, "FeatureConsumed")
        && let Some(overage) = consumed.get_mut("overage")
        && !overage.is_null()
    {
        *overage = json!({ "credits": overage.take() });
    }
    payload
}

/// `FeatureConsumed` 2 did not say which month its price goes on the invoice of.
pub(super) fn consumed_in_no_month(mut payload: Value) -> Value {
    in_no_month(&mut payload, "FeatureConsumed");
    payload
}

/// `ConsumptionReversed` 1 did not say so either.
pub(super) fn reversed_in_no_month(mut payload: Value) -> Value {
    in_no_month(&mut payload, "ConsumptionReversed");
    payload
}

fn in_no_month(payload: &mut Value, event: &str) {
    if let Some(charge) = payload.pointer_mut(&format!("/{event}/overage/invoice")).and_then(Value::as_object_mut) {
        charge.insert("month".to_owned(), Value::Null);
    }
}

/// Feature codes are cut to this length in the ids of old alerts, so that these fit into 64 characters.
const FEATURE_LENGTH_MAX: usize = 32;

/// `ThresholdsCrossed` 1 had no name of its own. It gets one from what it says: feature, window and lowest threshold.
pub(super) fn named_by_content(mut payload: Value) -> Value {
    let said = |pointer: &str| payload.pointer(&format!("/ThresholdsCrossed/{pointer}"));
    let text = |pointer: &str| said(pointer).and_then(Value::as_str).unwrap_or_default();
    let feature: String = text("feature").chars().take(FEATURE_LENGTH_MAX).collect();
    let start: String = text("window/start").chars().filter(char::is_ascii_digit).take(14).collect();
    let lowest = said("thresholds/0").and_then(Value::as_u64).unwrap_or_default();
    if let Some(crossed) = fields(&mut payload, "ThresholdsCrossed") {
        crossed.insert("alert".to_owned(), json!(format!("alert_{feature}-{start}-{lowest}")));
    }
    payload
}
