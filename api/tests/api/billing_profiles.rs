//! What invoices say of their customers: kept outside the log, proved by its hash, erased.

use serde_json::{Value, json};

use crate::shop::{Shop, nuble};
use crate::studio::told;

const SHOWN: &[&str] = &["/status", "/country", "/name", "/tax_id", "/address/1", "/email", "/language"];

#[tokio::test]
async fn a_profile_is_set_in_versions_and_told() {
    let shop = Shop::open().await;
    assert_eq!(told(&shop.studio.get("nuble", "billing-profile").await, &["/status", "/profile"]), "none null");
    let set = shop.studio.put("nuble", "billing-profile", nuble()).await.accepted();
    let seen = shop.studio.get("nuble", "billing-profile").await;
    assert_eq!(told(&seen, SHOWN), "known CL Constructora Ñuble Ltda. 12345678-5 Chillán facturas@example.com es");
    assert_eq!(seen["profile"], set["profile"]);
    let mut other = nuble();
    other["name"] = json!("Ñuble y Compañía");
    let newer = shop.studio.put("nuble", "billing-profile", other).await.accepted();
    assert_ne!(newer["profile"], set["profile"]);
    assert_eq!(shop.studio.get("nuble", "billing-profile").await["name"], "Ñuble y Compañía");
}

#[tokio::test]
async fn a_retry_sets_one_version_and_another_body_is_refused() {
    let shop = Shop::open().await;
    let route = "PUT /v1/organizations/nuble/billing-profile";
    let set = shop.studio.0.command_as("profile-1", route, nuble()).await;
    let again = shop.studio.0.command_as("profile-1", route, nuble()).await;
    assert_eq!((again.header("idempotent-replayed"), again.json()), (Some("true"), set.json()));
    let mut other = nuble();
    other["name"] = json!("Ñuble y Compañía");
    let reused = shop.studio.0.command_as("profile-1", route, other).await;
    assert_eq!(reused.problem(), (422, "idempotency_key_reused".to_owned()));
    assert_eq!(shop.studio.get("nuble", "billing-profile").await["name"], "Constructora Ñuble Ltda.");
}

#[tokio::test]
async fn the_log_has_no_word_of_it() {
    let shop = Shop::open().await;
    let set = shop.studio.put("nuble", "billing-profile", nuble()).await.accepted();
    shop.start("nuble", "profesional").await;
    let text: String = sqlx::query_scalar("SELECT string_agg(payload::text || metadata::text, ' ') FROM es.events")
        .fetch_one(&shop.studio.0.pool)
        .await
        .unwrap();
    assert!(text.contains(set["hash"].as_str().unwrap()));
    for said in ["Constructora", "12345678-5", "Riquelme", "example.com"] {
        assert!(!text.contains(said), "{said}");
    }
}

#[tokio::test]
async fn an_invoice_says_that_its_profile_was_erased_or_changed() {
    let shop = Shop::open().await;
    shop.studio.put("nuble", "billing-profile", nuble()).await.accepted();
    let started = shop.start("nuble", "profesional").await;
    let path = format!("invoices/{}", shop.text(&started, "invoice"));
    let customer = async || shop.after(&started, "nuble", &path).await["customer"].clone();
    assert_eq!(told(&customer().await, &["/status", "/name"]), "known Constructora Ñuble Ltda.");

    let change = "UPDATE auth.billing_profiles SET says = jsonb_set(says, '{name}', '\"Somebody else\"')";
    sqlx::query(change).execute(&shop.studio.0.pool).await.unwrap();
    assert_eq!(told(&customer().await, &["/status", "/name", "/country"]), "differs null CL");

    let erased = shop.studio.delete("nuble", "billing-profile").await.accepted();
    assert_eq!(erased, json!({ "organization": "nuble", "versions": 1 }));
    let seen = customer().await;
    assert_eq!(told(&seen, &["/status", "/name", "/country", "/address"]), "erased null CL []");
    assert!(seen["profile"].as_str().unwrap().starts_with("bp_"));
    assert_eq!(shop.studio.get("nuble", "billing-profile").await["status"], "erased");
    assert!(shop.studio.0.read(&format!("/v1/organizations/nuble/{path}.pdf")).await.bytes.starts_with(b"%PDF-"));
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM auth.billing_profiles WHERE says IS NOT NULL OR salt IS NOT NULL")
            .fetch_one(&shop.studio.0.pool)
            .await
            .unwrap();
    assert_eq!(left, 0);
    assert_eq!(shop.studio.delete("nuble", "billing-profile").await.accepted()["versions"], 0);
}

#[tokio::test]
async fn what_a_document_cannot_say_is_refused_by_name() {
    let shop = Shop::open().await;
    let with = |field: &str, value: Value| {
        let mut body = nuble();
        body[field] = value;
        body
    };
    let route = "PUT nuble/billing-profile";
    let invalid = |field| (422, "invalid_field", field);
    shop.studio
        .refused(&[
            (route, with("tax_id", json!("12.345.678-4")), invalid("tax_id")),
            (route, with("country", json!("XX")), invalid("country")),
            (route, with("name", json!("")), invalid("name")),
            (route, with("address", json!(["1", "2", "3", "4", "5", "6", "7"])), invalid("address")),
            (route, with("email", json!("nobody")), invalid("email")),
            (route, with("language", json!("pt")), invalid("language")),
            (route, with("vat", json!("1")), invalid("vat")),
            ("PUT nobody/billing-profile", nuble(), (404, "organization.unknown", "organization")),
            ("DELETE nobody/billing-profile", Value::Null, (404, "organization.unknown", "organization")),
        ])
        .await;
    let reply = shop.studio.put("nuble", "billing-profile", with("tax_id", json!("12.345.678-4"))).await;
    assert_eq!(reply.json()["detail"], "tax_id: RUT 12.345.678 has the check digit 5, not 4");
}
