//! Customers that faults happen to: four who refer each other, and one who pays for every message.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::system::top;

/// Pedro's code, for those who come later.
#[derive(Debug, Clone)]
pub struct World {
    /// The referral code of pedro, who was referred by maria, who was referred by juan.
    pub code: String,
}

/// Publishes the catalog and registers the customers. Ana's plan includes 50 messages; all others are charged. Luis is
/// pedro's and pays 199 dollars in small parts.
pub async fn prepare(client: &Client) -> World {
    let file = std::fs::read_to_string(top().join("catalogs/agencia.toml")).expect("catalogs/agencia.toml");
    client.post_text("/v1/catalogs", "application/toml", file).await.expect(201);
    let juan = register(client, "juan", None).await;
    let maria = register(client, "maria", Some(&juan)).await;
    let pedro = register(client, "pedro", Some(&maria)).await;
    register(client, "luis", Some(&pedro)).await;
    register(client, "ana", None).await;
    subscribe(client, "maria", "partner", Some("199")).await;
    subscribe(client, "pedro", "starter", Some("15")).await;
    subscribe(client, "luis", "partner", None).await;
    subscribe(client, "ana", "gratis", None).await;
    client.post("/v1/organizations/ana/credits", json!({ "amount": "1000" })).await.expect(201);
    World { code: pedro }
}

/// Registers an organization, and tells its referral code.
pub async fn register(client: &Client, id: &str, referred_with: Option<&str>) -> String {
    client.post("/v1/organizations", registration(id, referred_with)).await.expect(201).at("/referral_code")
}

/// The body of a registration.
#[must_use]
pub fn registration(id: &str, referred_with: Option<&str>) -> Value {
    let mut body = json!({ "id": id, "product": "agencia", "time_zone": "America/Bogota" });
    if let Some(code) = referred_with {
        body["referral_code"] = Value::from(code);
    }
    body
}

/// The body of a consumption of one message.
#[must_use]
pub fn message() -> Value {
    json!({ "feature": "whatsapp_messages", "quantity": 1 })
}

async fn subscribe(client: &Client, id: &str, plan: &str, price: Option<&str>) -> Option<Answer> {
    let path = |what| format!("/v1/organizations/{id}/{what}");
    client.post(&path("subscription"), json!({ "plan": plan })).await.expect(201);
    let payment = json!({ "amount": price?, "currency": "USD" });
    Some(client.post(&path("payments"), payment).await.expect(201))
}
