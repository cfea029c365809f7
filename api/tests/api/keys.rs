//! Who gets in.

use std::time::{Duration, Instant};

use api::auth;
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::house::{House, Reply};

async fn knock(house: &House, authorization: Option<&str>) -> Reply {
    let mut request = Request::builder().uri("/v1/products/agencia/plans");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    house.send(request.body(Body::empty()).unwrap()).await
}

fn id_of(key: &str) -> &str {
    key.split('_').nth(2).unwrap()
}

#[tokio::test]
async fn whoever_has_no_valid_key_hears_the_same_whatever_is_wrong_with_it() {
    let house = House::with_agencia().await;
    let revoked = auth::create_admin_key(&house.pool).await.unwrap();
    assert_eq!(knock(&house, Some(&format!("Bearer {revoked}"))).await.status, 200);
    auth::revoke_key(&house.pool, id_of(&revoked)).await.unwrap();

    let wrong_secret = format!("Bearer tg_admin_{}_{}", id_of(&house.key), "0".repeat(64));
    let unknown = format!("Bearer tg_admin_0000000000000000_{}", "0".repeat(64));
    let (basic, revoked) = (format!("Basic {}", house.key), format!("Bearer {revoked}"));
    let first = knock(&house, None).await;
    for given in ["", "Bearer", "Bearer ", "Bearer x", &wrong_secret, &unknown, &basic, &revoked] {
        let reply = knock(&house, Some(given)).await;
        assert_eq!(reply.problem(), (401, "unauthenticated".to_owned()), "{given}");
        assert_eq!(reply.bytes, first.bytes, "{given}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
    assert_eq!(knock(&house, Some(&format!("bearer {}", house.key))).await.status, 200);
}

#[tokio::test]
async fn every_route_but_health_and_metrics_asks_for_a_key() {
    let house = House::build().await;
    let document = house.read("/openapi.json").await.accepted();
    let mut open = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let uri = path.replace("{organization}", "juan").replace("{product}", "agencia");
            let method = method.to_uppercase();
            let request = Request::builder().method(method.as_str()).uri(uri).body(Body::empty()).unwrap();
            let reply = house.send(request).await;
            if reply.status == 401 {
                let scopes = operation["security"][0]["bearer"].as_array();
                assert_eq!(scopes.map(Vec::len), Some(1), "{method} {path} says which scope it needs");
            } else {
                assert_eq!(operation.get("security"), None, "{method} {path}");
                open.push(format!("{method} {path}"));
            }
        }
    }
    assert_eq!(open, ["GET /metrics", "GET /v1/health"]);
}

#[tokio::test]
async fn a_key_drawn_elsewhere_is_accepted_as_often_as_one_likes_until_it_is_revoked() {
    let house = House::with_agencia().await;
    let secret = "s3cret".repeat(8);
    let key = format!("tg_admin_ops1_{secret}");
    for _ in 0..2 {
        auth::accept_admin_key(&house.pool, &format!("{key}\n")).await.unwrap();
    }
    assert_eq!(knock(&house, Some(&format!("Bearer {key}"))).await.status, 200);

    let other = format!("tg_admin_ops1_{}", "0".repeat(48));
    for (text, expected) in [
        ("hunter2", "the key is not tg_admin_<id>_<secret>, with a secret of at least 40 letters and digits"),
        (
            "tg_admin_ops2_short",
            "the key is not tg_admin_<id>_<secret>, with a secret of at least 40 letters and digits",
        ),
        (&other, "key ops1 was revoked, or has another secret"),
    ] {
        assert_eq!(auth::accept_admin_key(&house.pool, text).await.unwrap_err().to_string(), expected);
    }
    auth::revoke_key(&house.pool, "ops1").await.unwrap();
    assert!(auth::accept_admin_key(&house.pool, &key).await.is_err());
}

#[tokio::test]
async fn a_key_that_was_looked_up_a_moment_ago_costs_no_question_to_postgres() {
    let house = House::with_agencia().await;
    house.register("juan", None).await;
    house.pool.close().await;
    house.command("POST /v1/organizations/juan/credits", json!({ "amount": "1" })).await.accepted();
    let unknown = format!("Bearer tg_admin_0000000000000000_{}", "0".repeat(64));
    assert_eq!(knock(&house, Some(&unknown)).await.problem(), (503, "log_unavailable".to_owned()));
}

#[tokio::test]
async fn a_key_revoked_by_another_process_opens_nothing_after_some_seconds() {
    let house = House::with_agencia().await;
    let key = format!("Bearer {}", house.key);
    assert_eq!(knock(&house, Some(&key)).await.status, 200);
    sqlx::query("UPDATE auth.keys SET revoked_at = now()").execute(&house.pool).await.unwrap();
    let revoked = Instant::now();
    testkit::until("the revocation to be known", async || {
        (knock(&house, Some(&key)).await.status == 401).then_some(())
    })
    .await;
    // Five seconds, and as long again for a busy machine.
    assert!(revoked.elapsed() < Duration::from_secs(10), "{:?}", revoked.elapsed());
}

#[tokio::test]
async fn the_database_holds_no_secret() {
    let house = House::build().await;
    let secret = house.key.rsplit('_').next().unwrap();
    let dump: String = sqlx::query_scalar("SELECT string_agg(keys::text, ' ') FROM auth.keys AS keys")
        .fetch_one(&house.pool)
        .await
        .unwrap();
    assert!(dump.contains(id_of(&house.key)) && !dump.contains(secret));
}

#[tokio::test]
async fn two_callers_may_use_one_command_id() {
    let house = House::with_agencia().await;
    house.register("juan", None).await;
    let other = auth::create_admin_key(&house.pool).await.unwrap();
    let top_up = |key: String, amount: &str| {
        let mut request = house
            .request("POST /v1/organizations/juan/credits")
            .header("idempotency-key", "order-1")
            .body(json!({ "amount": amount }).to_string().into())
            .unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        house.send(request)
    };
    assert_eq!(top_up(house.key.clone(), "1").await.accepted()["balance"], "1.00");
    assert_eq!(top_up(other, "2").await.accepted()["balance"], "3.00");
}
