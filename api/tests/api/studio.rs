//! A house that sells `studio`: every kind of feature, and everything a ledger can do with it.

use axum::body::Body;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use testkit::unique;

use crate::house::{House, Reply};

pub const STUDIO: &str = r#"
product = "studio"
currency = "USD"
upgrade_url = "/checkout?plan={plan}"
thresholds = [50, 100]
capacity_thresholds = [100]
credits_low = "1"

[features.runs]
kind = "quota"
window = "month"
[features.tokens]
kind = "quota"
window = "month"
[features.songs]
kind = "quota"
window = "month"
rate_limit = { requests = 1, per = "minute" }
[features.films]
kind = "quota"
window = "month"
[features.numbers]
kind = "capacity"
[features.rooms]
kind = "capacity"
rate_limit = { requests = 1, per = "minute" }
[features.white_label]
kind = "flag"
[features.support]
kind = "config"

[[plans]]
code = "small"
price = { month = "0" }
[plans.features]
runs = { limit = 10 }
tokens = { limit = 100, overage = { credits = "0.5" }, settle_above = true }
songs = { limit = 10 }
numbers = { limit = 2 }
rooms = { limit = 2 }
support = { value = "mail" }

[[plans]]
code = "large"
price = { month = "15" }
[plans.features]
runs = { limit = 100 }
tokens = { limit = 1_000, overage = { credits = "0.5" }, settle_above = true }
songs = { limit = 100 }
films = { limit = 5 }
numbers = { limit = 20 }
rooms = { limit = 20 }
white_label = true
support = { value = "phone" }
"#;

/// The house.
pub struct Studio(pub House);

/// Sells `studio` to ana on plan small, to eva on none, and to sam, a sandbox on plan small.
pub async fn inhabited() -> Studio {
    let house = House::build().await;
    let request = house.request("POST /v1/catalogs").header("idempotency-key", unique("key"));
    let mut request = request.body(Body::from(STUDIO)).unwrap();
    request.headers_mut().insert("content-type", "application/toml".parse().unwrap());
    house.send(request).await.accepted();
    let studio = Studio(house);
    for (id, sandbox) in [("ana", false), ("eva", false), ("sam", true)] {
        let new = json!({ "id": id, "product": "studio", "time_zone": "America/Santiago", "sandbox": sandbox });
        studio.0.command("POST /v1/organizations", new).await.accepted();
    }
    for id in ["ana", "sam"] {
        studio.post(id, "subscription", json!({ "plan": "small" })).await.accepted();
    }
    studio
}

/// An instant so many minutes from now, to the second.
pub fn in_minutes(minutes: i64) -> String {
    (Timestamp::from_second(Timestamp::now().as_second()).unwrap() + minutes.minutes()).to_string()
}

impl Studio {
    /// Sends a command of an organization.
    pub async fn post(&self, id: &str, what: &str, body: Value) -> Reply {
        self.0.command(&format!("POST /v1/organizations/{id}/{what}"), body).await
    }

    pub async fn put(&self, id: &str, what: &str, body: Value) -> Reply {
        self.0.command(&format!("PUT /v1/organizations/{id}/{what}"), body).await
    }

    pub async fn delete(&self, id: &str, what: &str) -> Reply {
        self.0.command(&format!("DELETE /v1/organizations/{id}/{what}"), Value::Null).await
    }

    /// Reads what an organization has.
    pub async fn get(&self, id: &str, what: &str) -> Value {
        self.0.read(&format!("/v1/organizations/{id}/{what}")).await.accepted()
    }

    pub async fn consume(&self, id: &str, feature: &str, quantity: u32) -> Reply {
        self.post(id, "usage", json!({ "feature": feature, "quantity": quantity })).await
    }

    /// Sets the instant of the sandbox.
    pub async fn travel(&self, minutes: i64) {
        self.put("sam", "instant", json!({ "instant": in_minutes(minutes) })).await.accepted();
    }

    /// Adds credits.
    pub async fn top_up(&self, id: &str, amount: &str) {
        self.post(id, "credits", json!({ "amount": amount })).await.accepted();
    }

    /// Sends wrong commands and compares status, code and field; nothing may be written.
    pub async fn refused(&self, cases: &[(&str, Value, (u16, &str, &str))]) {
        let before = self.0.events().await;
        for (route, body, (status, code, field)) in cases {
            let (method, path) = route.split_once(' ').unwrap();
            let reply = self.0.command(&format!("{method} /v1/organizations/{path}"), body.clone()).await;
            assert_eq!(reply.problem(), (*status, (*code).to_owned()), "{route} {body}: {}", reply.json());
            assert_eq!(reply.json()["field"].as_str().unwrap_or("-"), *field, "{route} {body}: {}", reply.json());
        }
        assert_eq!(self.0.events().await, before, "something was written");
    }
}

/// Members of an answer, in one line.
pub fn told(body: &Value, pointers: &[&str]) -> String {
    let text = |pointer: &&str| {
        let value = body.pointer(pointer).unwrap_or(&Value::Null);
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    };
    pointers.iter().map(text).collect::<Vec<_>>().join(" ")
}
