//! How events of earlier versions read as those of today.

use serde_json::{Map, Value};

/// `CatalogPublished` 1 had one currency, and amounts without it: each becomes the only entry of a table of currencies.
pub(super) fn price_per_currency(mut payload: Value) -> Value {
    let Some(definition) = payload.pointer_mut("/CatalogPublished/definition") else { return payload };
    let currency = definition["currency"].as_str().unwrap_or_default().to_owned();
    let in_currency = |amount: &mut Value| {
        *amount = Value::Object(Map::from_iter([(currency.clone(), amount.take())]));
    };
    let plans = definition.get_mut("plans").and_then(Value::as_array_mut).into_iter().flatten();
    for prices in plans.filter_map(|plan| plan.get_mut("prices")?.as_object_mut()) {
        prices.values_mut().for_each(in_currency);
    }
    if let Some(credits_per_unit) = definition.pointer_mut("/referrals/credits_per_unit") {
        in_currency(credits_per_unit);
    }
    payload
}
