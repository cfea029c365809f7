//! What the API tells, and what the auditor's binary decides again from the log, member by member.

use serde_json::{Value, json};
use tests::system::System;

/// What `tollgate-replay why` prints as JSON.
fn why(system: &System, feature: &str, options: &[&str]) -> Value {
    let now = jiff::Timestamp::now().to_string();
    let arguments = ["why", "juan", feature, "--json", "--at", &now];
    let output = system.replay(&[&arguments, options].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_receipt_is_all_it_takes_to_decide_again() {
    let system = System::start().await;
    let client = system.client();
    let catalog = include_str!("../../../catalogs/agencia.toml").to_owned();
    client.post_text("/v1/catalogs", "application/toml", catalog).await.expect(201);
    let juan = json!({ "id": "juan", "product": "agencia", "time_zone": "America/Bogota" });
    client.post("/v1/organizations", juan).await.expect(201);
    let consume = |quantity: u32| {
        let body = json!({ "feature": "whatsapp_messages", "quantity": quantity });
        let client = &client;
        async move { client.post("/v1/organizations/juan/usage", body).await }
    };

    for plan in [None, Some("gratis")] {
        if let Some(plan) = plan {
            client.post("/v1/organizations/juan/subscription", json!({ "plan": plan })).await.expect(201);
            consume(49).await.expect(200);
        }
        for feature in ["whatsapp_messages", "ai_runs", "whatsapp_instances", "white_label"] {
            let path = format!("/v1/organizations/juan/entitlements/{feature}?quantity=2");
            let told = client.get(&path).await.expect(200).body;
            let again = why(&system, feature, &["--quantity", "2"]);
            for (name, value) in told.as_object().unwrap() {
                // Another organization's events move the log on, and a check names the newest it knows.
                if name != "as_of" {
                    assert_eq!(&again[name], value, "{feature} {name}: {again}");
                }
            }
        }
        let refused = consume(2).await.body;
        let version = refused["catalog_version"].to_string();
        let on = &refused["decided_on"];
        let place = format!("{}:{}", on["partition"], on["position"]);
        let options = ["--quantity", "2", "--position", &place, "--catalog-version", &version];
        let again = why(&system, "whatsapp_messages", &options);
        assert_eq!((&again["as_of"], &again["allowed"]), (on, &json!(false)));
        for name in ["code", "detail", "hint"] {
            assert_eq!(again["refusal"][name], refused[name], "{again}");
        }
    }

    // What was accepted is accepted again, on what it was decided on; and not one position later.
    let accepted = consume(1).await.expect(200).body;
    let place = |place: &Value| format!("{}:{}", place["partition"], place["position"]);
    let receipt = &accepted["receipt"];
    let before = why(&system, "whatsapp_messages", &["--position", &place(&receipt["decided_on"])]);
    let after = why(&system, "whatsapp_messages", &["--position", &place(receipt)]);
    assert_eq!((&before["allowed"], &after["allowed"]), (&json!(true), &json!(false)));

    let nobody = system.replay(&["why", "nobody", "ai_runs", "--at", "2026-01-01T00:00:00Z"]);
    assert_eq!(nobody.status.code(), Some(1));
    let told = String::from_utf8(nobody.stderr).unwrap();
    assert!(told.starts_with("tollgate-replay: organization nobody was never registered\nhint: "), "{told}");
    system.end().await;
}
