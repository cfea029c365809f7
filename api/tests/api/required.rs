//! Checks and gates with `require=true`: whoever insists on something is refused as a use of it would be.

use serde_json::{Value, json};

use crate::house::Reply;
use crate::studio::{Studio, inhabited};

impl Studio {
    async fn insist(&self, id: &str, what: &str) -> Reply {
        self.0.read(&format!("/v1/organizations/{id}/{what}")).await
    }
}

/// Members of a problem besides those that every problem has.
fn values(reply: &Reply) -> Value {
    let Value::Object(mut body) = reply.json() else { panic!("a problem is an object") };
    for name in ["type", "title", "status", "detail", "code", "error", "hint", "decided_on", "organization"] {
        assert!(body.remove(name).is_some(), "{name}");
    }
    body.into()
}

#[tokio::test]
async fn whoever_insists_on_a_feature_is_told_as_a_use_of_it_would_be() {
    let studio = inhabited().await;
    studio.consume("ana", "runs", 10).await.accepted();
    for (asked, status, code) in [
        ("support?require=true", 200, ""),
        ("white_label?require=false", 200, ""),
        ("white_label?require=true", 403, "FEATURE_NOT_IN_PLAN"),
        ("runs?require=true", 429, "QUOTA_EXCEEDED"),
        ("numbers?quantity=2&require=true", 200, ""),
        ("numbers?quantity=3&require=true", 403, "CAPACITY_EXCEEDED"),
        ("tokens?quantity=101&require=true", 402, "INSUFFICIENT_CREDITS"),
        ("fax?require=true", 404, "ledger.unknown_feature"),
        ("runs?require=yes", 422, "invalid_field"),
    ] {
        let reply = studio.insist("ana", &format!("entitlements/{asked}")).await;
        assert_eq!(
            (reply.status.as_u16(), reply.json()["code"].as_str().unwrap_or_default()),
            (status, code),
            "{asked}"
        );
    }
    let refused = studio.insist("ana", "entitlements/white_label?require=true").await;
    let expected = json!({
        "field": "feature",
        "feature": "white_label",
        "current_plan": "small",
        "plan_needed": "large",
        "upgrade_url": "/checkout?plan=large",
        "catalog_version": 1,
    });
    assert_eq!(values(&refused), expected);
    let used_up = studio.insist("ana", "entitlements/runs?require=true").await;
    let as_consumed = studio.consume("ana", "runs", 1).await;
    assert_eq!(values(&used_up), values(&as_consumed));
    assert!(used_up.header("retry-after").is_some());
    assert_eq!(studio.insist("eva", "entitlements/support?require=true").await.problem().0, 403);
}

#[tokio::test]
async fn whoever_insists_on_a_plan_is_told_which_and_where_to_get_it() {
    let studio = inhabited().await;
    assert_eq!(studio.insist("ana", "gate?plan=small&require=true").await.accepted()["allowed"], true);
    assert_eq!(studio.insist("ana", "gate?plan=large").await.accepted()["allowed"], false);
    for (id, current, detail) in [
        ("ana", json!("small"), "plan small is below plan large"),
        ("eva", json!(null), "no plan is in force, plan large is asked for"),
    ] {
        let refused = studio.insist(id, "gate?plan=large&require=true").await;
        assert_eq!(refused.problem(), (403, "PLAN_NOT_REACHED".to_owned()));
        assert_eq!(refused.json()["detail"], detail);
        let expected = json!({
            "current_plan": current, "plan_needed": "large", "upgrade_url": "/checkout?plan=large", "catalog_version": 1,
        });
        assert_eq!(values(&refused), expected);
    }
    assert_eq!(studio.insist("ana", "gate?plan=large&require=1").await.problem(), (422, "invalid_field".to_owned()));
}
