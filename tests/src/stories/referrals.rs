//! Referrals, month after month: Juan refers Maria, Maria refers Pedro, on one test clock. Payments go back, one of them
//! after what it earned was spent.
//!
//! ```text
//! month   Pedro's 15                  Maria's 20 % of 15     Juan's 20 % of 45 and 5 % of 15
//! 1       paid                        3                      9 + 0.75
//! 2       paid, half goes back        3 - 1.50               9 + 0.75 - 0.375
//! 3       paid, all goes back         3, spent; 3 are owed   9 + 0.75 - 0.75
//! 4       paid                        3, which pay the debt  9 + 0.75
//! 5       paid                        3                      9 + 0.75
//! ```

use std::fs;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde_json::{Value, json};

use super::stage::verify;
use crate::client::Client;
use crate::narrator::Narrator;
use crate::system::{System, top};

const ZONE: &str = "America/Bogota";

/// Tells the story on a system of its own; panics where it does not go as it should.
pub async fn tell(narrator: &mut Narrator) {
    let system = System::start().await;
    let client = system.client();
    let mut family = Family::set(narrator, &client).await;

    narrator.chapter("1. The first month: everybody pays, and the referrers are credited.");
    client.post("/v1/organizations/maria/subscription", json!({ "plan": "partner" })).await.expect(201);
    client.post("/v1/organizations/pedro/subscription", json!({ "plan": "starter" })).await.expect(201);
    family.pays("maria", "45").await;
    family.pays("pedro", "15").await;
    family.have(narrator, "9.75", "3.00").await;

    narrator.chapter("2. The second month: half of Pedro's payment goes back.");
    family.a_month_passes(narrator).await;
    family.pays("maria", "45").await;
    let payment = family.pays("pedro", "15").await;
    family.have(narrator, "19.50", "6.00").await;
    family.goes_back(narrator, &payment, "7.50").await;
    family.have(narrator, "19.125", "4.50").await;

    narrator.chapter("3. The third month: all of it goes back, after Maria has spent what she had.");
    family.a_month_passes(narrator).await;
    family.pays("maria", "45").await;
    let payment = family.pays("pedro", "15").await;
    family.have(narrator, "28.875", "7.50").await;
    // 50,000 are included, and each of the 150 past them costs 0.05 credits.
    let messages = json!({ "feature": "whatsapp_messages", "quantity": 50_150 });
    let used = client.post("/v1/organizations/maria/usage", messages).await.expect(200);
    narrator.tell(&format!("maria uses 150 messages past her plan: {} credits", used.at("/charged")));
    family.have(narrator, "28.875", "0.00").await;
    family.goes_back(narrator, &payment, "15").await;
    family.have(narrator, "28.125", "0.00").await;
    family.owes(narrator, "3.00").await;

    narrator.chapter("4. The fourth month: what Maria earns pays what she owes.");
    family.a_month_passes(narrator).await;
    family.pays("maria", "45").await;
    family.pays("pedro", "15").await;
    family.have(narrator, "37.875", "0.00").await;
    family.owes(narrator, "0.00").await;

    narrator.chapter("5. The fifth month: she is credited again.");
    family.a_month_passes(narrator).await;
    family.pays("maria", "45").await;
    family.pays("pedro", "15").await;
    family.have(narrator, "47.625", "3.00").await;

    narrator.chapter("6. All of it can be folded from the log again.");
    verify(narrator, &system);
    system.end().await;
}

/// Juan, Maria and Pedro, and the clock they are on.
struct Family {
    client: Client,
    now: Zoned,
}

impl Family {
    async fn set(narrator: &mut Narrator, client: &Client) -> Self {
        narrator.chapter("0. Juan refers Maria, Maria refers Pedro, and all are on one test clock.");
        let file = fs::read_to_string(top().join("catalogs/agencia.toml")).expect("a catalog");
        let file = file.replace("price = { month = \"199\" }", "price = { month = \"45\" }");
        client.post_text("/v1/catalogs", "application/toml", file).await.expect(201);
        let mut code = None;
        for id in ["juan", "maria", "pedro"] {
            let mut body = json!({ "id": id, "product": "agencia", "time_zone": ZONE, "sandbox": true });
            if let Some(code) = &code {
                body["referral_code"] = Value::from(String::clone(code));
            }
            code = Some(client.post("/v1/organizations", body).await.expect(201).at("/referral_code"));
        }
        let zone = TimeZone::get(ZONE).expect("a time zone");
        let year = Timestamp::now().to_zoned(zone.clone()).year() + 1;
        let now = jiff::civil::date(year, 3, 3).at(10, 0, 0, 0).to_zoned(zone).expect("a morning");
        let start = json!({ "instant": now.timestamp().to_string() });
        client.post("/v1/organizations/juan/test-clock", start).await.expect(201);
        let clock = client.get("/v1/organizations/juan/test-clock").await.expect(200);
        let members: Vec<&str> = clock.each("members").filter_map(Value::as_str).collect();
        narrator.tell(&format!("on the clock are {}", members.join(", ")));
        Self { client: client.clone(), now }
    }

    /// The clock goes on by a month and an hour, so that the period is over.
    async fn a_month_passes(&mut self, narrator: &mut Narrator) {
        self.now = self.now.checked_add(1.month()).expect("a month later");
        let to = self.now.checked_add(1.hour()).expect("an hour later").timestamp();
        let path = "/v1/organizations/juan/test-clock";
        self.client.post(&format!("{path}/advance"), json!({ "to": to.to_string() })).await.expect(202);
        let there =
            |clock: &crate::client::Answer| clock.at("/status") == "ready" && clock.at("/instant") == to.to_string();
        self.client.until(path, there).await;
        let due = self.client.get("/v1/organizations/pedro/subscription").await.expect(200);
        narrator.tell(&format!(
            "a month passes: pedro is {}, {} are due",
            due.at("/standing"),
            due.at("/still_due/amount")
        ));
    }

    async fn pays(&self, id: &str, amount: &str) -> String {
        let body = json!({ "amount": amount, "currency": "USD" });
        let paid = self.client.post(&format!("/v1/organizations/{id}/payments"), body).await.expect(201);
        assert_eq!(paid.at("/standing"), "active", "{}", paid.text);
        paid.at("/payment")
    }

    async fn goes_back(&self, narrator: &mut Narrator, payment: &str, amount: &str) {
        let body = json!({ "amount": amount, "currency": "USD", "reason": "not delivered" });
        let path = format!("/v1/organizations/pedro/payments/{payment}/refunds");
        self.client.post(&path, body).await.expect(201);
        narrator.tell(&format!("{amount} of pedro's payment go back"));
    }

    /// What the referrers have, once all is shared.
    async fn have(&self, narrator: &mut Narrator, juan: &str, maria: &str) {
        for (id, credits) in [("juan", juan), ("maria", maria)] {
            let path = format!("/v1/organizations/{id}/credits");
            self.client.until(&path, |answer| answer.at("/balance") == credits).await;
        }
        narrator.tell(&format!("juan has {juan} credits, maria {maria}"));
    }

    /// What Maria owes of what was taken back after she had spent it.
    async fn owes(&self, narrator: &mut Narrator, credits: &str) {
        let month = Timestamp::now().to_zoned(self.now.time_zone().clone()).strftime("%Y-%m").to_string();
        let path = format!("/v1/organizations/maria/commissions/statement?month={month}");
        self.client.until(&path, |answer| answer.at("/totals/owed") == credits).await;
        narrator.tell(&format!("maria owes {credits}"));
    }
}
