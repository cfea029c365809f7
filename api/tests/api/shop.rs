//! A house that sells `shop`, taxed in Chile, and `compra-agil` with its company.

use axum::body::Body;
use serde_json::{Value, json};
use testkit::unique;
use tokio::sync::watch;

use crate::house::{House, Reply};
use crate::studio::Studio;

pub const SHOP: &str = r#"
product = "shop"
name = { es = "La Tienda", en = "The Shop" }
currency = "USD"

[seller]
name = "Acme SpA"
tax_id = "76.086.428-5"
address = "Av. Providencia 1234, Santiago"
country = "CL"
invoice_series = "F"
credit_note_series = "NC"

[credits]
per_unit = { USD = "2" }

[[taxes]]
country = "CL"
name = "IVA"
rate = "0.19"
prices = "exclusive"
from = 2003-10-01

[features.minutes]
kind = "quota"
window = "month"
name = { es = "Minutos", en = "Minutes" }
unit = { es = "minutos", en = "minutes" }

[[plans]]
code = "small"
name = { es = "Pequeño", en = "Small" }
price = { month = "10", year = "100" }
[plans.features]
minutes = { limit = 0, overage = { invoice = { unit = "0.5" } } }

[[plans]]
code = "big"
name = { es = "Grande", en = "Big" }
price = { month = "20" }
"#;

/// The same, sold in another currency from now on.
pub fn in_euros() -> String {
    SHOP.replace("currency = \"USD\"", "currency = \"EUR\"").replace("USD =", "EUR =")
}

/// `compra-agil` as it is sold, by a company with a RUT.
pub fn compra_agil() -> String {
    let seller = "[seller]\nname = \"Compra Ágil SpA\"\ntax_id = \"76.086.428-5\"\n\
        address = \"Av. Providencia 1234, Santiago\"\ncountry = \"CL\"\ninvoice_series = \"F\"\n\
        credit_note_series = \"NC\"\n\n# Prices contain the tax.";
    include_str!("../../../catalogs/compra-agil.toml").replacen("# Prices contain the tax.", seller, 1)
}

/// A house that sells, whose projections run until the sender is dropped.
pub struct Shop {
    pub studio: Studio,
    _projections: watch::Sender<bool>,
}

impl Shop {
    /// Sells `shop` to ana, and to sam, a sandbox; `compra-agil` to nuble. Nobody has a plan.
    pub async fn open() -> Self {
        let house = House::build().await;
        let projections = house.project();
        let shop = Self { studio: Studio(house), _projections: projections };
        shop.publish(SHOP).await;
        shop.publish(&compra_agil()).await;
        for (id, product, sandbox) in [("ana", "shop", false), ("sam", "shop", true), ("nuble", "compra-agil", false)] {
            let new = json!({ "id": id, "product": product, "time_zone": "America/Santiago", "sandbox": sandbox });
            shop.studio.0.command("POST /v1/organizations", new).await.accepted();
        }
        shop
    }

    pub async fn publish(&self, catalog: &str) {
        let house = &self.studio.0;
        let request = house.request("POST /v1/catalogs").header("idempotency-key", unique("key"));
        let mut request = request.body(Body::from(catalog.to_owned())).unwrap();
        request.headers_mut().insert("content-type", "application/toml".parse().unwrap());
        house.send(request).await.accepted();
    }

    pub async fn start(&self, id: &str, plan: &str) -> Value {
        self.studio.post(id, "subscription", json!({ "plan": plan })).await.accepted()
    }

    pub async fn pay(&self, id: &str, amount: &str) -> Value {
        let payment = json!({ "amount": amount, "currency": "USD", "reference": "transfer-1" });
        self.studio.post(id, "payments", payment).await.accepted()
    }

    /// Reads, as new as an answer to a command.
    pub async fn after(&self, answer: &Value, id: &str, what: &str) -> Value {
        self.reply_after(answer, id, what).await.accepted()
    }

    pub async fn reply_after(&self, answer: &Value, id: &str, what: &str) -> Reply {
        let (partition, position) = (&answer["receipt"]["partition"], &answer["receipt"]["position"]);
        let mark = if what.contains('?') { '&' } else { '?' };
        let path = format!("/v1/organizations/{id}/{what}{mark}min_position={partition}:{position}");
        self.studio.0.read(&path).await
    }

    /// A text of an answer.
    pub fn text<'v>(&self, answer: &'v Value, name: &str) -> &'v str {
        answer[name].as_str().unwrap_or_else(|| panic!("{name} of {answer}"))
    }
}

/// What Constructora Ñuble has on its invoices.
pub fn nuble() -> Value {
    json!({
        "name": "Constructora Ñuble Ltda.", "tax_id": "12345678-5", "address": ["Calle Riquelme 455", "Chillán"],
        "email": "facturas@example.com", "country": "CL", "language": "es",
    })
}
