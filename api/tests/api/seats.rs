//! Seats of `compra-agil`: a capacity that its catalog names as what members count against.

use axum::body::Body;
use serde_json::{Value, json};
use testkit::unique;

use crate::studio::{Studio, told};

const COMPRA_AGIL: &str = include_str!("../../../catalogs/compra-agil.toml");

const LEVEL: &[&str] = &["/level/feature", "/level/level", "/level/limit"];

/// A house that sells `compra-agil` to ines on plan free, and to luz on plan pyme.
async fn inhabited() -> Studio {
    let studio = Studio(crate::house::House::build().await);
    let request = studio.0.request("POST /v1/catalogs").header("idempotency-key", unique("key"));
    let mut request = request.body(Body::from(COMPRA_AGIL)).unwrap();
    request.headers_mut().insert("content-type", "application/toml".parse().unwrap());
    studio.0.send(request).await.accepted();
    for (id, plan) in [("ines", "free"), ("luz", "pyme")] {
        let new = json!({ "id": id, "product": "compra-agil", "time_zone": "America/Santiago" });
        studio.0.command("POST /v1/organizations", new).await.accepted();
        studio.post(id, "subscription", json!({ "plan": plan })).await.accepted();
    }
    studio.post("luz", "payments", json!({ "amount": "9990", "currency": "CLP" })).await.accepted();
    studio
}

fn member(id: &str) -> Value {
    json!({ "quantity": 1, "actor": id })
}

async fn seats(studio: &Studio, id: &str) -> String {
    told(&studio.get(id, "entitlements/seats").await, &["/allowed", "/used", "/limit", "/remaining"])
}

#[tokio::test]
async fn each_member_takes_a_seat_and_gives_it_back() {
    let studio = inhabited().await;
    let definition = domain::catalog::source::read("compra-agil.toml", COMPRA_AGIL).unwrap();
    assert_eq!(definition.seats.unwrap().as_str(), "seats", "the catalog says what members count against");

    let (acquire, release) = ("capacities/seats/acquire", "capacities/seats/release");
    assert_eq!(told(&studio.post("ines", acquire, member("user_1")).await.accepted(), LEVEL), "seats 1 1");
    let full = studio.post("ines", acquire, member("user_2")).await;
    assert_eq!(full.problem(), (403, "CAPACITY_EXCEEDED".to_owned()));
    let way_out = ["/limit", "/level", "/current_plan", "/plan_needed", "/upgrade_url"];
    assert_eq!(told(&full.json(), &way_out), "1 1 free pyme /pricing?plan=pyme");
    assert_eq!(seats(&studio, "ines").await, "false 1 1 0");
    assert_eq!(told(&studio.post("ines", release, member("user_1")).await.accepted(), LEVEL), "seats 0 null");
    assert_eq!(told(&studio.post("ines", acquire, member("user_2")).await.accepted(), LEVEL), "seats 1 1");

    for number in 1..=5 {
        studio.post("luz", acquire, member(&format!("user_{number}"))).await.accepted();
    }
    studio
        .refused(&[("POST luz/capacities/seats/acquire", member("user_6"), (403, "CAPACITY_EXCEEDED", "quantity"))])
        .await;
}

#[tokio::test]
async fn an_administrator_who_is_appointed_takes_no_seat_and_one_who_joins_does() {
    let studio = inhabited().await;
    for administrator in ["root", "user_1"] {
        studio.put("ines", &format!("administrators/{administrator}"), Value::Null).await.accepted();
    }
    assert_eq!(seats(&studio, "ines").await, "true 0 1 1");
    studio.post("ines", "capacities/seats/acquire", member("user_1")).await.accepted();
    assert_eq!(seats(&studio, "ines").await, "false 1 1 0");
    // What is not limited of an administrator is what is used up; a seat is taken by whoever sits on it.
    studio
        .refused(&[("POST ines/capacities/seats/acquire", member("root"), (403, "CAPACITY_EXCEEDED", "quantity"))])
        .await;
    studio.delete("ines", "administrators/user_1").await.accepted();
    assert_eq!(seats(&studio, "ines").await, "false 1 1 0", "who is dismissed keeps the seat");
}
